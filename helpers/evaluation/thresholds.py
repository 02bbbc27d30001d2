"""One class against the rest: what each threshold gets right, and what its errors cost."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from helpers.datasets import DatasetError
from helpers.datasets.words import suggestion
from helpers.evaluation.calibration import labelled
from helpers.evaluation.comparing import Difference, compare_losses
from helpers.evaluation.predictions import probabilities

IS, IS_NOT, REPORT, PASS = "is", "is not", "report", "pass"
HALF = "one half"


def cost_matrix(
    missed: float, false_alarm: float, hit: float = 0.0, passed: float = 0.0
) -> pd.DataFrame:
    """What each outcome costs: rows say whether an image is of the class, columns what we do."""
    return pd.DataFrame(
        [[hit, missed], [false_alarm, passed]],
        index=pd.Index([IS, IS_NOT], name="the image"),
        columns=pd.Index([REPORT, PASS], name="we"),
        dtype=float,
    )


def threshold_of(costs: pd.DataFrame) -> float:
    """The probability from which on it is cheaper to report, if probabilities are calibrated.

    Reporting costs less where ``p × (missed − hit) > (1 − p) × (false alarm − passed)`` (Elkan,
    2001, "The foundations of cost-sensitive learning").

    Raises
    ------
    DatasetError
        An error costs less than its right answer, so that no threshold makes sense.
    """
    missed = costs.loc[IS, PASS] - costs.loc[IS, REPORT]
    alarm = costs.loc[IS_NOT, REPORT] - costs.loc[IS_NOT, PASS]
    if not (missed >= 0 and alarm >= 0 and missed + alarm > 0):
        raise DatasetError(
            f"With these costs an error is cheaper than a right answer (missing costs {missed:g} "
            f"more than reporting, a false alarm {alarm:g} more than passing); expected both ≥ 0."
        )
    return float(alarm / (alarm + missed))


def sweep_thresholds(predictions: pd.DataFrame, positive: str, costs: pd.DataFrame) -> pd.DataFrame:
    """What every threshold does that gives another answer, from the one that reports all.

    Parameters
    ----------
    predictions : predictions table
    positive : str
        The class; an image is reported where its probability is at least the threshold.
    costs : DataFrame from `cost_matrix`

    Returns
    -------
    DataFrame, thresholds rising
        threshold (halfway between two probabilities; 0 reports all, above 1 none), up_to (the
        highest threshold with the same answers), hits, false_alarms, missed, passed (counts),
        recall, false_alarm_rate (of the others), precision (missing where they have no meaning),
        accuracy, cost (per image).
    """
    scores, truth = scores_of(predictions, positive)
    order = np.argsort(-scores, kind="stable")
    ranked, is_one = scores[order], truth[order]
    last = np.append(np.nonzero(np.diff(ranked))[0], len(ranked) - 1)
    hits = np.append(0, np.cumsum(is_one)[last])
    reported = np.append(0, last + 1)
    ends = ranked[last]
    middles = (ends[:-1] + ends[1:]) / 2
    # Between two neighbouring numbers of a computer there is no middle.
    middles = np.append(np.where(middles > ends[1:], middles, ends[:-1]), 0.0)
    table = pd.DataFrame(
        {
            "threshold": np.append(max(1.0, ranked[0]) + 0.01, middles),
            "up_to": np.append(np.inf, ends),
            "hits": hits,
            "reported": reported,
        }
    )[::-1]
    return _judged(table.reset_index(drop=True), int(truth.sum()), len(truth), costs)


def at_threshold(
    predictions: pd.DataFrame, positive: str, threshold: float, costs: pd.DataFrame
) -> pd.Series:
    """What one threshold finds and costs: what a row of `sweep_thresholds` says."""
    scores, truth = scores_of(predictions, positive)
    said = scores >= threshold
    least = scores[said].min(initial=np.inf)
    row = {
        "threshold": threshold,
        "up_to": least,
        "hits": int((said & truth).sum()),
        "reported": int(said.sum()),
    }
    return _judged(pd.DataFrame([row]), int(truth.sum()), len(truth), costs).iloc[0]


def choose_threshold(sweep: pd.DataFrame, by: str = "cost") -> float:
    """The threshold of least cost, or of most accuracy; of equal ones the middle one.

    Parameters
    ----------
    sweep : DataFrame from `sweep_thresholds`, of validation images
    by : "cost" or "accuracy"
    """
    best = sweep[by].min() if by == "cost" else sweep[by].max()
    equal = sweep.loc[np.isclose(sweep[by], best, rtol=0, atol=1e-12), "threshold"]
    return float(equal.iloc[(len(equal) - 1) // 2])


def mark_thresholds(sweep: pd.DataFrame, costs: pd.DataFrame) -> dict[str, float]:
    """Four thresholds that one might take, by name, the first of them without a thought."""
    return {
        HALF: 0.5,
        "most accurate": choose_threshold(sweep, "accuracy"),
        "cheapest": choose_threshold(sweep),
        "by the cost matrix": threshold_of(costs),
    }


def cost_changes(
    predictions: pd.DataFrame,
    positive: str,
    marks: Mapping[str, float],
    costs: pd.DataFrame,
    groups=None,
) -> dict[str, Difference]:
    """By how much each threshold costs more per image than the first of `marks`, paired."""
    paid = {name: decision_costs(predictions, positive, at, costs) for name, at in marks.items()}
    first, *others = paid
    return {name: compare_losses(paid[name], paid[first], groups) for name in others}


def decision_costs(
    predictions: pd.DataFrame, positive: str, threshold: float, costs: pd.DataFrame
) -> pd.Series:
    """What the decision on each labelled image costs, by image_id: for a paired comparison."""
    scores, truth = scores_of(predictions, positive)
    said = np.where(scores >= threshold, 0, 1)
    paid = costs.loc[[IS, IS_NOT], [REPORT, PASS]].to_numpy(float)[np.where(truth, 0, 1), said]
    return pd.Series(paid, labelled(predictions).index, name="cost")


def scores_of(predictions: pd.DataFrame, positive: str) -> tuple[np.ndarray, np.ndarray]:
    """The probability of the class, and whether it is the label, of each labelled image."""
    found = labelled(predictions)
    if positive not in found.classes:
        near = suggestion(positive, found.classes)
        raise DatasetError(f"The predictions table has no class {positive!r}{near}.")
    at = found.classes.index(positive)
    return found.chances[:, at], found.truth == at


def rarest(predictions: pd.DataFrame) -> str:
    """The class with the fewest labels here, of those that have any; the first of equal ones."""
    counts = predictions["label"].value_counts().reindex(probabilities(predictions).columns)
    return str(counts.dropna().idxmin())


def _judged(table: pd.DataFrame, of_class: int, images: int, costs: pd.DataFrame) -> pd.DataFrame:
    hits, reported = table["hits"], table["reported"]
    table = table.assign(missed=of_class - hits, false_alarms=reported - hits)
    table["passed"] = images - of_class - table["false_alarms"]
    table["recall"] = hits / of_class if of_class else np.nan
    others = images - of_class
    table["false_alarm_rate"] = table["false_alarms"] / others if others else np.nan
    table["precision"] = (hits / reported).where(reported > 0)
    table["accuracy"] = (hits + table["passed"]) / images
    outcomes = {
        "hits": (IS, REPORT),
        "missed": (IS, PASS),
        "false_alarms": (IS_NOT, REPORT),
        "passed": (IS_NOT, PASS),
    }
    table["cost"] = sum(table[name] * costs.loc[cell] for name, cell in outcomes.items()) / images
    return table.drop(columns="reported")
