"""How sure we can be of an accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from helpers.evaluation.answers import (
    as_right,
    check_level,
    group_codes,
)
from helpers.evaluation.metrics import balanced_accuracy


class Interval(NamedTuple):
    """An accuracy and the interval it comes with."""

    accuracy: float
    low: float
    high: float

    def __repr__(self) -> str:
        return f"{self.accuracy:.2f} ({self.low:.2f} to {self.high:.2f})"


def accuracy_interval(correct, groups=None, level: float = 0.95) -> Interval:
    """Accuracy and its confidence interval.

    Independent images get Wilson's interval (1927). Images that come in groups (photos of one leaf,
    one patient) err together, so that 100 images of 20 leaves say less than 100 leaves: the
    interval is then Wilson's for the *effective* number of images, estimated from how much accuracy
    varies between groups (Korn and Graubard, 1998; Dean and Pagano, 2015). Simulated coverage is
    within about 2 points of `level` from 20 groups up; near 0 or 1, or with fewer groups, distrust
    it.

    Parameters
    ----------
    correct : array of bool or of 0 and 1, one per image
    groups : array of the same length, optional
        Which images belong together; an image without a value is a group of its own.
    level : float, between 0 and 1

    Returns
    -------
    Interval
        accuracy, low and high, each 0 to 1, and the accuracy within low and high. One single group
        tells nothing of others: 0 to 1.

    Raises
    ------
    DatasetError (a ValueError)
        When there is no image, a value is not 0 or 1, lengths differ, or `level` is no level.

    Examples
    --------
    >>> accuracy_interval([True] * 45 + [False] * 55)
    0.45 (0.36 to 0.55)
    """
    correct = as_right(correct, "accuracy_interval")
    check_level(level)
    images, value = correct.size, float(correct.mean())
    effective, quantile = float(images), stats.norm.ppf((1 + level) / 2)
    if groups is not None:
        codes = group_codes(groups, images)
        number = codes.max() + 1
        if number == 1:
            return Interval(value, 0.0, 1.0)
        quantile = stats.t.ppf((1 + level) / 2, number - 1)
        if 0 < value < 1:
            variance = grouped_variance(correct - value, codes)
            effective = min(images, value * (1 - value) / max(variance, 1e-12))
        else:
            effective = float(number)
    return Interval(value, *wilson_ends(value, effective, quantile))


def wilson_ends(value: float, effective: float, quantile: float) -> tuple[float, float]:
    """The ends of Wilson's interval of a share of so many independent answers, `value` within."""
    squared = quantile**2 / effective
    centre = (value + squared / 2) / (1 + squared)
    half = np.sqrt(squared * (value * (1 - value) + squared / 4)) / (1 + squared)
    # Rounding may leave an accuracy of 0 or 1 just outside, and error bars do not take that.
    low, high = max(min(centre - half, value), 0), min(max(centre + half, value), 1)
    return float(low), float(high)


def score_each(
    right: Mapping[str, pd.Series] | pd.DataFrame, labels: pd.Series, groups: pd.Series
) -> tuple[dict[str, Interval], dict[str, float]]:
    """Accuracy with its interval, and balanced accuracy, of several models by name.

    Parameters
    ----------
    right : name → Series by image_id of bool, or a DataFrame of such columns
    labels, groups : Series by image_id
        Of these images, and perhaps of others.
    """
    scores = {name: accuracy_interval(one, groups[one.index]) for name, one in right.items()}
    balanced = {name: balanced_accuracy(one, labels[one.index]) for name, one in right.items()}
    return scores, balanced


def grouped_variance(off: np.ndarray, codes: np.ndarray) -> float:
    """Variance of a mean, from the sums over groups of what each value is off it."""
    sums = np.bincount(codes, weights=off)
    return sums.size / (sums.size - 1) * (sums**2).sum() / off.size**2
