"""`open_dataset`: one function for the bundled dataset, downloads, and any folder."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.datasets.dataset import Dataset
from helpers.datasets.storage import DatasetError, expand_home, make_folder, work_folder
from helpers.datasets.words import count, some, suggestion
from helpers.opening.archives import build_folder
from helpers.opening.copies import leave_out_copies
from helpers.opening.downloads import DOWNLOADS, fetch
from helpers.opening.folders import EXTENSIONS, TABLES, look_into, stable_ids
from helpers.opening.layout import is_level, read_layout
from helpers.opening.prefixes import groups_from_names, labels_from_names, says, tell_of_classes

if TYPE_CHECKING:
    import pandas as pd

Asked = Mapping[str, str | None]
NAMES = ("leaves", "digits", *DOWNLOADS)
GROUP_IN_NAME = "group in name"


def open_dataset(
    source: str | os.PathLike | object | None = None,
    *,
    metadata: str | os.PathLike | None = None,
    files: str | None = None,
    label: str | None = None,
    split: str | None = None,
    group: str | None = None,
    encoding: str | None = None,
    pattern: str | None = None,
    progress: bool = True,
    **leaves: int,
) -> Dataset:
    """Open a dataset by name or path. Nothing is ever written to a folder of yours.

    Parameters
    ----------
    source : str, Path or object, optional
        "leaves" (the default: rendered here on first use, faults and all), "digits" (scikit-learn's
        scans), a download ("imagenette", "pets", "clothing"), or a path: a folder of images (class
        folders, split folders above them, flat, or with a CSV, TSV, Parquet or JSON-lines table
        beside the images) or such a table itself. Without it, the environment variable
        ``WORKBOOK_DATASET`` decides. A name wins over a folder of that name; write "./leaves" for
        the folder. A torchvision ``ImageFolder`` or ``DatasetFolder``, and a Hugging Face
        ``Dataset`` or ``DatasetDict`` with an image column, may be given themselves, where their
        images lie in files.
    metadata : str or Path, optional
        A table with a row per image for a folder, wherever it lies: a path from the present folder,
        from the folder of images, or from where that lies. Its cells may be relative to the folder
        of images or to the table's own, or begin with the name of the folder of images.
    files, label, split : str, optional
        The columns of the table that name the files, the label and the split, where opening does
        not find them or finds others. `label` and `split` may be a level of folders instead:
        "folder_1" is the first below the root, and label="folders" joins all ("animals/cat").
    group : str, optional
        The metadata column, or level of folders, that says which images show the same thing
        (patient, specimen…).
    encoding : str, optional
        The encoding of the table, such as "gb18030" or "shift_jis", where it is not the one found.
    pattern : str, optional
        Where the names of the files begin with the classes: a regular expression that fits the
        beginning of each name, without folders and extension, and whose first group is the label,
        such as "(.+)_[0-9]+" for "great_pyrenees_12.jpg". It decides over folders and tables. Or
        where they say which images show the same thing: what it names "group", such as
        "(?P<group>[^_]+)_" for "patient7_2.jpg", becomes the group column "group in name"; names
        that it does not fit stand alone. With "(?P<label>…)" beside it, it says both.
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
    asked = {"files": files, "label": label, "split": split, "group": group}
    asked |= {"encoding": encoding, "pattern": pattern}
    asked |= {"metadata": metadata and os.fspath(metadata)}
    if source is None and (chosen := os.environ.get("WORKBOOK_DATASET")):
        try:
            return open_dataset(chosen, **asked, progress=progress, **leaves)
        except DatasetError as error:
            raise DatasetError(f"{chosen!r} (from WORKBOOK_DATASET): {error}") from error
    source = "leaves" if source is None else source
    if not isinstance(source, (str, os.PathLike)):
        from helpers.opening.objects import open_object

        for key in ("pattern", "metadata"):
            if value := asked.pop(key):
                raise DatasetError(f"{key}={value!r}: only a folder takes this, not an object.")
        return _finish(open_object(source, asked), group)
    text = str(source).strip()
    if not text:
        raise DatasetError(f"{source!r} is neither a name ({some(NAMES, 9)}) nor a path.")
    if leaves and text != "leaves":
        raise DatasetError(f"{some(leaves)}: only 'leaves' takes these, not {text!r}.")
    if (named := [key for key in asked if asked[key] and key != "group"]) and text in NAMES:
        what = "a folder" if {*named} <= {"pattern", "metadata"} else "a folder with a table"
        raise DatasetError(f"{some(named)}: only {what} takes these, not {text!r}.")
    if text == "leaves":
        dataset = _open_leaves(progress, **leaves)
    elif text == "digits":
        dataset = _open_digits()
    elif text in DOWNLOADS:
        dataset = _open_download(text, progress)
    else:
        dataset = _open_path(text, asked)
    return _finish(dataset, group)


def _finish(dataset: Dataset, group: str | None) -> Dataset:
    """With its group, and what is noted of marks made on its images."""
    from helpers.datasets.decisions import tell_of_marks
    from helpers.opening.grouping import tell_of_alone

    dataset = dataset.with_group(group) if group else dataset
    gaps = dataset.group if dataset.group != GROUP_IN_NAME else None  # told with the pattern
    if notes := tell_of_alone(dataset.images, gaps):
        dataset = replace(dataset, notes=(*dataset.notes, *notes))
    return tell_of_marks(dataset)


def _open_path(text: str, asked: Asked) -> Dataset:
    path = expand_home(text)
    try:
        exists = path.exists()
    except OSError as error:
        raise DatasetError(f"'{text}' cannot be opened ({error.strerror}).") from error
    if not exists:
        raise DatasetError(_unknown(text, path))
    if path.is_dir():
        return _open_asked(path, asked)
    if path.suffix.lower() in TABLES:
        if given := asked["metadata"]:
            raise DatasetError(
                f"metadata={given!r}: '{text}' is a table itself; give the folder of images in its "
                "place, or one table alone."
            )
        return _open_asked(path.parent, {**asked, "metadata": str(path.absolute())})
    what = "a single image" if path.suffix.lower() in EXTENSIONS else "a file of another kind"
    raise DatasetError(
        f"'{text}' is {what}; expected a folder of images, or a CSV, TSV or Parquet beside them; "
        f"unpack an archive first, or try its folder: open_dataset('{path.parent}')."
    )


def _open_asked(folder: Path, asked: Asked) -> Dataset:
    """The dataset in `folder`, which keeps what was asked, without the path of a table."""
    from helpers.tables.given import find_given

    asked, table, kept = dict(asked), None, {}
    if given := asked.pop("metadata"):
        path, root = find_given(given, folder), folder.resolve()
        table = path.name if path.parent == root else path
        if path.parent == root:
            kept = {"table": path.name}
        elif path.is_relative_to(root):
            kept = {"metadata": path.relative_to(root).as_posix()}
        else:
            kept = {"metadata": f"path/to/{path.name}"}
    dataset = open_folder(folder, table=table, asked=asked)
    dataset.opened["asked"] = kept | {key: value for key, value in asked.items() if value}
    return dataset


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
    table: str | Path | None = None,
    asked: Asked | None = None,
) -> Dataset:
    """The dataset in `folder`; labels and splits from its folders, or from a table: one in it, by
    its name or as it is found, or one elsewhere, by its whole path. `asked` may name columns or
    levels of folders ("files", "label", "split", "group"), the "encoding", and the "pattern" of
    labels in names."""
    import pandas as pd

    from helpers.opening.grouping import choose_group
    from helpers.tables.alike import classes_apart
    from helpers.tables.labels import clean_labels, odd_labels

    asked = dict(asked or {})
    pattern = asked.pop("pattern", None)
    for key in ("label", "group") if pattern else ():
        if asked.get(key) and says(pattern, key):
            raise DatasetError(f"{key}={asked[key]!r} and pattern={pattern!r}: give one of them.")
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
    paths, copies = leave_out_copies(root, found["image"])
    ids = stable_ids(paths)
    image_ids = sorted(ids.values())
    index = pd.Index(image_ids, name="image_id", dtype="str")
    layout = read_layout(image_ids, asked)
    above = [image_id.rpartition("/")[0] for image_id in image_ids]
    labels, cleaned = clean_labels(pd.Series([layout.labels[f] for f in above], index, dtype="str"))
    splits = pd.Series([layout.splits[folder] for folder in above], index, dtype="str")
    images = pd.DataFrame({"label": labels, "split": splits})
    for column, values in layout.columns.items():
        images[column] = pd.Series([values.get(f) for f in above], index, dtype="str")
    images, source, told, labelled = _with_tables(images, root, found, table, asked)
    notes += [*copies, *layout.notes, *([] if labelled else layout.label_notes + cleaned)]
    notes += told
    if pattern and says(pattern, "label"):
        images, source = _with_labels_from_names(images, pattern), f"{source or 'folders'}, names"
    elif images["label"].nunique() < 2:
        notes += tell_of_classes(str(folder), images.index)
    notes += odd_labels(images["label"]) + classes_apart(images)
    if pattern and says(pattern, "group"):
        images, group, passed = _with_groups_from_names(images, pattern)
    else:
        group, passed = (None, []) if asked.get("group") else choose_group(images, layout.group)
    notes += passed
    if group:
        notes.append(f"Column {group!r} is taken to say which images show the same thing.")
    if is_level(asked.get("label")):
        source = f"{source or 'folders'}, {asked['label']}"
    files = {image_id: path for path, image_id in ids.items() if path != image_id}
    return Dataset(
        name or root.name or "root",
        root,
        images,
        notes=tuple(notes),
        group=group,
        files=files,
        source=source,
    )


def _with_labels_from_names(images: pd.DataFrame, pattern: str) -> pd.DataFrame:
    import pandas as pd

    from helpers.tables.labels import clean_labels

    found = labels_from_names(images.index, pattern)
    return images.assign(label=clean_labels(pd.Series(found, images.index, dtype="str"))[0])


def _with_groups_from_names(images: pd.DataFrame, pattern: str):
    """`images` with the group column that the names give, its name, and what to tell of it."""
    import pandas as pd

    if GROUP_IN_NAME in images:
        raise DatasetError(
            f"There is a column {GROUP_IN_NAME!r} already: rename it in the table, or give "
            f"group={GROUP_IN_NAME!r} instead of pattern={pattern!r}."
        )
    groups = pd.Series(groups_from_names(images.index, pattern), images.index, dtype="str")
    found = groups.dropna()
    notes = [f"The names put {len(found):,} images into {count(found.unique(), 'group')}."]
    if alone := len(groups) - len(found):
        which = some([one.rpartition("/")[2] for one in groups.index[groups.isna()]])
        notes.append(
            f"The pattern does not fit {count(groups.index[groups.isna()], 'name')}; "
            f"{'that image stands' if alone == 1 else 'those images stand'} alone: {which}."
        )
    return images.assign(**{GROUP_IN_NAME: groups}), GROUP_IN_NAME, notes


def _with_tables(
    images: pd.DataFrame,
    root: Path,
    found: Mapping[str, list[str]],
    table: str | Path | None,
    asked: Asked,
) -> tuple[pd.DataFrame, str | None, list[str], bool]:
    """`images` with what tables say, which table that was, notes, and whether labels are its."""
    from helpers.tables.joining import add_given, add_table, find_tables, tell_of_tables_beside

    if isinstance(table, Path):
        images, notes, source, labelled = add_given(images, root, table, asked)
        return images, source, notes, labelled
    tables = [[table]] if table else find_tables(found)
    images, notes, source, labelled = add_table(images, root, tables, table is not None, asked)
    beside = [] if source else tell_of_tables_beside(root, images["split"])
    return images, source, notes + beside, labelled


def _open_digits() -> Dataset:
    from helpers.opening.digits import NOTE, write_digits

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
