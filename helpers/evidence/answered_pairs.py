"""What a person said of pairs of images that an earlier report listed: one thing, or not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.safe_names import LINES
from helpers.datasets.words import some
from helpers.splits.sessions import BEGINS

ANSWER = "together"
YES, NO, KEEPS = ("yes", "y", "true", "1"), ("no", "n", "false", "0"), "kept"
"""What a person writes, and what a report writes of pairs that it keeps together by itself: to give
that back is no answer."""
SETTLED = "settled already, by groups or answers"
KEPT, JOINED = "Groups come from ", "Joined with the groups of "
"""How the notes begin that `helpers.report.together.keep_together` gives a dataset without groups,
and one that has some."""


def read_judged(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table of pairs, ``together`` being "yes", "no", "kept" or "" in each.

    Parameters
    ----------
    path : Path
        Named where something is wrong.
    table : DataFrame of str
        image_id, other_id, together, and whatever else it holds.

    Raises
    ------
    DatasetError
        An answer is none of those, or a pair that stands in two rows has two answers.
    """
    said = table[ANSWER].str.strip().str.casefold()
    known = dict.fromkeys(YES, "yes") | dict.fromkeys(NO, "no") | {KEEPS: KEEPS, "": ""}
    if odd := sorted(set(said) - set(known)):
        lines = [str(table.attrs[LINES][row]) for row in said.index[said.isin(odd)]]
        raise DatasetError(
            f"'{path}' has {some(map(repr, odd))} in the column '{ANSWER}' (line {some(lines)}); "
            "expected yes, no, or nothing."
        )
    judged = table.assign(**{ANSWER: said.map(known)})
    keys = keys_of(judged)
    answered = judged[are_answered(judged)]
    both = answered.groupby(keys[answered.index])[ANSWER].nunique()
    if len(torn := both.index[both > 1]):
        one, other = torn[0]
        raise DatasetError(
            f"'{path}' says both yes and no of '{one}' and '{other}'"
            + (f" and of {len(torn) - 1} more such pairs" if len(torn) > 1 else "")
            + "; a pair that stands in two rows needs one answer."
        )
    return judged


def are_answered(judged: pd.DataFrame) -> pd.Series:
    """Whether a person has said yes or no, for each row."""
    return judged[ANSWER].isin(["yes", "no"])


def keys_of(pairs: pd.DataFrame) -> pd.Series:
    """The two images of each row as a tuple, whichever stands first."""
    ends = zip(pairs["image_id"], pairs["other_id"], strict=True)
    return pd.Series([tuple(sorted(map(str, one))) for one in ends], pairs.index, dtype=object)


def still_open(pairs: pd.DataFrame, judged: pd.DataFrame | None) -> pd.DataFrame:
    """Those of `pairs` of which nobody has said yes or no."""
    if judged is None or pairs.empty:
        return pairs
    said = {*keys_of(judged[are_answered(judged)])}
    left = pairs[~keys_of(pairs).isin(said)].reset_index(drop=True)
    left.attrs = pairs.attrs
    return left


def without_settled(pairs: pd.DataFrame, judged: pd.DataFrame | None) -> pd.DataFrame:
    """`pairs` but for probable copies of which somebody has said yes or no."""
    if judged is None or pairs.empty:
        return pairs
    said = {*keys_of(judged[are_answered(judged)])}
    left = pairs[~(pairs["kind"].eq("probable") & keys_of(pairs).isin(said))]
    left.attrs = pairs.attrs
    return left


def of_two_labels(dataset: Dataset, judged: pd.DataFrame | None) -> pd.DataFrame:
    """The pairs of which somebody has said yes although their labels differ: either one label is
    wrong, or the thing was photographed for both classes, with and without a mask, say. Copies of
    one picture, whose label is one whatever is said, are none of them."""
    if judged is None:
        return pd.DataFrame({"image_id": [], "other_id": []}, dtype="str")
    ends = [dataset.images["label"].reindex(judged[end]) for end in ("image_id", "other_id")]
    known = (ends[0].notna().to_numpy()) & (ends[1].notna().to_numpy())
    torn = (judged[ANSWER] == "yes") & known & (ends[0].to_numpy() != ends[1].to_numpy())
    if "kind" in judged:
        torn &= ~judged["kind"].fillna("").str.contains(r"\b(?:exact|near) copy")
    return judged[torn]


def part_by_label(dataset: Dataset, judged: pd.DataFrame | None) -> Dataset:
    """The dataset whose groups that hold a pair `of_two_labels` are parted by label, so that these
    are no evidence against one another."""
    torn = of_two_labels(dataset, judged)
    if torn.empty or not dataset.has_groups:
        return dataset
    groups, labels = dataset.images[dataset.group], dataset.images["label"]
    among = groups.isin(groups[torn["image_id"]])
    parted = groups.where(~among, groups.astype("str") + ": " + labels.astype("str"))
    return dataset.with_images(dataset.images.assign(**{dataset.group: parted}))


def knows_groups(dataset: Dataset, judged: pd.DataFrame | None = None) -> bool:
    """Whether what belongs together is known, and need not be searched: not by answers about pairs,
    which are as complete as the list of pairs was, by times, nor by a `pattern` of names alone,
    where one thing may have several."""
    partly = judged is not None and any(note.startswith(KEPT) for note in dataset.notes)
    times = any(note.startswith(BEGINS) for note in dataset.notes)
    names = "?P<group>" in dataset.opened.get("asked", {}).get("pattern", "")
    return dataset.has_groups and not (partly or times or names)


def count_answers(judged: pd.DataFrame, followed: int) -> str:
    """How many pairs are marked yes, kept, no, and none of these, in words; `followed` is how many
    of those kept stay together."""
    unique = judged.assign(key=keys_of(judged)).sort_values(ANSWER, ascending=False, kind="stable")
    numbers = unique.drop_duplicates("key")[ANSWER].value_counts()
    yes, no, kept, none = (int(numbers.get(one, 0)) for one in ("yes", "no", KEEPS, ""))
    told = [f"{yes:,} marked yes {'stays' if yes == 1 else 'stay'} together"]
    if kept:
        parted = f", but for {kept - followed:,} that your answers no part"
        told.append(
            f"{kept:,} that the report itself kept together {'stays' if kept == 1 else 'stay'} so"
            f"{parted if followed < kept else ''}"
        )
    marked = f"{no:,} marked no {'is' if no == 1 else 'are'} not joined"
    told.append(marked + (" but where copies, groups or other yes do so" if no else ""))
    return f"{', '.join(told)}, {none:,} not answered"
