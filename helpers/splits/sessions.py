"""Photos that one camera took one after the other, kept together by their times."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from helpers.audit.keyed import work_on
from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import count
from helpers.splits import captures
from helpers.splits.accepting import apply_groups

NAMES = ("session", "session by time")
BEGINS = "Groups come from the times of photos"
"""How the note begins of a dataset of which nothing else says what belongs together."""
_CHUNK = 256


def group_by_time(
    dataset: Dataset,
    pause: float,
    column: str | None = None,
    workers: int = 2,
    progress: bool = True,
) -> Dataset:
    """The dataset with a metadata column of sessions, which is its `group` from then on: photos
    that one camera took with at most `pause` seconds from each to the next.

    Where people, plants or rooms were photographed one by one, a longer pause parts them, and no
    name or column may say so. Whether that is so here, nobody but who took the photos can say.
    Parts cut from one photo all say the same second, and stay together, however many they are.

    Parameters
    ----------
    dataset : Dataset
        Where it has a group column already, both are joined: images that share either are in one.
    pause : float
        Seconds.
    column : str, optional
        Its name, "session" or, where that is taken, "session by time" if left out; photos without a
        time or a camera in their file stand alone.
    workers : int
        Processes; 0 works in this one.
    progress : bool
        Draw a bar once reading the files has taken two seconds.

    Raises
    ------
    DatasetError
        `pause` is no number above 0, no two photos lie so near in time, or the dataset has such a
        column already.
    """
    if not (isinstance(pause, (int, float)) and 0 < pause < np.inf):
        raise DatasetError(f"pause={pause!r}: expected a number of seconds above 0.")
    free = [one for one in NAMES if one not in dataset.images]
    if column in dataset.images or (column is None and not free):
        raise DatasetError(
            f"{dataset.name!r} has a column {column or NAMES[0]!r} already; name another: "
            f"group_by_time(dataset, {pause:g}, column='…')."
        )
    table = read_times(dataset, workers=workers, progress=progress)
    pairs, _ = captures.find_bursts(table, pause, crowded=True)
    known = table["taken"].notna() & (table["camera"] != "")
    if not len(pairs):
        raise DatasetError(
            f"No two photos of {dataset.name!r} follow each other within {pause:g} s: of "
            f"{count(len(table), 'image')}, {known.sum():,} say in their files when and by which "
            "camera they were taken."
        )
    linked = pd.DataFrame(table.index.to_numpy(object)[pairs], columns=["image_id", "other_id"])
    asked = "" if column is None else f", column={column!r}"
    column = column or free[0]
    made = apply_groups(dataset, linked, column)
    among = np.unique(pairs)
    sizes = made.images.loc[table.index[among], column].value_counts()
    alone, unknown = len(table) - len(among), int((~known).sum())
    why = "for want of a time or a camera in the file"
    single = f"{alone:,} {'stands' if alone == 1 else 'stand'} alone, "
    single += f"{unknown:,} of them {why}" if unknown else f"not {why}"
    begins = "By their times" if dataset.has_groups else f"{BEGINS}:"
    note = (
        f"{begins} {count(among, 'photo')} make {count(sizes, 'session')} of a camera with pauses "
        f"of at most {pause:g} s (column {column!r}, at most {sizes.max():,} in one); "
        f"{single if alone else 'none stands alone'}."
    )
    call = f"group_by_time({{}}, pause={pause:g}{asked})"
    then = {"then": (*made.opened.get("then", ()), call)}
    then |= {"pause": max(pause, made.opened.get("pause", 0))}
    return replace(made, notes=(*made.notes, note), opened=made.opened | then)


def read_times(
    dataset: Dataset, ids: pd.Index | None = None, workers: int = 2, progress: bool = True
) -> pd.DataFrame:
    """taken (seconds) and camera of each image, or of some (as `captures.read_captures`: with its
    serial number, which is not to be shown)."""
    ids = dataset.images.index if ids is None else ids
    rows = work_on(
        ids, lambda one: str(dataset.path(one)), captures.read_captures, _CHUNK,
        title="times", workers=workers, progress=progress,
    )  # fmt: skip
    return pd.DataFrame(rows, ids, columns=["taken", "camera"]).astype({"taken": float})
