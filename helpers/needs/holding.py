"""Each need held against the answers, and what it takes to show one that is neither shown nor ruled
out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers import evaluation
from helpers.datasets.words import count, percent, percents, some, tell_number
from helpers.evidence.learned import Learned
from helpers.needs.asking import Need

_OF = {
    "recall": "{side} images of {which}",
    "precision": "{side} images that it takes for {which}",
    "F1": "{side} images that are, or are taken for, {which}",
    "accuracy": "{side} images",
}

TIMES, MANY = 10, 1000
"""Of what was judged, and at the least, from where on a number is no advice, but says that a
difference is too small."""


def hold(need: Need, evidence: Learned, by_class: dict | None = None) -> dict:
    """A row of the table "Asked, and shown".

    Value, low and high of the score, whether it is shown, and, where it is neither shown nor ruled
    out, how many images or things would show it if the value stays (needed; None where no number
    does), how many there were (judged), and what that takes, in words. `by_class` keeps the scores
    of all classes from one need to the next.
    """
    missing: list[str] = []
    if need.label is None:
        found = evidence.judged_scores.loc[need.score, ["value", "low", "high"]]
    else:
        found, missing = _score_of(need, evidence, {} if by_class is None else by_class)
    row = {"asked": str(need), "needed": None, "judged": None, "counted in": "images", "takes": ""}
    if found is None:
        which = "this class" if len(need.named) == 1 else "these classes"
        told = f"no image of {which} was asked about"
        needed = evaluation.groups_needed([1], [0], _share(need))
        row |= {"value": None, "low": 0.0, "high": 1.0, "shown": told, "needed": needed}
        return row | {"takes": _takes(need, row, evidence.judged_on)}
    value, low, high = map(float, found)
    row |= {"value": value, "low": low, "high": high}
    if missing:  # what would have become of their images, nobody knows
        return row | {"shown": f"no image of {some(missing, 6)} was asked about"}
    row["shown"] = "yes" if low >= need.least else "no" if high < need.least else "neither"
    if row["shown"] == "neither":
        row |= _needed(need, evidence, value, low, high)
        row["takes"] = _takes(need, row, evidence.judged_on)
    return row


def _score_of(need: Need, evidence: Learned, by_class: dict) -> tuple[pd.Series | None, list[str]]:
    """Value and ends of a score of some classes taken for one, None where no image of them was
    asked about; and those of them of which none was."""
    answers, _ = evidence.judged
    there = set(answers["label"])
    asked = [name for name in need.named if name in there]
    missing = [name for name in need.named if name not in there]
    if not asked:
        return None, missing
    ends = [f"{need.score}{end}" for end in ("", " low", " high")]
    if len(asked) == 1:
        if not by_class:
            by_class["scores"] = evaluation.score_classes(answers, evidence.things)
        return by_class["scores"].loc[asked[0], ends], missing
    joined = {
        column: answers[column].where(~answers[column].isin(need.named), asked[0])
        for column in ("label", "prediction")
    }
    row = evaluation.score_classes(answers.assign(**joined), evidence.things).loc[asked[0]]
    return row[ends], missing


def _needed(need: Need, evidence: Learned, value: float, low: float, high: float) -> dict:
    answers, _ = evidence.judged
    right = answers["prediction"] == answers["label"]
    among = pd.Series(True, answers.index)
    if need.label is not None:
        own, called = (answers[name].isin(need.named) for name in ("label", "prediction"))
        among, right = {"recall": own, "precision": called, "F1": own | called}[need.score], own
        right = right & called
    if not among.any():  # as of what it takes for a class that it never names
        needed = evaluation.groups_needed([1], [0], _share(need))
        return {"needed": needed, "judged": 0, "counted in": "images", "images judged": 0}
    groups = evidence.things.reindex(answers.index)[among]
    groups = groups.where(groups.notna(), pd.Series(groups.index, groups.index))
    number, images = groups.nunique(), int(among.sum())
    if need.score in _OF:
        needed = evaluation.groups_needed(right[among], groups, _share(need))
    else:
        lowest = -1.0 if need.score == "MCC" else 0.0
        needed = evaluation.groups_needed_of_metric(
            value, low, high, number, need.least, lowest=lowest
        )
    unit = "images" if number == images else "things"
    return {"needed": needed, "judged": number, "counted in": unit, "images judged": images}


def _share(need: Need) -> float:
    """The least share of images that a need comes to: F1 is no share, but made of one."""
    return need.least / (2 - need.least) if need.score == "F1" else need.least


def _takes(need: Need, row: dict, side: str) -> str:
    """What it takes to show a need that is neither shown nor ruled out, as its figures go on."""
    if need.least >= 1:
        told = "no number of images shows a score of 1, since every interval reaches below it: "
        return f"{told}ask for less, such as 0.99"
    which = "that class" if len(need.named) == 1 else "these classes"
    of = _OF.get(need.score, "{side} images with classes mixed as here").format(
        side=side, which=which
    )
    value, needed, judged = row["value"], row["needed"], row["judged"]
    if value is None or judged == 0:
        return f"it takes {needed:,} {of} at the least, all of them right"
    if needed is None and value > need.least + 1e-9:
        return "measured on one single thing, which does not tell how many it takes"
    if needed is None:
        told = "should it stay so, no number of images shows it: unless chance put it so low, "
        return f"{told}the model has to get better"
    if needed > TIMES * judged and needed >= MANY:
        unit = row["counted in"] if row["counted in"] == "things" else of
        there = f"{judged:,} {row['counted in']} now"
        return (
            f"so small a difference ({_apart(need, value)}) cannot be shown with such a dataset: "
            f"it would take over {needed // 1000:,} thousand {unit} ({there})"
        )
    about = "about"
    if need.score not in _OF:  # reckoned from the spread alone, to within a quarter or so
        unit = 10 ** max(len(str(needed)) - 2, 0)
        needed, about = -(-needed // unit) * unit, "roughly"
    much, there = f"{needed:,} {of}", f"{judged:,} now"
    if row["counted in"] == "things":
        images = row["images judged"]
        much = f"{needed:,} things, {round(needed * images / judged):,} {of}"
        there = f"{count(judged, 'thing')}, {count(images, 'image')} now"
    return f"should it stay so, it takes {about} {much} to show it ({there})"


def _apart(need: Need, value: float) -> str:
    """The score and what is asked for, with the digits that tell them apart."""
    if need.score == "MCC":
        return f"{tell_number(value)} against {need.least:g}"
    return " against ".join(percents(value, need.least))


def say_chance(needs: tuple[Need, ...], table: pd.DataFrame) -> list[str]:
    """That of several needs of one kind, chance has a part in which of them are not shown: where
    others are shown or ruled out, and the intervals of both overlap."""
    kinds: dict[tuple, list] = {}
    for need, (_, row) in zip(needs, table.iterrows(), strict=True):
        if need.label is not None and pd.notna(row["value"]):
            kinds.setdefault((need.score, need.least), []).append(row)
    said = []
    for (score, least), of_kind in kinds.items():
        held = [row for row in of_kind if row["shown"] == "neither"]
        others = [row for row in of_kind if row["shown"] in ("yes", "no")]
        ends = np.array([(row["low"], row["high"]) for row in held]).reshape(-1, 2)
        near = sum(bool(_overlap(row, ends).any()) for row in others)
        if len(held) > 1 and near:
            said.append(
                f"That it is these {len(held):,} of {len(of_kind):,} of which a {score} of "
                f"{least:g} is neither shown nor ruled out is partly chance: each of their "
                f"intervals holds {percent(least)}, and {count(near, 'other')} "
                f"{'overlaps' if near == 1 else 'overlap'} them; other images may name others."
            )
    return said


def say_how(table: pd.DataFrame, evidence: Learned) -> list[str]:
    """How more images to validate on are got, where so many that they can be had would show a need
    of which the table "Asked, and shown" says how many it takes."""
    if evidence.judged_on != "validation" or not table["takes"].str.contains("it takes ").any():
        return []
    told = "More validation images have to show other things than the training images do. "
    if evidence.keeps_split:
        return [f"{told}Call them valid, as those that came."]
    return [
        f"{told}Of images that you add, a fifth is validated on, so that five times as many are "
        "needed; or all that are added, where a column split calls these valid and the others "
        "train."
    ]


def _overlap(one: pd.Series, ends: np.ndarray) -> np.ndarray:
    """Which of some intervals one overlaps."""
    return (one["low"] <= ends[:, 1]) & (ends[:, 0] <= one["high"])


def as_table(rows: list[dict]) -> pd.DataFrame:
    """The table "Asked, and shown"."""
    table = pd.DataFrame(rows).set_index("asked")
    columns = ["value", "low", "high", "shown", "needed", "judged", "images judged", "counted in"]
    columns.append("takes")
    table = table.reindex(columns=columns)
    whole = ["needed", "judged", "images judged"]
    return table.astype(dict.fromkeys(whole, "Int64"))
