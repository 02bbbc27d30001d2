"""Right and wrong answers, checked: what every score is computed from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.datasets import DatasetError
from helpers.datasets.words import count, some


def check_level(level: float) -> None:
    if not 0 < level < 1:
        raise DatasetError(f"level is {level}; expected between 0 and 1, such as 0.95.")


def as_right(correct, name: str) -> np.ndarray:
    """Right and wrong answers as an array of 1.0 and 0.0."""
    try:
        values = np.asarray(correct, float)
    except (TypeError, ValueError):
        values = np.array([np.nan])
    if values.ndim != 1 or values.size == 0 or not np.isin(values, (0, 1)).all():
        raise DatasetError(
            f"{name} got values of shape {np.shape(correct)}, not each of them True or False; "
            "expected a list of at least one True or False per image."
        )
    return values


def group_codes(groups, images: int) -> np.ndarray:
    """The number of each image's group, 0 and up."""
    if len(groups) != images:
        raise DatasetError(f"{len(groups)} groups for {images} images; expected one per image.")
    groups = pd.Series(groups).reset_index(drop=True)
    codes = pd.factorize(groups.astype("str").where(groups.notna()))[0]
    return pd.factorize(np.where(codes < 0, images + np.arange(images), codes))[0]


def values_of(values: pd.Series, index: pd.Index, name: str) -> pd.Series:
    """What `values` has for each image of `index`."""
    if len(gone := index.difference(values.index)):
        raise DatasetError(f"{name} has no value for {count(gone, 'image')}: {some(gone)}.")
    return values[~values.index.duplicated()][index]


def check_same_images(first: pd.Series, second: pd.Series, asker: str = "compare_scores") -> None:
    for name, scores in (("first", first), ("second", second)):
        if not isinstance(scores, pd.Series):
            raise DatasetError(
                f"{asker} got {type(scores).__name__} as the {name} scores, which does not "
                "say of which images they are; expected a Series by image_id, as a column of a "
                "table from predict, or answers['prediction'] == answers['label']."
            )
        if twice := list(scores.index[scores.index.duplicated()]):
            raise DatasetError(f"The {name} scores name an image more than once: {some(twice)}.")
    ids = first.index, second.index
    parts = [
        f"{count(alone, 'image')} only in the {name} such as {alone[0]}"
        for name, alone in (
            ("first", ids[0].difference(ids[1])),
            ("second", ids[1].difference(ids[0])),
        )
        if len(alone)
    ]
    if parts:
        raise DatasetError(
            f"The two scores are not of the same images ({', '.join(parts)}), so that their "
            "difference would be one of images too; score both models on the same ones."
        )
