"""Thresholds and costs against brute force over all of them, and against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix

from helpers.datasets import DatasetError
from helpers.evaluation import (
    at_threshold,
    choose_threshold,
    compare_losses,
    cost_changes,
    cost_matrix,
    decision_costs,
    mark_thresholds,
    rarest,
    sweep_thresholds,
    threshold_of,
)
from tests.evaluation.tables import drawn, table_of, things

COSTS = cost_matrix(missed=7, false_alarm=2, hit=0.5, passed=0.25)


def tables():
    rng = np.random.default_rng(0)
    tied = rng.dirichlet(np.ones(3), 50).round(1)
    tied /= tied.sum(1, keepdims=True)
    return {
        "random": drawn(40, 1),
        "tied": table_of(tied, rng.integers(0, 3, 50)),
        "absent": table_of(tied, rng.integers(1, 3, 50)),
        "one of the class": table_of(tied, [0] + [1, 2] * 24 + [1]),
        "only the class": table_of(tied, [0] * 50),
        "perfect": table_of(np.eye(3)[[0, 1, 2, 0]], [0, 1, 2, 0]),
        "constant": table_of([[0.2, 0.8]] * 6, [0, 1] * 3),
        "one image": table_of([[0.3, 0.7]], [0]),
        "some without labels": table_of(tied, [None, 0, 1, 2, 1] * 10),
    }


TABLES = tables()


def paid_by_hand(table, threshold):
    """hits, missed, false alarms, passed, and cost per image."""
    counts = dict.fromkeys(("hits", "missed", "false_alarms", "passed"), 0)
    for _, row in table[table["label"].notna()].iterrows():
        said, true = row["ash"] >= threshold, row["label"] == "ash"
        counts[("passed", "missed", "false_alarms", "hits")[2 * said + true]] += 1
    prices = {"hits": 0.5, "missed": 7, "false_alarms": 2, "passed": 0.25}
    total = sum(number * prices[name] for name, number in counts.items())
    return counts, total / sum(counts.values())


@pytest.mark.parametrize("name", TABLES)
def test_every_threshold_does_what_a_loop_over_images_says(name):
    table = TABLES[name]
    sweep = sweep_thresholds(table, "ash", COSTS)
    for row in sweep.itertuples():
        for threshold in (row.threshold, row.up_to):
            counts, cost = paid_by_hand(table, threshold)
            assert {key: getattr(row, key) for key in counts} == counts
            assert row.cost == pytest.approx(cost, abs=1e-9)
            found = at_threshold(table, "ash", threshold, COSTS)
            assert {key: found[key] for key in counts} == counts
            assert found["cost"] == pytest.approx(cost, abs=1e-9)
            costs = decision_costs(table, "ash", threshold, COSTS)
            assert costs.mean() == pytest.approx(cost, abs=1e-9)


@pytest.mark.parametrize("name", TABLES)
def test_the_sweep_holds_every_answer_once_and_the_cheapest_is_the_cheapest_there_is(name):
    table = TABLES[name]
    scores = table.loc[table["label"].notna(), "ash"]
    sweep = sweep_thresholds(table, "ash", COSTS)
    assert len(sweep) == scores.nunique() + 1
    assert sweep["threshold"].is_monotonic_increasing and sweep["up_to"].is_monotonic_increasing
    assert sweep["threshold"].iloc[0] == 0 and sweep["up_to"].iloc[-1] == np.inf
    assert (sweep["hits"] + sweep["false_alarms"]).is_monotonic_decreasing
    tried = [*scores, 0.0, 1.5, *np.random.default_rng(0).random(200)]
    least = min(paid_by_hand(table, one)[1] for one in tried)
    chosen = choose_threshold(sweep)
    assert paid_by_hand(table, chosen)[1] == pytest.approx(least, abs=1e-9)
    right = [((scores >= one) == (table["label"].dropna() == "ash")).mean() for one in tried]
    accurate = choose_threshold(sweep, "accuracy")
    assert ((scores >= accurate) == (table["label"].dropna() == "ash")).mean() == max(right)


def test_rates_are_those_of_scikit_learn_and_missing_where_they_have_no_meaning():
    table = drawn(80, 1)
    found = at_threshold(table, "elm", 0.3, COSTS)
    truth, said = table["label"] == "elm", table["elm"] >= 0.3
    (passed, alarms), (missed, hits) = confusion_matrix(truth, said)
    assert found["recall"] == pytest.approx(hits / (hits + missed), abs=1e-9)
    assert found["precision"] == pytest.approx(hits / (hits + alarms), abs=1e-9)
    assert found["false_alarm_rate"] == pytest.approx(alarms / (alarms + passed), abs=1e-9)
    assert found["accuracy"] == pytest.approx((hits + passed) / 80, abs=1e-9)
    assert np.isnan(at_threshold(table, "elm", 2, COSTS)["precision"])
    assert np.isnan(at_threshold(TABLES["absent"], "ash", 0.5, COSTS)["recall"])
    assert np.isnan(at_threshold(TABLES["only the class"], "ash", 0.5, COSTS)["false_alarm_rate"])


def test_of_equally_cheap_thresholds_the_middle_one_is_taken():
    table = table_of([[p, 1 - p] for p in (0.1, 0.2, 0.6, 0.7, 0.9)], [1, 1, 0, 0, 0])
    sweep = sweep_thresholds(table, "ash", cost_matrix(1, 1))
    assert choose_threshold(sweep) == pytest.approx(0.4)
    flat = sweep.assign(cost=1.0)
    assert choose_threshold(flat) == flat["threshold"].iloc[2]


def test_the_threshold_of_the_cost_matrix_is_where_both_cost_the_same():
    assert threshold_of(cost_matrix(20, 1)) == pytest.approx(1 / 21)
    assert threshold_of(cost_matrix(1, 1)) == 0.5
    p = threshold_of(COSTS)
    assert p * 0.5 + (1 - p) * 2 == pytest.approx(p * 7 + (1 - p) * 0.25)
    assert threshold_of(cost_matrix(0, 1)) == 1
    for wrong in (cost_matrix(1, 1, hit=2), cost_matrix(1, 1, passed=2), cost_matrix(0, 0)):
        with pytest.raises(DatasetError, match="an error is cheaper"):
            threshold_of(wrong)


def test_with_calibrated_probabilities_no_tuned_threshold_is_much_cheaper_than_that():
    table, costs = drawn(8000, 2), cost_matrix(20, 1)
    sweep = sweep_thresholds(table, "oak", costs)
    least = sweep["cost"].min()
    marks = mark_thresholds(sweep, costs)
    assert list(marks) == ["one half", "most accurate", "cheapest", "by the cost matrix"]
    paid = {name: decision_costs(table, "oak", at, costs).mean() for name, at in marks.items()}
    assert paid["cheapest"] == pytest.approx(least)
    assert paid["by the cost matrix"] < 1.03 * least
    assert paid["one half"] > 1.5 * least and paid["most accurate"] > 1.5 * least


def test_changes_of_cost_are_paired_differences_from_the_first_threshold():
    table, costs = drawn(400, 3), cost_matrix(20, 1)
    marks, groups = {"a": 0.5, "b": 0.05, "c": 0.9}, things(drawn(400, 3))
    found = cost_changes(table, "oak", marks, costs, groups)
    assert list(found) == ["b", "c"]
    paid = {name: decision_costs(table, "oak", at, costs) for name, at in marks.items()}
    assert found["b"] == compare_losses(paid["b"], paid["a"], groups)
    assert found["b"].high < 0 < found["c"].difference


def test_the_rarest_class_has_labels_and_unknown_ones_are_named():
    assert rarest(drawn(400)) == "oak"
    assert rarest(TABLES["absent"].assign(label=["elm"] * 30 + ["fir"] * 20)) == "fir"
    assert rarest(table_of([[0.5, 0.5]] * 2, [1, 0])) == "ash"
    with pytest.raises(DatasetError, match="no class 'Oak' .did you mean 'oak'"):
        decision_costs(drawn(10), "Oak", 0.5, COSTS)


def test_costs_name_their_outcomes():
    assert cost_matrix(20, 1).to_dict() == {
        "report": {"is": 0, "is not": 1},
        "pass": {"is": 20, "is not": 0},
    }
    assert isinstance(COSTS, pd.DataFrame)
