import time

import numpy as np
import pytest

from helpers.evaluation import (
    at_threshold,
    choose_threshold,
    cost_matrix,
    precision_at,
    sweep_thresholds,
)
from helpers.widgets import explore_decisions
from tests.evaluation.tables import drawn, table_of


@pytest.fixture
def explorer():
    return explore_decisions(drawn(300, 1))


def test_it_opens_on_the_rarest_class_at_one_half(explorer):
    assert repr(explorer) == "Decision explorer: 4 classes, 300 images"
    assert (explorer.positive.value, explorer.threshold.value) == ("oak", 0.5)
    expected = at_threshold(drawn(300, 1), "oak", 0.5, cost_matrix(20, 1))
    shared = [name for name in expected.index if name in explorer.outcome]
    assert explorer.outcome[shared].to_dict() == pytest.approx(expected.to_dict())
    assert explorer.prevalence.value == pytest.approx((drawn(300, 1)["label"] == "oak").mean())
    assert "src=" in explorer.picture.value and "alt=" in explorer.picture.value


@pytest.mark.parametrize(
    ("control", "value"), [("threshold", 0.05), ("missed", 5.0), ("false_alarm", 10.0)]
)
def test_each_control_changes_outcomes_as_the_functions_say(explorer, control, value):
    before = explorer.details.value
    getattr(explorer, control).value = value
    assert explorer.error is None
    costs = cost_matrix(explorer.missed.value, explorer.false_alarm.value)
    expected = at_threshold(drawn(300, 1), "oak", explorer.threshold.value, costs)
    assert explorer.outcome["cost"] == pytest.approx(expected["cost"])
    assert f"cost per image <b>{expected['cost']:.3f}</b>" in explorer.details.value
    assert f"<b>{expected['missed']:.0f}</b> missed" in explorer.details.value
    assert explorer.details.value != before
    cheapest = choose_threshold(sweep_thresholds(drawn(300, 1), "oak", costs))
    assert f"cheapest {cheapest:.2f}" in explorer.picture.value


def test_another_prevalence_changes_precision_and_cost_there_and_nothing_here(explorer):
    explorer.threshold.value = 0.2
    here = explorer.outcome.copy()
    explorer.prevalence.value = 0.001
    assert explorer.error is None
    share, found = explorer.prevalence.value, explorer.outcome
    assert found["precision"] == here["precision"]
    rate = found["false_alarm_rate"]
    assert found["precision_there"] == pytest.approx(precision_at(share, here["recall"], rate))
    cost = share * (1 - here["recall"]) * 20 + (1 - share) * rate
    assert found["cost_there"] == pytest.approx(cost)


def test_no_false_alarm_among_few_promises_no_precision_where_the_class_is_rarer():
    table = table_of([[0.9, 0.1]] * 3 + [[0.2, 0.8]] * 20, [0] * 3 + [1] * 20, ["ash", "elm"])
    explorer = explore_decisions(table, "ash")
    explorer.prevalence.value = 0.01
    # Of 20 others none is reported once in twenty times at a rate of 13.9 %: 0.861 ** 20 = 0.05.
    assert explorer.outcome["precision"] == 1
    expected = precision_at(explorer.prevalence.value, 1.0, 1 - 0.05 ** (1 / 20))
    assert expected < 0.07
    assert explorer.outcome["precision_there"] == pytest.approx(expected)
    assert f"precision at least <b>{expected:.2f}</b>, cost" in explorer.details.value
    explorer.threshold.value = 0.15
    assert explorer.outcome["false_alarms"] == 20
    assert "at least" not in explorer.details.value
    explorer.threshold.value = 1.0
    assert np.isnan(explorer.outcome["precision_there"])
    assert "at least" not in explorer.details.value


def test_another_class_brings_its_own_prevalence(explorer):
    explorer.positive.value = "ash"
    assert explorer.error is None
    assert explorer.prevalence.value == pytest.approx((drawn(300, 1)["label"] == "ash").mean())
    assert "is ash" in explorer.details.value


def test_where_nothing_is_reported_precision_has_no_meaning_and_names_are_escaped():
    table = table_of([[0.6, 0.4], [0.7, 0.3], [0.2, 0.8]], [0, 0, 1], ["<b>", "elm"])
    explorer = explore_decisions(table, "<b>")
    explorer.threshold.value = 1.0
    assert explorer.error is None
    assert "precision <b>–</b>" in explorer.details.value
    assert "is &lt;b&gt;" in explorer.details.value
    assert np.isnan(explorer.outcome["precision"])


def test_an_answer_comes_within_half_a_second_of_processor_time(explorer):
    started = time.process_time()
    for threshold in (0.1, 0.2, 0.3, 0.4):
        explorer.threshold.value = threshold
    assert (time.process_time() - started) / 4 < 0.5
