"""Decisions as CSV, decisions made elsewhere, and which image here each of them is about.

An image is known by its name and by its content, so that marks are found again when a folder was
moved, copied or put in order, and are not given to another picture that has taken the name.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from helpers.datasets.dataset import Dataset
from helpers.datasets.safe_names import read_cells
from helpers.datasets.storage import DatasetError, read_log, work_folder
from helpers.datasets.words import some

FIELDS = ["image_id", "action", "label", "reason", "when", "content"]
TABLE = """
CREATE TABLE IF NOT EXISTS decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, image_id TEXT NOT NULL, action TEXT NOT NULL,
    reason TEXT NOT NULL, label TEXT, "when" TEXT NOT NULL, undone INTEGER, content TEXT)"""
COLUMNS = ["image_id", "action", "reason", "label", "when", "undone", "content"]


def content_of(path: Path) -> str | None:
    """Size in bytes and SHA-256 of a file, "1234-0f3a…"; None where it cannot be read."""
    try:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return f"{os.fstat(file.fileno()).st_size}-{digest}"
    except OSError:
        return None


def read_history(path: Path) -> pd.DataFrame:
    """All rows of the log in SQLite, by running number; content is missing in old logs."""
    rows = read_log(path, "SELECT * FROM decisions ORDER BY id")
    rows = [row + (None,) * (1 + len(COLUMNS) - len(row)) for row in rows]
    kinds = dict.fromkeys(COLUMNS, "str") | {"when": "object", "undone": "Int64"}
    table = pd.DataFrame(rows, columns=["id", *COLUMNS]).set_index("id").astype(kinds)
    return table.assign(when=pd.to_datetime(table["when"], utc=True, format="ISO8601"))


def last_entry(path: Path) -> tuple:
    """What changes whenever something is written to the log, which only ever grows: its file and
    the number of its last row."""
    rows = read_log(path, "SELECT max(id) FROM decisions")
    return (path.stat().st_ino, *rows[0]) if rows else (None,)


def standing(history: pd.DataFrame) -> pd.DataFrame:
    """The rows of `history` that stand: not undone, and the last about their image."""
    left = history[(history["action"] != "undo") & ~history.index.isin(history["undone"].dropna())]
    return left.drop_duplicates("image_id", keep="last")


def write_csv(decisions: pd.DataFrame, path: Path) -> None:
    """Write the columns `FIELDS` of `decisions`; refuses to replace a file.

    Raises
    ------
    DatasetError
        There is a file already, or none can be written.
    """
    when = decisions["when"].map(lambda moment: moment.isoformat(timespec="milliseconds"))
    rows = decisions.assign(when=when)[FIELDS].astype(object)
    rows = rows.where(rows.notna(), "").to_numpy().tolist()
    try:
        with open(path, "x", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([FIELDS, *rows])
    except FileExistsError as error:
        raise DatasetError(
            f"'{path}' is there already and is not replaced; choose another name."
        ) from error
    except OSError as error:
        raise DatasetError(
            f"'{path}' cannot be written ({error.strerror}); choose a folder that is there and "
            "that you may write to."
        ) from error


def read_decisions(path: Path) -> pd.DataFrame:
    """The decisions in a CSV or a log in SQLite: a row each with the columns `FIELDS`.

    Raises
    ------
    DatasetError
        The file cannot be read, or a row is no decision.
    """
    if not path.is_file():
        raise DatasetError(f"There is no file '{path}' to read decisions from.")
    try:
        begins = path.open("rb").read(15)
        table = standing(read_history(path))[FIELDS] if begins == b"SQLite format 3" else None
        return _read_csv(path) if table is None else table.reset_index(drop=True)
    except OSError as error:
        raise DatasetError(f"'{path}' cannot be read ({error.strerror}).") from error


def _read_csv(path: Path) -> pd.DataFrame:
    expected = (
        f"expected a CSV with columns {', '.join(FIELDS)}, of which image_id and action must be"
    )
    try:
        header, by_line = read_cells(path)
    except ValueError as error:
        raise DatasetError(f"'{path.name}' holds no decisions ({error}); {expected}.") from error
    header = [name.strip().lower() for name in header]
    if len({*header}) < len(header):
        twice = some(sorted({name for name in header if header.count(name) > 1}))
        raise DatasetError(f"'{path.name}' holds no decisions (two columns {twice}); {expected}.")
    if lacking := {"image_id", "action"} - {*header}:
        there = f"column {some(sorted(lacking))} is missing among {some(header, 9)}"
        raise DatasetError(f"'{path.name}' holds no decisions ({there}); {expected}.")
    rows = [row for row in by_line.values() if any(cell.strip() for cell in row)]
    if uneven := [number for number, row in enumerate(rows, 1) if len(row) != len(header)]:
        raise DatasetError(
            f"Row {uneven[0]} of '{path.name}' has not the {len(header)} cells of its header."
        )
    table = pd.DataFrame(rows, columns=header, dtype="str").reindex(columns=FIELDS)
    reason = table["reason"].fillna("")
    label = table["label"].astype("str").str.normalize("NFC")  # as classes are named here
    table = table.where(table != "").assign(reason=reason, label=label.where(label != ""))
    when = pd.to_datetime(table["when"], utc=True, format="ISO8601", errors="coerce")
    if (odd := table.index[table["when"].notna() & when.isna()]).size:
        raise DatasetError(
            f"Row {odd[0] + 1} of '{path.name}' was decided {table['when'][odd[0]]!r}; expected a "
            "time such as 2026-05-31T14:05:00+00:00, or nothing for now."
        )
    return table.assign(when=when.fillna(pd.Timestamp.now("UTC").floor("ms")))


def match(dataset: Dataset, decisions: pd.DataFrame) -> pd.DataFrame:
    """Which image of `dataset` each decision is about.

    Returns
    -------
    DataFrame with the index of `decisions`
        here (image id, missing where there is none) and how: "name and content", "name alone"
        (one of the two contents is not known), "content alone" (the file has another name here),
        "no such image", "another picture" (has the name here), "several images" or "several
        decisions" (fit by content alone); content (that of the decision, or where it has none,
        as a table that a person filled in, that of the file here).
    """
    known, rows = dataset.images.index, {}
    for row in decisions.itertuples():
        at_hand = content_of(dataset.path(row.image_id)) if row.image_id in known else None
        alike = at_hand == row.content or at_hand is None or pd.isna(row.content)
        sure = at_hand is not None and not pd.isna(row.content)
        if row.image_id not in known or not alike:
            how = "another picture" if row.image_id in known else "no such image"
            rows[row.Index] = None, how, row.content
        else:
            how, content = "name and content" if sure else "name alone", row.content
            rows[row.Index] = row.image_id, how, at_hand if pd.isna(content) else content
    found = pd.DataFrame.from_dict(rows, "index", columns=["here", "how", "content"], dtype=object)
    found = found.reindex(decisions.index)
    lost = decisions["content"][found["here"].isna()].dropna()
    twins = _with_content(dataset, {*lost}, {*found["here"].dropna()})
    for index, content in lost.items():
        fits = twins.get(content, [])
        if len(fits) == 1 and (lost == content).sum() == 1:
            found.loc[index, ["here", "how"]] = fits[0], "content alone"
        elif fits:
            found.loc[index, "how"] = "several images" if len(fits) > 1 else "several decisions"
    return found


def _with_content(
    dataset: Dataset, contents: Iterable[str], taken: Iterable[str]
) -> dict[str, list[str]]:
    """Images of each of `contents`, except `taken`; only files of a fitting size are read."""
    sizes, fits = {content.partition("-")[0] for content in contents}, {}
    for image_id in dataset.images.index.difference([*taken]) if sizes else ():
        path = dataset.path(image_id)
        try:
            size = str(path.stat().st_size)
        except OSError:
            continue
        if size in sizes and (content := content_of(path)) in contents:
            fits.setdefault(content, []).append(image_id)
    return fits


def changed(dataset: Dataset, decisions: pd.DataFrame) -> list[str]:
    """Images whose file is not the one that was decided about any more."""
    here = decisions[decisions["image_id"].isin(dataset.images.index)].dropna(subset="content")
    pairs = zip(here["image_id"], here["content"], strict=True)
    return [name for name, content in pairs if content_of(dataset.path(name)) != content]


def elsewhere(dataset: Dataset, name: str) -> dict[Path, pd.DataFrame]:
    """Logs `name` of other folders with decisions about files that `dataset` has, most first.

    Each comes with those decisions. Names alone prove nothing here, "1.jpg" lies in many folders:
    the content has to be the same.
    """
    own, found = dataset.work, {}
    for path in sorted(work_folder().glob(f"*/{name}.sqlite")):
        if path.parent == own:
            continue
        try:
            table = standing(read_history(path))
        except DatasetError:  # another dataset's damaged log is no concern of this one
            continue
        sure = match(dataset, table)["how"].isin(["name and content", "content alone"])
        if sure.any():
            found[path] = table[sure.to_numpy()]
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))
