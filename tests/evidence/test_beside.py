"""What the border and the facts of a file tell beside the subject, on answers that are known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers.evaluation import accuracy_interval, between_parts
from helpers.evidence import beside
from tests.balance.sets import table


def answers(said, ids):
    """Sure answers, as chances of the three classes."""
    return pd.DataFrame({name: np.equal(said, name) * 1.0 for name in "abc"}, ids)


def known(monkeypatch, border, model, files=None):
    divided = table(label=["a"] * 20 + ["b"] * 20 + ["c"] * 20)
    ids = divided.images.index
    told = {"border": answers(border, ids), "file facts": None}
    told["file facts"] = answers(files if files is not None else border, ids)
    monkeypatch.setattr(beside, "_told_by", lambda evidence, source: told[source])
    monkeypatch.setattr(beside, "answer_out_of_fold", lambda *asked: answers(model, ids))
    things = pd.Series(np.arange(60) // 2, ids)
    return SimpleNamespace(divided=divided, features=None, things=things)


def test_the_gap_is_that_of_a_model_where_the_border_points_to_the_class_and_where_not(monkeypatch):
    """Of 'a' the border tells twelve of twenty, and the model is right of nine and two of them."""
    border = ["a"] * 12 + ["b"] * 48
    model = ["a"] * 9 + ["c"] * 3 + ["a"] * 2 + ["c"] * 6 + ["b"] * 40
    evidence = known(monkeypatch, border, model)
    gap = beside.gap_where(evidence, "border", ["a"])
    assert (gap.usual, gap.other) == (9 / 12, 2 / 8)
    things = np.arange(20) // 2
    first = accuracy_interval(np.arange(12) < 9, things[:12])
    second = accuracy_interval(np.arange(8) < 2, things[12:])
    assert gap.difference == pytest.approx(between_parts(first, second))
    # It points to all of 'b', which can be held against nothing.
    assert beside.gap_where(evidence, "border", ["a", "b"]) == gap
    assert beside.gap_where(evidence, "border", ["b"]) is None
    assert beside.gap_where(evidence, "border", ["c"]) is None  # and to none


def test_a_class_that_is_easy_and_told_more_often_makes_no_gap(monkeypatch):
    """The model is right of all 'a' and of half of 'b', wherever the border points."""
    border = ["a"] * 16 + ["c"] * 4 + ["b"] * 4 + ["c"] * 36
    model = ["a"] * 20 + ["b", "c"] * 10 + ["c"] * 20
    evidence = known(monkeypatch, border, model)
    gap = beside.gap_where(evidence, "border", ["a", "b"])
    assert (gap.usual, gap.other, gap.difference.difference) == (0.75, 0.75, 0)
    alone = [beside.gap_where(evidence, "border", [name]).difference for name in "ab"]
    below = np.hypot(*(one.low for one in alone)) / 2
    above = np.hypot(*(one.high for one in alone)) / 2
    assert gap.difference == pytest.approx((0, -below, above))


def test_files_that_look_alike_are_those_to_which_their_facts_give_the_class_as_much(monkeypatch):
    ids = table(label=["a"] * 30 + ["b"] * 30).images.index
    rng = np.random.default_rng(0)
    noise = rng.random((2, 60))
    own = np.arange(60) < 30
    frames = {
        "border": pd.DataFrame({"a": own + noise[0], "b": noise[0]}, ids),
        "file facts": pd.DataFrame({"a": noise[1], "b": noise[1]}, ids),
    }
    monkeypatch.setattr(beside, "_told_by", lambda evidence, source: frames[source])
    evidence = SimpleNamespace(divided=table(label=["a"] * 30 + ["b"] * 30))
    assert beside.border_among_alike(evidence, []) == {}
    assert beside.border_among_alike(evidence, ["a"]) == {"a": 1.0}
    frames["border"]["a"] = noise[0]
    assert beside.border_among_alike(evidence, ["a"])["a"] < 0.65
