"""Two datasets as one, so that one search sees the images of both."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import count

SIDE, FIRST, SECOND, THING = "side", "first", "second", "thing"


def join_datasets(first: Dataset, second: Dataset) -> Dataset:
    """All images of two datasets in one.

    Parameters
    ----------
    first, second : Dataset
        Of two folders, or of one folder where no image is in both.

    Returns
    -------
    Dataset
        Its root is the deepest folder that holds both; images have the columns label, split
        (missing), side ("first" or "second"), id (that in their own dataset) and thing, its
        `group`: what an image shows. A thing of the first and one of the second are the same where
        both datasets name the column and the value alike.

    Raises
    ------
    DatasetError
        An image is in both, or no folder holds both.
    """
    try:
        root = Path(os.path.commonpath([first.root, second.root]))
    except ValueError:  # two drives of Windows
        raise DatasetError(
            f"'{first.root}' and '{second.root}' lie on two drives; copy one of them beside the "
            "other."
        ) from None
    parts, files = [], {}
    for side, one in ((FIRST, first), (SECOND, second)):
        ids = one.images.index
        below = [(one.root / i).relative_to(root).as_posix() for i in ids]
        for image_id, name in zip(ids, below, strict=True):
            if image_id in one.files:
                files[name] = (one.root / one.files[image_id]).relative_to(root).as_posix()
        things = one.groups.to_numpy(object)
        if one.group is None:
            things = below
        known = {
            "label": one.images["label"].to_numpy(object),
            SIDE: side,
            "id": ids,
            THING: things,
        }
        parts.append(pd.DataFrame(known, pd.Index(below, name="image_id", dtype="str")))
    if len(both := parts[0].index.intersection(parts[1].index)):
        raise DatasetError(
            f"{count(both, 'image')} of {second.name!r} are images of {first.name!r} as well, such "
            f"as {parts[0].loc[both[0], 'id']!r}: a folder is compared with another, not with "
            "itself or a part of it."
        )
    images = pd.concat(parts).sort_index()
    images.insert(1, "split", pd.Series(pd.NA, images.index, dtype="str"))
    images["label"] = images["label"].astype("str")
    name = f"{first.name} and {second.name}"
    return Dataset(name, root, images, group=THING, files=files, source="\0".join(
        [first.source or str(first.root), second.source or str(second.root)]
    ))  # fmt: skip
