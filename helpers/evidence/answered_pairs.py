"""What a person said of pairs of images that an earlier report listed: one thing, or not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.safe_names import LINES
from helpers.datasets.words import some
from helpers.splits.sessions import BEGINS

ANSWER = "together"
YES, NO = ("yes", "y", "true", "1"), ("no", "n", "false", "0")
KEPT, JOINED = "Groups come from ", "Joined with the groups of "
"""How the notes begin that `helpers.report.together.keep_together` gives a dataset without groups,
and one that has some."""


def read_judged(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table of pairs, ``together`` being "yes", "no" or "" in each.

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
    known = dict.fromkeys(YES, "yes") | dict.fromkeys(NO, "no") | {"": ""}
    if odd := sorted(set(said) - set(known)):
        lines = [str(table.attrs[LINES][row]) for row in said.index[said.isin(odd)]]
        raise DatasetError(
            f"'{path}' has {some(map(repr, odd))} in the column '{ANSWER}' (line {some(lines)}); "
            "expected yes, no, or nothing."
        )
    judged = table.assign(**{ANSWER: said.map(known)})
    keys = keys_of(judged)
    answered = judged[judged[ANSWER] != ""]
    both = answered.groupby(keys[answered.index])[ANSWER].nunique()
    if len(torn := both.index[both > 1]):
        one, other = torn[0]
        raise DatasetError(
            f"'{path}' says both yes and no of '{one}' and '{other}'"
            + (f" and of {len(torn) - 1} more such pairs" if len(torn) > 1 else "")
            + "; a pair that stands in two rows needs one answer."
        )
    return judged


def keys_of(pairs: pd.DataFrame) -> pd.Series:
    """The two images of each row as a tuple, whichever stands first."""
    ends = zip(pairs["image_id"], pairs["other_id"], strict=True)
    return pd.Series([tuple(sorted(map(str, one))) for one in ends], pairs.index, dtype=object)


def still_open(pairs: pd.DataFrame, judged: pd.DataFrame | None) -> pd.DataFrame:
    """Those of `pairs` of which nobody has said yes or no."""
    if judged is None or pairs.empty:
        return pairs
    said = {*keys_of(judged[judged[ANSWER] != ""])}
    left = pairs[~keys_of(pairs).isin(said)].reset_index(drop=True)
    left.attrs = pairs.attrs
    return left


def without_settled(pairs: pd.DataFrame, judged: pd.DataFrame | None) -> pd.DataFrame:
    """`pairs` but for probable copies of which somebody has said yes or no."""
    if judged is None or pairs.empty:
        return pairs
    said = {*keys_of(judged[judged[ANSWER] != ""])}
    left = pairs[~(pairs["kind"].eq("probable") & keys_of(pairs).isin(said))]
    left.attrs = pairs.attrs
    return left


def of_two_labels(dataset: Dataset, judged: pd.DataFrame | None) -> pd.DataFrame:
    """The pairs of which somebody has said yes although their labels differ: either one label is
    wrong, or the thing was photographed for both classes, with and without a mask, say."""
    if judged is None:
        return pd.DataFrame({"image_id": [], "other_id": []}, dtype="str")
    ends = [dataset.images["label"].reindex(judged[end]) for end in ("image_id", "other_id")]
    known = (ends[0].notna().to_numpy()) & (ends[1].notna().to_numpy())
    return judged[(judged[ANSWER] == "yes") & known & (ends[0].to_numpy() != ends[1].to_numpy())]


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


def count_answers(judged: pd.DataFrame, sure: float) -> str:
    """How many pairs are marked yes, how many no, and how many neither, in words; `sure` is the
    chance from which a report marks pairs yes by itself."""
    unique = judged.assign(key=keys_of(judged)).sort_values(ANSWER, ascending=False, kind="stable")
    numbers = unique.drop_duplicates("key")[ANSWER].value_counts()
    yes, no, none = (int(numbers.get(one, 0)) for one in ("yes", "no", ""))
    told = f"{yes:,} marked yes {'stays' if yes == 1 else 'stay'} together"
    if yes:
        told += " (a report itself marks so what it keeps together, such as copies and pairs of "
        told += f"chance {sure:g} or more)"
    told += f", {no:,} marked no {'is' if no == 1 else 'are'} not joined"
    told += " but where copies, groups or other yes do so" if no else ""
    return told + f", {none:,} not answered"
