"""What scores are computed from is checked: right and wrong, groups, and the images of both."""

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import DatasetError
from helpers.evaluation.answers import (
    as_right,
    check_level,
    check_same_images,
    group_codes,
    values_of,
)


@pytest.mark.parametrize("level", [0, 1, -0.5, 95, float("nan")])
def test_a_level_is_between_0_and_1(level):
    with pytest.raises(DatasetError, match=f"level is {level}; expected between 0 and 1"):
        check_level(level)
    assert check_level(0.001) is None and check_level(0.999) is None


@pytest.mark.parametrize(
    "correct",
    [[True, False], [1, 0], [1.0, 0.0], np.array([True, False]), pd.Series([1, 0], [*"ab"]),
     pd.array([True, False])],
)  # fmt: skip
def test_right_and_wrong_come_in_many_forms(correct):
    found = as_right(correct, "score")
    assert found.tolist() == [1.0, 0.0] and found.dtype == float


@pytest.mark.parametrize(
    ("correct", "shape"),
    [
        ([], r"\(0,\)"),
        ([[1, 0]], r"\(1, 2\)"),
        (1, r"\(\)"),
        ([1, 2], r"\(2,\)"),
        ([1, -1], r"\(2,\)"),
        ([0.5], r"\(1,\)"),
        ([1, None], r"\(2,\)"),
        ([np.nan], r"\(1,\)"),
        (["a"], r"\(1,\)"),
        (pd.array([True, None]), r"\(2,\)"),
    ],
)
def test_what_is_not_right_or_wrong_is_refused_by_its_shape(correct, shape):
    with pytest.raises(DatasetError, match=f"^score got values of shape {shape}, not each"):
        as_right(correct, "score")


@pytest.mark.parametrize(
    ("groups", "codes"),
    [
        ([*"abab"], [0, 1, 0, 1]),
        ([7, 7, 3, 7], [0, 0, 1, 0]),
        (["a", None, "a", None], [0, 1, 0, 2]),  # each without a group is one of its own
        ([None, 2.0, np.nan, 2.0], [0, 1, 2, 1]),
        ([None] * 4, [0, 1, 2, 3]),
        (pd.Series([*"abba"], [5, 5, 5, 5]), [0, 1, 1, 0]),
        (pd.Categorical(["b", "a", "b", None], ["a", "b", "c"]), [0, 1, 0, 2]),
    ],
)
def test_groups_are_numbered_as_they_come(groups, codes):
    assert group_codes(groups, 4).tolist() == codes


def test_there_is_a_group_for_each_image():
    with pytest.raises(DatasetError, match="3 groups for 4 images"):
        group_codes([*"abc"], 4)


def test_values_are_taken_by_image_the_first_where_one_is_told_twice():
    values = pd.Series([1, 2, 3, 4], [*"abca"])
    assert values_of(values, pd.Index([*"cab"]), "groups").tolist() == [3, 1, 2]
    said = "groups has no value for 4 images: d, e, f and 1 more"
    with pytest.raises(DatasetError, match=said):
        values_of(values, pd.Index([*"adefg"]), "groups")


def score(ids):
    return pd.Series(True, [*ids])


def test_scores_of_the_same_images_may_come_in_any_order():
    assert check_same_images(score("abc"), score("cab")) is None


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ([1], score("a"), "got list as the first scores"),
        (score("a"), np.ones(1), "got ndarray as the second scores"),
        (score("aba"), score("ab"), "^The first scores name an image more than once: a[.]"),
        (score("ab"), score("abb"), "^The second scores name an image more than once: b[.]"),
        (score("ab"), score("a"), r"\(1 image only in the first such as b\)"),
        (score("a"), score("abc"), r"\(2 images only in the second such as b\)"),
        (score("xa"), score("ay"), r"\(1 image only in the first such as x, 1 .* second such as y"),
    ],
)
def test_scores_that_cannot_be_compared_are_refused_with_the_reason(first, second, said):
    with pytest.raises(DatasetError, match=said):
        check_same_images(first, second)
