"""How sure a metric is, by drawing whole groups of images again (the bootstrap)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse, stats
from scipy.special import expit, logit

from helpers.datasets import DatasetError
from helpers.evaluation.answers import check_level
from helpers.evaluation.confusions import answer_codes, groups_of, overall_metrics
from helpers.evaluation.intervals import accuracy_interval

AT_ONCE = 2**23  # numbers held at a time: 64 MiB
FEWEST = 100


def bootstrap_metrics(
    predictions: pd.DataFrame,
    groups=None,
    replicates: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Metrics over all classes and their intervals, by drawing groups with replacement.

    Photos of one thing err together, so that things are drawn, not photos (Davison and Hinkley,
    1997, section 3.8). Percentiles of what the replicates score would hold the truth too seldom:
    with few groups they are too narrow, and with a score that is biased, such as weighted
    precision, they lie off twice as far. So the ends come from bias and spread of the replicates'
    logits (the same, section 5.2), with Student's t; `studies/coverage.py` counts. Where no
    replicate differs, as with perfect scores, the bootstrap says nothing, and the ends are those
    that `accuracy_interval` gives as many groups without an error.

    Parameters
    ----------
    predictions : DataFrame from `check_predictions` or `helpers.training.predict`
        Images without a label are passed over.
    groups : Series by image_id, or array in the order of the labelled images, optional
        Which images belong together, e.g. ``dataset.groups``; each image by itself if absent.
    replicates : int, 100 or more

    Returns
    -------
    DataFrame by metric, as in `overall_metrics`
        value, low, high.
    """
    found = replicate_metrics([predictions], groups, replicates, seed, level)
    value, drawn, units = found[0][0], found[1][0], found[2]
    ends = {n: _ends(value[n], drawn[n], units, level, -1.0 if n == "MCC" else 0.0) for n in value}
    table = pd.DataFrame.from_dict(ends, "index", columns=["low", "high"])
    table.insert(0, "value", pd.Series(value))
    return table.rename_axis("metric")


def compare_metrics(
    first: pd.DataFrame,
    second: pd.DataFrame,
    groups=None,
    replicates: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """By how much one model scores higher than another in each metric, on the same images.

    Both are scored on the same draws of groups (paired bootstrap), so that what makes a draw hard
    for both cancels.

    Parameters
    ----------
    first, second : DataFrames from `check_predictions` or `helpers.training.predict`
        Of the same images and labels, in any order.
    groups, replicates, level, seed
        As for `bootstrap_metrics`.

    Returns
    -------
    DataFrame by metric
        first, second, difference, low, high. The models differ by more than chance where 0 lies
        outside low and high.
    """
    tables = [one[one["label"].notna()] for one in (first, second)]
    same = tables[0].index.symmetric_difference(tables[1].index).empty
    tables[1] = tables[1].reindex(tables[0].index)
    if not same or not (tables[0]["label"] == tables[1]["label"]).all():
        raise DatasetError(
            "The two predictions tables are not of the same images with the same labels, so that "
            "their difference would be one of images too; score both models on the same ones."
        )
    values, drawn, units = replicate_metrics(tables, groups, replicates, seed, level)
    rows = {}
    for name in values[0]:
        off = values[0][name] - values[1][name]
        ends = _ends(off, drawn[0][name] - drawn[1][name], units, level, -1.0)
        rows[name] = (values[0][name], values[1][name], off, *ends)
    columns = ["first", "second", "difference", "low", "high"]
    return pd.DataFrame.from_dict(rows, "index", columns=columns).rename_axis("metric")


def replicate_metrics(
    tables: list[pd.DataFrame], groups, replicates: int, seed: int, level: float = 0.95
) -> tuple[list[dict], list[dict], int]:
    """Metrics of each table, those of its replicates, and the number of groups.

    All tables, of the same images in one order, are scored on the same draws.
    """
    check_level(level)
    if replicates < FEWEST:
        raise DatasetError(f"replicates is {replicates}; expected at least {FEWEST}.")
    answers = [answer_codes(table) for table in tables]
    codes = groups_of(groups, answers[0][0])
    sizes = [len(classes) for *_, classes in answers]
    cells = [
        labels * size + said for (_, labels, said, _), size in zip(answers, sizes, strict=True)
    ]
    units = int(codes.max()) + 1
    # Groups with the same answers are kept once, `like`, with how many they stand for, `number`.
    like, number = _alike(codes, cells)
    counts = [
        sparse.csr_array((np.ones(len(cell)), (codes, cell)), shape=(units, size**2))[like]
        for cell, size in zip(cells, sizes, strict=True)
    ]
    # Images by cell of the confusion matrix: kinds × cells, summed over all groups.
    whole = [_square(number @ count, size) for count, size in zip(counts, sizes, strict=True)]
    known = [one.sum(axis=-1) > 0 for one in whole]
    values = [{name: float(x) for name, x in overall_metrics(one).items()} for one in whole]
    drawn: list[list[dict]] = [[] for _ in tables]
    rng, left = np.random.default_rng(seed), replicates
    most = max(1, AT_ONCE // max(len(number), *(size**2 for size in sizes)))
    while left:
        draws = _draw(number, min(most, left), rng)  # replicates × kinds, as often as drawn
        for part, count, size, there in zip(drawn, counts, sizes, known, strict=True):
            part.append(overall_metrics(_square(draws @ count, size), there))
        left -= len(draws)
    joined = [{n: np.concatenate([d[n] for d in part]) for n in part[0]} for part in drawn]
    return values, joined, units


def _square(counts: np.ndarray, size: int) -> np.ndarray:
    return np.asarray(counts).reshape(*np.shape(counts)[:-1], size, size)


def _alike(codes: np.ndarray, cells: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """One group of each kind with the same answers, and how many there are of its kind.

    What is drawn of a kind is all that counts, and single images have few kinds. Kinds are told
    apart by sums of random 64-bit numbers, one for each answer.
    """
    together = cells[0].astype(np.int64)
    for more in cells[1:]:
        together = together * (int(more.max()) + 1) + more
    answer = np.unique(together, return_inverse=True)[1]
    marks = np.random.default_rng(0).integers(2**63, size=answer.max() + 1, dtype=np.uint64)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(codes.max() + 1))
    sums = np.add.reduceat(marks[answer[order]], starts)  # beyond 64 bits it begins anew
    _, like, number = np.unique(sums, return_index=True, return_counts=True)
    return like, number.astype(float)


def _draw(number: np.ndarray, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """How many groups of each kind are drawn, replicates × kinds."""
    units = int(number.sum())
    if len(number) < units / 8:
        return rng.multinomial(units, number / units, size=replicates).astype(float)
    kind = np.repeat(np.arange(len(number)), number.astype(int))
    drawn = np.empty((replicates, len(number)))
    for row in drawn:
        row[:] = np.bincount(kind[rng.integers(units, size=units)], minlength=len(number))
    return drawn


def _ends(value: float, drawn: np.ndarray, units: int, level: float, lowest: float):
    """The interval's ends, within `lowest` and 1."""
    if units == 1:
        return lowest, 1.0
    if np.ptp(drawn) < 1e-12:
        _, low, high = accuracy_interval(np.ones(units), level=level)
        return max(value - (high - low), lowest), min(value + (high - low), 1.0)

    # Where a score meets its bounds there is no logit: it is taken to be as far off as a quarter of
    # a group, or of how far the value is, where groups of many images tell finer differences.
    share = (value - lowest) / (1 - lowest)
    off = min(share, 1 - share) / 4
    least = min(1 / (4 * units), off) if off > 0 else 1 / (4 * units)

    def stretched(scores):
        return logit(np.clip((scores - lowest) / (1 - lowest), least, 1 - least))

    scores = stretched(drawn)
    centre = 2 * stretched(value) - scores.mean()
    # Groups drawn from few are less spread than groups are, by (units - 1) of units.
    spread = scores.std() * np.sqrt(units / (units - 1))
    ends = centre + spread * stats.t.ppf((1 + level) / 2, units - 1) * np.array([-1, 1])
    low, high = lowest + (1 - lowest) * expit(ends)
    return float(min(low, value)), float(max(high, value))
