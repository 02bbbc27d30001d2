"""A CSV, TSV or Parquet beside the images: labels, splits and metadata, row by row."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.datasets.dataset import DatasetError, some
from helpers.datasets.folders import EXTENSIONS, WRAPPERS, split_of

if TYPE_CHECKING:
    import pandas as pd

PATH_WORDS = (
    *("path", "filepath", "imagepath", "imgpath", "file", "filename", "imagefile", "imagefilename"),
    *("imagename", "imgname", "fname", "image", "img", "photo", "picture", "imageid", "imgid"),
    *("name", "id"),
)
LABEL_WORDS = (
    *("classname", "labelname", "categoryname", "targetname", "label", "labels", "class"),
    *("target", "category", "species", "diagnosis", "dx", "breed", "classid", "labelid", "y"),
)
SPLIT_WORDS = ("split", "subset", "set", "partition", "phase", "usage", "fold")
FLAGS = {"train": ("istrain",), "valid": ("isvalid", "isval", "isvalidation"), "test": ("istest",)}
GROUP_WORDS = ("specimen", "patient", "subject", "individual", "lesion", "animal", "group")
MISSING = ["", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None", "<NA>"]
EXPECTED = "expected a column such as path, file or image, and perhaps label and split"


def _plain(name: object) -> str:
    return re.sub(r"[\W_]+", "", str(name).lower())


def _column(table: pd.DataFrame, words: tuple[str, ...]) -> str | None:
    named = {_plain(column): column for column in reversed(table.columns)}
    return next((named[word] for word in words if word in named), None)


class FileIndex:
    """Finds the image that a cell of a table means, among those that lie in the folder."""

    def __init__(self, image_ids):
        self.ids = set(image_ids)
        self.by_stem: dict[str, list[str]] = {}
        for image_id in image_ids:
            stem = posixpath.splitext(posixpath.basename(image_id))[0].lower()
            self.by_stem.setdefault(stem, []).append(image_id)

    def find(self, value: str, folder: str = "", hints: tuple = ()) -> str | None:
        """The image id for one cell, or None where no image, or more than one, fits.

        A path may be relative to the table's `folder`, to any folder above the image or to another
        machine's root, lack its extension or differ in case; `hints` (label, split) settle ties.
        """
        value = unicodedata.normalize("NFC", value.strip().replace("\\", "/"))
        for exact in (posixpath.normpath(posixpath.join(folder, value)), value):
            if exact in self.ids:
                return exact
        value = posixpath.normpath("/" + value.lstrip("/").lower())
        name = posixpath.basename(value)
        fits = []
        for stem in {name, posixpath.splitext(name)[0]}:
            for image_id in self.by_stem.get(stem, ()):
                own = "/" + image_id.lower()
                ways = (own, posixpath.splitext(own)[0])
                if any(way.endswith(value) or value.endswith(way) for way in ways):
                    fits.append(image_id)
        for prefer in (lambda folders: _agree(folders, hints), lambda f: f[-1].lower() in WRAPPERS):
            likely = [i for i in fits if "/" in i and prefer(i.split("/")[:-1])]
            fits = likely if len(likely) == 1 else fits
        return fits[0] if len(fits) == 1 else None


def _agree(folders: list[str], hints: tuple) -> bool:
    return any(hint and (hint in folders or hint in map(split_of, folders)) for hint in hints)


def load(path: Path) -> pd.DataFrame:
    """Read one table; cells of path, label and split columns stay text ("007", "NA").

    Raises
    ------
    DatasetError
        When it cannot be read or has no rows.
    """
    import pandas as pd

    try:
        if path.suffix.lower() == ".parquet":
            table = pd.read_parquet(path)
            table = table.reset_index() if any(table.index.names) else table
        else:
            table = _load_text(path)
    except Exception as error:  # parsers raise many kinds
        why = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise DatasetError(
            f"'{path.name}' cannot be read as a table ({why}); {EXPECTED}."
        ) from error
    if table.empty:
        raise DatasetError(f"'{path.name}' has no rows; {EXPECTED}.")
    table.columns = [str(column).strip() for column in table.columns]
    return table[[c for c in table.columns if not c.startswith("Unnamed:") and c]]


def _load_text(path: Path) -> pd.DataFrame:
    import pandas as pd

    with open(path, "rb") as file:
        start = file.read(1 << 16)
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        path.read_text(encoding)
    except UnicodeDecodeError:
        encoding = "cp1252"
    header = start.decode(encoding, "replace").splitlines()[0]
    options = {"sep": max(",;\t|", key=header.count), "encoding": encoding, "index_col": False}
    columns = pd.read_csv(path, nrows=0, **options).columns
    words = {*PATH_WORDS, *LABEL_WORDS, *SPLIT_WORDS}
    text = [column for column in columns if _plain(column) in words]
    missing = {column: MISSING for column in columns if column not in text}
    return pd.read_csv(
        path, dtype=dict.fromkeys(text, "str"), keep_default_na=False, na_values=missing, **options
    )


def _text(column: pd.Series) -> pd.Series:
    """Cells as stripped text, whole numbers without ".0", missing where empty."""
    import pandas as pd

    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    text = column.astype("string").str.strip().astype("str")
    return text.where(text != "")


def _splits(table: pd.DataFrame) -> tuple[list[str], pd.Series | None, list[str]]:
    """Which columns tell the split, the split by row, and notes on words we do not know."""
    import pandas as pd

    if column := _column(table, SPLIT_WORDS):
        text = _text(table[column])
        known = text.map({word: split_of(word) for word in text.dropna().unique()})
        if known.notna().mean() > 0.5:
            strange = sorted(text[known.isna()].dropna().unique())
            note = f"Column {column!r} has words that name no split: {some(strange)}."
            return [column], known.astype("str"), [note] if strange else []
    flags = {split: _column(table, words) for split, words in FLAGS.items()}
    if used := [column for column in flags.values() if column]:
        rest = "train" if flags["valid"] and not flags["train"] else None
        splits = pd.Series(rest, index=table.index, dtype="str")
        for split, column in flags.items():
            if column:
                true = _text(table[column]).str.lower().isin(["true", "1", "yes", "t", "y"])
                splits = splits.mask(true, split)
        return used, splits, []
    return [], None, []


def _one_hot(table: pd.DataFrame) -> list[str]:
    """Columns that together mark exactly one class per row with 1 and the others with 0."""
    numbers = table.select_dtypes(["number", "bool"])
    binary = [c for c in numbers if numbers[c].isin([0, 1]).all()]
    return binary if len(binary) > 1 and (numbers[binary].sum(axis=1) == 1).all() else []


def match_rows(
    table: pd.DataFrame, index: FileIndex, folder: str, split: str | None
) -> tuple[str | None, list[str | None]]:
    """The column that names the files, and the image id of each row (None where not found)."""
    label = _column(table, LABEL_WORDS)
    labels = _text(table[label]) if label else [None] * len(table)
    splits = _splits(table)[1]
    splits = [split] * len(table) if splits is None else splits
    named = {_plain(column): column for column in reversed(table.columns)}
    candidates = [named[word] for word in PATH_WORDS if word in named]
    rest = table.select_dtypes(["object", "string"]).columns
    for column in [*candidates, *(c for c in rest if c not in candidates and c != label)]:
        cells = _text(table[column]).fillna("")
        rows = zip(cells, labels, splits, strict=True)
        ids = [index.find(cell, folder, (a, b)) if cell else None for cell, a, b in rows]
        if any(ids):
            return column, ids
    return (candidates or [None])[0], [None] * len(table)


def read_rows(path: Path, folder: str, index: FileIndex) -> tuple[pd.DataFrame, list[str], bool]:
    """One table as rows by image_id (label and split where told, then metadata), notes on it, and
    whether it names labels.

    Raises
    ------
    DatasetError
        When no column names image files that are there.
    """
    import pandas as pd

    table = load(path)
    pieces = re.split(r"[\W_\d]+", path.stem.lower())
    from_name = next((split_of(piece) for piece in pieces if split_of(piece)), None)
    column, ids = match_rows(table, index, folder, from_name)
    headless = any(posixpath.splitext(c)[1].lower() in EXTENSIONS for c in table.columns)
    if column is None or headless or not any(ids):
        what = f"no column that names files (columns: {some(table.columns, 6)})"
        if column is not None:
            what = f"a column {column!r}, but none of its files is there: {some(table[column])}"
        if headless:
            what = f"no header, its first line is already a row ({some(table.columns)})"
        raise DatasetError(f"'{path.name}' has {what}; {EXPECTED}.")
    notes = []
    cells = _text(table[column])
    rows = pd.Series(ids, index=table.index, dtype="object")
    if (lost := cells[rows.isna()].fillna("(empty)")).size:
        some_rows = "1 row" if len(lost) == 1 else f"{len(lost):,} rows"
        notes.append(f"{some_rows} of '{path.name}' without exactly one image file: {some(lost)}.")
    label, hot = _column(table.drop(columns=column), LABEL_WORDS), []
    if label is None and (hot := _one_hot(table)):
        table = table.assign(label=table[hot].idxmax(axis=1)).drop(columns=hot)
        label = "label"
        notes.append(f"Labels were read from the 0/1 columns of '{path.name}': {some(hot)}.")
    used, splits, split_notes = _splits(table.drop(columns=column))
    notes += split_notes
    out = table.drop(columns=list({column, label, *used} - {None}))
    out = out.rename(
        columns={c: f"{c}_in_table" for c in out if c in ("label", "split", "image_id")}
    )
    out.insert(0, "label", _text(table[label]) if label else None)
    out.insert(1, "split", splits if splits is not None else from_name)
    out.insert(0, "image_id", rows)
    out = out[rows.notna()]
    twice = out[out.duplicated("image_id", keep=False)]
    if len(twice):
        differ = twice.groupby("image_id")["label"].nunique(dropna=False)
        names = [*differ[differ > 1].index, *differ[differ == 1].index]
        odd = f", {int((differ > 1).sum()):,} of them with different labels" if label else ""
        many = f"{len(names):,} image{'' if len(names) == 1 else 's'}"
        notes.append(
            f"'{path.name}' names {many} more than once{odd}; the first row counts: {some(names)}."
        )
    return out.drop_duplicates("image_id").set_index("image_id"), notes, bool(label)


def add_tables(
    images: pd.DataFrame, root: Path, tables: list[str], explicit: bool
) -> tuple[pd.DataFrame, list[str]]:
    """`images` with labels, splits and metadata from the tables that name its files.

    A table that names labels decides which images belong; one without only adds columns.

    Raises
    ------
    DatasetError
        When a table asked for by name cannot be used, or several could be meant.
    """
    import pandas as pd

    index, notes, usable = FileIndex(images.index), [], {}
    for name in tables:
        try:
            usable[name] = read_rows(root / name, posixpath.dirname(name), index)
        except DatasetError as error:
            if explicit or not images["label"].notna().any():
                raise
            notes.append(f"{str(error).rstrip('.')}; it was ignored.")
    if not usable:
        return images, notes
    labelled = [name for name, (_, _, has_labels) in usable.items() if has_labels]
    chosen = labelled or list(usable)
    by_split = all(rows["split"].notna().any() for rows, _, _ in map(usable.get, chosen))
    if len(chosen) > 1 and not by_split:
        raise DatasetError(
            f"'{root}' holds {len(chosen)} tables that name its images ({some(chosen)}); "
            f"expected one, so open the right one: open_dataset('{root.name}/{chosen[0]}')."
        )
    rows = pd.concat([usable[name][0] for name in chosen])
    notes += [note for name in chosen for note in usable[name][1]]
    if ignored := [name for name in usable if name not in chosen]:
        notes.append(f"Tables without labels were ignored beside '{chosen[0]}': {some(ignored)}.")
    rows = rows[~rows.index.duplicated()]
    told = "' and '".join(chosen)
    unnamed = images.index[~images.index.isin(rows.index)]
    if len(unnamed):
        verb = "1 image has" if len(unnamed) == 1 else f"{len(unnamed):,} images have"
        fate = "left out" if labelled else "kept without its columns"
        notes.append(f"{verb} no row in '{told}' and stayed {fate}: {some(unnamed)}.")
    merged = images.loc[images.index.isin(rows.index)] if labelled else images
    rows = rows.reindex(merged.index)
    if labelled:
        differ = merged["label"].notna() & (merged["label"] != rows["label"])
        if differ.any():
            notes.append(
                f"Labels come from '{told}', not from the folders; they differ for "
                f"{int(differ.sum()):,} of {len(merged):,} images."
            )
        merged = merged.assign(label=rows["label"].astype("str"))
    if rows["split"].notna().any():
        merged = merged.assign(split=rows["split"].astype("str"))
    return merged.join(rows.drop(columns=["label", "split"])), notes


def guess_group(images: pd.DataFrame) -> str | None:
    """The metadata column that by its name says which images show the same thing."""
    for column in images.columns[2:]:
        if re.sub(r"(id|number|no|name)$", "", _plain(column)) in GROUP_WORDS:
            return column
    return None


def odd_labels(labels: pd.Series) -> list[str]:
    """Notes on labels that are missing for some, alone, or differ only in case or spaces."""
    notes, known = [], sorted(labels.dropna().unique())
    if len(known) == 1:
        notes.append(
            f"All labels are {known[0]!r}: one class can be looked at and audited, not trained on."
        )
    if known and (missing := labels.index[labels.isna()]).size:
        verb = "1 image has" if len(missing) == 1 else f"{len(missing):,} images have"
        notes.append(f"{verb} no label: {some(missing)}.")
    folded = Counter(" ".join(label.lower().split()) for label in known)
    alike = [label for label in known if folded[" ".join(label.lower().split())] > 1]
    if alike:
        notes.append(f"Labels that differ only in case or spaces were kept apart: {some(alike)}.")
    return notes
