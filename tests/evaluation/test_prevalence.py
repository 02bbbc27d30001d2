"""Prevalences against scipy's optimiser and planted truth; Bayes' rule against counting."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from helpers.datasets import Dataset, DatasetError
from helpers.evaluation import (
    apply_temperature,
    class_shares,
    compare_estimates,
    correct_prevalence,
    estimate_prevalence,
    marked_rows,
    plant_prevalences,
    precision_at,
    prevalence_gains,
    probabilities,
    share_error,
)
from helpers.evaluation.prevalence import rate_behind_none
from tests.evaluation.tables import CLASSES, drawn, table_of, things

BEFORE = pd.Series([0.4, 0.3, 0.2, 0.1], CLASSES)
AFTER = pd.Series([0.1, 0.1, 0.2, 0.6], CLASSES)


def moved(images, seed=0, sharpness=1.0):
    """Images drawn with the shares AFTER, judged by a model that learned with the shares BEFORE."""
    there = drawn(images, seed, AFTER)
    values = probabilities(there).to_numpy() * (BEFORE / AFTER).to_numpy()
    values = (values / values.sum(1, keepdims=True)) ** sharpness
    truth = [CLASSES.index(one) for one in there["label"]]
    return table_of(values / values.sum(1, keepdims=True), truth)


def test_the_estimate_is_the_most_likely_one_there_is():
    table = moved(300)
    weights = (probabilities(table) / BEFORE).to_numpy()

    def unlikely(flat):
        shares = np.exp(flat) / np.exp(flat).sum()
        return -np.log(weights @ shares).sum()

    best = minimize(unlikely, np.zeros(4), method="BFGS", options={"gtol": 1e-8}).x
    found = estimate_prevalence(table, BEFORE, further=0)
    assert found.to_numpy() == pytest.approx(np.exp(best) / np.exp(best).sum(), abs=1e-5)
    prior = minimize(
        lambda flat: unlikely(flat) - (flat - np.log(np.exp(flat).sum())).sum(), np.zeros(4)
    ).x
    found = estimate_prevalence(table, BEFORE)
    assert found.to_numpy() == pytest.approx(np.exp(prior) / np.exp(prior).sum(), abs=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_planted_shares_are_found_where_the_model_is_calibrated_and_not_by_counting(seed):
    table = moved(4000, seed)
    true = class_shares(table["label"])
    found = estimate_prevalence(table.assign(label=None), BEFORE)
    assert list(found.index) == CLASSES and found.sum() == pytest.approx(1)
    assert share_error(found, true) < 0.04
    assert share_error(class_shares(table["prediction"]), true) > 0.1


def test_it_fails_where_the_model_is_too_sure_and_a_temperature_mends_that():
    table = moved(4000, 4, sharpness=4)
    true = class_shares(table["label"])
    assert share_error(estimate_prevalence(table, BEFORE), true) > 0.08
    assert share_error(estimate_prevalence(apply_temperature(table, 4), BEFORE), true) < 0.04


def test_no_class_is_estimated_to_be_impossible():
    table = table_of([[0.9, 0.1 - 1e-9, 1e-9]] * 50, [0] * 50)
    even = pd.Series([1 / 3] * 3, CLASSES[:3])
    assert estimate_prevalence(table, even, further=0).iloc[2] < 1e-6
    assert estimate_prevalence(table, even).iloc[2] == pytest.approx(1 / 53, rel=0.01)
    for bad in (-1, np.inf):
        with pytest.raises(DatasetError, match=f"further is {bad}"):
            estimate_prevalence(table, even, further=bad)


def test_the_correction_is_bayes_rule_and_undone_by_its_reverse():
    table = moved(200)
    there = correct_prevalence(table, BEFORE, AFTER)
    raw = probabilities(table).to_numpy() * (AFTER / BEFORE).to_numpy()
    assert probabilities(there).to_numpy() == pytest.approx(raw / raw.sum(1, keepdims=True))
    back = probabilities(correct_prevalence(there, AFTER, BEFORE))
    assert back.to_numpy() == pytest.approx(probabilities(table).to_numpy())
    assert there["loss"].mean() < table["loss"].mean()
    # Shares need not sum to 1, nor stand in the table's order.
    same = correct_prevalence(table, 10 * BEFORE[::-1], 3 * AFTER)
    assert probabilities(same).to_numpy() == pytest.approx(probabilities(there).to_numpy())


def test_shares_that_say_nothing_of_a_class_are_refused():
    table = moved(20)
    with pytest.raises(DatasetError, match="`before` has no share of 'oak'"):
        estimate_prevalence(table, BEFORE[:3])
    with pytest.raises(DatasetError, match="'oak' did not occur where the model learned"):
        correct_prevalence(table, pd.Series([0.5, 0.3, 0.2, 0], CLASSES), AFTER)
    sure = table_of([[0.0, 1.0], [0.0, 1.0], [0.5, 0.5]], [0, 0, 0])
    even = pd.Series([0.5, 0.5], CLASSES[:2])
    with pytest.raises(DatasetError, match="^2 images .* give each class that may occur a small"):
        correct_prevalence(sure, even, pd.Series([1.0, 0.0], CLASSES[:2]))


def test_planted_tables_keep_probabilities_and_have_other_shares():
    table = drawn(300, 1)
    made = plant_prevalences(table, draws=4, images=150, seed=2)
    assert [len(one) for one in made] == [150] * 4
    for one in made:
        assert not one.index.duplicated().any()
        names = [name.split(" ", 1)[1] for name in one.index]
        assert (one["label"].to_numpy() == table.loc[names, "label"].to_numpy()).all()
        assert (one["ash"].to_numpy() == table.loc[names, "ash"].to_numpy()).all()
    shares = pd.DataFrame([class_shares(one["label"], CLASSES) for one in made])
    assert shares.std().min() > 0.02
    again = plant_prevalences(table, draws=4, images=150, seed=2)
    assert all((a.index == b.index).all() for a, b in zip(made, again, strict=True))
    some = table.assign(label=table["label"].where(table["label"] != "oak"))
    assert not any((one["label"] == "oak").any() for one in plant_prevalences(some, 2, 50))


def test_planted_shares_spread_as_a_dirichlet_distribution_with_parameter_2():
    """Each of four shares has a mean of 1 / 4 and a variance of (1 / 4) (3 / 4) / (4 × 2 + 1)."""
    table = drawn(300, 1)
    made = plant_prevalences(table, draws=300, images=1000)
    shares = np.array([class_shares(one["label"], CLASSES) for one in made])
    assert shares.mean(axis=0) == pytest.approx([0.25] * 4, abs=0.04)
    assert shares.std() == pytest.approx((3 / 16 / 9) ** 0.5, abs=0.02)
    usual = plant_prevalences(table)
    assert [len(one) for one in usual] == [400] * 20


def test_estimates_are_compared_on_the_same_plantings():
    table, sharp = drawn(2000, 1), drawn(2000, 1, sharpness=4)
    found = compare_estimates({"sharp": sharp, "calibrated": table}, BEFORE, draws=6)
    means = found.groupby("estimate")["error"].mean()
    names = ["as in training", "answers counted", "EM, sharp", "EM, calibrated"]
    assert list(found["estimate"].unique()) == names
    assert found.groupby("estimate").size().tolist() == [6] * 4
    assert means["EM, calibrated"] < min(means["EM, sharp"], means["answers counted"])
    first = plant_prevalences(sharp, 6)[0]
    by_hand = share_error(class_shares(first["prediction"], CLASSES), class_shares(first["label"]))
    row = found[(found["draw"] == 0) & (found["estimate"] == "answers counted")]
    assert row["error"].item() == pytest.approx(by_hand)


def test_gains_are_paired_and_nearly_as_large_with_estimated_as_with_true_shares():
    table = moved(2000, 3)
    found = prevalence_gains(table, BEFORE, things(table))
    assert list(found) == ["estimated without labels", "true shares"]
    true = correct_prevalence(table, BEFORE, class_shares(table["label"]))
    expected = true["loss"].mean() - table["loss"].mean()
    assert found["true shares"].difference == pytest.approx(expected, abs=1e-9)
    assert found["estimated without labels"].high < 0
    assert found["estimated without labels"].difference == pytest.approx(expected, abs=0.01)
    few = table[table["label"] != "ash"]
    assert np.isfinite(prevalence_gains(few, BEFORE)["true shares"].difference)


def test_shares_and_their_error():
    labels = pd.Series(["elm", "elm", "ash", None])
    assert class_shares(labels).to_dict() == pytest.approx({"ash": 1 / 3, "elm": 2 / 3})
    assert class_shares(labels, ["ash", "elm", "oak"]).tolist() == pytest.approx([1 / 3, 2 / 3, 0])
    left, right = pd.Series({"a": 1.0, "b": 0.0}), pd.Series({"b": 0.75, "c": 0.25})
    assert share_error(left, right) == share_error(right, left) == 1
    assert share_error(left, pd.Series({"a": 0.75, "b": 0.25})) == 0.25


@pytest.mark.parametrize("images", [1, 20, 1080])
def test_the_rate_behind_none_shows_none_once_in_twenty_times(images):
    assert (1 - rate_behind_none(images)) ** images == pytest.approx(0.05)


def test_precision_at_a_prevalence_is_what_counting_gives():
    recall, alarms = 0.9, 0.05
    for share in (0.001, 0.02, 0.5, 1.0):
        of_class, others = 1e6 * share, 1e6 * (1 - share)
        hits, false = recall * of_class, alarms * others
        assert precision_at(share, recall, alarms) == pytest.approx(hits / (hits + false))
    assert precision_at(np.array([0, 1]), recall, alarms).tolist() == [0, 1]
    assert np.isnan(precision_at(0.5, 0, 0))
    for bad in (-0.1, 1.1):
        with pytest.raises(DatasetError, match="expected 0 to 1"):
            precision_at(bad, recall, alarms)


def test_marked_rows_are_those_that_the_column_marks(tmp_path):
    table = drawn(6)
    images = pd.DataFrame({"label": table["label"], "split": "test"}, table.index)
    bare = Dataset("photos", tmp_path, images)
    assert marked_rows(table, bare, "balanced") is table
    marks = pd.Series([True, False, None, True, False, True], table.index, dtype=object)
    marked = bare.with_images(images.assign(balanced=marks))
    assert list(marked_rows(table, marked, "balanced").index) == list(table.index[[0, 3, 5]])
