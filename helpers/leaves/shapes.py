"""Grow one leaf: outline, veins, holes and spots as polygons, colour and curl as numbers.

Leaf coordinates: x across, y along the blade from its base (0, 0) to its tip near (0, 1); the
petiole runs to negative y. Everything that belongs to the physical leaf is fixed here.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.leaves.noise import generator, smoothstep
from helpers.leaves.species import AUTUMN, COLOUR_SPREAD, CUE_STRENGTH, SHAPE_SPREAD, Species


@dataclass(frozen=True, eq=False)
class Leaf:
    """One physical leaf.

    Attributes
    ----------
    outline : float64 (n, 2)
        Closed outline of the blade without the petiole.
    stem : float64 (k, 2)
        Petiole and, for a leaf with a midrib, that midrib: one line from the stem's end upwards.
    stem_joint : int
        Index in ``stem`` of the point where the petiole meets the blade.
    veins, small_veins : list of float64 (k, 2)
        Side veins from their start outwards, and the net between them.
    widths : list of float
        Width of each of ``veins`` at its start.
    holes, spots : list of float64 (k, 2)
        Polygons eaten out of the blade, and brown ones.
    colours : dict of str to float64 (3,)
        sRGB in 0..1: green, young, turned, late (two autumn colours), vein, stem, dry.
    traits : dict of str to float
        Curl, corrugation, turning, gloss… in 0..1 or blade lengths.
    texture_place : float64 (3, 3)
        From leaf coordinates to the shared noise texture.
    """

    species: Species
    outline: np.ndarray
    stem: np.ndarray
    stem_joint: int
    veins: list[np.ndarray]
    widths: list[float]
    small_veins: list[np.ndarray]
    holes: list[np.ndarray]
    spots: list[np.ndarray]
    colours: dict[str, np.ndarray]
    traits: dict[str, float]
    texture_place: np.ndarray

    def lift(self, x: np.ndarray, y: np.ndarray, breeze: float = 0.0) -> np.ndarray:
        """Height of the curled blade over the ground at leaf coordinates, in blade lengths."""
        t = self.traits
        up = np.clip(y, 0.0, None)
        height = t["fold"] * np.sqrt(x * x + 0.002)
        height = height + (t["arch"] + breeze) * (y - 0.45) ** 2
        height = height + t["tip_curl"] * smoothstep(0.55, 1.25, y) ** 2
        height = height + t["cup"] * x * x
        height = height + t["twist"] * x * (y - 0.4)
        ripple = np.sin(t["ripples"] * up + t["phase"] + 2.5 * (x > 0))
        return height + t["ripple"] * ripple * smoothstep(0.0, 0.5, np.abs(x)) * up


def _between(rng: np.random.Generator, span: tuple[float, float]) -> float:
    """Draw from a span, wider or narrower by the module's spread."""
    middle, half = (span[0] + span[1]) / 2, (span[1] - span[0]) / 2
    return middle + half * SHAPE_SPREAD * rng.uniform(-1.0, 1.0)


def _count(rng: np.random.Generator, span: tuple[int, int]) -> int:
    return int(rng.integers(span[0], span[1] + 1))


def _curve(start, control, end, points: int = 12) -> np.ndarray:
    """Quadratic Bezier curve; float64 (points, 2)."""
    t = np.linspace(0.0, 1.0, points)[:, None]
    start, control, end = (np.asarray(p, float) for p in (start, control, end))
    return (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t * t * end


def _bulged(start, end, bulge: float, points: int = 14) -> np.ndarray:
    """Curve between two points that swells to the left of its way by a share of its length."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    way = end - start
    left = np.array([-way[1], way[0]])
    return _curve(start, (start + end) / 2 + 2 * bulge * left, end, points)


def _resampled(path: np.ndarray, count: int) -> np.ndarray:
    """Points at equal steps along a path; float64 (count, 2)."""
    steps = np.hypot(*np.diff(path, axis=0).T)
    length = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.linspace(0.0, length[-1], count)
    return np.stack([np.interp(at, length, path[:, i]) for i in (0, 1)], axis=1)


def _toothed(
    path: np.ndarray, rng, count: int, height: float, double: float, outward: float
) -> np.ndarray:
    """Give a path from base to tip teeth that point forward.

    ``outward`` is +1 where the outside lies to the left of the path's direction, -1 to the right.
    """
    path = _resampled(path, max(60, count * (36 if double else 9)))
    along = np.gradient(path, axis=0)
    along /= np.hypot(*along.T)[:, None] + 1e-12
    normal = outward * np.stack([-along[:, 1], along[:, 0]], axis=1)
    q = np.linspace(0.0, 1.0, len(path))
    sway = 0.35 * np.sin(2 * np.pi * (q * rng.uniform(1, 3) + rng.random()))

    def saw(teeth: int, uneven: float) -> np.ndarray:
        phase = q * teeth + sway
        sizes = 1.0 + uneven * rng.standard_normal(teeth + 4)
        part = phase - np.floor(phase)
        rise = np.where(part < 0.78, (part / 0.78) ** 1.3, (1 - part) / 0.22)
        return rise * np.clip(sizes[np.floor(phase).astype(int) + 1], 0.3, 1.8)

    bumps = saw(count, 0.25)
    if double:
        bumps = 0.75 * bumps + 0.5 * saw(4 * count, 0.25)
    bumps = bumps * CUE_STRENGTH * height
    bumps *= smoothstep(0.02, 0.16, q) * (1 - 0.6 * smoothstep(0.8, 1.0, q))
    return path + bumps[:, None] * (normal + 0.55 * along)


def _grow_simple(species: Species, rng) -> tuple[np.ndarray, list, list, list]:
    """Outline and veins of a blade along one midrib, whole or with side lobes."""
    aspect, widest = _between(rng, species.aspect), _between(rng, species.widest)
    base, tip, heart = (_between(rng, s) for s in (species.base, species.tip, species.heart))
    s = (1 - np.cos(np.linspace(0.0, np.pi, 301))) / 2
    power = np.log(base / (base + tip)) / np.log(widest)
    width = s ** (base * power) * (1 - s**power) ** tip
    width *= aspect / 2 / width.max()
    lobed = species.form == "lobed"
    pairs = _count(rng, species.lobes) if lobed else _count(rng, species.veins)
    angle = np.deg2rad(_between(rng, species.vein_angle))
    sides, veins, widths, starts = [], [], [], []
    wave, tooth = _between(rng, species.wave), _between(rng, species.tooth)
    teeth, depth = _count(rng, species.teeth), _between(rng, species.depth)
    lean = rng.normal(0.0, species.skew)
    for side in (-1.0, 1.0):
        number = pairs + (int(rng.integers(-1, 2)) if lobed else 0)
        first = 0.12 if lobed else 0.06
        crest = first + (0.96 - first) * (np.arange(number) + 0.55 + 0.2 * side * rng.random())
        crest = (
            crest / number
            if not lobed
            else first
            + (0.93 - first) * (np.arange(number) + 0.6 + rng.normal(0, 0.07, number)) / number
        )
        x, y = width * (1 + side * lean), s.copy()
        y = y - heart * (1 + 2 * side * lean) * np.sin(np.pi * np.clip(s / 0.34, 0, 1)) ** 1.2
        phase = np.interp(s, np.concatenate([[0.0], crest, [1.0]]), np.arange(number + 2) - 0.0)
        swing = 0.5 + 0.5 * np.cos(2 * np.pi * phase)
        if lobed:
            full = smoothstep(0.05, 0.25, s) * (1 - 0.5 * smoothstep(0.82, 1.0, s))
            sizes = np.interp(s, crest, 1 + rng.normal(0, 0.12, number))
            x = x * sizes * (1 - depth * full * (1 - swing**0.8))
            y = y + 0.035 * full * (swing - 0.5) * (1 - s)
        elif species.wave[1]:
            x = x + CUE_STRENGTH * wave * (swing - 0.5) * 2 * np.sin(np.pi * s) ** 0.5
        path = np.stack([side * x, y], axis=1)
        ends = np.stack([np.interp(crest, s, path[:, i]) for i in (0, 1)], axis=1)
        if teeth:
            path = _toothed(path, rng, teeth, tooth, species.double, -side)
        sides.append(path)
        reach = 0.97 if lobed or teeth else 0.93
        for end in ends:
            run = abs(end[0]) / np.tan(angle * (1.15 - 0.3 * end[1]))
            start = np.array([0.0, max(end[1] - run, 0.012 + 0.03 * max(end[1], 0.0))])
            end = start + reach * (end - start)
            control = start + 0.55 * (end - start) + np.array([side * 0.06, -0.1]) * abs(end[0])
            veins.append(_curve(start, control, end))
            widths.append(0.011 * (0.45 + np.hypot(*(end - start))))
            starts.append((side, start[1]))
    outline = np.concatenate([sides[0], sides[1][::-1]])
    return outline, veins, widths, starts


# Half of a palmate lobe as points (along, aside; shares of the lobe's length) with the bulge of
# the edge that leads to them, from the bay upwards.
_POINTED = ((0.55, 0.19, -0.1), (0.70, 0.245, -0.06), (0.76, 0.105, -0.2), (1.03, 0.0, -0.1))
_BLUNT = ((0.60, 0.20, 0.06), (0.74, 0.215, 0.1), (0.84, 0.135, 0.1), (0.96, 0.0, 0.17))


def _grow_palmate(species: Species, rng) -> tuple[np.ndarray, list, list, list]:
    """Outline and veins of lobes that radiate from the end of the petiole."""
    lobes, depth = _count(rng, species.lobes), _between(rng, species.depth)
    stretch, tooth = _between(rng, species.aspect), _between(rng, species.tooth)
    teeth = _count(rng, species.teeth)
    middle = (lobes - 1) / 2
    step = np.deg2rad(rng.normal(50.0, 2.5) * 4 / (lobes - 1) ** 0.9 * 0.87)
    rank = np.arange(lobes) - middle
    axes = step * rank * (1 + 0.06 * np.abs(rank)) + rng.normal(0, 0.04, lobes)
    shrink = np.array([1.0, 0.88, 0.52, 0.4, 0.3])
    lengths = shrink[np.abs(rank).astype(int)] * (1 + rng.normal(0, 0.035, lobes))
    blunt, pointed = np.array(_BLUNT), np.array(_POINTED)
    share = np.clip(0.5 + (species.pointed - 0.5) * CUE_STRENGTH, 0, 1)
    table = blunt + share * (pointed - blunt)
    paths, veins, widths = [], [], []
    direction = lambda a: np.array([np.sin(a), np.cos(a)])  # noqa: E731
    bays = [
        (1 - depth) * np.sqrt(lengths[i] * lengths[i + 1]) * direction((axes[i] + axes[i + 1]) / 2)
        for i in range(lobes - 1)
    ]
    foot = rng.uniform(0.02, 0.06)
    bays = [np.array([-0.035, -foot]), *bays, np.array([0.035, -foot])]
    for i in range(lobes):
        along, length = direction(axes[i]), lengths[i]
        aside = np.array([along[1], -along[0]])
        veins.append(_bulged((0, 0), 0.98 * length * along, rng.normal(0, 0.02), 16))
        widths.append(0.021 * length)
        for side, bay in ((-1.0, bays[i]), (1.0, bays[i + 1])):
            outer = abs(rank[i]) == middle and side == np.sign(rank[i])
            points = [bay]
            path = [bay[None]]
            for row, (a, b, bulge) in enumerate(table):
                b = b * (1 + rng.normal(0, 0.1)) * (1.25 if length < 0.7 else 1.0)
                a = a + (rng.normal(0, 0.02) if b else 0.0)
                if outer and row == 0:
                    a, b = a - 0.16, b + 0.12
                points.append(length * (a * along + side * b * aside))
                path.append(_bulged(points[-2], points[-1], -side * bulge)[1:])
            half = np.concatenate(path)
            if teeth:
                half = _toothed(half, rng, teeth, tooth * length**0.5, 0.0, -side)
            if side < 0:
                paths.append(half)
            else:
                paths.append(half[::-1])
            for share_along in np.linspace(0.45, 0.9, _count(rng, species.veins)):
                end = half[int(share_along * (len(half) - 1) * 0.86)]
                root = (end @ along) - abs(end @ aside) * 1.3
                root = max(root, 0.1 * length)
                end = root * along + 0.95 * (end - root * along)
                veins.append(_bulged(root * along, end, -side * 0.05, 8))
                widths.append(0.009 * length)
    outline = np.concatenate(paths) * (stretch**0.5, 1.0 / stretch**0.5)
    veins = [vein * (stretch**0.5, 1.0 / stretch**0.5) for vein in veins]
    return outline, veins, widths, []


def _grow_fan(species: Species, rng) -> tuple[np.ndarray, list, list, list]:
    """Outline and forked veins of a fan."""
    half = _between(rng, species.aspect) * 0.72
    angle = np.linspace(-half * rng.uniform(0.92, 1.08), half * rng.uniform(0.92, 1.08), 220)
    ends = smoothstep(0, 0.1, (angle - angle[0]) / np.ptp(angle))
    ends = ends * smoothstep(0, 0.1, (angle[-1] - angle) / np.ptp(angle))
    radius = 0.9 + 0.1 * ends + 0.03 * np.abs(angle)
    for waves, size in ((3, 0.025), (8, 0.014), (19, 0.009)):
        radius = radius + rng.uniform(0.4, 1.2) * size * np.sin(waves * angle + rng.uniform(0, 6.3))
    notch = _between(rng, species.depth)
    radius = radius - notch * np.exp(-((np.abs(angle - rng.normal(0, 0.06)) / 0.06) ** 1.2))
    top = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    left = _bulged((0, 0), top[0], rng.uniform(-0.08, -0.02), 20)
    right = _bulged((0, 0), top[-1], rng.uniform(0.02, 0.08), 20)
    outline = np.concatenate([left[:-1], top, right[::-1][:-1]])
    veins, widths = [], []
    number = 2 * (_count(rng, species.veins) // 2)
    for i, at in enumerate(np.linspace(0.02, 0.98, number)):
        end = 0.97 * top[int(at * (len(top) - 1))]
        control = end * (0.42, 0.5) + rng.normal(0, 0.004, 2)
        whole = _curve((0.0, 0.0), control, end, 14)
        veins.append(whole if i % 2 else whole[int(rng.integers(2, 7)) :])
        widths.append(0.0055)
    return outline, veins, widths, []


def _net(veins: list[np.ndarray], starts: list, rng) -> list[np.ndarray]:
    """Small veins that join neighbouring side veins like the rungs of a ladder."""
    rungs = []
    for i in range(len(veins) - 1):
        if starts[i][0] != starts[i + 1][0]:
            continue
        for at in np.linspace(0.2, 0.95, 6) + rng.normal(0, 0.04, 6):
            low, high = (v[int(np.clip(at, 0, 1) * (len(v) - 1))] for v in veins[i : i + 2])
            middle = (low + high) / 2 + rng.normal(0, 0.006, 2)
            rungs.append(np.stack([low, middle, high]))
    return rungs


def _blobs(rng, centres: np.ndarray, radii: np.ndarray) -> list[np.ndarray]:
    """Irregular roundish polygons."""
    turn = np.linspace(0.0, 2 * np.pi, 13)[:-1]
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return [
        centre
        + radius * ring * (1 + 0.2 * rng.standard_normal((12, 1))) * rng.uniform(0.65, 1.2, 2)
        for centre, radius in zip(centres, radii, strict=True)
    ]


def _mix(first, second, share: float) -> np.ndarray:
    return np.asarray(first) + share * (np.asarray(second) - np.asarray(first))


def _from_hsv(hue: float, saturation: float, value: float) -> np.ndarray:
    """sRGB in 0..1 from hue in degrees, saturation and value in 0..1."""
    ramp = np.clip(np.abs((hue / 60.0 + np.array([0.0, 4.0, 2.0])) % 6.0 - 3.0) - 1.0, 0.0, 1.0)
    return value * (1.0 - saturation + saturation * ramp)


def _tint(species: Species, rng) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Colours and surface traits of one leaf."""
    hue, saturation, value = species.green
    hue = hue + COLOUR_SPREAD * rng.normal(0, 6.0)
    saturation = np.clip(saturation + COLOUR_SPREAD * rng.normal(0, 0.06), 0.08, 0.85)
    value = np.clip(value + COLOUR_SPREAD * rng.normal(0, 0.05), 0.24, 0.62)
    green = _from_hsv(hue, saturation, value)
    weights = np.asarray(species.autumn)
    evergreen = float(weights.sum() == 0)
    palette = np.array(list(AUTUMN.values()))
    weights = weights / weights.sum() if not evergreen else np.full(len(palette), 1 / len(palette))
    one, two = (palette[int(np.searchsorted(np.cumsum(weights), rng.random()))] for _ in range(2))
    colours = {
        "green": green,
        "young": _from_hsv(hue - 9, min(saturation * 1.08, 0.9), min(value * 1.3, 0.75)),
        "turned": _mix(one, two, rng.uniform(0, 0.3)) * rng.uniform(0.8, 1.05),
        "late": _mix(two, one, rng.uniform(0, 0.5)) * rng.uniform(0.7, 1.0),
        "dry": np.array([0.36, 0.24, 0.14]) * rng.uniform(0.7, 1.2),
        "vein": _mix(green, (0.80, 0.82, 0.52), rng.uniform(0.35, 0.65)),
        "stem": _mix(_mix(green, (0.62, 0.62, 0.3), 0.5), (0.5, 0.2, 0.14), rng.beta(0.7, 1.5)),
    }
    traits = {
        "evergreen": evergreen,
        "gloss": float(np.clip(species.gloss + rng.normal(0, 0.12), 0.02, 1)),
        "turning": rng.normal(0, 0.16),
        "edge_first": rng.uniform(-0.2, 1.0),
        "vein_last": rng.uniform(0.0, 0.9),
        "mottle": rng.uniform(0.2, 1.0),
        "dry_edge": float(rng.random() < 0.25) * rng.uniform(0.3, 1.0),
        "sunken": rng.uniform(0.3, 1.0),
        "thin": rng.uniform(0.1, 0.5),
    }
    return colours, traits


@lru_cache(maxsize=256)
def grow(species: Species, specimen: int) -> Leaf:
    """Grow the leaf that a species and a specimen number stand for; the same one every time."""
    rng = generator("leaf", species.name, specimen)
    form = {"palmate": _grow_palmate, "fan": _grow_fan}.get(species.form, _grow_simple)
    outline, veins, widths, starts = form(species, rng)
    pinnate = bool(starts)
    small_veins = _net(veins, starts, rng) if pinnate else []
    length = _between(rng, species.stem)
    tip = float(outline[:, 1].max()) if pinnate else 0.0
    below = np.linspace(-length, 0.0, 14)[:-1]
    stem_y = np.concatenate([below, np.linspace(0.0, 0.985 * tip, 24) if pinnate else [0.0, 0.05]])
    hook = rng.normal(0, 0.22) / max(length, 0.2)
    stem = np.stack([hook * np.clip(-stem_y, 0, None) ** 2, stem_y], axis=1)
    bend, sways = rng.normal(0, 0.1), rng.uniform(0, 6.3, 4)
    uneven = 0.012 * SHAPE_SPREAD * min(1.0, 2 * float(np.ptp(outline[:, 0])))

    def warped(points: np.ndarray) -> np.ndarray:
        x, y = points.T
        up = np.clip(y, 0.0, None)
        shift = bend * up * (y - 0.3)
        shift = shift + uneven * np.sin(5 * y + sways[0]) + uneven * np.sin(11 * y + sways[1]) / 2
        rise = uneven * np.sin(6 * x + sways[2]) * (up + 0.1)
        return np.stack([x + shift - uneven * np.sin(sways[0]), y + rise], axis=1)

    outline, stem = warped(outline), warped(stem)
    veins, small_veins = [warped(v) for v in veins], [warped(v) for v in small_veins]
    size = float(np.sqrt(np.ptp(outline[:, 0])))
    bites = int(rng.poisson(0.5))
    at_edge = outline[rng.integers(0, len(outline), bites)]
    inner = int(rng.poisson(1.0) * (rng.random() < 0.6))
    inside = outline[rng.integers(0, len(outline), inner)] * rng.uniform(0.35, 0.85, (inner, 2))
    holes = _blobs(rng, at_edge, size * rng.uniform(0.015, 0.05, bites))
    holes += _blobs(rng, inside, size * rng.uniform(0.01, 0.035, inner))
    marks = int(rng.poisson(rng.choice([0.5, 3.0, 14.0], p=[0.45, 0.4, 0.15])))
    where = outline[rng.integers(0, len(outline), marks)] * rng.uniform(0.1, 0.97, (marks, 1))
    spots = _blobs(rng, where, size * rng.gamma(2.0, 0.007, marks) + 0.004)
    colours, traits = _tint(species, rng)
    width = float(np.ptp(outline[:, 0]))
    limp = rng.gamma(1.5, 0.5)
    traits |= {
        "fold": rng.normal(0.12, 0.16) * min(limp, 1.5),
        "arch": rng.normal(-0.02, 0.14) * limp,
        "tip_curl": rng.normal(0, 0.13) * limp,
        "cup": rng.normal(0, 0.22) * limp / max(width, 0.3),
        "twist": rng.normal(0, 0.12) * limp,
        "ripple": rng.uniform(0.0, 0.035) * limp,
        "ripples": rng.uniform(6.0, 14.0),
        "phase": rng.uniform(0.0, 6.3),
        "corrugation": CUE_STRENGTH * _between(rng, species.corrugation),
    }
    turn, scale = rng.uniform(0, 2 * np.pi), rng.uniform(0.16, 0.24)
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    x, y = rng.uniform(0.35, 0.65, 2)
    texture_place = np.array([[cos, -sin, x], [sin, cos, y], [0.0, 0.0, 1.0]])
    return Leaf(
        species,
        outline,
        stem,
        13,
        veins,
        widths,
        small_veins,
        holes,
        spots,
        colours,
        traits,
        texture_place,
    )
