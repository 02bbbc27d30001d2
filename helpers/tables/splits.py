"""Columns of a table that tell the split without being called so."""

from __future__ import annotations

import re
from collections.abc import Collection

import pandas as pd

from helpers.datasets.words import some
from helpers.opening.names import split_of
from helpers.tables.labels import SET, UNSET
from helpers.tables.reading import Table

IDLE = {"is", "in", "flag", "img", "image", "images", "set", "split", "use", "for"}
WITHOUT = "dataset.with_images(dataset.images.assign(split=None))"
"""What takes a split off again."""


def columns_of_splits(table: Table, without: Collection[str]) -> list[str]:
    """The columns in which every cell names a split, several of them, for at least half of the
    rows."""
    found = []
    for column in table.columns:
        if column in without or pd.api.types.is_numeric_dtype(table.typed[column]):
            continue
        text = table.text(column)
        words = [split_of(word) for word in text.dropna().unique()]
        if 2 * text.count() >= len(text) and None not in words and len({*words}) > 1:
            found.append(column)
    return found


def split_in_name(column: str) -> str | None:
    """The split that a column of marks is called by: "is_train", "isTest", "val"…"""
    text = re.sub(r"^(is|in)(?=[a-z]{3,})", r"\1 ", column.strip())
    words = re.findall(r"[A-Z]*[a-z]+|[A-Z]+|[^\W\d_A-Za-z]+", text)
    told = [word.lower() for word in words if word.lower() not in IDLE]
    return split_of(told[0]) if len(told) == 1 else None


def splits_of_flags(
    table: Table, without: Collection[str], asked: str | None = None
) -> tuple[list[str], pd.Series, list[str]]:
    """The columns of 0 and 1 called by splits, the split by row, and notes; none where no column
    is called so, or rows have several set.

    A lone column called "valid" or "test" and no more may mean something else (a usable image, a
    medical test), so it is only told, unless it is the one `asked` for.
    """
    flags: dict[str, pd.Series] = {}
    for column in table.columns:
        cells = table.text(column).str.lower()
        marks = cells.isin(SET) | cells.map(UNSET).eq("0")
        if column not in without and split_in_name(column) and marks.all():
            flags[column] = cells.isin(SET)
    none = pd.Series(None, table.typed.index, dtype="str")
    sums = sum((flag.astype(int) for flag in flags.values()), none.isna() * 0)
    if not flags or (sums > 1).any() or not sums.any():
        return [], none, []
    alone = next(iter(flags)).strip()
    if len(flags) == 1 and not asked and _may_mean_more(alone):
        return [], none, [
            f"Column {alone!r} may say the split or something else, so it is metadata; "
            f"split={alone!r} takes it for the split."
        ]  # fmt: skip
    splits, rest = none.copy(), int((sums == 0).sum())
    for column, flag in flags.items():
        splits[flag] = split_in_name(column)
    there = {split_in_name(column) for column in flags}
    other = {"train"} - there or {"test"} - there or {"valid"}
    told = f"The split is told by {some(map(repr, flags), 4)}"
    if rest:
        splits[sums == 0] = (left := next(iter(other)))
        doubt = " (they may be valid as well)" if left == "test" and "valid" not in there else ""
        told += f"; the {rest:,} rows where none is set are taken as {left}{doubt}"
    if asked:
        return list(flags), splits, [f"{told}."] if rest else []
    without = f"another is named with split='…', and {WITHOUT} does without"
    return list(flags), splits, [f"{told}; {without}."]


def _may_mean_more(column: str) -> bool:
    """Whether a column is called "valid" or "test" and no more."""
    bare = column.isalpha() and not re.match("(?i)i[sn]", column)
    return bare and split_in_name(column) != "train"
