"""Whether a second folder looks like the first: what a classifier can tell them apart by."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers import audit, copies
from helpers.balance import border_colours, file_facts
from helpers.balance.association import holm
from helpers.copies.duplicates import confirmed
from helpers.datasets import Dataset
from helpers.datasets.words import count
from helpers.drift.classes import compare_classes
from helpers.drift.facts import compare_facts
from helpers.drift.joining import FIRST, SECOND, SIDE, THING, join_datasets
from helpers.evaluation.shift import Shift, find_shift
from helpers.splits import apply_groups

SURE, SHUFFLES, MOST = 0.01, 999, 2000
"""A difference is claimed where p, corrected for the number of questions, is below the first; of
each folder at most so many images, by whole groups, are compared in their looks."""

FILES, LIGHT, CONTENT = "files", "light and colour", "content"
SHARES, WITHIN = "class shares", "content, class by class"
LEVELS = [
    "brightness",
    "contrast",
    "clipped",
    "saturation",
    "colourfulness",
    "entropy",
    "sharpness",
]


@dataclass(frozen=True)
class Comparison:
    """What `compare_folders` found.

    Attributes
    ----------
    shifts : name → Shift
        By what a classifier may know of an image: how well it tells the folders apart.
    tests : DataFrame by question
        area, low, high (95 % interval), by chance (the largest area when whole groups had traded
        folders), p, p_corrected (Holm, 1979), differs; areas are missing for class shares.
    facts : DataFrame by fact of the file or of its light
        first, second (medians, or shares of what is there or not), area, low, high, p_corrected,
        differs; the one that differs most first.
    classes : DataFrame by class, or None where a folder has no labels
    pairs : DataFrame
        Copies shared by the two, as from `find_duplicates`; ids are those of `joined`.
    joined : Dataset
        All images of both (see `join_datasets`).
    notes : list of str
        What was left out, and what was concluded.
    """

    shifts: dict[str, Shift]
    tests: pd.DataFrame
    facts: pd.DataFrame
    classes: pd.DataFrame | None
    pairs: pd.DataFrame
    joined: Dataset
    notes: list[str] = field(default_factory=list)

    @property
    def differs(self) -> list[str]:
        """The questions on which the folders differ by more than chance."""
        return list(self.tests.index[self.tests["differs"]])

    def most_unlike(self, side: str, number: int = 8) -> list[str]:
        """Images of a side that look least like the other folder, by their content."""
        scores = self.shifts[CONTENT].scores
        if scores is None:
            return []
        own = scores[self.joined.images.loc[scores.index, SIDE] == side]
        return list(own.sort_values(ascending=side == FIRST, kind="stable").index[:number])


def compare_folders(
    first: Dataset, second: Dataset, scanned: pd.DataFrame | None = None, seed: int = 0,
    workers: int = 2, progress: bool = True,
) -> Comparison:  # fmt: skip
    """Ask whether the images of `second` are like those of `first`.

    A classifier is trained to tell the two folders apart, from facts of the files, from light and
    colour, and from what the bundled network sees (a classifier two-sample test, Lopez-Paz and
    Oquab, 2017; see `helpers.evaluation.find_shift`). Copies that both hold, and things that both
    show, are counted and left out of this. Where both have labels, class shares are compared too
    and, if these differ, content once more with the mean of each class taken away.

    A difference need not hurt, and none shown is no proof that there is none.

    Parameters
    ----------
    first, second : Dataset
        Of `first` test images are left out of the comparison of looks, and searched for copies.
        Splits of `second` are not looked at.
    scanned : DataFrame, optional
        What `helpers.audit.scan` returned of `first`.
    seed : int
        Draws images and shuffles.
    workers, progress
        As for `helpers.audit.scan`.

    Raises
    ------
    DatasetError
        An image is in both datasets.
    """
    joined = join_datasets(first, second)
    run = {"workers": workers, "progress": progress}
    files = {
        FIRST: audit.scan(first, **run) if scanned is None else scanned,
        SECOND: audit.scan(second, **run),
    }
    files = _stacked(files, joined)
    pairs = copies.find_duplicates(joined, files, **run)
    sides = joined.images[SIDE]
    across = pairs["image_id"].map(sides) != pairs["other_id"].map(sides)
    looked, notes = _alone(joined, first, files, pairs, across)
    parts = {side: _drawn(looked, side, seed, notes) for side in (FIRST, SECOND)}
    known = _measure(parts, {FIRST: first, SECOND: second}, files, progress)
    ask = {"shuffles": SHUFFLES, "seed": seed}
    shifts = {name: find_shift(*parts.values(), one, **ask) for name, one in known.items()}
    p = {name: one.p for name, one in shifts.items()}
    labelled = {side: one.with_images(one.images[one.images["label"].notna()])
                for side, one in parts.items()}  # fmt: skip
    classes = None
    if all(len(one) for one in labelled.values()):
        classes, p[SHARES] = compare_classes(*labelled.values(), SHUFFLES, seed)
        centred = _without_classes(known[CONTENT], labelled)
        shifts[WITHIN] = find_shift(*labelled.values(), centred, **ask)
        p[WITHIN] = shifts[WITHIN].p
    corrected = _corrected(p)
    if classes is not None and not corrected[SHARES] < SURE:
        del shifts[WITHIN], p[WITHIN]  # it says nothing that content does not say
    rows = {name: _row(shifts.get(name), p[name], corrected[name]) for name in p}
    facts = compare_facts(parts, pd.concat([known[FILES], known[LIGHT]], axis=1))
    tests = pd.DataFrame.from_dict(rows, "index").rename_axis("question")
    return Comparison(shifts, tests, facts, classes, pairs[across], joined, notes)


def _corrected(p: dict[str, float]) -> dict[str, float]:
    """Holm's p of each question that could be asked."""
    asked = {name: one for name, one in p.items() if not np.isnan(one)}
    return p | dict(zip(asked, holm(np.array([*asked.values()])), strict=True))


def _row(shift: Shift | None, p: float, corrected: float) -> dict:
    row = dict.fromkeys(["area", "low", "high", "by chance"], np.nan)
    if shift is not None:
        row = {"area": shift.auc, "low": shift.low, "high": shift.high, "by chance": shift.highest}
    return row | {"p": p, "p_corrected": corrected, "differs": bool(corrected < SURE)}


def _stacked(files: dict[str, pd.DataFrame], joined: Dataset) -> pd.DataFrame:
    """The two scans under the ids of `joined`."""
    parts = []
    for side, table in files.items():
        own = joined.images[joined.images[SIDE] == side]
        parts.append(table.loc[own["id"]].set_axis(own.index))
    return pd.concat(parts).reindex(joined.images.index).rename_axis("image_id")


def _alone(
    joined: Dataset, first: Dataset, files: pd.DataFrame, pairs: pd.DataFrame, across: pd.Series
) -> tuple[Dataset, list[str]]:
    """The images whose looks are compared, copies of one another in one group."""
    images, notes = joined.images, []
    closed = first.images.index[first.images["split"] == "test"]
    usable = files["readable"].fillna(False).astype(bool)
    usable &= ~(images["id"].isin(closed) & images[SIDE].eq(FIRST))
    copied = confirmed(pairs[across])
    shared = pd.unique(copied[["image_id", "other_id"]].to_numpy(object).ravel())
    if len(shared):
        usable &= ~images.index.isin(shared)
        notes.append(f"{count(shared, 'image')} of which both folders hold a copy "
                     "were left out of the comparison of looks.")  # fmt: skip
    kept = images[usable]
    things = kept.groupby(THING)[SIDE].nunique()
    both = kept[THING].isin(things.index[things > 1])
    if both.any():
        notes.append(
            f"{count(int(both.sum()), 'image')} show things that both folders show by the column "
            f"'{first.group}', and were left out of it, too: they would be known by sight. If these"
            " are different things of one name, rename them."
        )
    looked = joined.with_images(kept[~both])
    within = confirmed(pairs[~across])
    ends = within["image_id"].isin(looked.images.index) & within["other_id"].isin(
        looked.images.index
    )
    within = within[ends]
    grouped = apply_groups(looked, within[["image_id", "other_id"]]) if len(within) else looked
    return grouped, notes


def _drawn(looked: Dataset, side: str, seed: int, notes: list[str]) -> Dataset:
    """The images of one side, whole groups drawn at random where there are many."""
    own = looked.with_images(looked.images[looked.images[SIDE] == side])
    if len(own) <= MOST:
        return own
    groups = own.groups
    order = np.random.default_rng(seed).permutation(groups.unique().astype(str))
    place = groups.map(dict(zip(order, range(len(order)), strict=True)))
    kept = place.sort_values(kind="stable").index[:MOST]
    notes.append(f"Of the {len(own):,} images of the {side} folder {MOST:,}, drawn at random, were "
                 "compared in their looks.")  # fmt: skip
    return own.with_images(own.images.loc[own.images.index.isin(kept)])


def _measure(
    parts: dict[str, Dataset], own: dict[str, Dataset], files: pd.DataFrame, progress: bool
) -> dict[str, pd.DataFrame]:
    """What is known of the images of both sides, by kind, under the ids of the joined dataset."""
    from helpers.training import embed

    kinds = {FILES: file_facts, "border": border_colours, CONTENT: embed}
    found: dict[str, list] = {name: [] for name in kinds}
    for side, part in parts.items():
        back = pd.Series(part.images.index, part.images["id"].to_numpy())
        asked = own[side].images.loc[sorted(back.index)]
        asked = own[side].with_images(
            asked.assign(split=pd.Series(pd.NA, asked.index, dtype="str"))
        )
        for name, measure in kinds.items():
            table = measure(asked, progress=progress)
            found[name].append(table.set_axis(back[table.index].to_numpy()))
    tables = {name: pd.concat(both).fillna(0) for name, both in found.items()}
    means = tables["border"].filter(like="mean")
    light = files.loc[means.index, LEVELS].astype(float)
    light["sharpness"] = np.log1p(light["sharpness"])
    for colour, letter in (("red", " r "), ("green", " g "), ("blue", " b ")):
        light[f"{colour} at the border"] = means.filter(like=letter).mean(axis=1)
    return {FILES: tables[FILES], LIGHT: light.fillna(light.median()), CONTENT: tables[CONTENT]}


def _without_classes(features: pd.DataFrame, labelled: dict[str, Dataset]) -> pd.DataFrame:
    """Features less the mean of their class."""
    labels = pd.concat([one.images["label"] for one in labelled.values()])
    own = features.loc[features.index.isin(labels.index)]
    return own - own.groupby(labels[own.index]).transform("mean")
