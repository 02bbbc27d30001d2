"""How the answers of notebook 07 are judged."""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.course.exercises.framework import ACCEPTED, Found, Unanswered

COUNTS = ["10", "25", "50", "100", "all", "more"]
CASES = [(1e-4, 1e-2, 5), (1e-3, 9e-3, 3)]


def judge_07_1(answer: int | str, dataset: Any, curve: Any = None) -> Found:
    """The labels per class at which training from scratch first does what transfer does with 10.

    `curve` is the table of ``read_study("transfer")``. Where nothing was trained from scratch in
    it, any of the numbers is accepted, unmeasured. Within a point of each other, both count.
    """
    count = str(answer).strip().lower()
    if isinstance(answer, bool) or count not in COUNTS:
        raise ValueError
    if curve is None or "from scratch" not in set(curve["training"]):
        return ACCEPTED
    mean = curve.groupby(["training", "per_class"])["accuracy"].mean()
    scratch, goal = mean["from scratch"], mean["fine-tuned", "10"]
    enough = [name for name in COUNTS[:-1] if name in scratch and scratch[name] >= goal - 0.01]
    surely = [name for name in COUNTS[:-1] if name in scratch and scratch[name] >= goal + 0.01]
    first = COUNTS.index((enough or ["more"])[0])
    last = COUNTS.index((surely or ["more"])[0])
    values = {"goal": goal, "scratch": scratch.get(count, np.nan)}
    if COUNTS.index(count) < first:
        return "too_few", values
    return ("too_many", values) if COUNTS.index(count) > last else None


def judge_07_2(answer: Callable[[float, float, int], Any], dataset: Any) -> Found:
    """A function that spreads learning rates over groups, each the same factor above the last."""
    if not callable(answer):
        raise TypeError
    return next(filter(None, (_judge_rates(answer, *case) for case in CASES)), None)


def _judge_rates(answer: Callable, low: float, high: float, groups: int) -> Found:
    try:
        found = answer(low, high, groups)
        found = found if found is None or found is ... else [*found]  # a generator's numbers
    except Exception as error:
        return "raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"}
    if found is None or found is ...:
        raise Unanswered
    found, asked = np.asarray(found, dtype=float), {"low": low, "high": high, "groups": groups}
    if found.shape != (groups,):
        return "count", asked | {"shape": found.shape}
    right = np.geomspace(low, high, groups)
    readings = [(None, right), ("reversed", right[::-1])]
    readings += [("even", np.linspace(low, high, groups)), ("one_rate", np.full(groups, high))]
    for name, value in readings:
        if np.allclose(found, value, rtol=0.01, atol=0):
            return name
    return "other", asked | {"found": ", ".join(f"{value:.1e}" for value in found)}
