"""Things: silhouettes in layers, each class a recipe, each picture of it a little different.

A recipe's ``draw(rng, size)`` returns layers, back to front: pairs of a coverage mask, float32
(size, size) in 0..1, and the number of the paint the layer is covered with.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

_OVER = 3  # masks are drawn this many times larger, then averaged
_CIRCLE = np.linspace(0, 2 * np.pi, 72, endpoint=False)

Layers = list[tuple[np.ndarray, int]]


def _pose(rng, tilt: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """A matrix and a shift that put the square -1..1 somewhere into the frame 0..1."""
    turn, shear = rng.normal(0, tilt), rng.normal(0, 0.08)
    scale = rng.uniform(0.27, 0.5) * np.exp(rng.normal(0, 0.1, 2))
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return rotation @ np.array([[1, shear], [0, 1]]) @ np.diag(scale), rng.normal(0.5, 0.07, 2)


def _fill(outlines: list[np.ndarray], size: int) -> np.ndarray:
    """Coverage of the union of polygons with points (x, y) in 0..1."""
    image = Image.new("L", (size * _OVER, size * _OVER))
    pen = ImageDraw.Draw(image)
    for outline in outlines:
        pen.polygon([tuple(point) for point in (outline * size * _OVER).tolist()], fill=255)
    return np.asarray(image.reduce(_OVER), np.float32) / 255


@dataclass(frozen=True)
class Outline:
    """A closed curve: a superformula (Gielis 2003), Fourier waves or a polygon."""

    radii: np.ndarray
    sharp: bool
    hole: float
    tilt: float

    def draw(self, rng, size: int) -> Layers:
        matrix, shift = _pose(rng, self.tilt)
        radii = self.radii * np.exp(rng.normal(0, 0.04, len(self.radii)) if self.sharp else 0)
        angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
        if not self.sharp:
            wobble = rng.normal(0, 0.04, (4, 2))
            for k, (a, b) in enumerate(wobble, 1):
                radii = radii * (1 + a * np.cos(k * angles) + b * np.sin(k * angles))
        points = radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], -1)
        layers = [(_fill([points @ matrix.T + shift], size), 0)]
        if self.hole:
            layers.append((_fill([self.hole * points @ matrix.T + shift], size), 1))
        return layers


def random_outline(rng: np.random.Generator) -> Outline:
    kind, angles = rng.integers(3), np.linspace(0, 2 * np.pi, 120, endpoint=False)
    if kind == 0:
        m, n1, n2, n3 = rng.integers(1, 13), rng.uniform(0.3, 3), *rng.uniform(0.3, 4, 2)
        waves = np.abs(np.cos(m * angles / 4)) ** n2 + np.abs(np.sin(m * angles / 4)) ** n3
        radii = (waves + 1e-9) ** (-1 / n1)
        radii = np.minimum(radii / np.percentile(radii, 97), 1.1)
    elif kind == 1:
        radii = np.ones_like(angles)
        for k in range(1, 9):
            a, b = rng.normal(0, 0.45 / k, 2)
            radii = radii + a * np.cos(k * angles) + b * np.sin(k * angles) * (rng.random() < 0.5)
        radii = np.maximum(radii, 0.12)
    else:
        radii = rng.uniform(0.35, 1, int(rng.integers(3, 11)))
        if rng.random() < 0.5:
            radii = np.resize(radii[: int(rng.integers(1, 3))], 2 * len(radii))
    tilt = float(rng.choice([0.25, 2.0], p=[0.7, 0.3]))
    hole = float(rng.choice([0, rng.uniform(0.3, 0.8)], p=[0.7, 0.3]))
    return Outline(radii / radii.max(), kind == 2, hole, tilt)


_PARTS = ("ellipse", "box", "trapezoid", "triangle", "limb", "ring", "star")


@dataclass(frozen=True)
class Assembly:
    """Three to nine parts in a fixed layout, most mirrored left and right, as in made things."""

    parts: tuple[tuple, ...]  # kind, x, y, width, height, turn, taper, paint, mirrored
    tilt: float

    def draw(self, rng, size: int) -> Layers:
        matrix, shift = _pose(rng, self.tilt)
        stretch = np.exp(rng.normal(0, 0.12, 2))
        layers = []
        for kind, x, y, width, height, turn, taper, paint, mirrored in self.parts:
            x, y = x + rng.normal(0, 0.035), y + rng.normal(0, 0.035)
            width, height = np.array([width, height]) * np.exp(rng.normal(0, 0.1, 2))
            turn = turn + rng.normal(0, 0.1)
            shape = _part(kind, taper)
            rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
            placed = (shape * (width, height)) @ rotation.T + (x, y)
            both = [placed, placed * (-1, 1)] if mirrored else [placed]
            layers.append((_fill([p * stretch @ matrix.T + shift for p in both], size), paint))
        return layers


def _part(kind: str, taper: float) -> np.ndarray:
    """Outline of a part within -1..1."""
    circle = np.stack([np.cos(_CIRCLE), np.sin(_CIRCLE)], -1)
    if kind == "ellipse":
        return circle
    if kind == "box":
        power = 0.15 + 0.5 * taper
        return np.sign(circle) * np.abs(circle) ** power
    if kind == "trapezoid":
        return np.array([[-taper, -1], [taper, -1], [1, 1], [-1, 1]])
    if kind == "triangle":
        return np.array([[2 * taper - 1, -1], [1, 1], [-1, 1]])
    if kind == "limb":
        bend = 0.8 * taper * np.sin(np.linspace(0, np.pi, 16))
        y = np.linspace(-1, 1, 16)
        side = 0.55 + 0.45 * np.linspace(-1, 1, 16) * (taper - 0.5)
        left, right = np.stack([bend - side, y], -1), np.stack([bend + side, y], -1)
        return np.concatenate([left, right[::-1]])
    if kind == "ring":
        inner = (0.45 + 0.4 * taper) * circle[::-1]
        return np.concatenate([circle, circle[:1], inner, inner[:1]])
    points = int(4 + 5 * taper)
    angles = np.arange(2 * points) * np.pi / points - np.pi / 2
    radii = np.where(np.arange(2 * points) % 2, 0.3 + 0.4 * taper, 1)
    return radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], -1)


def random_assembly(rng: np.random.Generator) -> Assembly:
    parts, mirror = [], rng.random() < 0.75
    for number in range(int(rng.integers(2, 8))):
        main = number == 0
        mirrored = bool(mirror and not main and rng.random() < 0.7)
        centred = mirror and not mirrored
        parts.append((
            str(rng.choice(_PARTS[:4] if main else _PARTS)),
            0.0 if centred else float(rng.uniform(0.1 if mirrored else -0.75, 0.75)),
            float(rng.normal(0, 0.15) if main else rng.uniform(-0.8, 0.8)),
            float(rng.uniform(0.25, 0.8) if main else rng.uniform(0.05, 0.4)),
            float(rng.uniform(0.3, 0.9) if main else rng.uniform(0.08, 0.7)),
            0.0 if centred else float(rng.normal(0, 0.6)),
            float(rng.random()),
            0 if main else int(rng.integers(3)),
            mirrored,
        ))  # fmt: skip
    if rng.random() < 0.3:
        parts = parts[1:] + parts[:1] if rng.random() < 0.5 else parts
    return Assembly(tuple(parts), float(rng.choice([0.15, 0.4, 2.0], p=[0.5, 0.35, 0.15])))


@dataclass(frozen=True)
class Strokes:
    """Curves drawn with a pen, as in letters, wires, twigs and drawings."""

    curves: np.ndarray  # (strokes, 4, 2) control points of cubic Bézier curves in -1..1
    width: float

    def draw(self, rng, size: int) -> Layers:
        matrix, shift = _pose(rng, 0.15)
        curves = (self.curves + rng.normal(0, 0.06, self.curves.shape)) @ matrix.T + shift
        t = np.linspace(0, 1, 18)[:, None]
        basis = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3]
        image = Image.new("L", (size * _OVER, size * _OVER))
        pen = ImageDraw.Draw(image)
        width = max(1, round(self.width * np.exp(rng.normal(0, 0.3)) * size * _OVER))
        for curve in curves:
            points = sum(b * p for b, p in zip(basis, curve, strict=True)) * size * _OVER
            pen.line([tuple(p) for p in points.tolist()], fill=255, width=width, joint="curve")
        return [(np.asarray(image.reduce(_OVER), np.float32) / 255, 0)]


def random_strokes(rng: np.random.Generator) -> Strokes:
    curves = rng.uniform(-0.95, 0.95, (int(rng.integers(1, 6)), 4, 2))
    for first, second in itertools.pairwise(curves):
        if rng.random() < 0.7:
            second[0] = first[3]
    return Strokes(curves, float(np.exp(rng.uniform(np.log(0.015), np.log(0.09)))))


@dataclass(frozen=True)
class Fractal:
    """The attractor of an iterated function system (Barnsley 1988; Kataoka et al. 2020)."""

    maps: np.ndarray  # (maps, 2, 2)
    shifts: np.ndarray  # (maps, 2)

    def draw(self, rng, size: int) -> Layers:
        maps = self.maps * (1 + rng.normal(0, 0.04, self.maps.shape))
        weights = np.abs(np.linalg.det(maps)) + 0.03
        steps = rng.choice(len(maps), (24, 260), p=weights / weights.sum())
        x, points = rng.uniform(-1, 1, (260, 2)), []
        for number, choice in enumerate(steps):
            x = np.einsum("nij,nj->ni", maps[choice], x) + self.shifts[choice]
            if number > 5:
                points.append(x)
        cloud = np.concatenate(points)
        low, high = np.percentile(cloud, [2, 98], axis=0)
        matrix, shift = _pose(rng, 0.4)
        cloud = (2 * (cloud - low) / (high - low + 1e-6) - 1) @ matrix.T + shift
        at = (cloud * size).astype(int)
        at = at[((at >= 0) & (at < size)).all(1)]
        counts = np.zeros((size, size), np.float32)
        np.add.at(counts, (at[:, 1], at[:, 0]), 1)
        return [(np.clip(gaussian_filter(counts, 0.8) * 1.6, 0, 1), 0)]


def random_fractal(rng: np.random.Generator) -> Fractal:
    count = int(rng.integers(2, 7))
    maps, shifts = rng.uniform(-1, 1, (count, 2, 2)), rng.uniform(-1, 1, (count, 2))
    left, scale, right = np.linalg.svd(maps)
    scale = np.clip(scale, 0.2, 0.8)
    return Fractal(left * scale[:, None] @ right, shifts)
