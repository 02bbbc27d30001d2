"""Which metadata goes with which labels: Cramér's V, and where in the table it comes from."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import some

MOST_VALUES = 20
"""A column with more values names its images rather than groups them, if they are no numbers."""

BINS = 4
MISSING = "(missing)"


def as_categories(dataset: Dataset, column: str, bins: int = BINS) -> pd.Series:
    """A column as text, numbers with more than `MOST_VALUES` values in `bins` of equal counts.

    Returns
    -------
    Series of str by image_id, missing where the value is; bins are called "12 to 35".

    Raises
    ------
    DatasetError
        There is no such column.
    """
    if column not in dataset.images:
        there = some(dataset.images.columns, 12)
        raise DatasetError(f"{dataset.name!r} has no column {column!r}; it has: {there}.")
    values = dataset.images[column]
    numbers = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if numbers and values.nunique() > MOST_VALUES:
        edges = np.unique(np.nanquantile(values.astype(float), np.linspace(0, 1, bins + 1)))
        names = [f"{low:g} to {high:g}" for low, high in zip(edges[:-1], edges[1:], strict=True)]
        values = pd.cut(values.astype(float), edges, labels=names, include_lowest=True)
    return values.astype("str").where(values.notna()).astype("str")


def associate(
    dataset: Dataset,
    columns: Iterable[str] | None = None,
    against: str = "label",
    permutations: int = 999,
    seed: int = 0,
) -> pd.DataFrame:
    """How closely each metadata column goes with the label, and whether that may be chance.

    Parameters
    ----------
    dataset : Dataset
        Images without a value in `against` are left out; one missing in another column counts as a
        value of its own, because where facts are missing is a fact, too.
    columns : iterable of str, optional
        By default every metadata column with 2 to 20 values, or of numbers (in four bins), but the
        group column, which names what it groups.
    against : str
    permutations : int
        For p: whole groups trade what `against` says of them with groups of as many images, so
        that ten photos of one leaf do not count as ten witnesses.
    seed : int

    Returns
    -------
    DataFrame by column, the closest first
        v: Cramér's V, corrected for its bias (Bergsma, 2013), 0 (independent) to 1; values and
        images; p of a V as large, 1 / (permutations + 1) at the least; p_corrected for the number
        of columns (Holm, 1979).
    """
    columns = worth_asking(dataset, against) if columns is None else [*columns]
    target = as_categories(dataset, against).dropna()
    known = {c: as_categories(dataset, c)[target.index].fillna(MISSING) for c in columns}
    codes, classes = pd.factorize(target, sort=True)
    shuffled = shuffle_groups(codes, dataset.groups[target.index], permutations, seed)
    rows = []
    for column, values in known.items():
        own, names = pd.factorize(values, sort=True)
        v = _cramer(_counts(codes, own, len(classes), len(names)))
        others = [_cramer(_counts(one, own, len(classes), len(names))) for one in shuffled]
        p = (1 + sum(other >= v - 1e-12 for other in others)) / (permutations + 1)
        rows.append((column, v, len(names), len(target), p))
    table = pd.DataFrame(rows, columns=["column", "v", "values", "images", "p"]).set_index("column")
    table["p_corrected"] = holm(table["p"].to_numpy(float))
    return table.sort_values("v", ascending=False, kind="stable")


def lifts(
    dataset: Dataset, column: str, against: str = "label", permutations: int = 199, seed: int = 0
) -> pd.DataFrame:
    """Each class with each value of a column: how much more often than if they were independent.

    Returns
    -------
    DataFrame, a row for each class and value
        class, value, images, expected (images, if independent), lift (images over expected);
        residual: the difference in standard deviations (Haberman, 1973), about ±2 by chance where
        images are independent; and p: the share of shufflings, of whole groups as in `associate`,
        in which any cell of the table was as far off (Westfall and Young, 1993).
    """
    target = as_categories(dataset, against).dropna()
    values = as_categories(dataset, column)[target.index].fillna(MISSING)
    counts = pd.crosstab(target.rename("class"), values.rename("value"))
    codes, own = pd.factorize(target, sort=True)[0], pd.factorize(values, sort=True)[0]
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    expected = np.outer(rows, columns) / len(target)
    free = np.outer(1 - rows / len(target), 1 - columns / len(target))
    table = counts.T.melt(ignore_index=False, value_name="images").reset_index()
    table = table[["class", "value", "images"]]
    table["expected"] = expected.ravel()
    table["lift"] = table["images"] / table["expected"]
    spread = np.sqrt(np.maximum(expected * free, 1e-12))
    table["residual"] = (table["images"] - table["expected"]) / spread.ravel()
    farthest = [
        np.abs((_counts(one, own, *counts.shape) - expected) / spread).max()
        for one in shuffle_groups(codes, dataset.groups[target.index], permutations, seed)
    ]
    off = table["residual"].abs().to_numpy()[:, None] <= np.array(farthest) + 1e-9
    return table.assign(p=(1 + off.sum(axis=1)) / (permutations + 1))


def worth_asking(dataset: Dataset, against: str) -> list[str]:
    """Columns that may go with `against`: of 2 to 20 values, or numbers; not the group column."""
    asked = [c for c in dataset.metadata if c not in (against, dataset.group)]
    if against != "label":
        asked.append("label")
    found = {c: as_categories(dataset, c).nunique(dropna=False) for c in asked}
    return [column for column, values in found.items() if 2 <= values <= MOST_VALUES]


def _counts(first: np.ndarray, second: np.ndarray, rows: int, columns: int) -> np.ndarray:
    return np.bincount(first * columns + second, minlength=rows * columns).reshape(rows, columns)


def _cramer(counts: np.ndarray) -> float:
    """Bias-corrected Cramér's V of a table of counts (Bergsma, 2013)."""
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    n, (rows, columns) = counts.sum(), counts.shape
    if min(rows, columns) < 2:
        return 0.0
    squared = chi2_contingency(counts, correction=False).statistic / n
    squared = max(0.0, squared - (rows - 1) * (columns - 1) / (n - 1))
    rows, columns = rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)
    return float(np.sqrt(squared / max(min(rows, columns) - 1, 1e-12)).clip(0, 1))


def shuffle_groups(codes: np.ndarray, groups: pd.Series, count: int, seed: int) -> list[np.ndarray]:
    """`count` copies of codes (an int per image) in which whole groups have traded what they hold
    with groups of the same size, as if it had nothing to do with them."""
    rng, number = np.random.default_rng(seed), pd.factorize(groups, sort=True)[0]
    order = np.argsort(number, kind="stable")
    sizes = np.bincount(number)
    starts = np.cumsum(sizes) - sizes
    blocks = [
        order[starts[sizes == size][:, None] + np.arange(size)] for size in np.unique(sizes) if size
    ]
    found = []
    for _ in range(count):
        moved = codes.copy()
        for block in blocks:
            moved[block] = rng.permuted(codes[block][rng.permutation(len(block))], axis=1)
        found.append(moved)
    return found


def holm(p: np.ndarray) -> np.ndarray:
    """p-values corrected for their number, step by step from the smallest (Holm, 1979)."""
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(steps, 1)
    return corrected
