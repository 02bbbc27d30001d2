"""`open_dataset`: one function for the bundled dataset, downloads, and any folder."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

from helpers.datasets.archives import build_folder
from helpers.datasets.dataset import Dataset
from helpers.datasets.downloads import DOWNLOADS, fetch
from helpers.datasets.folders import EXTENSIONS, TABLES, look_into, read_layout, stable_ids
from helpers.datasets.storage import DatasetError, make_folder, work_folder
from helpers.datasets.words import some, suggestion

NAMES = ("leaves", "digits", *DOWNLOADS)


def open_dataset(
    source: str | os.PathLike | None = None,
    *,
    label: str | None = None,
    split: str | None = None,
    group: str | None = None,
    progress: bool = True,
    **leaves: int,
) -> Dataset:
    """Open a dataset by name or path. Nothing is ever written to a folder of yours.

    Parameters
    ----------
    source : str or Path, optional
        "leaves" (the default: rendered here on first use, faults and all), "digits" (scikit-learn's
        scans), a download ("imagenette", "pets", "clothing"), or a path: a folder of images (class
        folders, split folders above them, flat, or with a CSV/TSV/Parquet beside the images) or
        such a table itself. Without it, the environment variable ``WORKBOOK_DATASET`` decides. A
        name wins over a folder of that name; write "./leaves" for the folder.
    label, split : str, optional
        The columns of the table beside the images that hold the label and the split, where their
        names do not say so.
    group : str, optional
        The metadata column that says which images show the same thing (patient, specimen…).
    progress : bool
        Whether to show a progress bar while rendering or downloading.
    **leaves
        ``seed``, ``development``, ``test``, ``workers`` for other versions of "leaves".

    Raises
    ------
    DatasetError
        When there is nothing to open: one sentence on what was found, expected, and what to do.
        What is merely odd is told in `Dataset.notes`.
    """
    columns = {"label": label, "split": split}
    if source is None and (chosen := os.environ.get("WORKBOOK_DATASET")):
        try:
            return open_dataset(chosen, **columns, group=group, progress=progress, **leaves)
        except DatasetError as error:
            raise DatasetError(f"{chosen!r} (from WORKBOOK_DATASET): {error}") from error
    source = "leaves" if source is None else source
    text = str(source).strip() if isinstance(source, (str, os.PathLike)) else ""
    if not text:
        raise DatasetError(f"{source!r} is neither a name ({some(NAMES, 9)}) nor a path.")
    if leaves and text != "leaves":
        raise DatasetError(f"{some(leaves)}: only 'leaves' takes these, not {text!r}.")
    if (named := [key for key in columns if columns[key]]) and text in NAMES:
        raise DatasetError(f"{some(named)}: only a folder with a table takes these, not {text!r}.")
    if text == "leaves":
        dataset = _open_leaves(progress, **leaves)
    elif text == "digits":
        dataset = _open_digits()
    elif text in DOWNLOADS:
        dataset = _open_download(text, progress)
    else:
        dataset = _open_path(text, columns)
    return dataset.with_group(group) if group else dataset


def _open_path(text: str, columns: dict[str, str | None]) -> Dataset:
    path = Path(text).expanduser()
    try:
        exists = path.exists()
    except OSError as error:
        raise DatasetError(f"'{text}' cannot be opened ({error.strerror}).") from error
    if not exists:
        raise DatasetError(_unknown(text, path))
    if path.is_dir():
        return open_folder(path, columns=columns)
    if path.suffix.lower() in TABLES:
        return open_folder(path.parent, table=path.name, columns=columns)
    what = "a single image" if path.suffix.lower() in EXTENSIONS else "a file of another kind"
    raise DatasetError(
        f"'{text}' is {what}; expected a folder of images, or a CSV, TSV or Parquet beside them; "
        f"unpack an archive first, or try its folder: open_dataset('{path.parent}')."
    )


def _unknown(text: str, path: Path) -> str:
    if "://" in text:
        return f"'{text}' is a web address; download it and open the file or folder by its path."
    there = next(parent for parent in path.absolute().parents if parent.exists())
    beside = os.listdir(there) if os.access(there, os.R_OK) else []
    names = [] if re.search(r"[/\\]", text) else NAMES
    return (
        f"'{text}' is neither a dataset we know ({some(NAMES, 9)}) nor a file or folder; '{there}' "
        f"is there, so check what follows it{suggestion(path.name, [*names, *beside])}."
    )


def open_folder(
    folder: Path,
    name: str | None = None,
    table: str | None = None,
    columns: dict[str, str | None] | None = None,
) -> Dataset:
    """The dataset in `folder`; labels and splits from its folders, or from a table in it, where
    `columns` may name the columns "label" and "split"."""
    import pandas as pd

    from helpers.datasets.grouping import why_not_dividing
    from helpers.datasets.tables import add_table, guess_group, odd_labels

    root = folder.resolve()
    found, notes = look_into(root)
    if not found["image"]:
        if found["table"]:
            notes = [f"it has a table ({some(found['table'])}), but no file it lists.", *notes]
        raise DatasetError(
            f"'{folder}' holds no images: {' '.join(notes).rstrip('.') or 'it is empty'}; expected "
            f"photos such as '{root.name}/CLASS/*.jpg', perhaps with a CSV beside them or in a "
            "folder of its own beside theirs."
        )
    ids = stable_ids(found["image"])
    image_ids = sorted(ids.values())
    meaning, layout_notes = read_layout(image_ids)
    told = [meaning[image_id.rpartition("/")[0]] for image_id in image_ids]
    index = pd.Index(image_ids, name="image_id", dtype="str")
    images = pd.DataFrame(told, index, ["label", "split"], dtype="str")
    tables = [table] if table else _tables(found)
    images, table_notes = add_table(images, root, tables, table is not None, columns or {})
    notes += layout_notes + table_notes + odd_labels(images["label"])
    left = images
    while (group := guess_group(left)) and (why := why_not_dividing(images, group)):
        notes.append(
            f"Column {group!r} is called like one that says which images show the same thing, but "
            f"{why}, so nothing could be validated; it is not taken (dataset.with_group({group!r}) "
            "takes it all the same)."
        )
        left = left.drop(columns=group)
    if group:
        notes.append(f"Column {group!r} is taken to say which images show the same thing.")
    files = {image_id: path for path, image_id in ids.items() if path != image_id}
    return Dataset(
        name or root.name or "root", root, images, notes=tuple(notes), group=group, files=files
    )


def _tables(found: dict[str, list[str]]) -> list[str]:
    """The tables at the top, else those in a folder of their own, one down."""
    with_images = {path.partition("/")[0] for path in found["image"]}
    below = (t for t in found["table"] if t.count("/") == 1 and t.split("/")[0] not in with_images)
    return sorted(t for t in found["table"] if "/" not in t) or sorted(below)


def _open_digits() -> Dataset:
    from helpers.datasets.digits import NOTE, write_digits

    folder = build_folder(work_folder() / "data" / "digits", write_digits)
    return replace(open_folder(folder, "digits"), notes=(NOTE,))


def _open_download(name: str, progress: bool) -> Dataset:
    download = DOWNLOADS[name]
    dataset = open_folder(fetch(download, work_folder() / "data" / name, progress), name)
    if not download.label:
        return dataset
    labels = [download.label(image_id) for image_id in dataset.images.index]
    return dataset.with_images(dataset.images.assign(label=labels).astype({"label": "str"}))


def _open_leaves(progress: bool, workers: int = 2, **options: int) -> Dataset:
    from leaves import build

    defaults = {"seed": 0, "development": 2400, "test": 1200}
    changed = [key for key in defaults if options.get(key, defaults[key]) != defaults[key]]
    name = "-".join(["leaves", *(f"{key}{options[key]}" for key in changed)])
    folder = work_folder() / "data" / name
    make_folder(folder.parent)
    images, planted = build(folder, **defaults | options, workers=workers, progress=progress)
    return Dataset(
        name, folder / "images", images, planted=planted, group="specimen", masks=folder / "masks"
    )
