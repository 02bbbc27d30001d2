"""Accepted pairs are kept as a column, which is the group from then on."""

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import Dataset, DatasetError
from helpers.splits import apply_groups

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


def test_what_cannot_be_applied_is_said():
    with pytest.raises(DatasetError, match="has a column 'label' already; name another"):
        apply_groups(small(), PAIRS, column="label")
    wrong = pd.DataFrame({"image_id": ["a"], "other_id": ["z"]})
    with pytest.raises(DatasetError, match="name z, which 'small' does not have"):
        apply_groups(small(), wrong)


def test_nothing_accepted_leaves_every_image_alone():
    dataset = apply_groups(small(), PAIRS.iloc[:0])
    assert dataset.images["suggested_group"].isna().all() and not dataset.has_groups
