"""How common classes are: where a model learned, where it is used, and what that changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from helpers.datasets import DatasetError
from helpers.datasets.words import some
from helpers.evaluation.calibration import with_chances
from helpers.evaluation.predictions import check_predictions, probabilities

MOST_ROUNDS, SMALL = 20_000, 1e-10


def class_shares(labels: pd.Series, classes: Sequence[str] | None = None) -> pd.Series:
    """The share of each class among the labels, 0 to 1, sorted by name; missing ones passed over.

    Parameters
    ----------
    classes : list of str, optional
        All classes there are, so that one without labels has the share 0.
    """
    shares = labels.dropna().astype("str").value_counts(normalize=True).sort_index()
    shares = shares.rename("share").rename_axis("class")
    return shares if classes is None else shares.reindex([*classes], fill_value=0.0)


def correct_prevalence(
    predictions: pd.DataFrame, before: pd.Series, after: pd.Series
) -> pd.DataFrame:
    """What a calibrated model would say if classes were as common as `after` says.

    Bayes' rule: each probability times ``after / before`` of its class, and to a sum of 1 again.

    Parameters
    ----------
    before, after : Series of float by class
        Shares where the model learned, and where it is used.

    Raises
    ------
    DatasetError
        A class of the table has no share, or one of 0 `before`.
    """
    table = check_predictions(predictions)
    values = probabilities(table)
    ratio = _shares(after, values.columns, "after") / _known(before, values.columns)
    weighed = values.to_numpy(float) * ratio
    total = weighed.sum(1, keepdims=True)
    if not (total > 0).all():
        raise DatasetError(
            f"{(total == 0).sum():,} images are given only to classes that `after` says do not "
            "occur; give each class that may occur a small share."
        )
    return with_chances(table, weighed / total)


def estimate_prevalence(predictions: pd.DataFrame, before: pd.Series) -> pd.Series:
    """How common the classes are among these images, without any of their labels.

    The shares under which the probabilities of all images are most likely, found by expectation
    maximisation (Saerens, Latinne and Decaestecker, 2002). It takes two things for granted: that
    within a class, images look as they did where the model learned, and that the model was
    calibrated there; see `helpers.evaluation.find_temperature`.

    Parameters
    ----------
    predictions : predictions table; its labels are not looked at
    before : Series of float by class
        Shares where the model learned, e.g. ``class_shares(train.images["label"])``.

    Returns
    -------
    Series of float by class, in the table's order; sums to 1.
    """
    values = probabilities(check_predictions(predictions))
    weights = values.to_numpy(float) / _known(before, values.columns)
    weights /= weights.max(1, keepdims=True)
    shares = np.full(values.shape[1], 1 / values.shape[1])
    for _ in range(MOST_ROUNDS):
        told = weights * shares
        following = (told / told.sum(1, keepdims=True)).mean(0)
        moved, shares = np.abs(following - shares).max(), following
        if moved < SMALL:
            break
    return pd.Series(shares, values.columns, name="share").rename_axis("class")


def precision_at(prevalence, recall: float, false_alarms: float):
    """The share of alarms that are right, where a share `prevalence` of images is of the class.

    Bayes' rule. Recall (of those of the class, the share that is reported) and the rate of false
    alarms (of the others, the share that is reported, too) stay what they are when a class becomes
    rarer; precision does not.

    Returns
    -------
    float or array, 0 to 1; missing where nothing is ever reported
    """
    share = np.asarray(prevalence, float)
    if ((share < 0) | (share > 1)).any():
        raise DatasetError(f"A prevalence of {prevalence} is none; expected 0 to 1.")
    right, wrong = share * recall, (1 - share) * false_alarms
    with np.errstate(invalid="ignore"):
        found = right / (right + wrong)
    return found if found.ndim else float(found)


def _shares(shares: pd.Series, classes: pd.Index, name: str) -> np.ndarray:
    found = pd.Series(shares, dtype=float).reindex(classes)
    if unknown := [*found.index[~(found >= 0)]]:
        raise DatasetError(f"`{name}` has no share of {some(map(repr, unknown))}; expected 0 to 1.")
    return (found / found.sum()).to_numpy()


def _known(before: pd.Series, classes: pd.Index) -> np.ndarray:
    found = _shares(before, classes, "before")
    if (found == 0).any():
        raise DatasetError(
            f"`before` says that {some(map(repr, classes[found == 0]))} did not occur where the "
            "model learned, so nothing it says of it can be corrected."
        )
    return found
