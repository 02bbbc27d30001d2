from itertools import combinations

import numpy as np
import pytest

from helpers.copies.crowds import ALIKE, Crowds

PART = {"kind": "part", "difference": "a part of 3 % at the centre"}
NEAR = {"kind": "near", "difference": ""}
NOBODY_KNOWS = np.datetime64("NaT")


def crowds(*minutes):
    """Pictures taken at these minutes, None for one whose time is not known."""
    start = np.datetime64("2024-05-01T12:00", "ms")
    times = [
        NOBODY_KNOWS if minute is None else start + np.timedelta64(minute, "m")
        for minute in minutes
    ]
    return Crowds(np.array(times, "datetime64[ms]"))


def test_a_crowd_is_more_than_three_pictures_linked_directly_or_through_others():
    known = crowds(*[None] * 8)
    for first, second in ((0, 1), (5, 6), (2, 1), (0, 2)):
        known.learn(first, second, PART)
    assert ALIKE == 3 and not known.are_in(0, 1)
    known.learn(3, 2, PART)
    assert [pair for pair in combinations(range(8), 2) if known.are_in(*pair)] == [
        *combinations(range(4), 2)
    ]
    known.learn(6, 7, PART)
    known.learn(4, 7, PART)
    assert known.are_in(4, 0) and known.are_in(7, 5)  # both are in crowds, if not in the same


@pytest.mark.parametrize(
    ("facts", "links"),
    [
        (PART, True),
        ({"kind": "near", "difference": "colour (one is grey)"}, True),
        ({"kind": "probable", "difference": "sharpness, colour (cast)"}, True),
        ({"kind": "probable", "difference": "sharpness"}, False),
        (NEAR, False),
        ({}, False),
        (None, False),
    ],
)
def test_pairs_are_doubtful_by_a_part_or_by_colour(facts, links):
    known = crowds(*[None] * 4)
    for other in (1, 2, 3):
        known.learn(0, other, facts)
    assert known.are_in(0, 3) is links


def test_copies_of_different_times_are_doubtful_and_two_photos_are_not():
    known = crowds(0, 1, 2, 3)
    for other in (1, 2, 3):
        known.learn(0, other, {})
    assert not known.are_in(0, 3)
    for other in (1, 2, 3):
        known.learn(0, other, NEAR)
    assert known.are_in(0, 3)
    same = crowds(5, 5, 5, 5)
    for other in (1, 2, 3):
        same.learn(0, other, NEAR)
    assert not same.are_in(0, 3)


def test_times_differ_only_where_both_are_known():
    known = crowds(0, 0, 1, None, None)
    assert {pair for pair in combinations(range(5), 2) if known.differ_in_time(*pair)} == {
        (0, 2),
        (1, 2),
    }


def test_many_links_in_any_order_make_the_groups_of_a_search_through_the_graph():
    rng = np.random.default_rng(0)
    known, linked = crowds(*[None] * 60), {number: {number} for number in range(60)}
    for first, second in rng.integers(0, 60, (40, 2)):
        known.learn(first, second, PART)
        joined = linked[first] | linked[second]
        linked |= dict.fromkeys(joined, joined)
        for pair in rng.integers(0, 60, (20, 2)):
            assert known.are_in(*pair) == all(len(linked[number]) > 3 for number in pair)
