"""What the ten species of the leaves dataset look like, in planned pairs.

Each pair differs in one deciding cue and overlaps in the rest: beech and hornbeam (margin,
corrugation), norway maple and sycamore (lobe tips), linden and birch (base, teeth), willow and
olive (colour alone). Specimens lie between their own species and the one that it resembles, most
near their own and a few half way. Oak and ginkgo are easy. Lengths are in blade lengths, so a blade
runs from its base at (0, 0) to its tip at (0, 1).
"""

from dataclasses import dataclass

import numpy as np

# Difficulty of the whole dataset, frozen as version 1: how much specimens of one species differ in
# shape and colour, and how strongly the deciding cues show (0 would erase teeth and waves).
SHAPE_SPREAD = 1.0
COLOUR_SPREAD = 1.0
CUE_STRENGTH = 1.0
# At most so much of a specimen is like the species that its own resembles: 0 none, 0.5 half way.
OVERLAP = 0.5

# Each species and the one that it is mistaken for.
ALIKE = {"beech": "hornbeam", "norway maple": "sycamore", "willow": "olive", "linden": "birch"}
ALIKE |= {b: a for a, b in ALIKE.items()}

AUTUMN = {
    "yellow": (0.86, 0.70, 0.17),
    "gold": (0.80, 0.57, 0.14),
    "orange": (0.79, 0.41, 0.12),
    "red": (0.62, 0.17, 0.11),
    "copper": (0.58, 0.33, 0.17),
    "brown": (0.43, 0.29, 0.18),
}

Span = tuple[float, float]


@dataclass(frozen=True)
class Species:
    """Parameters of one species; a span is the lowest and highest value over its specimens.

    Attributes
    ----------
    form : "simple" or "lobed" along a midrib, "palmate" with radiating lobes, or "fan".
    aspect : widest width over length.
    widest : where along the blade it is widest, 0 base to 1 tip.
    base, tip : how pointed the ends are: 0.5 round, 1 straight wedge, above 1 drawn out.
    heart, skew : depth of the notch of a heart-shaped base, and the base's asymmetry.
    lobes : lobes on each side ("lobed") or in all ("palmate").
    depth : depth of the bays between lobes, as a share of the half width or lobe length.
    pointed : tips of palmate lobes, 1 long and bristly to 0 blunt and round-toothed.
    teeth, tooth : teeth along one side (half a palmate lobe), 0 for none, and their height.
    double : 1 where small teeth ride on large ones at the ends of the veins.
    wave : height of a smooth waviness of the margin, crests at the ends of the veins.
    veins, vein_angle : side veins on each side, and degrees between them and the midrib.
    corrugation : how far the blade bulges between side veins, 0 flat to 1 pleated.
    hue, saturation, value : mean colour of the summer blade; hue in degrees.
    autumn : one digit for each of ``AUTUMN``, how often it turns so; all 0 for an evergreen.
    gloss : 0 matt to 1 waxy.
    stem : length of the petiole.
    """

    name: str
    form: str
    aspect: Span
    widest: Span
    base: Span
    tip: Span
    heart: Span
    skew: float
    lobes: Span
    depth: Span
    pointed: float
    teeth: Span
    tooth: Span
    double: float
    wave: Span
    veins: Span
    vein_angle: Span
    corrugation: Span
    hue: float
    saturation: float
    value: float
    autumn: str
    gloss: float
    stem: Span


# The second column is the unit of the row; - marks text.
_TABLE = """
species     -   beech  birch   ginkgo  hornbeam linden  norway_maple oak    olive  sycamore willow
form        -   simple simple  fan     simple   simple  palmate      lobed  simple palmate  simple
aspect      .01 47-70  60-92   90-165  45-68    66-98  94-124       46-78  14-26  94-124   14-26
widest      .01 41-54  27-39   40-50   39-52    29-41  40-50        50-66  38-56  40-50    38-56
base        .01 50-80  55-95   55-75   50-78    42-65   55-75        65-95  75-100 55-75    75-100
tip         .01 75-115 90-130  80-105  75-115   85-125  80-105       45-70  85-112 80-105   85-112
heart       .01 0-0    0-1     0-0     0-0      6-19   0-0          0-0    0-0    0-0      0-0
skew        .01 4      4       3       5        8       3            4      3      3        3
lobes       1   0-0    0-0     0-0     0-0      0-0     5-5          3-6    0-0    5-5      0-0
depth       .01 0-0    0-0     3-40    0-0      0-0     36-56        18-58  0-0    36-56    0-0
pointed     1   0      0       0       0        0       1            0      0      0        0
teeth       1   0-0    7-10    0-0     9-13     20-34   0-0          0-0    0-0    5-7      0-0
tooth       .01 0-0    2.2-3.6 0-0     1.6-2.6  1.1-1.7 0-0          0-0    0-0    2-3.4    0-0
double      1   0      1       0       1        0       0            0      0      0        0
wave        .01 0.4-1  0-0     0-0     0-0      0-0     0-0          0-0    0-0    0-0      0-0
veins       1   6-10   6-8     30-42   9-13     6-8     3-4          4-7    9-13   3-4      9-13
vein_angle  1   38-50  38-50   38-50   38-50    40-54   38-50        38-50  38-55  38-50    38-55
corrugation .01 10-40  5-28    10-30   34-80    5-28   5-30         5-30   0-12   5-30     0-12
hue         1   87     87      86      87       88      88           88     92     88       77
saturation  .01 54     54      52      54       53      54           53     27     54       46
value       .01 43     44      46      43       43      42           42     44     42       46
autumn      -   443052 532022  621010  542032   642022  543322       344155 000000 543322   632011
gloss       .01 40     38      38      38       38      35           42     40     35       40
stem        .01 10-30  20-50   40-90   10-28    25-55   40-90        3-14   5-12   40-90    5-12
"""


def _read_table() -> dict[str, Species]:
    def value(cell: str, unit: str):
        if unit == "-":
            return cell
        numbers = tuple(round(float(number) * float(unit), 4) for number in cell.split("-"))
        return numbers if len(numbers) > 1 else numbers[0]

    rows = [line.split() for line in _TABLE.strip().splitlines()]
    return {
        name.replace("_", " "): Species(
            name.replace("_", " "),
            **{row[0]: value(row[column], row[1]) for row in rows[1:]},
        )
        for column, name in enumerate(rows[0][2:], 2)
    }


SPECIES: dict[str, Species] = _read_table()


def look_up(kind: str, name: str, table: dict):
    """Return ``table[name]``.

    Raises
    ------
    ValueError
        If there is no such name, naming those there are.
    """
    if name not in table:
        known = ", ".join(table)
        raise ValueError(f"{kind} {name!r} is not known to the leaf renderer; expected {known}.")
    return table[name]


def random_species(rng: np.random.Generator) -> Species:
    """Invent a species that is none of the ten, broad in shape, venation and colour."""

    def span(low: float, high: float) -> Span:
        middle, half = rng.uniform(low, high), 0.1 * (high - low)
        return float(middle - half), float(middle + half)

    def count(low: int, high: int) -> Span:
        least = int(rng.integers(low, high))
        return least, least + 1 + least // 8

    none = (0.0, 0.0)
    form = str(rng.choice(["simple", "simple", "simple", "lobed", "palmate", "fan"]))
    palmate, fan, toothed = form == "palmate", form == "fan", rng.random() < 0.6
    lobes = 2 * int(rng.integers(1, 4)) + 1
    return Species(
        name=f"random {rng.integers(2**48):012x}",
        form=form,
        aspect=span(0.9, 1.3) if palmate else span(1.0, 1.9) if fan else span(0.18, 1.0),
        widest=span(0.25, 0.7),
        base=span(0.45, 1.15),
        tip=span(0.45, 1.4),
        heart=span(0.05, 0.25) if form == "simple" and rng.random() < 0.25 else none,
        skew=float(rng.uniform(0.0, 0.12)),
        lobes=(lobes, lobes) if palmate else count(2, 8),
        depth=span(0.15, 0.65),
        pointed=float(rng.random()),
        teeth=none if not toothed else count(3, 8) if palmate else count(6, 40),
        tooth=span(0.008, 0.035),
        double=float(rng.integers(2)),
        wave=none if toothed else span(0.002, 0.02),
        veins=count(16, 44) if fan else count(3, 5) if palmate else count(3, 15),
        vein_angle=span(28.0, 68.0),
        corrugation=span(0.0, 0.8),
        hue=float(rng.uniform(62.0, 150.0)),
        saturation=float(rng.uniform(0.2, 0.75)),
        value=float(rng.uniform(0.3, 0.6)),
        autumn="".join(map(str, rng.integers(1, 8, len(AUTUMN)))),
        gloss=float(rng.uniform(0.0, 0.9)),
        stem=span(0.05, 0.8),
    )
