"""How the answers of notebook 10 are judged."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from helpers.course.exercises.framework import Found, call, ends

# Rows are labels. In the second, the third class is never named.
MATRICES = (
    np.array([[40, 8, 2], [3, 20, 7], [0, 1, 9]]),
    np.array([[30, 6, 0], [10, 14, 0], [5, 5, 0]]),
)
TRIALS, THINGS, PHOTOS = 120, 60, 5
FEWEST_COVERED, LEAST_WIDTH, MOST_WIDTH, MOST_SECONDS = 105, 0.88, 1.35, 0.25
"""Of 120 intervals that cover 95 times in 100, fewer than 105 cover once in a thousand times."""


def judge_10_1(answer: Callable, dataset: Any) -> Found:
    """A function from a confusion matrix to macro precision, macro recall and macro F1."""
    found = []
    for matrix in MATRICES:
        given = call(answer, matrix.copy())
        if isinstance(given, tuple):
            return given
        if np.shape(given) != (3,):
            return "form", {"found": np.shape(given)}
        found.append(np.asarray(given, float))
    if not np.isfinite(found[1]).all() and np.isfinite(found[0]).all():
        return "never"
    precision, recall, f1, support, accuracy = (
        np.array(of) for of in zip(*map(_class_scores, MATRICES), strict=True)
    )
    macro = [of.mean(axis=1) for of in (precision, recall, f1)]
    shares = support / support.sum(axis=1, keepdims=True)
    of_averages = 2 * macro[0] * macro[1] / (macro[0] + macro[1])
    readings = {
        None: macro,
        "swapped": [macro[1], macro[0], macro[2]],
        "accuracy": [accuracy] * 3,
        "of_averages": [macro[0], macro[1], of_averages],
        "mean": [macro[0], macro[1], ((precision + recall) / 2).mean(axis=1)],
        "weighted": [(of * shares).sum(axis=1) for of in (precision, recall, f1)],
    }
    for name, values in readings.items():
        if np.allclose(np.array(found), np.array(values).T, atol=1e-3):
            return name
    said = [", ".join(f"{value:.3f}" for value in of) for of in (found[0], np.array(macro).T[0])]
    return "other", {"found": said[0], "right": said[1]}


def judge_10_2(answer: Callable, dataset: Any) -> Found:
    """A function from a path and labels to the accuracy of the predictions in that file.

    Rows and columns of the file are in another order than labels and classes, classes have a
    prefix, and another column holds numbers greater than any probability.
    """
    labels, table, right = made_file()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.csv"
        table.to_csv(path, index=False)
        found = call(answer, path, labels.copy())
    if isinstance(found, tuple):
        return found
    found = float(found)
    answers = table.filter(like="p_").idxmax(axis=1).str.removeprefix("p_").to_numpy()
    readings = {
        None: right,
        "rows": np.mean(answers == labels.to_numpy()),
        "nothing": 0.0,
        "sorted": _in_order(table, labels),
    }
    for name, value in readings.items():
        if abs(found - value) < 1e-6:
            return name
    return "other", {"found": found, "right": right}


def judge_10_3(answer: Callable, dataset: Any) -> Found:
    """A function from two arrays of bool to the exact two-sided p of McNemar's test."""
    found, asked = [], [made_pair(*counts) for counts in ((60, 18, 6, 16), (300, 9, 9, 82))]
    asked.append(made_pair(20, 0, 0, 5))
    for first, second in asked[:2]:
        given = call(answer, first.copy(), second.copy())
        if isinstance(given, tuple):
            return given
        found.append(float(given))
    same = call(answer, *asked[2])  # binomtest refuses 0 of 0
    same = same[1]["error"] if isinstance(same, tuple) else float(same)
    told = isinstance(same, float) and abs(same - 1) < 1e-6
    for name, reading in P_READINGS:
        values = [reading(*one) for one in asked[:2]]
        if np.allclose(found[:2], values, rtol=0.01):
            return name if name or told else ("none", {"found": same})
    return "other", {"found": found[0], "right": _exact(*asked[0])}


def judge_10_4(answer: Callable, dataset: Any) -> Found:
    """A function that gives an interval for accuracy; it must hold the planted accuracy.

    120 test sets of 60 things, five photos each, are thrown with a known accuracy. Photos of one
    thing are right or wrong together more often than not.
    """
    covered, widths, started = 0, [], time.perf_counter()
    for seed in range(TRIALS):
        right, things, truth, ours = made_test(seed)
        found = call(ends(answer), right, things)
        if isinstance(found, tuple):
            return found
        if np.shape(found) != (2,) or not np.isfinite(np.asarray(found, float)).all():
            return "form", {"found": np.shape(found)}
        low, high = map(float, found)
        if low > high:
            return "reversed", {"low": low, "high": high}
        covered += low <= truth <= high
        widths.append((high - low) / ours)
        if seed == 4 and time.perf_counter() - started > 5 * MOST_SECONDS:
            return "slow", {"seconds": (time.perf_counter() - started) / 5}
    told = {"covered": covered, "trials": TRIALS, "width": np.mean(widths)}
    if covered < FEWEST_COVERED:
        return ("photos" if np.mean(widths) > 0.35 else "narrow"), told
    if np.mean(widths) < LEAST_WIDTH:
        return "ninety", told
    return ("wide" if np.mean(widths) > MOST_WIDTH else None), told


def made_file() -> tuple[pd.Series, pd.DataFrame, float]:
    """Labels by image_id, a table of predictions as another program wrote it, its accuracy."""
    rng, classes = np.random.default_rng(10), ["ash", "elm", "fir"]
    ids = pd.Index([f"{number:03d}.jpg" for number in range(90)], name="image_id")
    labels = pd.Series(rng.choice(classes, len(ids)), ids, name="label")
    values = rng.dirichlet(np.ones(3), len(ids))
    at = pd.Index(classes).get_indexer(labels)
    values[np.arange(len(ids)), at] += 0.6
    table = pd.DataFrame(values / values.sum(axis=1, keepdims=True), columns=classes)
    right = float((table.idxmax(axis=1).to_numpy() == labels.to_numpy()).mean())
    table = table[["fir", "ash", "elm"]].add_prefix("p_").round(4)
    table.insert(0, "file", ids)
    table["milliseconds"] = rng.uniform(8, 12, len(ids)).round(1)
    return labels, table.sample(frac=1, random_state=3), right


def made_pair(both: int, first: int, second: int, none: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether two models are right: on so many images both, the first only, and so on."""
    right = [(1, 1)] * both + [(1, 0)] * first + [(0, 1)] * second + [(0, 0)] * none
    order = np.random.default_rng(0).permutation(len(right))
    return tuple(np.array(right, bool)[order].T)


def made_test(seed: int) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Right answers, things, the true accuracy and the width of an interval that covers."""
    rng = np.random.default_rng([10, seed])
    share = rng.beta(0.7, 0.3, THINGS)  # of photos of each thing that are recognised, on average .7
    right = rng.random((THINGS, PHOTOS)) < share[:, None]
    deviation = right.mean(axis=1).std(ddof=1) / np.sqrt(THINGS)
    width = 2 * stats.t.ppf(0.975, THINGS - 1) * deviation
    order = rng.permutation(right.size)
    return right.ravel()[order], np.repeat(np.arange(THINGS), PHOTOS)[order], 0.7, float(width)


def _class_scores(matrix: np.ndarray):
    right, labels, named = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    precision, recall = right / np.maximum(named, 1), right / labels
    f1 = 2 * right / (labels + named)
    return precision, recall, f1, labels, right.sum() / matrix.sum()


def _in_order(table: pd.DataFrame, labels: pd.Series) -> float:
    """What one gets who takes the columns for the classes in alphabetical order."""
    values = table.set_index("file").filter(like="p_").loc[labels.index].to_numpy()
    return float(np.mean(np.array(["ash", "elm", "fir"])[values.argmax(axis=1)] == labels))


def _only(first: np.ndarray, second: np.ndarray) -> tuple[int, int]:
    return int((first & ~second).sum()), int((~first & second).sum())


def _sides(first: np.ndarray, second: np.ndarray) -> tuple[int, int]:
    """Images that only the first has right, and images that only one of them has."""
    one, other = _only(first, second)
    return one, one + other


def _exact(first, second) -> float:
    return stats.binomtest(*_sides(first, second)).pvalue


def _unpaired(first, second, correction: bool) -> float:
    counts = [[of.sum(), (~of).sum()] for of in (first, second)]
    return stats.chi2_contingency(counts, correction=correction).pvalue


def _squared(first, second, correction: int) -> float:
    one, other = _only(first, second)
    return stats.chi2.sf(max(abs(one - other) - correction, 0) ** 2 / (one + other), 1)


P_READINGS: tuple[tuple[str | None, Callable], ...] = (
    (None, _exact),
    ("unpaired", partial(_unpaired, correction=True)),
    ("unpaired", partial(_unpaired, correction=False)),
    ("all", lambda a, b: stats.binomtest(_only(a, b)[0], len(a)).pvalue),
    ("half", lambda a, b: stats.binomtest(*_sides(a, b), alternative="greater").pvalue),
    ("approximate", partial(_squared, correction=0)),
    ("approximate", partial(_squared, correction=1)),
)
