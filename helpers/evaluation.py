"""How sure we can be of a score or of a difference, and the scoreboard of every notebook."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.steps import locked, read_table, write_table
from helpers.datasets.words import count, some

_FIRST_COLUMNS = {
    "notebook": "str",
    "model": "str",
    "accuracy": "float64",
    "low": "float64",
    "high": "float64",
    "images": "int64",
}
SCORE_COLUMNS = _FIRST_COLUMNS | {
    "balanced": "float64",
    "measured_on": "str",
    "labels": "str",
}


class Interval(NamedTuple):
    """An accuracy and the interval it comes with."""

    accuracy: float
    low: float
    high: float

    def __repr__(self) -> str:
        return f"{self.accuracy:.2f} ({self.low:.2f} to {self.high:.2f})"


class Difference(NamedTuple):
    """By how much the first accuracy is higher than the second, and the interval it comes with."""

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
    correct = _as_right(correct, "accuracy_interval")
    _check_level(level)
    images, value = correct.size, float(correct.mean())
    effective, quantile = float(images), stats.norm.ppf((1 + level) / 2)
    if groups is not None:
        codes = _group_codes(groups, images)
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
    _check_level(level)
    _check_same_images(first, second)
    right = _as_right(first, "compare_scores"), _as_right(second[first.index], "compare_scores")
    off = right[0] - right[1]
    images, value, unequal = off.size, float(off.mean()), float(np.abs(off).mean())
    effective, quantile = float(images), stats.norm.ppf((1 + level) / 2)
    if groups is not None:
        if isinstance(groups, pd.Series):
            groups = _values_of(groups, first.index, "groups")
        codes = _group_codes(groups, images)
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


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise DatasetError(f"level is {level}; expected between 0 and 1, such as 0.95.")


def _as_right(correct, name: str) -> np.ndarray:
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


def _group_codes(groups, images: int) -> np.ndarray:
    """The number of each image's group, 0 and up."""
    if len(groups) != images:
        raise DatasetError(f"{len(groups)} groups for {images} images; expected one per image.")
    groups = pd.Series(groups).reset_index(drop=True)
    codes = pd.factorize(groups.astype("str").where(groups.notna()))[0]
    return pd.factorize(np.where(codes < 0, images + np.arange(images), codes))[0]


def _grouped_variance(off: np.ndarray, codes: np.ndarray) -> float:
    """Variance of a mean, from the sums over groups of what each value is off it."""
    sums = np.bincount(codes, weights=off)
    return sums.size / (sums.size - 1) * (sums**2).sum() / off.size**2


def _values_of(values: pd.Series, index: pd.Index, name: str) -> pd.Series:
    """What `values` has for each image of `index`."""
    if len(gone := index.difference(values.index)):
        raise DatasetError(f"{name} has no value for {count(gone, 'image')}: {some(gone)}.")
    return values[~values.index.duplicated()][index]


def _check_same_images(first: pd.Series, second: pd.Series) -> None:
    for name, scores in (("first", first), ("second", second)):
        if not isinstance(scores, pd.Series):
            raise DatasetError(
                f"compare_scores got {type(scores).__name__} as the {name} scores, which does not "
                "say of which images they are; expected a Series by image_id, such as "
                "guesses['prediction'] == guesses['label']."
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


def add_score(
    dataset: Dataset,
    notebook: str,
    model: str,
    correct,
    groups=None,
    level: float = 0.95,
    labels=None,
) -> Interval:
    """Add one line to the dataset's scoreboard; the same notebook and model replace their line.

    Parameters
    ----------
    notebook : str
        Its number: "00".
    model : str
        What was trained, in a few words.
    correct, groups, level
        As for `accuracy_interval`; out-of-fold or validation results, never the training images.
        A Series by image_id also says on which images.
    labels : Series by image_id, or array in the order of `correct`, optional
        The labels that answers were held against. With them the line has a balanced accuracy, and
        lines of differently cleaned labels are told apart.

    Returns
    -------
    Interval
        The accuracy that was entered.
    """
    interval = accuracy_interval(correct, groups, level)
    told = isinstance(correct, pd.Series) and not pd.api.types.is_numeric_dtype(correct.index)
    ids = correct.index.astype("str") if told else None
    balanced, of_images, of_labels = np.nan, "" if ids is None else _hash(ids), ""
    if labels is not None:
        if isinstance(labels, pd.Series) and told:
            labels = _values_of(labels, correct.index, "labels")
        balanced = balanced_accuracy(correct, labels)
        of_labels = "" if ids is None else _hash(zip(ids, map(str, labels), strict=True))
    line = (notebook, model, *interval, len(correct), balanced, of_images, of_labels)
    path = dataset.work / "scoreboard.parquet"
    with locked(path):
        old = scoreboard(dataset)
        old = old[(old["notebook"] != notebook) | (old["model"] != model)]
        line = pd.DataFrame([line], columns=[*SCORE_COLUMNS])
        table = pd.concat([old, line]).astype(SCORE_COLUMNS)
        write_table(table.sort_values(["notebook", "accuracy", "model"], ignore_index=True), path)
    return interval


def scoreboard(dataset: Dataset, up_to: str | None = None) -> pd.DataFrame:
    """Every score entered so far; what can be ranked in it, `comparability` says.

    Parameters
    ----------
    up_to : str, optional
        Only notebooks up to and including this number, whatever was run since.

    Returns
    -------
    DataFrame
        notebook, model, accuracy, low, high, images, balanced (balanced accuracy, missing where no
        labels were given), measured_on (12 digits, the same for the same images; "" where not
        told), labels (the same for the same labels of these images; "" where not told)
    """
    path = dataset.work / "scoreboard.parquet"
    table = read_table(path, SCORE_COLUMNS)
    if table is None and (table := read_table(path, _FIRST_COLUMNS)) is not None:
        # A scoreboard from before lines said what they were measured on.
        table = table.assign(balanced=np.nan, measured_on="", labels="").astype(SCORE_COLUMNS)
    if table is None:
        table = pd.DataFrame(columns=[*SCORE_COLUMNS]).astype(SCORE_COLUMNS)
    return table if up_to is None else table[table["notebook"] <= up_to]


def comparability(table: pd.DataFrame) -> str:
    """Why the order of lines of a scoreboard is no ranking, in a sentence; "" where it may be.

    It is none where lines are of different images, of differently cleaned labels, or where it is
    not told of which images a line is (see `add_score`).
    """
    told = "measured_on" in table
    table = table.reindex(columns=["images", "measured_on", "labels"])
    images, labels = (table[column].replace("", None) for column in ("measured_on", "labels"))
    many = max(images.nunique(), table["images"].nunique())
    if many > 1:
        return (
            f"The lines were measured on {many} different sets of images, so their order is no "
            "ranking; compare_scores compares two models on the same images."
        )
    if told and len(table) > 1 and (unknown := images.isna().sum()):
        return (
            f"For {unknown:,} of {len(table):,} lines it is not told on which images they were "
            "measured, so their order may be no ranking; give add_score a Series by image_id."
        )
    if (sets := labels.nunique()) > 1:
        return (
            f"The lines were measured on the same images with {sets} different sets of labels, so "
            "their order is no ranking; score all models against the same labels."
        )
    return ""


def balanced_accuracy(correct, labels) -> float:
    """The mean over classes of the share of their images that is right, 0 to 1.

    Unlike accuracy it cannot be raised by naming the commonest class always.

    Parameters
    ----------
    correct : array of bool or of 0 and 1, one per image
    labels : array of the same length

    Raises
    ------
    DatasetError
        As for `accuracy_interval`, or when lengths differ or a label is missing.
    """
    right, labels = _as_right(correct, "balanced_accuracy"), pd.Series(labels)
    if len(labels) != right.size or labels.isna().any():
        raise DatasetError(
            f"{labels.notna().sum():,} labels for {right.size:,} images; expected one per image."
        )
    return float(pd.Series(right).groupby(labels.to_numpy()).mean().mean())


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


def _hash(items: Iterable) -> str:
    """12 hex digits, the same for the same items in any order."""
    return hashlib.sha256(json.dumps(sorted(items)).encode()).hexdigest()[:12]
