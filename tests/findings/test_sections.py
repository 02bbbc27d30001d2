import json
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest

from helpers.datasets.words import percent, percents, points
from helpers.findings.sections import Finding, Picture, Section, as_json


def test_everything_in_a_section_becomes_plain_json():
    table = pd.DataFrame({"n": [1, 2], "x": [0.5, np.nan]}, pd.Index(["a", "b"], name="image_id"))
    section = Section("one", "A title", numbers={"k": np.int64(3), "ok": np.bool_(True)})
    section.tables["A table"] = table
    section.findings.append(Finding("what", 3, 10, "do it", "one"))
    plain = section.plain()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["numbers"] == {"k": 3, "ok": True}
    assert plain["tables"]["A table"] == [
        {"image_id": "a", "n": 1, "x": 0.5},
        {"image_id": "b", "n": 2, "x": None},
    ]
    assert plain["findings"][0]["images"] == 3


@pytest.mark.parametrize("missing", [None, pd.NA, pd.NaT, float("nan"), float("inf")])
def test_what_is_missing_or_infinite_is_none(missing):
    assert as_json([missing]) == [None]


def test_a_measured_effect_counts_only_where_its_interval_leaves_out_zero():
    given = {"what": "", "images": 10, "of": 100, "act": "", "section": ""}
    affected = Finding(**given)
    assert not affected.measured
    assert affected.at_stake == 0.1
    ends = [(0.1, 0.3), (-0.3, -0.1), (-0.1, 0.3), (-0.3, 0.0), (0.0, 0.3)]
    for (low, high), measured in zip(ends, [True, True, False, False, False], strict=True):
        one = Finding(**given, effect=0.2, low=low, high=high)
        assert one.measured == measured
        assert one.at_stake == (0.2 if measured else 0.1)
    for low, high, most in ((-0.01, 0.03, 0.03), (-0.04, 0.01, 0.04), (-0.5, 0.2, 0.1)):
        assert Finding(**given, effect=0.0, low=low, high=high).at_stake == most
    assert Finding(**given | {"of": 0}).at_stake == Finding(**given | {"of": 1}).at_stake == 10
    assert not affected.blocks
    with pytest.raises(FrozenInstanceError):
        affected.images = 3


def test_numbers_have_six_digits_behind_the_point():
    assert as_json({"a": 1 / 3, "b": (np.float32(0.5), True, 7)}) == {
        "a": 0.333333, "b": [0.5, True, 7]
    }  # fmt: skip


def test_a_picture_is_no_photograph_and_cannot_be_guessed_unless_it_is_said():
    picture = Picture(len)
    assert (picture.photographs, picture.guessable) == (False, False)
    with pytest.raises(FrozenInstanceError):
        picture.draw = repr


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0, "0%"),
        (0.0004, "under 0.1%"),
        (0.0005, "0.1%"),
        (0.004, "0.4%"),
        (0.0949, "9.5%"),
        (0.095, "10%"),
        (0.123, "12%"),
        (1, "100%"),
    ],
)
def test_shares_do_not_round_to_nothing(share, words):
    assert percent(share) == words


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (0.02412, 0.02389, ("2.41%", "2.39%")),
        (0.0241, 0.0389, ("2.4%", "3.9%")),
        (0.951, 0.949, ("95.1%", "94.9%")),
        (0.5, 0.7, ("50%", "70%")),
        (0.24, 0.24, ("24%", "24%")),
        (0.1234561, 0.1234562, ("12%", "12%")),
    ],
)
def test_two_shares_are_told_with_digits_that_tell_them_apart(one, other, told):
    assert percents(one, other) == told


def test_a_difference_is_said_in_points_and_never_as_minus_zero():
    assert points(0.031, 0.01, 0.0521) == "+3.1 points (+1.0 to +5.2)"
    assert points(-0.0001, -0.02, 0.02) == "+0.0 points (-2.0 to +2.0)"
