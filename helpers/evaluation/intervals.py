"""How sure we can be of an accuracy, or of the difference between two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from helpers.datasets import DatasetError
from helpers.datasets.words import count, some
from helpers.evaluation.answers import (
    as_right,
    check_level,
    check_same_images,
    group_codes,
    values_of,
)
from helpers.evaluation.metrics import balanced_accuracy


class Interval(NamedTuple):
    """An accuracy and the interval it comes with."""

    accuracy: float
    low: float
    high: float

    def __repr__(self) -> str:
        return f"{self.accuracy:.2f} ({self.low:.2f} to {self.high:.2f})"


class Difference(NamedTuple):
    """By how much the first score is higher than the second, and the interval it comes with."""

    difference: float
    low: float
    high: float

    def __repr__(self) -> str:
        return f"{self.difference:+.2f} ({self.low:+.2f} to {self.high:+.2f})"


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
            variance = _grouped_variance(correct - value, codes)
            effective = min(images, value * (1 - value) / max(variance, 1e-12))
        else:
            effective = float(number)
    squared = quantile**2 / effective
    centre = (value + squared / 2) / (1 + squared)
    half = np.sqrt(squared * (value * (1 - value) + squared / 4)) / (1 + squared)
    # Rounding may leave an accuracy of 0 or 1 just outside, and error bars do not take that.
    low, high = max(min(centre - half, value), 0), min(max(centre + half, value), 1)
    return Interval(value, float(low), float(high))


def compare_scores(
    first: pd.Series, second: pd.Series, groups=None, level: float = 0.95
) -> Difference:
    """By how much one model is more accurate than another on the same images, with its interval.

    Both answers to an image are compared with each other, so that what makes images hard for both
    cancels: only images that one has right and the other wrong count. The interval is that of
    Agresti and Min (2005, "Simple improved confidence intervals for comparing matched
    proportions"), which adds half an image to each of the four cases; where images come in groups
    it is taken for the effective number of images, as in `accuracy_interval`.

    Parameters
    ----------
    first, second : Series by image_id of bool, or of 0 and 1
        Whether each model has an image right; the same images, in any order.
    groups : Series by image_id, or array in the order of `first`, optional
        Which images belong together, e.g. ``dataset.groups``; an image without a value is a group
        of its own.
    level : float, between 0 and 1

    Returns
    -------
    Difference
        difference, low and high, −1 to 1: above 0 where the first is better. The models differ by
        more than chance where 0 lies outside low and high. One single group tells nothing of
        others: −1 to 1.

    Raises
    ------
    DatasetError
        When the images differ, one is named twice or not at all, or as for `accuracy_interval`.

    Examples
    --------
    >>> images = [f"{number}.jpg" for number in range(100)]
    >>> first = pd.Series([True] * 80 + [False] * 20, images)
    >>> second = pd.Series([True] * 65 + [False] * 35, images)
    >>> compare_scores(first, second)
    +0.15 (+0.07 to +0.22)
    """
    check_level(level)
    check_same_images(first, second, "compare_scores")
    right = as_right(first, "compare_scores"), as_right(second[first.index], "compare_scores")
    off = right[0] - right[1]
    images, value, unequal = off.size, float(off.mean()), float(np.abs(off).mean())
    effective, quantile = float(images), stats.norm.ppf((1 + level) / 2)
    if groups is not None:
        if isinstance(groups, pd.Series):
            groups = values_of(groups, first.index, "groups")
        codes = group_codes(groups, images)
        number = codes.max() + 1
        if number == 1:
            return Difference(value, -1.0, 1.0)
        quantile = stats.t.ppf((1 + level) / 2, number - 1)
        spread, variance = unequal - value**2, _grouped_variance(off - value, codes)
        effective = min(images, spread / max(variance, 1e-12)) if spread > 1e-12 else float(number)
    share, mean = (unequal * effective + 1) / (effective + 2), value * effective / (effective + 2)
    half = quantile * np.sqrt((share - mean**2) / (effective + 2))
    low, high = max(min(mean - half, value), -1), min(max(mean + half, value), 1)
    return Difference(value, float(low), float(high))


def compare_losses(
    first: pd.Series, second: pd.Series, groups=None, level: float = 0.95
) -> Difference:
    """By how much one model's mean loss differs from another's on the same images.

    Student's interval of the mean of the paired differences; where images come in groups, of the
    sums over groups (a cluster-robust interval: Liang and Zeger, 1986).

    Parameters
    ----------
    first, second : Series by image_id of numbers
        The loss of each image under each model, e.g. column ``loss`` of `helpers.training.predict`;
        the same images, in any order.
    groups, level
        As for `compare_scores`.

    Returns
    -------
    Difference
        difference (first less second, so below 0 where the first is better), low and high; from
        −infinity to infinity for one single group, which tells nothing of others.

    Raises
    ------
    DatasetError
        A loss is missing or infinite, or as for `compare_scores`.
    """
    check_level(level)
    check_same_images(first, second, "compare_losses")
    off = (first - second[first.index]).to_numpy(float)
    if not off.size:
        raise DatasetError("compare_losses got no images; expected a loss per image.")
    if not np.isfinite(off).all():
        gone = first.index[~np.isfinite(off)]
        raise DatasetError(
            f"{count(gone, 'image')} without a finite loss under one of the models: {some(gone)}; "
            "compare images with a known label only, and probabilities above 0."
        )
    if isinstance(groups, pd.Series):
        groups = values_of(groups, first.index, "groups")
    codes = np.arange(off.size) if groups is None else group_codes(groups, off.size)
    number, value = codes.max() + 1, float(off.mean())
    if number == 1:
        return Difference(value, -np.inf, np.inf)
    half = stats.t.ppf((1 + level) / 2, number - 1) * np.sqrt(_grouped_variance(off - value, codes))
    return Difference(value, float(value - half), float(value + half))


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


def _grouped_variance(off: np.ndarray, codes: np.ndarray) -> float:
    """Variance of a mean, from the sums over groups of what each value is off it."""
    sums = np.bincount(codes, weights=off)
    return sums.size / (sums.size - 1) * (sums**2).sum() / off.size**2
