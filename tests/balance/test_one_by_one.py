"""The feature that tells a class is named, with what it says; one that says nothing is not."""

import numpy as np
import pandas as pd
import pytest

from helpers.balance import probe_each
from helpers.balance.one_by_one import tell_values
from tests.balance.sets import table


def made(groups=80, each=3):
    """Three classes: `0` has dense files, `1` is told by two features together, `2` by none."""
    rng = np.random.default_rng(0)
    label = np.repeat(rng.choice(3, groups, p=[0.3, 0.3, 0.4]), each)
    thing = np.repeat(np.arange(groups), each)
    dataset = table("thing", label=label.astype(str), thing=thing)
    side = rng.choice([-1.0, 1.0], len(label))
    features = pd.DataFrame(
        {
            "dense": np.where(label == 0, 300.0, 72.0) + rng.integers(0, 9, len(label)),
            "left": side,
            "right": np.where(label == 1, side, rng.choice([-1.0, 1.0], len(label))),
            "noise": rng.normal(size=len(label)),
            "same": 1.0,
            "format": np.where(label == 0, "PNG", "JPEG"),
        },
        dataset.images.index,
    )
    return dataset, features


def test_of_each_class_the_feature_that_tells_it_best_comes_first():
    dataset, features = made()
    found = probe_each(dataset, features, ["2", "0"])
    assert found["class"].unique().tolist() == ["2", "0"]
    assert set(found["feature"]) == {
        "dense", "left", "right", "noise", "format_JPEG", "format_PNG",
    }  # fmt: skip
    own = found[found["class"] == "0"].set_index("feature")
    assert own["auc"].is_monotonic_decreasing
    assert own.loc["dense", "auc"] == own.loc["format_PNG", "auc"] == 1
    assert own.loc[["left", "right", "noise"], "auc"].max() < 0.6
    labels = dataset.images["label"]
    dense = features["dense"].groupby(labels == "0").median()
    assert own.loc["dense", ["own", "others"]].tolist() == [
        f"median {dense[True]:g}", f"median {dense[False]:g}"
    ]  # fmt: skip
    assert own.loc["format_PNG", ["own", "others"]].tolist() == ["yes in 100%", "yes in 0%"]
    assert own.loc["format_JPEG", ["own", "others"]].tolist() == ["yes in 0%", "yes in 100%"]


def test_random_numbers_tell_nothing_of_any_class():
    dataset, features = made()
    rng = np.random.default_rng(1)
    noise = pd.DataFrame(rng.normal(size=(len(features), 20)), features.index)
    found = probe_each(dataset, noise.add_prefix("n"), ["0", "1", "2"])
    assert len(found) == 60
    assert found["auc"].mean() == pytest.approx(0.5, abs=0.03)
    assert found["auc"].max() < 0.65


def test_what_only_two_features_tell_together_neither_tells_alone():
    dataset, features = made()
    found = probe_each(dataset, features[["left", "right"]], ["1"])
    assert found["auc"].max() < 0.6
    both = features.assign(same_side=features["left"] == features["right"])[["same_side"]]
    assert probe_each(dataset, both.astype(float), ["1"])["auc"].item() > 0.7


def test_what_names_a_group_says_nothing_of_another_group():
    dataset, features = made()
    name = pd.DataFrame({"thing": dataset.images["thing"] * 7 % 80 * 1.0}, features.index)
    assert probe_each(dataset, name, ["0"])["auc"].item() < 0.65
    alone = dataset.with_group(None)
    assert probe_each(alone, name, ["0"])["auc"].item() > probe_each(dataset, name, ["0"])[
        "auc"
    ].item()  # fmt: skip


def test_one_odd_file_is_not_followed():
    dataset, features = made()
    odd = pd.DataFrame({"x": 0.0}, features.index)
    odd.iloc[:4] = 9.0
    assert probe_each(dataset, odd, ["0"])["auc"].item() == pytest.approx(0.5, abs=0.02)


def test_images_of_the_test_split_or_without_features_are_not_asked():
    dataset, features = made()
    images = dataset.images.copy()
    images.iloc[:30, images.columns.get_loc("split")] = "test"
    images.iloc[30:40, images.columns.get_loc("label")] = None
    held = dataset.with_images(images)
    spoilt = features.copy()
    spoilt.loc[spoilt.index[:40], "dense"] = 1e9
    known = probe_each(held, features.drop(index=features.index[40:50]), ["0"])
    assert known.equals(probe_each(held, spoilt.drop(index=features.index[40:50]), ["0"]))


def test_nothing_is_asked_of_no_class():
    assert probe_each(*made(), []).empty


MANY = [*range(10, 20)]


@pytest.mark.parametrize(
    ("feature", "own", "others", "told"),
    [
        # Of a 0/1 column the share of ones; as many digits as tell two shares apart.
        ("portrait", [1] * 3 + [0], [0] * 9 + [1], ("yes in 75%", "yes in 10%")),
        ("progressive", [0] * 5, [0] * 999 + [1], ("yes in 0%", "yes in 0.1%")),
        # The commonest value of both is the same, or what stands for none: another one differs.
        ("exif", [0, 0, 0, 7, 7], [0] * 5, ("0 in 60%", "0 in 100%")),
        ("orientation", [6, 6, 1, 1, 1], [1, 1, 1, 1, 8], ("6 in 40%", "6 in 0%")),
        ("hour", [-1, -1, -1, 9], [-1, 9, 9, 9], ("none in 75%", "none in 25%")),
        ("density", [0, 0, 72], [72, 72, 72], ("none in 67%", "none in 0%")),
        ("density", [72, 72, 0], [0, 0, 0], ("72 in 67%", "72 in 0%")),
        ("exif", [1, 2, 3, 4], [0, 0, 0, 0], ("0 in 0%", "0 in 100%")),
        ("width", [900, 901, 902], [300, 301, 302], ("900 or more in 100%", "900 or more in 0%")),
        # Many values: medians, unless these are the same.
        ("width", [*range(4000, 4020)], MANY, ("median 4,010", "median 14.5")),
        ("exif", [0] * 6 + [30, 31, 32, 33], [0] * 8 + MANY[:5],
         ("30 or more in 40%", "30 or more in 0%")),
        ("shape", [1.0] * 6 + [1 / 3, 2 / 3, 3 / 4, 4 / 5], [1.0] * 6 + [*np.linspace(2, 3, 5)],
         ("2 or more in 0%", "2 or more in 45%")),
        # What stands for none is no number among the others.
        ("hour", [-1] * 9 + MANY[:1], MANY, ("none in 90%", "none in 0%")),
        ("hour", [-1] * 10, MANY, ("none in 100%", "none in 0%")),
        ("hour", [-1] * 3 + [3, 4, 5], [-1] + MANY[:9],
         ("median 4; none in 50%", "median 14; none in 10%")),
        ("compression", [0] * 2 + MANY, [0] * 2 + MANY, ("10 or more in 100%; none in 17%",
                                                         "10 or more in 100%; none in 17%")),
    ],
)  # fmt: skip
def test_what_differs_is_told_where_the_middle_is_the_same_or_no_value(feature, own, others, told):
    assert tell_values(feature, pd.Series(own), pd.Series(others)) == told


def test_what_is_told_of_a_threshold_is_true_of_the_number_that_is_shown():
    own = pd.Series([1.21] * 14 + [1.2345, 1.2346, 1.2347, 1.2348] * 3)
    others = pd.Series([1.21] * 14 + [1.2344, 1.2343, 1.2342, 1.2341] * 3)
    assert tell_values("shape", own, others) == ("1.2345 or more in 46%", "1.2345 or more in 0%")
