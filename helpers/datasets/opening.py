"""`open_dataset`: one function for the bundled dataset, downloads, and any folder."""

from __future__ import annotations

import os
from pathlib import Path

from helpers.datasets.dataset import Dataset, DatasetError, some
from helpers.datasets.folders import look_into, read_layout, stable_ids

OFFLINE = ("leaves", "digits")


def open_folder(source: Path, name: str | None = None, table: Path | None = None) -> Dataset:
    """The dataset in a folder, its labels and splits from the folders or from a table in it."""
    import pandas as pd

    root = source.resolve()
    found = look_into(root)
    notes = found.notes()
    if not found.images:
        raise DatasetError(_no_images(source, found))
    ids = stable_ids(found.images)
    meaning, layout_notes = read_layout(ids.values())
    image_ids = sorted(ids.values())
    told = [meaning[image_id.rpartition("/")[0]] for image_id in image_ids]
    images = pd.DataFrame(
        {"label": [t[0] for t in told], "split": [t[1] for t in told]},
        index=pd.Index(image_ids, name="image_id", dtype="str"),
        dtype="str",
    )
    files = {image_id: path for path, image_id in ids.items() if path != image_id}
    return Dataset(name or root.name, root, images, notes=tuple(notes + layout_notes), files=files)


def _no_images(source: Path, found) -> str:
    there = found.others + found.tables + found.outside + found.dangling + found.linked_folders
    what = f"no images, only {len(there):,} other names ({some(sorted(there))})"
    return (
        f"'{source}' holds {what if there else 'no files at all'}; expected "
        f"photos such as '{source.name}/CLASS/*.jpg' or a CSV beside the images."
    )


def open_dataset(source: str | os.PathLike | None = None, *, progress: bool = True) -> Dataset:
    """Open a dataset by name or path."""
    if source is None:
        source = os.environ.get("WORKBOOK_DATASET") or "leaves"
    path = Path(source).expanduser()
    if not path.exists():
        raise DatasetError(f"'{source}' is neither a known dataset nor a path that exists.")
    return open_folder(path)
