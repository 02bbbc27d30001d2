"""What the ten species of the leaves dataset look like, in planned pairs.

Each pair differs in one deciding cue and overlaps in the rest: beech and hornbeam (margin,
corrugation), norway maple and sycamore (lobe tips), linden and birch (base, teeth), willow and
olive (colour alone). Oak and ginkgo are easy. Lengths are in blade lengths, so a blade runs from
its base at (0, 0) to its tip at (0, 1).
"""

from dataclasses import dataclass, replace

import numpy as np

# Difficulty of the whole dataset: how much specimens of one species differ in shape and colour,
# and how strongly the deciding cues are expressed (1 as planned, 0 would erase teeth and waves).
SHAPE_SPREAD = 1.0
COLOUR_SPREAD = 1.0
CUE_STRENGTH = 1.0

AUTUMN = {
    "yellow": (0.86, 0.70, 0.17),
    "gold": (0.80, 0.57, 0.14),
    "orange": (0.79, 0.41, 0.12),
    "red": (0.62, 0.17, 0.11),
    "copper": (0.58, 0.33, 0.17),
    "brown": (0.43, 0.29, 0.18),
}


@dataclass(frozen=True)
class Species:
    """Parameters of one species; pairs are (lowest, highest) over its specimens.

    Attributes
    ----------
    form : {"simple", "lobed", "palmate", "fan"}
        Which outline is grown; "lobed" has side lobes along a midrib, "palmate" radiating ones.
    aspect : pair of float
        Widest width over length.
    widest : pair of float
        Where along the blade it is widest, 0 base to 1 tip.
    base, tip : pair of float
        How pointed the ends are: 0.5 round, 1 straight wedge, above 1 drawn out.
    heart : pair of float
        Depth of the notch of a heart-shaped base, in blade lengths.
    skew : float
        Asymmetry of the base.
    lobes : pair of int
        Lobes on each side ("lobed") or in all ("palmate").
    depth : pair of float
        Depth of the bays between lobes, as a share of the half width or lobe length.
    pointed : float
        Palmate lobe tips: 1 long and bristly, 0 blunt and round-toothed.
    teeth : pair of int
        Teeth along one side (per half lobe for "palmate"); (0, 0) for an entire margin.
    tooth : pair of float
        Height of a tooth in blade lengths.
    double : float
        1 where small teeth ride on large ones at the ends of the veins, 0 for single teeth.
    wave : pair of float
        Height of a smooth waviness of the margin, crests at the ends of the veins.
    veins : pair of int
        Side veins on each side.
    vein_angle : pair of float
        Between side veins and midrib, degrees.
    corrugation : pair of float
        How far the blade bulges between side veins, 0 flat to 1 pleated.
    green : triple of float
        Mean summer hue (degrees), saturation and value of the blade.
    autumn : tuple of float
        Weights of the colours in ``AUTUMN``; all zero for an evergreen.
    gloss : float
        0 matt to 1 waxy.
    stem : pair of float
        Length of the petiole in blade lengths.
    """

    name: str
    form: str = "simple"
    aspect: tuple[float, float] = (0.5, 0.66)
    widest: tuple[float, float] = (0.4, 0.5)
    base: tuple[float, float] = (0.55, 0.75)
    tip: tuple[float, float] = (0.8, 1.05)
    heart: tuple[float, float] = (0.0, 0.0)
    skew: float = 0.03
    lobes: tuple[int, int] = (0, 0)
    depth: tuple[float, float] = (0.0, 0.0)
    pointed: float = 0.0
    teeth: tuple[int, int] = (0, 0)
    tooth: tuple[float, float] = (0.0, 0.0)
    double: float = 0.0
    wave: tuple[float, float] = (0.0, 0.0)
    veins: tuple[int, int] = (7, 9)
    vein_angle: tuple[float, float] = (38.0, 50.0)
    corrugation: tuple[float, float] = (0.05, 0.3)
    green: tuple[float, float, float] = (88.0, 0.54, 0.44)
    autumn: tuple[float, ...] = (3.0, 2.0, 1.0, 0.2, 1.0, 1.0)
    gloss: float = 0.35
    stem: tuple[float, float] = (0.14, 0.3)


_NARROW = Species(
    "",
    aspect=(0.15, 0.23),
    widest=(0.4, 0.55),
    base=(0.8, 1.0),
    tip=(0.85, 1.1),
    veins=(9, 13),
    vein_angle=(38.0, 55.0),
    corrugation=(0.0, 0.12),
    stem=(0.05, 0.12),
    gloss=0.4,
)
_MAPLE = Species(
    "",
    form="palmate",
    aspect=(1.0, 1.2),
    lobes=(5, 5),
    depth=(0.42, 0.56),
    veins=(3, 4),
    corrugation=(0.05, 0.3),
    stem=(0.5, 0.9),
    gloss=0.3,
    autumn=(3.0, 2.0, 2.0, 0.8, 1.0, 1.0),
)

SPECIES: dict[str, Species] = {
    species.name: species
    for species in (
        Species(
            "beech",
            aspect=(0.52, 0.68),
            widest=(0.42, 0.52),
            wave=(0.004, 0.01),
            veins=(6, 9),
            corrugation=(0.1, 0.4),
            green=(87.0, 0.55, 0.42),
            autumn=(1.0, 2.0, 1.5, 0.1, 3.0, 1.5),
            gloss=0.45,
            stem=(0.1, 0.22),
        ),
        Species(
            "birch",
            aspect=(0.64, 0.84),
            widest=(0.27, 0.36),
            base=(0.6, 0.95),
            tip=(1.05, 1.3),
            teeth=(7, 9),
            tooth=(0.022, 0.036),
            double=1.0,
            veins=(6, 8),
            green=(86.0, 0.54, 0.44),
            autumn=(5.0, 3.0, 0.5, 0.0, 0.6, 0.8),
            stem=(0.3, 0.5),
        ),
        Species(
            "ginkgo",
            form="fan",
            aspect=(1.15, 1.6),
            depth=(0.03, 0.4),
            veins=(30, 42),
            corrugation=(0.1, 0.3),
            green=(80.0, 0.5, 0.48),
            autumn=(6.0, 2.0, 0.2, 0.0, 0.2, 0.2),
            stem=(0.5, 0.9),
        ),
        Species(
            "hornbeam",
            aspect=(0.48, 0.62),
            widest=(0.38, 0.5),
            base=(0.5, 0.65),
            tip=(0.85, 1.1),
            skew=0.05,
            teeth=(10, 13),
            tooth=(0.016, 0.026),
            double=1.0,
            veins=(10, 13),
            corrugation=(0.35, 0.8),
            green=(86.0, 0.55, 0.42),
            autumn=(3.0, 2.5, 0.6, 0.0, 1.5, 1.5),
            stem=(0.1, 0.2),
        ),
        Species(
            "linden",
            aspect=(0.72, 0.95),
            widest=(0.3, 0.4),
            base=(0.42, 0.55),
            tip=(0.95, 1.25),
            heart=(0.09, 0.2),
            skew=0.09,
            teeth=(26, 36),
            tooth=(0.011, 0.017),
            veins=(6, 8),
            vein_angle=(42.0, 55.0),
            green=(88.0, 0.53, 0.43),
            autumn=(4.0, 2.5, 0.4, 0.0, 1.0, 1.2),
            stem=(0.3, 0.55),
        ),
        replace(_MAPLE, name="norway maple", pointed=1.0, green=(89.0, 0.54, 0.42)),
        Species(
            "oak",
            form="lobed",
            aspect=(0.54, 0.7),
            widest=(0.56, 0.66),
            base=(0.7, 0.95),
            tip=(0.45, 0.6),
            lobes=(4, 5),
            depth=(0.35, 0.6),
            veins=(5, 7),
            green=(88.0, 0.53, 0.4),
            autumn=(0.8, 1.2, 0.8, 0.3, 3.0, 3.0),
            gloss=0.45,
            stem=(0.03, 0.1),
        ),
        replace(_NARROW, name="olive", green=(92.0, 0.23, 0.45), autumn=(0.0,) * 6),
        replace(
            _MAPLE,
            name="sycamore",
            pointed=0.0,
            teeth=(5, 7),
            tooth=(0.02, 0.034),
            green=(90.0, 0.53, 0.41),
        ),
        replace(
            _NARROW,
            name="willow",
            green=(75.0, 0.5, 0.48),
            autumn=(5.0, 2.0, 0.2, 0.0, 0.3, 0.5),
        ),
    )
}


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
    """Invent a species that is none of the ten, broad in shape, venation and colour.

    Parameters
    ----------
    rng : numpy.random.Generator
        Two generators in the same state give the same species.
    """

    def span(low: float, high: float, share: float = 0.2) -> tuple[float, float]:
        middle, half = rng.uniform(low, high), share * (high - low) / 2
        return float(middle - half), float(middle + half)

    def count(low: int, high: int) -> tuple[int, int]:
        least = int(rng.integers(low, high))
        return least, least + 1 + least // 8

    form = str(rng.choice(["simple", "simple", "simple", "lobed", "palmate", "fan"]))
    toothed = rng.random() < 0.6
    palmate = form == "palmate"
    return Species(
        name=f"random {rng.integers(2**48):012x}",
        form=form,
        aspect=span(0.9, 1.3) if palmate else span(1.0, 1.9) if form == "fan" else span(0.16, 1.05),
        widest=span(0.22, 0.72),
        base=span(0.42, 1.15),
        tip=span(0.4, 1.4),
        heart=span(0.03, 0.18) if rng.random() < 0.25 and form == "simple" else (0.0, 0.0),
        skew=float(rng.uniform(0.0, 0.12)),
        lobes=(n := 2 * int(rng.integers(1, 4)) + 1, n) if palmate else count(2, 8),
        depth=span(0.15, 0.65),
        pointed=float(rng.uniform(0.0, 1.0)),
        teeth=(count(3, 8) if palmate else count(6, 40)) if toothed else (0, 0),
        tooth=span(0.008, 0.035),
        double=float(rng.choice([0.0, 1.0])),
        wave=(0.0, 0.0) if toothed else span(0.0, 0.02),
        veins=count(16, 44) if form == "fan" else count(3, 5) if palmate else count(3, 15),
        vein_angle=span(28.0, 68.0),
        corrugation=span(0.0, 0.8),
        green=(
            float(rng.uniform(62.0, 150.0)),
            float(rng.uniform(0.2, 0.75)),
            float(rng.uniform(0.3, 0.6)),
        ),
        autumn=tuple(float(w) for w in rng.gamma(0.4, 1.0, len(AUTUMN)) + 0.01),
        gloss=float(rng.uniform(0.0, 0.9)),
        stem=span(0.03, 0.8),
    )
