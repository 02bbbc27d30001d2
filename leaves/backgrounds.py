"""The surfaces that leaves lie on: bark, grass, paper, soil, stone and wood.

Each surface is a large texture made once in a process (tone, tint and height in its three
channels); every photo cuts its own window, turned, scaled and flipped, and colours it anew.
"""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from leaves.noise import Atlas, cells, fractal, generator, heap, place, smoothstep
from leaves.species import look_up

# A texture covers this many frames (long sides) in each direction.
FRAMES = 3.6
_TEXELS = 960

# Dark, middle and tint colours (sRGB) of three variants of each surface; its tint channel blends
# towards the third colour.
_COLOURS = {
    "bark": "211c17 807363 667052, 1f140f 705440 575c38, 292626 948f87 858f70",
    "grass": "0d1708 5c802b 8c9947, 0a1208 456b29 668038, 12170a 6e8033 a89961",
    "paper": "ccc4b5 f2ede0 ede3cc, d1d1cf f5f5f2 f0ede6, c2b8a1 e6dbc4 dbccad",
    "soil": "120d0a 614733 756147, 0d0a08 473629 665442, 1a120d 805e42 8c785e",
    "stone": "383838 a8a6a3 b2998a, 474036 bdb099 b29470, 242629 7a7d80 757570",
    "wood": "382112 a87a4f 8c5730, 332e29 9e9487 857563, 24140d 70472e 5c331f",
}
BACKGROUNDS = tuple(_COLOURS)

# Height of the full height channel in frames: how rough the surface is under slanting light.
_RELIEF = {"bark": 0.04, "grass": 0.02, "paper": 0.004, "soil": 0.04, "stone": 0.012, "wood": 0.01}


def _bark(rng) -> Atlas:
    size = _TEXELS // 2
    across = np.arange(size) / size
    streaks, fine = fractal(rng, size, 2.0, (4.0, 1.0)), fractal(rng, size, 1.2, (2.0, 1.0))
    light, height = np.ones((2, size, size))
    for count, wander, depth in ((22, 5.0, 1.0), (58, 8.0, 0.4)):
        warp = wander * fractal(rng, size, 3.6, (5.0, 1.0)) + 0.35 * fractal(rng, size, 2.2)
        ridge = np.abs(np.sin(np.pi * (count * across + warp))) + 0.25 * (fine - 0.5)
        broken = smoothstep(0.1, 0.4, fractal(rng, size, 2.6, (3.0, 1.0)))
        furrow = depth * broken * (1 - smoothstep(0.1, 0.6, ridge))
        light, height = light * (1 - 0.92 * furrow), height - furrow
    cracks, tone, _ = cells(rng, size, 1100, 0.9, 0.5 + 0.06 * (fractal(rng, size, 2.2) - 0.5))
    crust = smoothstep(0.0, 0.12, cracks + 0.1 * (fine - 0.5))
    light = light * (0.72 + 0.28 * crust) * (0.6 + 0.3 * tone) * (0.7 + 0.6 * streaks)
    moss = smoothstep(0.55, 0.85, fractal(rng, size, 2.8)) * light
    return _enlarged(light * (0.7 + 0.6 * fine), moss, 0.8 * height + 0.2 * crust)


def _enlarged(*channels: np.ndarray) -> Atlas:
    """Atlas of channels made at half the texels, with fine grain added to the first."""
    big = [np.repeat(np.repeat(channel, 2, 0), 2, 1) for channel in channels]
    for axis in (0, 1):
        big = [(2 * c + np.roll(c, 1, axis) + np.roll(c, -1, axis)) / 4 for c in big]
    grain = np.tile(fractal(generator("grain"), _TEXELS // 4, 0.8), (4, 4))
    return Atlas(big[0] + 0.06 * (grain - 0.5), *big[1:])


def _grass(rng) -> Atlas:
    image = Image.new("RGB", (_TEXELS, _TEXELS), (18, 60, 0))
    draw = ImageDraw.Draw(image)
    lean = fractal(rng, 64, 3.0)
    for i, depth in enumerate(np.linspace(0.0, 1.0, 4800) ** 1.2):
        root = rng.random(2) * (_TEXELS + 140) - 70
        spot = np.clip(root / _TEXELS * 63, 0, 63).astype(int)
        turn = np.pi / 2 + 6.0 * (lean[spot[1], spot[0]] - 0.5) + rng.normal(0, 0.55)
        length, width = rng.uniform(60, 160), rng.uniform(4.2, 10.0)
        middle, left, right = blade_edges(root, turn, length, width, rng.normal(0, 0.55))
        dry = rng.random() < 0.05
        tint = rng.beta(1.2, 2.5) * 160 + (90 if dry else 0)
        tone = (0.22 + 0.5 * depth) * rng.uniform(0.75, 1.25) + (0.12 if dry else 0)
        for edge, shade in ((left, 0.82), (right, 1.08)):
            colour = (int(min(255 * tone * shade, 255)), int(tint), int(40 + 200 * depth))
            draw.polygon([*map(tuple, middle), *map(tuple, edge[::-1])], fill=colour)
        if i % 3 == 0:
            draw.line([*map(tuple, middle)], fill=(int(min(330 * tone, 255)), int(tint), 255))
    pixels = np.asarray(image, float) / 255
    return Atlas(*np.moveaxis(pixels, -1, 0))


def blade_edges(root, turn: float, length: float, width: float, curl: float):
    """Middle line and both edges of a curved, tapering blade; float64 (9, 2) each."""
    t = np.linspace(0.0, 1.0, 9)
    heading = turn + curl * t
    step = length / 8 * np.stack([np.cos(heading), -np.sin(heading)], axis=1)
    middle = np.asarray(root) + np.cumsum(step, axis=0)
    aside = np.stack([np.sin(heading), np.cos(heading)], axis=1)
    half = (width / 2 * (1 - t**1.7) * (0.75 + 0.25 * np.minimum(4 * t, 1)))[:, None]
    return middle, middle - half * aside, middle + half * aside


def _paper(rng) -> Atlas:
    size = _TEXELS // 2
    fibre = fractal(rng, size, 1.0)
    cloud = fractal(rng, size, 2.6)
    broad = fractal(rng, size, 3.6)
    return _enlarged(0.75 + 0.25 * (fibre - 0.5) + 0.2 * (cloud - 0.5), broad, 0.3 * fibre + broad)


def _soil(rng) -> Atlas:
    radii = np.minimum(2.4 * (1 - rng.random(9000)) ** -0.55, 14.0)
    height, tone = heap(rng, _TEXELS, radii)
    fine = fractal(rng, _TEXELS, 1.0)
    damp = fractal(rng, _TEXELS, 3.0)
    lit = smoothstep(-3.0, 7.5, height)
    light = (0.10 + 0.5 * lit) * (0.6 + 0.6 * tone) * (0.6 + 0.8 * fine) * (0.55 + 0.9 * damp)
    pebbles = smoothstep(0.955, 0.965, tone)
    return Atlas(light + 0.35 * pebbles * lit, pebbles + 0.35 * tone, height / 23.0 + 0.15 * fine)


def _stone(rng) -> Atlas:
    size = _TEXELS // 2
    _, grain, _ = cells(rng, size, 26000, 1.0, 0.5 + 0.02 * (fractal(rng, size, 1.5) - 0.5))
    _, mineral, _ = cells(rng, size, 9000, 1.0, 0.5 + 0.03 * (fractal(rng, size, 1.5) - 0.5))
    cloud, pits = fractal(rng, size, 2.8), fractal(rng, size, 1.6)
    dark = smoothstep(0.84, 0.9, mineral)
    white = smoothstep(0.12, 0.06, mineral)
    light = 0.48 + 0.3 * (grain - 0.5) + 0.5 * (cloud - 0.5) + 0.5 * (pits - 0.5)
    light = light - 0.34 * dark + 0.24 * white
    return _enlarged(light, smoothstep(0.55, 0.75, grain) * 0.6, 0.55 * pits + 0.5 * cloud)


def _wood(rng) -> Atlas:
    size = _TEXELS
    y, x = np.meshgrid(np.arange(size) / size, np.arange(size) / size, indexing="ij")
    board_edges = np.cumsum(rng.uniform(0.085, 0.14, 14))
    board_edges = board_edges[board_edges < 0.97]
    soft = 0.6 / size
    gap, board = np.zeros((size, size)), np.zeros((size, size))
    for edge in board_edges:
        gap = np.maximum(gap, np.exp(-(((x - edge) / (2.6 / size)) ** 2)))
        board = board + rng.normal(0, 1.0) * smoothstep(edge - soft, edge + soft, x)
    shade = 0.5 + 0.5 * np.sin(2.1 * board)
    drift = fractal(rng, size, 3.2, (7.0, 1.0))
    rings = 26 * x + 9 * drift + 5 * board
    for ky, kx in rng.random((9, 2)):
        away = np.hypot((y - ky) / 2.2, x - kx)
        rings = rings + 3.2 * np.exp(-((away / 0.022) ** 2))
        shade = shade - 0.7 * np.exp(-((np.hypot((y - ky) / 1.3, x - kx) / 0.007) ** 2))
    growth = 0.5 + 0.5 * np.sin(2 * np.pi * rings)
    pores = fractal(rng, size, 1.1, (14.0, 1.0))
    light = 0.52 + 0.2 * (growth**2 - 0.4) + 0.22 * (shade - 0.5) + 0.5 * (pores - 0.5)
    light = light + 0.35 * (fractal(rng, size, 2.6) - 0.5)
    tint = np.clip(0.6 * shade + 0.5 * (1 - growth) * 0.6, 0, 1)
    return Atlas(light * (1 - 0.93 * gap), tint, 0.8 - 0.8 * gap + 0.2 * growth)


_MAKERS = dict(zip(BACKGROUNDS, (_bark, _grass, _paper, _soil, _stone, _wood), strict=True))


@cache
def surface(background: str) -> Atlas:
    """Texture of a background, made on first use in a process."""
    return look_up("Background", background, _MAKERS)(generator("surface", background))


@cache
def clouds() -> Atlas:
    """Three unrelated noises, coarse to fine, for blotches, lichen and dappled shade."""
    rng = generator("clouds")
    return Atlas(*(fractal(rng, 768, slope) for slope in (3.0, 2.2, 1.2)))


def paint(
    background: str, rng: np.random.Generator, pixel_to_plane: np.ndarray, width: int, height: int
) -> tuple[np.ndarray, np.ndarray]:
    """Colour and height of one photo's background.

    Parameters
    ----------
    pixel_to_plane : float64 (3, 3)
        Homography from pixels to the ground plane, whose unit is the frame's long side.

    Returns
    -------
    albedo : float32 (3, height, width)
        Linear reflectance in 0..1.
    relief : float32 (height, width)
        Height of the surface in plane units.
    """
    atlas = surface(background)
    scale = rng.uniform(0.8, 1.25) / FRAMES
    turn = rng.normal(0, 0.25) + np.pi / 2 * rng.integers(0, 4)
    if background in ("soil", "stone", "paper"):
        turn = rng.uniform(0, 2 * np.pi)
    tone, tint, relief = atlas.sample(place(rng, scale, turn) @ pixel_to_plane, width, height)
    levels = bytes.fromhex(_COLOURS[background].replace(",", ""))
    variants = np.frombuffer(levels, np.uint8).reshape(3, 3, 3) / 255
    first, second = rng.permutation(3)[:2]
    colours = variants[first] + rng.uniform(0, 0.5) * (variants[second] - variants[first])
    colours = colours * (1 + rng.normal(0, 0.02, 3)) * rng.uniform(0.85, 1.12)
    dark, middle, other = np.clip(colours, 0.01, 0.97).astype(np.float32)[..., None, None]
    albedo = dark + tone * ((middle - dark) * np.float32(1.25))
    albedo += (tint * tone) * ((other - middle) * np.float32(rng.uniform(0.3, 1.0)))
    if background == "stone" and rng.random() < 0.4:
        where = place(rng, 0.28, rng.uniform(0, 6.3)) @ pixel_to_plane
        coarse, medium, fine = clouds().sample(where, width, height)
        lichen = smoothstep(0.6, 0.68, 0.6 * coarse + 0.45 * medium)
        crust = np.float32([0.7, 0.65, rng.uniform(0.25, 0.55)])[:, None, None]
        albedo += (0.75 * lichen) * ((0.6 + 0.8 * fine) * crust - albedo)
    relief = relief * np.float32(_RELIEF[background])
    if background == "paper":
        x, y = plane_grid(pixel_to_plane, width, height)
        for _ in range(int(rng.integers(0, 4))):
            turn, offset, depth = rng.uniform(0, np.pi), rng.uniform(-0.4, 0.4), rng.normal(0, 1.0)
            away = np.cos(turn) * x + np.sin(turn) * y - offset
            relief += np.float32(0.04 * depth) * np.sqrt(away * away + np.float32(0.0002))
    return np.square(np.clip(albedo, 0.06, 0.99, dtype=np.float32)), relief


def plane_grid(pixel_to_plane: np.ndarray, width: int, height: int) -> tuple:
    """Plane coordinates of the pixels' centres; two float32 (height, width)."""
    m = (pixel_to_plane / pixel_to_plane[2, 2]).astype(np.float32)
    x = np.arange(width, dtype=np.float32) + np.float32(0.5)
    y = (np.arange(height, dtype=np.float32) + np.float32(0.5))[:, None]
    depth = 1 / (m[2, 0] * x + m[2, 1] * y + 1)
    return (m[0, 0] * x + m[0, 1] * y + m[0, 2]) * depth, (
        m[1, 0] * x + m[1, 1] * y + m[1, 2]
    ) * depth
