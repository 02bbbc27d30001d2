"""A table that is given together with a folder of images, wherever it lies: which file is meant,
and from where its cells are read."""

from __future__ import annotations

import os
import posixpath
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from helpers.datasets.decisions import ACTIONS
from helpers.datasets.storage import DatasetError, expand_home
from helpers.datasets.words import some, suggestion
from helpers.opening.folders import TABLES
from helpers.opening.names import split_and_rest
from helpers.tables.matching import FileIndex, Match
from helpers.tables.reading import Table, load
from helpers.tables.rows import Rows, choose_column, read_rows

Asked = Mapping[str, str | None]


def find_given(given: str | os.PathLike, folder: Path) -> Path:
    """The table that `given` means: from the present folder, from `folder`, or beside that.

    Raises
    ------
    DatasetError
        There is none, it is of another kind, or several are meant.
    """
    path, folder = expand_home(given), folder.resolve()
    if os.path.isdir(path) or (os.path.isfile(path) and path.suffix.lower() not in TABLES):
        what = "is a folder" if os.path.isdir(path) else "is a file of another kind"
        raise DatasetError(
            f"'{given}' {what}; expected a table with a row per image, called "
            f"{some(sorted(TABLES), 9)}."
        )
    found = _places(path, folder)
    if not found:
        beside = [
            entry.name
            for place in (folder, folder.parent)
            if os.access(place, os.R_OK)
            for entry in place.iterdir()
            if entry.suffix.lower() in TABLES
        ]
        raise DatasetError(
            f"'{given}': there is no such table, neither here nor in '{folder}' nor beside it"
            f"{suggestion(path.name, beside)}; give the path of a table with a row per image."
        )
    if len(found) > 1:
        ways = " or ".join(f"'{one}'" for one in found)
        raise DatasetError(f"'{given}' may be {ways}; give the whole path of the one that counts.")
    return found[0]


def _places(path: Path, folder: Path) -> list[Path]:
    """The different files that `path` is, from the present folder, from `folder`, and beside it."""
    found: dict[str, Path] = {}
    for way in (path, folder / path, folder.parent / path):
        if os.path.isfile(way) and way.suffix.lower() in TABLES:
            found.setdefault(os.path.realpath(way), way.parent.resolve() / way.name)
    return list(found.values())


def name_given(path: Path, folder: Path) -> str:
    """The shortest that `find_given` takes for the table at `path`: its name, else its path."""
    return path.name if _places(Path(path.name), folder) == [path] else str(path)


@dataclass(frozen=True)
class Reading:
    """One way to read the cells of a table: from the image folder, as the folder is seen from the
    table, or with the folder's own name in front."""

    table: Table
    index: FileIndex
    files: str | None
    strict: bool = True

    @cached_property
    def chosen(self) -> tuple[Match, list[str]] | None:
        """The column that names the files, read this way, and notes; None where none does."""
        try:
            return choose_column(self.table, self.index, self.files)
        except DatasetError:
            return None

    @property
    def match(self) -> Match | None:
        return self.chosen and self.chosen[0]

    @cached_property
    def exact(self) -> dict[str, str]:
        """The image by cell, of cells that are the whole path of one."""
        cells = self.table.text(self.match.column).dropna().unique() if self.match else ()
        found = {cell: self.index.exact(cell) for cell in cells}
        return {cell: image_id for cell, image_id in found.items() if image_id}

    def rank(self) -> tuple[int, int, int]:
        """How well it explains the table: cells that are whole paths, images found, and how few
        of different cells mean one image."""
        if self.match is None:
            return -1, 0, 0
        cells = self.table.text(self.match.column)
        known = {(c, i) for c, i in zip(cells, self.match.ids, strict=True) if i}
        images = {image_id for _, image_id in known}
        return self.strict * len(self.exact), len(images), len(images) - len(known)


def read_given(path: Path, root: Path, splits: pd.Series, asked: Asked) -> Rows:
    """What the table at `path` says of the images in `root`, of which `splits` has the split by
    image id.

    Its cells may be relative to `root`, or to where the table lies, or begin with the name of
    `root`; the way counts that finds most images by their whole paths.

    Raises
    ------
    DatasetError
        Cells name no images of `root`, or mean different ones by two ways that are both plausible.
    """
    table = load(path, asked.get("encoding"))
    best = best_reading(table, path, root, splits, asked.get("files"))
    try:
        return read_rows(table, best.index, asked, best.chosen)
    except DatasetError as error:
        if best.match is not None and best.match.known:
            raise
        raise DatasetError(
            f"{str(error).rstrip('.')}. Its cells should name images of '{root}', which are called "
            f"as {splits.index[0]!r} is; give the table that belongs to this folder, or the folder "
            "that belongs to this table."
        ) from error


def best_reading(
    table: Table, path: Path, root: Path, splits: pd.Series, files: str | None = None
) -> Reading:
    """The way to read `table`, which lies at `path`, that explains most of it; `files` may name its
    column of files. Raises DatasetError as `read_given` does where two ways differ."""
    ids, files = splits.index.tolist(), files if files in table.columns else None
    split = split_and_rest(path.stem)[0]
    preferred = splits.index[splits == split] if split else ()
    here = Reading(table, FileIndex(ids, "", preferred), files)
    ways = [here]
    if (seen := _seen_from(path.parent, root)) is not None:
        ways.append(Reading(table, FileIndex(ids, "", preferred, seen), files))
    if path.parent != root.parent:
        index = FileIndex(ids, "", preferred, _below(root.name))
        ways.append(Reading(table, index, files, strict=False))
    for other in ways[1:]:
        _refuse_two_ways(here, other, path, root)
    return max(ways, key=Reading.rank)


def _seen_from(place: Path, root: Path) -> Callable[[str], str] | None:
    """How an image of `root` is called from the folder `place`; None where no path leads there."""
    if place.is_relative_to(root):
        inside = place.relative_to(root).as_posix()
        return lambda image_id: posixpath.relpath(image_id, inside)
    try:
        above = Path(os.path.relpath(root, place)).as_posix()
    except ValueError:  # another drive
        return None
    return _below(above)


def _below(folder: str) -> Callable[[str], str]:
    folder = unicodedata.normalize("NFC", folder)  # as image ids and cells are
    return lambda image_id: f"{folder}/{image_id}"


def _refuse_two_ways(first: Reading, second: Reading, path: Path, root: Path) -> None:
    """Raise DatasetError where cells are whole paths of different images by two ways of reading
    them, and neither way explains twice as many cells as the other."""
    one, other = first.exact, second.exact
    differ = [cell for cell in one if other.get(cell, one[cell]) != one[cell]]
    if not differ or 2 * min(len(one), len(other)) <= max(len(one), len(other)):
        return
    cell = differ[0]
    way = f"to mean the first, copy the table to a place outside '{root}'"
    if one[cell].endswith(f"/{other[cell]}"):
        folder = one[cell].removesuffix(f"/{other[cell]}")
        way = f"to mean the first, open '{root / folder}' with this table"
    raise DatasetError(
        f"'{path.name}': {cell!r} may mean {one[cell]!r} or {other[cell]!r} in '{root}', and both "
        f"are there, so that none was taken; {way}; to mean the second, write {other[cell]!r}, and "
        "the others in the same way."
    )


def is_product(table: Table) -> bool:
    """Whether a table is one that a report writes or a log of decisions exports, not metadata:
    pairs, suspects, images with what they stay with, or verdicts."""
    columns = {str(column).strip().lower() for column in table.columns}
    if "image_id" not in columns:
        return False
    if columns & {"other_id", "stays_with", "suggested_label"}:
        return True
    column = next((one for one in table.columns if one.strip().lower() == "action"), None)
    words = () if column is None else table.text(column).dropna().str.lower().unique()
    return column is not None and {*words} <= {*ACTIONS}
