"""Bursts are held against photos of the same class, camera and day that are farther apart."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from helpers.splits import bursts
from helpers.splits.bursts import Verdict


def taken(*rows):
    return pd.DataFrame(rows, columns=["taken", "camera"]).astype({"taken": float})


def test_bursts_are_held_against_the_same_class_camera_and_day_a_minute_apart():
    day = 24 * 60 * 60
    rows = [(0, "a"), (2, "a"), (60, "a"), (63, "b"), (61, "a"), (day + 70, "a"), (90, "a")]
    labels = np.array([0, 0, 0, 0, 0, 0, 1])
    found = [bursts.find(taken(*rows), labels, seed) for seed in range(20)]
    for one in found:
        assert one.pairs.tolist() == [[0, 1], [2, 4]]
        np.testing.assert_allclose(one.apart, [2, 1])
    # 0 and 2 are 60 s apart, which is not more; the rest is another camera, day or class.
    drawn = {tuple(pair) for one in found for pair in one.others.tolist()}
    assert drawn == {(0, 4)}


def test_a_burst_of_two_classes_is_held_against_a_pair_of_the_same_two():
    rows = [(0, "a"), (2, "a"), (100, "a"), (200, "a"), (300, "b")]
    found = bursts.find(taken(*rows), np.array([0, 1, 0, 1, 1]))
    assert found.pairs.tolist() == [[0, 1]] and found.others.tolist() == [[0, 3]]
    # Where the other class has no further photo of that camera, there is nothing to hold it to.
    assert not len(bursts.find(taken(*rows), np.array([0, 1, 0, 0, 1])).others)


def test_photos_without_time_are_in_no_pair_and_each_pair_is_there_once():
    rows = [(None, "a"), (None, "a"), *[(100 * i + j, "a") for i in range(4) for j in (0, 1)]]
    found = bursts.find(taken(*rows), np.zeros(10, int))
    assert len(found.pairs) == 4 and 1 <= len(found.others) <= 4
    assert found.others.min() >= 2
    assert len({tuple(pair) for pair in found.others.tolist()}) == len(found.others)
    assert (found.others[:, 0] < found.others[:, 1]).all()
    again = bursts.find(taken(*rows), np.zeros(10, int))
    assert again.others.tolist() == found.others.tolist()


def test_at_most_a_thousand_are_held_against_others(monkeypatch):
    monkeypatch.setattr(bursts, "MOST", 3)
    rows = [(100 * i + j, "a") for i in range(9) for j in (0, 1)]
    found = bursts.find(taken(*rows), np.zeros(18, int))
    assert len(found.pairs) == 9 and len(found.others) <= 3


def test_of_more_than_a_thousand_bursts_a_thousand_are_held_against_others():
    rows = [(10 * i + j, "a") for i in range(1200) for j in (0, 1)]
    found = bursts.find(taken(*rows), np.zeros(2400, int))
    assert len(found.pairs) == 1200 and 900 < len(found.others) <= 1000


def test_the_first_photo_of_a_burst_is_held_against_another_the_same_each_time():
    rows = [(0, "a"), (1, "a"), (100, "a")]
    assert bursts.find(taken(*rows), np.zeros(3, int)).others.tolist() == [[0, 2]]
    rows = taken(*((100 * i + j, "a") for i in range(9) for j in (0, 1)))
    drawn = [
        bursts.find(rows, np.zeros(18, int), *seed).others.tolist() for seed in ((), (0,), (1,))
    ]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize(
    ("share", "others", "recall"), [(0.8, 0.1, 1), (0.5, 0.3, 1), (0.9, 0.05, 0.6), (0, 0.2, 1)]
)
def test_at_least_so_many_show_one_thing_by_simulation(share, others, recall):
    """Not more than do show one thing, in 95 of 100 draws or more, and not much less, either."""
    rng = np.random.default_rng(0)
    least = []
    for _ in range(200):
        right = rng.random(400) < share
        agree = np.where(right & (rng.random(400) < recall), True, rng.random(400) < others)
        verdict = bursts.judge(agree, rng.random(400) < others)
        least.append(verdict.least)
    assert np.mean(np.array(least) <= share) >= 0.95
    assert share * recall - 0.2 < np.mean(least) <= share + 0.02


@pytest.mark.parametrize("verdict", [Verdict(5, 0, 9, 1), Verdict(5, 5, 0, 0), Verdict(5, 5, 9, 9)])
def test_without_agreement_or_others_nothing_is_known(verdict):
    with np.errstate(divide="raise"):  # nor is anything divided by nothing, which numpy would tell
        assert verdict.least == 0.0


def test_the_note_says_what_was_compared_and_how_many():
    agree, others = np.arange(10) < 9, np.arange(8) < 1
    verdict = bursts.judge(agree, others)
    assert verdict == Verdict(10, 9, 8, 1)
    assert bursts.describe(verdict, 5) == (
        "Bursts: 10 pairs of the images compared were taken within 4 s by one camera; the "
        "keypoints of 9 agree, of 8 pairs of the same class, camera and day, but more than a "
        "minute apart, those of 1. So at least 26% of the bursts show one thing or one place, and "
        "perhaps all: keypoints miss many such pairs. 5 of them are proposed; the other 5 could "
        "not be confirmed, and may show one thing or one place all the same: only a column that "
        "says what was photographed, or groups by their times (--pause 4, group_by_time), keep "
        "those together."
    )
    assert bursts.describe(Verdict(1, 1, 0, 0), 1) == (
        "Bursts: 1 pair of the images compared was taken within 4 s by one camera; the keypoints "
        "of 1 agree; there are none of the same class, camera and day to hold them against."
    )


@pytest.mark.parametrize(
    ("pairs", "mixed", "told"),
    [
        (9, 4, "by one camera, 4 of them of two classes; the keypoints of 1 agree, of 9 pairs of"),
        (9, 9, "by one camera, each of two classes; the keypoints of 1 agree, of 9 pairs of the"),
        (1, 1, "by one camera, of two classes; the keypoints of 1 agree, of 9 pairs of the same"),
    ],
)
def test_the_note_says_how_many_are_of_two_classes_and_what_they_are_held_against(
    pairs, mixed, told
):
    said = bursts.describe(Verdict(pairs, 1, 9, 0), 0, 0, mixed)
    assert told in said and "of 9 pairs of the same classes, camera and day, but" in said


@pytest.mark.parametrize("verdict", [Verdict(20, 15, 30, 3), Verdict(9, 9, 12, 0)])
def test_both_shares_are_taken_at_the_end_of_their_interval_as_scipy_has_it(verdict):
    low, high = (
        binomtest(agree, of).proportion_ci(0.9)  # 5 % on either side
        for agree, of in ((verdict.agree, verdict.bursts), (verdict.others_agree, verdict.others))
    )
    expected = (low.low - high.high) / (1 - high.high)
    np.testing.assert_allclose(verdict.least, max(0.0, expected))


def test_one_that_is_proposed_is_told_in_the_singular():
    assert ". None of them is proposed: they could not" in bursts.describe(Verdict(9, 2, 9, 0), 0)
    assert " 1 of them is proposed; " in bursts.describe(Verdict(9, 2, 9, 0), 1)
    assert " 2 of them are proposed; " in bursts.describe(Verdict(9, 2, 9, 0), 2)


@pytest.mark.parametrize(
    ("proposed", "known", "told"),
    [
        (0, 9, "9 of the bursts are in one group already."),
        (1, 8, "8 of the bursts are in one group already."),
        (0, 8, "8 of the bursts are in one group already. The other 1 could not be confirmed, and"),
        (2, 1, "1 of the bursts is in one group already. 2 more are proposed; the other 6 could "),
    ],
)
def test_bursts_that_are_in_one_group_already_are_not_called_unconfirmed(proposed, known, told):
    said = bursts.describe(Verdict(9, 2, 9, 0), proposed, known).partition("one place. ")[2]
    assert said.startswith(told) and ("--pause" in said) == (proposed + known < 9)
