"""By how much one model is better than another on the same images, and how sure that is."""

from __future__ import annotations

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
from helpers.evaluation.intervals import Interval, grouped_variance


class Difference(NamedTuple):
    """By how much the first score is higher than the second, and the interval it comes with."""

    difference: float
    low: float
    high: float

    def __repr__(self) -> str:
        return tell(self.difference, self.low, self.high, "+")


def between_parts(first: Interval, second: Interval) -> Difference:
    """By how much the accuracy on one part of the images is higher than on another, from the
    intervals of both (Newcombe, 1998, method 10, with these in place of Wilson's).

    The parts are taken to be independent; where things have images in both, the interval is
    rather too wide.
    """
    off = first.accuracy - second.accuracy
    down = np.hypot(first.accuracy - first.low, second.high - second.accuracy)
    up = np.hypot(first.high - first.accuracy, second.accuracy - second.low)
    return Difference(off, float(off - down), float(off + up))


def tell(value: float, low: float, high: float, sign: str = "") -> str:
    """A score or, with a `sign` of "+", a difference, and its interval in brackets."""

    def end(one: float) -> str:
        # A third digit shows on which side of 0 the end of a difference lies, if two would not.
        digits = 3 if sign and abs(one) < 0.005 and round(one, 3) else 2
        return f"{round(one, digits) + 0.0:{sign}.{digits}f}"

    return f"{round(value, 2) + 0.0:{sign}.2f} ({end(low)} to {end(high)})"


def compare_scores(
    first: pd.Series, second: pd.Series, groups=None, level: float = 0.95
) -> Difference:
    """By how much one model is more accurate than another on the same images, with its interval.

    Both answers to an image are compared with each other, so that what makes images hard for both
    cancels: only images that one has right and the other wrong count. The interval is that of
    Agresti and Min (2005, "Simple improved confidence intervals for comparing matched
    proportions"), which adds half an image to each of the four cases; where images come in groups
    it is taken for the effective number of images, as in `accuracy_interval`. Metrics other than
    accuracy: `compare_metrics`.

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
        spread, variance = unequal - value**2, grouped_variance(off - value, codes)
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
    half = stats.t.ppf((1 + level) / 2, number - 1) * np.sqrt(grouped_variance(off - value, codes))
    return Difference(value, float(value - half), float(value + half))
