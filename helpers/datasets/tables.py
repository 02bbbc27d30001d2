"""A CSV, TSV or Parquet beside the images: labels, splits and metadata, row by row."""

from __future__ import annotations

import posixpath
import re
import unicodedata
import warnings
from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path

import pandas as pd

from helpers.datasets.folders import EXTENSIONS, split_of
from helpers.datasets.matching import FileIndex
from helpers.datasets.storage import DatasetError
from helpers.datasets.words import count, some, suggestion

# Column names without case, spaces and marks, the surest first.
# fmt: off
PATH_WORDS = (
    "path", "filepath", "imagepath", "imgpath", "file", "filename", "imagefile", "imagefilename",
    "imagename", "imgname", "fname", "image", "img", "photo", "picture", "imageid", "imgid",
    "datei", "dateiname", "pfad", "bild", "fichier", "archivo", "name", "id")
LABEL_WORDS = (
    "classname", "labelname", "categoryname", "targetname", "label", "labels", "class", "target",
    "category", "species", "diagnosis", "dx", "breed", "kategorie", "klasse", "classe", "catégorie",
    "clase", "categoría", "categoria", "classid", "labelid", "y")
# fmt: on
SPLIT_WORDS = ("split", "subset", "set", "partition", "phase", "usage", "fold", "isvalid")
VALID_FLAGS = {"true": "valid", "1": "valid", "false": "train", "0": "train"}
GROUP_WORDS = ("specimen", "patient", "subject", "individual", "lesion", "animal", "group")
GROUP_WORDS += ("person", "customer", "user", "camera", "video", "sequence")
EXPECTED = "expected a column such as path, file or image, and perhaps label and split"


def _plain(name: object) -> str:
    return re.sub(r"[\W_]+", "", str(name).lower())


def _columns(table: pd.DataFrame, words: Iterable[str]) -> list[str]:
    """The columns of `table` that are called one of `words`, in the order of `words`."""
    named = {_plain(column): column for column in reversed(table.columns)}
    return [named[word] for word in words if word in named]


def _text(column: pd.Series) -> pd.Series:
    """Cells as stripped text, whole numbers without ".0", missing where empty."""
    text = column.convert_dtypes().astype("str").str.strip()
    return text.where(text != "")


def load(path: Path, as_text: Iterable[str | None] = ()) -> pd.DataFrame:
    """Read one table; cells of path, label and split columns, and of columns `as_text`, stay text
    ("007", "NA").

    Raises
    ------
    DatasetError
        When it cannot be read, has no rows or no header.
    """
    try:
        if path.suffix.lower() == ".parquet":
            table = pd.read_parquet(path)
            table = table.reset_index() if any(table.index.names) else table
        else:
            table = _load_text(path, as_text)
    except Exception as error:  # parsers raise many kinds
        why = getattr(error, "strerror", None) or (str(error) or repr(error)).splitlines()[0]
        raise DatasetError(f"'{path.name}' is no table we can read ({why}); {EXPECTED}.") from error
    if table.empty:
        raise DatasetError(f"'{path.name}' has no rows; {EXPECTED}.")
    table.columns = [str(column).strip() for column in table.columns]
    if any(posixpath.splitext(column)[1].lower() in EXTENSIONS for column in table.columns):
        what = f"no header, its first line is already a row ({some(table.columns)})"
        raise DatasetError(f"'{path.name}' has {what}; {EXPECTED}.")
    return table[[c for c in table.columns if not c.startswith("Unnamed:") and c]]


def _load_text(path: Path, as_text: Iterable[str | None]) -> pd.DataFrame:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")  # as Excel saves it on Windows
    header = text.partition("\n")[0]
    options = {"sep": max(",;\t|", key=header.count), "index_col": False}
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
        table = pd.read_csv(StringIO(text), **options)
        cells = pd.read_csv(StringIO(text), dtype="str", keep_default_na=False, **options)
    kept = _columns(table, (*PATH_WORDS, *LABEL_WORDS, *SPLIT_WORDS))
    kept += [c for c in table.columns if c.strip() in as_text and c not in kept]
    return table.assign(**cells[kept])


def _splits(table: pd.DataFrame, asked: str | None) -> tuple[list[str], pd.Series]:
    """Which columns tell the split, and the split by row, missing where not told."""
    for column in [asked] if asked else _columns(table, SPLIT_WORDS):
        text = _text(table[column])
        flags = VALID_FLAGS if _plain(column) == "isvalid" else {}
        words = {word: flags.get(word.lower(), split_of(word)) for word in text.dropna().unique()}
        splits = text.map(words).astype("str")
        if asked or 2 * splits.count() >= text.count():
            return [column], splits
    return [], pd.Series(None, table.index, dtype="str")


def _match(table: pd.DataFrame, index: FileIndex) -> tuple[str | None, list[str | None]]:
    """The column that names the files, and the image id of each row (None where not found)."""
    candidates = _columns(table, PATH_WORDS)
    others = [c for c in table.select_dtypes(["object", "string"]) if c not in candidates]
    for column in [*candidates, *others]:
        cells = _text(table[column]).fillna("").tolist()
        ids = [index.find(cell) if cell else None for cell in cells]
        if any(ids):
            return column, ids
    return None, []


def read_rows(
    path: Path, index: FileIndex, asked: Mapping[str, str | None]
) -> tuple[pd.DataFrame, list[str]]:
    """One table as rows by image_id (label and split, all missing where not told, then metadata),
    and notes on it. `asked` may name the columns "label" and "split".

    Raises
    ------
    DatasetError
        When no column names image files that are there, or a column asked for is not there.
    """
    table = load(path, asked.values())
    for name in filter(None, asked.values()):
        if name not in table.columns:
            hint = suggestion(name, table.columns)
            there = f"columns: {some(table.columns, 12)}"
            raise DatasetError(f"'{path.name}' has no column {name!r} ({there}){hint}.")
    label = [asked["label"]] if asked.get("label") else _columns(table, LABEL_WORDS)[:1]
    used, splits = _splits(table, asked.get("split"))
    column, ids = _match(table, index)
    if column is None:
        raise DatasetError(
            f"'{path.name}' has no column whose cells name an image file each (columns: "
            f"{some(table.columns, 6)}; first row: {some(table.iloc[0], 6)}); {EXPECTED}."
        )
    rows = table.drop(columns=[column, *label, *used])
    rows = rows.rename(columns={c: f"{c}_in_table" for c in ("label", "split", "image_id")})
    rows.insert(0, "label", _text(table[label[0]]) if label else pd.Series(None, dtype="str"))
    rows.insert(1, "split", splits)
    rows.index = pd.Index(ids, name="image_id", dtype="str")
    known, notes = rows[rows.index.notna()], _name_choice(table, label, LABEL_WORDS, "label", asked)
    notes += _name_choice(table, used, SPLIT_WORDS, "split", asked)
    if not label and (left := [c for c in table.columns if c not in (column, *used)]):
        notes.append(
            f"No column of '{path.name}' was taken as the label (columns: {some(left, 12)}); name "
            "it with label='…'."
        )
    if used and (odd := _text(table[used[0]])[splits.isna()].dropna().unique()).size:
        notes.append(f"Column {used[0]!r} has words that name no split: {some(odd)}.")
    if len(lost := _text(table[column])[rows.index.isna()].fillna("(empty)")):
        notes.append(
            f"{count(lost, 'row')} of '{path.name}' without exactly one image file: {some(lost)}."
        )
    if len(twice := known[known.index.duplicated(keep=False)]):
        labels = twice.groupby(level=0)["label"].nunique().sort_values(ascending=False)
        notes.append(
            f"'{path.name}' names {count(labels, 'image')} more than once, {sum(labels > 1):,} of "
            f"them with different labels; the first row counts: {some(labels.index)}."
        )
    return known[~known.index.duplicated()], notes


def _name_choice(
    table: pd.DataFrame, taken: list[str], words: Iterable[str], what: str, asked: Mapping
) -> list[str]:
    """A note on which column was taken, where several are called so and none was asked for."""
    others = [column for column in _columns(table, words) if column not in taken]
    if not taken or not others or asked.get(what):
        return []
    return [
        f"Column {taken[0]!r} was taken as the {what}, not {some(map(repr, others))}; name another "
        f"with {what}='…'."
    ]


def add_table(
    images: pd.DataFrame,
    root: Path,
    tables: list[str],
    explicit: bool,
    asked: Mapping[str, str | None],
) -> tuple[pd.DataFrame, list[str]]:
    """`images` with labels, splits and metadata from the one of `tables` that names its files.

    A table with labels decides which images belong; one without only adds columns. `asked` may
    name the columns "label" and "split".

    Raises
    ------
    DatasetError
        When a table (`explicit`) or column asked for by name cannot be used, or several tables
        could be meant.
    """
    index, errors, usable = FileIndex(images.index.tolist()), [], {}
    for name in tables:
        try:
            usable[name] = read_rows(root / name, index, asked)
        except DatasetError as error:
            if explicit:
                raise
            errors.append(str(error).rstrip("."))
    notes = [f"{error}; it was ignored." for error in errors]
    labelled = [name for name, (rows, _) in usable.items() if rows["label"].notna().any()]
    chosen = labelled or list(usable)
    if not chosen:
        if named := [f"{key}={name!r}" for key, name in asked.items() if name]:
            none = f"{some(named)}: '{root}' has no table (CSV, TSV, Parquet) to find it in"
            raise DatasetError("; ".join(errors or [none]) + ".")
        return images, notes
    if len(chosen) > 1:
        raise DatasetError(
            f"'{root}' holds {len(chosen)} tables that name its images ({some(chosen)}); "
            "expected one, so join them, or open the right one: "
            f"open_dataset('{root.name}/{chosen[0]}')."
        )
    name = chosen[0]
    if ignored := [other for other in usable if other != name]:
        notes.append(f"Tables without labels were ignored beside '{name}': {some(ignored)}.")
    rows, more = usable[name]
    images, fate = _join(images, rows, name, bool(labelled))
    return images, notes + more + fate


def _join(
    images: pd.DataFrame, rows: pd.DataFrame, name: str, labelled: bool
) -> tuple[pd.DataFrame, list[str]]:
    """`images` with what `rows` say about them, and notes on where the two differ."""
    notes, named = [], rows.index.get_indexer(images.index) >= 0
    if len(unnamed := images.index[~named]):
        fate = "left out" if labelled else "kept without its columns"
        notes.append(
            f"{count(unnamed, 'image')} without a row in '{name}', {fate}: {some(unnamed)}."
        )
    images = images[named] if labelled else images
    rows = rows.reindex(images.index)
    if labelled:
        if differ := (images["label"].notna() & (images["label"] != rows["label"])).sum():
            notes.append(
                f"Labels come from '{name}', not from the folders; they differ for {differ:,} of "
                f"{len(images):,} images."
            )
        images = images.assign(label=rows["label"])
    if rows["split"].notna().any():
        images = images.assign(split=rows["split"])
    return images.join(rows.drop(columns=["label", "split"])), notes


def guess_group(images: pd.DataFrame) -> str | None:
    """The metadata column that by its name says which images show the same thing."""
    metadata = images.columns[2:]
    plain = (re.sub(r"(id|number|no|name)$", "", _plain(column)) for column in metadata)
    return next((c for c, word in zip(metadata, plain, strict=True) if word in GROUP_WORDS), None)


def _fold(label: str) -> str:
    """A label without capitals, accents and surrounding or repeated spaces."""
    letters = unicodedata.normalize("NFKD", label.casefold())
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())


def odd_labels(labels: pd.Series) -> list[str]:
    """Notes on labels that are missing for some, all the same, or nearly the same."""
    notes, known = [], sorted(labels.dropna().unique())
    alike = pd.Series(known, dtype="str").groupby([_fold(name) for name in known]).agg(list)
    if alike := [", ".join(map(repr, names)) for names in alike if len(names) > 1]:
        notes.append(
            "Labels that differ only in capitals, accents or spaces count as different classes: "
            f"{some(alike)}."
        )
    if len(known) == 1:
        notes.append(
            f"All labels are {known[0]!r}: one class can be looked at and audited, not trained on."
        )
    if known and (missing := labels.index[labels.isna()]).size:
        notes.append(f"{count(missing, 'image')} without a label: {some(missing)}.")
    return notes
