"""What else gets into a picture: litter under the leaf, grass over it, a finger at the edge."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from leaves.backgrounds import blade_edges
from leaves.noise import generator
from leaves.shapes import grow
from leaves.species import random_species

_LITTER = np.array(((0.34, 0.25, 0.17), (0.56, 0.45, 0.28), (0.24, 0.18, 0.14), (0.45, 0.30, 0.17)))
_GREENS = np.array(((0.30, 0.40, 0.17), (0.42, 0.47, 0.20), (0.55, 0.50, 0.20), (0.26, 0.34, 0.18)))
_FALLEN = 40
_SKINS = np.array(((0.86, 0.66, 0.55), (0.76, 0.55, 0.43), (0.58, 0.39, 0.29), (0.38, 0.25, 0.19)))


def _drawn(polygons, width: int, height: int, blur: float = 0.0) -> np.ndarray:
    """Coverage of (polygon in pixels, grey) pairs; float32 (height, width) in 0..1."""
    image = Image.new("L", (2 * width, 2 * height))
    pen = ImageDraw.Draw(image)
    for polygon, grey in polygons:
        pen.polygon((2 * polygon - 0.5).ravel().tolist(), fill=grey)
    image = image.reduce(2)
    if blur:
        image = image.filter(ImageFilter.GaussianBlur(blur))
    return np.asarray(image, np.float32) * np.float32(1 / 255)


def _strip(root, turn: float, length: float, wide: float, curl: float) -> np.ndarray:
    _, left, right = blade_edges(root, turn, length, wide, curl)
    return np.concatenate([left, right[::-1]])


def scatter(albedo: np.ndarray, relief: np.ndarray, middle: np.ndarray, rng, bits: bool) -> None:
    """Strew twigs, and bits of dry leaves, around the pixel ``middle`` of the ground, in place."""
    height, width = relief.shape
    long = max(width, height)
    pieces = []
    for _ in range(int(rng.integers(1, 4))):
        root = middle + (rng.random(2) - 0.5) * (width, height)
        turn = rng.uniform(0, 6.3)
        slim = rng.random() < 0.65 or not bits
        size = (rng.uniform(0.2, 0.7), rng.uniform(0.007, 0.018))
        size = size if slim else (rng.uniform(0.06, 0.14), rng.uniform(0.03, 0.06))
        pieces.append((_strip(root, turn, *(long * s for s in size), rng.normal(0, 0.4)), 255))
    cover = _drawn(pieces, width, height)
    colour = np.square(_LITTER[int(rng.integers(4))] * rng.uniform(0.7, 1.15))
    rough = 0.55 + 0.45 * np.sqrt(albedo[1] / (albedo[1].mean() + 1e-6))
    albedo += cover * (rough * colour.astype(np.float32)[:, None, None] - albedo)
    relief += np.float32(0.012) * _drawn(pieces, width, height, 0.006 * long)


@lru_cache(maxsize=1)
def _fallen() -> list[list[np.ndarray]]:
    """Outline, midrib and veins of leaves for the ground, of species that are none of the ten."""
    rng, leaves = generator("fallen"), []
    for number in range(_FALLEN):
        leaf = grow(random_species(rng), number)
        spans = leaf.parts["midrib"] + leaf.parts["veins"][::2]
        lines = [leaf.outline[::2], *(leaf.points[start:stop] for start, stop in spans)]
        leaves.append([line - (0, 0.5) for line in lines])
    return leaves


def strew(albedo: np.ndarray, relief: np.ndarray, season: float, rng) -> None:
    """Cover the ground with fallen leaves, flat and dull, in place; ``season`` is 0 to 1."""
    height, width = relief.shape
    long = max(width, height)
    painted, cover = (Image.new(mode, (2 * width, 2 * height)) for mode in ("RGB", "L"))
    paint, cut = ImageDraw.Draw(painted), ImageDraw.Draw(cover)
    for _ in range(int(rng.integers(2, 7))):
        turn, size = rng.uniform(0, 6.3), rng.uniform(0.4, 1.1) * long
        cos, sin = size * np.cos(turn), size * np.sin(turn)
        spin, middle = np.array([[cos, sin], [-sin, cos]]), 2 * rng.random(2) * (width, height)
        tints = _GREENS if rng.random() < 0.55 - 0.45 * season else _LITTER
        one, two = tints[rng.permutation(len(tints))[:2]]
        tint = 255 * (one + rng.random() * (two - one)) * rng.uniform(0.8, 1.1)
        dull, pale = (tuple((tint * bright).astype(int).tolist()) for bright in (1.0, 1.22))
        outline, *ribs = _fallen()[int(rng.integers(_FALLEN))]
        for line, colour in ((outline, dull), *((rib, pale) for rib in ribs)):
            corners = (line @ spin + middle).ravel().tolist()
            cut.polygon(corners, fill=255)
            paint.polygon(corners, fill=colour)
    cover = cover.reduce(2)
    share = np.asarray(cover, np.float32) / 255
    mixed = np.moveaxis(np.asarray(painted.reduce(2), np.float32), -1, 0) / 255
    rough = 0.75 + 0.25 * np.minimum(np.sqrt(albedo[1] / (albedo[1].mean() + 1e-6)), 1.6)
    # The edges are mixed with the black around them: what is missing there is the ground's share.
    albedo *= 1 - share
    albedo += np.square(mixed) / np.maximum(share, 0.2) * rough
    soft = cover.filter(ImageFilter.GaussianBlur(0.01 * long))
    relief += np.float32(0.02 / 255) * np.asarray(soft, np.float32)


def overgrow(lit: np.ndarray, mask: np.ndarray, outline: np.ndarray, green, rng) -> None:
    """Let a few blades of grass cross the margin of a leaf, in place.

    Parameters
    ----------
    lit : float32 (3, height, width)
        Linear light; the blades and their shadow are painted over it.
    mask : float32 (height, width)
        Coverage of the visible leaf; falls where blades hide it.
    outline : float64 (n, 2)
        Margin of the leaf in pixels.
    green : float array (3,)
        Linear light of a well-lit blade.
    """
    height, width = mask.shape
    long = max(width, height)
    middle, sides = outline.mean(axis=0), []
    for _ in range(int(rng.integers(1, 7))):
        edge = outline[int(rng.integers(len(outline)))]
        inward = np.arctan2(-(middle - edge)[1], (middle - edge)[0]) + rng.normal(0, 0.8)
        back = np.array([np.cos(inward), -np.sin(inward)])
        root = edge - rng.uniform(0.08, 0.2) * long * back
        size = rng.uniform(0.18, 0.36) * long, rng.uniform(0.02, 0.034) * long
        spine, left, right = blade_edges(root, inward, *size, rng.normal(0, 0.5))
        tone = int(rng.uniform(120, 225))
        sides += [(np.concatenate([left, spine[::-1]]), tone)]
        sides += [(np.concatenate([right, spine[::-1]]), int(0.82 * tone))]
    cover = _drawn([(polygon, 255) for polygon, _ in sides], width, height)
    tone = _drawn(sides, width, height)
    shadow = _drawn([(polygon + 0.012 * long, 255) for polygon, _ in sides], width, height, 1.0)
    lit *= 1 - np.float32(0.45) * shadow
    lit += (tone * 1.3) * np.asarray(green, np.float32)[:, None, None] - cover * lit
    mask *= 1 - cover


def reach_in(lit: np.ndarray, mask: np.ndarray, light, rng) -> None:
    """Put a finger tip at the edge of the frame, in place; it hides what is behind it."""
    height, width = mask.shape
    long = max(width, height)
    turn, thick = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.15) * long
    way = np.array([np.cos(turn), np.sin(turn)])
    edge = np.array([width, height]) / 2 + way * np.array([width, height]) * 0.5
    tip = edge - way * rng.uniform(0.05, 0.16) * long
    x = np.arange(width, dtype=np.float32) + 0.5 - np.float32(tip[0])
    y = (np.arange(height, dtype=np.float32) + 0.5 - np.float32(tip[1]))[:, None]
    along = way[0] * x + way[1] * y
    aside = (way[0] * y - way[1] * x) / (thick / 2) * (1 - 0.12 * np.tanh(along / thick))
    round_ = np.square(aside) + np.square(np.minimum(along / thick, 0) * 1.7)
    cover = np.clip((1 - round_) * thick * 0.25, 0, 1)
    nail = np.clip(6 - 6 * (np.square(aside / 0.62) + np.square(along / thick / 0.42)), 0, 1)
    skin = np.square(_SKINS[int(rng.integers(4))] * rng.uniform(0.9, 1.1, 3)).astype(np.float32)
    skin = skin[:, None, None] * np.ones_like(lit)
    skin += 0.5 * nail * (np.square(np.float32([0.9, 0.74, 0.68]))[:, None, None] - skin)
    bright = (light.sun * 0.8 + light.sky).astype(np.float32)[:, None, None]
    skin *= bright * (0.45 + 0.6 * np.sqrt(np.clip(1 - round_, 0, 1)))
    shadow = np.clip(1.25 - 0.8 * round_, 0, 1)
    lit *= 1 - np.float32(0.5) * shadow
    lit += cover * (skin - lit)
    mask *= 1 - cover
