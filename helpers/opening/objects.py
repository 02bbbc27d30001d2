"""Datasets of torchvision and Hugging Face, opened by what they hold, not by importing either."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from helpers.datasets.dataset import Dataset
from helpers.datasets.storage import DatasetError, expand_home
from helpers.datasets.words import some
from helpers.opening.downloads import DOWNLOADS
from helpers.opening.folders import EXTENSIONS
from helpers.opening.grouping import choose_group
from helpers.tables.labels import odd_labels
from helpers.tables.matching import FileIndex
from helpers.tables.reading import table_of
from helpers.tables.rows import read_rows

FILE = "file behind the image"
Asked = Mapping[str, str | None]


def open_object(source: object, asked: Asked) -> Dataset:
    """The dataset behind torchvision's ``ImageFolder`` or ``DatasetFolder``, or Hugging Face's
    ``Dataset`` or ``DatasetDict`` with an image column.

    Raises
    ------
    DatasetError
        When `source` is none of these, or its images lie in no files.
    """
    if hasattr(source, "samples") and hasattr(source, "classes"):
        return _open_samples(source, asked)
    if hasattr(source, "features") and hasattr(source, "cast_column"):
        return _open_parts({"": source}, asked)
    parts = source.values() if isinstance(source, Mapping) else ()
    if parts and all(hasattr(part, "features") and hasattr(part, "cast_column") for part in parts):
        return _open_parts(source, asked)
    names = some(("leaves", "digits", *DOWNLOADS), 9)
    raise DatasetError(
        f"{source!r} is neither a name ({names}) nor a path, nor torchvision's ImageFolder or "
        "DatasetFolder, nor Hugging Face's Dataset or DatasetDict."
    )


def _open_samples(source: object, asked: Asked) -> Dataset:
    kind = type(source).__name__
    if named := [key for key, name in asked.items() if name]:
        raise DatasetError(f"{some(named)}: torchvision's {kind} has no table with such columns.")
    samples = [(os.path.abspath(path), source.classes[target]) for path, target in source.samples]
    if not samples:
        raise DatasetError(f"This {kind} holds no images; expected some in its list of samples.")
    odd = [path for path, _ in samples if Path(path).suffix.lower() not in EXTENSIONS]
    if odd:
        raise DatasetError(
            f"{len(odd):,} of {len(samples):,} samples of this {kind} are no images by their "
            f"extension ({some(odd)}); make it with extensions=('.jpg', '.png')."
        )
    rows = pd.DataFrame(samples, columns=[FILE, "label"])
    rows["split"] = pd.Series(None, rows.index, dtype="str")
    return _dataset(rows, Path(source.root).name, kind, Path(source.root), [])


def _open_parts(parts: Mapping[str, object], asked: Asked) -> Dataset:
    tables, notes, columns = [], [], set()
    for name, part in parts.items():
        column = _image_column(part, asked.get("files"))
        columns.add(column)
        table = _table(part, column, str(name))
        tables.append(table.assign(**{"split of the part": str(name)}))
    kind = type(next(iter(parts.values()))).__name__ if "" in parts else type(parts).__name__
    rows = pd.concat(tables, ignore_index=True)
    root = Path(os.path.commonpath([os.path.dirname(path) for path in rows[FILE]]))
    ids = [_relative(path, root) for path in rows[FILE]]
    table = table_of(kind, rows.assign(**{FILE: ids}))
    wanted = {"files": FILE, "label": asked.get("label"), "split": asked.get("split")}
    if len(parts) > 1 and not wanted["split"]:
        wanted["split"] = "split of the part"
    told = read_rows(table, FileIndex(ids), wanted)
    images = told.rows.drop(columns=["split of the part"], errors="ignore").sort_index()
    if len(parts) == 1 and (
        only := next(iter(parts)) or str(getattr(parts[""], "split", "") or "")
    ):
        notes.append(
            f"All images are in one part, {only!r}, as Hugging Face calls what was never divided, "
            "so none has a split yet."
        )
    source = f"{kind}, {told.label}" if told.label else kind
    notes += [*told.notes, *odd_labels(images["label"])]
    group, passed = (None, []) if asked.get("group") else choose_group(images, None)
    notes += passed
    if group:
        notes.append(f"Column {group!r} is taken to say which images show the same thing.")
    return Dataset(
        root.name or "root", root, images, notes=tuple(notes), group=group, source=source
    )


def _image_column(part: object, asked: str | None) -> str:
    found = [name for name, kind in part.features.items() if type(kind).__name__ == "Image"]
    if asked and asked not in found:
        raise DatasetError(f"files={asked!r} is no column of images; there are: {some(found, 9)}.")
    if not found:
        raise DatasetError(
            f"No column holds images (columns: {some(part.features, 12)}); expected one of kind "
            "Image, so cast it first: data.cast_column('image', datasets.Image())."
        )
    if len(found) > 1 and not asked:
        raise DatasetError(
            f"Several columns hold images ({some(found, 9)}); choose one with files='{found[0]}'."
        )
    return asked or found[0]


def _table(part: object, column: str, name: str) -> pd.DataFrame:
    """The rows of one part: the file of each image, labels by name, other columns as they are."""
    features = dict(part.features)
    images = [name for name, kind in features.items() if type(kind).__name__ == "Image"]
    bare = part.cast_column(column, type(features[column])(decode=False))
    paths = [cell["path"] if cell else None for cell in bare[column]]
    gone = [path for path in paths if not path or not os.path.isfile(path)]
    if gone:
        raise DatasetError(
            f"{len(gone):,} of {len(paths):,} images of column {column!r} lie in no file of their "
            "own (they are inside the dataset); write them out first, and open that folder: "
            + _write_out(features, column, f"data[{name!r}]" if name else "data")
        )
    columns = {FILE: [os.path.abspath(path) for path in paths]}
    for other, kind in features.items():
        if other in images:
            continue
        cells = bare[other]
        if names := getattr(kind, "names", None):
            cells = [names[i] if i is not None and i >= 0 else None for i in cells]
        columns["label" if names and _only_class(features, other) else other] = list(cells)
    return pd.DataFrame(columns)


def _write_out(features: Mapping, column: str, data: str) -> str:
    """A line of Python that writes the images into a folder, each below its class if one is
    known."""
    classes = [c for c, kind in features.items() if getattr(kind, "names", None)]
    label = f", {data}.features[{classes[0]!r}].int2str(row[{classes[0]!r}])" if classes else ""
    return (
        "from pathlib import Path; "
        f"[(folder := Path('photos'{label})).mkdir(parents=True, exist_ok=True) or "
        f"row[{column!r}].convert('RGB').save(folder / f'{{i:06d}}.png') "
        f"for i, row in enumerate({data})]"
    )


def _only_class(features: Mapping, column: str) -> bool:
    """Whether `column` alone holds classes, and no other is called label."""
    classes = [name for name, kind in features.items() if getattr(kind, "names", None)]
    return classes == [column] and "label" not in features


def _relative(path: str, root: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()


def _dataset(rows: pd.DataFrame, name: str, kind: str, root: Path, notes: list[str]) -> Dataset:
    root = expand_home(root).absolute().resolve()
    paths = [
        os.path.realpath(os.path.dirname(p)) + os.sep + os.path.basename(p) for p in rows[FILE]
    ]
    if any(not path.startswith(str(root) + os.sep) for path in paths):
        root = Path(os.path.commonpath([os.path.dirname(path) for path in paths]))
    index = pd.Index([_relative(path, root) for path in paths], name="image_id", dtype="str")
    images = rows.drop(columns=FILE).astype("str").set_axis(index)
    if twice := int(images.index.duplicated().sum()):
        notes.append(f"{twice:,} samples name a file that an earlier one names; left out.")
    images = images[~images.index.duplicated()].sort_index()
    images["split"] = pd.Series(None, images.index, dtype="str")
    notes += odd_labels(images["label"])
    return Dataset(name or root.name or "root", root, images, notes=tuple(notes), source=kind)
