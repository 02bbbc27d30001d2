"""Accepted pairs are kept as a column, which is the group from then on."""

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import Dataset, DatasetError
from helpers.splits import apply_groups, suggesting
from helpers.splits.accepting import find_bridges

PAIRS = pd.DataFrame(
    {"image_id": ["a", "b", "e"], "other_id": ["b", "c", "f"], "expected": [0.9, 0.8, np.nan]}
)


def small(group=None, **columns):
    index = pd.Index(list("abcdefg"), name="image_id")
    images = pd.DataFrame({"label": None, "split": None, **columns}, index)
    return Dataset("small", ".", images, group=group)


def test_accepted_pairs_become_a_column_that_is_the_group():
    dataset = apply_groups(small(), PAIRS)
    assert dataset.group == "suggested_group" and dataset.has_groups
    values = dataset.images["suggested_group"]
    assert values.dropna().to_dict() == dict.fromkeys("abc", "group 1")
    assert dataset.groups["d"] == "d"


def test_a_pair_without_an_expected_is_taken_once_it_has_one():
    values = apply_groups(small(), PAIRS.fillna(1.0)).images["suggested_group"]
    assert values.dropna().to_dict() == dict.fromkeys("abc", "group 1") | dict.fromkeys(
        "ef", "group 2"
    )
    bare = apply_groups(small(), PAIRS[["image_id", "other_id"]], column="mine")
    assert bare.group == "mine" and bare.images["mine"].notna().sum() == 5


def test_a_group_there_is_already_is_joined():
    known = small("specimen", specimen=["s", "s", None, "t", "t", None, "u"])
    values = apply_groups(known, pd.DataFrame({"image_id": ["b"], "other_id": ["d"]})).images
    assert values["suggested_group"].dropna().to_dict() == dict.fromkeys("abde", "group 1")
    assert list(known.images) == ["label", "split", "specimen"]


def test_groups_applied_again_stand_in_a_column_beside_the_first():
    once = apply_groups(small(), PAIRS[:1])
    twice = apply_groups(once, PAIRS[1:2])
    assert twice.group == "suggested_group_2"
    assert twice.images["suggested_group"].dropna().to_dict() == dict.fromkeys("ab", "group 1")
    assert twice.images[twice.group].dropna().to_dict() == dict.fromkeys("abc", "group 1")
    assert apply_groups(twice, PAIRS[:1]).group == "suggested_group_3"


def test_what_cannot_be_applied_is_said():
    with pytest.raises(DatasetError, match="has a column 'label' already; name another"):
        apply_groups(small(), PAIRS, column="label")
    wrong = pd.DataFrame({"image_id": ["a"], "other_id": ["z"]})
    with pytest.raises(DatasetError, match="name z, which 'small' does not have"):
        apply_groups(small(), wrong)


def test_nothing_accepted_leaves_every_image_alone():
    dataset = apply_groups(small(), PAIRS.iloc[:0])
    assert dataset.images["suggested_group"].isna().all() and not dataset.has_groups


TRIPLES, THIRD = [(0, 1), (1, 2), (3, 4), (4, 5)], [(6, 7), (7, 8)]
FOURS = [(0, 1), (1, 2), (2, 3), (4, 5), (5, 6), (6, 7)]
BETWEEN = [(one, other) for one in range(4) for other in range(4, 8)]


@pytest.mark.parametrize(
    ("pairs", "compared", "left"),
    [
        (TRIPLES, [], []),
        ([*TRIPLES, (2, 3)], [], [(2, 3)]),
        ([*TRIPLES, (2, 3), (0, 5)], [], []),
        ([*TRIPLES, (2, 3), (0, 3)], [], []),
        # Two of the first ten pairs between the fours are a fifth, of eleven they are less.
        ([*FOURS, (0, 4), (1, 5)], BETWEEN[:10], []),
        ([*FOURS, (0, 4), (1, 5)], BETWEEN[:11], [(0, 4), (1, 5)]),
        ([*FOURS, (0, 4), (1, 5), (2, 6)], BETWEEN[:15], []),
        # Two images are no group of three, nor is one.
        ([(0, 1), (1, 2), (3, 4), (2, 3)], BETWEEN, []),
        ([(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)], BETWEEN, []),
        # What is followed first depends on the order: the surest come first.
        ([(0, 1), (3, 4), (1, 3), (4, 5), (1, 2)], BETWEEN, []),
        # Two groups that become one have links to a third together.
        ([*TRIPLES, *THIRD, (2, 3), (1, 4), (0, 6), (5, 8)], [], []),
        ([*TRIPLES, *THIRD, (0, 6), (5, 8)], [], [(0, 6), (5, 8)]),
        # The two that agree most become one first: with the third they then agree too little.
        ([*TRIPLES, *THIRD, (0, 3), (1, 4), (0, 6), (1, 7)],
         [*((one, 6) for one in range(6)), *((one, 7) for one in range(6))],
         [(0, 6), (1, 7)]),
        ([], [], []),
    ],
)  # fmt: skip
def test_two_groups_that_mostly_do_not_agree_are_not_joined(pairs, compared, left):
    compared = sorted({*pairs, *compared})
    arrays = [np.array(one, int).reshape(-1, 2) for one in (pairs, compared)]
    found = find_bridges(*arrays, 9)
    assert [tuple(pair) for pair in arrays[0][found].tolist()] == left


def test_a_pair_between_groups_that_otherwise_do_not_agree_is_shown_and_not_followed():
    search = object.__new__(suggesting._Search)  # what finishes the table needs no pictures
    search.ids, search.labels, search.notes = pd.Index(list("abcdef")), np.zeros(6, int), []
    search.splits = pd.Series(None, search.ids, dtype="str")
    known = {"inliers": 9, "likeness": 0.5, "evidence": ["keypoints"], "why": ["9"]}
    rows = {pair: known | {"expected": 0.95 - 0.01 * i}
            for i, pair in enumerate([*TRIPLES, (2, 3)])}  # fmt: skip
    table = search._finish(rows, np.array([*rows]))
    assert table["issue"].tolist() == [suggesting.TWICE] * 4 + [suggesting.BRIDGE]
    assert table["expected"].isna().tolist() == [False] * 4 + [True]
    assert table["group"].tolist()[:4] == [1, 1, 2, 2] and pd.isna(table["group"].iloc[4])
    dataset = Dataset("six", ".", pd.DataFrame({"label": None, "split": None}, search.ids))
    assert apply_groups(dataset, table).images["suggested_group"].nunique() == 2
