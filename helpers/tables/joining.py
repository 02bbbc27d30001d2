"""Tables beside the images: which one counts, and how it joins what the folders say."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from helpers.datasets.storage import DatasetError
from helpers.datasets.words import count, some
from helpers.opening.folders import TABLES
from helpers.opening.layout import is_level
from helpers.opening.names import split_and_rest
from helpers.tables.given import best_reading, is_product, name_given, read_given
from helpers.tables.matching import FileIndex
from helpers.tables.reading import load
from helpers.tables.rows import Rows, read_rows

MOST_BESIDE = 20
LARGEST_BESIDE = 50_000_000  # bytes; a table in the folder above is looked at only to tell of it
Asked = Mapping[str, str | None]


def find_tables(found: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The tables that may describe the images, surest place first; those in one list are read as
    one (train/metadata.csv and test/metadata.csv).

    They lie at the top, else in a folder of their own one down, else in the folders of the images.
    """
    with_images: set[str] = set()
    for path in {path.rpartition("/")[0] for path in found["image"]}:
        names = path.split("/")
        with_images |= {"/".join(names[: i + 1]) for i in range(len(names))}
    top = sorted(t for t in found["table"] if "/" not in t)
    apart = sorted(
        t for t in found["table"] if t.count("/") == 1 and t.split("/")[0] not in with_images
    )
    if top or apart:
        return [[name] for name in top or apart]
    same = defaultdict(list)
    for path in sorted(found["table"]):
        folder, _, name = path.rpartition("/")
        if folder in with_images:
            same[name].append(path)
    return list(same.values())


def add_table(
    images: pd.DataFrame, root: Path, tables: list[list[str]], explicit: bool, asked: Asked
) -> tuple[pd.DataFrame, list[str], str | None, bool]:
    """`images` with labels, splits and metadata from the one of `tables` that names its files;
    notes; the table and label column that were taken ("labels.csv, species"), None for none; and
    whether the labels are the table's.

    A table with labels decides which images belong; one without only adds columns. `asked` may
    name the columns "files", "label" and "split", and the "encoding".

    Raises
    ------
    DatasetError
        When a table (`explicit`) or column asked for by name cannot be used, or several tables
        could be meant.
    """
    errors, usable = [], {}
    for names in tables:
        try:
            usable[some(names)] = _read(root, names, images["split"], asked)
        except DatasetError as error:
            if explicit or str(error).startswith("encoding="):
                raise
            errors.append(str(error).rstrip("."))
    notes = [f"{error}; it was ignored." for error in errors]
    by_table = {key: name for key, name in asked.items() if name and not is_level(name)}
    by_table.pop("group", None)
    if not usable:
        if by_table:
            named = some(f"{key}={name!r}" for key, name in by_table.items())
            none = f"{named}: '{root}' has no table (CSV, TSV, Parquet, JSON lines) to find it in"
            none += "; one that lies elsewhere is given by metadata='…', or --metadata in a command"
            raise DatasetError("; ".join(errors or [none]) + ".")
        return images, notes, None, False
    name, more = _choose(usable, root)
    images, told, source, labelled = _take(images, usable[name], name, asked)
    return images, notes + more + told, source, labelled


def add_given(
    images: pd.DataFrame, root: Path, path: Path, asked: Asked
) -> tuple[pd.DataFrame, list[str], str | None, bool]:
    """As `add_table`, with the table at `path`, which may lie anywhere."""
    images, notes, source, labelled = _take(
        images, read_given(path, root, images["split"], asked), path.name, asked
    )
    try:
        place = Path(os.path.relpath(path.parent, root)).as_posix()
    except ValueError:  # another drive
        place = path.parent.as_posix()
    return images, notes, f"{place}/{source}", labelled


def _take(
    images: pd.DataFrame, chosen: Rows, name: str, asked: Asked
) -> tuple[pd.DataFrame, list[str], str, bool]:
    labelled = chosen.labelled and not is_level(asked.get("label"))
    images, fate = _join(images, chosen, name, labelled)
    source = name + (f", {chosen.label}" if chosen.label else "")
    return images, chosen.notes + fate, source, labelled


def _read(root: Path, names: Sequence[str], splits: pd.Series, asked: Asked) -> Rows:
    """Rows of one table; of several in the folders of their images, one below the other.

    `splits` are those of the folders by image_id: of two files of one name, train.csv means the
    one in train/.
    """
    found, image_ids = [], splits.index.tolist()
    for name in names:
        folder = name.rpartition("/")[0]
        prefix = folder + "/" if any(i.startswith(folder + "/") for i in image_ids) else ""
        split = split_and_rest(Path(name).stem)[0]
        preferred = splits.index[splits == split] if split else ()
        index = FileIndex(image_ids, prefix if folder else "", preferred)
        found.append(read_rows(load(root / name, asked.get("encoding")), index, asked))
    if len(found) == 1:
        return found[0]
    rows = pd.concat([one.rows for one in found])
    notes = list(dict.fromkeys(note for one in found for note in one.notes))
    return Rows(rows[~rows.index.duplicated()], found[0].label, notes)


def _choose(usable: dict[str, Rows], root: Path) -> tuple[str, list[str]]:
    """The table that counts, and notes on those that do not."""
    labelled = {name: rows for name, rows in usable.items() if rows.labelled}
    left = dict(labelled or usable)
    notes = []
    if others := sorted(set(usable) - set(left)):
        notes.append(f"Tables without labels were ignored beside {some(left)}: {some(others)}.")
    real = {name: rows for name, rows in left.items() if not _is_placeholder(name, left)}
    if real and len(left) > 1 and (aside := sorted(set(left) - set(real))):
        left = real
        notes.append(
            f"Table {some(map(repr, aside))} was left aside, as its labels look like placeholders "
            f"(of a submission, or all the same); to use it, open_dataset('{root / aside[0]}')."
        )
    if len(left) > 1 and labelled and (joined := _of_splits(left)):
        usable[joined[0]] = joined[1]
        return joined[0], notes
    if len(left) > 1:
        ways = " or ".join(f"open_dataset('{root / name}')" for name in sorted(left)[:3])
        raise DatasetError(
            f"'{root}' holds {len(left)} tables that name its images ({some(sorted(left))}); "
            f"expected one, so join them, or open the one that counts: {ways}."
        )
    return next(iter(left)), notes


def _is_placeholder(name: str, tables: Mapping[str, Rows]) -> bool:
    """Whether a table is a sample submission by its name, or has one label for several
    rows where others have more."""
    if re.search(r"submission|submit", name.lower()):
        return True
    kinds = {other: rows.rows["label"].nunique() for other, rows in tables.items()}
    return kinds[name] == 1 and max(kinds.values()) > 1 and len(tables[name].rows) > 1


def _of_splits(tables: Mapping[str, Rows]) -> tuple[str, Rows] | None:
    """Tables called after different splits (train.csv, test.csv), with one label column and no
    image in common, as one; None where they are not."""
    splits = {name: split_and_rest(Path(name).stem)[0] for name in tables}
    columns = {rows.label for rows in tables.values()}
    rows = pd.concat(
        [
            one.rows.assign(split=one.rows["split"].fillna(splits[name] or ""))
            for name, one in tables.items()
        ]
    )
    several = len(set(splits.values())) == len(tables) and None not in splits.values()
    if not several or len(columns) > 1 or rows.index.duplicated().any():
        return None
    told = ", ".join(f"{name} ({splits[name]})" for name in sorted(tables))
    notes = [f"Tables of one split each were read together: {told}."]
    notes += dict.fromkeys(note for one in tables.values() for note in one.notes)
    return " + ".join(sorted(tables)), Rows(rows, columns.pop(), notes)


def _join(
    images: pd.DataFrame, told: Rows, name: str, labelled: bool
) -> tuple[pd.DataFrame, list[str]]:
    """`images` with what the table says about them, and notes on where the two differ."""
    rows = told.rows
    notes, named = [], rows.index.get_indexer(images.index) >= 0
    if len(unnamed := images.index[~named]):
        fate = "left out" if labelled else "kept without its columns"
        note = f"{count(unnamed, 'image')} without a row in '{name}', {fate}: {some(unnamed)}"
        if labelled and (level := _level_of_labels(images["label"])):
            note += f"; with label={level!r} their folders' labels count, and they stay"
        notes.append(f"{note}.")
    images = images[named] if labelled else images
    rows = rows.reindex(images.index)
    if labelled:
        if differ := (images["label"].notna() & (images["label"] != rows["label"])).sum():
            notes.append(
                f"Labels come from '{name}', not from the folders; they differ for {differ:,} of "
                f"{len(images):,} images."
            )
        images = images.assign(label=rows["label"])
    elif told.labelled:
        images = images.assign(label_in_table=rows["label"])
    if rows["split"].notna().any():
        both = images["split"].notna() & rows["split"].notna()
        if differ := (both & (images["split"] != rows["split"])).sum():
            notes.append(
                f"Splits come from '{name}', not from the folders; they differ for {differ:,} of "
                f"{len(images):,} images."
            )
        images = images.assign(split=rows["split"].where(rows["split"].notna(), images["split"]))
    columns = rows.drop(columns=["label", "split"])
    return images.join(columns.drop(columns=[c for c in columns if c in images])), notes


def _level_of_labels(labels: pd.Series) -> str | None:
    """The level of folders, "folder_2" for the second, that names each image's class; None where
    none does for all, or where there is but one class."""
    if labels.isna().any() or labels.nunique() < 2:
        return None
    paths = [image_id.split("/")[:-1] for image_id in labels.index]
    for level in range(min(map(len, paths))):
        if all(path[level] == label for path, label in zip(paths, labels, strict=True)):
            return f"folder_{level + 1}"
    return None


def tell_of_tables_beside(root: Path, splits: pd.Series) -> list[str]:
    """A note on a table in the folder above that names at least half of the images (`splits` has
    the split by image id), which opening the folder alone does not use; none on what a report or a
    log of decisions wrote there."""
    try:
        with os.scandir(root.parent) as entries:
            names = sorted(
                entry.name
                for entry in entries
                if Path(entry.name).suffix.lower() in TABLES
                and entry.name[0] != "."
                and entry.is_file()
                and entry.stat().st_size <= LARGEST_BESIDE
            )
    except OSError:
        return []
    notes = []
    for name in names[:MOST_BESIDE]:
        try:
            table = load(path := root.parent / name)
            match = None if is_product(table) else best_reading(table, path, root, splits).match
        except DatasetError:
            continue
        named = len({*filter(None, match.ids)}) if match and match.whole else 0
        if 2 * named >= len(splits) > 0:
            notes.append(
                f"'{name}' beside this folder names {named:,} of its {len(splits):,} images and "
                f"was not used; {_remedy(path, root)}."
            )
    return notes


def _remedy(path: Path, root: Path) -> str:
    """How to use a table beside `root`; without a command where a shell would change the name."""
    given = name_given(path, root)
    plain = not re.search(r"[\"'$`\\!\x00-\x1f]", given)
    typed = f"./{given}" if given.startswith("-") else given
    command = f', or --metadata "{typed}" in a command' if plain else ""
    return f"to use it, open_dataset(…, metadata={given!r}){command}"
