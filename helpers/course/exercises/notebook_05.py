"""How the answers of notebook 05 are judged."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from helpers.course.exercises.framework import Found, Unanswered, close
from helpers.course.exercises.loops import find_mistake

NEAR = 0.15
"""How far above the Learner's loss a plain loop may end."""

# A training that overfits after its third epoch, and one that went on from an earlier one and whose
# loss became no number in between.
CURVES = [
    pd.DataFrame(
        {
            "epoch": range(6),
            "train_loss": [2.0, 1.5, 1.1, 0.7, 0.4, 0.2],
            "valid_loss": [2.1, 1.7, 1.4, 1.5, 1.6, 1.9],
            "accuracy": [0.2, 0.4, 0.5, 0.55, 0.5, 0.5],
        }
    ),
    pd.DataFrame(
        {
            "epoch": range(10, 15),
            "train_loss": [1.0, 0.9, 0.8, 0.7, 0.6],
            "valid_loss": [1.6, 1.4, np.nan, 1.3, 1.5],
            "accuracy": [0.5, 0.6, 0.1, 0.6, 0.61],
        }
    ),
]


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


def judge_05_3(answer: Callable[[pd.DataFrame], Any], dataset: Any) -> Found:
    """A function that returns the epoch with the lowest validation loss."""
    if not callable(answer):
        raise TypeError
    return next(filter(None, (_judge_epoch(answer, table) for table in CURVES)), None)


def _judge_epoch(answer: Callable, table: pd.DataFrame) -> Found:
    try:
        found = answer(table.copy())
    except Exception as error:
        return "raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"}
    if found is None or found is ...:
        raise Unanswered
    if np.size(found) != 1:
        return "many", {"count": np.size(found)}
    found = float(np.squeeze(found))
    by_epoch = table.set_index("epoch")
    right = by_epoch["valid_loss"].idxmin()
    readings = [
        (None, right),
        ("training", by_epoch["train_loss"].idxmin()),
        ("accuracy", by_epoch["accuracy"].idxmax()),
        ("loss", by_epoch["valid_loss"].min()),
        ("row", table.index[table["epoch"] == right][0]),
        ("row", table["epoch"].to_list().index(right)),
        ("missing", by_epoch["valid_loss"].isna().idxmax()),
    ]
    for name, value in readings:
        if found == value:
            return name
    return "other", {"found": f"{found:g}", "right": f"{right:g}"}


def judge_05_4(answer: Callable, dataset: Any, dls: Any = None) -> Found:
    """A training loop that makes none of the common mistakes and ends where fastai's Learner does.

    `dls` are the notebook's DataLoaders.
    """
    if not callable(answer):
        raise TypeError
    try:
        mistake = find_mistake(answer)
    except Exception as error:
        return "raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"}
    if mistake == ("unanswered", {}):
        raise Unanswered
    if mistake is not None:
        return mistake
    if dls is None:
        return "unmeasured"
    ours, learners = race(answer, dls)
    values = {"ours": f"{ours:.2f}", "learners": f"{learners:.2f}", "near": f"{NEAR:g}"}
    return (None if ours < learners + NEAR else "far"), values


def race(loop: Callable, dls: Any, epochs: int = 2, lr: float = 1e-3, seed: int = 0) -> list[float]:
    """Validation loss after `loop`, and after fastai's Learner at the same constant rate."""
    import torch

    from helpers.training import build_learner

    plain, learner = (build_learner(dls, pretrained=False, seed=seed) for _ in range(2))
    torch.manual_seed(seed)
    loop(plain.model.to(dls.device), dls.train, dls.valid, epochs, lr)
    with learner.no_bar(), learner.no_logging():
        learner.fit(epochs, lr)
    found = []
    for each in (plain, learner):
        with each.no_bar(), each.no_logging():
            found.append(float(each.validate()[0]))
    return found
