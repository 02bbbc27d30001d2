"""What the label cells of a table mean: numbers, several labels, one column for each class."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence

import pandas as pd

from helpers.datasets.words import count, some
from helpers.tables.alike import alike, no_classes
from helpers.tables.reading import Table

MARKS = ("|", ";", ",", " ")
SET = {"1", "1.0", "1,0", "true", "yes", "y", "x", "t", "+", "\u2713", "\u2714"}
SET |= {"wahr", "ja", "vrai", "oui", "verdadero", "sí", "sim", "vero", "да", "是"}
UNSET = dict.fromkeys(("0", "0.0", "0,0", "false", "no", "n", "f", "-"), "0")
UNSET |= dict.fromkeys(("falsch", "nein", "faux", "non", "falso", "não", "нет", "否"), "0")
UNSET |= {"-1": "-1", "-1.0": "-1", "nan": ""}
UNSEEN = {"\u200c", "\u200d"}  # joiners, which some scripts and emoji need


def clean_labels(labels: pd.Series) -> tuple[pd.Series, list[str]]:
    """Labels without spaces at their ends or doubled within, in one Unicode form, and a note where
    that made one class of two or changed what a label shows."""
    names = {name: _tidy(name) for name in labels.dropna().unique()}
    changed = sorted(repr(name) for name, tidy in names.items() if tidy and name != tidy)
    cleaned = labels.map(names).astype("str")
    notes = []
    if changed:
        merged = len({*names.values()}) < len(names)
        fate = "; those alike without them count as one class" if merged else ""
        notes.append(
            f"Spaces that cannot be seen were taken out of the labels {some(changed)}{fate}."
        )
    return cleaned.where(cleaned != ""), notes


def _tidy(name: str) -> str:
    letters = unicodedata.normalize("NFC", name)
    seen = (c for c in letters if unicodedata.category(c) != "Cf" or c in UNSEEN)
    return " ".join("".join(seen).split())


def read_labels(labels: pd.Series, column: str) -> tuple[pd.Series, list[str]]:
    """The label cells of one column as classes, and notes.

    "1" and "1.0" are one class, and so are several labels in another order.
    """
    labels, notes = clean_labels(labels)
    labels, more = _same_numbers(labels, column)
    labels, several = _several(labels, column)
    return labels, notes + more + several


def _same_numbers(labels: pd.Series, column: str) -> tuple[pd.Series, list[str]]:
    """Whole numbers written as floats get the whole number's name where all labels are whole, or
    where both spellings occur."""
    names = labels.dropna().unique()
    floats = {name: name.partition(".")[0] for name in names if re.fullmatch(r"-?\d+\.0+", name)}
    whole = {name for name in names if re.fullmatch(r"-?\d+", name)}
    if len(floats) + len(whole) < len(names):
        floats = {name: number for name, number in floats.items() if number in whole}
    labels = labels.replace(floats) if floats else labels
    if not (both := sorted(name for name, number in floats.items() if number in whole)):
        return labels, []
    return labels, [
        f"Column {column!r} writes the same number in two ways; {some(map(repr, both))} count as "
        f"{some(repr(floats[name]) for name in both)}."
    ]


def _members(cell: str, mark: str) -> tuple[str, ...]:
    inner = re.fullmatch(r"[\[({](.*)[\])}]", cell)
    pieces = (inner[1] if inner else cell).split(mark)
    return tuple(piece.strip(" '\"") for piece in pieces if piece.strip(" '\""))


def _several(labels: pd.Series, column: str) -> tuple[pd.Series, list[str]]:
    """Where cells hold several labels, combinations without regard to order, and a note."""
    counts = Counter(labels.dropna())
    for mark in MARKS:
        members = {cell: _members(cell, mark) for cell in counts}
        if _are_lists(members, mark):
            break
    else:
        return labels, []
    usual: dict[frozenset, str] = {}
    for cell in sorted(counts, key=lambda cell: (-counts[cell], cell)):
        usual.setdefault(frozenset(members[cell]), cell)
    names = {cell: usual[frozenset(members[cell])] for cell in counts}
    many = [cell for cell in counts if len(members[cell]) > 1]
    reordered = sorted(repr(cell) for cell, name in names.items() if cell != name)
    order = f", in whatever order ({some(reordered)} as the other)" if reordered else ""
    return labels.map(names).astype("str"), [
        f"Column {column!r} holds several labels in one cell for "
        f"{sum(counts[cell] for cell in many):,} of {counts.total():,} rows "
        f"({some(map(repr, sorted(many)))}); this workbook gives each image one, so every "
        f"combination counts as a class of its own{order}."
    ]


def _are_lists(members: dict[str, tuple[str, ...]], mark: str) -> bool:
    """Whether cells cut at `mark` are lists of labels rather than names with that mark in them.

    They are where the same members come in two orders; where all members of the longer cells
    stand alone in others; and, spaces apart, where most members recur in several cells.
    """
    many = [parts for parts in members.values() if len(parts) > 1]
    if not many:
        return False
    orders = defaultdict(set)
    for parts in many:
        orders[frozenset(parts)].add(parts)
    if any(len(found) > 1 for found in orders.values()):
        return True
    alone = {parts[0] for parts in members.values() if len(parts) == 1}
    inside = {part for parts in many for part in parts}
    if inside <= alone:
        return True
    cells = Counter(part for parts in members.values() for part in set(parts))
    recurring = sum(cells[part] > 1 for part in inside)
    if mark == " ":
        return recurring == len(inside) and 2 * len(cells) < len(members)
    return 2 * recurring > len(inside) or mark == "|"


def one_hot(table: Table, used: Sequence[str]) -> tuple[pd.Series | None, list[str], list[str]]:
    """The label that one 0/1 column per class tells, those columns, and notes.

    The other value may be no, -1 or empty, but the same kind in all columns. None is returned where
    no two columns hold such marks, or where some row has not exactly one of them set; the note
    says which.
    """
    flags = _flags(table, used)
    if len(flags) < 2:
        return None, [], []
    together = pd.DataFrame(flags)
    runs = _runs(table.columns, together)
    if len(runs) == 1 or (runs and len(runs[0]) > len(runs[1])):
        labels = together[runs[0]].idxmax(axis=1).astype("str")
        told = f"The label is the one of the columns {some(runs[0], 12)} that is 1 in each row"
        return labels, runs[0], [f"{told}; another is named with label='…'."]
    sums = together.sum(axis=1)
    none, several = int((sums == 0).sum()), int((sums > 1).sum())
    why = " and ".join(
        f"{number:,} rows have {what}"
        for number, what in ((none, "none of them set"), (several, "more than one"))
        if number
    )
    first = f"label='{together.columns[0]}'"
    return (
        None,
        [],
        [
            f"Columns {some(flags, 12)} hold 0 and 1, one for each class as it seems, but "
            f"{why or 'several choices of them fit'}, so they were not taken as labels; one of "
            f"them alone, 1 against 0, is taken with {first}."
        ],
    )


def _flags(table: Table, used: Sequence[str]) -> dict[str, pd.Series]:
    """Columns of marks as 1 and 0, all with one kind of what is not set."""
    by_kind: dict[str, dict[str, pd.Series]] = defaultdict(dict)
    for column in table.columns:
        if column in used:
            continue
        cells = table.text(column).str.lower().fillna("nan")
        words = set(cells.unique())
        kinds = {UNSET.get(word) for word in words - SET}
        if not kinds and words <= {"1", "1.0", "true"}:
            kinds = {"0"}
        if len(kinds) != 1 or None in kinds or (kinds == {""} and not words & SET):
            continue
        by_kind[kinds.pop()][column] = cells.isin(SET).astype(int)
    return max(by_kind.values(), key=len, default={})


def _runs(columns: Sequence[str], flags: pd.DataFrame) -> list[list[str]]:
    """Neighbouring flag columns of which exactly one is set in every row, the longest first."""
    blocks: list[list[str]] = [[]]
    for column in columns:
        if column in flags:
            blocks[-1].append(column)
        elif blocks[-1]:
            blocks.append([])
    found = []
    for block in blocks:
        for i in range(len(block) - 1):
            total = flags[block[i]].copy()
            for j in range(i + 1, len(block)):
                total += flags[block[j]]
                if (total == 1).all():
                    found.append(block[i : j + 1])
    return sorted(found, key=len, reverse=True)


def odd_labels(labels: pd.Series) -> list[str]:
    """Notes on labels that are missing for some, all the same, nearly the same, or one each."""
    notes, known = [], sorted(labels.dropna().unique())
    notes += alike(known) + no_classes(known)
    if len(known) == 1:
        notes.append(
            f"All labels are {known[0]!r}: one class can be looked at and audited, not trained on."
        )
    if len(known) >= 20 and 2 * len(known) > labels.count():
        notes.append(
            f"{len(known):,} different labels for {labels.count():,} images ({some(known)}); if "
            "they are no classes, name what holds them with label='…'."
        )
    if known and (missing := labels.index[labels.isna()]).size:
        notes.append(f"{count(missing, 'image')} without a label: {some(missing)}.")
    return notes
