"""Metrics against those of scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from helpers.datasets import DatasetError
from helpers.evaluation import balanced_accuracy


def test_balanced_accuracy_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    labels, guesses = rng.choice([*"aaaaabbc"], (2, 300))
    found = balanced_accuracy(labels == guesses, labels)
    assert found == pytest.approx(balanced_accuracy_score(labels, guesses))
    assert balanced_accuracy([1] * 9 + [0], ["a"] * 9 + ["b"]) == 0.5
    with pytest.raises(DatasetError, match="1 labels for 2 images"):
        balanced_accuracy([1, 0], ["a", None])
    with pytest.raises(DatasetError, match="3 labels for 2 images"):
        balanced_accuracy([1, 0], [*"abc"])
