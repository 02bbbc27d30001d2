"""What is expected to be right is: by simulation, where the truth is known."""

import numpy as np
import pytest

from helpers.splits.chance import (
    Nulls,
    Verified,
    are_among,
    expect_pairs,
    expect_right,
    find_doubted,
    is_chance,
    is_turned,
    score,
)


def simulate(seed, right=300, wrong=3000, strangers=2000):
    rng = np.random.default_rng(seed)
    found = np.r_[rng.normal(4, 1, right), rng.normal(0, 1, wrong)]
    truth = np.r_[np.ones(right, bool), np.zeros(wrong, bool)]
    return found, truth, rng.normal(0, 1, strangers)


@pytest.mark.parametrize("seed", range(5))
def test_the_share_expected_right_is_the_share_that_is(seed):
    found, truth, strangers = simulate(seed)
    expected = expect_right(found, strangers)
    chosen = expected >= 0.7
    assert abs(expected[chosen].mean() - truth[chosen].mean()) < 0.05
    assert truth[chosen].sum() > 230


def test_expected_rises_with_the_score_and_stays_between_0_and_1():
    found, _, strangers = simulate(0)
    expected = expect_right(found, strangers)[np.argsort(found)]
    assert (np.diff(expected) >= 0).all()
    assert expected[0] == 0 and 0.9 < expected[-1] < 1


def test_where_all_are_strangers_nothing_is_expected_to_be_right():
    rng = np.random.default_rng(0)
    expected = expect_right(rng.normal(size=3000), rng.normal(size=2000))
    assert expected.mean() < 0.05
    assert (expected > 0.7).mean() < 0.01


def test_few_strangers_leave_little_certainty():
    few = expect_right(np.full(10, 5.0), np.zeros(4))
    many = expect_right(np.full(10, 5.0), np.zeros(400))
    # One stranger more, who scores as high, weighs 10 / 5 pairs or 10 / 401.
    np.testing.assert_allclose(few, 1 - 10 / 5 / 10)
    np.testing.assert_allclose(many, 1 - 10 / 401 / 10)


def test_pairs_that_agree_in_nothing_are_expected_wrong():
    expected = expect_right(np.array([-np.inf, 5, 5, 5]), np.array([-np.inf] * 40))
    assert expected[0] == 0
    np.testing.assert_allclose(expected[1:], 1 - 4 / 41 / 3)
    assert expect_right(np.full(3, -np.inf), np.array([1.0])).tolist() == [0, 0, 0]


def test_a_score_weighs_keypoints_and_likeness_and_needs_three():
    np.testing.assert_allclose(score([3, 30, 30], [0.5, 0.5, -0.1]),
                               [np.log(3) + 1, np.log(30) + 1, np.log(30) - 0.2])  # fmt: skip
    assert score(np.array([0, 2]), np.array([0.9, 0.9])).tolist() == [-np.inf, -np.inf]


def verified(inliers, first=0):
    """Pairs of their own, with as many keypoints each and no likeness."""
    number = first + np.arange(len(inliers))
    pairs = np.stack([2 * number, 2 * number + 1], axis=1)
    return Verified(pairs, np.asarray(inliers, int), np.zeros(len(inliers)))


NONE = verified([])


def near_pairs(seed, right, wrong, chance=(0.2, 5)):
    """Right pairs of 20 keypoints or so, wrong ones that agree by chance as in the mirror."""
    rng = np.random.default_rng(seed)

    def agreeing(count):
        return np.where(rng.random(count) < chance[0], 3 + rng.poisson(chance[1], count), 0)

    found = np.r_[3 + rng.poisson(20, right), agreeing(wrong)]
    truth = np.r_[np.ones(right, bool), np.zeros(wrong, bool)]
    return verified(found), truth, agreeing(right + wrong)


@pytest.mark.parametrize("seed", range(3))
def test_what_near_pairs_share_is_seen_in_the_mirror_though_strangers_share_less(seed):
    found, truth, mirrored = near_pairs(seed, 600, 4000)
    strangers = verified(np.random.default_rng(seed).choice([0, 3], 3000, p=[0.98, 0.02]), 90_000)
    nulls = Nulls(strangers, found._replace(inliers=mirrored), NONE)
    alone = expect_right(found.scores, strangers.scores)
    both = expect_pairs(found, nulls)
    assert truth[alone >= 0.8].mean() < 0.6
    chosen = both >= 0.8
    assert abs(both[chosen].mean() - truth[chosen].mean()) < 0.05
    assert truth[chosen].sum() > 0.8 * truth.sum()


def test_where_strangers_agree_more_than_the_mirror_they_decide():
    found = verified([10] * 50 + [0] * 150)
    nulls = Nulls(verified([10] * 30 + [0] * 170, 900), found._replace(inliers=0 * found.inliers),
                  NONE)  # fmt: skip
    expected = expect_pairs(found, nulls)
    # Of 200 strangers and one more 31 agree, so that of 200 pairs 200 × 31 / 201 do by chance.
    np.testing.assert_allclose(expected[:50], 1 - 200 * 31 / 201 / 50)
    assert (expected[50:] == 0).all()


def test_the_same_on_both_sides_and_turned_over_are_no_chance():
    found = verified([30, 3, 0, 0, 0, 6] + [0] * 95)
    more = [0] * 95
    mirrored = found._replace(inliers=np.array([8, 9, 9, 10, 0, 6, *more]))
    assert is_chance(found, mirrored).tolist()[:6] == [False, True, True, False, True, True]
    assert is_turned(found, mirrored).tolist()[:6] == [False, False, False, True, False, False]


def test_a_pattern_that_recurs_is_chance_unless_more_agrees_than_chance_makes():
    found = verified([0] * 100)
    for many, turned in ((1, True), (2, False)):
        mirrored = found._replace(inliers=np.r_[[19] * many, 20, [0] * (99 - many)])
        assert is_turned(found, mirrored).tolist()[: many + 1] == [turned] * many + [True]
        assert is_chance(found, mirrored).tolist()[: many + 1] == [not turned] * many + [False]


def test_pairs_are_known_by_both_ends():
    pairs = np.array([[0, 1], [1, 2], [0, 2]])
    assert are_among(pairs, pairs[[2, 0]]).tolist() == [True, False, True]
    assert are_among(pairs, NONE.pairs).tolist() == [False] * 3


SURELY, HARDLY = 2.5, 2.49


@pytest.mark.parametrize(
    ("pairs", "scores", "labels", "home"),
    [
        # 3 is labelled 1 and agrees with 0 and 1, which agree with each other.
        ([(0, 1), (0, 3), (1, 3)], [SURELY] * 3, [0, 0, 0, 1, 1], [-1, -1, -1, 0, -1]),
        ([(0, 3), (3, 1)], [SURELY] * 2, [0, 0, 0, 1, 1], [-1, -1, -1, 0, -1]),
        ([(0, 3), (1, 3)], [SURELY, HARDLY], [0, 0, 0, 1, 1], [-1] * 5),
        ([(0, 3), (3, 0), (0, 3)], [SURELY] * 3, [0, 0, 0, 1, 1], [-1] * 5),
        # With one of its own class, too: they share a ground, or a mark.
        ([(0, 3), (1, 3), (3, 4)], [SURELY] * 3, [0, 0, 0, 1, 1], [-1] * 5),
        # Two other classes would do.
        ([(0, 3), (1, 3), (2, 3)], [SURELY] * 3, [0, 0, 2, 1, 1], [-1] * 5),
        # Images without a label neither count nor are doubted.
        ([(0, 3), (1, 3), (2, 3)], [SURELY] * 3, [0, 0, -1, 1, 1], [-1, -1, -1, 0, -1]),
        ([(0, 3), (2, 3)], [SURELY] * 2, [0, 0, -1, 1, 1], [-1] * 5),
        ([(0, 3), (1, 3)], [SURELY] * 2, [0, 0, 0, -1, 1], [-1] * 5),
        ([(0, 1), (0, 2)], [SURELY] * 2, [0, 0, 0, 1, 1], [-1] * 5),
        ([(0, 3)], [-np.inf], [0, 0, 0, 1, 1], [-1] * 5),
    ],
)
def test_a_label_is_in_doubt_where_a_photo_agrees_with_one_other_class_alone(
    pairs, scores, labels, home
):
    found = find_doubted(np.array(pairs), np.array(scores), np.array(labels))
    assert found.tolist() == home
