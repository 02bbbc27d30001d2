"""What notebook 06 says of its studies is in their tables."""

import pytest

from helpers.augment import class_effects, paired_effects
from helpers.course.studies import read_study
from studies.augmentation import FEW


@pytest.fixture(scope="module")
def few():
    table = read_study("augmentation")
    return table[table["setting"] == FEW]


def test_every_policy_was_measured_on_five_seeds_of_one_code_and_on_equal_terms(few):
    assert set(few.groupby("policy")["seed"].nunique()) == {5}
    assert few["code"].nunique() == 1
    assert {"none", "mirror and turn", "hue"} <= set(few["policy"])
    assert set(few.groupby("seed")["images"].nunique()) == {1}
    assert set(few["scored"]) == {1200}


def test_with_few_images_a_policy_surely_helps_and_none_was_picked_by_luck(few):
    found = paired_effects(few, "log_loss")
    assert found.loc["mirror and turn", "high"] < 0
    assert found["sure"][found["difference"] < 0].any()


def test_hue_surely_harms_the_pair_and_the_mean_over_all_classes_hides_it():
    names = {"fresh": "recall of all ten", "willow_olive": "recall of the pair"}
    ladder = read_study("ladder").rename(columns={"arm": "policy"} | names)
    found = class_effects(ladder, "augmented by hue", against="fine-tuned")
    assert found.loc["the pair", "sure"]
    assert found.loc["the pair", "high"] < 0
    assert found.loc["all ten", "low"] < 0 < found.loc["all ten", "high"]
