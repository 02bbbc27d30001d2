"""How the answers of notebook 14 are judged."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from helpers.course.exercises.framework import Found, call, ends

# Lower end, upper end, the least that will do, what follows.
INTERVALS = [
    (0.82, 0.90, 0.8, "go"),
    (0.80, 0.90, 0.8, "go"),
    (0.70, 0.79, 0.8, "no go"),
    (0.74, 0.90, 0.8, "not shown"),
    (0.60, 0.82, 0.8, "not shown"),
    (0.70, 0.80, 0.8, "not shown"),
]
COUNTS = [(120, 40, 30, 0.6), (50, 50, 45, 0.9), (200, 20, 5, 0.5)]
FINDINGS = pd.DataFrame(
    {
        "images": [400, 90, 30, 200, 10],
        "of": 1000,
        "effect": [np.nan, -0.3, 0.15, 0.6, 0.02],
        "low": [np.nan, -0.4, 0.05, -0.1, 0.01],
        "high": [np.nan, -0.2, 0.25, 1.3, 0.03],
    },
    index=["border", "leak", "labels", "size", "colour"],
)
ORDER = ["border", "leak", "size", "labels", "colour"]
ASKED, TRIALS, IMAGES = 150, 60, 2000
FEWEST_KEPT, WIDEST = 0.85, 0.15


def judge_14_1(answer: Callable, dataset: Any) -> Found:
    """A function that decides by the ends of an interval."""
    given = [call(answer, *case[:3]) for case in INTERVALS]
    for one in given:
        if isinstance(one, tuple):
            return one
    found = [str(one).strip().lower() for one in given]
    if found == [right for *_, right in INTERVALS]:
        return None
    readings = {
        "middle": ["go" if (low + high) / 2 >= least else "no go"
                   for low, high, least, _ in INTERVALS],
        "hopeful": ["go" if high >= least else "no go" for low, high, least, _ in INTERVALS],
        "strict": ["go" if low >= least else "no go" for low, high, least, _ in INTERVALS],
    }  # fmt: skip
    for name, words in readings.items():
        if found == words:
            return name
    place = next(i for i, (*_, right) in enumerate(INTERVALS) if found[i] != right)
    low, high, least, right = INTERVALS[place]
    told = {"low": low, "high": high, "least": least, "right": right}
    return "other", told | {"found": found[place]}


def judge_14_2(answer: Callable, dataset: Any) -> Found:
    """A function that estimates how many faults there are."""
    found = [call(answer, *case) for case in COUNTS]
    for one in found:
        if isinstance(one, tuple):
            return one
    found = [float(one) for one in found]
    readings = {
        None: [n * right / seen / recall for n, seen, right, recall in COUNTS],
        "found": [n * right / seen for n, seen, right, recall in COUNTS],
        "unlooked": [n / recall for n, seen, right, recall in COUNTS],
        "times": [n * right / seen * recall for n, seen, right, recall in COUNTS],
    }
    for name, values in readings.items():
        if np.allclose(found, values, rtol=0.01):
            told = dict(zip(("listed", "looked_at", "right", "recall"), COUNTS[0], strict=True))
            return (name, told) if name else None
    place = next(i for i, value in enumerate(readings[None]) if not np.isclose(found[i], value))
    told = dict(zip(("listed", "looked_at", "right", "recall"), COUNTS[place], strict=True))
    return "other", told | {"found": found[place], "expected": readings[None][place]}


def judge_14_3(answer: Callable, dataset: Any) -> Found:
    """A function that orders findings by what is at stake."""
    found = call(answer, FINDINGS.copy())
    if isinstance(found, tuple):
        return found
    found = [str(one) for one in found]
    share = FINDINGS["images"] / FINDINGS["of"]
    sure = (FINDINGS["low"] > 0) | (FINDINGS["high"] < 0)
    readings = {
        None: FINDINGS["effect"].abs().where(sure, share),
        "images": share,
        "believing": FINDINGS["effect"].abs().fillna(share),
        "signed": FINDINGS["effect"].where(sure, share),
    }
    orders = {name: list(one.sort_values(ascending=False).index) for name, one in readings.items()}
    orders["reversed"] = orders[None][::-1]
    for name, names in orders.items():
        if found == names:
            return name
    return "other", {"found": ", ".join(found)[:80], "right": ", ".join(orders[None])}


def judge_14_4(answer: Callable, dataset: Any) -> Found:
    """An interval for the share of wrong labels, tried where the truth is known.

    On the leaves half of the images, drawn anew for each trial, are asked about, and the planted
    errors are the truth; elsewhere labels are made wrong at a rate of 2 to 12 in 100. Suspects are
    three wrong labels for each right one.
    """
    kept, above, below, widths = 0, 0, 0, []
    for trial in range(TRIALS):
        images, wrong, suspects = _trial(dataset, trial)
        asked: list[str] = []

        def ask(ids, wrong=wrong, asked=asked):
            asked += [str(one) for one in np.atleast_1d(np.asarray(ids, dtype=object))]
            return np.array([one in wrong for one in asked[-len(np.atleast_1d(ids)) :]])

        found = call(ends(answer), images, suspects, ask)
        if isinstance(found, tuple) and found and found[0] == "raised":
            return found
        if np.shape(found) != (2,):
            return "shape", {"found": np.size(found)}
        low, high = (float(one) for one in found)
        if len(set(asked)) > ASKED:
            return "asked", {"asked": len(set(asked))}
        truth = len(wrong) / len(images)
        kept, above, below = kept + (low <= truth <= high), above + (low > truth), below + (
            high < truth)  # fmt: skip
        widths.append(high - low)
    told = {"kept": kept, "runs": TRIALS, "width": float(np.mean(widths))}
    # An interval that is merely too narrow misses on both sides.
    if max(above, below) > TRIALS / 2 and min(above, below) < TRIALS / 10:
        return ("high" if above > below else "low"), told | {"missed": max(above, below)}
    if told["width"] > WIDEST:
        return "wide", told
    return ("narrow" if kept < FEWEST_KEPT * TRIALS else None), told


def _trial(dataset: Any, seed: int) -> tuple[list[str], set[str], list[str]]:
    rng = np.random.default_rng(seed)
    planted = getattr(dataset, "planted", None)
    if planted is not None and planted["kind"].str.startswith("label_error").any():
        from helpers.audit import wrong_labels

        own = dataset.development.images["label"].dropna().index.to_numpy(object)
        images = sorted(str(one) for one in rng.choice(own, len(own) // 2, replace=False))
        wrong = {str(one) for one in wrong_labels(dataset)} & set(images)
    else:
        images = [f"{number:05}.jpg" for number in range(IMAGES)]
        number = int(rng.uniform(0.02, 0.12) * IMAGES)
        wrong = {str(one) for one in rng.choice(images, number, replace=False)}
    listed = sorted(wrong)[: max(1, 3 * len(wrong) // 4)]
    right = [one for one in images if one not in wrong][: len(listed) // 3]
    suspects = [str(one) for one in rng.permutation(np.array(listed + right, dtype=object))]
    return images, wrong, suspects
