"""The parts of a comparison of two folders: who is compared, by what, and what is concluded."""

import inspect
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest

from helpers.drift import compare_folders, comparing
from helpers.drift.joining import join_datasets
from helpers.evaluation.shift import Shift
from tests.drift.sides import side


def shift_of(p=0.5, scores=None):
    return Shift(0.8, 0.5, 0.6, p, np.zeros(3), 0, 0.7, 0.9, scores)


def joined_of(one=4, other=5):
    return join_datasets(side(["x"] * one, "a"), side(["x"] * other, "b"))


def test_images_least_like_the_other_folder_come_first_eight_unless_told():
    joined = joined_of(10, 10)
    scores = pd.Series(np.arange(20.0), joined.images.index)
    shifts = {comparing.CONTENT: shift_of(scores=scores)}
    found = comparing.Comparison(shifts, pd.DataFrame(), pd.DataFrame(), None, [], joined)
    assert found.most_unlike("first") == [f"a/a/00{n}.jpg" for n in range(8)]
    assert found.most_unlike("second", 2) == ["b/b/009.jpg", "b/b/008.jpg"]
    none = comparing.Comparison(
        {comparing.CONTENT: shift_of()}, pd.DataFrame(), pd.DataFrame(), None, [], joined
    )
    assert none.most_unlike("first") == [] and none.notes == []
    with pytest.raises(FrozenInstanceError):
        none.classes = "x"


def test_a_row_has_the_areas_of_its_shift_and_differs_below_one_in_a_hundred():
    row = comparing._row(shift_of(), 0.001, 0.009)
    assert row == {"area": 0.8, "low": 0.7, "high": 0.9, "by chance": 0.6, "p": 0.001,
                   "p_corrected": 0.009, "differs": True}  # fmt: skip
    bare = comparing._row(None, 0.01, 0.01)
    assert np.isnan([bare[name] for name in ("area", "low", "high", "by chance")]).all()
    assert (bare["p"], bare["differs"]) == (0.01, False)


def test_p_is_corrected_for_the_questions_that_could_be_asked():
    found = comparing._corrected({"a": 0.01, "b": np.nan, "c": 0.04})
    assert np.isnan(found["b"])
    assert (found["a"], found["c"]) == pytest.approx((0.02, 0.04))


def test_scans_of_both_come_under_the_ids_of_the_whole():
    joined = joined_of(2, 1)
    files = {
        "first": pd.DataFrame({"bytes": [1, 2]}, ["a/001.jpg", "a/000.jpg"]),
        "second": pd.DataFrame({"bytes": [3, 9]}, ["b/000.jpg", "other.jpg"]),
    }
    found = comparing._stacked(files, joined)
    assert found["bytes"].to_dict() == {"a/a/000.jpg": 2, "a/a/001.jpg": 1, "b/b/000.jpg": 3}
    assert found.index.name == "image_id"


def looked_at(first, second, pairs=(), unreadable=()):
    joined = join_datasets(first, second)
    files = pd.DataFrame({"readable": True}, joined.images.index).astype(object)
    for image_id, value in unreadable:
        files.loc[image_id, "readable"] = value
    pairs = pd.DataFrame(pairs, columns=["image_id", "other_id", "kind"], dtype="str")
    sides = joined.images["side"]
    across = pairs["image_id"].map(sides) != pairs["other_id"].map(sides)
    looked, notes = comparing._alone(joined, first, files, pairs, across)
    return looked, notes


def test_test_images_of_the_first_and_unreadable_ones_are_not_looked_at():
    first = side(["x"] * 4, "a")
    first = first.with_images(first.images.assign(split=["train", "test", None, "valid"]))
    second = side(["x"] * 3, "b")
    second = second.with_images(second.images.assign(split=["test", "train", "test"]))
    looked, notes = looked_at(
        first, second, unreadable=[("a/a/000.jpg", False), ("b/b/001.jpg", None)]
    )
    left = ["a/a/002.jpg", "a/a/003.jpg", "b/b/000.jpg", "b/b/002.jpg"]
    assert looked.images.index.tolist() == left and notes == []


def test_copies_in_both_are_left_out_and_copies_within_one_are_one_thing():
    pairs = [
        ("a/a/000.jpg", "b/b/000.jpg", "near"),
        ("a/a/001.jpg", "b/b/001.jpg", "probable"),
        ("a/a/002.jpg", "a/a/003.jpg", "exact"),
        ("a/a/000.jpg", "a/a/001.jpg", "near"),  # of which one is left out
        ("b/b/001.jpg", "b/b/002.jpg", "probable"),
    ]
    looked, notes = looked_at(side(["x"] * 4, "a"), side(["x"] * 3, "b"), pairs)
    ids = ["a/a/001.jpg", "a/a/002.jpg", "a/a/003.jpg", "b/b/001.jpg", "b/b/002.jpg"]
    assert looked.images.index.tolist() == ids
    groups = looked.groups
    assert groups["a/a/002.jpg"] == groups["a/a/003.jpg"] and groups.nunique() == 4
    (note,) = notes
    assert note.startswith("2 images of which both folders hold a copy were left out")


def test_things_of_both_are_left_out_and_named_by_their_column():
    first, second = side(["x"] * 4, "a", [1, 1, 2, 3]), side(["x"] * 3, "b", [1, 4, 4])
    looked, (note,) = looked_at(first, second)
    assert looked.images.index.tolist() == [
        "a/a/002.jpg", "a/a/003.jpg", "b/b/001.jpg", "b/b/002.jpg"
    ]  # fmt: skip
    assert note.startswith("3 images show things that both folders show by the column 'thing'")


def test_of_many_images_whole_things_are_drawn_and_of_few_all_are_taken(monkeypatch):
    monkeypatch.setattr(comparing, "MOST", 6)
    joined = join_datasets(side(["x"] * 6, "a"), side(["x"] * 12, "b", np.arange(12) // 3))
    notes = []
    assert len(comparing._drawn(joined, "first", 0, notes)) == 6 and notes == []
    drawn = {}
    for seed in (0, 1, 2):
        own = comparing._drawn(joined, "second", seed, notes)
        assert own.images["side"].eq("second").all() and len(own) == 6
        assert own.groups.value_counts().tolist() == [3, 3]
        drawn[seed] = tuple(own.images.index)
    assert len({*drawn.values()}) > 1
    assert notes[0] == (
        "Of the 12 images of the second folder 6, drawn at random, were compared in their looks."
    )


def test_features_less_the_mean_of_their_class():
    joined = joined_of(2, 2)
    labels = joined.images.assign(label=["ash", "elm", "ash", "elm"])
    labelled = {"both": joined.with_images(labels)}
    features = pd.DataFrame({"x": [1.0, 2, 5, 8], "y": 3.0}, labels.index)
    features.loc["other.jpg"] = [9.0, 9.0]
    found = comparing._without_classes(features, labelled)
    assert found["x"].tolist() == [-2, -3, 2, 3] and (found["y"] == 0).all()


def test_a_fact_that_only_one_side_has_is_0_on_the_other_and_light_unknown_is_in_the_middle(
    monkeypatch,
):
    own = {"first": side(["x"] * 2, "a"), "second": side(["x"] * 3, "b")}
    joined = join_datasets(*own.values())
    sides = joined.images["side"]
    parts = {name: joined.with_images(joined.images[sides == name]) for name in own}

    def facts(asked, progress):
        return pd.DataFrame({f"format {asked.images.index[0][0]}": 1.0}, asked.images.index)

    def border(asked, progress):
        levels = {"mean r top": 0.5, "mean r left": 0.3, "mean g top": 0.2, "mean b top": 0.1}
        return pd.DataFrame(levels | {"spread r top": 9.0}, asked.images.index)

    monkeypatch.setattr(comparing, "file_facts", facts)
    monkeypatch.setattr(comparing, "border_colours", border)
    monkeypatch.setattr("helpers.training.embed", facts)
    files = pd.DataFrame(1.0, joined.images.index, comparing.LEVELS)
    files["sharpness"] = [0.0, 3.0, np.nan, 7.0, 15.0]
    known = comparing._measure(parts, own, files, False)
    for name in (comparing.FILES, comparing.CONTENT):
        assert known[name]["format a"].tolist() == [1, 1, 0, 0, 0]
        assert known[name]["format b"].tolist() == [0, 0, 1, 1, 1]
    light = known[comparing.LIGHT]
    logs = np.log([1, 4, 8, 16])
    assert light["sharpness"].tolist() == pytest.approx(np.insert(logs, 2, np.median(logs)))
    borders = [f"{colour} at the border" for colour in ("red", "green", "blue")]
    assert light[borders].iloc[0].tolist() == pytest.approx([0.4, 0.2, 0.1])


def test_what_is_supposed_where_nothing_is_said():
    usual = {
        name: one.default for name, one in inspect.signature(compare_folders).parameters.items()
    }
    assert (usual["seed"], usual["workers"], usual["progress"]) == (0, 2, True)
    # With so many trades p can be 1 in 1,000: below 1 in 100 also corrected for five questions.
    assert (comparing.SURE, comparing.SHUFFLES + 1) == (0.01, 1000)
    assert comparing.MOST == 2000
