"""How the answers of notebook 00 are judged."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from helpers.course.exercises.framework import Found, Unanswered, close

# Seven images to try a function on: each plausible mistake gives another number.
LABEL, PREDICTION = [*"aaaabbc"], [*"aaabbaa"]


def judge_00_2(answer: Any, dataset: Any) -> str | None:
    """The share of the commonest class among the labelled development images."""
    answer = float(answer)
    shares = dataset.development.images["label"].value_counts(normalize=True)
    if close(answer, shares.max()):
        return None
    if close(answer, dataset.images["label"].value_counts(normalize=True).max()):
        return "with_test"
    if close(answer, 1 / len(shares)):
        return "evenly"
    if close(answer, shares.min()):
        return "rarest"
    if close(answer, 100 * shares.max()):
        return "percentage"
    return "count" if answer > 1 else "other"


def judge_00_3(answer: Callable[[pd.Series, pd.Series], Any], dataset: Any) -> Found:
    """A function that returns the recall of each class, averaged over classes."""
    if not callable(answer):
        raise TypeError
    ids = [f"{number}.jpg" for number in range(len(LABEL))]
    label, prediction = pd.Series(LABEL, ids), pd.Series(PREDICTION, ids)
    right = prediction == label
    try:
        found = answer(prediction.copy(), label.copy())
    except Exception as error:
        return "raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"}
    if found is None or found is ...:
        raise Unanswered
    found = np.asarray(found, dtype=float)
    recalls = right.groupby(label).mean()
    if found.size > 1:
        return "each_class", {"shape": found.shape}
    found = float(found.reshape(-1)[0])
    readings = [
        (None, recalls.mean()),
        ("accuracy", right.mean()),
        ("precision", right.groupby(prediction).mean().mean()),
        ("percentage", 100 * recalls.mean()),
        ("sum", recalls.sum()),
    ]
    for name, value in readings:
        if np.isclose(found, value, atol=0.005):
            return name
    return "other", {"found": f"{found:.2f}", "expected": f"{recalls.mean():.2f}"}
