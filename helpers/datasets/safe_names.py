"""Names of files and folders that every computer allows, and that stay apart on all of them; and
cells of a table that a spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable
from io import StringIO
from pathlib import Path, PurePosixPath
from unicodedata import category, normalize

import pandas as pd

from helpers.datasets.words import count

# Windows keeps these for devices, whatever their extension.
DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"}
DEVICES |= {f"{port}{number}" for port in ("com", "lpt") for number in "123456789¹²³"}
FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
"""What a cell begins with that a spreadsheet computes, after OWASP's "CSV injection"."""

NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?\s*%?", re.IGNORECASE)
LONGEST = 120  # bytes; file systems allow 255, and old Windows 260 letters for a whole path


def safe_name(name: str) -> str:
    """`name` as one folder or file: no separators, wildcards, control characters, device names or
    leading and trailing dots and spaces; at most 120 bytes, the extension kept."""
    clean = "".join("_" if category(c)[0] == "C" else c for c in normalize("NFC", name))
    clean = re.sub(r'[/\\:*?"<>|]', "_", clean)
    clean = re.sub(r"^[. ]+|[. ]+$", "_", clean) or "_"
    if clean.partition(".")[0].rstrip().lower() in DEVICES:
        clean = "_" + clean
    return _cut(clean)


def _cut(name: str, end: str = "") -> str:
    """`name` with `end` before its extension, shortened to `LONGEST` bytes."""
    suffix = PurePosixPath(name).suffix if len(PurePosixPath(name).suffix) < 12 else ""
    stem = name[: len(name) - len(suffix)]
    room = LONGEST - len(suffix.encode()) - len(end.encode())
    return stem.encode()[:room].decode(errors="ignore") + end + suffix


def distinct_names(names: Iterable[str], reserved: Iterable[str] = ()) -> dict[str, str]:
    """A safe name for each of `names`, distinct where capitals do not count, too.

    None is one of `reserved` (in small letters).
    What follows a NUL character in a name only tells it from others of the same name. Names that
    are safe as they are keep it, whatever the others are called.
    """
    names = list(names)
    wanted = {name: safe_name(name.partition("\0")[0]) for name in names}
    given, taken = {}, {*reserved}
    for name in sorted(names, key=lambda name: wanted[name] != name.partition("\0")[0]):
        found, number = wanted[name], 1
        while found.casefold() in taken:
            number += 1
            found = _cut(wanted[name], f"-{number}")
        taken.add(found.casefold())
        given[name] = found
    return {name: given[name] for name in names}


def as_csv(table: pd.DataFrame, index: bool = False) -> str:
    """`table` as CSV, lines ended by a line feed. A carriage return within a cell, which Python
    before 3.13 leaves bare so that it ends the row, has all cells quoted."""
    text = table.to_csv(index=index, lineterminator="\n")
    if "\r" not in text:
        return text
    return table.to_csv(index=index, lineterminator="\n", quoting=csv.QUOTE_ALL)


LINES = "lines"


def read_cells(path: Path) -> tuple[list[str], dict[int, list[str]]]:
    """The header of a CSV, and by the number of its last line the cells of each row that has any.

    As `as_csv` wrote it or a spreadsheet saved it: parted by commas, semicolons or tabs, in UTF-8,
    or in UTF-16 as "Unicode text". Empty cells beyond the header are left out, and columns without
    a name get one. Rows may be shorter than the header.

    Raises
    ------
    OSError, ValueError
        The file cannot be read, or is no such table; the message says why, as a half-sentence.
    """
    text = _decode(path.read_bytes())
    separator = max(",;\t", key=_first_line(text).count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    rows = {}
    try:
        for row in filter(None, reader):
            rows[reader.line_num] = row
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num:,} is no row of a CSV: {error}") from error
    if not rows:
        raise ValueError("it is empty")
    header = rows.pop(next(iter(rows)))
    while header and not header[-1].strip():
        header.pop()
    twice = [name for number, name in enumerate(header) if name and name in header[:number]]
    if twice:
        raise ValueError(f"its header has two columns {twice[0]!r}: rename one, or leave it out")
    for line, row in rows.items():
        if any(cell.strip() for cell in row[len(header) :]):
            what = "a tab" if separator == "\t" else repr(separator)
            raise ValueError(
                f"line {line:,} has {count(row, 'cell')}, and the header {len(header)}: put a cell "
                f"that holds {what} itself in double quotes, and give each column a name"
            )
        del row[len(header) :]
    return [name or f"Unnamed: {number}" for number, name in enumerate(header)], rows


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-16" if raw[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8-sig")
    except UnicodeError as error:
        raise ValueError(
            "its text is not in UTF-8: open it in the program that saved it, and save it anew, in "
            "Excel as 'CSV UTF-8 (Comma delimited)', elsewhere with the character set UTF-8"
        ) from error


def _first_line(text: str) -> str:
    """The first line that is not empty, without what stands in quotes."""
    begin = text.lstrip("\r\n")
    return re.split(r"[\r\n]", re.sub(r'"[^"]*"', "", begin), maxsplit=1)[0]


def read_text_csv(path: Path) -> pd.DataFrame:
    """A CSV, as `read_cells` reads it, with every cell as the text it is, "" where empty.

    ``attrs[LINES]`` holds for each row the number of its last line in the file.

    Raises
    ------
    OSError, ValueError
        As `read_cells`.
    """
    header, rows = read_cells(path)
    full = [row + [""] * (len(header) - len(row)) for row in rows.values()]
    table = pd.DataFrame(full, columns=header, dtype="str")
    table.attrs[LINES] = [*rows]
    return table


def say_formulas(table: pd.DataFrame, where: str) -> list[str]:
    """A warning about cells that a spreadsheet would compute, none where there are none.

    OWASP advises to put an apostrophe before such a cell. That is not done here: whoever reads the
    table by a program, pandas or `open_dataset` say, would then find no image of that name, and a
    cell that says the same to them says the same to a spreadsheet, quoted or not.

    Parameters
    ----------
    table : DataFrame
        Index and columns are looked at, numbers are not: "-5" is none, "-5/a.jpg" is one.
    where : str
        What the table is called.
    """
    columns = [table.index.to_series(), *(column for _, column in table.items())]
    cells = {
        cell
        for column in columns
        if not pd.api.types.is_numeric_dtype(column)
        for cell in column
        if isinstance(cell, str) and FORMULA.match(cell) and not NUMBER.fullmatch(cell)
    }
    if not cells:
        return []
    first = min(cells)
    begin, they, are = ("begins", "it", "is") if len(cells) == 1 else ("begin", "they", "are")
    return [
        f"{count(len(cells), 'text')} in {where} {begin} as a formula does (such as "
        f"{first[:60]!r}), which a spreadsheet would compute; {they} {are} kept as {they} {are}, "
        "for programs to read. Import the table as "
        "text instead of opening it: in Excel by Data, From Text/CSV, 'Do not detect data types'; "
        "in LibreOffice with 'Evaluate formulas' off."
    ]
