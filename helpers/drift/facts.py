"""Which facts of files and of their light differ most between two folders."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from helpers.balance.association import holm
from helpers.datasets import Dataset
from helpers.evaluation.shift import area_interval

SURE = 0.01


def compare_facts(parts: Mapping[str, Dataset], values: pd.DataFrame) -> pd.DataFrame:
    """Each fact of the images of two sides, the one that differs most first.

    Parameters
    ----------
    parts : "first" and "second" → Dataset
    values : DataFrame by image_id, of both, numbers

    Returns
    -------
    DataFrame by fact
        first, second (median; mean where a fact is 0 or 1), area (0 to 1: how often the second's
        is the larger; 0.5 where neither is), low, high (95 % interval, by whole groups),
        p_corrected (Holm), differs. Facts that are the same everywhere are left out.
    """
    first, second = (values.loc[part.images.index] for part in parts.values())
    groups = [part.groups for part in parts.values()]
    fewest = [one.nunique() for one in groups]
    rows = {}
    for name in values:
        here, there = first[name], second[name]
        if values[name].nunique() < 2 or here.empty or there.empty:
            continue
        area, low, high, error = area_interval(here, there, *groups)
        p = _chance(area, error, fewest)
        middle = "mean" if set(values[name].unique()) <= {0, 1} else "median"
        rows[name] = [getattr(here, middle)(), getattr(there, middle)(), area, low, high, p]
    columns = ["first", "second", "area", "low", "high", "p_corrected"]
    table = pd.DataFrame.from_dict(rows, "index", columns=columns, dtype=float).rename_axis("fact")
    if len(table):
        table["p_corrected"] = holm(table["p_corrected"].to_numpy(float))
    table["differs"] = table["p_corrected"] < SURE
    order = (table["area"] - 0.5).abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order]


def _chance(area: float, error: float, groups: list[int]) -> float:
    """How often chance parts the sides as far, from Student's t on the logit scale; by the variance
    of Mann and Whitney's statistic, of groups, where the sides are parted cleanly."""
    if min(groups) < 2:
        return 1.0
    if not 0 < area < 1 or error == 0:
        spread = np.sqrt((sum(groups) + 1) / (12 * np.prod(groups)))
        return float(2 * stats.norm.sf(abs(area - 0.5) / spread))
    off = np.log(area / (1 - area)) * area * (1 - area) / error
    return float(2 * stats.t.sf(abs(off), min(groups) - 1))
