"""The cleaned dataset written out: one table with every decision and, on request, the images in the
class folders that torchvision, fastai and Hugging Face's ``datasets`` read.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pandas as pd

from helpers.datasets.applying import apply_decisions
from helpers.datasets.course_decisions import default_decisions
from helpers.datasets.dataset import Dataset
from helpers.datasets.decisions import DecisionLog
from helpers.datasets.safe_names import as_csv, distinct_names, safe_name, say_formulas
from helpers.datasets.storage import DatasetError, expand_home
from helpers.datasets.words import count, shown, some
from helpers.tables.rows import LABEL_WORDS, PATH_WORDS, SPLIT_WORDS

TABLE = "images.csv"
METADATA, UNLABELLED = "metadata.csv", "unlabelled"
WAYS = (None, "links", "copies")
OWN = ("file_name", "label", "split", "group")
DECIDED = ("image_id", "decision", "decision_reason", "decision_when", "label_before")
# What torchvision's ImageFolder takes for an image; anything else it passes over without a word.
IMAGE_FOLDER = {".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"}
SPLIT_NAMES = {"valid": "validation", "images": "train"}  # as Hugging Face calls them
README = """{header}# {name}

{facts}

`{table}` has a row per image: its file here, label, split, group and metadata, the image id in the
dataset it comes from, and what was decided about it. Dropped images are listed without a file.
{notes}"""


@dataclass(frozen=True, repr=False)
class Export:
    """What `export` has written.

    Attributes
    ----------
    folder : Path
    table : DataFrame by image_id
        As in ``images.csv``.
    notes : tuple of str
        What was renamed, left out or cannot be read by everybody, one sentence each.
    """

    folder: Path
    table: pd.DataFrame
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        dropped = (self.table["decision"] == "drop").sum()
        facts = f"{len(self.table) - dropped:,} images, {dropped:,} dropped, in {TABLE!r}"
        return " ".join([f"Export to '{self.folder}': {facts}.", *self.notes])


def export(
    dataset: Dataset,
    folder: str | os.PathLike,
    images: str | None = None,
    decisions: DecisionLog | pd.DataFrame | None = None,
    progress: bool = True,
) -> Export:
    """Write the cleaned dataset to a new folder; the images it comes from are only read.

    Parameters
    ----------
    dataset : Dataset
        As opened: the decisions are applied here, so that dropped images can be listed.
    folder : str or Path
        New or empty, outside the dataset's own.
    images : None, "links" or "copies"
        With images they lie in ``SPLIT/CLASS/FILE`` ("images" where nothing is split, "unsplit"
        for single images without a split; those without a label in ``unlabelled/``), each split
        with a ``metadata.csv``. Links take no space, and are the dataset's own files under a second
        name (hard links; symbolic ones where the drive allows no other): what is written into one
        is written into the original, while one that is deleted leaves the original. Take "copies"
        where anything will change the images. Names of classes and files that not every computer
        allows are changed.
    decisions : DecisionLog or DataFrame, optional
        `default_decisions` where left out: your own marks, or the course's for the bundled leaves.
    progress : bool
        Show a bar over the images.

    Returns
    -------
    Export

    Raises
    ------
    DatasetError
        The folder is not empty, lies in the dataset's own or cannot be written; nothing is left of
        an export that fails.

    Examples
    --------
    >>> export(dataset, "clean", images="links")  # doctest: +SKIP
    >>> torchvision.datasets.ImageFolder("clean/train")  # doctest: +SKIP
    >>> ImageDataLoaders.from_folder("clean", valid="valid")  # doctest: +SKIP
    >>> datasets.load_dataset("clean")  # doctest: +SKIP
    >>> open_dataset("clean")  # doctest: +SKIP
    """
    if images not in WAYS:
        raise DatasetError(f"images={images!r} is unknown; expected None, 'links' or 'copies'.")
    folder = require_new(dataset, expand_home(folder).absolute())
    if decisions is None:
        decisions = default_decisions(dataset)
    cleaned = apply_decisions(dataset, decisions)
    table, notes = _table(dataset, cleaned, decisions)
    notes = [*(note for note in cleaned.notes if note not in dataset.notes), *notes]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as part:
            inside = Path(part) / folder.name  # mkdtemp's own folder is closed to others
            inside.mkdir()
            if images:
                table, more = _add_images(cleaned, table, inside, images, progress)
                notes += more
            notes = _write(cleaned, table, inside, notes, bool(images))
            if folder.exists():
                folder.rmdir()  # empty; only some systems replace it
            os.replace(inside, folder)
    except OSError as error:
        raise DatasetError(
            f"'{folder}' cannot be written ({error.strerror or error}), so nothing was exported; "
            "choose a folder where you may write and that has room."
        ) from error
    return Export(folder, table, tuple(notes))


def require_new(dataset: Dataset, folder: Path) -> Path:
    """`folder`, links resolved; raises DatasetError where writing an export there could do harm."""
    folder, root = folder.resolve(), dataset.root.resolve()
    around = [parent for parent in (folder, *folder.parents) if parent.exists()]
    if any(parent.samefile(root) for parent in around if root.exists()):
        raise DatasetError(
            f"'{folder}' lies in the dataset's own folder '{root}', where nothing is ever written; "
            f"choose one outside, such as '{root.parent / (root.name + '-clean')}'."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "holds files already" if folder.is_dir() else "is a file"
        ways = (folder.with_name(f"{folder.name}-{number}") for number in range(2, 10_000))
        free = next(one for one in ways if not one.exists())
        raise DatasetError(
            f"'{folder}' {what}, and nothing is replaced; choose a new or empty folder, such as "
            f"'{free}'."
        )
    return folder


def _table(
    dataset: Dataset, cleaned: Dataset, decisions: DecisionLog | pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """The rows of ``images.csv`` by image_id; files have the names they have in the dataset."""
    decided = decisions.current() if isinstance(decisions, DecisionLog) else decisions
    decided = decided[decided.index.isin(dataset.images.index)]
    notes, given = [], dataset.images
    file_name = given.index.to_series().where(given.index.isin(cleaned.images.index))
    label = cleaned.images["label"].reindex(given.index).fillna(given["label"])
    table = pd.DataFrame({"file_name": file_name, "label": label, "split": given["split"]})
    if dataset.group:
        table["group"] = given[dataset.group]
    renamed = []
    for column in dataset.metadata:
        if column != "group" or column != dataset.group:
            name = _free(column, {*table, *DECIDED})
            renamed += [f"{column} as {name}"] if name != column else []
            table[name] = given[column]
    if renamed:
        notes.append(
            f"Columns that would be taken for others here were renamed: {some(renamed, 9)}."
        )
    table["decision"] = decided["action"]
    table["decision_reason"] = decided.get("reason")
    table["decision_when"] = decided.get("when")
    before = given["label"]
    table["label_before"] = before.where(before.ne(table["label"]) & before.notna())
    if spaced := [shown(name) for name in cleaned.classes if name != name.strip()]:
        notes.append(
            f"Spaces around a label are lost where the table is opened again: {some(spaced, 9)}."
        )
    return table, notes


def _free(column: str, taken: set[str]) -> str:
    """A name for a metadata column that nobody takes for a path, a label or a split."""
    plain = "".join(letter for letter in column.lower() if letter.isalnum())
    while column in taken or plain in (*PATH_WORDS, *LABEL_WORDS, *SPLIT_WORDS):
        column, plain = f"{column}_in_table", ""
    return column


def _add_images(
    cleaned: Dataset, table: pd.DataFrame, folder: Path, way: str, progress: bool
) -> tuple[pd.DataFrame, list[str]]:
    """Put the images into `folder`; the table with their names there, and notes."""
    from tqdm.auto import tqdm

    places, notes = _places(cleaned)
    lost, linked = [], 0
    for image_id, place in tqdm(places.items(), unit="image", disable=not progress, leave=False):
        source, target = cleaned.path(image_id), folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            source.open("rb").close()
        except OSError:
            lost.append(image_id)
            continue
        linked += _put(source.resolve(), target, way)
    names = pd.Series(places, dtype="str").drop(lost)
    if lost:
        notes.append(
            f"{count(lost, 'file')} could not be read and were left out, their rows have no "
            f"file: {some(lost)}."
        )
    if hard := len(names) - linked if way == "links" else 0:
        notes.append(
            f"{count(hard, 'image')} {'is a hard link' if hard == 1 else 'are hard links'}: the "
            "same file as the original, so that whatever is written into one is written into the "
            "original (deleting one leaves it); images='copies' makes files of their own."
        )
    if linked:
        notes.append(
            f"{linked:,} images are symbolic links, since this drive allows no other; "
            "open_dataset does not follow them, so use images='copies' to open the folder again. "
            "Whatever is written into one is written into the original."
        )
    if odd := sorted({place.suffix.lower() for place in map(Path, places)} - IMAGE_FOLDER):
        notes.append(f"torchvision's ImageFolder passes over files ending in {some(odd, 9)}.")
    return table.assign(file_name=names.reindex(table.index)), notes


def _places(cleaned: Dataset) -> tuple[dict[str, str], list[str]]:
    """Where each image goes, relative to the export, and notes on names that were changed."""
    rows = cleaned.images
    folders = distinct_names(cleaned.classes, [METADATA])
    changed = [f"{shown(name)} as {folder}" for name, folder in folders.items() if name != folder]
    missing = "unsplit" if rows["split"].notna().any() else "images"
    told = zip(rows["split"].fillna(missing), rows["label"].astype(object), strict=True)
    parts = [f"{part}/{folders[label]}" if label in folders else UNLABELLED for part, label in told]
    places = {}
    for part, ids in rows.index.groupby(pd.Index(parts)).items():
        names = pd.Series({image_id: image_id.rpartition("/")[2] for image_id in ids}, dtype="str")
        # Two files of one name, from two folders, keep their folders' names.
        alike = names.map(safe_name).str.casefold().duplicated(keep=False)
        names = names.where(~alike, names.index.str.replace("/", "-"))
        unique = distinct_names([f"{name}\0{i}" for i, name in enumerate(names)])
        places |= {
            i: f"{part}/{name}" for i, name in zip(names.index, unique.values(), strict=True)
        }
    notes = (
        [f"Class folders that not every computer allows: {some(changed, 9)}."] if changed else []
    )
    return dict(sorted(places.items())), notes


def _put(source: Path, target: Path, way: str) -> bool:
    """Copy or link one file; whether it became a symbolic link."""
    if way == "copies":
        shutil.copyfile(source, target)
        return False
    try:
        os.link(source, target)  # works like a file of its own, open_dataset included
    except OSError:  # another drive, or a file of another user
        target.symlink_to(source)
        return True
    return False


def _write(
    cleaned: Dataset, table: pd.DataFrame, folder: Path, notes: list[str], images: bool
) -> list[str]:
    """The tables and the README of an export; `notes` and what else there is to say."""
    rows = table.rename_axis("image_id").reset_index()
    first = [*OWN, *rows.columns.difference([*OWN, *DECIDED], sort=False), *DECIDED]
    rows = rows[[column for column in first if column in rows]]
    (folder / TABLE).write_text(as_csv(rows), encoding="utf-8", newline="")
    notes = [*notes, *say_formulas(rows, TABLE)]
    cut = [str(name).partition("/") if known else ("", "", "") for name, known in
           zip(rows["file_name"], rows["file_name"].notna(), strict=True)]  # fmt: skip
    parts, inside = (pd.Series([cell[at] for cell in cut], rows.index) for at in (0, 2))
    there = sorted({*parts} - {""}) if images else []
    tables = {part: rows.assign(file_name=inside)[parts == part] for part in there}
    unlike = _unlike([own for part, own in tables.items() if part != UNLABELLED])
    for part, own in tables.items():
        text = as_csv(own.drop(columns=unlike))
        (folder / part / METADATA).write_text(text, encoding="utf-8", newline="")
    if left_out := [name for name in unlike if name not in DECIDED]:
        notes = [
            *notes,
            f"Not every split fills these columns in one way, so that only {TABLE} has them, and "
            f"no {METADATA}: {some(left_out, 9)}.",
        ]
    configs = "".join(
        f"- config_name: {config}\n  drop_labels: false\n  data_files:\n"
        + "".join(f"  - split: {SPLIT_NAMES.get(p, p)}\n    path: {p}/**\n" for p in own)
        for config, own in (
            ("default", [part for part in there if part != UNLABELLED]),
            (UNLABELLED, [part for part in there if part == UNLABELLED]),
        )
        if own
    )
    text = README.format(
        header=f"---\nconfigs:\n{configs}---\n" if configs else "",
        name=cleaned.name,
        facts=repr(cleaned),
        table=TABLE,
        notes="".join(f"\n- {note}" for note in notes),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
    return notes


def _unlike(tables: list[pd.DataFrame]) -> list[str]:
    """Columns that a reader takes for text in one of `tables` and for numbers in another, or for
    nothing where all cells are empty: ``datasets`` refuses such tables together."""
    read = [pd.read_csv(StringIO(as_csv(table))).dtypes for table in tables]
    return (
        [name for name in read[0].index if len({kinds[name] for kinds in read}) > 1] if read else []
    )
