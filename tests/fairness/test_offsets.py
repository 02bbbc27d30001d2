from itertools import product

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import DatasetError
from helpers.evaluation import probabilities
from helpers.evaluation.calibration import labelled
from helpers.fairness import Margins, Offsets, find_offsets
from helpers.fairness.offsets import NONE, OTHERS, STEPS, pool_small
from tests.evaluation.tables import drawn, table_of


def sites(table, seed=0, shares=(0.6, 0.4)):
    """Two sites; in the second the first class is often taken for another."""
    rng = np.random.default_rng(seed)
    return pd.Series(rng.choice(["hill", "town"], len(table), p=shares), table.index)


def biased(images=600, seed=1, classes=4):
    """Predictions that name the first class less often in town."""
    table = drawn(images, seed, (0.4, 0.3, 0.2, 0.1)[:classes] if classes == 4 else (0.5, 0.5))
    values = sites(table)
    chances = probabilities(table)
    moved = Offsets(pd.DataFrame(0.0, ["hill", "town", OTHERS], chances.columns), [])
    moved.table.loc["town", "ash"] = -2.0
    from helpers.evaluation import check_predictions

    return check_predictions(moved.apply(chances, values).assign(label=table["label"])), values


def margins(table, values, constraint="equal opportunity", at=0):
    found = labelled(table)
    logits = np.log(np.maximum(found.chances, 1e-12))
    return Margins(logits, found.truth, values.to_numpy(dtype=object), at, constraint)


def test_what_an_offset_does_is_what_counting_says():
    table, values = biased()
    found = margins(table, values)
    places = np.array([NONE + 5, NONE - 7])
    outcome = found.outcome(places)
    logits = np.log(probabilities(table).to_numpy())
    for group, place in zip(found.names, places, strict=True):
        own = (values == group).to_numpy()
        moved = logits[own].copy()
        moved[:, 0] += STEPS[place]
        said = np.array(probabilities(table).columns)[moved.argmax(axis=1)]
        labels = table["label"].to_numpy()[own]
        row = outcome.loc[group]
        assert row["offset"] == STEPS[place]
        assert row["hits"] == ((said == "ash") & (labels == "ash")).sum()
        assert row["missed"] == ((said != "ash") & (labels == "ash")).sum()
        assert row["false_alarms"] == ((said == "ash") & (labels != "ash")).sum()
        assert row["passed"] == ((said != "ash") & (labels != "ash")).sum()
        assert row["right"] == (said == labels).sum()
        assert row["named"] == pytest.approx((said == "ash").mean())
        assert row["recall"] == pytest.approx((said == "ash")[labels == "ash"].mean())
        assert row["false_alarm_rate"] == pytest.approx((said == "ash")[labels != "ash"].mean())


@pytest.mark.parametrize("constraint", ["demographic parity", "equal opportunity"])
@pytest.mark.parametrize("slack", [0.05, 0.2])
def test_the_search_is_as_good_as_trying_all_pairs(constraint, slack):
    table, values = biased(300)
    found = margins(table, values, constraint)
    rates = found.rates[{"demographic parity": "named"}.get(constraint, "recall")]
    best = max(
        found.right[0, a] + found.right[1, b]
        for a, b in product(range(len(STEPS)), repeat=2)
        if abs(rates[0, a] - rates[1, b]) <= slack
    )
    chosen = found.choose(slack)
    outcome = found.outcome(chosen)
    assert abs(rates[0, chosen[0]] - rates[1, chosen[1]]) <= slack + 1e-6
    # Windows begin at eighty-one places, so that a pair between two of them can be missed.
    assert best - 2 <= outcome["right"].sum() <= best


def test_offsets_reach_six_either_way_and_have_none_in_the_middle():
    assert (STEPS[0], STEPS[NONE], STEPS[-1]) == (-6, 0, 6)
    assert np.diff(STEPS) == pytest.approx([0.2] * 60)


def test_a_class_as_probable_as_the_best_other_is_named():
    even = Margins(
        np.zeros((20, 2)), np.repeat([0, 1], 10), np.full(20, "a"), 0, "equal opportunity"
    )
    assert even.rates["named"][0, [NONE - 1, NONE]].tolist() == [0, 1]
    assert even.right[0, [NONE - 1, NONE]].tolist() == [10, 10]


def test_without_slack_nobody_or_everybody_may_be_named():
    """Of two groups with 20 and 21 of the class, rates are alike at 0, 1 and nowhere else."""
    groups = np.array(["a"] * 20 + ["b"] * 21, object)
    scores = np.r_[np.arange(20) / 5 - 2, np.arange(21) / 5 - 2]
    logits = np.column_stack([scores, np.zeros(41)])
    for truth, rate in ((0, 1), (1, 0)):
        found = Margins(logits, np.full(41, truth), groups, 0, "demographic parity")
        rates = found.rates["named"]
        assert {*rates[0]} & {*rates[1]} == {0, 1}
        assert rates[[0, 1], found.choose(0.0)].tolist() == [rate, rate]


def test_one_image_is_a_rate_and_none_is_not():
    table, values = biased()
    ashes = values.index[(table["label"] == "ash").to_numpy()]
    others = values.index[(table["label"] != "ash").to_numpy()]
    few = pd.Series("big", values.index)
    few[[ashes[0], *others[:25]]] = "islet"
    found = margins(table, few, "demographic parity")
    outcome = found.outcome(np.full(2, len(STEPS) - 1))
    assert found.names == ["big", "islet"]
    assert outcome.loc["islet", ["recall", "hits", "missed"]].tolist() == [1, 1, 0]
    few[ashes[0]] = "big"
    none = margins(table, few, "demographic parity").outcome(np.full(2, NONE)).loc["islet"]
    assert np.isnan(none["recall"]) and none["false_alarm_rate"] >= 0


def test_each_class_is_gone_through_twice(monkeypatch):
    table, values = biased(200)
    asked, choose = [], Margins.choose
    monkeypatch.setattr(
        Margins, "choose", lambda self, slack: asked.append(self) or choose(self, slack)
    )
    find_offsets(table, values, "equal opportunity", 1)
    assert len(asked) == 2 * 4


@pytest.mark.parametrize(
    ("constraint", "names", "ends"),
    [("equal opportunity", ["recall"], 81), ("equalised odds", ["recall", "false alarms"], 21)],
)
def test_windows_of_rates_begin_at_so_many_places_and_each_group_does_its_best_in_them(
    constraint, names, ends
):
    for seed in range(1, 7):
        table, values = biased(300, seed)
        found = margins(table, values, constraint)
        for slack in (0.012, 0.03, 0.09):
            best = -np.inf
            for lows in product(np.linspace(0, 1, ends), repeat=len(names)):
                inside = np.ones(found.right.shape, bool)
                for low, name in zip(lows, names, strict=True):
                    rate = found.rates[name]
                    inside &= (rate > low - 1e-8) & (rate < low + slack + 1e-8)
                best = max(best, np.where(inside, found.right, -np.inf).max(axis=1).sum())
            chosen = found.choose(slack)
            if chosen is None:
                assert best == -np.inf
            else:
                assert found.right[[0, 1], chosen].sum() == best


def test_a_class_that_no_offset_can_bring_together_is_named_once_and_left_as_it_is():
    chances = np.r_[[[1e-9, 1 - 1e-9]] * 30, [[1 - 1e-9, 1e-9]] * 30]
    table = table_of(chances, [1] * 30 + [0] * 30)
    values = pd.Series(["hill"] * 30 + ["town"] * 30, table.index)
    found = find_offsets(table, values, "demographic parity", 0.1)
    assert found.unmet == ["elm"] and (found.table == 0).all(axis=None)


def test_equalised_odds_keeps_both_rates_within_the_slack():
    table, values = biased()
    found = margins(table, values, "equalised odds")
    chosen = found.choose(0.1)
    for name in ("recall", "false alarms"):
        rates = found.rates[name][[0, 1], chosen]
        assert abs(rates[0] - rates[1]) <= 0.1 + 1e-6


def test_all_the_slack_there_is_gives_the_most_right_answers_by_the_smallest_offsets():
    table, values = biased()
    found = margins(table, values)
    chosen = found.choose(1.0)
    assert (found.right[[0, 1], chosen] == found.right.max(axis=1)).all()
    for row, place in zip(found.right, chosen, strict=True):
        assert abs(STEPS[place]) == min(abs(STEPS[row == row.max()]))


def test_a_trade_off_never_falls_with_more_slack_and_says_where_nothing_keeps_it():
    table, values = biased()
    curve = margins(table, values).trade_off([0.0, 0.1, 0.3, 1.0])
    assert curve["accuracy"].dropna().is_monotonic_increasing
    assert curve["slack"].tolist() == [0.0, 0.1, 0.3, 1.0]
    last = margins(table, values)
    outcome = last.outcome(last.choose(1.0))
    assert curve["accuracy"].iloc[-1] == pytest.approx(outcome["right"].sum() / 600)
    assert curve["lowest"].iloc[-1] == pytest.approx(outcome["recall"].min())


def test_small_groups_are_put_together_and_left_free_if_they_stay_small():
    groups = np.array(["a"] * 30 + ["b"] * 19 + ["c"] * 20, dtype=object)
    assert pool_small(groups, np.ones(69, bool)).tolist() == ["a"] * 30 + [OTHERS] * 19 + ["c"] * 20
    needed = np.arange(69) >= 11
    assert set(pool_small(groups, needed)[:30]) == {OTHERS}
    table, values = biased()
    ashes = values.index[(table["label"] == "ash").to_numpy()]
    few = values.copy()
    few[ashes[:9]] = "islet"
    found = margins(table, few)
    assert found.names == ["(others)", "hill", "town"]
    place = found.choose(0.05)[0]
    assert found.right[0, place] == found.right[0].max()
    few[ashes[:10]] = "islet"
    found = margins(table, few)
    chosen = found.choose(0.05)
    rates = found.rates["recall"][range(3), chosen]
    assert np.ptp(rates) <= 0.05 + 1e-6


@pytest.mark.parametrize("classes", [2, 4])
def test_offsets_win_back_what_a_group_was_denied(classes):
    table, values = biased(1200, classes=classes)
    offsets = find_offsets(table, values, "equal opportunity", 0.05)
    assert offsets.unmet == []
    moved = offsets.apply(probabilities(table), values).idxmax(axis=1)
    recall = {}
    for name, said in (("before", table["prediction"]), ("after", moved)):
        own = table["label"] == "ash"
        recall[name] = (said[own] == "ash").groupby(values[own]).mean()
    assert recall["before"]["town"] < recall["before"]["hill"] - 0.2
    assert abs(recall["after"]["town"] - recall["after"]["hill"]) < 0.15
    assert (moved == table["label"]).mean() > (table["prediction"] == table["label"]).mean()


def test_of_two_classes_only_the_second_is_offset():
    table, values = biased(classes=2)
    offsets = find_offsets(table, values, "demographic parity", 0.05)
    assert (offsets.table["ash"] == 0).all()
    assert (offsets.table["elm"] != 0).any()


def test_applied_probabilities_sum_to_one_and_unknown_groups_have_those_of_the_small():
    table = drawn(4)
    offsets = pd.DataFrame(0.0, ["hill", OTHERS], probabilities(table).columns)
    offsets.loc[OTHERS, "oak"] = 20.0
    values = pd.Series(["hill", "sea", None], table.index[:3])
    found = Offsets(offsets, []).apply(probabilities(table), values)
    assert found.sum(axis=1).tolist() == pytest.approx([1] * 4)
    assert (found["oak"] > 0.99).tolist() == [False, True, True, True]
    assert found.iloc[0].to_dict() == pytest.approx(probabilities(table).iloc[0].to_dict())


def test_a_strange_constraint_or_slack_is_refused():
    table, values = biased(100)
    with pytest.raises(DatasetError, match="'parity'"):
        find_offsets(table, values, "parity")
    with pytest.raises(DatasetError, match="slack is 2"):
        find_offsets(table, values, "equal opportunity", 2)
