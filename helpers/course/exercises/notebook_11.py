"""How the answers of notebook 11 are judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from helpers.course.exercises.framework import Found, call

COSTS = ((20.0, 1.0), (2.0, 3.0))
# Numbers of scores, and shares that may be missed; the last cannot be promised.
LIMITS = ((39, 0.1), (200, 0.05), (12, 0.2), (8, 0.1))


def judge_11_1(answer: Callable, dataset: Any) -> Found:
    """A function from confidences and right answers to the expected calibration error."""
    rng, bins = np.random.default_rng(0), 10
    sure = np.append(rng.beta(4, 2, 300), np.ones(30))
    right = rng.random(330) < 0.3 + 0.5 * sure  # too sure of some, not sure enough of others
    found = call(answer, sure.copy(), right.copy(), bins)
    if isinstance(found, tuple):
        return found
    found = float(found)
    if np.isnan(found):
        return "empty"
    place = np.minimum((sure * bins).astype(int), bins - 1)
    parts = pd.DataFrame({"sure": sure, "right": right.astype(float), "place": place})
    means, sizes = parts.groupby("place").mean(), parts.groupby("place").size() / len(sure)
    gaps = (means["sure"] - means["right"]).abs()
    below = parts[parts["sure"] < 1]
    kept = below.groupby("place").mean()
    kept_gaps = (kept["sure"] - kept["right"]).abs()
    kept_sizes = below.groupby("place").size()
    middles = ((means.index + 0.5) / bins - means["right"]).abs()
    readings = {
        None: [(gaps * sizes).sum()],
        "unweighted": [gaps.mean(), gaps.sum() / bins],
        "whole": [sure.mean() - right.mean(), right.mean() - sure.mean()],
        "accuracy": [right.mean(), 1 - right.mean(), means["right"].mean()],
        "middles": [(middles * sizes).sum()],
        "largest": [gaps.max()],
        "single": [np.abs(sure - right).mean()],
        "ones": [
            (kept_gaps * kept_sizes).sum() / len(sure),
            (kept_gaps * kept_sizes).sum() / len(below),
        ],
    }
    for name, values in readings.items():
        if np.isclose(values, found, rtol=0, atol=1e-6).any():
            return name
    return "other", {"found": found, "right": (gaps * sizes).sum()}


def judge_11_2(answer: Callable, dataset: Any) -> Found:
    """A function that picks a threshold by cost, on images known beforehand."""
    valid, tests = made_scores(0, 600), [made_scores(seed, 600) for seed in (1, 2)]
    for missed, false_alarm in COSTS:
        given = [call(answer, valid.copy(), test, missed, false_alarm) for test in tests]
        for one in given:
            if isinstance(one, tuple):
                return one
        found, again = map(float, given)
        if found != again:
            return "known", {"first": found, "second": again}
        paid = _paid(valid, found, missed, false_alarm)
        sweep = np.append(np.unique(valid["probability"]), 1.01)
        least = min(_paid(valid, one, missed, false_alarm) for one in sweep)
        values = {"found": found, "paid": paid, "least": least, "missed": missed}
        values["false_alarm"] = false_alarm
        if paid <= least + 1e-9:
            continue
        readings = {
            "half": 0.5,
            "theory": false_alarm / (missed + false_alarm),
            "reversed": missed / (missed + false_alarm),
        }
        for name, value in readings.items():
            if np.isclose(found, value, atol=1e-6):
                return name, values
        accurate = min(_paid(valid, one, 1, 1) for one in sweep)
        swapped = min(_paid(valid, one, false_alarm, missed) for one in sweep)
        if _paid(valid, found, 1, 1) <= accurate + 1e-9:
            return "accuracy", values
        if _paid(valid, found, false_alarm, missed) <= swapped + 1e-9:
            return "reversed", values
        return "other", values
    return None


def made_scores(seed: int, images: int) -> pd.DataFrame:
    """Probabilities of a rare class, much too low, and whether an image is of it."""
    rng = np.random.default_rng(seed)
    is_rare = rng.random(images) < 0.1
    scores = 1 / (1 + np.exp(5 - 2.5 * is_rare - rng.normal(size=images)))
    return pd.DataFrame({"probability": scores, "is_rare": is_rare})


def _paid(table: pd.DataFrame, threshold: float, missed: float, false_alarm: float) -> float:
    said = table["probability"] >= threshold
    wrong = missed * (~said & table["is_rare"]) + false_alarm * (said & ~table["is_rare"])
    return float(wrong.mean())


def judge_11_3(answer: Callable, dataset: Any) -> Found:
    """A function from scores to the limit that keeps a conformal promise."""
    for images, miss in LIMITS:
        scores = np.random.default_rng(images).random(images)
        found = call(answer, scores.copy(), miss)
        if isinstance(found, tuple):
            return found
        found, ranked = float(found), np.sort(scores)
        rank = round((images + 1) * (1 - miss) + 0.499999)
        values = {"images": images, "miss": miss, "found": found}
        if rank > images:
            if not found >= 1:
                return "finite", values
            continue
        right = ranked[rank - 1]
        if np.isclose(found, right, rtol=0, atol=1e-12):
            continue
        values |= {"right": right, "rank": rank}
        methods = ("linear", "higher", "lower", "nearest", "inverted_cdf", "hazen", "weibull")
        plain = [np.quantile(scores, 1 - miss, method=one) for one in methods]
        tail = [np.quantile(scores, miss, method=one) for one in methods]
        tail.append(ranked[int((images + 1) * miss) - 1])
        for name, readings in (("plain", plain), ("tail", tail)):
            if np.isclose(readings, found, rtol=0, atol=1e-12).any():
                return name, values
        return "other", values
    return None


def judge_11_4(answer: Callable, dataset: Any, tables: tuple | None = None) -> Found:
    """A rule of the learner's own, paid on the test images beside ours.

    `tables`: validation predictions, shares in training, test predictions, the class, the costs,
    and which test images belong together.
    """
    if not callable(answer):
        raise TypeError
    if tables is None:
        return "unmeasured"
    from helpers.evaluation import compare_losses, decision_costs, threshold_of

    valid, before, test, rare, costs, groups = tables
    asked = test.assign(label=None, loss=np.nan)
    found = call(answer, valid.copy(), before.copy(), asked, rare, costs.copy())
    if isinstance(found, tuple):
        return found
    if not isinstance(found, pd.Series) or not test.index.isin(found.index).all():
        raise TypeError
    said = found.reindex(test.index)
    if not said.isin([True, False]).all():
        return "form"
    said = said.to_numpy(bool)
    if said.all() or not said.any():
        return "same_for_all", {"what": "reported" if said.all() else "passed over"}
    ours = decision_costs(test, rare, threshold_of(costs), costs)
    prices = costs.loc[["is", "is not"], ["report", "pass"]].to_numpy(float)
    row, column = (test["label"] != rare).to_numpy(int), (~said).astype(int)
    theirs = pd.Series(prices[row, column], test.index)[ours.index]
    values = {"theirs": theirs.mean(), "ours": ours.mean()}
    if (theirs == ours).all():
        return "same", values
    beside = compare_losses(theirs, ours, groups)
    values |= {"beside": repr(beside)}
    values["sure"] = "and by more than chance" if beside.high < 0 else "though perhaps by chance"
    return (None if beside.difference < 0 else "worse"), values
