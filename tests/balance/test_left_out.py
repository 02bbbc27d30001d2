"""Heads that learned from no photo of a camera, and the parts drawn at random beside it."""

import numpy as np
import pandas as pd
import pytest

from helpers.balance import left_out
from helpers.balance.left_out import answer_left_out, draw_like
from helpers.training import train_head
from tests.balance.sets import table


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3, 0.5, 0.7, 0.9])
def test_parts_are_as_large_as_what_is_left_out_and_hold_every_image(share):
    labels = pd.Series(
        np.repeat(["ash", "elm", "oak"], [100, 60, 40]), [f"{n}" for n in range(200)]
    )
    groups = pd.Series(np.arange(200) // 4, labels.index).astype(str)
    rng = np.random.default_rng(0)
    own = labels.index[(rng.random(200) < share) & (labels != "oak").to_numpy()]
    parts = [*draw_like(own, labels, groups, seed=1)]
    of = labels[own].value_counts()
    most = {name: max(of[name], -(-number // 5)) for name, number in (("ash", 100), ("elm", 60))}
    assert [labels[part].value_counts().to_dict() for part in parts] == [most] * len(parts)
    assert all(part.is_unique for part in parts) and len(parts) <= 5
    assert {*np.concatenate(parts)} == {*labels.index[labels != "oak"]}
    for part in parts:  # of each class only the first and the last group is cut
        cut = pd.Series(labels.index.isin(part), labels.index).groupby(groups).mean()
        assert cut[(cut > 0) & (cut < 1)].size <= 4
    again = [*draw_like(own, labels, groups, seed=1)]
    assert all(one.equals(other) for one, other in zip(parts, again, strict=True))
    assert not parts[0].equals(next(draw_like(own, labels, groups, seed=2)))


def cameras(few: int):
    """Of two classes `few` photos each by the camera b and 200 by a, which leaves no mark;
    forty features, of which one tells the class, so that few photos teach little."""
    rng = np.random.default_rng(0)
    labels = np.repeat(["ash", "oak"], 200 + few)
    dataset = table(label=labels)
    origin = pd.Series(np.tile(["a"] * 200 + ["b"] * few, 2), dataset.images.index)
    features = rng.normal(size=(len(labels), 40))
    features[:, 0] += np.where(labels == "oak", 2.0, -2.0)
    return dataset, origin, pd.DataFrame(features, origin.index).add_prefix("f")


def test_each_camera_is_held_against_heads_that_learned_from_as_many():
    """Of the camera with 12 photos both learned from hundreds, of the other both from a dozen."""
    dataset, origin, features = cameras(6)
    labels = dataset.images["label"]
    found = answer_left_out(dataset, origin, features)
    for value, learned in (("a", 12), ("b", 400)):
        own = origin.index[origin == value]
        assert (origin != value).sum() == learned
        named = train_head(features, labels.drop(own)).predict_proba(features.loc[own])
        right = (named.idxmax(axis=1) == labels[own]).to_numpy()
        assert found.loc[own, "new"].to_numpy().tolist() == right.tolist()
        assert abs(found.loc[own, "control"].mean() - right.mean()) < 0.1
    few, many = (found[origin == value].mean() for value in "ab")
    assert few["control"] < 0.9 and many["control"] > 0.9


def test_a_mark_of_the_camera_shows_in_new_alone():
    dataset, origin, features = cameras(60)
    features["f1"] += np.where(dataset.images["label"] == "oak", 6, -6) * (origin == "a")
    features["f0"] = features["f0"].where(origin == "b", 0)
    found = answer_left_out(dataset, origin, features)
    new, control = found[origin == "b"].mean()[["new", "control"]]
    assert new < 0.7 and control > 0.9


def test_where_nothing_else_is_left_to_learn_from_the_only_class_is_named():
    dataset = table(label=["ash"] * 20 + ["oak"] * 20)
    origin = pd.Series(["a"] * 20 + ["b"] * 20, dataset.images.index)
    features = pd.DataFrame({"f": np.arange(40.0)}, dataset.images.index)
    found = answer_left_out(dataset, origin, features)
    assert not found["new"].any() and not found["control"].any()


def test_other_groups_are_other_parts_and_the_same_are_read_again(monkeypatch):
    dataset, origin, features = cameras(20)
    drawn, draw = [], left_out.draw_like
    monkeypatch.setattr(left_out, "draw_like", lambda *g: drawn.append(g[2].nunique()) or draw(*g))
    things = [str(number // 4) for number in range(len(dataset))]
    grouped = dataset.with_images(dataset.images.assign(thing=things)).with_group("thing")
    for one in (dataset, grouped, dataset, grouped):
        answer_left_out(one, origin, features)
    assert drawn == [440, 440, 110, 110]  # once for each camera
