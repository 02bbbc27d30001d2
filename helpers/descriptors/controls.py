"""Is it the thing, or how it was photographed? Scores compared among alike pictures only."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import numpy as np
import pandas as pd

from helpers.datasets import Dataset
from helpers.descriptors.table import score_families

MOST_VALUES = 20
FEWEST = 20
"""Images of each class that must have one of the other class with the same value beside them."""
HIGH = 0.7
"""A lower area under the ROC curve is not too good to be true."""
MOST_PAIRS = 300

COLUMNS = ["class_a", "class_b", "family", "column", "auc", "within", "shuffled", "fall"]


def hold_equal(
    dataset: Dataset, features: pd.DataFrame, columns: Iterable[str] | None = None, seed: int = 0
) -> pd.DataFrame:
    """How well families tell two classes apart among pictures that are alike in one column.

    The scores are those of `separability`. Its area under the ROC curve is the chance that an image
    of the one class is ranked above one of the other; here only images with the same value of a
    metadata column are compared, the same camera or the same ground. If the figure falls, the
    family read that column, or what goes with it. To tell a fall from chance, the values are also
    shuffled between groups: then nothing is held equal, and the figure must stay.

    Parameters
    ----------
    dataset : Dataset
        Its labelled images are compared.
    features : DataFrame by image_id, from `describe`
    columns : iterable of str, optional
        By default all metadata columns of 2 to 20 values but the group column.
    seed : int
        Of shuffling.

    Returns
    -------
    DataFrame, the largest fall first
        class_a, class_b, family, column; auc over all images, 0 to 1; within, among images with the
        same value; shuffled, the same with shuffled values; fall, shuffled less within. Only where
        auc is above 0.7 and 20 images of each class can be compared; of more than 300 pairs and
        families, those of the highest auc. Empty where there is no such column.
    """
    images, asked, rows = dataset.images, [], []
    columns = _with_few_values(dataset) if columns is None else [*columns]
    if not columns:
        return pd.DataFrame(rows, columns=COLUMNS)
    y, classes, scores = score_families(features, images["label"], dataset.groups)
    alike = pd.Series(0, y.index)
    for family, score in scores.items():
        for a, b in combinations(range(len(classes)), 2):
            pair = np.flatnonzero(y.isin([a, b]))
            of_b, rank = (y.iloc[pair] == b).to_numpy(), score[pair, b] - score[pair, a]
            auc, _ = auc_within(of_b, rank, alike.iloc[pair])
            if auc > HIGH:
                asked.append((auc, classes[a], classes[b], family, pair, of_b, rank))
    asked = sorted(asked, key=lambda one: -one[0])[:MOST_PAIRS]
    groups = dataset.groups[y.index]
    for column in columns:
        values = images[column].reindex(y.index)
        shuffled = _shuffle(values, groups, seed)
        for auc, *names, pair, of_b, rank in asked:
            within, fewest = auc_within(of_b, rank, values.iloc[pair])
            if fewest < FEWEST:
                continue
            control, _ = auc_within(of_b, rank, shuffled.iloc[pair])
            rows.append((*names, column, auc, within, control, control - within))
    found = pd.DataFrame(rows, columns=COLUMNS)
    return found.sort_values("fall", ascending=False, kind="stable", ignore_index=True)


def most_surprising_pair(held: pd.DataFrame, separation: pd.DataFrame) -> list[str] | None:
    """Two classes to look at: those of the largest fall, else those told apart best.

    Parameters
    ----------
    held : DataFrame from `hold_equal`
    separation : DataFrame from `helpers.descriptors.separability`

    Returns
    -------
    list of two classes; None where neither table has a row
    """
    best = separation.sort_values("auc", ascending=False, kind="stable")
    for table in (held, best):
        if len(table):
            return table.iloc[0][["class_a", "class_b"]].tolist()
    return None


def auc_within(second: np.ndarray, rank: np.ndarray, values: pd.Series) -> tuple[float, int]:
    """Chance that an image of the second class ranks above one of the first with the same value.

    Parameters
    ----------
    second : array of bool, whether an image is of the second class
    rank : array of float
    values : Series of the same length; an image without a value is not compared

    Returns
    -------
    area : float
        0 to 1, ties counted half; NaN where nothing can be compared.
    fewest : int
        Of the class with fewer of them, the images that were compared.
    """
    from scipy.stats import rankdata

    above, pairs, compared = 0.0, 0, np.zeros(2, int)
    codes = pd.factorize(values)[0]
    for code in range(codes.max(initial=-1) + 1):
        own = codes == code
        high = int(second[own].sum())
        low = int(own.sum()) - high
        if high and low:
            above += rankdata(rank[own])[second[own]].sum() - high * (high + 1) / 2
            pairs += high * low
            compared += low, high
    return (above / pairs if pairs else np.nan), int(compared.min())


def _with_few_values(dataset: Dataset) -> list[str]:
    names = [name for name in dataset.metadata if name != dataset.group]
    return [name for name in names if 2 <= dataset.images[name].nunique() <= MOST_VALUES]


def _shuffle(values: pd.Series, groups: pd.Series, seed: int) -> pd.Series:
    """The values traded between images; those that a group shares, as one."""
    rng = np.random.default_rng(seed)
    shares = values.groupby(groups).nunique(dropna=False).le(1).all()
    if not shares:
        return pd.Series(rng.permutation(values.to_numpy()), values.index)
    of_group = values.groupby(groups).first()
    traded = pd.Series(rng.permutation(of_group.to_numpy()), of_group.index)
    return groups.map(traded)
