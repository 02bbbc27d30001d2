"""Log loss, accuracy, calibration and the epoch that is kept, beside scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

from helpers.evaluation.calibration import confidence_error
from helpers.regularisation.measuring import score_probabilities, stop_epoch


def test_loss_and_accuracy_are_scikit_learns():
    rng = np.random.default_rng(0)
    found, codes = rng.dirichlet(np.ones(5), 200), rng.integers(0, 5, 200)
    scores = score_probabilities(found, codes)
    assert scores["loss"] == pytest.approx(log_loss(codes, found, labels=range(5)))
    assert scores["accuracy"] == accuracy_score(codes, found.argmax(axis=1))
    assert scores["ece"] == confidence_error(found.max(axis=1), found.argmax(axis=1) == codes)


def test_a_right_class_that_got_nothing_costs_much_and_not_infinitely():
    assert 700 < score_probabilities(np.array([[0.0, 1.0]]), np.array([0]))["loss"] < 710


def test_the_calibration_error_is_that_of_a_loop_over_bins():
    rng = np.random.default_rng(1)
    confidence = np.append(rng.random(500), [0.0, 1.0, 2 / 15])
    right = rng.random(503) < confidence**2
    total = 0
    for number in range(15):
        low, high = number / 15, (number + 1) / 15
        inside = (confidence > low) & (confidence <= high) | (confidence == 0) & (number == 0)
        if inside.any():
            total += inside.sum() * abs(right[inside].mean() - confidence[inside].mean())
    assert confidence_error(confidence, right) == pytest.approx(total / 503)


@pytest.mark.parametrize(
    ("confidence", "right", "error"), [(1.0, True, 0), (1.0, False, 1), (0.7, True, 0.3)]
)
def test_the_calibration_error_of_answers_that_are_alike(confidence, right, error):
    found = confidence_error(np.full(40, confidence), np.full(40, right))
    assert found == pytest.approx(error)


@pytest.mark.parametrize(
    ("losses", "patience", "kept"),
    [
        ([3, 2, 1], 3, 2),
        ([1, 2, 3, 0], 3, 3),
        ([1, 2, 3, 4, 0], 3, 0),
        ([3, 1, 1, 1, 1, 0], 3, 1),
        ([2, 1, 3, 0.5], 1, 1),
        ([2, np.nan, 1.5, np.nan, 1.6], 2, 2),
        ([np.nan, 2, 3], 2, 1),
        ([5], 1, 0),
    ],
)  # fmt: skip
def test_the_epoch_kept_is_the_best_before_patience_ran_out(losses, patience, kept):
    assert stop_epoch(losses, patience) == kept
