"""Few labels with whole specimens, heads on features, and backbones compared."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import stats

from helpers import transfer
from helpers.datasets import Dataset
from helpers.training import build_dataloaders, build_learner, train_head
from helpers.transfer import difference_over_seeds, questions_of

NAMES = ("ash", "elm")


@pytest.fixture
def planes(tmp_path, monkeypatch):
    """80 noisy images of two colours; specimens of four photos each, a quarter to validate with."""
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))
    rng, rows = np.random.default_rng(0), []
    for name, colour in zip(NAMES, ((200, 60, 60), (60, 60, 200)), strict=True):
        (tmp_path / name).mkdir()
        for n in range(40):
            pixels = np.clip(rng.normal(colour, 40, (32, 32, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{n:02d}.png")
            side = "valid" if n < 8 else "test" if n < 12 else "train"
            rows.append((f"{name}/{n:02d}.png", name, side, f"{name} {n // 4}"))
    images = pd.DataFrame(rows, columns=["image_id", "label", "split", "specimen"])
    return Dataset("planes", tmp_path, images.set_index("image_id"), group="specimen")


@pytest.mark.parametrize("per_class", [4, 10, 25, 1000])
def test_whole_specimens_are_kept_and_classes_come_near_to_the_number(planes, per_class):
    kept = transfer.limit_images(planes, per_class, seed=3)
    train = kept.part("train").images
    assert set(train["specimen"].value_counts()) == {4}
    for name in NAMES:
        assert abs((train["label"] == name).sum() - min(per_class, 28)) <= 2
    assert kept.part("valid").images.equals(planes.part("valid").images)
    assert (kept.images["split"] == "test").sum() == 8


def test_fewer_images_are_a_part_of_more_and_another_seed_takes_others(planes):
    few, more = (set(transfer.limit_images(planes, n, 1).images.index) for n in (8, 16))
    assert few < more
    assert few != set(transfer.limit_images(planes, 8, 2).images.index)


def test_all_means_all(planes):
    assert transfer.limit_images(planes, "all").images.equals(planes.images)


def test_a_class_is_never_left_without_images(planes):
    assert transfer.limit_images(planes, 1).part("train").images["label"].nunique() == 2


@pytest.fixture
def features(planes):
    noise = np.random.default_rng(0).normal(size=(len(planes.images), 3))
    found = pd.DataFrame(noise, planes.images.index, ["a", "b", "c"])
    found["a"] += 2.0 * (planes.images["label"] == "ash")
    return found


def test_a_head_is_scored_on_the_validation_images_that_have_features(planes, features):
    unreadable = planes.part("valid").images.index[:3]
    right = transfer.score_head(planes, features.drop(unreadable))
    train, valid = planes.part("train").images, planes.part("valid").images.drop(unreadable)
    head = train_head(features.loc[train.index], train["label"])
    assert right.equals(head.predict(features.loc[valid.index]) == valid["label"])


def test_the_curve_has_a_row_for_each_split_and_number(planes, features):
    curve = transfer.head_curve(planes, features, counts=(4, "all"), seeds=range(3))
    assert len(curve) == 6
    assert set(curve["training"]) == {"frozen"}
    assert curve.loc[curve["per_class"] == "4", "images"].tolist() == [8, 8, 8]
    assert curve["accuracy"].between(0, 1).all()


def test_numbers_that_no_class_has_images_for_are_not_asked_about(planes, features):
    most = planes.images["label"].value_counts().max()
    curve = transfer.head_curve(planes, features, counts=(4, most, 2 * most, "all"), seeds=[0])
    assert curve["per_class"].tolist() == ["4", "all"]


def test_other_questions_are_scored_like_the_label_and_beside_the_commonest_answer(
    planes, features
):
    side = pd.Series("left", planes.images.index).where(features["b"] < 0, "right")
    asked = planes.with_images(planes.images.assign(side=side))
    noise = features[["c"]]
    kinds, questions = {"all": features, "noise": noise}, {"class": "label", "side": "side"}
    table = transfer.score_questions(asked, kinds, questions)
    rows = table.set_index(["question", "features"])
    assert list(rows.index) == [(q, f) for q in ("class", "side") for f in ("all", "noise")]
    assert rows.loc[("class", "all"), "accuracy"] == transfer.score_head(planes, features).mean()
    assert rows.loc[("side", "all"), "accuracy"] > rows.loc[("side", "noise"), "accuracy"]
    assert (table["low"] <= table["accuracy"]).all()
    assert (table["accuracy"] <= table["high"]).all()
    usual = asked.part("train").images["side"].mode()[0]
    expected = (asked.part("valid").images["side"] == usual).mean()
    assert rows.loc[("side", "all"), "commonest"] == expected


def test_random_features_repeat_and_depend_on_the_seed(planes):
    one, same, other = (transfer.random_features(planes, 32, seed) for seed in (0, 0, 1))
    assert one.equals(same)
    assert not one.equals(other)
    assert one.shape == (80, 768)
    assert set(one.index) == set(planes.images.index)


def test_untouched_weights_have_not_moved_and_doubled_ones_have_moved_by_their_length(planes):
    learner = build_learner(build_dataloaders(planes, size=32, progress=False))
    assert (transfer.weight_change(learner) == 0).all()
    for weights in learner.model[0].network.stage4.parameters():
        weights.data *= 2
    moved = transfer.weight_change(learner)
    assert [*moved.index] == [f"stage{number}" for number in range(1, 6)]
    assert moved["stage5"] == pytest.approx(1, abs=1e-5)  # the stem is the first stage
    assert (moved.drop("stage5") == 0).all()


def test_backbones_without_weights_stay_without_figures_and_nothing_is_downloaded(
    planes, monkeypatch, tmp_path
):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "empty"))
    table = transfer.compare_backbones(planes, ["random weights", "mobilenet_v2"])
    assert table.loc["mobilenet_v2"].isna().all()
    row = table.loc["random weights"]
    assert row["low"] <= row["accuracy"] <= row["high"]
    assert row["milliseconds"] > 0
    assert 8 < row["megabytes"] < 16


@pytest.mark.skipif(
    "WORKBOOK_TEST_DATA" not in os.environ,
    reason="WORKBOOK_TEST_DATA, a folder with ImageNet weights, is not set",
)
def test_imagenet_weights_at_hand_are_compared(planes, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(Path(os.environ["WORKBOOK_TEST_DATA"], "weights")))
    table = transfer.compare_backbones(planes, ["squeezenet1_0"])
    assert table.loc["squeezenet1_0", "accuracy"] > 0.8


def test_a_difference_over_seeds_is_paired_and_has_students_interval():
    rng = np.random.default_rng(0)
    rows = [
        (model, count, seed, value)
        for count in ("10", "all")
        for seed, hard in enumerate(rng.normal(0.5, 0.2, 5))
        for model, value in (("a", hard + 0.1 + 0.01 * seed), ("b", hard))
    ]
    table = pd.DataFrame(rows, columns=["model", "per_class", "seed", "accuracy"])
    found = difference_over_seeds(table, "a", "b", "model")
    gains = 0.1 + 0.01 * np.arange(5)
    low, high = stats.t.interval(0.95, 4, gains.mean(), stats.sem(gains))
    assert list(found.index) == ["10", "all"]
    for row in found.itertuples():
        assert (row.difference, row.low, row.high) == pytest.approx((0.12, low, high))
        assert row.seeds == 5
    alone = difference_over_seeds(table[table["seed"] == 0], "a", "b", "model")
    assert alone["difference"].to_list() == pytest.approx([0.1, 0.1])
    assert alone[["low", "high"]].isna().all(axis=None)


def test_questions_are_what_else_the_table_says_in_few_words(tmp_path):
    images = pd.DataFrame(
        {
            "label": ["a", "b"] * 15,
            "split": ["train", "valid", "test"] * 10,
            "device": ["x", "y"] * 15,
            "only in test": [None, None, "z"] * 10,
            "one": "same",
            "name": [f"photo {number}" for number in range(30)],
            "age": range(30),
            "odd": [True, False] * 15,
            "specimen": ["s", "t"] * 15,
        },
        pd.Index([f"{number}.png" for number in range(30)], name="image_id"),
    )
    dataset = Dataset("photos", tmp_path, images, group="specimen")
    assert questions_of(dataset, most=10) == {"class": "label", "device": "device"}
