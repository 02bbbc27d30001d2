"""Photograph a grown leaf: pose, light, shadow, lens and sensor.

Light is computed with linear reflectances (the square of sRGB values in 0..1), from a sun or
flash with a direction and a sky without one. Lengths on the ground are in long sides of the frame.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import correlate1d

from helpers.leaves.backgrounds import clouds, paint, plane_grid
from helpers.leaves.noise import generator, place, smoothstep
from helpers.leaves.shapes import Leaf, grow
from helpers.leaves.species import SPECIES, Species, find_species

SEASONS = {"spring": 0.0, "summer": 0.4, "autumn": 0.85}


@dataclass(frozen=True)
class Device:
    """A camera as far as it shows in pixels.

    Attributes
    ----------
    noise : float
        Standard deviation of the sensor noise in a mid-grey, in levels of 255.
    warmth : float
        White balance error, -1 blue to 1 orange.
    sharpness : float
        -1 soft to 1 over-sharpened.
    saturation, contrast : float
        1 neutral.
    vignette : float
        Loss of light in the corners, 0 to 1.
    """

    noise: float = 2.0
    warmth: float = 0.0
    sharpness: float = 0.2
    saturation: float = 1.0
    contrast: float = 1.0
    vignette: float = 0.15


DEVICES = {
    "phone 2023": Device(noise=1.6, sharpness=0.5, saturation=1.1, contrast=1.05),
    "phone 2018": Device(noise=2.6, warmth=0.15, sharpness=0.6, saturation=1.05),
    "compact": Device(noise=2.2, warmth=-0.1, sharpness=0.3, vignette=0.2),
    "mirrorless": Device(noise=1.0, sharpness=0.2, vignette=0.25),
    "tablet 2012": Device(noise=4.0, warmth=-0.3, sharpness=-0.5, saturation=0.85, contrast=0.92),
    "action camera": Device(noise=7.0, warmth=0.35, sharpness=0.8, saturation=1.2, vignette=0.4),
    "phone 2024": Device(noise=1.3, warmth=0.2, sharpness=0.7, saturation=1.15, contrast=1.1),
}


@dataclass(frozen=True)
class Scene:
    """Where, when and with what a picture is taken.

    Attributes
    ----------
    background : {"bark", "grass", "paper", "soil", "stone", "wood"}
    season : {"spring", "summer", "autumn"} or float
        0 first leaves, 0.4 summer, 0.6 first turning, 1 all turned.
    light : {"sun", "overcast", "shade", "dusk", "night"}
        "night" is a leaf lit by flash in dark surroundings.
    focus : {"sharp", "shallow"}
        "shallow" blurs the background behind a sharp leaf.
    device : Device or str
        A camera, or one of ``DEVICES`` by name.
    width, height : int
        Pixels.
    leaf : bool
        False for a picture of the background alone.
    """

    background: str = "paper"
    season: float | str = "summer"
    light: str = "sun"
    focus: str = "sharp"
    device: Device | str = Device()
    width: int = 160
    height: int = 120
    leaf: bool = True


# Colour and strength of the sun or flash and of the sky, elevation of the light in degrees, and
# how soft the cast shadow is (share of its distance).
_LIGHTS = {
    "sun": ((1.25, 1.15, 0.98), (0.30, 0.35, 0.44), (32, 68), (0.1, 0.3)),
    "overcast": ((0.55, 0.54, 0.52), (0.52, 0.55, 0.58), (50, 80), (0.6, 1.0)),
    "shade": ((0.22, 0.22, 0.21), (0.62, 0.70, 0.80), (50, 80), (0.8, 1.4)),
    "dusk": ((0.85, 0.58, 0.36), (0.26, 0.29, 0.42), (18, 34), (0.25, 0.6)),
    "night": ((1.15, 1.15, 1.20), (0.012, 0.014, 0.022), (68, 82), (0.05, 0.1)),
}


@dataclass(frozen=True)
class _Light:
    sun: np.ndarray
    sky: np.ndarray
    direction: np.ndarray
    softness: float
    flash: bool


@dataclass(frozen=True)
class _Camera:
    """Projects ground points (x right, y down, z towards the camera) to pixels."""

    matrix: np.ndarray
    width: int
    height: int

    @property
    def long(self) -> int:
        return max(self.width, self.height)

    @property
    def ground(self) -> np.ndarray:
        """Homography from ground plane to pixels, float64 (3, 3)."""
        return self.matrix[:, [0, 1, 3]]

    def project(self, points: np.ndarray) -> np.ndarray:
        x, y, w = (self.matrix[:, :3] @ points.T) + self.matrix[:, 3:]
        return np.stack([x / w, y / w], axis=1)


def _set_camera(rng, moment, width: int, height: int) -> _Camera:
    """Hold the camera over the ground; ``moment`` shakes it a little, or is None."""
    shake = np.zeros(6) if moment is None else moment.normal(0, 1, 6)
    tilt_x, tilt_y = rng.normal(0, 0.13, 2) + 0.02 * shake[:2]
    roll, away = 0.03 * shake[2], 2.4 * (1 + 0.02 * shake[3])
    cx, sx, cy, sy = np.cos(tilt_x), np.sin(tilt_x), np.cos(tilt_y), np.sin(tilt_y)
    cr, sr = np.cos(roll), np.sin(roll)
    turned = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    turned = turned @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    turned = turned @ np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    turned = turned * (1.0, 1.0, -1.0)
    focal = 2.4 * max(width, height)
    lens = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    shift = np.array([0.018 * shake[4], 0.018 * shake[5], away])
    return _Camera(lens @ np.column_stack([turned, shift]), width, height)


def _set_light(rng, moment, kind: str) -> _Light:
    if kind not in _LIGHTS:
        raise ValueError(
            f"Light {kind!r} is not known to the leaf renderer; expected one of "
            f"{', '.join(_LIGHTS)}."
        )
    sun, sky, elevations, softness = _LIGHTS[kind]
    flicker = 1.0 if moment is None else 1 + moment.normal(0, 0.03)
    high, turn = np.deg2rad(rng.uniform(*elevations)), rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(high) * np.cos(turn), np.cos(high) * np.sin(turn), np.sin(high)])
    warm = 1 + rng.normal(0, 0.05) * np.array([1.0, 0.1, -1.0])
    return _Light(
        np.asarray(sun) * warm * flicker,
        np.asarray(sky) * (1 + rng.normal(0, 0.03, 3)),
        direction,
        rng.uniform(*softness),
        kind == "night",
    )


@dataclass(frozen=True, eq=False)
class _Pose:
    """Where a leaf lies: leaf coordinates to ground points."""

    leaf: Leaf
    plane: np.ndarray
    scale: float
    breeze: float
    floor: float

    def place(self, points: np.ndarray) -> np.ndarray:
        x, y = points.T
        ground = self.plane[:2, :2] @ points.T + self.plane[:2, 2:]
        lift = self.leaf.lift(x, y, self.breeze) - self.floor
        return np.stack([*ground, self.scale * lift], axis=1)


def _lay(leaf: Leaf, rng, moment, width: int, height: int, aside: bool = False) -> _Pose:
    """Lay a leaf in the frame, or half out of it where ``aside``."""
    turn = rng.normal(0, 0.55) if rng.random() < 0.75 else rng.uniform(-np.pi, np.pi)
    cos, sin = np.cos(turn), np.sin(turn)
    rotation = np.array([[cos, sin], [sin, -cos]])
    spun = leaf.outline @ rotation.T
    extent = np.ptp(spun, axis=0)
    frame = np.array([width, height]) / max(width, height)
    share = 1 - (1 - 0.5) * rng.beta(1.3, 1.7)
    scale = 0.97 * share * float(np.min(frame / extent))
    slack = np.clip(frame - scale * extent, 0, None) / 2
    centre = (spun.min(axis=0) + spun.max(axis=0)) / 2
    middle = rng.uniform(-0.8, 0.8, 2) * slack
    if aside:
        out = rng.uniform(0, 2 * np.pi)
        middle = np.array([np.cos(out), np.sin(out)]) * (frame / 2 + 0.32 * scale * extent)
    breeze = 0.0 if moment is None else moment.normal(0, 0.02)
    plane = np.eye(3)
    plane[:2, :2] = scale * rotation
    plane[:2, 2] = middle - scale * centre
    lift = leaf.lift(*leaf.outline.T, breeze)
    return _Pose(leaf, plane, scale, breeze, float(lift.min()) - 0.012)


class _Canvas:
    """Polygons and tapering lines, antialiased by drawing them larger."""

    def __init__(self, box: tuple[int, int, int, int], finer: int):
        self.box, self.finer = box, finer
        size = ((box[2] - box[0]) * finer, (box[3] - box[1]) * finer)
        self.image = Image.new("L", size)
        self._draw = ImageDraw.Draw(self.image)

    def _points(self, pixels: np.ndarray) -> list:
        return ((pixels - self.box[:2]) * self.finer - 0.5).ravel().tolist()

    def polygon(self, pixels: np.ndarray, fill: int = 255) -> None:
        self._draw.polygon(self._points(pixels), fill=fill)

    def strand(self, pixels: np.ndarray, start: float, end: float, fill: int = 255) -> None:
        """Line whose width falls from ``start`` to ``end`` pixels."""
        along = np.gradient(pixels, axis=0)
        aside = np.stack([-along[:, 1], along[:, 0]], axis=1)
        aside = aside / (np.hypot(*along.T)[:, None] + 1e-9)
        half = np.linspace(start, end, len(pixels))[:, None] / 2
        self.polygon(np.concatenate([pixels + half * aside, (pixels - half * aside)[::-1]]), fill)

    def shrunk(self) -> Image.Image:
        return self.image.reduce(self.finer) if self.finer > 1 else self.image


def _unit(image: Image.Image, blur: float = 0.0) -> np.ndarray:
    """8-bit image as float32 in 0..1, blurred by a Gaussian of that many pixels if positive."""
    if blur > 0:
        image = image.filter(ImageFilter.GaussianBlur(blur))
    return np.asarray(image, np.float32) * np.float32(1 / 255)


def _slopes(height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Central differences across and down."""
    across, down = np.zeros_like(height), np.zeros_like(height)
    across[:, 1:-1] = (height[:, 2:] - height[:, :-2]) / 2
    down[1:-1] = (height[2:] - height[:-2]) / 2
    return across, down


def _facing(light: _Light, height: np.ndarray) -> np.ndarray:
    """Cosine between the light and the surface normal, relative to a level surface."""
    across, down = _slopes(height)
    lx, ly, lz = (float(v) for v in light.direction)
    cosine = (1 - (lx * across + ly * down) * np.float32(1 / lz)) / np.sqrt(
        1 + across * across + down * down
    )
    return np.clip(cosine, 0.0, 2.2)


def _window(pixels: np.ndarray, camera: _Camera, margin: int) -> tuple[int, int, int, int] | None:
    low = np.floor(pixels.min(axis=0)).astype(int) - margin
    high = np.ceil(pixels.max(axis=0)).astype(int) + margin
    left, top = max(low[0], 0), max(low[1], 0)
    right, bottom = min(high[0], camera.width), min(high[1], camera.height)
    return (left, top, right, bottom) if right - left > 3 and bottom - top > 3 else None


def _cast(pose: _Pose, camera: _Camera, light: _Light) -> tuple[np.ndarray, np.ndarray]:
    """Cast and contact shadow of a leaf over the whole frame, 0 none to 1 full."""
    leaf, size = pose.leaf, (0, 0, camera.width, camera.height)
    canvas = _Canvas(size, 2)
    slant = light.direction[:2] / light.direction[2]
    pixel = pose.scale * camera.long

    def fallen(points: np.ndarray) -> np.ndarray:
        solid = pose.place(points)
        flat = solid.copy()
        flat[:, :2] -= solid[:, 2:] * np.clip(slant, -2.2, 2.2)
        flat[:, 2] = 0.0
        return camera.project(flat)

    canvas.polygon(fallen(leaf.outline))
    for hole in leaf.holes:
        canvas.polygon(fallen(hole), 0)
    stem = fallen(leaf.stem[: leaf.stem_joint + 1])
    canvas.strand(stem, 0.03 * pixel, 0.025 * pixel)
    image = canvas.shrunk()
    return (
        _unit(image, max(0.5, light.softness * 0.055 * pixel)),
        _unit(image, max(1.0, 0.035 * pixel)),
    )


def _develop_leaf(
    pose: _Pose, camera: _Camera, light: _Light, season: float
) -> tuple[tuple[int, int, int, int], np.ndarray, np.ndarray] | None:
    """Colour of the lit leaf in linear light, and its coverage, in a window of the frame."""
    leaf, colours, t = pose.leaf, pose.leaf.colours, pose.leaf.traits
    outline = camera.project(pose.place(leaf.outline))
    stem = camera.project(pose.place(leaf.stem))
    box = _window(np.concatenate([outline, stem]), camera, 3)
    if box is None:
        return None
    pixel = pose.scale * camera.long
    finer = 4 if camera.long <= 256 else 2
    blade, ribs, net, marks = (_Canvas(box, f) for f in (finer, finer, 2, 2))
    blade.polygon(outline)
    for vein, width in zip(leaf.veins, leaf.widths, strict=True):
        ribs.strand(camera.project(pose.place(vein)), max(width * pixel, 0.7), 0.4, 205)
    joint = leaf.stem_joint
    thick = max(0.026 * pixel, 1.0)
    petiole = _Canvas(box, finer)
    petiole.strand(stem[: joint + 2], 1.25 * thick, thick)
    ribs.strand(stem[joint:], 0.95 * thick, 0.3)
    for vein in leaf.small_veins:
        net.strand(camera.project(pose.place(vein)), 0.5, 0.5, 255)
    for hole in leaf.holes:
        hole = camera.project(pose.place(hole))
        blade.polygon(hole, 0)
        marks.polygon(hole, 160)
    for spot in leaf.spots:
        marks.polygon(camera.project(pose.place(spot)), 230)
    blade_image, rib_image = blade.shrunk(), ribs.shrunk()
    cover, veins = _unit(blade_image), _unit(rib_image)
    stalk = _unit(petiole.shrunk())
    spots = _unit(marks.shrunk(), 0.6)

    to_leaf = np.linalg.inv(camera.ground @ pose.plane)
    to_leaf = to_leaf @ np.array([[1, 0, box[0]], [0, 1, box[1]], [0, 0, 1.0]])
    width, height = box[2] - box[0], box[3] - box[1]
    x, y = plane_grid(to_leaf, width, height)
    coarse, medium, fine = np.moveaxis(
        clouds().sample(leaf.texture_place @ to_leaf, width, height), -1, 0
    )
    near_vein = _unit(rib_image, max(0.8, 0.03 * pixel))
    inner = _unit(blade_image, max(1.0, 0.05 * pixel))
    edge = np.clip(2 - 2 * inner, 0, 1)

    linear = {name: np.square(colour).astype(np.float32) for name, colour in colours.items()}
    young = np.clip(0.9 - 2.2 * season, 0, 1)
    share = np.clip(young + t["mottle"] * 1.6 * (coarse - 0.5) + 0.25 * edge, -0.4, 1.2)
    albedo = linear["green"] + share[..., None] * (linear["young"] - linear["green"])
    turned = season + t["turning"] * (season > 0.3) - 0.3 * t["evergreen"]
    ripe = turned * 2.6 - 1.75
    field_ = ripe + 1.5 * (coarse - 0.5) + 0.8 * (medium - 0.5)
    field_ = field_ + t["edge_first"] * (edge - 0.3) - t["vein_last"] * (1.6 * near_vein - 0.2)
    late = smoothstep(0.3, 0.7, coarse * 0.5 + 0.5 * medium + 0.4 * (turned - 0.85))
    autumn = linear["turned"] + late[..., None] * (linear["late"] - linear["turned"])
    albedo += smoothstep(-0.35, 0.45, field_)[..., None] * (autumn - albedo)
    scorch = t["dry_edge"] * smoothstep(0.55, 0.95, edge + 1.2 * (medium - 0.5))
    brown = np.maximum(spots, scorch)
    albedo += brown[..., None] * (linear["dry"] - albedo)
    rib = 0.62 * veins * (1 - 0.6 * brown) + 0.14 * _unit(net.shrunk()) * (1 - veins)
    albedo += rib[..., None] * (linear["vein"] - albedo)
    albedo *= (0.82 + 0.36 * fine)[..., None]

    lift = (leaf.lift(x, y, pose.breeze) * np.float32(pixel)).astype(np.float32)
    spacing = max(1.0, 0.32 * pixel / max(len(leaf.veins), 6))
    pleats = -np.float32(4.5 * t["corrugation"] * spacing) * _unit(rib_image, spacing)
    relief = pleats - np.float32(1.1 * t["sunken"]) * _unit(rib_image, 0.7)
    surface = lift + relief + np.float32(0.8) * (medium - 0.5) + np.float32(0.5) * (fine - 0.5)
    facing = _facing(light, surface)
    sun, sky = light.sun.astype(np.float32), light.sky.astype(np.float32)
    through = np.float32(t["thin"]) * np.clip(1.1 - facing, 0, 1)[..., None]
    glow = np.array([1.0, 0.95, 0.35], np.float32)
    lit = albedo * (facing[..., None] * sun + sky * (0.75 + 0.25 * inner[..., None]))
    lit += albedo * through * glow * sun
    across, down = _slopes(surface)
    hx, hy, hz = (light.direction + (0, 0, 1)) / np.hypot(1, 1)
    shine = (hz - hx * across - hy * down) / np.sqrt(1 + across * across + down * down)
    shine = np.clip(shine / np.float32(np.sqrt(hx * hx + hy * hy + hz * hz)), 0, 1)
    shine = np.square(np.square(np.square(shine)))
    shine = np.square(np.square(shine)) * np.float32(0.16 * t["gloss"])
    lit += (shine * (1 - 0.8 * brown))[..., None] * (sun + sky)
    lit += np.float32(0.035 * t["gloss"]) * sky
    only_stem = stalk * (1 - cover * 0.55)
    round_ = np.float32(0.75) + np.float32(0.25) * np.clip(facing, 0, 1)
    lit += only_stem[..., None] * (linear["stem"] * (sun + sky) * round_[..., None] - lit)
    return box, lit, np.maximum(cover, stalk)


def render_photo(
    species: str | Species, specimen: int, photo: int, scene: Scene, burst: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Take one picture of one leaf.

    Parameters
    ----------
    species : str or Species
        One of the ten names, or parameters such as ``random_species`` gives.
    specimen : int
        Which physical leaf: outline, veins, holes, spots, curl and colour follow from it.
    photo : int
        Which exposure: pose, framing, light, piece of background and noise follow from it.
    scene : Scene
    burst : int
        0 for the exposure itself; 1, 2, … for others taken a moment later, with the hand moved a
        little, a breath of wind, and new noise.

    Returns
    -------
    pixels : uint8 (height, width, 3)
        sRGB.
    mask : uint8 (height, width)
        Coverage of the visible leaf with its petiole, 0 to 255.

    Raises
    ------
    ValueError
        For a species, background, light, season or focus that does not exist.
    """
    species = find_species(species)
    season = _read_season(scene.season)
    if scene.focus not in ("sharp", "shallow"):
        raise ValueError(
            f"Focus {scene.focus!r} is not known to the leaf renderer; expected sharp or shallow."
        )
    rng = generator("photo", species.name, specimen, photo)
    moment = generator("burst", species.name, specimen, photo, burst) if burst else None
    width, height = scene.width, scene.height
    camera = _set_camera(rng, moment, width, height)
    light = _set_light(rng, moment, scene.light)
    to_plane = np.linalg.inv(camera.ground)
    poses = [_lay(grow(species, specimen), rng, moment, width, height)] if scene.leaf else []
    if rng.random() < 0.07:
        other = list(SPECIES)[int(rng.integers(len(SPECIES)))]
        stranger = grow(SPECIES[other], int(rng.integers(2**31)))
        poses.insert(0, _lay(stranger, rng, moment, width, height, aside=True))
    albedo, relief = paint(scene.background, rng, to_plane, width, height)
    facing = _facing(light, relief * camera.long)
    dapple = _dapple(rng, scene, to_plane)
    sun, sky = light.sun.astype(np.float32), light.sky.astype(np.float32)
    direct, ambient = facing * dapple, np.ones_like(facing)
    lit = None
    mask = np.zeros((height, width), np.float32)
    layers = []
    for pose in poses:
        cast, contact = _cast(pose, camera, light)
        direct = direct * (1 - 0.93 * cast)
        ambient = ambient * (1 - 0.6 * contact)
        layers.append(_develop_leaf(pose, camera, light, season))
    lit = albedo * (direct[..., None] * sun + ambient[..., None] * sky)
    if scene.focus == "shallow":
        lit = _blurred(lit, 0.022 * camera.long)
    for pose, layer in zip(poses, layers, strict=True):
        if layer is None:
            continue
        (left, top, right, bottom), colour, cover = layer
        window = np.s_[top:bottom, left:right]
        shaded = colour * (0.35 + 0.65 * dapple[window])[..., None]
        lit[window] += cover[..., None] * (shaded - lit[window])
        mask[window] *= 1 - cover
        if pose is poses[-1] and scene.leaf:
            mask[window] = np.maximum(mask[window], cover)
    return _expose(lit, mask, scene, rng, moment, light), np.rint(mask * 255).astype(np.uint8)


def _read_season(season: float | str) -> float:
    if isinstance(season, str):
        if season not in SEASONS:
            raise ValueError(
                f"Season {season!r} is not known to the leaf renderer; expected one of "
                f"{', '.join(SEASONS)}, or a number from 0 to 1."
            )
        return SEASONS[season]
    return float(season)


def _read_device(device: Device | str) -> Device:
    if isinstance(device, str):
        if device not in DEVICES:
            raise ValueError(
                f"Device {device!r} is not known to the leaf renderer; expected one of "
                f"{', '.join(DEVICES)}, or a Device."
            )
        return DEVICES[device]
    return device


def _dapple(rng, scene: Scene, to_plane: np.ndarray) -> np.ndarray:
    """Share of the sun that leaves overhead let through, 0..1."""
    full = np.ones((scene.height, scene.width), np.float32)
    if rng.random() > (0.3 if scene.light in ("sun", "dusk") else 0.0):
        return full
    where = place(rng, rng.uniform(0.12, 0.3), rng.uniform(0, 6.3)) @ to_plane
    crowns = clouds().sample(where, scene.width, scene.height)
    level, soft = rng.uniform(0.42, 0.62), rng.uniform(0.03, 0.09)
    shade = smoothstep(level - soft, level + soft, 0.8 * crowns[..., 0] + 0.2 * crowns[..., 1])
    return full - np.float32(rng.uniform(0.45, 0.8)) * shade


def _blurred(lit: np.ndarray, radius: float) -> np.ndarray:
    """Three box blurs in a row, close to a Gaussian of that radius."""
    reach = max(1, int(round(radius)))
    kernel = np.full(2 * reach + 1, 1 / (2 * reach + 1), np.float32)
    for _ in range(2):
        for axis in (0, 1):
            lit = correlate1d(lit, kernel, axis=axis, mode="nearest")
    return lit


def _expose(lit, mask, scene: Scene, rng, moment, light: _Light) -> np.ndarray:
    """Lens, exposure, sensor and picture style; uint8 (height, width, 3)."""
    device, (height, width) = _read_device(scene.device), mask.shape
    noise_rng = rng if moment is None else moment
    x = (np.arange(width, dtype=np.float32) - width / 2 + 0.5) / max(width, height)
    y = ((np.arange(height, dtype=np.float32) - height / 2 + 0.5) / max(width, height))[:, None]
    middle = rng.normal(0, 0.06, 2).astype(np.float32)
    away = np.square(x - middle[0]) + np.square(y - middle[1])
    if light.flash:
        gain = np.float32(0.62) / (1 + 9 * away) * (0.14 + 0.86 * np.maximum(mask, 0.0))
    else:
        mean = float(lit.mean())
        gain = np.float32(0.30 * np.exp(rng.normal(0, 0.14)) / (mean**0.62 + 0.02))
        gain = gain * (1 + rng.normal(0, 0.1) * x + rng.normal(0, 0.1) * y)
    lit = lit * (gain * (1 - np.float32(1.6 * device.vignette) * away))[..., None]
    lit *= (1 + 0.14 * device.warmth * np.array([1.0, 0.05, -1.0])).astype(np.float32)
    lit = lit * (2.51 * lit + 0.25) / (lit * (2.43 * lit + 0.85) + 0.24)
    image = np.sqrt(np.clip(lit, 0, 1))
    grey = image @ np.array([0.3, 0.6, 0.1], np.float32)
    image = grey[..., None] + np.float32(device.saturation) * (image - grey[..., None])
    image = 0.45 + np.float32(device.contrast) * (image - 0.45)
    image = _filtered(image, 0.14 + 0.06 * noise_rng.random())
    strength = device.noise / 255 * (1.6 if scene.light in ("dusk", "night") else 1.0)
    grain = noise_rng.standard_normal((height, width, 4), np.float32)
    grain[..., :3] = 0.6 * grain[..., :3] + 0.8 * grain[..., 3:]
    grain = _filtered(grain[..., :3], 0.13) * np.float32(1.35 * strength)
    image += grain * (1.25 - 0.6 * image)
    if device.sharpness:
        image = _filtered(image, -0.22 * device.sharpness)
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


def _filtered(image: np.ndarray, side: float) -> np.ndarray:
    """Weigh neighbours by ``side``: positive softens, negative sharpens."""
    kernel = np.array([side, 1 - 2 * side, side], np.float32)
    for axis in (0, 1):
        image = correlate1d(image, kernel, axis=axis, mode="nearest")
    return image
