"""Metrics of right and wrong answers."""

from __future__ import annotations

import pandas as pd

from helpers.datasets import DatasetError
from helpers.evaluation.answers import as_right


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
    right, labels = as_right(correct, "balanced_accuracy"), pd.Series(labels)
    if len(labels) != right.size or labels.isna().any():
        raise DatasetError(
            f"{labels.notna().sum():,} labels for {right.size:,} images; expected one per image."
        )
    return float(pd.Series(right).groupby(labels.to_numpy()).mean().mean())
