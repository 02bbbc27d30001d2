"""`open_dataset`: one function for the bundled dataset, downloads, and any folder."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

from helpers.datasets.archives import ARCHIVES, build_folder, extract
from helpers.datasets.dataset import Dataset, DatasetError, make_folder, work_folder
from helpers.datasets.downloads import DOWNLOADS, fetch
from helpers.datasets.folders import EXTENSIONS, TABLES, Found, look_into, read_layout, stable_ids
from helpers.datasets.words import some, suggestion

NAMES = ("leaves", "digits", *DOWNLOADS)


def open_dataset(
    source: str | os.PathLike | None = None,
    *,
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
        folders, split folders above or below them, flat, or with a CSV/TSV/Parquet beside the
        images), such a table itself, or a zip or tar of it all. Without it, the environment
        variable ``WORKBOOK_DATASET`` decides. A name wins over a folder of that name; write
        "./leaves" for the folder.
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
    if source is None:
        source = os.environ.get("WORKBOOK_DATASET") or "leaves"
    try:
        text = os.fsdecode(source).strip()
    except TypeError:
        text = ""
    if not text:
        raise DatasetError(f"{source!r} is neither a name ({some(NAMES, 9)}) nor a path.")
    if leaves and text != "leaves":
        raise DatasetError(f"{some(leaves)}: only 'leaves' takes these, not {text!r}.")
    if text == "leaves":
        dataset = _open_leaves(progress, **leaves)
    elif text == "digits":
        dataset = _open_digits()
    elif text in DOWNLOADS:
        dataset = _open_download(text, progress)
    else:
        dataset = _open_path(text)
    return dataset.with_group(group) if group else dataset


def _open_path(text: str) -> Dataset:
    path = Path(text).expanduser()
    try:
        exists = path.exists()
    except OSError as error:
        raise DatasetError(f"'{text}' cannot be opened ({error.strerror}).") from error
    if not exists:
        raise DatasetError(_unknown(text, path))
    if path.is_dir():
        return open_folder(path)
    if path.suffix.lower() in TABLES:
        return open_folder(path.parent, table=path.name)
    if path.name.lower().endswith(ARCHIVES):
        return _open_archive(path)
    what = "a single image" if path.suffix.lower() in EXTENSIONS else "a file of another kind"
    raise DatasetError(
        f"'{text}' is {what}; expected a folder of images, a CSV, TSV or Parquet beside them, or "
        f"a zip or tar of it all; try its folder: open_dataset('{path.parent}')."
    )


def _unknown(text: str, path: Path) -> str:
    if "://" in text:
        return f"'{text}' is a web address; download it and open the file or folder by its path."
    there = next(parent for parent in path.absolute().parents if parent.exists())
    near = suggestion(path.name, os.listdir(there)) if there == path.absolute().parent else ""
    if path.parent == Path() and not path.suffix:
        return (
            f"{text!r} is neither a dataset we know ({some(NAMES, 9)}) nor a file or folder in "
            f"'{there}'{suggestion(text, NAMES) or near or '; give the path of a folder'}."
        )
    return f"'{text}' does not exist; '{there}' does{near or ', so check what follows it'}."


def open_folder(folder: Path, name: str | None = None, table: str | None = None) -> Dataset:
    """The dataset in `folder`; labels and splits from its folders, or from a table in it."""
    import pandas as pd

    from helpers.datasets.tables import add_tables, guess_group, odd_labels

    root = folder.resolve()
    found = look_into(root)
    notes = found.notes()
    if not found.images:
        raise DatasetError(_no_images(folder, found))
    ids = stable_ids(found.images)
    image_ids = sorted(ids.values())
    meaning, layout_notes = read_layout(image_ids)
    told = [meaning[image_id.rpartition("/")[0]] for image_id in image_ids]
    images = pd.DataFrame(
        {"label": [label for label, _ in told], "split": [split for _, split in told]},
        index=pd.Index(image_ids, name="image_id", dtype="str"),
        dtype="str",
    )
    notes += layout_notes + _colliding(image_ids)
    images, table_notes = add_tables(images, root, _tables(found, table), table is not None)
    notes += table_notes + odd_labels(images["label"])
    if group := guess_group(images):
        notes.append(f"Column {group!r} is taken to say which images show the same thing.")
    files = {image_id: path for path, image_id in ids.items() if path != image_id}
    return Dataset(
        name or root.name or "root", root, images, notes=tuple(notes), group=group, files=files
    )


def _tables(found: Found, table: str | None) -> list[str]:
    """The tables to look at: the one asked for, else those at the top, else one folder down."""
    if table is not None:
        return [table]
    with_images = {path.partition("/")[0] for path in found.images}
    below = (t for t in found.tables if t.count("/") == 1 and t.split("/")[0] not in with_images)
    return sorted(t for t in found.tables if "/" not in t) or sorted(below)


def _colliding(image_ids: list[str]) -> list[str]:
    counts = Counter(image_id.lower() for image_id in image_ids)
    if len(counts) == len(image_ids):
        return []
    names = [image_id for image_id in image_ids if counts[image_id.lower()] > 1]
    clash = "differ only in case and would overwrite each other on macOS or Windows"
    return [f"{len(names):,} names {clash}: {some(names)}."]


def _no_images(folder: Path, found: Found) -> str:
    left_aside = " ".join(found.notes()).rstrip(".") or "it is empty"
    return (
        f"'{folder}' holds no images: {left_aside}; expected photos such as "
        f"'{folder.resolve().name}/CLASS/*.jpg', perhaps with a CSV beside them or in a folder of "
        "its own beside theirs."
    )


def _open_archive(path: Path) -> Dataset:
    facts = path.stat()
    key = f"{path.resolve()} {facts.st_size} {facts.st_mtime_ns}"
    name = path.name.lower()
    stem = path.name[: -max(len(end) for end in ARCHIVES if name.endswith(end))] or "archive"
    folder = work_folder() / "data" / f"{stem}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
    return open_folder(build_folder(folder, lambda temporary: extract(path, temporary)), name=stem)


def _open_digits() -> Dataset:
    from helpers.datasets.digits import NOTE, write_digits

    folder = build_folder(work_folder() / "data" / "digits", write_digits)
    return replace(open_folder(folder, "digits"), notes=(NOTE,))


def _open_download(name: str, progress: bool) -> Dataset:
    download = DOWNLOADS[name]
    root = fetch(download, work_folder() / "data" / name, progress)
    dataset = open_folder(root, name)
    labels = dataset.images["label"].replace(dict(download.classes))
    if download.label:
        stems = dataset.images.index.str.rpartition("/").get_level_values(2)
        labels = [download.label(stem.rpartition(".")[0]) for stem in stems]
    return dataset.with_images(dataset.images.assign(label=labels).astype({"label": "str"}))


def _open_leaves(progress: bool, workers: int = 2, **options: int) -> Dataset:
    from helpers.leaves import build

    defaults = {"seed": 0, "development": 2400, "test": 1200}
    if strange := sorted(set(options) - set(defaults)):
        raise DatasetError(f"'leaves' has no option {some(strange)}; it has {some(defaults)}.")
    changed = {k: v for k, v in options.items() if v != defaults[k]}
    name = "-".join(["leaves", *(f"{k}{changed[k]}" for k in defaults if k in changed)])
    folder = work_folder() / "data" / name
    make_folder(folder.parent)
    images, planted = build(folder, **defaults | options, workers=workers, progress=progress)
    return Dataset(
        name, folder / "images", images, planted=planted, group="specimen", masks=folder / "masks"
    )
