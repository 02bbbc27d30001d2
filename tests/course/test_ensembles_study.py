"""What notebook 09 says of its study holds in the study's table."""

import numpy as np
import pytest
from scipy import stats

from helpers.course.studies import read_study

TABLE = read_study("ensembles")


def by_seed(recipe, figure):
    return TABLE[TABLE["recipe"] == recipe].set_index("seed")[figure]


def interval(differences):
    """The mean's 95 % interval over seeds (Student's t)."""
    spread = stats.sem(differences)
    return stats.t.interval(0.95, len(differences) - 1, differences.mean(), spread)


def test_every_recipe_was_measured_on_five_seeds_of_one_code():
    assert set(TABLE.groupby("recipe")["seed"].nunique()) == {5}
    assert not TABLE.duplicated(["recipe", "seed"]).any()
    assert TABLE["code"].nunique() == 1


@pytest.mark.parametrize("figure", ["log_loss", "calibrated", "ece"])
def test_a_vote_is_better_than_one_network_and_not_by_caution_alone(figure):
    gain = by_seed("vote of 5 networks", figure) - by_seed("one network", figure)
    assert interval(gain)[1] < 0


def test_a_vote_has_more_right_than_one_network():
    gain = by_seed("vote of 5 networks", "accuracy") - by_seed("one network", "accuracy")
    assert interval(gain)[0] > 0


def test_weights_can_be_averaged_where_networks_began_alike_only():
    soup = by_seed("averaged weights", "accuracy") - by_seed("one network", "accuracy")
    assert interval(soup)[0] > 0
    parts = [by_seed(f"from scratch {n}", "accuracy") for n in (1, 2)]
    ruined = by_seed("averaged weights from scratch", "accuracy") - np.mean(parts, axis=0)
    assert interval(ruined)[1] < 0


def test_pairs_that_disagree_more_gain_more():
    pairs = TABLE[TABLE["kind"] == "pair"].groupby("recipe")[["disagreement", "gain"]].mean()
    assert stats.spearmanr(pairs["disagreement"], pairs["gain"]).statistic > 0.5


def test_a_student_keeps_what_the_probabilities_of_its_teachers_are_worth():
    gain = by_seed("taught by five", "log_loss") - by_seed("one network", "log_loss")
    assert interval(gain)[1] < 0
