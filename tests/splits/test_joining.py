"""Which images stay together, and on which side they were before."""

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import Dataset, DatasetError
from helpers.splits.joining import (
    check_pairs,
    earlier_sides,
    join_groups,
    link,
    sides_of_groups,
    sure_pairs,
    tie_copies,
)


def together(codes):
    """The sets of images with one number."""
    return {frozenset(ids) for ids in codes.groupby(codes).groups.values()}


def merged(sets):
    """Sets that overlap, joined until none do."""
    found = []
    for one in map(set, sets):
        apart = [other for other in found if not other & one]
        found = [*apart, one.union(*(other for other in found if other & one))]
    return {frozenset(one) for one in found}


@pytest.mark.parametrize("seed", range(10))
def test_groups_and_copies_are_joined_however_they_are_linked(seed):
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"{i:02d}.jpg" for i in range(20)])
    groups = pd.Series(rng.choice(["p", "q", "r", "s", None, None, None], 20), ids)
    ends = rng.choice([*ids, "gone.jpg"], (6, 2))
    pairs = pd.DataFrame(ends, columns=["image_id", "other_id"])
    found = join_groups(groups, pairs, ids)
    by_value = [ids[(groups == value).to_numpy()] for value in "pqrs"]
    expected = merged([*({i} for i in [*ids, *ends.ravel()]), *map(set, by_value), *map(set, ends)])
    assert together(found) == expected - {frozenset()}
    assert found.index[:20].equals(ids)


def test_groups_are_numbered_as_they_come():
    groups = pd.Series(["z", "y", "z", None, "a"], [*"12345"])
    assert join_groups(groups, None, groups.index).tolist() == [0, 1, 0, 2, 3]
    assert join_groups(groups, None, pd.Index([*"54321"])).tolist() == [0, 1, 2, 3, 2]


def test_a_group_called_like_an_image_does_not_join_it():
    groups = pd.Series([None, "1.jpg", "1.jpg"], ["1.jpg", "2.jpg", "3.jpg"])
    assert join_groups(groups, None, groups.index).tolist() == [0, 1, 1]


def test_nothing_is_joined_where_there_is_nothing():
    assert join_groups(pd.Series(dtype="str"), None, pd.Index([])).empty
    assert link(np.array([], int), [np.array([], int)] * 2).tolist() == []


def test_probable_pairs_are_checked_and_not_joined():
    pairs = pd.DataFrame(
        {"image_id": [*"aa"], "other_id": [*"bc"], "kind": ["near", "probable"], "bits": [1, 2]}
    )
    assert check_pairs(pairs).to_numpy().tolist() == [["a", "b", "near"], ["a", "c", "probable"]]
    assert sure_pairs(pairs)["other_id"].tolist() == ["b"]
    assert check_pairs(pairs[["image_id", "other_id"]])["kind"].tolist() == ["near", "near"]
    assert [len(check_pairs(none)) for none in (None, pd.DataFrame(), pairs[:0])] == [0, 0, 0]


def test_a_table_that_holds_no_pairs_is_refused_by_its_columns():
    with pytest.raises(DatasetError, match="no column 'other_id' .columns: image_id, distance"):
        check_pairs(pd.DataFrame({"image_id": ["a"], "distance": [1]}))


def test_an_earlier_split_may_be_a_table_or_a_column():
    table = pd.DataFrame({"split": ["train", None, "test"]}, [*"abc"])
    for previous in (table, table["split"]):
        assert earlier_sides(previous).to_dict() == {"a": "train", "c": "test"}
    assert earlier_sides(None).empty


@pytest.mark.parametrize(
    ("previous", "why"),
    [
        (pd.DataFrame({"side": ["train"]}), "no column 'split' .columns: side"),
        (pd.Series(["train", "val"], [*"ab"]), "has sides val; expected train, valid, test"),
        (pd.Series(["train", "valid", "test"], [*"aba"]), "more than one row for an image: a"),
    ],
)
def test_what_is_no_earlier_split_is_refused(previous, why):
    with pytest.raises(DatasetError, match=why):
        earlier_sides(previous)


def test_a_group_keeps_its_side_and_torn_ones_go_where_they_spoil_nothing_more():
    group = pd.Series([0, 0, 1, 1, 2, 2, 2, 3], [*"abcdefgh"])
    before = pd.Series(["valid", "valid", "test", "train", "test", "valid"], [*"abcdef"])
    fixed, torn = sides_of_groups(group, before)
    assert fixed.to_dict() == {0: "valid", 1: "train", 2: "valid"}
    assert torn.to_dict() == {"c": "test", "d": "train", "e": "test", "f": "valid"}


def test_of_many_columns_six_are_named():
    table = pd.DataFrame(columns=[*"abcdefg"], data=[range(7)])
    for refuse in (check_pairs, earlier_sides):
        with pytest.raises(DatasetError, match=r".columns: a, b, c, d, e, f and 1 more."):
            refuse(table)
    with pytest.raises(DatasetError, match="no column 'image_id', 'other_id' .columns"):
        check_pairs(table)
    with pytest.raises(DatasetError, match="no column 'split' .columns: none"):
        earlier_sides(table[[]])


def test_ties_are_kept_when_further_copies_are_found(tmp_path):
    index = pd.Index([*"abcde"], name="image_id")
    images = pd.DataFrame({"label": "x", "split": None}, index)
    pairs = [pd.DataFrame([[*one]], columns=["image_id", "other_id"]) for one in ("ab", "de", "ba")]
    dataset = Dataset("made", tmp_path, images)
    for one in pairs:
        dataset = tie_copies(dataset, one)
    assert dataset.groups.to_list() == [*"aacdd"]
    assert dataset.copies.to_list() == [*"aadd"]
    assert tie_copies(dataset, pairs[0]) is dataset
    rest = dataset.with_images(images.drop("a"))  # the tie outlives the first
    assert rest.groups.to_list() == [*"acdd"] and "a" not in rest.groups
