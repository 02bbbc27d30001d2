"""The rows of one table by image: its label, split and metadata columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from helpers.datasets.storage import DatasetError
from helpers.datasets.words import count, some, suggestion
from helpers.opening.layout import is_level
from helpers.opening.names import THINGS, split_and_rest, split_of
from helpers.tables.labels import one_hot, read_labels
from helpers.tables.matching import FileIndex, Match, choose_files, match_column, plain
from helpers.tables.reading import EXPECTED, Table
from helpers.tables.splits import WITHOUT, columns_of_splits, splits_of_flags

# Column names without case, spaces and marks, the surest first.
# fmt: off
PATH_WORDS = (
    "path", "filepath", "imagepath", "imgpath", "file", "filename", "imagefile", "imagefilename",
    "imagename", "imgname", "fname", "image", "img", "photo", "picture", "imageid", "imgid",
    "datei", "dateiname", "pfad", "bild", "fichier", "imagen", "foto", "immagine", "imagem",
    "arquivo", "файл", "имяфайла", "изображение", "文件名", "图片", "图像", "画像", "ファイル名",
    "파일명", "archivo", "name", "id")
LABEL_WORDS = (
    "classname", "labelname", "categoryname", "targetname", "label", "labels", "class", "target",
    "category", "species", "diagnosis", "dx", "breed", "kategorie", "klasse", "classe", "catégorie",
    "clase", "categoría", "categoria", "etiqueta", "étiquette", "etichetta", "rótulo", "etikett",
    "класс", "метка", "категория", "标签", "类别", "標籤", "類別", "ラベル", "クラス", "라벨",
    "groundtruth", "truelabel", "classid", "labelid", "y")
# fmt: on
SPLIT_WORDS = ("split", "subset", "set", "partition", "phase", "usage", "fold", "isvalid")
VALID_FLAGS = {"true": "valid", "1": "valid", "false": "train", "0": "train"}
# Names that our own tables use for something else.
RESERVED = ("label", "split", "image_id", "loss", "prediction", "confidence")


@dataclass
class Rows:
    """`rows` by image_id: label, split, then metadata; the label's column; notes."""

    rows: pd.DataFrame
    label: str | None
    notes: list[str]

    @property
    def labelled(self) -> bool:
        return bool(self.rows["label"].notna().any())


def named_columns(table: Table, words: Iterable[str]) -> list[str]:
    """The columns of `table` that are called one of `words`, in the order of `words`."""
    named = {plain(column): column for column in reversed(table.columns)}
    return [named[word] for word in words if word in named]


def read_rows(
    table: Table,
    index: FileIndex,
    asked: Mapping[str, str | None],
    chosen: tuple[Match, list[str]] | None = None,
) -> Rows:
    """What `table` says about the images in `index`. `asked` may name the columns "files", "label"
    and "split"; `chosen` is what `choose_column` found, where that is known.

    Raises
    ------
    DatasetError
        When no column names image files that are there, or a column asked for is not there.
    """
    asked = {key: name for key, name in asked.items() if name and not is_level(name)}
    for key in ("files", "label", "split"):
        if (name := asked.get(key)) and name not in table.columns:
            hint = suggestion(name, table.columns)
            there = f"columns: {some(table.columns, 12)}"
            raise DatasetError(f"'{table.name}' has no column {name!r} ({there}){hint}.")
    match, notes = chosen or choose_column(table, index, asked.get("files"))
    notes = table.notes + notes
    labels = {asked.get("label"), *named_columns(table, LABEL_WORDS)}
    used, splits, more = _splits(table, asked.get("split"), {match.column, *labels})
    notes += more
    column, labels, flags, more = _labels(table, match.column, used, asked.get("label"))
    notes += more
    taken = [match.column, *used, *flags, *([column] if column else [])]
    rows, more = _metadata(table, taken)
    notes += more
    rows.insert(0, "label", labels)
    rows.insert(1, "split", splits)
    ids, more = _by_folders(table, match, labels)
    notes += more
    if not any(ids):
        raise _no_files(table)
    rows.index = pd.Index(ids, name="image_id", dtype="str")
    notes += _odd_rows(table, match, rows)
    known = rows[rows.index.notna()]
    if flags:
        column = "+".join(flags)
    return Rows(known[~known.index.duplicated()], column, notes)


def choose_column(table: Table, index: FileIndex, asked: str | None) -> tuple[Match, list[str]]:
    """The column that names the files, which `asked` may name, and notes.

    Raises
    ------
    DatasetError
        None does, or the header is missing.
    """
    if asked:
        match, notes = match_column(table, asked, index), []
        if not match.known and not match.several:
            raise DatasetError(
                f"No cell of column {asked!r} of '{table.name}' names an image that is there "
                f"({some(table.text(asked).dropna())}); leave files out to see which column does."
            )
        return match, notes
    match, notes = choose_files(table, index, PATH_WORDS)
    if match is None:
        raise _no_files(table)
    first = index.find(match.column)
    if first and first not in match.ids and plain(match.column) not in PATH_WORDS:
        raise DatasetError(
            f"'{table.name}' has no header, its first line is already a row "
            f"({some(table.columns)}); {EXPECTED}."
        )
    return match, notes


def _no_files(table: Table) -> DatasetError:
    first = table.typed.iloc[0]
    return DatasetError(
        f"'{table.name}' has no column whose cells name an image file each (columns: "
        f"{some(table.columns, 6)}; first row: {some(first, 6)}); {EXPECTED}."
    )


def _by_folders(table: Table, match: Match, labels: pd.Series) -> tuple[list[str | None], list]:
    """The image id of each row: where a name fits several files (1.jpg of each class), the one
    that lies in a folder called like the row's label; and a note on how many were told so."""
    ids, told = list(match.ids), []
    for place, (cell, label) in enumerate(zip(table.text(match.column), labels, strict=True)):
        if ids[place] or pd.isna(cell) or pd.isna(label):
            continue
        fits = match.several.get(cell, ())
        for form in (str.casefold, plain):
            own = [one for one in fits if form(label) in map(form, one.split("/")[:-1])]
            if len(own) == 1 and form(label):
                ids[place] = own[0]
                told.append(cell)
                break
    if not told:
        return ids, []
    return ids, [
        f"{count(told, 'row')} of '{table.name}' {'names' if len(told) == 1 else 'name'} a file "
        f"that is in several folders; the one in the folder of the row's label was taken: "
        f"{some(told)}."
    ]


def _splits(
    table: Table, asked: str | None, spoken_for: Collection[str]
) -> tuple[list[str], pd.Series, list[str]]:
    """Which columns tell the split, the split by row (missing where not told), and notes."""
    if asked:
        columns, splits, notes = splits_of_flags(table, {*table.columns} - {asked}, asked)
        if columns:
            return columns, splits, notes
    told, named, doubts = {}, named_columns(table, SPLIT_WORDS), []
    for column in [asked] if asked else named:
        text = table.text(column)
        flags = VALID_FLAGS if plain(column) == "isvalid" else {}
        words = {
            word: flags.get(word.lower(), split_and_rest(word)[0])
            for word in text.dropna().unique()
        }
        splits = text.map(words).astype("str")
        if asked or 2 * splits.count() >= text.count():
            told[column] = splits
    if not told and not asked:
        columns, splits, notes = splits_of_flags(table, spoken_for)
        if columns:
            return columns, splits, notes
        doubts = notes
    found = [] if asked else columns_of_splits(table, {*named, *spoken_for})
    if not told and found:
        told = {column: table.text(column).map(split_of).astype("str") for column in found}
        named = found
    if not told:
        notes = [
            f"Column {column!r} names no split ({some(table.text(column).dropna().unique())}), so "
            "it is metadata; write train, valid and test in it for splits."
            for column in named_columns(table, SPLIT_WORDS)
            if plain(column) not in ("fold", "isvalid") and table.text(column).notna().any()
        ]
        return [], pd.Series(None, table.typed.index, dtype="str"), notes + doubts
    used = max(told, key=lambda column: told[column].count())
    notes = []
    if odd := table.text(used)[told[used].isna()].dropna().unique().tolist():
        notes.append(f"Column {used!r} has words that name no split: {some(odd)}.")
    others = [column for column in named if column != used]
    if used in found:
        notes.append(
            f"Column {used!r} was taken as the split, since each of its cells names one; another "
            f"is named with split='…', and {WITHOUT} does without."
        )
    return [used], told[used], notes + _choice(used, others, "split", asked)


def _labels(
    table: Table, files: str, used: Sequence[str], asked: str | None
) -> tuple[str | None, pd.Series, list[str], list[str]]:
    """The label's column, the labels, the 0/1 columns they came from instead, and notes."""
    named = [c for c in named_columns(table, LABEL_WORDS) if c not in (files, *used)]
    filled = [c for c in named if table.text(c).notna().any()]
    if column := asked or next(iter(filled or named), None):
        labels, notes = read_labels(table.text(column), column)
        others = [c for c in named if c != column]
        return column, labels, [], notes + _choice(column, others, "label", asked)
    labels, flags, notes = one_hot(table, (files, *used))
    if labels is not None:
        return None, labels, flags, notes
    left = [c for c in table.columns if c not in (files, *used)]
    if left and not notes:
        notes = [
            f"No column of '{table.name}' was taken as the label (columns: {some(left, 12)}), "
            "so that labels are those of folders or names, if any; label='…' names a column."
        ]
    return None, pd.Series(None, table.typed.index, dtype="str"), [], notes


def _choice(taken: str, others: Sequence[str], what: str, asked: str | None) -> list[str]:
    """A note on which column was taken, where several are called so and none was asked for."""
    if asked or not others:
        return []
    return [
        f"Column {taken!r} was taken as the {what}, not {some(map(repr, others))}; name another "
        f"with {what}='…'."
    ]


def _metadata(table: Table, taken: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """The other columns, renamed where our own tables use their names."""
    rows = table.typed.drop(columns=[*taken])
    ours = [c for c in rows.columns if c in RESERVED or is_level(c)]
    names, there = {}, set(table.columns)
    for column in ours:
        name = f"{column}_in_table"
        while name in there:
            name += "_too"
        names[column] = name
        there.add(name)
    notes = []
    if names:
        told = some((f"{old!r} as {new!r}" for old, new in names.items()), 6)
        notes.append(f"Kept under another name, as ours mean something else: {told}.")
    return rows.rename(columns=names), notes


def _odd_rows(table: Table, match: Match, rows: pd.DataFrame) -> list[str]:
    notes, known = [], rows[rows.index.notna()]
    if len(lost := table.text(match.column)[rows.index.isna()].fillna("(empty)")):
        notes.append(
            f"{count(lost, 'row')} of '{table.name}' without exactly one image file: {some(lost)}."
        )
    if len(twice := known[known.index.duplicated(keep=False)]):
        labels = twice.groupby(level=0)["label"].nunique().sort_values(ascending=False)
        notes.append(
            f"'{table.name}' names {count(labels, 'image')} more than once, {sum(labels > 1):,} of "
            f"them with different labels; the first row counts: {some(labels.index)}."
        )
    return notes


def guess_group(columns: Iterable[str]) -> str | None:
    """The metadata column that by its name says which images show the same thing."""
    bare = {column: re.sub(r"(id|number|no|name)$", "", plain(column)) for column in columns}
    return next((column for column, word in bare.items() if word in THINGS), None)
