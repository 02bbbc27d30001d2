"""What else gets into a picture: litter under the leaf, grass over it, a finger at the edge."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from helpers.leaves.backgrounds import blade_edges

_LITTER = np.array(((0.34, 0.25, 0.17), (0.56, 0.45, 0.28), (0.24, 0.18, 0.14), (0.45, 0.30, 0.17)))
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
