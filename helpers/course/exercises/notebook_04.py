"""How the answers of notebook 04 are judged."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from helpers.course.exercises.framework import Found, Unanswered

COUNTS = {"beech": 400, "linden": 100, "olive": 25}
# Recall of a probe, what shuffled labels scored, number of classes, whether it is a shortcut.
PROBES = [
    (0.14, [0.12, 0.15, 0.13, 0.16, 0.11] * 20, 10, False),
    (0.30, [0.24, 0.26, 0.25, 0.27, 0.23] * 20, 4, True),
    (0.105, [0.10, 0.11, 0.09, 0.12, 0.08] * 20, 10, False),
    (0.21, [0.15, 0.16, 0.17, 0.14, 0.18] * 20, 2, True),
    # Three of a hundred are as high: rare enough, though it is not the highest of all.
    (0.16, [0.12, 0.15, 0.13, 0.14, 0.11] * 19 + [0.13, 0.12, 0.17, 0.16, 0.18], 10, True),
]
PLANTED = "planted"
PLANTED_SEEDS, CLEAN_SEEDS = (0, 1), (6, 17)
"""The clean ones are sets in which several models rank a class 0.1 above what they make of labels
that single images have traded, and none above what they make of labels that groups have."""


def judge_04_1(answer: Callable, dataset: Any) -> Found:
    """A function from counts to weights by class, which fall as counts rise."""
    found = _call(answer, pd.Series(COUNTS))
    if isinstance(found, tuple):
        return found
    counts = pd.Series(COUNTS, dtype=float)
    found = pd.Series(found, counts.index, dtype=float) if np.ndim(found) else None
    if found is None or found.isna().any() or (found <= 0).any():
        return "other", {"found": "no positive weight for each class"}
    readings = {
        None: 1 / counts,
        "louder": counts,
        "equal": counts * 0 + 1,
        "root": counts**-0.5,
        "rest": 1 - counts / counts.sum(),
    }
    for name, value in readings.items():
        if np.allclose(found / found.sum(), value / value.sum(), rtol=0.01):
            return name
    return "other", {"found": ", ".join(f"{name} {value:.3g}" for name, value in found.items())}


def judge_04_2(answer: Callable, dataset: Any) -> Found:
    """A function that says whether a probe's recall is more than shuffled labels give."""
    given = [_call(answer, recall, np.array(shuffled), classes)
             for recall, shuffled, classes, _ in PROBES]  # fmt: skip
    for one in given:
        if isinstance(one, tuple):
            return one
    found = [bool(one) for one in given]
    if found == [right for *_, right in PROBES]:
        return None
    readings = [
        ("classes", [recall > 1 / classes for recall, _, classes, _ in PROBES]),
        ("mean", [recall > np.mean(shuffled) for recall, shuffled, *_ in PROBES]),
        ("strict", [recall > max(shuffled) for recall, shuffled, *_ in PROBES]),
        ("reversed", [recall < max(shuffled) for recall, shuffled, *_ in PROBES]),
        ("reversed", [not right for *_, right in PROBES]),
    ]
    for name, answers in readings:
        if found == answers:
            return name
    number = next(i for i, (*_, right) in enumerate(PROBES) if found[i] != right)
    recall, shuffled, classes, right = PROBES[number]
    ends = {"low": min(shuffled), "high": max(shuffled)}
    return "other", {"recall": recall, "found": found[number], "right": right, **ends}


def judge_04_4(answer: Callable, dataset: Any) -> Found:
    """A probe of the learner's own: it must find what is planted, and nothing where nothing is.

    Four sets are made of numbers, three classes, images of one thing looking alike. In two of them
    40 things of each class, five images of each, and a class given away by two of six columns. In
    the clean ones 8 things of each class, twenty images of each: so few that some class scores
    well by luck, which only labels that whole groups have traded show.
    Naming other classes beside the planted one is no mistake: where one of three is known, the
    other two are known better, too.
    """
    given, flagged = 0, 0
    for seed in (*PLANTED_SEEDS, *CLEAN_SEEDS):
        features, labels, groups = made_set(seed, planted=seed in PLANTED_SEEDS)
        found = _call(answer, features, labels, groups)
        if isinstance(found, tuple):
            return found
        found = {str(one) for one in found}
        if not found <= {*labels.unique()}:
            return "unknown", {"found": ", ".join(sorted(found))[:60]}
        if seed in PLANTED_SEEDS:
            given += PLANTED in found
        else:
            flagged += len(found)
    if given < 2:
        return "silent", {"given": given}
    return ("cries", {"flagged": flagged}) if flagged else None


def made_set(seed: int, planted: bool) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Features, labels and groups: 600 images of 120 things if planted, else 480 of 24."""
    rng, (things, each) = np.random.default_rng(seed), (120, 5) if planted else (24, 20)
    names = np.repeat([PLANTED, "ash", "elm"], things // 3)
    labels, groups = (np.repeat(of, each) for of in (names, np.arange(things)))
    values = np.repeat(rng.normal(size=(things, 6)), each, axis=0)
    values += 0.1 * rng.normal(size=values.shape)
    if planted:
        given_away = (labels == PLANTED) & (rng.random(len(labels)) < 0.9)
        values[given_away, :2] = [1.5, -1.5] + 0.2 * rng.normal(size=(given_away.sum(), 2))
    index = pd.Index([f"{number:03d}.jpg" for number in range(len(labels))], name="image_id")
    features = pd.DataFrame(values, index, [f"patch {n}" for n in range(6)])
    return features, pd.Series(labels, index), pd.Series(groups, index).astype(str)


def _call(answer: Callable, *given: Any) -> Any:
    """What the learner's function returns, or the name of what went wrong."""
    if not callable(answer):
        raise TypeError
    try:
        found = answer(*given)
        found = found if not hasattr(found, "__next__") else [*found]
    except Exception as error:
        return "raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"}
    if found is None or found is ...:
        raise Unanswered
    return [*found] if isinstance(found, tuple) else found
