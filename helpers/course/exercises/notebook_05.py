"""How the answers of notebook 05 are judged."""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.course.exercises.framework import Found, Unanswered, close


def judge_05_1(answer: Callable[[np.ndarray, int], Any], dataset: Any) -> Found:
    """A function that returns minus the natural logarithm of the label's probability."""
    probabilities, label = np.array([0.5, 0.1, 0.4]), 1
    if not callable(answer):
        raise TypeError
    try:
        found = answer(probabilities.copy(), label)
    except Exception as error:
        return "raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"}
    if found is None or found is ...:
        raise Unanswered
    if np.size(found) != 1:
        return "many", {"count": np.size(found)}
    found, surprise = float(np.squeeze(found)), -np.log(probabilities)
    right = surprise[label]
    readings = [(None, right), ("sign", -right), ("base", right / np.log(10))]
    readings += [("base", right / np.log(2)), ("linear", 0.9), ("linear", 0.1)]
    readings += [("every", surprise.sum()), ("every", surprise.mean())]
    readings += [("every", probabilities @ surprise), ("surest", surprise.min())]
    for name, value in readings:
        if close(found, value):
            return name
    return "other", {"found": f"{found:.3g}", "right": f"{right:.3g}"}


def judge_05_3(answer: float, dataset: Any, rates: Any = None) -> Found:
    """A learning rate of the table `rates` that was neither too low nor too high."""
    from helpers.training.rates import judge_rates

    answer = float(answer)
    if rates is None:
        return "unmeasured"
    judged = judge_rates(rates)
    known = [rate for rate in judged.index if close(answer, rate)]
    if not known:
        return "unknown", {"rates": ", ".join(f"{rate:g}" for rate in judged.index)}
    row, best = judged.loc[known[0]], judged["loss"].min()
    facts = {"loss": row["loss"], "best": best}
    return None if row["verdict"] == "good" else (row["verdict"].replace(" ", "_"), facts)
