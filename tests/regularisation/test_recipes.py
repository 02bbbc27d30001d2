"""Each regulariser does to a training what it is for, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from helpers.regularisation.measuring import score_probabilities, stop_epoch
from helpers.regularisation.recipes import (
    CURES,
    NARROW,
    NONE,
    Recipe,
    build_network,
    train_recipe,
    vary,
)

SHORT = Recipe(epochs=25, width=64)


@pytest.fixture(scope="module")
def plain(noisy):
    return train_recipe(noisy, SHORT)


def last(training):
    return training.curves.iloc[-1]


def test_without_cures_the_network_learns_wrong_labels_by_heart_and_validation_pays(noisy):
    found = train_recipe(noisy, replace(SHORT, epochs=40))
    assert list(found.curves["epoch"]) == list(range(40))
    assert last(found)["train_accuracy"] == last(found)["by_heart"] == 1
    assert last(found)["valid_loss"] > found.curves["valid_loss"].min() + 0.3
    assert last(found)["valid_loss"] - last(found)["train_loss"] > 0.6


def test_the_last_row_is_what_its_weights_say_of_the_images_as_they_are(noisy, plain):
    for name, images, labels in (
        ("train", noisy.train[:, 0], noisy.labels["label"]), ("valid", noisy.valid, noisy.truth),
    ):  # fmt: skip
        scores = score_probabilities(plain.predict(images), noisy.codes(labels).numpy())
        for figure, value in scores.items():
            assert last(plain)[f"{name}_{figure}"] == pytest.approx(value)
    wrong = (noisy.labels["label"] != noisy.labels["right"]).to_numpy()
    answers = plain.predict(noisy.train[:, 0]).argmax(axis=1)
    given = noisy.codes(noisy.labels["label"]).numpy()
    assert last(plain)["by_heart"] == (answers == given)[wrong].mean()


def test_the_epoch_early_stopping_keeps_is_kept_with_its_weights(noisy):
    found = train_recipe(noisy, SHORT, patience=2)
    losses = found.curves["valid_loss"]
    assert found.stopped == stop_epoch(losses, 2) < 24
    scores = score_probabilities(
        found.predict(noisy.valid, found.stopped), noisy.codes(noisy.truth).numpy()
    )
    assert scores["loss"] == pytest.approx(losses[found.stopped])
    assert found.predict(noisy.valid, found.stopped).sum(axis=1) == pytest.approx(1)


def test_the_same_seed_gives_the_same_training_and_another_does_not(noisy, plain):
    assert train_recipe(noisy, SHORT).curves.equals(plain.curves)
    assert not train_recipe(noisy, SHORT, seed=1).curves.equals(plain.curves)


def test_without_wrong_labels_none_can_be_given_back(noisy):
    right = replace(noisy, labels=noisy.labels.assign(label=noisy.labels["right"]))
    assert train_recipe(right, replace(SHORT, epochs=1)).curves["by_heart"].isna().all()


@pytest.mark.parametrize(
    "recipe",
    [
        {"augment": True}, {"smoothing": 0.3}, {"dropout": 0.6}, {"decay": 50.0}, {"depth": 0.9},
        {"mixup": 1.0}, {"width": 2}, {"epochs": 5},
    ],
    ids=lambda recipe: next(iter(recipe)),
)  # fmt: skip
def test_each_cure_holds_the_training_back(noisy, plain, recipe):
    cured = train_recipe(noisy, replace(SHORT, **recipe))
    gap, smaller = (last(one)["valid_loss"] - last(one)["train_loss"] for one in (plain, cured))
    assert smaller < 0.95 * gap
    assert last(cured)["train_loss"] > last(plain)["train_loss"]


def test_smoothing_leaves_the_label_the_share_of_the_target_that_is_left(noisy):
    easy = replace(
        noisy, train=noisy.train * 0 + (noisy.codes(noisy.labels["label"])[:, None, None] * 2.0 - 1)
    )
    found = train_recipe(easy, Recipe(smoothing=0.4, epochs=30, width=16))
    confidence = found.predict(easy.train[:, 0]).max(axis=1)
    assert confidence == pytest.approx(np.full(48, 0.8), abs=0.03)  # 0.6 and half of 0.4


def test_only_augmentation_shows_other_versions(noisy):
    spoilt = noisy.train.clone()
    spoilt[:, 1:] = 1e6
    spoilt = replace(noisy, train=spoilt)
    seen = train_recipe(spoilt, SHORT).curves
    assert seen.equals(train_recipe(noisy, SHORT).curves)
    turned = train_recipe(spoilt, replace(SHORT, augment=True)).curves
    assert turned["train_loss"].iloc[-1] > 2 * seen["train_loss"].iloc[-1]


def test_dropout_and_depth_act_in_training_only(noisy):
    network = build_network(Recipe(dropout=0.5, depth=0.5), 40, 2)
    x = noisy.valid
    with torch.no_grad():
        assert not torch.equal(network(x), network(x))
        network.eval()
        assert torch.equal(network(x), network(x))
    kept = build_network(Recipe(depth=1.0, width=8), 40, 2)
    layer, x = kept[2], torch.rand(5, 8)
    assert torch.equal(layer(x), x)  # always skipped
    layer.eval()
    assert not torch.equal(layer(x), x)


def test_the_network_has_the_layers_and_the_weights_that_its_width_says():
    def weights(recipe):
        return sum(p.numel() for p in build_network(recipe, 100, 10).parameters())

    def expected(width):
        return 101 * width + 2 * (width + 1) * width + (width + 1) * 10

    assert weights(NONE) == expected(256)
    assert weights(CURES["fewer weights"]) == expected(NARROW)
    drops = [
        m.p for m in build_network(Recipe(dropout=0.3), 9, 2).modules() if isinstance(m, nn.Dropout)
    ]
    assert drops == [0.3, 0.3, 0.3]


def test_the_cures_change_one_thing_each_and_the_last_four():
    plain = vars(NONE)
    changed = {
        name: [k for k, v in vars(one).items() if v != plain[k]] for name, one in CURES.items()
    }
    assert changed.pop("none") == []
    assert changed.pop("all four") == ["augment", "smoothing", "dropout", "decay"]
    assert all(len(fields) == 1 for fields in changed.values())
    assert vary("dropout", 0.3) == Recipe(dropout=0.3)
