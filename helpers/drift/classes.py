"""Whether two folders have the same classes in the same shares."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from helpers.datasets import Dataset
from helpers.evaluation.answers import group_codes
from helpers.evaluation.intervals import grouped_variance

SURE = 0.01


def compare_classes(
    first: Dataset, second: Dataset, shuffles: int, seed: int
) -> tuple[pd.DataFrame, float]:
    """Class shares of two sides, and how often chance alone makes them differ as much.

    Returns
    -------
    DataFrame by class
        first, second (images), first share, second share, difference (second less first), low and
        high (95 % interval, by whole groups, of each class by itself), differs (corrected for the
        number of classes).
    float
        Share of trades of whole groups between the sides, this one included, with as large a
        statistic (Pearson's chi-squared).
    """
    labels = [one.images["label"].astype("str") for one in (first, second)]
    names = sorted({*labels[0], *labels[1]})
    rows, limit = {}, stats.norm.ppf(1 - SURE / 2 / len(names))
    for name in names:
        own = [(one == name).to_numpy(float) for one in labels]
        shares = [one.mean() for one in own]
        spread = np.sqrt(
            sum(_variance(one, side.groups) for one, side in zip(own, (first, second), strict=True))
        )
        off = shares[1] - shares[0]
        rows[name] = {
            "first": int(own[0].sum()), "second": int(own[1].sum()),
            "first share": shares[0], "second share": shares[1], "difference": off,
            "low": off - 1.96 * spread, "high": off + 1.96 * spread,
            "differs": bool(abs(off) > limit * spread),
        }  # fmt: skip
    table = pd.DataFrame.from_dict(rows, "index").rename_axis("class")
    return table, _chance(labels, (first, second), names, shuffles, seed)


def _variance(own: np.ndarray, groups: pd.Series) -> float:
    codes = group_codes(groups, len(own))
    if codes.max() == 0:
        return np.inf
    share = own.mean()
    if share in (0.0, 1.0):  # seen nowhere or everywhere: as if in half a group more
        share = 0.5 / (codes.max() + 1)
        return share * (1 - share) / (codes.max() + 1)
    return grouped_variance(own - share, codes)


def _chance(labels, sides, names, shuffles: int, seed: int) -> float:
    values = pd.concat(labels)
    codes = group_codes(pd.concat([one.groups for one in sides]), len(values))
    is_second = np.arange(codes.max() + 1) >= sides[0].groups.nunique()
    if min(is_second.sum(), (~is_second).sum()) < 2 or len(names) < 2:
        return np.nan
    rng = np.random.default_rng(seed)
    tags = np.array([is_second, *(rng.permutation(is_second) for _ in range(shuffles))]).T[codes]
    held = (values.to_numpy()[:, None] == np.array(names, object)).astype(float)
    second = held.T @ tags.astype(float)  # classes × trades
    total, size = held.sum(axis=0)[:, None], tags.sum(axis=0)
    expected = [total * size / len(values), total * (len(values) - size) / len(values)]
    found = ((second - expected[0]) ** 2 / expected[0]).sum(axis=0)
    found += ((total - second - expected[1]) ** 2 / expected[1]).sum(axis=0)
    return float((found >= found[0] * (1 - 1e-9)).mean())
