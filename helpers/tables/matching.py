"""Which image file a cell of a table means, and which column names the files."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote, urlsplit

import pandas as pd

from helpers.datasets.words import some
from helpers.tables.reading import Table

CALLED = {"id", "ids", "uid", "code", "key", "name", "nr", "no", "number", "num", "index", "idx"}
BEGINS = ("image", "img", "file", "photo", "pic", "bild", "foto")
# What a file is called that was made of the image meant, or is another one beside it.
DERIVED = re.compile(
    r"mask|seg(mentation)?|thumb|preview|annot|overlay|heat|duplicate|copy|similar|nearest|neighbou?r"
    r"|match|parent|related|refer|reference|source|origin|template|depth|edited|augment"
)
NUMBER = re.compile(r"\d{1,15}")  # more digits are a code, which no row number reaches
ANY_EXTENSION = re.compile(r"\.[a-z][a-z0-9]{1,4}", re.IGNORECASE)


class FileIndex:
    """Finds the image that a cell of a table means, among those that lie in the folder.

    With `prefix` ("train/") cells are relative to that folder, and only images in it are found.
    Where a cell fits several, the one among the ids `preferred` counts. `seen` says how an image is
    called from where cells are read, where that is no folder among the images' ("photos/1.jpg").
    """

    def __init__(
        self,
        image_ids: Iterable[str],
        prefix: str = "",
        preferred: Iterable[str] = (),
        seen: Callable[[str], str] | None = None,
    ):
        seen = seen or (lambda image_id: image_id[len(prefix) :])
        self.ids = {
            seen(image_id): image_id for image_id in image_ids if image_id.startswith(prefix)
        }
        self.preferred = {seen(image_id) for image_id in preferred if image_id.startswith(prefix)}

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """Image ids by file name in lower case, with its extension and without."""
        names: dict[str, list[str]] = {}
        for image_id in self.ids:
            name = image_id[image_id.rfind("/") + 1 :].lower()
            names.setdefault(name, []).append(image_id)
            if (stem := name[: name.rfind(".")]) != name:
                names.setdefault(stem, []).append(image_id)
        return names

    def find(self, cell: str) -> str | None:
        """The image id for one cell, or None where no image, or more than one, fits.

        A path may be relative to any folder above the image or to another machine's root, lack its
        extension or differ in case; of a web address the last name counts.
        """
        found = _only(self.fits(cell))
        if found is None and "%" in cell and "://" not in cell:
            found = _only(self.fits(unquote(cell)))
        return found

    def find_by_name(self, cell: str) -> str | None:
        """The one image whose file name ends the path in `cell`, wherever both lie, or None."""
        return _only(self.fits(cell, by_name=True))

    def exact(self, cell: str) -> str | None:
        """The image whose whole path one cell is, or None."""
        return self.ids.get(cell) or self.ids.get(_path_in(cell))

    def fits(self, cell: str, by_name: bool = False) -> set[str]:
        """All images that one cell may mean, the preferred ones if any is; `by_name` as in
        `find_by_name`."""
        if not by_name and (exact := self.exact(cell)):
            return {exact}
        path = _path_in(cell)
        path = posixpath.normpath("/" + path.lstrip("/").lower())
        fits = set(self._by_name.get(posixpath.basename(path), ()))
        if not by_name and "://" not in cell:
            fits = {image_id for image_id in fits if _ends_alike(path, image_id.lower())}
        return self._preferred(fits)

    def find_by_stem(self, cell: str) -> str | None:
        """The one image that is called as the file in `cell` but for another extension, or None."""
        name = posixpath.basename(unicodedata.normalize("NFC", cell.replace("\\", "/")).lower())
        stem, extension = posixpath.splitext(name)
        if not stem or not ANY_EXTENSION.fullmatch(extension):
            return None
        fits = {one for one in self._by_name.get(stem, ()) if _stem_of(one) == stem}
        return _only(self._preferred(fits))

    def _preferred(self, fits: set[str]) -> set[str]:
        if len(fits) > 1:
            fits = fits & self.preferred or fits
        return {self.ids[image_id] for image_id in fits}


def _path_in(cell: str) -> str:
    text = unquote(urlsplit(cell).path) if "://" in cell else cell
    return posixpath.normpath(unicodedata.normalize("NFC", text.replace("\\", "/")))


def _only(image_ids: set[str]) -> str | None:
    return next(iter(image_ids)) if len(image_ids) == 1 else None


def _stem_of(image_id: str) -> str:
    return posixpath.splitext(posixpath.basename(image_id).lower())[0]


def _ends_alike(path: str, image_id: str) -> bool:
    """Whether one of two paths ends the other, the image's with its extension or without."""
    ways = ("/" + image_id, "/" + posixpath.splitext(image_id)[0])
    return any(way.endswith(path) or path.endswith(way) for way in ways)


@dataclass(frozen=True)
class Match:
    """What one column names: the image id of each row (None where not found), how many rows name
    a whole file (with its extension), how many any, whether by file name alone; the images that a
    cell may mean which fits several; how many rows name one by more than a number that rows have as
    well, and whether files have another extension here."""

    column: str
    ids: list[str | None]
    whole: int
    known: int
    by_name: bool = False
    several: Mapping[str, set[str]] = field(default_factory=dict)
    sure: int = 0
    converted: bool = False


def match_column(table: Table, column: str, index: FileIndex) -> Match:
    """Which images the cells of `column` name, over all rows."""
    cells = table.text(column)
    cells = [cell if there else None for cell, there in zip(cells, cells.notna(), strict=True)]
    counts = Counter(cells)
    counts.pop(None, None)
    found = {cell: index.find(cell) for cell in counts}
    by_name = False
    if 2 * sum(image_id is not None for image_id in found.values()) < len(found):
        paths = [cell for cell in counts if "/" in cell or "\\" in cell]
        loose = {cell: index.find_by_name(cell) for cell in paths}
        if len({*filter(None, loose.values())}) > len({*filter(None, found.values())}):
            found, by_name = found | loose, True
        elif not any(index.fits(cell) for cell in counts):
            by_name = bool(paths)
    converted = False
    if 2 * sum(image_id is not None for image_id in found.values()) < len(found):
        stems = {cell: index.find_by_stem(cell) for cell, known in found.items() if not known}
        stems = {cell: image_id for cell, image_id in stems.items() if image_id}
        if 2 * len(stems) >= len(found) and len({*stems.values()}) == len(stems):
            found, converted = found | stems, True
    known = {cell: image_id for cell, image_id in found.items() if image_id}
    several = {cell: index.fits(cell, by_name) for cell in counts if cell not in known}
    return Match(
        column,
        [found.get(cell) for cell in cells],
        sum(counts[cell] for cell, image_id in known.items() if _is_whole(cell, image_id)),
        sum(counts[cell] for cell in known),
        by_name,
        {cell: fits for cell, fits in several.items() if fits},
        sum(counts[cell] for cell in known if not NUMBER.fullmatch(cell)),
        converted,
    )


def _is_whole(cell: str, image_id: str) -> bool:
    if cell == image_id:
        return True
    path = unquote(urlsplit(cell).path) if "://" in cell else cell.replace("\\", "/")
    return path.lower().endswith(posixpath.basename(image_id).lower())


def choose_files(
    table: Table, index: FileIndex, words: Sequence[str]
) -> tuple[Match | None, list[str]]:
    """The column of `table` that names the files, None where none does, and notes.

    It is the one whose cells name the most files, by their whole names or by what is more than a
    number, which rows have as well; else the one whose numbers do. Among equals, the one called by
    the earliest of `words`, which lists plain column names, and never like a file made of the image
    (mask, thumbnail).
    """
    columns = table.typed.select_dtypes(exclude=["float", "bool", "datetime"]).columns
    matches = [match_column(table, column, index) for column in columns]
    matches = [match for match in matches if _may_name(table, match, words)]
    # Where no name is a file's alone, the folders of the labels may tell them apart.
    matches = [m for m in matches if m.known] or [m for m in matches if m.several]
    if not matches:
        return None, []
    most = max(match.known for match in matches)

    def strength(match: Match) -> int:
        return match.sure if 2 * match.sure >= most else 0

    def rank(match: Match) -> tuple:
        name = plain(match.column)
        place = words.index(name) if name in words else len(words) - 2
        derived = bool(DERIVED.search(match.column.lower()))
        return -strength(match), -match.known, derived, place, -match.whole

    best, *others = sorted(matches, key=rank)
    rivals = [
        match.column
        for match in others
        if match.ids != best.ids
        and (match.sure and 2 * match.sure >= best.sure or not strength(best))
        and 2 * match.known >= best.known
    ]
    notes = []
    if rivals:
        notes.append(
            f"Column {best.column!r} of '{table.name}' was taken to name the files, not "
            f"{some(map(repr, rivals))}, whose cells name files too; name another with files='…'."
        )
    elif not strength(best) and rank(best)[3] >= len(words) - 2 and _counts_rows(table, best):
        notes.append(
            f"Column {best.column!r} of '{table.name}' was taken to name the files, though it "
            "only counts the rows; look at some images and their labels, and if they do not fit, "
            "add a column with the file names."
        )
    if best.by_name:
        notes.append(
            f"Folders in column {best.column!r} of '{table.name}' are not those of the images; "
            "the file names alone were compared."
        )
    if best.converted:
        notes.append(
            f"Files in column {best.column!r} of '{table.name}' have other extensions than the "
            "images; what stands before the extension was compared."
        )
    return best, notes


def _may_name(table: Table, match: Match, words: Sequence[str]) -> bool:
    """Whether a column may name files: a count or measure that happens to be the number of some
    file (epoch, age) does not, unless it is called like a number of images."""
    if match.whole or not pd.api.types.is_numeric_dtype(table.typed[match.column]):
        return True
    parts = re.split(r"[\W_]+|(?<=[a-z])(?=[A-Z])", match.column)
    called = any(part.lower() in CALLED or part.lower().startswith(BEGINS) for part in parts)
    return called or plain(match.column) in words


def plain(name: object) -> str:
    """A column's name in lower case without spaces and marks."""
    return "".join(c for c in str(name).lower() if c.isalnum())


def _counts_rows(table: Table, match: Match) -> bool:
    cells = table.text(match.column)
    if len(cells) < 3 or cells.iloc[0] not in ("0", "1"):
        return False
    first = int(cells.iloc[0])
    return cells.tolist() == [str(first + i) for i in range(len(cells))]
