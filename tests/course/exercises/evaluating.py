"""Plausible wrong answers to the exercises of notebook 10, with their mistakes."""

import time

import numpy as np
import pandas as pd
from scipy import stats


def _averages(matrix, f1=None, weights=None, swapped=False):
    matrix = matrix.T if swapped else matrix
    right, labels, named = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    precision, recall = right / np.maximum(named, 1), right / np.maximum(labels, 1)
    each = 2 * right / (labels + named)
    if f1 == "mean":
        each = (precision + recall) / 2
    scores = [np.average(of, weights=weights and labels) for of in (precision, recall, each)]
    if f1 == "averages":
        scores[2] = 2 * scores[0] * scores[1] / (scores[0] + scores[1])
    return tuple(scores)


def _divides(matrix):
    with np.errstate(invalid="ignore"):
        precision = np.diag(matrix) / matrix.sum(axis=0)
    return (precision.mean(), *_averages(matrix)[1:])


def _accuracies(matrix):
    return (np.trace(matrix) / matrix.sum(),) * 3


def _read(path):
    return pd.read_csv(path).set_index("file")


def _by_position(path, labels):
    answers = _read(path).filter(like="p_").idxmax(axis=1).str.removeprefix("p_")
    return (answers.to_numpy() == labels.to_numpy()).mean()


def _any_number(path, labels):
    answers = _read(path).idxmax(axis=1)
    return (answers == labels[answers.index]).mean()


def _alphabetical(path, labels):
    values = _read(path).filter(like="p_").loc[labels.index].to_numpy()
    return (np.array(sorted(labels.unique()))[values.argmax(axis=1)] == labels).mean()


def _sides(first, second):
    return int((first & ~second).sum()), int((~first & second).sum())


def _p(first, second, total=None, **settings):
    one, other = _sides(first, second)
    total = one + other if total is None else total
    return stats.binomtest(one, total, **settings).pvalue if one + other else 1.0


def _unpaired(first, second):
    return stats.chi2_contingency([[of.sum(), (~of).sum()] for of in (first, second)]).pvalue


def _chi_square(first, second):
    one, other = _sides(first, second)
    return stats.chi2.sf(max(abs(one - other) - 1, 0) ** 2 / max(one + other, 1), 1)


def _never(first, second):
    one, other = _sides(first, second)
    return stats.binomtest(one, one + other).pvalue if one + other else 0.0


def _percentiles(right, things, level=0.95):
    rng = np.random.default_rng(1)
    _, things = np.unique(things, return_inverse=True)
    sums, counts = np.bincount(things, weights=right), np.bincount(things)
    drawn = rng.integers(len(sums), size=(400, len(sums)))
    scores = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])


def _slow(right, things):
    time.sleep(0.3)
    return _percentiles(right, things)


WRONG_10 = {
    "10.1": [
        (lambda matrix: matrix["beech"], "raised", "IndexError"),
        (lambda matrix: 0.7, "form", "shape ()"),
        (_divides, "never", "never named"),
        (lambda matrix: _averages(matrix, swapped=True), "swapped", "Rows sum to?"),
        (_accuracies, "accuracy", "Precision of what?"),
        (lambda matrix: _averages(matrix, "averages"), "of_averages", "that of the averages"),
        (lambda matrix: _averages(matrix, "mean"), "mean", "harmonic"),
        (lambda matrix: _averages(matrix, weights=True), "weighted", "counts once"),
        (lambda matrix: (0.1, 0.2, 0.3), "other", "0.100, 0.200, 0.300; expected 0.7"),
        (0.7, "malformed", "a function"),
    ],
    "10.2": [
        (lambda path, labels: _read(path)["beech"], "raised", "KeyError"),
        (_by_position, "rows", "by position"),
        (_any_number, "nothing", "prefix"),
        (_alphabetical, "sorted", "fir comes first"),
        (lambda path, labels: 0.123, "other", "0.1230"),
        (0.7, "malformed", "a function"),
    ],
    "10.3": [
        (lambda first: 1, "raised", "TypeError"),
        (_unpaired, "unpaired", "same ones"),
        (lambda a, b: _p(a, b, len(a)), "all", "Below the line"),
        (lambda a, b: _p(a, b, alternative="greater"), "half", "two sides"),
        (_chi_square, "approximate", "exact"),
        (_never, "none", "p is 1; your function gives: 0.0"),
        (
            lambda a, b: stats.binomtest(*((a & ~b).sum(), (a ^ b).sum())).pvalue,
            "none",
            "gives: ValueError",
        ),
        (lambda a, b: 0.5, "other", "expected 0.02"),
        (0.05, "malformed", "a function"),
    ],
    "10.4": [
        (lambda right: (0, 1), "raised", "TypeError"),
        (lambda right, things: right.mean(), "form", "shape ()"),
        (lambda right, things: _percentiles(right, things)[::-1], "reversed", "first"),
        (_slow, "slow", "once"),
        (lambda right, things: _percentiles(right, np.arange(len(right))), "photos", "independent"),
        (lambda right, things: [right.mean()] * 2, "narrow", "0.00 times"),
        (lambda right, things: _percentiles(right, things, 0.9), "ninety", "either side"),
        (lambda right, things: (0.0, 1.0), "wide", "say nothing"),
        ((0.6, 0.8), "malformed", "a function"),
    ],
}
