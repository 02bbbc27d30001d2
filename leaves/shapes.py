"""Grow one leaf: outline, veins, holes and spots as polygons, colour and curl as numbers.

Leaf coordinates: x across, y along the blade from its base (0, 0) to its tip near (0, 1); the
petiole runs to negative y. Everything that belongs to the physical leaf is fixed here.
"""

from colorsys import hsv_to_rgb
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from leaves.noise import generator, place, smoothstep
from leaves.species import (
    ALIKE,
    AUTUMN,
    COLOUR_SPREAD,
    CUE_STRENGTH,
    OVERLAP,
    SHAPE_SPREAD,
    SPECIES,
    Species,
)


@dataclass(frozen=True, eq=False)
class Leaf:
    """One physical leaf.

    Attributes
    ----------
    points : float64 (n, 2)
        Corners of all polygons, in leaf coordinates.
    lifts : float64 (n,)
        Height of the curled blade above the ground at those points, in blade lengths.
    parts : dict of str to list of (start, stop)
        Which points form the polygons of the blade, its holes, spots, stem, midrib, veins and the
        net of small veins (open lines).
    colours : dict of str to float64 (3,)
        sRGB in 0..1.
    traits : dict of str to float
        Curl, corrugation, turning, gloss….
    texture_place : float64 (3, 3)
        From leaf coordinates to the shared noise texture.
    """

    points: np.ndarray
    lifts: np.ndarray
    parts: dict[str, list[tuple[int, int]]]
    colours: dict[str, np.ndarray]
    traits: dict[str, float]
    texture_place: np.ndarray

    @property
    def outline(self) -> np.ndarray:
        """Closed outline of the blade without its petiole; float64 (k, 2)."""
        start, stop = self.parts["blade"][0]
        return self.points[start:stop]


def lift(traits: dict[str, float], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Height of the curled blade at leaf coordinates, in blade lengths."""
    t, up, aside = traits, np.maximum(y, 0), np.abs(x)
    height = x * (t["cup"] * x + t["twist"] * (y - 0.4)) + t["fold"] * np.sqrt(x * x + 0.002)
    height = height + t["arch"] * np.square(y - 0.45)
    height = height + t["tip_curl"] * np.square(np.maximum(y - 0.5, 0))
    ripple = np.sin(t["ripples"] * up + t["phase"] + 14 * x / (0.2 + aside))
    return height + t["ripple"] * ripple * np.minimum(aside * 2.5, 1) * up


def _between(rng, span: tuple[float, float]) -> float:
    middle, half = (span[0] + span[1]) / 2, (span[1] - span[0]) / 2
    return middle + half * SHAPE_SPREAD * rng.uniform(-1.0, 1.0)


def _vary(species: Species, rng) -> Species:
    """What one specimen shows: its species, with more or less of the species it resembles."""
    mate = SPECIES.get(ALIKE.get(species.name))
    if mate is None:
        return species
    share = OVERLAP * rng.beta(0.9, 2.2)
    own, other = vars(species), vars(mate)
    mixed = {
        name: tuple(np.add(value, share * np.subtract(other[name], value)).tolist())
        if isinstance(value, tuple)
        else value + share * (other[name] - value)
        for name, value in own.items()
        if not isinstance(value, str)
    }
    toothed = mate if not any(species.teeth) else species
    return replace(species, **mixed | {"teeth": toothed.teeth, "double": toothed.double})


def _count(rng, span: tuple[float, float]) -> int:
    return int(rng.integers(int(span[0]), int(span[1]) + 1))


def _curves(start, control, end, points: int = 12) -> np.ndarray:
    """Quadratic Bezier curves; from (…, 2) to float64 (…, points, 2)."""
    t = np.linspace(0.0, 1.0, points)[:, None]
    start, control, end = (np.asarray(p, float)[..., None, :] for p in (start, control, end))
    return (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t * t * end


def _bulged(start, end, bulge: float, points: int = 12) -> np.ndarray:
    """Curve that swells to the left of its way by a share of its length."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    left = (end - start)[..., ::-1] * (-1.0, 1.0)
    return _curves(start, (start + end) / 2 + 2 * bulge * left, end, points)


def _toothed(path: np.ndarray, rng, count: int, height: float, double: float, outward: float):
    """Give a path from base to tip teeth that point forward; outward is +1 for its left side."""
    steps = np.hypot(*np.diff(path, axis=0).T)
    length = np.concatenate([[0.0], np.cumsum(steps)])
    q = np.linspace(0.0, 1.0, max(60, count * (32 if double else 8)))
    path = np.stack([np.interp(q * length[-1], length, path[:, i]) for i in (0, 1)], axis=1)
    along = np.gradient(path, axis=0)
    along /= np.hypot(*along.T)[:, None] + 1e-12
    normal = outward * along[:, ::-1] * (-1.0, 1.0)
    sway = 0.35 * np.sin(2 * np.pi * (q * rng.uniform(1, 3) + rng.random()))

    def saw(teeth: int) -> np.ndarray:
        phase = q * teeth + sway
        sizes = np.clip(1.0 + 0.25 * rng.standard_normal(teeth + 4), 0.3, 1.8)
        part = phase - np.floor(phase)
        rise = np.where(part < 0.78, (part / 0.78) ** 1.3, (1 - part) / 0.22)
        return rise * sizes[np.floor(phase).astype(int) + 1]

    bumps = 0.75 * saw(count) + 0.5 * saw(4 * count) if double else saw(count)
    bumps = bumps * CUE_STRENGTH * height
    bumps *= smoothstep(0.02, 0.16, q) * (1 - 0.6 * smoothstep(0.8, 1.0, q))
    return path + bumps[:, None] * (normal + 0.55 * along)


def _grow_simple(species: Species, rng):
    """Outline, veins, their widths and the net of a blade along one midrib, lobed or not."""
    aspect, widest = _between(rng, species.aspect), _between(rng, species.widest)
    base, tip, heart = (_between(rng, s) for s in (species.base, species.tip, species.heart))
    wave, tooth, depth = (_between(rng, s) for s in (species.wave, species.tooth, species.depth))
    s = (1 - np.cos(np.linspace(0.0, np.pi, 241))) / 2
    power = np.log(base / (base + tip)) / np.log(widest)
    width = s ** (base * power) * (1 - s**power) ** tip
    width *= aspect / 2 / width.max()
    lobed = species.form == "lobed"
    pairs = _count(rng, species.lobes if lobed else species.veins)
    teeth = pairs if species.double else _count(rng, species.teeth)
    angle = np.deg2rad(_between(rng, species.vein_angle))
    lean = rng.normal(0.0, species.skew)
    sides, veins, net = [], [], []
    for side in (-1.0, 1.0):
        number = max(2, pairs + (int(rng.integers(-1, 2)) if lobed else 0))
        first, last = (0.1, 0.97) if lobed else (0.06, 0.96)
        step = np.arange(number) + 0.55 + 0.2 * side * rng.random()
        step = step + rng.normal(0, 0.09 if lobed else 0.03, number)
        crest = first + (last - first) * step / number
        x, y = width * (1 + side * lean), s.copy()
        y = y - heart * (1 + 2 * side * lean) * s / 0.1 * np.exp(1 - s / 0.1)
        phase = np.interp(s, [0.0, *crest, 1.0], np.arange(number + 2))
        swing = 0.5 + 0.5 * np.cos(2 * np.pi * phase)
        if lobed:
            full = smoothstep(0.05, 0.3, s) * (1 - 0.55 * smoothstep(0.8, 1.0, s))
            sizes = np.interp(s, crest, 1 + rng.normal(0, 0.12, number))
            x = x * sizes * (1 - depth * full * (1 - swing) ** 1.9)
            y = y + 0.03 * full * (swing - 0.5)
        elif wave > 0:
            x = x + CUE_STRENGTH * wave * (2 * swing - 1) * np.sin(np.pi * s) ** 0.5
        path = np.stack([side * x, y], axis=1)
        ends = np.stack([np.interp(crest, s, path[:, i]) for i in (0, 1)], axis=1)
        sides.append(_toothed(path, rng, teeth, tooth, species.double, -side) if teeth else path)
        run = np.abs(ends[:, 0]) / np.tan(angle * (1.15 - 0.3 * ends[:, 1]))
        low = np.maximum(ends[:, 1] - run, 0.012 + 0.03 * np.maximum(ends[:, 1], 0))
        start = np.stack([np.zeros(number), low], axis=1)
        ends = start + (0.97 if lobed or teeth else 0.93) * (ends - start)
        bow = np.abs(ends[:, :1]) * (0.06 * side, -0.1)
        veins.append(_curves(start, start + 0.55 * (ends - start) + bow, ends))
        net.append(_ladder(veins[-1], rng))
    veins = np.concatenate(veins)
    widths = 0.010 * (0.4 + np.hypot(*(veins[:, -1] - veins[:, 0]).T))
    return np.concatenate([sides[0], sides[1][::-1]]), veins, widths, net


def _ladder(veins: np.ndarray, rng) -> np.ndarray:
    """One line that climbs to and fro between neighbouring side veins; float64 (n, 2)."""
    at = np.rint(np.linspace(2, 11, 6)).astype(int)
    lower, upper = veins[:-1, at], veins[1:, at]
    middle = (lower + upper) / 2 + rng.normal(0, 0.006, lower.shape)
    rungs = np.stack([lower, middle, upper], axis=2)
    rungs[:, 1::2] = rungs[:, 1::2, ::-1].copy()
    rungs[1::2] = rungs[1::2, ::-1].copy()
    return rungs.reshape(-1, 2)


# Half of a palmate lobe as points (along, aside; shares of the lobe's length) with the bulge of
# the edge that leads to them, from the bay upwards.
_POINTED = np.array(((0.55, 0.19, -0.1), (0.7, 0.25, -0.06), (0.76, 0.1, -0.2), (1.03, 0, -0.1)))
_BLUNT = np.array(((0.60, 0.2, 0.06), (0.74, 0.215, 0.1), (0.84, 0.135, 0.1), (0.96, 0, 0.17)))
_LOBE_LENGTHS = np.array([1.0, 0.88, 0.52, 0.4, 0.3])


def _grow_palmate(species: Species, rng):
    """Outline, veins, widths and net of lobes that radiate from the end of the petiole."""
    lobes, depth = _count(rng, species.lobes), _between(rng, species.depth)
    stretch, tooth = _between(rng, species.aspect) ** 0.5, _between(rng, species.tooth)
    teeth, pairs = _count(rng, species.teeth), _count(rng, species.veins)
    rank = np.arange(lobes) - (lobes - 1) / 2
    turn = np.deg2rad(rng.normal(50.0, 2.5) * 3.48 / (lobes - 1) ** 0.9)
    axes = turn * rank * (1 + 0.06 * np.abs(rank)) + rng.normal(0, 0.04, lobes)
    lengths = _LOBE_LENGTHS[np.abs(rank).astype(int)] * (1 + rng.normal(0, 0.035, lobes))
    pointed = np.clip(0.5 + (species.pointed - 0.5) * CUE_STRENGTH, 0, 1)
    table = _BLUNT + pointed * (_POINTED - _BLUNT)
    ways = np.stack([np.sin(axes), np.cos(axes)], axis=1)
    between = ways[1:] + ways[:-1]
    between /= np.hypot(*between.T)[:, None]
    bays = (1 - depth) * np.sqrt(lengths[1:] * lengths[:-1])[:, None] * between
    foot = rng.uniform(0.02, 0.06)
    bays = np.concatenate([[(-0.035, -foot)], bays, [(0.035, -foot)]])
    halves, widths = [], [0.019 * lengths]
    veins = [_bulged(0 * ways, 0.98 * lengths[:, None] * ways, 0.01)]
    for i, (along, length) in enumerate(zip(ways, lengths, strict=True)):
        aside = along[::-1] * (1.0, -1.0)
        for side, bay in ((-1.0, bays[i]), (1.0, bays[i + 1])):
            outer = np.where(abs(rank[i] + side) > abs(rank[0]), 1.0, 0.0)
            rows = table * (1 + rng.normal(0, (0.02, 0.1, 0.0), table.shape))
            rows[0] += outer * (-0.16, 0.12, 0.0)
            rows[:, 1] *= 1.25 if length < 0.7 else 1.0
            corners = length * (rows[:, :1] * along + side * rows[:, 1:2] * aside)
            corners = np.concatenate([[bay], corners])
            bulge = -side * rows[:, 2:]
            half = _bulged(corners[:-1], corners[1:], bulge)[:, 1:].reshape(-1, 2)
            half = np.concatenate([[bay], half])
            if teeth:
                half = _toothed(half, rng, teeth, tooth * length**0.5, 0.0, -side)
            halves.append(half[:: int(-side)])
            ends = half[(np.linspace(0.4, 0.78, pairs) * (len(half) - 1)).astype(int)]
            root = np.maximum(ends @ along - np.abs(ends @ aside) * 1.3, 0.1 * length)
            root = root[:, None] * along
            veins.append(_bulged(root, root + 0.95 * (ends - root), -side * 0.05))
            widths.append(np.full(pairs, 0.008 * length))
    squeeze = (stretch, 1 / stretch)
    outline, veins = np.concatenate(halves) * squeeze, np.concatenate(veins) * squeeze
    return outline, veins, np.concatenate(widths), []


def _grow_fan(species: Species, rng):
    """Outline, forked veins, widths and net of a fan."""
    half = _between(rng, species.aspect) * 0.72
    share = np.linspace(0.0, 1.0, 200)
    angle = half * (rng.uniform(0.92, 1.08) * share - rng.uniform(0.92, 1.08) * (1 - share))
    radius = 0.9 + 0.1 * smoothstep(0, 0.12, np.minimum(share, 1 - share)) + 0.03 * np.abs(angle)
    for waves, size in ((3, 0.025), (8, 0.014), (19, 0.009)):
        radius = radius + rng.uniform(0.4, 1.2) * size * np.sin(waves * angle + rng.uniform(0, 6.3))
    split = np.abs(angle - rng.normal(0, 0.06)) / rng.uniform(0.03, 0.08)
    radius = radius - _between(rng, species.depth) * np.exp(-(split**1.2))
    top = radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    left = _bulged((0, 0), top[0], rng.uniform(-0.08, -0.02))
    right = _bulged(top[-1], (0, 0), rng.uniform(-0.08, -0.02))
    number = _count(rng, species.veins)
    ends = 0.97 * top[np.linspace(4, 195, number).astype(int)]
    control = ends * (0.36, 0.52) + rng.normal(0, 0.004, (number, 2))
    veins = _curves((0, 0), control, ends, 24)
    fork = np.where(np.arange(number) % 2, 0, rng.integers(3, 11, number))[:, None]
    steps = fork + np.rint((23 - fork) * np.linspace(0, 1, 12)).astype(int)
    veins = np.take_along_axis(veins, steps[..., None], axis=1)
    outline = np.concatenate([left[:-1], top, right[1:-1]])
    return outline, veins, np.full(number, 0.005), []


def _ribbons(lines: np.ndarray, start, end) -> np.ndarray:
    """Polygons around lines whose width changes along them; (n, k, 2) to (n, 2k, 2)."""
    along = np.gradient(lines, axis=1)
    aside = along[..., ::-1] * (-1.0, 1.0)
    aside /= np.hypot(aside[..., 0], aside[..., 1])[..., None] + 1e-12
    t = np.linspace(0.0, 1.0, lines.shape[1])
    half = (np.multiply.outer(start, 1 - t) + np.multiply.outer(end, t))[..., None] / 2
    return np.concatenate([lines + half * aside, (lines - half * aside)[:, ::-1]], axis=1)


def _blobs(rng, centres: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Irregular roundish polygons; float64 (n, 12, 2)."""
    turn = np.arange(12) * np.pi / 6
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    rough = 1 + 0.2 * rng.standard_normal((len(radii), 12, 1))
    oval = rng.uniform(0.65, 1.2, (len(radii), 1, 2))
    return centres[:, None] + radii[:, None, None] * ring * rough * oval


def _tint(species: Species, rng) -> dict[str, np.ndarray]:
    """Colours of one leaf, sRGB in 0..1."""

    def mix(first, second, share: float) -> np.ndarray:
        return np.asarray(first) + share * (np.asarray(second) - np.asarray(first))

    mean = (species.hue, species.saturation, species.value)
    hue, saturation, value = mean + COLOUR_SPREAD * rng.normal(0, (9.0, 0.08, 0.06))
    saturation, value = np.clip(saturation, 0.08, 0.85), np.clip(value, 0.24, 0.62)
    green = hsv_to_rgb(hue / 360, saturation, value)
    weights = np.cumsum([int(digit) + 1e-6 for digit in species.autumn])
    picks = np.searchsorted(weights, weights[-1] * rng.random(2))
    one, two = np.array(list(AUTUMN.values()))[picks]
    colours = {
        "green": green,
        "young": hsv_to_rgb(hue / 360 - 0.022, min(1.05 * saturation, 0.9), 1.2 * value),
        "turned": mix(one, two, rng.uniform(0, 0.3)) * rng.uniform(0.8, 1.05),
        "late": mix(two, one, rng.uniform(0, 0.5)) * rng.uniform(0.7, 1.0),
        "dry": np.array([0.36, 0.24, 0.14]) * rng.uniform(0.7, 1.2),
        "vein": mix(green, (0.80, 0.80, 0.50), rng.uniform(0.3, 0.6)),
        "stem": mix(mix(green, (0.62, 0.62, 0.3), 0.5), (0.5, 0.2, 0.14), rng.beta(0.7, 1.5)),
    }
    return {name: np.asarray(colour) for name, colour in colours.items()}


# Traits spread evenly between two values, and curls spread normally around a mean.
_EVEN = {
    "edge_first": (-0.2, 1.0),
    "vein_last": (0.0, 0.9),
    "turning": (-0.25, 0.25),
    "mottle": (0.2, 1.0),
    "paleness": (0.35, 0.8),
    "sunken": (0.3, 1.0),
    "thin": (0.1, 0.5),
    "ripples": (6.0, 14.0),
    "ripple": (0.0, 0.03),
    "phase": (0.0, 6.3),
}
_CURLS = {
    "fold": (0.14, 0.2),
    "arch": (-0.03, 0.16),
    "tip_curl": (0.0, 0.3),
    "cup": (0.0, 0.25),
    "twist": (0.0, 0.14),
}


def _temper(species: Species, rng, width: float) -> dict[str, float]:
    """Curl and surface of one leaf."""
    limp = min(rng.gamma(2.0, 0.6), 2.4)
    traits = {name: rng.uniform(*span) for name, span in _EVEN.items()}
    traits |= {name: limp * rng.normal(*spread) for name, spread in _CURLS.items()}
    traits["ripple"] *= limp
    traits["cup"] /= max(width, 0.3)
    traits["evergreen"] = float(not species.autumn.strip("0"))
    traits["gloss"] = float(np.clip(species.gloss + rng.normal(0, 0.12), 0.02, 1))
    traits["dry_edge"] = float(rng.random() < 0.2) * rng.uniform(0.3, 1.0)
    traits["corrugation"] = CUE_STRENGTH * _between(rng, species.corrugation)
    return traits


@lru_cache(maxsize=256)
def grow(species: Species, specimen: int) -> Leaf:
    """Grow the leaf that a species and a specimen number stand for; the same one every time."""
    rng = generator("leaf", species.name, specimen)
    species = _vary(species, rng)
    form = {"palmate": _grow_palmate, "fan": _grow_fan}.get(species.form, _grow_simple)
    outline, veins, widths, net = form(species, rng)
    width = float(np.ptp(outline[:, 0]))
    length = _between(rng, species.stem)
    down = np.linspace(-length, 0.03, 16)
    hook = np.clip(rng.normal(0, 0.25) / max(length, 0.25), -0.8, 0.8)
    petiole = np.stack([hook * np.square(np.minimum(down, 0)), down], axis=1)
    midrib = np.stack([np.zeros(24), np.linspace(-0.01, 0.985 * outline[:, 1].max(), 24)], axis=1)
    thick = 0.026 if width > 0.3 else 0.018
    size = np.sqrt(width)
    bites, inner = int(rng.poisson(0.5)), int(rng.poisson(1.0) * (rng.random() < 0.6))
    marks = int(rng.poisson(rng.choice([0.5, 3.0, 14.0], p=[0.45, 0.4, 0.15])))
    near = outline[rng.integers(0, len(outline), bites + inner + marks)]
    inwards = rng.uniform(0.1, 0.95, (len(near), 1))
    inwards[:bites] = 1.0
    sizes = rng.uniform(0.012, 0.045, bites + inner)
    sizes = np.concatenate([sizes, rng.gamma(2.0, 0.006, marks) + 0.004]) * size
    blobs = _blobs(rng, near * inwards, sizes)
    layers = {
        "blade": [outline],
        "holes": blobs[: bites + inner],
        "spots": blobs[bites + inner :],
        "stem": _ribbons(petiole[None], [1.35 * thick], [thick]),
        "midrib": _ribbons(midrib[None], [0.95 * thick], [0.002]),
        "veins": _ribbons(veins, widths, 0.15 * widths),
        "net": net,
    }
    if form is not _grow_simple:
        layers["midrib"] = []
    flat = [np.asarray(polygon) for polygons in layers.values() for polygon in polygons]
    ends = np.cumsum([0, *map(len, flat)]).tolist()
    spans = iter(zip(ends[:-1], ends[1:], strict=True))
    parts = {name: [next(spans) for _ in polygons] for name, polygons in layers.items()}
    x, y = np.concatenate(flat).T
    up, sways = np.maximum(y, 0), rng.uniform(0, 6.3, 3)
    uneven = 0.012 * SHAPE_SPREAD * min(1.0, 2 * width)
    shift = rng.normal(0, 0.1) * up * (y - 0.3) - uneven * np.sin(sways[0])
    shift = shift + uneven * (np.sin(5 * y + sways[0]) + np.sin(11 * y + sways[1]) / 2)
    rise = uneven * np.sin(6 * x + sways[2]) * (up + 0.1)
    points = np.stack([x + shift, y + rise], axis=1)
    traits = _temper(species, rng, width)
    where = place(rng, rng.uniform(0.16, 0.24), rng.uniform(0, 6.3), reach=1.6)
    colours = _tint(species, rng)
    return Leaf(points, lift(traits, *points.T), parts, colours, traits, where)
