"""Planted leaks and planted pairs of one thing, counted."""

import math
from pathlib import Path

import pandas as pd
import pytest

from helpers.datasets import Dataset
from helpers.splits import check_leakage, score_groups, score_leaks


@pytest.fixture
def leaves():
    """Six images of three specimens; four planted pairs, of which one is innocent and one cannot
    be recognised."""
    ids = pd.Index(list("abcdef"), name="image_id")
    images = pd.DataFrame(
        {
            "label": "oak",
            "split": ["train", "valid", "train", "train", "valid", "valid"],
            "specimen": ["S1", "S1", "S1", "S2", "S2", None],
            "background": ["soil", "bark", "soil", "bark", "bark", "soil"],
        },
        ids,
    )
    rows = [
        ("a", "exact_duplicate", "obvious", "b", False),
        ("c", "exact_duplicate", "obvious", "d", False),
        ("a", "near_duplicate", "clear", "e", False),
        ("c", "near_duplicate", "undetectable", "f", False),
        ("d", "burst", "obvious", "e", True),
    ]
    columns = ["image_id", "kind", "strength", "partner", "innocent"]
    return Dataset("leaves", Path("/nowhere"), images, pd.DataFrame(rows, columns=columns),
                   group="specimen")  # fmt: skip


PAIRS = pd.DataFrame({"image_id": ["b", "a"], "other_id": ["a", "e"], "kind": ["exact", "near"]})


def test_only_what_lies_on_two_sides_and_can_be_seen_counts(leaves):
    found = score_leaks(leaves, check_leakage(leaves, PAIRS)).set_index("kind")
    assert found["planted"].to_dict() == {"exact": 1, "near": 1, "group": 2}
    assert found["found"].to_dict() == {"exact": 1, "near": 1, "group": 2}
    assert found["share"].tolist() == [1, 1, 1]
    apart = leaves.with_images(leaves.images.assign(specimen=["S1", "S1", "S1", "S2", "S3", None]))
    found = score_leaks(apart, check_leakage(apart, PAIRS)).set_index("kind")
    assert found["planted"].to_dict() == {"exact": 1, "near": 1, "group": 1}


def test_what_is_missing_from_the_list_was_not_found(leaves):
    leaks = check_leakage(leaves, PAIRS[:1])
    found = score_leaks(leaves, leaks[leaks["group"] != "S2"]).set_index("kind")
    assert found["share"].to_dict() == {"exact": 1, "near": 0, "group": 0.5}


def test_where_nothing_leaks_or_nothing_is_planted_there_is_no_share(leaves):
    together = leaves.with_images(leaves.images.assign(split="train"))
    found = score_leaks(together, check_leakage(together, PAIRS))
    assert found["planted"].tolist() == [0, 0, 0]
    assert found["share"].isna().all()


def test_without_truth_what_was_found_is_counted(leaves):
    own = Dataset("own", Path("/nowhere"), leaves.images, group="specimen")
    found = score_leaks(own, check_leakage(own, PAIRS)).set_index("kind")
    assert found["found"].to_dict() == {"exact": 1, "near": 1, "group": 2}
    assert found[["planted", "share"]].isna().all(axis=None)
    together = own.with_images(own.images.assign(split="train"))
    found = score_leaks(together, check_leakage(together, PAIRS)).set_index("kind")
    assert found["found"].to_dict() == {"exact": 0, "near": 0, "group": 0}
    ungrouped = own.with_group(None)
    found = score_leaks(ungrouped, check_leakage(ungrouped, PAIRS)).set_index("kind")
    assert found["found"].to_dict() == {"exact": 1, "near": 1}


def test_pairs_of_one_thing_are_counted_by_how_different_they_are(leaves):
    rows = [("b", "a", 0.9), ("d", "e", 0.9), ("a", "f", 0.8), ("a", "c", None)]
    found = score_groups(leaves, pd.DataFrame(rows, columns=["image_id", "other_id", "expected"]))
    assert found["kind"].tolist() == ["burst", "same ground", "another ground"]
    assert found["pairs"].tolist() == [1, 1, 2]  # d-e, a-c, a-b and b-c
    assert found["found"].tolist() == [1, 0, 1]
    assert found["recall"].tolist() == [1, 0, 0.5]
    assert found.attrs["precision"] == pytest.approx(2 / 3)


def test_of_a_kind_that_no_pair_is_of_nothing_is_found_and_there_is_no_recall(leaves):
    nothing = pd.DataFrame({"image_id": [], "other_id": [], "expected": []})
    alone = leaves.with_images(leaves.images.assign(specimen=[*"123456"]))
    for dataset, pairs in ((alone, [0, 0, 0]), (leaves, [1, 1, 2])):
        found = score_groups(dataset, nothing)
        assert found["pairs"].tolist() == pairs and found["found"].tolist() == [0, 0, 0]
        assert found["recall"].isna().tolist() == [not count for count in pairs]


def test_without_proposals_there_is_no_precision_and_without_truth_no_table(leaves):
    nothing = pd.DataFrame({"image_id": [], "other_id": [], "expected": []})
    assert math.isnan(score_groups(leaves, nothing).attrs["precision"])
    own = Dataset("own", Path("/nowhere"), leaves.images)
    assert score_groups(own, nothing).empty
