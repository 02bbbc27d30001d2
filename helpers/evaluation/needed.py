"""How many groups of images it takes until the interval of a score lies above a least one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats
from scipy.special import expit, logit

from helpers.evaluation.answers import as_right, check_level, group_codes
from helpers.evaluation.intervals import grouped_variance, wilson_ends

MOST = 2**60


def groups_needed(correct, groups, least: float, level: float = 0.95) -> int | None:
    """The fewest groups of which the interval of a share, as `accuracy_interval` has it, begins at
    `least` or above, if the share stays as it is and groups are as large and as alike as here.

    Parameters
    ----------
    correct, groups, level
        As for `accuracy_interval`; an image that is a thing of its own is a group.
    least : float, above 0, at most 1

    Returns
    -------
    int, or None
        None where no number of groups does: the share is no more than `least`, `least` is 1, or
        all images are of one group, which does not tell how much groups differ.

    Raises
    ------
    DatasetError
        As for `accuracy_interval`.

    Examples
    --------
    >>> groups_needed([True] * 38 + [False] * 2, range(40), 0.9)
    142
    """
    correct = as_right(correct, "groups_needed")
    check_level(level)
    codes, value = group_codes(groups, correct.size), float(correct.mean())
    number = int(codes.max()) + 1
    if value <= least + 1e-9 or least >= 1 or (number == 1 and value < 1):
        return None
    variance = grouped_variance(correct - value, codes) if value < 1 else 0.0

    def begins(units: int) -> float:
        effective = float(units)
        if value < 1:
            # As if each group were there several times: its sums stay, and their number grows.
            there = max(variance * (number - 1) / (units - 1), 1e-12 * number / units)
            effective = min(correct.size * units / number, value * (1 - value) / there)
        quantile = stats.t.ppf((1 + level) / 2, units - 1)
        return wilson_ends(value, effective, quantile)[0]

    return _fewest(begins, least)


def groups_needed_of_metric(
    value: float, low: float, high: float, groups: int, least: float, level: float = 0.95,
    lowest: float = 0.0,
) -> int | None:  # fmt: skip
    """The same for a metric of `bootstrap_metrics`, from its value, its ends and the number of
    groups: the spread of its logit falls with the root of their number, its bias with the number.

    Parameters
    ----------
    value, low, high : float
        A row of `bootstrap_metrics`, with that `level`.
    groups : int
    least : float
    lowest : float
        The least that the metric can be: -1 for MCC.

    Returns
    -------
    int, or None
        None where the value is no more than `least`, `least` is 1, or there is one group alone. A
        reckoning, which on simulated answers was within a third of what drawing from copies gives.
    """
    if value <= least + 1e-9 or least >= 1 or groups < 2:
        return None

    def width(units: int) -> float:
        return 1 - wilson_ends(1.0, units, stats.norm.ppf((1 + level) / 2))[0]

    if np.isclose(value - low, width(groups)):  # no replicate differed
        return _fewest(lambda units: value - width(units), least, groups)

    def stretched(score: float) -> float:
        share = (score - lowest) / (1 - lowest)
        return float(logit(np.clip(share, 1 / (4 * groups), 1 - 1 / (4 * groups))))

    ends = [stretched(one) for one in (low, high)]
    spread = (ends[1] - ends[0]) / 2 / stats.t.ppf((1 + level) / 2, groups - 1)
    bias = stretched(value) - sum(ends) / 2

    def begins(units: int) -> float:
        far = spread * np.sqrt((groups - 1) / (units - 1)) * stats.t.ppf((1 + level) / 2, units - 1)
        end = stretched(value) - bias * groups / units - far
        return lowest + (1 - lowest) * float(expit(end))

    # Of fewer groups than there were, the bias says nothing: it was measured on these.
    return _fewest(begins, least, groups)


def _fewest(begins: Callable[[int], float], least: float, known: int = 1) -> int | None:
    """The least number above `known`, which is too few, of which `begins` is `least` or more; from
    there on it grows with the number."""
    low, high = known, 2 * known
    while begins(high) < least:
        low, high = high, 2 * high
        if high > MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if begins(middle) >= least:
            high = middle
        else:
            low = middle
    return high
