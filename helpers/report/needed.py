"""Each need held against the answers, and what it takes to show one that is neither shown nor ruled
out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers import evaluation
from helpers.datasets.words import count, some
from helpers.evidence.learned import Learned
from helpers.findings.needs import Need
from helpers.findings.sections import percent
from helpers.findings.showing import tell_share

MOST, EACH, LISTED = 6, 3, 30
"""Needs that a sentence names, or that get one each; of one kind that get one each; and that are
listed where they are more."""
_OF = {
    "recall": "{side} images of {which}",
    "precision": "{side} images that it takes for {which}",
    "F1": "{side} images that are, or are taken for, {which}",
    "accuracy": "{side} images",
}


def hold(need: Need, evidence: Learned, by_class: dict | None = None) -> dict:
    """A row of the table "Asked, and shown": value, low and high of the score, whether it is shown,
    and, where it is neither shown nor ruled out, how many images or things would show it if the
    value stays (needed; None where no number does), and how many there were (judged). `by_class`
    keeps the scores of all classes from one need to the next."""
    missing: list[str] = []
    if need.label is None:
        found = evidence.judged_scores.loc[need.score, ["value", "low", "high"]]
    else:
        found, missing = _score_of(need, evidence, {} if by_class is None else by_class)
    row = {"asked": str(need), "needed": None, "judged": None, "counted in": "images"}
    if found is None:
        which = "this class" if len(need.named) == 1 else "these classes"
        told = f"no image of {which} was asked about"
        needed = evaluation.groups_needed([1], [0], _share(need))
        return row | {"value": None, "low": 0.0, "high": 1.0, "shown": told, "needed": needed}
    value, low, high = map(float, found)
    shown = "yes" if low >= need.least else "no" if high < need.least else "neither"
    if missing:  # what would have become of their images, nobody knows
        shown = f"no image of {some(missing, 6)} was asked about"
    row |= {"value": value, "low": low, "high": high, "shown": shown}
    return row | _needed(need, evidence, value, low, high) if shown == "neither" else row


def _score_of(need: Need, evidence: Learned, by_class: dict) -> tuple[pd.Series | None, list[str]]:
    """Value and ends of a score of some classes taken for one, None where no image of them was
    asked about; and those of them of which none was."""
    answers, part = evidence.judged
    there = set(answers["label"])
    asked = [name for name in need.named if name in there]
    missing = [name for name in need.named if name not in there]
    if not asked:
        return None, missing
    ends = [f"{need.score}{end}" for end in ("", " low", " high")]
    if len(asked) == 1:
        if not by_class:
            by_class["scores"] = evaluation.score_classes(answers, part.groups)
        return by_class["scores"].loc[asked[0], ends], missing
    joined = {
        column: answers[column].where(~answers[column].isin(need.named), asked[0])
        for column in ("label", "prediction")
    }
    row = evaluation.score_classes(answers.assign(**joined), part.groups).loc[asked[0]]
    return row[ends], missing


def _needed(need: Need, evidence: Learned, value: float, low: float, high: float) -> dict:
    answers, part = evidence.judged
    right = answers["prediction"] == answers["label"]
    among = pd.Series(True, answers.index)
    if need.label is not None:
        own, called = (answers[name].isin(need.named) for name in ("label", "prediction"))
        among, right = {"recall": own, "precision": called, "F1": own | called}[need.score], own
        right = right & called
    if not among.any():  # as of what it takes for a class that it never names
        needed = evaluation.groups_needed([1], [0], _share(need))
        return {"needed": needed, "judged": 0, "counted in": "images", "images judged": 0}
    groups = part.groups.reindex(answers.index)[among]
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


def say_needed(needs: tuple[Need, ...], table: pd.DataFrame, evidence: Learned) -> list[str]:
    """What it takes to show each need that is neither shown nor ruled out, in a sentence each, or
    in one for all that no number of images shows."""
    open_needs = [
        (need, row)
        for need, (_, row) in zip(needs, table.iterrows(), strict=True)
        if row["shown"] not in ("yes", "no")
    ]
    kinds = _kinds(open_needs)
    said = [_say_kind(kind, of_kind, evidence.judged_on) for kind, of_kind in kinds.items()]
    named = {str(need) for of_kind in kinds.values() for need, _ in of_kind}
    hopeless, whole, single = [], [], []
    for need, row in open_needs:
        if need.least >= 1:
            whole.append(str(need))
        elif pd.isna(row["needed"]):
            if row["shown"] != "neither":  # of classes of which some were not asked about
                said.append(f"{_begin(need)}: {row['shown']}; it takes some first.")
            elif row["value"] > need.least + 1e-9 and row["judged"] > 0:
                single.append(str(need))
            else:
                hopeless.append(str(need))
        elif str(need) not in named:
            said.append(_say_number(need, row, evidence.judged_on))
    if (rest := len(said) - MOST) > 0:
        said = said[:MOST]
        told = "need" if rest == 1 else "needs"
        said.append(f"For {rest:,} more {told} the number stands in report.json, as 'needed'.")
    if hopeless:
        said.append(
            f"Measured to be no more than what is asked for: {join(hopeless)}. More images alone "
            "cannot show that; the model has to get better."
        )
    if single:
        said.append(
            f"Measured on images of one single thing: {join(single)}. It takes images of others, "
            "and how many cannot be told from one."
        )
    if whole:
        said.append(
            f"No number of images shows a score of 1, since every interval reaches below it: "
            f"{join(whole)}. Ask for less, such as 0.99."
        )
    rows = [row for _, row in table.iterrows()]
    return said + _say_chance(list(zip(needs, rows, strict=True)))


def _kinds(open_needs: list[tuple[Need, pd.Series]]) -> dict[tuple, list]:
    """Needs that differ in their class alone and have a number each, by score and least, where
    they are so many that a sentence each would be too long."""
    found: dict[tuple, list] = {}
    for need, row in open_needs:
        known = pd.notna(row["needed"]) and row["judged"] > 0
        if len(need.named) == 1 and row["shown"] == "neither" and known:
            found.setdefault((need.score, need.least), []).append((need, row))
    return {kind: of_kind for kind, of_kind in found.items() if len(of_kind) > EACH}


def _say_kind(kind: tuple, of_kind: list[tuple[Need, pd.Series]], side: str) -> str:
    (score, least), rest = kind, len(of_kind) - LISTED
    numbers = [
        f"{row['needed']:,}{' things' * (row['counted in'] == 'things')} for {need.label} "
        f"({tell_share(row['value'], least)}, {row['judged']:,} now)"
        for need, row in of_kind[:LISTED]
    ]
    more = f"; {rest:,} more stand in report.json, as 'needed'" if rest > 0 else ""
    of = _OF[score].format(side=side, which="the class")
    return (
        f"{score[:1].upper()}{score[1:]} of at least {least:g}: should each stay as it is, it "
        f"takes about so many {of} until its interval begins at {percent(least)}: "
        f"{'; '.join(numbers)}{more}."
    )


def _begin(need: Need) -> str:
    return f"{str(need)[:1].upper()}{str(need)[1:]}"


def _say_number(need: Need, row: pd.Series, side: str) -> str:
    which = "that class" if len(need.named) == 1 else "these classes"
    of = _OF.get(need.score, "{side} images with classes mixed as here").format(
        side=side, which=which
    )
    needed = int(row["needed"])
    if pd.isna(row["value"]) or row["judged"] == 0:
        return f"{_begin(need)}: it takes {needed:,} {of} at the least, all of them right."
    value, judged, about = tell_share(row["value"], need.least), int(row["judged"]), "about"
    if need.score not in _OF:  # reckoned from the spread alone, to within a quarter or so
        needed, about = int(float(f"{needed:.1e}")), "roughly"
    if row["counted in"] == "images":
        much, there = f"{needed:,} {of}", f"{judged:,} were asked about"
    else:
        images = int(row["images judged"])
        much = f"{needed:,} things ({round(needed * images / judged):,} {of})"
        there = f"{count(judged, 'thing')}, {count(images, 'image')}, were asked about"
    return (
        f"{_begin(need)}: should it stay at {value}, it takes {about} {much} until the "
        f"interval begins at {percent(need.least)} ({there})."
    )


def _say_chance(rows: list[tuple[Need, pd.Series]]) -> list[str]:
    """That of several needs of one kind, chance has a part in which of them are not shown: where
    others are shown or ruled out, and the intervals of both overlap."""
    kinds: dict[tuple, list] = {}
    for need, row in rows:
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


def _overlap(one: pd.Series, ends: np.ndarray) -> np.ndarray:
    """Which of some intervals one overlaps."""
    return (one["low"] <= ends[:, 1]) & (ends[:, 0] <= one["high"])


def join(needs: list[str]) -> str:
    """Needs in a sentence, the first few by name."""
    rest = len(needs) - MOST
    return "; ".join(needs[:MOST]) + (f"; and {rest:,} more" if rest > 0 else "")


def as_table(rows: list[dict]) -> pd.DataFrame:
    """The table "Asked, and shown"."""
    table = pd.DataFrame(rows).set_index("asked")
    columns = ["value", "low", "high", "shown", "needed", "judged", "images judged", "counted in"]
    table = table.reindex(columns=columns)
    whole = ["needed", "judged", "images judged"]
    return table.astype(dict.fromkeys(whole, "Int64"))
