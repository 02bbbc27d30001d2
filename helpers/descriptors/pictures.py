"""The pictures of some classes with what stands out in each: to try descriptors on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from PIL import Image

from helpers.datasets import Dataset, DatasetError
from helpers.descriptors.form import find_foreground

SMALL, MOST = 96, 400


def find_foregrounds(
    dataset: Dataset, classes: Iterable[str], largest: int = SMALL, most: int = MOST
) -> pd.DataFrame:
    """The readable images of some classes with their foreground, as `find_foreground` guesses it.

    Parameters
    ----------
    dataset : Dataset
    classes : iterable of str
    largest : int
        Longer side in pixels.
    most : int
        Of more images a random sample, the same each time.

    Returns
    -------
    DataFrame by image_id
        label; rgb, a uint8 array of height × width × 3; foreground, a bool array, height × width.

    Raises
    ------
    DatasetError
        No image has one of these labels.
    """
    classes, rows = list(classes), {}
    labels = dataset.images["label"]
    labels = labels[labels.isin(classes)]
    if labels.empty:
        raise DatasetError(f"{dataset.name!r} has no image of the classes {classes}.")
    labels = labels.sample(min(most, len(labels)), random_state=0).sort_index()
    for image_id, label in labels.items():
        try:
            image = dataset.load(image_id, at_least=largest)
        except DatasetError:  # the scan says what is wrong with the file
            continue
        image.thumbnail((largest, largest), Image.Resampling.BOX)
        rgb = np.asarray(image)
        rows[image_id] = (label, rgb, find_foreground(rgb))
    columns = ["label", "rgb", "foreground"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.rename_axis("image_id")


def score_descriptor(
    descriptor: Callable[[np.ndarray, np.ndarray], float], pictures: pd.DataFrame
) -> float:
    """How well one number tells two classes apart: area under the ROC curve, 0.5 to 1.

    Parameters
    ----------
    descriptor : function of rgb and foreground that returns a number
    pictures : DataFrame from `find_foregrounds`, of two classes

    Returns
    -------
    float
        Whichever class has the higher numbers; NaN where a number is none, or there are not two
        classes.
    """
    from sklearn.metrics import roc_auc_score

    sides = zip(pictures["rgb"], pictures["foreground"], strict=True)
    values = [float(descriptor(rgb, foreground)) for rgb, foreground in sides]
    first = pictures["label"] == pictures["label"].min()
    if pictures["label"].nunique() != 2 or not np.isfinite(values).all():
        return float("nan")
    area = roc_auc_score(first, values)
    return float(max(area, 1 - area))
