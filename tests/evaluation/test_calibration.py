"""Calibration against hand-written loops, scikit-learn and scipy; planted temperatures."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import brier_score_loss, log_loss

from helpers.datasets import DatasetError
from helpers.evaluation import (
    apply_temperature,
    brier_scores,
    calibration_error,
    calibration_floor,
    compare_losses,
    find_biases,
    find_temperature,
    loss_changes,
    mend,
    probabilities,
    reliability,
)
from helpers.evaluation.calibration import confidence_error, labelled
from tests.evaluation.tables import CLASSES, drawn, table_of


def by_hand(table, bins):
    """Expected calibration error, image by image and bin by bin."""
    known = table[table["label"].notna()]
    total = 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        own = [
            (row["confidence"], row["label"] == row["prediction"])
            for _, row in known.iterrows()
            if low < row["confidence"] <= high
        ]
        if own:
            sure, right = np.mean(own, axis=0)
            total += len(own) / len(known) * abs(sure - right)
    return total


def odd_tables():
    """Random tables with an absent class, one of one image, perfect scores, and one image."""
    rng = np.random.default_rng(3)
    chances = rng.dirichlet(np.ones(4), 60)
    perfect = np.eye(4)[rng.integers(0, 3, 30)]
    return {
        "random": table_of(chances, rng.integers(0, 4, 60)),
        "a class is absent": table_of(chances, rng.integers(0, 3, 60)),
        "a class has one image": table_of(chances, [3] + [0, 1, 2] * 19 + [0, 1]),
        "perfect": table_of(perfect, perfect.argmax(1)),
        "one image": table_of(chances[:1], [1]),
        "some labels are missing": table_of(chances, [None, 1, 2] * 20),
    }


ODD = odd_tables()


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("bins", [1, 7, 15])
def test_the_calibration_error_is_that_of_a_loop_over_images_and_bins(name, bins):
    assert calibration_error(ODD[name], bins) == pytest.approx(by_hand(ODD[name], bins), abs=1e-9)


def test_bins_hold_every_image_once_with_its_mean_confidence_and_accuracy():
    table = table_of([[1.0, 0], [0.5, 0.5], [0.95, 0.05], [0.3, 0.7], [0.8, 0.2]], [0, 1, 1, 1, 0])
    found = reliability(table, 10)
    assert found["images"].tolist() == [1, 1, 1, 2]
    assert found["low"].tolist() == pytest.approx([0.4, 0.6, 0.7, 0.9])
    assert found["high"].tolist() == pytest.approx([0.5, 0.7, 0.8, 1.0])
    assert found["confidence"].tolist() == pytest.approx([0.5, 0.7, 0.8, 0.975])
    assert found["accuracy"].tolist() == [0, 1, 1, 0.5]


def test_a_confidence_a_hair_above_1_counts_in_the_last_bin():
    above = np.nextafter(1, 2)
    assert confidence_error(np.array([0.97, above]), np.array([True, False])) == pytest.approx(
        0.485
    )


@pytest.mark.parametrize("name", ODD)
def test_log_loss_and_brier_score_are_those_of_scikit_learn(name):
    table = ODD[name][ODD[name]["label"].notna()]
    chances = probabilities(table)
    expected = log_loss(table["label"], chances, labels=CLASSES)
    assert table["loss"].mean() == pytest.approx(expected, abs=1e-9)
    whole = brier_score_loss(table["label"], chances, labels=CLASSES, scale_by_half=False)
    assert brier_scores(ODD[name]).mean() == pytest.approx(whole, abs=1e-9)
    assert list(brier_scores(ODD[name]).index) == list(table.index)


def test_the_floor_is_what_a_calibrated_model_scores_and_falls_with_images():
    errors = [calibration_error(drawn(372, seed)) for seed in range(60)]
    floor = calibration_floor(drawn(372, 0))
    assert floor.mean == pytest.approx(np.mean(errors), abs=0.006)
    assert floor.low < np.median(errors) < floor.high
    assert 0.03 < floor.mean < 0.06
    inside = [floor.low <= error <= floor.high for error in errors]
    assert np.mean(inside) > 0.85
    assert calibration_floor(drawn(6000, 0)).mean < floor.mean / 3
    sharp = drawn(372, 0, sharpness=3)
    assert calibration_error(sharp) > 2 * calibration_floor(sharp).high


def test_the_floor_is_the_same_for_the_same_seed_and_a_mean_within_its_range():
    table = drawn(100)
    assert calibration_floor(table, draws=50) == calibration_floor(table, draws=50)
    assert calibration_floor(table, draws=50) != calibration_floor(table, draws=50, seed=1)
    assert repr(calibration_floor(ODD["perfect"])) == "0.000 (0.000 to 0.000)"


@pytest.mark.parametrize("sharpness", [0.4, 1.0, 2.5])
def test_a_planted_temperature_is_found_and_mends_what_it_was_planted_in(sharpness):
    valid, test = drawn(6000, 1, sharpness=sharpness), drawn(6000, 2, sharpness=sharpness)
    found = find_temperature(valid)
    assert found == pytest.approx(sharpness, rel=0.06)
    mended = apply_temperature(test, found)
    assert mended["loss"].mean() == pytest.approx(drawn(6000, 2)["loss"].mean(), abs=2e-3)
    assert (mended["prediction"] == test["prediction"]).all()
    assert calibration_error(mended) < calibration_floor(mended).high + 0.005


@pytest.mark.parametrize("name", ["random", "a class is absent", "some labels are missing"])
def test_the_temperature_is_where_the_validation_log_loss_is_least(name):
    known = ODD[name][ODD[name]["label"].notna()]
    logits = np.log(probabilities(known).to_numpy())
    truth = [CLASSES.index(one) for one in known["label"]]

    def loss(temperature):
        return -log_softmax(logits / temperature, axis=1)[np.arange(len(truth)), truth].mean()

    found = find_temperature(ODD[name])
    best = minimize_scalar(loss, bounds=(0.01, 100), method="bounded", options={"xatol": 1e-10})
    assert loss(found) <= best.fun + 1e-9
    mended = apply_temperature(ODD[name], found)["loss"].mean()
    assert mended == pytest.approx(loss(found), abs=1e-9)
    assert mended <= known["loss"].mean() + 1e-12


def test_temperatures_of_perfect_and_of_hopeless_scores_stay_within_their_ends():
    wrong = table_of(np.full((8, 2), [0.9, 0.1]), [1] * 8)
    assert find_temperature(wrong) == pytest.approx(100, rel=1e-4)
    sure = table_of(np.full((8, 2), [0.9, 0.1]), [0] * 8)
    assert 0.01 <= find_temperature(sure) < 0.1


def test_a_temperature_of_one_changes_nothing_and_others_raise_to_a_power():
    table = ODD["random"]
    same = probabilities(apply_temperature(table, 1.0)) - probabilities(table)
    assert np.abs(same.to_numpy()).max() < 1e-12
    halved = probabilities(apply_temperature(table, 2.0)).to_numpy()
    roots = np.sqrt(probabilities(table).to_numpy())
    assert halved == pytest.approx(roots / roots.sum(1, keepdims=True), abs=1e-12)
    for bad in (0, -1, np.inf, np.nan):
        with pytest.raises(DatasetError, match="above 0"):
            apply_temperature(table, bad)


def test_planted_biases_are_found_and_a_class_without_labels_keeps_none():
    table = drawn(8000, 4)
    planted = np.array([1.0, -0.5, 0.0, -0.5])
    off = probabilities(table).to_numpy() ** 1.5 * np.exp(-planted * 1.5)
    truth = [CLASSES.index(one) for one in table["label"]]
    temperature, biases = find_biases(table_of(off / off.sum(1, keepdims=True), truth))
    assert temperature == pytest.approx(1.5, rel=0.08)
    assert (biases - biases.mean()).to_numpy() == pytest.approx(planted, abs=0.12)
    absent = find_biases(table_of(probabilities(ODD["random"]).to_numpy(), [0, 1, 2] * 20))[1]
    assert np.isfinite(absent).all()
    assert -8 < absent["oak"] < 0


@pytest.mark.parametrize(("seed", "classes"), [(1, 4), (2, 4), (3, 3)])
def test_biases_are_where_the_log_loss_and_ten_images_of_doubt_are_least(seed, classes):
    """By a search that knows no slopes: the least of log loss + 10 / 2 × squared biases."""
    table = drawn(80, seed, sharpness=2)
    known = table[table["label"].isin(CLASSES[:classes])]  # the last class may have no labels
    logits = np.log(probabilities(known).to_numpy())
    truth = [CLASSES.index(one) for one in known["label"]]

    def unlikely(flat):
        scores = log_softmax(logits / np.exp(flat[0]) + flat[1:], axis=1)
        return 5 * (flat[1:] ** 2).sum() - scores[np.arange(len(truth)), truth].sum()

    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 20_000, "maxfev": 20_000}
    best = minimize(unlikely, np.zeros(5), method="Nelder-Mead", options=options)
    temperature, biases = find_biases(known)
    assert temperature == pytest.approx(np.exp(best.x[0]), rel=1e-6)
    assert biases.to_numpy() == pytest.approx(best.x[1:], abs=1e-6)
    assert list(biases.index) == CLASSES


def test_biases_are_added_to_logits():
    table = ODD["random"]
    biases = pd.Series({"oak": 1.0, "ash": -2.0})
    found = probabilities(apply_temperature(table, 2.0, biases)).to_numpy()
    raw = np.sqrt(probabilities(table).to_numpy()) * np.exp([-2.0, 0, 0, 1.0])
    assert found == pytest.approx(raw / raw.sum(1, keepdims=True), abs=1e-12)


def test_both_ways_to_mend_lower_the_validation_loss_and_keep_the_images():
    table = drawn(500, 5, sharpness=3)
    found = mend(table, table)
    assert list(found) == ["temperature", "temperature and biases"]
    losses = [found[name]["loss"].mean() for name in found]
    assert losses[1] <= losses[0] + 1e-4 < table["loss"].mean()
    changes = loss_changes(found, table)
    for name, change in changes.items():
        assert change.difference == pytest.approx(found[name]["loss"].mean() - table["loss"].mean())
        assert change.high < 0


def test_intervals_over_things_cover_where_photos_of_one_thing_err_together():
    rng, covered = np.random.default_rng(1), 0
    index = pd.Index([f"{n}.jpg" for n in range(160)])
    groups = pd.Series(np.repeat(np.arange(40), 4), index).astype(str)
    zero = pd.Series(0.0, index)
    for _ in range(300):
        off = np.repeat(rng.normal(size=40), 4) + 0.3 * rng.normal(size=160)
        found = compare_losses(pd.Series(off, index), zero, groups)
        covered += found.low <= 0 <= found.high
    assert 0.92 <= covered / 300 <= 0.98


def test_losses_of_other_images_or_without_a_number_are_refused():
    table = ODD["random"]
    with pytest.raises(DatasetError, match="not of the same images"):
        compare_losses(table["loss"], table["loss"][1:])
    broken = table["loss"].copy()
    broken.iloc[0] = np.inf
    with pytest.raises(DatasetError, match="without a finite loss"):
        compare_losses(broken, table["loss"])
    with pytest.raises(DatasetError, match="level is 2"):
        compare_losses(table["loss"], table["loss"], level=2)


def test_without_any_label_a_sentence_says_so():
    bare = table_of([[0.5, 0.5]] * 3, [None] * 3)
    for asked in (calibration_error, calibration_floor, find_temperature, brier_scores):
        with pytest.raises(DatasetError, match="No image of the predictions table has a label"):
            asked(bare)


def test_a_label_without_a_column_is_named_and_never_taken_for_the_last_class():
    table = drawn(20)
    table.loc[table.index[0], "label"] = "yew"
    for asked in (calibration_error, find_temperature, brier_scores):
        with pytest.raises(DatasetError, match="a label without a column of probabilities: 'yew'"):
            asked(table)


def test_a_table_that_was_checked_keeps_its_last_digits():
    table = table_of(np.random.default_rng(0).dirichlet(np.ones(3), 50).round(3), [0] * 50)
    known = labelled(table).chances
    assert (known == probabilities(table).to_numpy()).all()
    raw = probabilities(table).assign(label=table["label"])
    assert labelled(raw).chances == pytest.approx(known)
