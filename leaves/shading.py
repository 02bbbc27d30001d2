"""Lay a leaf before the camera and compute its light and shadow, in linear reflectances.

Reflectances are squares of sRGB values in 0..1; colour planes come first, (3, height, width).
Lengths on the ground are in long sides of the frame, z rises towards the camera.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from leaves.backgrounds import clouds, plane_grid
from leaves.noise import smoothstep
from leaves.shapes import Leaf, lift


@dataclass(frozen=True)
class Light:
    """A sun or flash from a direction (unit vector) with soft shadows, and an even sky."""

    sun: np.ndarray
    sky: np.ndarray
    direction: np.ndarray
    softness: float


@dataclass(frozen=True)
class Camera:
    """Projects ground points (x right, y down, z towards the camera) to pixels."""

    matrix: np.ndarray
    width: int
    height: int

    @property
    def long(self) -> int:
        return max(self.width, self.height)

    @property
    def ground(self) -> np.ndarray:
        """Homography from the ground plane to pixels, float64 (3, 3)."""
        return self.matrix[:, [0, 1, 3]]

    def project(self, points: np.ndarray) -> np.ndarray:
        """Pixels of ground points; float64 (n, 3) to (n, 2)."""
        x, y, w = (self.matrix[:, :3] @ points.T) + self.matrix[:, 3:]
        return np.stack([x / w, y / w], axis=1)


@dataclass(frozen=True, eq=False)
class Pose:
    """Where a leaf lies: leaf coordinates to the ground, and the corners of its polygons there."""

    leaf: Leaf
    plane: np.ndarray
    scale: float
    breeze: float
    solid: np.ndarray


def lay(leaf: Leaf, rng, moment, frame: np.ndarray, aside: bool = False) -> Pose:
    """Lay a leaf in the frame (its sides in long sides), or half out of it where ``aside``."""
    turn = rng.normal(0, 0.45) if rng.random() < 0.75 else rng.uniform(-np.pi, np.pi)
    gust = np.zeros(4) if moment is None else moment.normal(0, (0.05, 0.012, 0.012, 0.04))
    turn = turn + gust[0]
    cos, sin = np.cos(turn), np.sin(turn)
    rotation = np.array([[cos, sin], [sin, -cos]])
    spun = leaf.outline @ rotation.T
    extent, centre = np.ptp(spun, axis=0), (spun.min(axis=0) + spun.max(axis=0)) / 2
    near = rng.uniform(1.0, 1.2) if rng.random() < 0.12 else 1 - 0.45 * rng.beta(1.2, 2.2)
    scale = 0.97 * near * float(np.min(frame / extent))
    middle = rng.uniform(-0.5, 0.5, 2) * np.abs(frame - scale * extent)
    if aside:
        out = rng.uniform(0, 2 * np.pi)
        middle = np.array([np.cos(out), np.sin(out)]) * (frame / 2 + 0.35 * scale * extent)
    plane = np.eye(3)
    plane[:2, :2] = scale * rotation
    plane[:2, 2] = middle + gust[1:3] - scale * centre
    rise = leaf.lifts + gust[3] * np.square(leaf.points[:, 1] - 0.45)
    start, stop = leaf.parts["blade"][0]
    rise = np.maximum(rise - rise[start:stop].min(), 0) + rng.uniform(0.008, 0.03)
    ground = leaf.points @ plane[:2, :2].T + plane[:2, 2]
    return Pose(leaf, plane, scale, float(gust[3]), np.column_stack([ground, scale * rise]))


class Plotter:
    """Fills the polygons of a posed leaf into antialiased masks of a window of the frame."""

    def __init__(self, leaf: Leaf, pixels: np.ndarray, box, finer: int):
        self._parts, self._finer = leaf.parts, finer
        self._size = ((box[2] - box[0]) * finer, (box[3] - box[1]) * finer)
        self._flat = ((pixels - box[:2]) * finer - 0.5).ravel().tolist()

    def draw(self, **greys: int) -> Image.Image:
        """Mask with the named parts in the given greys, later ones over earlier ones."""
        image = Image.new("L", self._size)
        pen = ImageDraw.Draw(image)
        for name, grey in greys.items():
            for start, stop in self._parts[name]:
                corners = self._flat[2 * start : 2 * stop]
                if name == "net":
                    pen.line(corners, fill=grey, width=1)
                else:
                    pen.polygon(corners, fill=grey)
        return image.reduce(self._finer)


def unit(image: Image.Image, blur: float = 0.0) -> np.ndarray:
    """8-bit image as float32 in 0..1, blurred by a Gaussian of that many pixels if positive."""
    if blur > 0:
        image = image.filter(ImageFilter.GaussianBlur(blur))
    return np.asarray(image, np.float32) * np.float32(1 / 255)


def slopes(height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Central differences across and down."""
    across, down = np.zeros_like(height), np.zeros_like(height)
    across[:, 1:-1] = (height[:, 2:] - height[:, :-2]) * np.float32(0.5)
    down[1:-1] = (height[2:] - height[:-2]) * np.float32(0.5)
    return across, down


def facing(light: Light, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Cosine between the light and the surface normal, relative to a level surface."""
    tilt_x, tilt_y = (light.direction[:2] / light.direction[2]).astype(np.float32)
    cosine = (1 - tilt_x * across - tilt_y * down) / np.sqrt(1 + across * across + down * down)
    return np.clip(cosine, 0.0, 2.2)


def cast_shadow(pose: Pose, camera: Camera, light: Light) -> tuple[np.ndarray, np.ndarray]:
    """Cast shadow, and contact shadow that keeps the sky off, over the frame; 0 none to 1 full."""
    pixel = pose.scale * camera.long
    slant = np.clip(light.direction[:2] / light.direction[2], -2.2, 2.2)
    fallen = pose.solid * (1, 1, 0)
    fallen[:, :2] -= pose.solid[:, 2:] * slant
    plotter = Plotter(pose.leaf, camera.project(fallen), (0, 0, camera.width, camera.height), 2)
    image = plotter.draw(blade=255, holes=0, stem=255)
    near = image.reduce(2).filter(ImageFilter.GaussianBlur(max(0.5, 0.02 * pixel)))
    near = near.resize(image.size, Image.Resampling.BILINEAR)
    return unit(image, max(0.5, light.softness * 0.06 * pixel)), unit(near)


def blade_colour(leaf: Leaf, season: float, clouds_, edge, near_vein, spots) -> np.ndarray:
    """Reflectance of the blade between its veins; float32 (3, height, width)."""
    t, (coarse, medium, fine) = leaf.traits, clouds_
    colour = {k: np.square(c).astype(np.float32)[:, None, None] for k, c in leaf.colours.items()}
    turned = season + t["turning"] * (season > 0.3) - 0.6 * t["evergreen"]
    young = max(0.7 - 2.2 * season, 0.0) + max(turned - 0.5, 0.0)
    share = np.clip(young + t["mottle"] * 1.8 * (coarse - 0.5) + 0.2 * edge, -0.5, 1.1)
    albedo = colour["green"] + share * (colour["young"] - colour["green"])
    ripe = (2.6 * turned - 1.75 - 0.3 * t["edge_first"] + 0.2 * t["vein_last"]) - 1.15
    ripe = ripe + 1.5 * coarse + 0.8 * medium
    ripe += np.float32(t["edge_first"]) * edge - np.float32(1.6 * t["vein_last"]) * near_vein
    late = smoothstep(0.3, 0.7, 0.5 * (coarse + medium) + (0.4 * turned - 0.34))
    autumn = colour["turned"] + late * (colour["late"] - colour["turned"])
    albedo += smoothstep(-0.35, 0.45, ripe) * (autumn - albedo)
    scorch = t["dry_edge"] * smoothstep(0.5, 1.1, edge + 1.6 * (medium - 0.5))
    brown = np.maximum(spots, scorch)
    albedo += brown * (colour["dry"] - albedo)
    albedo *= 0.80 + 0.4 * fine
    return albedo


def develop(pose: Pose, camera: Camera, light: Light, season: float):
    """Lit leaf in a window of the frame.

    Returns
    -------
    None where the leaf lies outside the frame, else

    box : left, top, right, bottom in pixels
    lit : float32 (3, height, width), linear light
    cover : float32 (height, width), coverage 0..1
    """
    leaf, t = pose.leaf, pose.leaf.traits
    pixels = camera.project(pose.solid)
    low = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - 3, 0)
    high = np.ceil(pixels.max(axis=0)).astype(int) + 3
    high = np.minimum(high, (camera.width, camera.height))
    if min(high - low) < 4:
        return None
    box, (width, height) = (*low.tolist(), *high.tolist()), (high - low).tolist()
    pixel, finer = pose.scale * camera.long, 3 if camera.long <= 256 else 2
    plotter = Plotter(leaf, pixels, box, finer)
    blade, ribs = plotter.draw(blade=255, holes=0), plotter.draw(veins=150, midrib=235)
    stalk, marks = unit(plotter.draw(stem=255)), unit(plotter.draw(net=110, spots=230, holes=190))
    spots, net = smoothstep(0.25, 0.8, marks), np.minimum(marks, np.float32(0.18))
    cover, veins = unit(blade), unit(ribs)
    spacing = max(1.0, 0.25 * pixel / max(len(leaf.parts["veins"]) / 2, 5))
    near_vein, inner = unit(ribs, spacing), unit(blade, max(1.0, 0.045 * pixel))
    edge = np.clip(2 - 2 * inner, 0, 1)

    corner = np.array([[1, 0, box[0]], [0, 1, box[1]], [0, 0, 1.0]])
    to_leaf = np.linalg.inv(camera.ground @ pose.plane) @ corner
    x, y = plane_grid(to_leaf, width, height)
    noises = clouds().sample(leaf.texture_place @ to_leaf, width, height)
    albedo = blade_colour(leaf, season, noises, edge, near_vein, spots)
    vein, stem = (np.square(leaf.colours[k])[:, None, None] for k in ("vein", "stem"))
    rib = np.float32(t["paleness"]) * veins * (1 - 0.7 * spots) + net * (1 - veins)
    albedo += rib * (vein.astype(np.float32) - albedo)

    surface = (lift(t, x, y) + pose.breeze * np.square(y - 0.45)) * pixel
    surface += 0.8 * noises[1] + 0.6 * noises[2] - (1.3 * t["sunken"]) * veins
    surface -= ((0.6 + 5.5 * t["corrugation"]) * spacing) * near_vein
    across, down = slopes(surface.astype(np.float32))
    toward = facing(light, across, down)
    sun, sky = (c.astype(np.float32)[:, None, None] for c in (light.sun, light.sky))
    through = np.float32(t["thin"]) * np.clip(1.15 - toward, 0, 1)
    glow = np.array([1.0, 0.95, 0.3], np.float32)[:, None, None]
    steep = np.sqrt(1 + across * across + down * down)
    lit = albedo * (toward * sun + (0.65 + 0.35 * inner) / steep * sky + through * (glow * sun))
    halfway = light.direction + (0, 0, 1)
    hx, hy, hz = (halfway / np.linalg.norm(halfway)).tolist()
    shine = np.clip((hz - hx * across - hy * down) / steep, 0, 1).astype(np.float32)
    for _ in range(4):
        shine = shine * shine
    gloss = np.float32(t["gloss"])
    shine = shine * (1 - 0.8 * spots) * (0.5 + noises[1])
    lit += (0.2 * gloss * shine) * (sun + 0.4 * sky) + (0.025 * gloss) * sky
    petiole = stem.astype(np.float32) * (sun * np.clip(toward, 0.4, 1.3) + sky)
    lit += stalk * (1 - 0.5 * cover) * (petiole - lit)
    return box, lit.astype(np.float32), np.maximum(cover, stalk)
