"""Photograph a grown leaf: pose, light, shadow, lens and sensor.

Light is computed with linear reflectances (the square of sRGB values in 0..1), from a sun or
flash with a direction and a sky without one. Lengths on the ground are in long sides of the frame.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import correlate1d, uniform_filter1d
from scipy.spatial.transform import Rotation

from leaves.backgrounds import clouds, paint
from leaves.clutter import overgrow, reach_in, scatter, strew
from leaves.noise import generator, place, smoothstep
from leaves.shading import Camera, Light, cast_shadow, develop, facing, lay, slopes
from leaves.shapes import grow
from leaves.species import SPECIES, Species, look_up

# Radius of the blur behind the leaf, in long sides of the frame.
_FOCUS = {"sharp": 0.0, "shallow": 0.022}
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
    "tablet 2012": Device(noise=4.0, warmth=-0.3, sharpness=-0.1, saturation=0.85, contrast=0.92),
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
    "shade": ((0.22, 0.22, 0.21), (0.66, 0.70, 0.74), (50, 80), (0.8, 1.4)),
    "dusk": ((0.85, 0.58, 0.36), (0.26, 0.29, 0.42), (18, 34), (0.25, 0.6)),
    "night": ((1.15, 1.15, 1.20), (0.012, 0.014, 0.022), (68, 82), (0.05, 0.1)),
}


# Share of the photos whose ground is covered with fallen leaves.
LITTERED = 0.6

# Linear reflectance of a blade of grass that crosses a leaf.
_BLADE = np.array([0.13, 0.24, 0.04])


def _set_camera(rng, moment, width: int, height: int) -> Camera:
    """Hold the camera over the ground; ``moment`` shakes it a little, or is None."""
    shake = np.zeros(6) if moment is None else moment.normal(0, 1.3, 6)
    tilt = np.array([*rng.normal(0, 0.17, 2), 0.0]) + (0.03, 0.03, 0.05) * shake[:3]
    turned = Rotation.from_euler("xyz", tilt).as_matrix() * (1.0, 1.0, -1.0)
    focal, away = 2.4 * max(width, height), 2.4 * (1 + 0.03 * shake[3])
    lens = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    shift = np.array([0.028 * shake[4], 0.028 * shake[5], away])
    return Camera(lens @ np.column_stack([turned, shift]), width, height)


def _set_light(rng, moment, kind: str) -> Light:
    sun, sky, elevations, softness = look_up("Light", kind, _LIGHTS)
    flicker = 1.0 if moment is None else 1 + moment.normal(0, 0.03)
    high, turn = np.deg2rad(rng.uniform(*elevations)), rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(high) * np.cos(turn), np.cos(high) * np.sin(turn), np.sin(high)])
    warm = 1 + rng.normal(0, 0.08) * np.array([1.0, 0.1, -1.0])
    return Light(
        np.asarray(sun) * warm * flicker,
        np.asarray(sky) * (1 + rng.normal(0, 0.03, 3)),
        direction,
        rng.uniform(*softness),
    )


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
    species = look_up("Species", species, SPECIES) if isinstance(species, str) else species
    season, device = scene.season, scene.device
    season = look_up("Season", season, SEASONS) if isinstance(season, str) else float(season)
    device = look_up("Device", device, DEVICES) if isinstance(device, str) else device
    blur = look_up("Focus", scene.focus, _FOCUS)
    rng = generator("photo", species.name, specimen, photo)
    moment = generator("burst", species.name, specimen, photo, burst) if burst else None
    width, height = scene.width, scene.height
    camera = _set_camera(rng, moment, width, height)
    light = _set_light(rng, moment, scene.light)
    to_plane = np.linalg.inv(camera.ground)
    frame = np.array([width, height]) / camera.long
    poses = [lay(grow(species, specimen), rng, moment, frame)] if scene.leaf else []
    if rng.random() < 0.15 and scene.leaf:
        other = list(SPECIES)[int(rng.integers(len(SPECIES)))]
        stranger = grow(SPECIES[other], int(rng.integers(8)))
        poses.insert(0, lay(stranger, rng, moment, frame, aside=True))
    # The ground draws from a stream of its own: the leaf looks the same on any of them.
    ground = generator("ground", species.name, specimen, photo)
    albedo, relief = paint(scene.background, ground, to_plane, width, height)
    if scene.background != "paper" and ground.random() < (0.3 if scene.leaf else 0.8):
        scatter(albedo, relief, camera.project(np.zeros((1, 3)))[0], ground, scene.leaf)
    if scene.leaf and scene.background != "paper" and ground.random() < LITTERED:
        strew(albedo, relief, season, ground)
    direct = facing(light, *slopes(relief * camera.long))
    dapple = _dapple(rng, scene, to_plane)
    direct *= dapple
    ambient = np.ones_like(direct)
    for pose in poses:
        cast, contact = cast_shadow(pose, camera, light)
        direct *= 1 - 0.93 * cast
        ambient *= 1 - 0.7 * contact
    sun, sky = (c.astype(np.float32)[:, None, None] for c in (light.sun, light.sky))
    lit = albedo * (direct * sun + ambient * sky)
    if blur:
        reach = 2 * max(1, round(blur * camera.long)) + 1
        for axis in (1, 2, 1, 2):
            lit = uniform_filter1d(lit, reach, axis=axis, mode="nearest")
    mask = np.zeros((height, width), np.float32)
    for pose in poses:
        layer = develop(pose, camera, light, season)
        if layer is None:
            continue
        (left, top, right, bottom), colour, cover = layer
        window = np.s_[..., top:bottom, left:right]
        colour *= 0.35 + 0.65 * dapple[window]
        lit[window] += cover * (colour - lit[window])
        if pose is poses[-1]:
            mask[window] = cover
    if scene.background == "grass" and scene.leaf and ground.random() < 0.7:
        margin = camera.project(poses[-1].solid)[: len(poses[-1].leaf.outline)]
        overgrow(lit, mask, margin, (light.sun + light.sky) * _BLADE, ground)
    if scene.leaf and rng.random() < 0.04:
        reach_in(lit, mask, light, rng)
    pixels = _expose(lit, mask, scene.light, light, device, rng, moment or rng)
    return pixels, np.rint(mask * 255).astype(np.uint8)


def _dapple(rng, scene: Scene, to_plane: np.ndarray) -> np.ndarray:
    """Share of the sun that leaves overhead let through, 0..1."""
    full = np.ones((scene.height, scene.width), np.float32)
    if rng.random() > (0.4 if scene.light in ("sun", "dusk") else 0.0):
        return full
    where = place(rng, rng.uniform(0.12, 0.3), rng.uniform(0, 6.3)) @ to_plane
    crowns = clouds().sample(where, scene.width, scene.height, smoother=3)
    level, soft = rng.uniform(0.42, 0.6), rng.uniform(0.04, 0.1)
    shade = smoothstep(level - soft, level + soft, 0.8 * crowns[0] + 0.2 * crowns[1])
    return full - np.float32(rng.uniform(0.45, 0.8)) * shade


def _expose(lit: np.ndarray, mask: np.ndarray, kind: str, light: Light, device, rng, grains):
    """Lens, exposure, white balance, sensor and picture style; uint8 (height, width, 3)."""
    white = light.sun + light.sky
    white = (white / white[1]) ** 0.75
    height, width = mask.shape
    x = (np.arange(width, dtype=np.float32) - (width / 2 - 0.5)) / max(width, height)
    y = ((np.arange(height, dtype=np.float32) - (height / 2 - 0.5)) / max(width, height))[:, None]
    away = np.square(x - rng.normal(0, 0.06)) + np.square(y - rng.normal(0, 0.06))
    if kind == "night":
        gain = (0.9 / (1 + 5 * away)) * (0.24 + 0.76 * mask)
    else:
        gain = 0.95 * np.exp(rng.normal(0, 0.12)) / (float(lit.mean()) + 0.12) ** 0.26
        gain = gain * (1 + rng.normal(0, 0.1) * x + rng.normal(0, 0.1) * y)
    gain = gain * (1 - 1.6 * device.vignette * away)
    cast = (1 + 0.14 * device.warmth * np.array([1.0, 0.05, -1.0])) / white
    lit = lit * gain.astype(np.float32) * cast.astype(np.float32)[:, None, None]
    lit = lit * (2.51 * lit + 0.12) / (lit * (2.43 * lit + 0.68) + 0.17)
    image = np.sqrt(np.clip(lit, 0, 1))
    grey = 0.3 * image[0] + 0.6 * image[1] + 0.1 * image[2]
    image = grey + np.float32(device.saturation) * (image - grey)
    image = np.float32(0.45) + np.float32(device.contrast) * (image - np.float32(0.45))
    lens = _spread(0.14 + 0.06 * rng.random())
    kernel = np.convolve(lens, _spread(-0.22 * device.sharpness))
    for axis in (1, 2):
        image = correlate1d(image, kernel, axis=axis, mode="nearest")
    strength = device.noise / 255 * (1.6 if kind in ("dusk", "night") else 1.0)
    grain = grains.standard_normal((3, height + 1, width + 1), np.float32)
    grain = grain[:, 1:] + np.float32(0.5) * grain[:, :-1]
    grain = grain[..., 1:] + np.float32(0.5) * grain[..., :-1]
    grain += grain[[1, 2, 0]]
    image += grain * (np.float32(0.56 * strength) * (1.25 - 0.6 * image))
    levels = np.rint(np.clip(image, 0, 1) * np.float32(255)).astype(np.uint8)
    return np.ascontiguousarray(np.moveaxis(levels, 0, -1))


def _spread(side: float) -> np.ndarray:
    """Weights of a pixel and its neighbours: positive ``side`` softens, negative sharpens."""
    return np.array([side, 1 - 2 * side, side])
