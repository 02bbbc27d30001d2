"""Whether the day on which photos were taken, or the camera, tells their class."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.balance.origins import KNOWN, Origin
from helpers.datasets.words import count, percent, points, some
from helpers.evidence.beside import GAIN
from helpers.evidence.learned import Learned
from helpers.findings.pictures import drawn
from helpers.findings.sections import Finding, Picture, Section

TAKEN = {
    "day": ("were taken on one day", "days"),
    "camera": ("were taken with one camera", "cameras"),
}
OWN = 0.95
"""A camera has days of its own where such a share of all photos of these days are its."""
SHUFFLES = 19  # days dealt out at random, in none of which that may be so
CODE = """from helpers.audit import scan
from helpers.balance import judge_origin, read_origins
from helpers.training import embed

origins = read_origins(dataset, scan(dataset))
found = judge_origin(dataset, origins[{!r}], embed(dataset))
found.by_class, found.by_value"""


def say_origins(found: Section, evidence: Learned) -> list[Finding]:
    """Add what days and cameras tell to the section on shortcuts; return the finding, if any: of
    two the one with more classes to itself, for the days of a camera are often its own."""
    told = {name: one for name, one in evidence.judged_origins.items() if one.one or one.costs}
    for name, one in evidence.judged_origins.items():
        if sentence := _new(name, one):
            found.says.append(sentence)
        shown = {"values": TAKEN[name][1], "largest": f"share of the commonest {name}"}
        shown["purity"] = f"its share of that {name}'s photos"
        found.tables[f"By {name} of the photo"] = one.by_class.rename(columns=shown)[
            ["images", *shown.values()]
        ]
    found.unchecked += _unasked(evidence)
    if not told:
        return []
    costs = {each: _effect(one)["effect"] if one.costs else 0.0 for each, one in told.items()}
    name = max(told, key=lambda each: (len(told[each].one), costs[each]))
    if len(told[name].failing):
        found.pictures.append(_show(evidence, name, told[name]))
    return [_finding(evidence, name, told[name])]


def _show(evidence: Learned, name: str, one: Origin) -> Picture:
    """Photos of each camera, or day, in a row."""
    named = evidence.origins[name].reindex(evidence.divided.images.index).dropna()
    images = evidence.divided.images.loc[named.index].assign(label=named)
    dataset, rows = evidence.divided.with_images(images), [*one.by_value.index]
    look = {"title": f"What distinguishes the photos of these {TAKEN[name][1]}?", "kind": name}
    return drawn("class_sheet", dataset, classes=rows, photographs=True, **look)


def _unasked(evidence: Learned) -> list[str]:
    """Why the day or the camera was not held against the label, where that is so."""
    known = evidence.origins.notna().mean().drop([*evidence.judged_origins])
    rare = known[known < KNOWN]
    said = [
        f"The {name} of the photos was not held against the label: it is the same for all."
        for name in known.index.difference(rare.index)
    ]
    if len(rare):
        files = f"only {percent(rare.max())} of the files tell" if rare.any() else "no file tells"
        were, them = ("were", "them") if len(rare) > 1 else ("was", "it")
        said.append(
            f"The {' and the '.join(rare.index)} of the photos {were} not held against the label: "
            f"{files} {them}."
        )
    return said


def _say_failing(failing: pd.DataFrame, several: str) -> str:
    """What a model that has not seen the first two of `failing` cameras, or days, makes of them."""
    first = failing[:2]
    new = " and ".join(f"{percent(share)} of {value}" for value, share in first["new"].items())
    more = f" (and {len(failing) - 2} more fail)" if len(failing) > 2 else ""
    control = " and ".join(map(percent, first["control"]))
    return (
        f"Of photos of {several} that it has not learned from, a linear model names fewer rightly: "
        f"{new}{more}, where it names {control} when it learned from as many photos of all "
        f"{several}."
    )


def _new(name: str, one: Origin) -> str:
    """What a model makes of photos of a new day, "" where that could not be asked."""
    if one.cost is None:
        return ""
    classes = count(one.several, "class")
    told = (
        f"Of a {name} that it has not seen, a linear model names {percent(one.new)} of the photos "
        f"rightly; with as many photos left out at random, {percent(one.control)}"
    )
    of = f"({one.asked:,} photos of {classes} with several {TAKEN[name][1]})"
    if one.by_value is None:
        together = " That counts all of these photos together: one class can rest on a "
        together += f"{name} all the same."
        cost = points(one.cost.difference, one.cost.low, one.cost.high)
        return f"{told}: {cost} {of}.{together * (len(one.several) > 1)}"
    each = [
        f"of {value} {percent(row.new)} and {percent(row.control)}, learned from {row.learned:,}, "
        f"{points(row.difference, row.low, row.high)}"
        for value, row in zip(one.by_value.index, one.by_value.itertuples(), strict=True)
    ]
    return (
        f"{'; '.join([f'{told} {of}', *each])}. So few {TAKEN[name][1]} do not tell how others "
        "would do."
    )


def _effect(one: Origin) -> dict[str, float]:
    """What new days, or the failing ones of few, cost among the images asked."""
    if one.by_value is None:
        return {"effect": -one.cost.difference, "low": -one.cost.high, "high": -one.cost.low}
    shares = one.failing["images"] / one.asked
    ends = {"effect": "difference", "low": "high", "high": "low"}
    return {name: float(-(shares * one.failing[end]).sum()) for name, end in ends.items()}


def _inseparable(origins: pd.DataFrame, name: str, one: Origin) -> str:
    """Of failing cameras, those whose days are nearly all their own (and of days those whose
    cameras are), as no days dealt out at random are: there, which of the two it is cannot be told
    from these photos; "" for none."""
    other = next(column for column in TAKEN if column != name)
    known, alone = origins.dropna(), {}
    for value in one.failing.index:
        own, others = known[name] == value, known[other].to_numpy(object)
        theirs, rng = set(others[own]), np.random.default_rng(0)
        # Where each photo has a day to itself, so has each camera, and it says nothing.
        dealt = [_own_share(own, others[rng.permutation(len(others))]) for _ in range(SHUFFLES)]
        if theirs and len({*others}) > len(theirs) and _own_share(own, others) >= OWN > max(dealt):
            alone[value] = some(sorted(theirs), 2)
    if not alone:
        return ""
    each = "; ".join(f"{value}: {theirs}" for value, theirs in alone.items())
    begins = {
        "camera": "On the same days hardly any other camera took photos",
        "day": "With the same cameras hardly any photos were taken on other days",
    }
    return (
        f"{begins[name]} ({each}), so that it may be the {other}, or the light, places and people "
        "that came with it, as well."
    )


def _own_share(own: pd.Series, others: np.ndarray) -> float:
    """Of the photos on the days of `own` photos, the share that these are."""
    return float(own[np.isin(others, others[own])].mean()) if own.any() else 0.0


def _finding(evidence: Learned, name: str, one: Origin) -> Finding:
    labels, (taken, several) = evidence.divided.images["label"], TAKEN[name]
    more, images = [], labels.isin(one.one)
    if one.one:
        what = f"Nearly all photos of {some(one.one, 4)} {taken}{' each' * (len(one.one) > 1)}, "
        what += "which few other classes share."
        more.append(
            f"What came with that {name} (light, place, custom) may be what a model learns, and no "
            "split of these photos can show it."
        )
    elif len(one.failing):
        what = _say_failing(one.failing, several)
    else:
        what = f"A linear model that has not seen the {name} of a photo names {percent(one.new)} "
        what += f"rightly, where {percent(one.control)} would be expected."
    if one.costs:
        images |= labels.isin(one.several)
        if one.one or len(one.failing):
            more.append(_new(name, one))
        if alone := _inseparable(evidence.origins, name, one):
            more.append(alone)
    on, score = "with" if name == "camera" else "on", f"score on {several} that were not learned"
    act = f"{score} from, and photograph {on} more {several}: a split by chance has each on both "
    act += "sides"
    if len(one.several) < len(one.by_class):
        act = f"photograph every class {on} the same {several}, and {score} from"
    effect = _effect(one) if one.costs else {}
    little = not (one.one or len(one.failing)) and effect["high"] < GAIN
    if little:
        lost = max(1, round(100 * effect["high"]))
        more.append(f"So a new {name} costs a linear model at most {count(lost, 'point')}.")
    return Finding(
        what, int(images.sum()), len(labels), act, "shortcuts", CODE.format(name), " ".join(more),
        blocks=not little, **effect,
    )  # fmt: skip
