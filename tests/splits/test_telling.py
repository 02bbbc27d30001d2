"""Sentences count what they say they count."""

import numpy as np
import pandas as pd
import pytest

from helpers.splits import telling
from helpers.splits.chance import Verified

NO = -np.inf


def test_what_was_compared_is_told_for_pairs_found_mirrored_and_of_strangers():
    found, mirrored = np.array([1.0, 2, 3] + [NO] * 1997), np.array([1.0] + [NO] * 7)
    told = telling.tell_compared(found, np.array([NO] * 9 + [1.0]), mirrored, True)
    assert told == (
        "Of 2,000 pairs of near images 3 agree in three keypoints or more. How many do so by "
        "chance is judged by 8 of the same pairs with one photo mirrored, as nothing is "
        "photographed (12.5% agree), and by 10 pairs of near images of two classes (10.0%)."
    )
    told = telling.tell_compared(found, np.array([NO]), mirrored, False)
    assert told.endswith(", and by 1 pair of images far from each other (0.0%).")
    told = telling.tell_compared(found, mirrored[:0], mirrored[:0], True)
    assert told.endswith("as nothing is photographed (0.0% agree).")


def test_what_was_turned_over_is_told_and_is_the_same_on_both_sides_is_not():
    pairs = np.array([[0, 1], [2, 3], [4, 5], [6, 7]])
    found = Verified(pairs, np.array([0, 5, 40, 0]), np.zeros(4))
    mirrored = found._replace(inliers=np.array([20, 30, 30, 9]))
    (told,) = telling.tell_turned(found, mirrored)
    assert told.startswith("Of 4 pairs 2 agree well only where one photo is mirrored: ")
    (told,) = telling.tell_turned(found, mirrored.pick(np.array([True, False, True, True])))
    assert told.startswith("Of 3 pairs 1 agrees well only where one photo is mirrored: ")
    assert telling.tell_turned(found, mirrored.pick(np.array([False, False, True, True]))) == []


def test_groups_whose_members_mostly_do_not_agree_are_named_the_largest_first():
    """Group 1 is a chain of six of which all pairs were compared, 2 a chain of which only the
    links were, 3 too small, 4 a chain of seven."""
    numbers = [1] * 6 + [2] * 5 + [3] * 4 + [4] * 7 + [pd.NA]
    groups = pd.array(numbers, "Int64")
    spans = [(0, 6), (6, 11), (11, 15), (15, 22)]
    links = [(i, i + 1) for start, end in spans for i in range(start, end - 1)]
    every = [(i, j) for k in (0, 2, 3) for i in range(*spans[k]) for j in range(i + 1, spans[k][1])]
    compared = np.array(sorted({*links, *every, (0, 22), (0, 6)}))
    ids = pd.Index([f"{number:02}.jpg" for number in range(len(numbers))])
    (told,) = telling.tell_loose(groups, np.array(links), compared, ids)
    assert told == (
        "In 2 groups of 5 images or more fewer than half of the pairs that were compared agree: "
        "group 4 (7 images, '15.jpg' first), group 1 (6 images, '00.jpg' first). Several things "
        "may hang together there: look at them first."
    )
    # 7 of 15 pairs of group 1 are fewer than half, 8 are not.
    for more, expected in (([(0, 2), (0, 3)], 2), ([(0, 2), (0, 3), (0, 4)], 1)):
        (told,) = telling.tell_loose(groups, np.array([*links, *more]), compared, ids)
        assert told.startswith(f"In {expected} group")
    assert telling.tell_loose(groups, np.array(every), compared[:0], ids) == []


@pytest.mark.parametrize(("compared", "told"), [(8, False), (9, True)])
def test_a_group_of_five_is_told_of_from_less_than_half(compared, told):
    """Four links join five images; of eight pairs compared they are half, of nine they are less."""
    links = np.array([(i, i + 1) for i in range(4)])
    every = [(i, j) for i in range(5) for j in range(i + 1, 5)]
    pairs = sorted(every, key=lambda pair: pair[1] - pair[0])[:compared]
    found = telling.tell_loose(
        pd.array([1] * 5, "Int64"), links, np.array(pairs), pd.Index([*"abcde"])
    )
    assert [": group 1 (5 images, 'a' first). " in line for line in found] == [True] * told


def test_what_was_concluded_counts_labels_and_bridges_apart():
    table = pd.DataFrame({
        "image_id": list("aacx"), "other_id": list("bceq"), "group": [1, 1, None, None],
        "expected": [0.9, 0.8, None, None],
        "across": pd.array([True, False, None, None], "boolean"), "evidence": "keypoints",
        "issue": ["one thing twice?"] * 2 + [telling.BRIDGE, "one thing under two labels?"],
    })  # fmt: skip
    assert telling.conclude(table) == [
        "2 pairs in 1 group of 3 images are proposed to show one thing or one place, of which 1.7 "
        "are expected to be right.",
        telling.WHICH,
        "1 more pair has different labels ('x' and 'q'): a label is wrong, or they share no more "
        "than their ground. They count to no group.",
        "1 more pair would join two groups of three images or more that otherwise do not agree: "
        "such a mistake would make them one. Shown, but not followed.",
        "1 of the pairs lie across the given split.",
    ]
    alone = table[:2].assign(across=pd.NA)
    assert telling.conclude(alone)[1:] == [telling.WHICH]
    # Names and times say what was photographed in another way.
    assert len(telling.conclude(alone.assign(evidence=["file name", "burst"]))) == 1
    assert telling.conclude(table[:0]) == ["No two images are proposed to show the same thing."]


def hanging(*groups, evidence="keypoints"):
    """A chain of pairs for each number of images."""
    rows, start = [], 0
    for number, size in enumerate(groups, 1):
        for one in range(start, start + size - 1):
            rows.append((f"{one:03}", f"{one + 1:03}", number))
        start += size
    table = pd.DataFrame(rows, columns=["image_id", "other_id", "group"])
    return table.assign(expected=0.9, across=pd.NA, issue="?", evidence=evidence)


def test_what_keypoints_alone_join_ten_times_is_not_told_apart():
    table = hanging(9, 10, 3, 12)
    assert telling.hang_together(table).tolist() == [0] * 8 + [10] * 9 + [0] * 2 + [12] * 11
    assert telling.conclude(table) == [
        "30 pairs in 4 groups of 34 images are proposed to show one thing or one place, of which "
        "27 are expected to be right.",
        telling.WHICH,
        "Not told apart: 20 of the pairs proposed, 18 of those expected to be right, hang "
        "together by "
        "keypoints alone in 2 groups of 10 images or more ('022' and 11 more, '009' and 9 "
        "more). Such a group shows one thing or one place that was photographed so often; or "
        "several that a few wrong pairs chain, or several that carry one object, such as a "
        "sticker, a mask or a scale, and then most of its pairs are wrong. Look at a few. Kept "
        "together they leak nothing in any case.",
    ]


def test_what_names_say_or_is_not_followed_makes_no_such_group():
    assert not telling.hang_together(hanging(12, evidence="file name")).any()
    assert not telling.hang_together(hanging(12, evidence="file name and keypoints")).any()
    table = hanging(12)
    table.loc[5, "expected"] = None  # a bridge between six and six
    assert not telling.hang_together(table).any()
    assert telling.hang_together(table[:0]).tolist() == []
