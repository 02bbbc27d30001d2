"""What the exercises of notebook 11 are given, and plausible wrong answers with their mistakes."""

import numpy as np
import pandas as pd

from helpers.evaluation import (
    correct_prevalence,
    cost_matrix,
    decision_costs,
    threshold_of,
)
from tests.evaluation.tables import CLASSES, drawn, things


def _tables():
    """Validation and test predictions; in the test, the rare class is as common as the others."""
    before = pd.Series([0.4, 0.3, 0.25, 0.05], CLASSES)
    valid, there = drawn(300, 1, before), drawn(300, 2, (0.25,) * 4)
    even = pd.Series(0.25, CLASSES)
    test = correct_prevalence(there, even, before)
    return valid, before, test, "oak", cost_matrix(20, 1), things(test)


TABLES = _tables()


def _binned(confidence, right, bins):
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return pd.DataFrame({"sure": confidence, "right": right, "place": place}).groupby("place")


def _unweighted(confidence, right, bins=10):
    means = _binned(confidence, right, bins).mean()
    return (means["sure"] - means["right"]).abs().mean()


def _largest(confidence, right, bins=10):
    means = _binned(confidence, right, bins).mean()
    return (means["sure"] - means["right"]).abs().max()


def _middles(confidence, right, bins=10):
    found = _binned(confidence, right, bins)
    middles = (found["right"].mean().index + 0.5) / bins
    return ((middles - found["right"].mean()).abs() * found.size()).sum() / len(right)


def _without_ones(confidence, right, bins=10):
    total, place = 0.0, (confidence * bins).astype(int)
    for number in range(bins):
        own = place == number
        if own.any():
            total += own.mean() * abs(confidence[own].mean() - right[own].mean())
    return total


def _bins_of_index(confidence, right, bins=10):
    totals = np.zeros(bins)
    for place, one in zip((confidence * bins).astype(int), confidence - right, strict=True):
        totals[place] += one
    return np.abs(totals).sum() / len(right)


def _cost(table, threshold, missed, false_alarm):
    said = table["probability"] >= threshold
    wrong = missed * (~said & table["is_rare"]) + false_alarm * (said & ~table["is_rare"])
    return wrong.mean()


def _cheapest(of="valid", turned=False, equal=False):
    def pick(valid, test, missed, false_alarm):
        table = valid if of == "valid" else test
        prices = (false_alarm, missed) if turned else (1, 1) if equal else (missed, false_alarm)
        tried = np.append(table["probability"], 1.01)
        return min(tried, key=lambda one: _cost(table, one, *prices))

    return pick


def _report(valid, before, asked, rare, costs):
    return asked[rare] >= threshold_of(costs)


def _wrong_way(valid, before, asked, rare, costs):
    return asked[rare] >= 1 - threshold_of(costs)


def _reads_labels(valid, before, asked, rare, costs):
    return decision_costs(asked, rare, 0.5, costs) > 0


def _numbers(valid, before, asked, rare, costs):
    return asked[rare]


def _some(valid, before, asked, rare, costs):
    return asked[rare][:5] > 0.1


def _all(valid, before, asked, rare, costs):
    return asked[rare] >= 0


def _none(valid, before, asked, rare, costs):
    return asked[rare] > 2


WRONG_11 = {
    "11.1": [
        (_unweighted, "unweighted", "share of the images"),
        (lambda sure, right, bins=10: abs(sure.mean() - right.mean()), "whole", "cancel"),
        (lambda sure, right, bins=10: right.mean(), "accuracy", "how often"),
        (_middles, "middles", "middle of each bin"),
        (_largest, "largest", "worst bin"),
        (_without_ones, "ones", "exactly 1"),
        (lambda sure, right, bins=10: float("nan"), "empty", "no image"),
        (lambda sure, right, bins=10: abs(sure - right).mean(), "single", "by itself"),
        (_bins_of_index, "raised", "IndexError"),
        (lambda sure, right, bins=10: 0.5, "other", "0.5000"),
        (0.1, "malformed", "a function"),
    ],
    "11.2": [
        (_cheapest("test"), "known", "Was it known then"),
        (lambda valid, test, missed, false_alarm: 0.5, "half", "alike"),
        (
            lambda valid, test, missed, false_alarm: false_alarm / (missed + false_alarm),
            "theory",
            "calibrated",
        ),
        (
            lambda valid, test, missed, false_alarm: missed / (missed + false_alarm),
            "reversed",
            "turned round",
        ),
        (_cheapest(turned=True), "reversed", "other way"),
        (_cheapest(equal=True), "accuracy", "right most often"),
        (lambda valid, test, missed, false_alarm: 1e-9, "other", "there is a threshold"),
        (lambda valid, test, missed, false_alarm: valid["nothing"], "raised", "KeyError"),
        (0.5, "malformed", "a function"),
    ],
    "11.3": [
        (lambda scores, miss: np.quantile(scores, 1 - miss), "plain", "one more"),
        (
            lambda scores, miss: np.quantile(scores, 1 - miss, method="higher"),
            "plain",
            "plain quantile",
        ),
        (lambda scores, miss: np.quantile(scores, miss), "tail", "lower end"),
        (
            lambda scores, miss: np.sort(scores)[
                min(int(np.ceil((len(scores) + 1) * (1 - miss))), len(scores)) - 1
            ],
            "finite",
            "infinity",
        ),
        (
            lambda scores, miss: np.sort(scores)[int(np.ceil((len(scores) + 1) * (1 - miss))) - 1],
            "raised",
            "IndexError",
        ),
        (lambda scores, miss: scores.mean(), "other", "rank"),
        (0.9, "malformed", "a function"),
    ],
    "11.4": [
        (_report, "same", "decides as ours"),
        (_wrong_way, "worse", "dear"),
        (_reads_labels, "raised", "has a label"),
        (_numbers, "form", "True or False"),
        (_all, "same_for_all", "reported"),
        (_none, "same_for_all", "passed over"),
        (_some, "malformed", "Series of True and False"),
        (0.5, "malformed", "a function"),
    ],
}
UNMEASURED_11 = {"11.4": [(_report, "unmeasured", "tables=tables", [])]}
