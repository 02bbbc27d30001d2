"""Learning rates judged against each other by where their trainings ended."""

import numpy as np
import pandas as pd
import pytest
import torch

from helpers import open_dataset
from helpers.datasets import Dataset, DatasetError
from helpers.splits import split
from helpers.training import build_dataloaders, build_learner, layer_table
from helpers.training.rates import LUCK, compare_rates, find_rate, guessing_loss, judge_rates


@pytest.fixture
def dls(photos):
    """Three colours, 32 pixels wide."""
    dataset = open_dataset(photos, progress=False)
    dataset = dataset.with_images(dataset.images.assign(split=split(dataset)["split"]))
    return build_dataloaders(dataset, size=32, batch_size=8, workers=0, progress=False)


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


def test_with_one_training_of_each_what_seeds_alone_could_make_is_no_difference():
    ends = {1e-4: [1.5 + 1.1 * LUCK], 1e-3: [1.5 + 0.9 * LUCK], 1e-2: [1.5], 1e-1: [1.7]}
    judged = judge_rates(trainings(ends))
    assert judged["verdict"].to_list() == ["too low", "good", "good", "too high"]


def test_where_nothing_was_learned_at_any_rate_none_is_called_good():
    judged = judge_rates(trainings({1e-5: [2.25], 1e-3: [2.3], 1e-1: [2.9]}), guessing=2.3)
    assert judged["verdict"].to_list() == ["learned nothing"] * 3


def test_a_rate_that_ends_no_lower_than_guessing_is_not_good_however_near_the_best_it_lies():
    ends = {1e-5: [2.25, 2.6], 1e-3: [2.1, 2.3], 1e-1: [2.22, 2.24]}
    judged = judge_rates(trainings(ends), guessing=2.3)
    assert judged["verdict"].to_list() == ["too low", "good", "too high"]
    assert judge_rates(trainings(ends))["verdict"].to_list() == ["good"] * 3


def test_guessing_costs_what_the_shares_of_the_training_images_give_to_validation(photos):
    images = pd.DataFrame(
        {
            "label": ["oak"] * 6 + ["elm"] * 2 + ["oak", "elm", "ash"],
            "split": ["train"] * 8 + ["valid"] * 3,
        },
        pd.Index([f"{number}.png" for number in range(11)], name="image_id"),
    )
    dataset = Dataset("trees", photos, images)
    shares = np.array([7, 3, 1]) / 11  # one image more of each class than there are
    assert guessing_loss(dataset) == pytest.approx(-np.log(shares).mean())


def test_rates_are_compared_by_a_training_each_and_one_that_diverges_has_no_values(dls):
    table = compare_rates(dls, rates=(1e-3, 1e30), epochs=2)
    assert table[["rate", "epoch"]].to_numpy().tolist() == [
        [1e-3, 0],
        [1e-3, 1],
        [1e30, 0],
        [1e30, 1],
    ]
    assert table["valid_loss"].notna().tolist() == [True, True, False, False]
    assert judge_rates(table)["loss"][1e30] == np.inf


def test_the_finder_leaves_the_learner_as_it_was_and_returns_rates_that_grow(dls):
    learner = build_learner(dls, pretrained=False)
    before = [values.clone() for values in learner.model.parameters()]
    found = find_rate(learner, 1e-4, 1e-1, steps=6)
    assert found["rate"].is_monotonic_increasing and len(found) >= 5
    assert found["rate"].iloc[0] == pytest.approx(1e-4)
    assert found["loss"].notna().all()
    assert all(torch.equal(*both) for both in zip(before, learner.model.parameters(), strict=True))


def test_the_table_of_layers_halves_the_maps_and_counts_every_weight(dls):
    learner = build_learner(dls, pretrained=False)
    table = layer_table(learner, dls.one_batch()[0])
    shapes = table["shape of output"]
    assert [shape[1:] for shape in shapes[:3]] == [(16, 16), (8, 8), (4, 4)]
    assert shapes["head"] == (3,)
    assert table["weights"].sum() == sum(one.numel() for one in learner.model.parameters())


def test_no_training_is_told_in_one_sentence():
    columns = ["rate", "seed", "epoch", "valid_loss", "accuracy"]
    with pytest.raises(DatasetError, match="^The table has no training; expected a row per epoch"):
        judge_rates(pd.DataFrame(columns=columns))
