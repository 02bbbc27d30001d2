"""A CSV, TSV or Parquet beside the images: labels, splits and metadata, row by row."""

from __future__ import annotations

import posixpath
import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.datasets.dataset import DatasetError
from helpers.datasets.folders import EXTENSIONS, split_of
from helpers.datasets.matching import FileIndex
from helpers.datasets.words import count, some

if TYPE_CHECKING:
    import pandas as pd

# Column names without case, spaces and marks, the surest first.
# fmt: off
PATH_WORDS = (
    "path", "filepath", "imagepath", "imgpath", "file", "filename", "imagefile", "imagefilename",
    "imagename", "imgname", "fname", "image", "img", "photo", "picture", "imageid", "imgid", "name",
    "id")
LABEL_WORDS = (
    "classname", "labelname", "categoryname", "targetname", "label", "labels", "class", "target",
    "category", "species", "diagnosis", "dx", "breed", "classid", "labelid", "y")
# fmt: on
SPLIT_WORDS = ("split", "subset", "set", "partition", "phase", "usage", "fold")
SPLIT_FLAGS = {"isvalid": "valid", "isval": "valid", "istest": "test", "istrain": "train"}
GROUP_WORDS = ("specimen", "patient", "subject", "individual", "lesion", "animal", "group")
MISSING = ["", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None", "<NA>"]
EXPECTED = "expected a column such as path, file or image, and perhaps label and split"


def _plain(name: object) -> str:
    return re.sub(r"[\W_]+", "", str(name).lower())


def _columns(table: pd.DataFrame, words: Iterable[str]) -> list[str]:
    """The columns of `table` that are called one of `words`, in the order of `words`."""
    named = {_plain(column): column for column in reversed(table.columns)}
    return [named[word] for word in words if word in named]


def _text(column: pd.Series) -> pd.Series:
    """Cells as stripped text, whole numbers without ".0", missing where empty."""
    if column.dtype.kind == "f" and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    text = column.astype("string").str.strip().astype("str")
    return text.where(text != "")


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
        why = getattr(error, "strerror", None) or (str(error) or repr(error)).splitlines()[0]
        raise DatasetError(f"'{path.name}' is no table we can read ({why}); {EXPECTED}.") from error
    if table.empty:
        raise DatasetError(f"'{path.name}' has no rows; {EXPECTED}.")
    table.columns = [str(column).strip() for column in table.columns]
    return table[[c for c in table.columns if not c.startswith("Unnamed:") and c]]


def _load_text(path: Path) -> pd.DataFrame:
    import pandas as pd

    raw = path.read_bytes()
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        header = raw.decode(encoding).partition("\n")[0]
    except UnicodeDecodeError:
        encoding = "cp1252"
        header = raw.decode(encoding, "replace").partition("\n")[0]
    options = {"sep": max(",;\t|", key=header.count), "encoding": encoding, "index_col": False}
    columns = pd.read_csv(path, nrows=0, **options).columns
    words = {*PATH_WORDS, *LABEL_WORDS, *SPLIT_WORDS}
    kinds = {column: "str" for column in columns if _plain(column) in words}
    missing = {column: MISSING for column in columns if column not in kinds}
    options |= {"dtype": kinds, "keep_default_na": False, "na_values": missing}
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
        return pd.read_csv(path, **options)


def _splits(table: pd.DataFrame) -> tuple[list[str], pd.Series | None]:
    """Which columns tell the split, and the split by row (None where no column does)."""
    import pandas as pd

    for column in _columns(table, SPLIT_WORDS):
        text = _text(table[column])
        known = text.map({word: split_of(word) for word in text.dropna().unique()})
        if 2 * known.count() >= text.count():
            return [column], known.astype("str")
    used = _columns(table, SPLIT_FLAGS)
    flagged = [SPLIT_FLAGS[_plain(column)] for column in used]
    rest = "train" if "valid" in flagged and "train" not in flagged else None
    splits = pd.Series(rest, table.index, dtype="str")
    for column, split in zip(used, flagged, strict=True):
        true = _text(table[column]).str.lower().isin(["true", "1", "yes", "t", "y"])
        splits = splits.mask(true, split)
    return used, splits if used else None


def _match(
    table: pd.DataFrame, index: FileIndex, folder: str, hints: list
) -> tuple[str | None, list]:
    """The column that names the files, and the image id of each row (None where not found)."""
    candidates = _columns(table, PATH_WORDS)
    rest = [c for c in table.select_dtypes(["object", "string"]) if c not in candidates]
    for column in [*candidates, *rest]:
        cells = _text(table[column]).fillna("").tolist()
        pairs = zip(cells, *hints, strict=True)
        ids = [index.find(cell, folder, tuple(more)) if cell else None for cell, *more in pairs]
        if any(ids):
            return column, ids
    return (candidates or [None])[0], []


def read_rows(path: Path, folder: str, index: FileIndex) -> tuple[pd.DataFrame, list[str]]:
    """One table as rows by image_id (label and split, all missing where not told, then metadata),
    and notes on it.

    Raises
    ------
    DatasetError
        When no column names image files that are there.
    """
    import pandas as pd

    table, notes = load(path), []
    if any(posixpath.splitext(c)[1].lower() in EXTENSIONS for c in table.columns):
        what = f"no header, its first line is already a row ({some(table.columns)})"
        raise DatasetError(f"'{path.name}' has {what}; {EXPECTED}.")
    label = _columns(table, LABEL_WORDS)[:1]
    used, splits = _splits(table)
    if splits is not None and (odd := _text(table[used[0]])[splits.isna()].dropna().unique()).size:
        notes.append(f"Column {used[0]!r} has words that name no split: {some(odd)}.")
    if splits is None:
        told = map(split_of, re.split(r"[\W_\d]+", path.stem))
        splits = pd.Series(next(filter(None, told), None), table.index, dtype="str")
    labels = _text(table[label[0]]) if label else pd.Series(None, table.index, dtype="str")
    column, ids = _match(table, index, folder, [labels.tolist(), splits.tolist()])
    if column is None or not any(ids):
        what = f"no column that names files (columns: {some(table.columns, 6)})"
        if column is not None:
            what = f"a column {column!r}, but none of its cells names exactly one image file"
            what += f": {some(table[column])}"
        raise DatasetError(f"'{path.name}' has {what}; {EXPECTED}.")
    rows = table.drop(columns=[column, *label, *used])
    for text in rows.select_dtypes("string"):
        rows[text] = rows[text].where(rows[text] != "")
    rows = rows.rename(columns={c: f"{c}_in_table" for c in ("label", "split", "image_id")})
    rows.insert(0, "label", labels)
    rows.insert(1, "split", splits)
    rows.index = pd.Index(ids, name="image_id", dtype="str")
    found = rows.index.notna()
    if lost := table.loc[~found, column].tolist():
        lost = [cell if str(cell).strip() else "(empty)" for cell in lost]
        notes.append(
            f"{count(lost, 'row')} of '{path.name}' without exactly one image file: {some(lost)}."
        )
    rows = rows[found]
    twice = rows.index.duplicated(keep=False)
    if twice.any():
        labels = rows[twice].reset_index().drop_duplicates(["image_id", "label"])
        differ = labels["image_id"].value_counts(sort=False) > 1
        names = differ.sort_values(ascending=False, kind="stable").index
        notes.append(
            f"'{path.name}' names {count(names, 'image')} more than once, {int(differ.sum()):,} of "
            f"them with different labels; the first row counts: {some(names)}."
        )
    return rows[~rows.index.duplicated()], notes


def add_tables(
    images: pd.DataFrame, root: Path, tables: list[str], explicit: bool
) -> tuple[pd.DataFrame, list[str]]:
    """`images` with labels, splits and metadata from the tables that name its files.

    A table with labels decides which images belong; one without only adds columns.

    Raises
    ------
    DatasetError
        When a table asked for by name cannot be used, or one of several could be meant.
    """
    import pandas as pd

    known = images.index.to_numpy(dtype=object)
    index, notes, usable = FileIndex(known), [], {}
    for name in tables:
        try:
            usable[name] = read_rows(root / name, posixpath.dirname(name), index)
        except DatasetError as error:
            if explicit:
                raise
            notes.append(f"{str(error).rstrip('.')}; it was ignored.")
    labelled = [name for name, (rows, _) in usable.items() if rows["label"].notna().any()]
    chosen = labelled or list(usable)
    if not chosen:
        return images, notes
    if len(chosen) > 1 and not all(usable[name][0]["split"].notna().any() for name in chosen):
        raise DatasetError(
            f"'{root}' holds {len(chosen)} tables that name its images ({some(chosen)}); "
            f"expected one, so open the right one: open_dataset('{root.name}/{chosen[0]}')."
        )
    if ignored := [name for name in usable if name not in chosen]:
        notes.append(f"Tables without labels were ignored beside '{chosen[0]}': {some(ignored)}.")
    notes += [note for name in chosen for note in usable[name][1]]
    rows = pd.concat([usable[name][0] for name in chosen])
    rows = rows[~rows.index.duplicated()]
    told, named = "' and '".join(chosen), set(rows.index)
    if unnamed := [image_id for image_id in known if image_id not in named]:
        fate = "left out" if labelled else "kept without its columns"
        verb = "was" if len(unnamed) == 1 else "were"
        notes.append(
            f"{count(unnamed, 'image')} without a row in '{told}' {verb} {fate}: {some(unnamed)}."
        )
    if labelled:
        images = images[[image_id in named for image_id in known]]
    rows = rows.reindex(images.index)
    if labelled:
        differ = int((images["label"].notna() & (images["label"] != rows["label"])).sum())
        if differ:
            notes.append(
                f"Labels come from '{told}', not from the folders; they differ for {differ:,} of "
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


def odd_labels(labels: pd.Series) -> list[str]:
    """Notes on labels that are missing for some, or all the same."""
    notes, known = [], sorted(labels.dropna().unique())
    if len(known) == 1:
        notes.append(
            f"All labels are {known[0]!r}: one class can be looked at and audited, not trained on."
        )
    if known and (missing := labels.index[labels.isna()]).size:
        notes.append(f"{count(missing, 'image')} without a label: {some(missing)}.")
    return notes
