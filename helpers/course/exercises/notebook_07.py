"""How the answers of notebook 07 are judged."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from helpers.course.exercises.framework import ACCEPTED, Found, Unanswered

COUNTS = ["10", "25", "50", "100", "all", "more"]
EPOCHS = 4
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
        if isinstance(found, slice):
            return "slice"
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


# What an app may take: the best of all breaks one limit or the other, one has no figures, and the
# smallest is not the best that is left.
BACKBONES = pd.DataFrame(
    {
        "accuracy": [0.91, 0.89, 0.84, 0.77, np.nan, 0.86],
        "milliseconds": [80.0, 30.0, 20.0, 10.0, np.nan, 120.0],
        "megabytes": [9.0, 45.0, 9.0, 3.0, np.nan, 60.0],
    },
    pd.Index(["slow", "heavy", "both", "small", "absent", "worst"], name="backbone"),
)
LIMITS = [(50, 10), (50, 50), (90, 10), (15, 15), (80, 9)]


def judge_07_3(answer: Callable[[pd.DataFrame, float, float], Any], dataset: Any) -> Found:
    """A function that picks the most accurate backbone within two limits, None where none is."""
    if not callable(answer):
        raise TypeError
    return next(filter(None, (_judge_pick(answer, *limits) for limits in [*LIMITS, (1, 1)])), None)


def _judge_pick(answer: Callable, slowest: float, largest: float) -> Found:
    asked = {"slowest": slowest, "largest": largest}
    quick, light = BACKBONES["milliseconds"] <= slowest, BACKBONES["megabytes"] <= largest
    right = _best(quick & light)
    try:
        found = answer(BACKBONES.copy(), slowest, largest)
    except Exception as error:
        what = f"{type(error).__name__}: {str(error)[:80]}"
        return ("raised" if right else "raised_empty"), asked | {"error": what}
    if found is ... or (found is None and right and (slowest, largest) == LIMITS[0]):
        raise Unanswered
    if found is not None and not isinstance(found, str):
        return "name", {"kind": type(found).__name__}
    if found == right:
        return None
    left = BACKBONES[quick & light]
    inside = BACKBONES["milliseconds"] < slowest, BACKBONES["megabytes"] < largest
    readings = [
        ("ignored", _best(BACKBONES["accuracy"].notna())),
        ("size_ignored", _best(quick)),
        ("exclusive", _best(inside[0] & inside[1])),
        ("smallest", left["megabytes"].idxmin() if len(left) else None),
    ]
    mistake = next((name for name, value in readings if found == value), "other")
    return mistake, asked | {"found": found, "right": right}


def _best(mask: pd.Series) -> str | None:
    accuracy = BACKBONES.loc[mask, "accuracy"].dropna()
    return None if accuracy.empty else str(accuracy.idxmax())


def judge_07_4(
    answer: Callable, dataset: Any, dls: Any = None, head: Any = None, ours: Any = None,
    rate: float = 3e-3,
) -> Found:  # fmt: skip
    """A function that freezes a part of the network, compared with training all of it.

    `dls`, `head` and the learning `rate` are the notebook's; `ours` says of each validation image
    whether the notebook's fine-tuned network has it right.
    """
    if not callable(answer):
        raise TypeError
    if dls is None or head is None or ours is None:
        return "unmeasured"
    from helpers.evaluation import compare_scores
    from helpers.training import build_learner, predict, train

    learner = build_learner(dls, head=head)
    body, last = learner.model
    body_weights, head_weights = list(body.parameters()), list(last.parameters())
    before = [values.detach().clone() for values in (*body_weights, *head_weights)]
    try:
        told = answer(learner.model)
    except Exception as error:
        return "raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"}
    frozen = sum(not one.requires_grad for one in body_weights)
    if told is ... and not frozen:
        raise Unanswered
    changed = zip(before, (*body_weights, *head_weights), strict=True)
    if any((old != new).any() for old, new in changed):
        return "changed"
    if not all(one.requires_grad for one in head_weights):
        return "head" if frozen < len(body_weights) else "everything"
    if frozen in (0, len(body_weights)):
        return "nothing" if not frozen else "whole_body"
    train(learner, EPOCHS, lr=rate, progress=False)
    found = predict(learner, dataset.part("valid"), progress=False)
    theirs = (found["prediction"] == found["label"])[ours.index]
    beside = compare_scores(theirs, ours, dataset.groups[ours.index])
    values = {"theirs": theirs.mean(), "ours": ours.mean(), "beside": repr(beside)}
    values["share"] = sum(p.numel() for p in body_weights if not p.requires_grad) / sum(
        p.numel() for p in body_weights
    )
    return (None if beside.high >= 0 else "worse"), values
