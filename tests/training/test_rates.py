"""Learning rates judged against each other by where their trainings ended."""

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import DatasetError
from helpers.training.rates import judge_rates


def trainings(ends):
    """Two epochs of each training; `ends` is rate → its last validation losses, one per seed."""
    rows = [
        (rate, seed, epoch, loss if epoch else 0.0, 0.5)
        for rate, losses in ends.items()
        for seed, loss in enumerate(losses)
        for epoch in (0, 1)
    ]
    return pd.DataFrame(rows, columns=["rate", "seed", "epoch", "valid_loss", "accuracy"])


def test_rates_are_judged_by_the_last_epoch_on_either_side_of_the_best():
    judged = judge_rates(trainings({1e-4: [2.2, 2.3], 1e-2: [1.5, 1.7], 1.0: [4.0, 5.0]}))
    assert judged["verdict"].to_dict() == {1e-4: "too low", 1e-2: "good", 1.0: "too high"}
    assert judged["loss"].round(3).to_list() == [2.25, 1.6, 4.5]


def test_rates_whose_trainings_overlap_with_the_best_are_as_good():
    judged = judge_rates(trainings({1e-3: [1.69, 2.5], 1e-2: [1.5, 1.7], 1e-1: [1.71, 1.72]}))
    assert judged["verdict"].to_list() == ["good", "good", "too high"]


def test_a_training_that_diverged_counts_as_the_worst():
    judged = judge_rates(trainings({1e-2: [1.5], 1.0: [np.nan]}))
    assert judged["verdict"].to_list() == ["good", "too high"]
    assert judged["loss"][1.0] == np.inf


def test_one_training_of_each_leaves_only_the_best():
    judged = judge_rates(trainings({1e-3: [1.6], 1e-2: [1.5], 1e-1: [1.6]}))
    assert judged["verdict"].to_list() == ["too low", "good", "too high"]


def test_no_training_is_told_in_one_sentence():
    columns = ["rate", "seed", "epoch", "valid_loss", "accuracy"]
    with pytest.raises(DatasetError, match="^The table has no training; expected a row per epoch"):
        judge_rates(pd.DataFrame(columns=columns))
