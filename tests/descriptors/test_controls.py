"""A score of how pictures were taken falls when that is held equal; one of the thing stays."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from helpers.datasets import Dataset
from helpers.descriptors import auc_within, hold_equal, most_surprising_pair


def made(seed=0, images=240):
    """Two kinds: colour knows the ground they lie on, form the kind itself, texture nothing."""
    rng = np.random.default_rng(seed)
    ids = [f"{number:03d}.jpg" for number in range(images)]
    label = np.repeat(["elm", "oak"], images // 2)
    usual = rng.random(images) < 0.85
    ground = np.where((label == "elm") == usual, "grass", "stone")
    table = pd.DataFrame({"label": label, "split": None, "ground": ground}, ids)
    table["camera"] = rng.choice(["a", "b"], images)
    table["specimen"] = np.arange(images) // 2
    table["number"] = np.arange(images)
    features = pd.DataFrame(rng.normal(size=(images, 3)), ids, ["colour 1", "texture 1", "form 1"])
    features["colour 1"] += 3.0 * (ground == "stone")
    features["form 1"] += 3.0 * (label == "oak")
    return Dataset("made", None, table.rename_axis("image_id"), group="specimen"), features


def test_a_family_that_reads_the_ground_falls_to_chance_and_one_that_reads_the_thing_stays():
    dataset, features = made()
    held = hold_equal(dataset, features)
    assert held["fall"].is_monotonic_decreasing
    rows = held.set_index(["family", "column"])
    ground, form = rows.loc[("colour", "ground")], rows.loc[("form", "ground")]
    assert ground["auc"] > 0.75
    assert 0.35 < ground["within"] < 0.65
    assert abs(ground["shuffled"] - ground["auc"]) < 0.06
    assert ground["fall"] == pytest.approx(ground["shuffled"] - ground["within"])
    assert abs(form["within"] - form["auc"]) < 0.05
    assert abs(rows.loc[("colour", "camera")]["fall"]) < 0.08
    assert "texture" not in set(held["family"])  # it was never too good
    assert held.iloc[0][["class_a", "class_b", "column"]].tolist() == ["elm", "oak", "ground"]


def test_by_default_columns_of_few_values_are_asked_and_never_the_group():
    dataset, features = made()
    assert set(hold_equal(dataset, features)["column"]) == {"ground", "camera"}
    assert set(hold_equal(dataset, features, ["camera"])["column"]) == {"camera"}


def test_without_such_columns_the_table_is_empty():
    dataset, features = made()
    plain = dataset.with_images(dataset.images[["label", "split"]]).with_group(None)
    held = hold_equal(plain, features)
    assert held.empty
    assert "within" in held


def test_too_few_images_to_compare_are_not_asked():
    dataset, features = made()
    images = dataset.images.copy()
    images["ground"] = np.where(images["label"] == "elm", "grass", "stone")
    images.loc[images.index[:19], "ground"] = "stone"
    assert "ground" not in set(hold_equal(dataset.with_images(images), features)["column"])
    images.loc[images.index[:20], "ground"] = "stone"
    assert "ground" in set(hold_equal(dataset.with_images(images), features)["column"])


def test_values_that_a_group_shares_are_shuffled_as_one():
    dataset, features = made()
    images = dataset.images.assign(site=(dataset.images["specimen"] % 2).astype(str))
    held = hold_equal(dataset.with_images(images), features, ["site"])
    assert held["fall"].abs().max() < 0.1


@pytest.mark.parametrize("seed", range(5))
def test_the_area_within_is_the_share_of_pairs_with_one_value_in_the_right_order(seed):
    rng = np.random.default_rng(seed)
    second, rank = rng.random(40) < 0.4, rng.integers(0, 6, 40).astype(float)
    values = pd.Series(rng.choice(["a", "b", None], 40))
    places = [
        (i, j)
        for i, j in product(np.flatnonzero(second), np.flatnonzero(~second))
        if values[i] is not None and values[i] == values[j]
    ]
    right = [(rank[i] > rank[j]) + (rank[i] == rank[j]) / 2 for i, j in places]
    area, fewest = auc_within(second, rank, values)
    assert area == pytest.approx(np.mean(right))
    assert fewest == min(len({i for i, _ in places}), len({j for _, j in places}))


def test_with_one_value_for_all_it_is_the_area_under_the_roc_curve():
    rng = np.random.default_rng(1)
    second, rank = rng.random(50) < 0.5, rng.normal(size=50)
    area, _ = auc_within(second, rank, pd.Series(["a"] * 50))
    assert area == pytest.approx(roc_auc_score(second, rank))


def test_where_nothing_can_be_compared_there_is_no_area():
    area, fewest = auc_within(np.array([True, False]), np.zeros(2), pd.Series(["a", "b"]))
    assert np.isnan(area)
    assert fewest == 0


def test_the_pair_to_look_at_falls_most_or_else_is_told_apart_best():
    held = pd.DataFrame({"class_a": ["elm"], "class_b": ["oak"], "fall": [0.4]})
    separation = pd.DataFrame(
        {"class_a": ["ash", "ash"], "class_b": ["elm", "oak"], "auc": [0.6, 1]}
    )
    assert most_surprising_pair(held, separation) == ["elm", "oak"]
    assert most_surprising_pair(held[:0], separation) == ["ash", "oak"]
    assert most_surprising_pair(held[:0], separation[:0]) is None
