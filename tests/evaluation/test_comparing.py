"""Paired differences against scipy and against simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from helpers.datasets import DatasetError
from helpers.evaluation import (
    accuracy_interval,
    between_parts,
    compare_losses,
    compare_scores,
)
from helpers.evaluation.comparing import Difference


def series(values, start=0):
    return pd.Series(values, [f"{start + i:04d}.jpg" for i in range(len(values))])


@pytest.mark.parametrize(
    ("better", "worse", "same"), [(20, 5, 75), (0, 0, 12), (3, 3, 0), (6, 0, 0)]
)
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_a_difference_gets_the_interval_of_agresti_and_min(better, worse, same, level):
    first = series([1] * better + [0] * worse + [1] * same)
    second = series([0] * better + [1] * worse + [1] * same)
    found = compare_scores(first, second.sample(frac=1, random_state=0), level=level)
    b, c, n = better + 0.5, worse + 0.5, better + worse + same + 2
    half = stats.norm.ppf((1 + level) / 2) * np.sqrt(b + c - (b - c) ** 2 / n) / n
    value = (better - worse) / (n - 2)
    low, high = (b - c) / n - half, (b - c) / n + half
    assert found.difference == value
    assert found.low == pytest.approx(max(-1, min(low, value)))
    assert found.high == pytest.approx(min(1, max(high, value)))


def test_the_other_way_round_the_difference_changes_its_sign_only():
    rng = np.random.default_rng(3)
    first, second, groups = (
        series(rng.random(90) < 0.8),
        series(rng.random(90) < 0.6),
        series(range(90)),
    )
    for of in (None, groups // 4):
        one, other = compare_scores(first, second, of), compare_scores(second, first, of)
        assert other == pytest.approx((-one.difference, -one.high, -one.low))
        assert one.low < one.difference < one.high


def test_copies_of_images_in_groups_tell_no_more_than_the_images():
    rng = np.random.default_rng(0)
    first, second = rng.random(200) < 0.8, rng.random(200) < 0.7
    alone = compare_scores(series(first), series(second))
    copies = compare_scores(
        series(first.repeat(4)), series(second.repeat(4)), np.arange(200).repeat(4)
    )
    assert copies.difference == alone.difference
    assert copies.high - copies.low == pytest.approx(alone.high - alone.low, rel=0.03)


def test_many_groups_of_one_image_agree_with_the_paired_interval_of_student():
    rng = np.random.default_rng(0)
    first, second = rng.random(3000) < 0.8, rng.random(3000) < 0.75
    off = first.astype(int) - second
    expected = stats.t.interval(0.95, 2999, off.mean(), stats.sem(off))
    for groups in (None, np.arange(3000)):
        assert compare_scores(series(first), series(second), groups)[1:] == pytest.approx(
            expected, abs=0.001
        )


@pytest.mark.parametrize(("count", "size"), [(40, 5), (150, 1)])
def test_intervals_of_a_difference_hold_the_truth_about_as_often_as_they_say(count, size):
    rng, held, runs = np.random.default_rng(0), 0, 800
    ids = [f"{i}" for i in range(count * size)]
    groups = pd.Series(np.arange(count).repeat(size), ids)
    for _ in range(runs):
        # Each model finds some leaves hard; on a leaf their answers differ all alike.
        hard = rng.random((2, count)).repeat(size, axis=1) * 0.5 + rng.random((2, len(ids))) * 0.5
        first, second = (pd.Series(one, ids) for one in (hard[0] < 0.6, hard[1] < 0.5))
        found = compare_scores(first, second, groups if size > 1 else None)
        held += found.low <= 0.18 <= found.high
    # P(mean of two uniform numbers < 0.6) = 0.68, and 0.5 for 0.5. 800 runs: ± 1.5 points.
    assert 0.92 <= held / runs <= 0.98


def test_equal_models_on_few_images_are_not_called_equal_for_certain():
    same = series([True] * 4)
    assert compare_scores(same, same).low < -0.2
    assert compare_scores(same, same, [*"aabb"]).high > 0.9
    assert compare_scores(same, ~same, [1, 1, 2, 2])[0] == 1
    assert compare_scores(same, ~same, [*"aaaa"]) == (1, -1, 1)


def test_an_interval_of_a_difference_always_holds_it():
    for images in range(1, 60):
        for groups in (None, np.arange(images) // 2):
            one, other = series([1] * images), series([0] * images)
            assert compare_scores(one, other, groups).high == 1
            assert compare_scores(other, one, groups).low == -1
            assert compare_scores(one, one, groups).difference == 0


def test_a_difference_shows_its_sign():
    assert (
        repr(compare_scores(series([1] * 9 + [0]), series([0] + [1] * 9)))
        == "+0.00 (-0.28 to +0.28)"
    )


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (series([1, 0], start=1), "1 image only in the first such as 0000.jpg, 1 image only in"),
        (series([1]), "the same images .1 image only in the first such as 0001.jpg., so"),
        (series([1, 0, 1, 1]), "2 images only in the second such as 0002.jpg"),
        ([1, 0], "got list as the second scores"),
        (pd.Series([1, 0, 1], ["0000.jpg", "0001.jpg", "0001.jpg"]), "more than once: 0001.jpg"),
        (series([1, 0.5]), "compare_scores got values of shape"),
    ],
)
def test_scores_of_different_images_are_not_compared(second, why):
    with pytest.raises(DatasetError, match=why):
        compare_scores(series([1, 0]), second)


def test_groups_go_by_image_and_must_be_there():
    rng = np.random.default_rng(1)
    first, second, groups = (series(rng.integers(0, high, 60)) for high in (2, 2, 9))
    by_place = compare_scores(first, second, groups.to_numpy())
    assert compare_scores(first, second, groups.sample(frac=1, random_state=2)) == by_place
    more = pd.concat([groups, series([1] * 5, start=900)])
    assert compare_scores(first, second, more) == by_place
    with pytest.raises(DatasetError, match="groups has no value for 1 image: 0059.jpg"):
        compare_scores(first, second, groups[:-1])
    with pytest.raises(DatasetError, match="59 groups for 60 images"):
        compare_scores(first, second, groups.to_numpy()[:-1])


def test_a_difference_of_losses_is_the_paired_test_of_student():
    rng = np.random.default_rng(1)
    first, second = rng.exponential(1, 60), rng.exponential(1.2, 60)
    found = compare_losses(series(first), series(second)[::-1])
    expected = stats.ttest_rel(first, second).confidence_interval(0.95)
    assert found == pytest.approx((np.mean(first - second), expected.low, expected.high), abs=1e-9)


def test_groups_of_one_size_are_compared_by_their_means():
    rng = np.random.default_rng(2)
    first, second = rng.exponential(1, 60), rng.exponential(1.2, 60)
    groups = pd.Series(np.repeat(np.arange(20), 3), series(first).index)
    found = compare_losses(series(first), series(second), groups, level=0.9)
    means = (first - second).reshape(20, 3).mean(1)
    expected = stats.ttest_1samp(means, 0).confidence_interval(0.9)
    assert found == pytest.approx((means.mean(), expected.low, expected.high), abs=1e-9)


def test_losses_of_one_group_tell_nothing_of_others():
    found = compare_losses(series([1.0, 2.0]), series([0.0, 0.0]), groups=["a", "a"])
    assert found == (1.5, -np.inf, np.inf)


@pytest.mark.parametrize("loss", [np.nan, np.inf])
def test_losses_that_are_no_numbers_are_refused(loss):
    with pytest.raises(
        DatasetError, match="1 image without a finite loss under one of the models: 0001.jpg"
    ):
        compare_losses(series([1.0, loss]), series([0.0, 0.0]))
    with pytest.raises(DatasetError, match="compare_losses got list as the second scores"):
        compare_losses(series([1.0]), [1.0])
    with pytest.raises(DatasetError, match="got no images"):
        compare_losses(series([]), series([]))


def test_the_words_show_on_which_side_of_zero_an_interval_ends():
    assert repr(Difference(-0.0004, -0.004, 0.02)) == "+0.00 (-0.004 to +0.02)"
    assert repr(Difference(0.01, 0.001, 0.02)) == "+0.01 (+0.001 to +0.02)"
    assert repr(Difference(-0.1, -0.2, -0.05)) == "-0.10 (-0.20 to -0.05)"


def test_two_parts_differ_as_newcombe_has_it():
    """His example, 56 of 70 and 48 of 80: 0.2 (0.0524 to 0.3339)."""
    first, second = (accuracy_interval(np.arange(n) < k) for k, n in ((56, 70), (48, 80)))
    assert between_parts(first, second) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    turned = between_parts(second, first)
    assert turned == pytest.approx((-0.2, -0.3339, -0.0524), abs=5e-5)
