"""How sure we can be of a score, and the scoreboard that every notebook adds a line to."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from helpers.datasets import Dataset
from helpers.datasets.steps import locked, read_table, write_table

SCORE_COLUMNS = {
    "notebook": "str",
    "model": "str",
    "accuracy": "float64",
    "low": "float64",
    "high": "float64",
    "images": "int64",
}


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
        Which images belong together.
    level : float, between 0 and 1

    Returns
    -------
    Interval
        accuracy, low and high, each 0 to 1. One single group tells nothing of others: 0 to 1.

    Raises
    ------
    ValueError
        When there is no image, a value is not 0 or 1, or lengths differ.

    Examples
    --------
    >>> accuracy_interval([True] * 45 + [False] * 55)
    0.45 (0.36 to 0.55)
    """
    correct = np.asarray(correct, float)
    if correct.ndim != 1 or correct.size == 0 or not np.isin(correct, (0, 1)).all():
        raise ValueError(
            f"accuracy_interval got {correct.shape} values; expected a list of at least one True "
            "or False per image."
        )
    images, value = correct.size, correct.mean()
    effective, quantile = float(images), stats.norm.ppf((1 + level) / 2)
    if groups is not None:
        if len(groups) != images:
            raise ValueError(f"{len(groups)} groups for {images} images; expected one per image.")
        codes = np.unique(np.asarray(groups).astype(str), return_inverse=True)[1]
        sizes = np.bincount(codes)
        if sizes.size == 1:
            return Interval(value, 0.0, 1.0)
        excess = np.bincount(codes, weights=correct) - value * sizes
        variance = sizes.size / (sizes.size - 1) * (excess**2).sum() / images**2
        quantile = stats.t.ppf((1 + level) / 2, sizes.size - 1)
        if 0 < value < 1:
            effective = min(images, value * (1 - value) / max(variance, 1e-12))
        else:
            effective = float(sizes.size)
    squared = quantile**2 / effective
    centre = (value + squared / 2) / (1 + squared)
    half = np.sqrt(squared * (value * (1 - value) + squared / 4)) / (1 + squared)
    return Interval(float(value), float(max(centre - half, 0)), float(min(centre + half, 1)))


def add_score(
    dataset: Dataset, notebook: str, model: str, correct, groups=None, level: float = 0.95
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

    Returns
    -------
    Interval
        The accuracy that was entered.
    """
    interval = accuracy_interval(correct, groups, level)
    path = dataset.work / "scoreboard.parquet"
    with locked(path):
        old = scoreboard(dataset)
        old = old[(old["notebook"] != notebook) | (old["model"] != model)]
        line = pd.DataFrame([(notebook, model, *interval, len(correct))], columns=[*SCORE_COLUMNS])
        table = pd.concat([old, line]).astype(SCORE_COLUMNS)
        write_table(table.sort_values(["notebook", "accuracy", "model"], ignore_index=True), path)
    return interval


def scoreboard(dataset: Dataset, up_to: str | None = None) -> pd.DataFrame:
    """Every score entered so far: notebook, model, accuracy, low, high, images.

    Parameters
    ----------
    up_to : str, optional
        Only notebooks up to and including this number, whatever was run since.
    """
    table = read_table(dataset.work / "scoreboard.parquet", SCORE_COLUMNS)
    if table is None:
        table = pd.DataFrame(columns=[*SCORE_COLUMNS]).astype(SCORE_COLUMNS)
    return table if up_to is None else table[table["notebook"] <= up_to]
