"""Scores of parts of the images: by every metadata column, and the errors worth looking at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from helpers.datasets import Dataset
from helpers.datasets.words import require_column
from helpers.evaluation.confusions import answer_codes, groups_of
from helpers.evaluation.intervals import accuracy_interval

MOST_VALUES = 12
FEWEST_IMAGES, FEWEST_GROUPS = 50, 10
"""A part of fewer is not scored: its interval would hold nearly anything, and whoever looks at many
small parts finds one that is bad by luck."""


def score_parts(
    predictions: pd.DataFrame,
    dataset: Dataset,
    columns: Sequence[str] | None = None,
    shuffles: int = 500,
    seed: int = 0,
    groups: pd.Series | None = None,
) -> pd.DataFrame:
    """Accuracy of the images of each value of each metadata column, and the lowest that luck gives.

    Parameters
    ----------
    predictions : DataFrame from `check_predictions` or `helpers.training.predict`
        Images without a label are passed over.
    dataset : Dataset
        Has the columns, and the groups that intervals respect.
    columns : list of str, optional
        Columns of ``dataset.images``; of several at once with " × " between, such as
        "label × background". All metadata columns of 2 to 12 values if absent, those that group
        images and those of true and false excepted.
    shuffles : int
        How often whole groups trade their values to see what luck makes of the lowest.
    groups : Series by image_id, optional
        What shows one thing, and counts once in intervals; the dataset's groups if absent.

    Returns
    -------
    DataFrame
        column, value, images, groups, accuracy, low, high, lowest (only one shuffle in twenty has
        a part of this column with a lower accuracy), shown (False for parts of fewer than 50 images
        or 10 groups, which have no accuracy), in the order of columns and values.
    """
    index, labels, answers, _ = answer_codes(predictions)
    groups = dataset.groups if groups is None else groups
    right, codes = labels == answers, groups_of(groups, index)
    images, rows = dataset.images.loc[index], []
    for column in few_valued(dataset, index) if columns is None else columns:
        # Columns that were crossed before, as by `helpers.fairness.name_groups`, are one.
        names = [column] if column in images else column.split(" × ")
        for name in names:
            require_column(images, name)
        known = images[names].notna().all(axis=1).to_numpy()
        values = images[names].astype("str").fillna("").agg(" × ".join, axis=1).to_numpy()
        parts = []
        for value in sorted(set(values[known])):
            own = known & (values == value)
            groups = len(np.unique(codes[own]))
            shown = own.sum() >= FEWEST_IMAGES and groups >= FEWEST_GROUPS
            score = accuracy_interval(right[own], codes[own]) if shown else (np.nan,) * 3
            parts.append((column, value, int(own.sum()), groups, *score, np.nan, shown))
        kept = [part[1] for part in parts if part[-1]]
        lowest = _lowest_by_luck(right, codes, values, kept, shuffles, seed)
        rows += [(*part[:-2], lowest if part[-1] else np.nan, part[-1]) for part in parts]
    names = ["column", "value", "images", "groups", "accuracy", "low", "high", "lowest", "shown"]
    return pd.DataFrame(rows, columns=names).astype({"shown": bool})


def few_valued(dataset: Dataset, index: pd.Index) -> list[str]:
    """Metadata columns with 2 to 12 values among these images, no marks and not what groups."""
    found = []
    for column in dataset.metadata:
        values = dataset.images.loc[index, column].dropna()
        marks = pd.api.types.is_bool_dtype(values) or set(values) <= {True, False}
        if column != dataset.group and not marks and 2 <= values.nunique() <= MOST_VALUES:
            found.append(column)
    return found


def surest_errors(predictions: pd.DataFrame, most: int = 12) -> pd.DataFrame:
    """The wrong answers of which the model was most sure, the surest first."""
    wrong = predictions[predictions["label"].notna()].query("prediction != label")
    return wrong.sort_values("confidence", ascending=False, kind="stable").head(most)


def _lowest_by_luck(right, codes, values, kept, shuffles: int, seed: int) -> float:
    """The 5 % quantile of the lowest accuracy of the parts `kept` when whole groups trade values.

    The images of a group get the values of another's, in turn from a random one on. So values that
    differ within groups, as the ground of several photos of one thing, are spread over things by
    luck as they were; if each group had but one, parts would hang on fewer things than they do.
    """
    if len(kept) < 2:
        return np.nan
    order = np.argsort(codes, kind="stable")
    right, places = right[order], pd.Index(kept).get_indexer(values[order])
    sizes = np.bincount(codes)
    starts = np.cumsum(sizes) - sizes
    own, turn = np.repeat(np.arange(len(sizes)), sizes), np.arange(len(codes))
    turn -= starts[own]
    rng, lowest = np.random.default_rng(seed), []
    for _ in range(shuffles):
        giver = rng.permutation(len(sizes))
        first = rng.integers(sizes[giver])
        giver = giver[own]
        traded = places[starts[giver] + (turn + first[own]) % sizes[giver]]
        total = np.bincount(traded[traded >= 0], minlength=len(kept))
        score = np.bincount(traded[traded >= 0], right[traded >= 0], len(kept))
        lowest.append((score / np.maximum(total, 1))[total > 0].min())
    return float(np.quantile(lowest, 0.05))
