"""Intervals against scipy and against simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.stats import binomtest

from helpers.datasets import DatasetError
from helpers.evaluation import (
    accuracy_interval,
    compare_scores,
    score_each,
)


@pytest.mark.parametrize(("right", "images"), [(0, 5), (45, 100), (98, 100), (7, 7), (600, 1200)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_independent_images_get_the_interval_of_wilson(right, images, level):
    expected = binomtest(right, images).proportion_ci(level, method="wilson")
    found = accuracy_interval([True] * right + [False] * (images - right), level=level)
    assert found.accuracy == right / images
    assert found[1:] == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_images_that_err_together_widen_the_interval_as_if_there_were_fewer():
    leaves = np.repeat([1, 0, 1, 0, 1] * 20, 4)
    copies = accuracy_interval(leaves, groups=np.repeat(np.arange(100), 4))
    alone = accuracy_interval(leaves[::4])
    assert copies.accuracy == alone.accuracy
    assert copies.high - copies.low == pytest.approx(alone.high - alone.low, rel=0.03)


def test_groups_of_one_image_change_almost_nothing():
    correct = np.arange(400) % 3 > 0
    together = accuracy_interval(correct, groups=np.arange(400))
    assert together == pytest.approx(accuracy_interval(correct), abs=0.001)


@pytest.mark.parametrize(
    ("count", "size", "accuracy", "likeness"), [(40, 5, 0.5, 0.3), (100, 5, 0.9, 0.5)]
)
def test_grouped_intervals_hold_the_truth_about_as_often_as_they_say(
    count, size, accuracy, likeness
):
    rng = np.random.default_rng(0)
    odds = (1 - likeness) / likeness
    held, runs = 0, 1000
    for _ in range(runs):
        sizes = 1 + rng.poisson(size - 1, count)
        chance = np.repeat(rng.beta(accuracy * odds, (1 - accuracy) * odds, count), sizes)
        groups = np.repeat(np.arange(count), sizes)
        found = accuracy_interval(rng.random(chance.size) < chance, groups)
        held += found.low <= accuracy <= found.high
    # 1,000 runs place the coverage itself within ± 1.4 points.
    assert 0.92 <= held / runs <= 0.98


def test_a_perfect_score_on_few_groups_is_not_called_certain():
    found = accuracy_interval(np.ones(50), groups=np.repeat(np.arange(5), 10))
    assert found.high == 1
    assert found.low < 0.6


def test_one_group_says_nothing_about_others():
    assert accuracy_interval([1, 0, 1, 1], groups=["a"] * 4) == (0.75, 0, 1)


@pytest.mark.parametrize("correct", [[], [0.5, 1], [[1, 0]]])
def test_scores_that_are_not_right_or_wrong_are_refused(correct):
    with pytest.raises(ValueError, match="expected a list"):
        accuracy_interval(correct)


def test_groups_of_another_length_are_refused():
    with pytest.raises(ValueError, match="3 groups for 2 images"):
        accuracy_interval([1, 0], groups=[1, 2, 3])


@pytest.mark.parametrize("groups", [False, True])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_an_interval_always_holds_its_accuracy(groups, level):
    for images in range(1, 150):
        of = np.arange(images) // 3 if groups else None
        right, wrong = (accuracy_interval([k] * images, of, level) for k in (1, 0))
        assert right.accuracy == 1 == right.high >= right.low
        assert wrong.accuracy == 0 == wrong.low <= wrong.high
        one = accuracy_interval([True] * (images - 1) + [False], of, level)
        assert 0 <= one.low <= one.accuracy <= one.high <= 1


def test_a_perfect_score_of_groups_is_one_of_as_many_images():
    found = accuracy_interval([1] * 12, groups=[*"abcd"] * 3)
    quantile = stats.t.ppf(0.975, 3) ** 2
    assert found.low == pytest.approx(1 / (1 + quantile / 4), abs=1e-12)


def test_a_grouped_interval_is_that_of_korn_and_graubard():
    """Written out by sums over groups, for a case where groups vary more than images would."""
    correct, groups = [1, 1, 1, 0, 0, 0, 1, 0, 1], [*"aaabbbccd"]
    mean = 5 / 9
    sums = [3 - 3 * mean, -3 * mean, 1 - 2 * mean, 1 - mean]
    variance = 4 / 3 * sum(one**2 for one in sums) / 81
    effective, quantile = mean * (1 - mean) / variance, stats.t.ppf(0.95, 3)
    assert effective < 9
    edges = (
        np.array([-1, 1])
        * quantile
        * np.sqrt(mean * (1 - mean) / effective + quantile**2 / 4 / effective**2)
    )
    edges = (mean + quantile**2 / 2 / effective + edges) / (1 + quantile**2 / effective)
    assert accuracy_interval(correct, groups, 0.9)[1:] == pytest.approx(edges, abs=1e-12)


def test_images_without_a_group_are_groups_of_their_own():
    correct = [1, 0, 1, 1, 0, 1]
    told = accuracy_interval(correct, ["a", "a", None, None, np.nan, "b"])
    assert told == accuracy_interval(correct, ["a", "a", 1, 2, 3, "b"])
    assert told != accuracy_interval(correct, ["a", "a", 1, 1, 1, "b"])


@pytest.mark.parametrize("level", [0, 1, 95, -0.5])
def test_a_level_that_is_none_is_refused(level):
    one = pd.Series([1, 0], ["a", "b"])
    for function in (lambda: accuracy_interval([1, 0], level=level),
                     lambda: compare_scores(one, one, level=level)):  # fmt: skip
        with pytest.raises(DatasetError, match="expected between 0 and 1"):
            function()


@pytest.mark.parametrize("correct", [["yes", "no"], [None, True], pd.array([True, None]), 1])
def test_answers_that_are_no_numbers_are_refused_by_us(correct):
    with pytest.raises(DatasetError, match="expected a list"):
        accuracy_interval(correct)


def test_several_models_are_scored_each_on_its_own_images():
    ids = list("abcdefgh")
    labels, groups = pd.Series([*"xxxxxxyy"], ids), pd.Series([*"11223344"], ids)
    right = pd.Series([True] * 6 + [False] * 2, ids)
    scores, balanced = score_each({"one": right, "two": right[4:]}, labels, groups)
    assert scores["one"] == accuracy_interval(right, groups)
    assert scores["two"] == accuracy_interval(right[4:], groups[4:])
    assert balanced == {"one": 0.5, "two": 0.5}
    assert score_each(pd.DataFrame({"one": right}), labels, groups)[0] == {"one": scores["one"]}
