"""Reading one table, in whatever encoding, with its cells as they were written."""

from __future__ import annotations

import codecs
import csv
import json
import posixpath
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from io import StringIO
from pathlib import Path

import pandas as pd

from helpers.datasets.storage import DatasetError
from helpers.datasets.words import some
from helpers.opening.folders import EXTENSIONS
from helpers.tables.encodings import decode

EXPECTED = "expected a column such as path, file or image, and perhaps label and split"
SEPARATORS = ",;\t|"
MOST_ABOVE, LOOKED_AT = 20, 200  # lines of titles above a header; lines looked at to tell them
LONG_NUMBER = 16  # digits; a float holds no more, and no quantity has them


@dataclass(frozen=True)
class Table:
    """One table: `typed` with numbers as numbers, `text` with every cell as it was written."""

    name: str
    typed: pd.DataFrame
    written: pd.DataFrame | None = None
    notes: list[str] = field(default_factory=list)

    @cached_property
    def columns(self) -> list[str]:
        return list(self.typed.columns)

    def text(self, column: str) -> pd.Series:
        """The cells of `column` as stripped text, whole numbers without ".0" where they were read
        as numbers, missing where empty."""
        if self.written is not None:
            text = self.written[column].str.strip()
        else:
            text = self.typed[column].convert_dtypes().map(_flat, na_action="ignore")
            text = text.astype("str").str.strip()
        return text.where(text != "")


def _flat(cell: object) -> object:
    """A list as its members with | between, bytes as the text they may hold, anything else nested
    as JSON."""
    if isinstance(cell, (bytes, bytearray)):
        return cell.decode("utf-8", errors="replace")
    if isinstance(cell, dict):
        return json.dumps(cell, ensure_ascii=False, sort_keys=True, default=str)
    if isinstance(cell, (list, tuple)) or type(cell).__name__ == "ndarray":
        return "|".join(str(_flat(member)) for member in cell)
    return cell


def load(path: Path, encoding: str | None = None) -> Table:
    """Read one CSV, TSV, Parquet or JSON-lines file.

    Raises
    ------
    DatasetError
        When it cannot be read, has no rows or no header, or there is no such `encoding`.
    """
    if encoding:
        try:
            codecs.lookup(encoding)
        except (LookupError, ValueError) as error:
            raise DatasetError(
                f"encoding={encoding!r}: Python knows no such encoding; expected one such as "
                "'utf-8', 'cp1252', 'gb18030' or 'shift_jis'."
            ) from error
    written, notes = None, []
    try:
        if path.suffix.lower() == ".parquet":
            typed = pd.read_parquet(path)
            typed = typed.reset_index() if any(typed.index.names) else typed
        else:
            text, notes = decode(path.read_bytes(), path.name, encoding)
            if path.suffix.lower() in (".jsonl", ".ndjson"):
                rows = [json.loads(line) for line in text.splitlines() if line.strip()]
                typed = pd.DataFrame(rows, dtype=object).apply(_exact)
            else:
                typed, written, more = _read_csv(text)
                notes = notes + more
    except Exception as error:  # parsers raise many kinds
        if isinstance(error, DatasetError):
            raise
        why = getattr(error, "strerror", None) or (str(error) or repr(error)).splitlines()[0]
        raise DatasetError(f"'{path.name}' is no table we can read ({why}); {EXPECTED}.") from error
    if typed.empty:
        raise DatasetError(f"'{path.name}' has no rows; {EXPECTED}.")
    names = [str(column).strip() for column in typed.columns]
    if any(posixpath.splitext(name)[1].lower() in EXTENSIONS for name in names):
        what = f"no header, its first line is already a row ({some(names)})"
        raise DatasetError(f"'{path.name}' has {what}; {EXPECTED}.")
    return table_of(path.name, typed.set_axis(names, axis=1), written, notes)


def _exact(column: pd.Series) -> pd.Series:
    """A column of JSON values in its own type; whole numbers stay whole beside missing ones."""
    whole = all(type(cell) is int for cell in column.dropna())
    if whole and column.isna().any() and column.notna().any():
        return column.astype("Int64")
    return column.infer_objects()


def table_of(
    name: str, typed: pd.DataFrame, written: pd.DataFrame | None = None, notes: Iterable[str] = ()
) -> Table:
    """A `Table` without nameless columns, nested cells as text."""
    if written is not None:
        written = written.set_axis(typed.columns, axis=1)
    named = [c for c in typed.columns if c and not c.startswith("Unnamed:")]
    nested = {
        c: typed[c].map(_flat, na_action="ignore").astype("str")
        for c in named
        if typed[c].dtype == object and typed[c].map(lambda x: isinstance(x, (dict, list))).any()
    }
    typed = typed[named].assign(**nested)
    return Table(name, typed, written if written is None else written[named], list(notes))


def _read_csv(text: str) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """The table with numbers read as such, and with all cells as text; notes."""
    notes: list[str] = []
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    first, _, rest = text.partition("\n")
    if told := re.fullmatch(
        r'"?sep=(.|\\t)"?\s*', first.strip("\r")
    ):  # as Excel writes and reads it
        separator, text = told[1].replace("\\t", "\t"), rest
    else:
        text, notes = _from_header(text)
        separator = _separator(text)
    options = {"sep": separator, "index_col": False, "skipinitialspace": separator != "\t"}
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
        typed = pd.read_csv(StringIO(text), **options)
        written = pd.read_csv(StringIO(text), dtype="str", keep_default_na=False, **options)
    kept = {
        column: written[column].where(written[column].str.strip() != "")
        for column in typed.select_dtypes("number")
        if _is_code(written[column], typed[column])
    }
    return typed.assign(**kept), written, notes + _twice(text, separator, written)


def _from_header(text: str) -> tuple[str, list[str]]:
    """`text` without titles or remarks above the header, and a note on them.

    Such a line has one cell, the first, whatever may separate it, where most rows have several.
    """
    lines, above = text.split("\n", LOOKED_AT)[:LOOKED_AT], 0
    while above < min(MOST_ABOVE, len(lines) - 1) and _is_lone(lines[above]):
        rest = lines[above + 1 :]
        try:
            rows = [row for row in csv.reader(rest, delimiter=_separator("\n".join(rest))) if row]
        except csv.Error:
            return text, []
        if 2 * sum(sum(map(bool, map(str.strip, row))) > 1 for row in rows) <= len(rows):
            break
        above += 1
    if not above:
        return text, []
    told = [line.strip(" ,;|\t\r") for line in lines[:above]]
    note = f"Lines above the header were passed over: {some(map(repr, filter(None, told)))}."
    return text.split("\n", above)[above], [note]


def _is_lone(line: str) -> bool:
    """Whether a line is empty or holds one cell, the first, whatever separates cells."""
    cells = [[bool(cell.strip()) for cell in line.split(mark)] for mark in SEPARATORS]
    return not any(any(filled[1:]) or (len(filled) > 1 and not filled[0]) for filled in cells)


def _twice(text: str, separator: str, written: pd.DataFrame) -> list[str]:
    """A note on columns of one name with different cells, which pandas numbers."""
    header = next(csv.reader(text.split("\n", LOOKED_AT)[:LOOKED_AT], delimiter=separator), [])
    header = [name.strip() for name in header]
    twice = sorted({name for name in header if name and header.count(name) > 1})
    columns = [str(column).strip() for column in written.columns]
    differ = [
        name
        for name in twice
        if f"{name}.1" in columns
        and name in columns
        and not written.iloc[:, columns.index(name)].equals(
            written.iloc[:, columns.index(f"{name}.1")]
        )
    ]
    if not differ:
        return []
    return [
        f"Several columns are called {some(map(repr, differ))}, and their cells differ; the first "
        f"keeps the name, the next is called {differ[0] + '.1'!r}."
    ]


def _is_code(cells: pd.Series, numbers: pd.Series) -> bool:
    """Whether numbers are names rather than quantities: leading zeros, or more digits than a
    number holds beside empty cells."""
    cells = cells.str.strip()
    if cells.str.fullmatch(r"[+-]?0\d+").any():
        return True
    return cells.str.fullmatch(rf"[+-]?\d{{{LONG_NUMBER},}}").any()


def _separator(text: str) -> str:
    """The separator that cuts every row into as many cells as the header, where several occur in
    it; the one with most cells where none or more than one does."""
    header = text.partition("\n")[0]
    found = [mark for mark in SEPARATORS if mark in header]
    if len(found) < 2:
        return found[0] if found else ","

    def rank(mark: str) -> tuple[bool, int]:
        lengths = {len(row) for row in csv.reader(StringIO(text), delimiter=mark) if row}
        return len(lengths) == 1, header.count(mark)

    try:
        return max(found, key=rank)
    except csv.Error:
        return max(found, key=header.count)
