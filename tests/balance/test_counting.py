"""Counts of classes, with their intervals, against what is counted by hand."""

import numpy as np
import pytest

from helpers.balance import effective_number, imbalance
from helpers.datasets import DatasetError
from helpers.evaluation import accuracy_interval
from tests.balance.sets import table


def test_images_groups_shares_and_ratios_are_counted():
    made = table("leaf", label=["a"] * 6 + ["b"] * 3 + ["c", None], leaf=list("uuvvwwxxxyz"))
    found = imbalance(made)
    assert found.index.tolist() == ["a", "b", "c"]
    assert found.index.name == "label"
    assert found["images"].tolist() == [6, 3, 1]
    assert found["groups"].tolist() == [3, 1, 1]
    assert found["ratio"].tolist() == [1, 2, 6]
    assert found["share"].tolist() == [0.6, 0.3, 0.1]
    labels = made.images["label"].dropna()
    for value, row in found.iterrows():
        expected = accuracy_interval(labels == value, made.groups[labels.index])
        assert (row["low"], row["high"]) == (expected.low, expected.high)


@pytest.mark.parametrize("beta", [0.0, 0.9, 0.999])
def test_the_effective_number_is_the_sum_of_what_each_image_adds(beta):
    found = imbalance(table(label=["a"] * 40 + ["b"] * 2), beta=beta)["effective"]
    # Each further image adds beta times what the one before added (Cui et al., 2019).
    added = np.cumsum(beta ** np.arange(40))
    assert found.tolist() == pytest.approx([added[39], added[1]])
    assert effective_number(np.arange(1, 41), beta).tolist() == pytest.approx(added.tolist())


def test_values_that_are_equally_common_are_sorted_by_name():
    assert imbalance(table(label=list("bca"))).index.tolist() == ["a", "b", "c"]


def test_another_column_is_counted_likewise_and_an_empty_or_missing_one_is_told():
    made = table(label=list("aab"), site=["n", "n", None], empty=[None] * 3)
    assert imbalance(made, "site")["images"].to_dict() == {"n": 2}
    with pytest.raises(DatasetError, match="No image of 'made' has a value in 'empty'"):
        imbalance(made, "empty")
    with pytest.raises(DatasetError, match="no column 'place'; it has: label, split, site, empty"):
        imbalance(made, "place")


@pytest.mark.parametrize("beta", [-0.1, 1.0])
def test_a_beta_out_of_range_is_told(beta):
    with pytest.raises(ValueError, match="below 1"):
        imbalance(table(label=["a"]), beta=beta)
    with pytest.raises(ValueError, match="below 1"):
        effective_number(np.array([3]), beta)


def test_images_add_less_from_a_thousand_on_unless_told():
    added = (0.999 ** np.arange(2000)).sum()
    assert effective_number(np.array([2000])).tolist() == pytest.approx([added])
