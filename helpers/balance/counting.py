"""How many images each class has, and how much that many are worth."""

from __future__ import annotations

import pandas as pd

from helpers.balance.association import as_categories
from helpers.datasets import Dataset, DatasetError
from helpers.evaluation import accuracy_interval


def imbalance(dataset: Dataset, column: str = "label", beta: float = 0.999) -> pd.DataFrame:
    """Count the images of each class, or of each value of another column.

    Parameters
    ----------
    dataset : Dataset
        Images whose value is missing are not counted.
    column : str
        "label" or a metadata column.
    beta : float, 0 to below 1
        See `effective_number`.

    Returns
    -------
    DataFrame by value, the commonest first
        images, groups (specimens, patients; images where no column says); share of all images,
        0 to 1, with its 95 % interval low to high, which counts groups; ratio (images of the
        commonest value over its own); effective (number of images).

    Raises
    ------
    DatasetError
        There is no such column, or it is empty.
    ValueError
        `beta` is out of range.
    """
    values = as_categories(dataset, column).dropna()
    if values.empty:
        raise DatasetError(f"No image of {dataset.name!r} has a value in {column!r}.")
    groups = dataset.groups[values.index]
    counts = values.value_counts().sort_index(kind="stable").sort_values(
        ascending=False, kind="stable"
    )  # fmt: skip
    table = pd.DataFrame(
        {"images": counts, "groups": groups.groupby(values).nunique()[counts.index]}
    )
    shares = [accuracy_interval(values == value, groups) for value in counts.index]
    table[["share", "low", "high"]] = pd.DataFrame(shares, counts.index)
    table["ratio"] = counts.max() / counts
    table["effective"] = effective_number(counts, beta)
    return table.rename_axis(column)


def effective_number(counts: pd.Series, beta: float = 0.999) -> pd.Series:
    """What so many images of a class are worth where each new one shows less that is new.

    Cui et al., "Class-balanced loss based on effective number of samples" (2019).

    Parameters
    ----------
    counts : Series or array of int
        Images of each class.
    beta : float, 0 to below 1
        How much one more image overlaps with those that are there: n images count as
        ``(1 - beta**n) / (1 - beta)``: as one for 0, as nearly n close to 1.

    Raises
    ------
    ValueError
        `beta` is out of range.
    """
    if not 0 <= beta < 1:
        raise ValueError(f"beta is {beta}; expected at least 0 and below 1, e.g. 0.999.")
    return (1 - beta**counts) / (1 - beta)
