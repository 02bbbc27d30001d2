"""What notebook 08 says of its studies is in their tables."""

import pytest
from scipy import stats

from helpers.course.studies import read_study
from helpers.regularisation import CURES, cure_effects, cut_of_gap, gaps
from studies.regularisation import FOUR, SETTINGS, subsets

WRONG, RIGHT = SETTINGS


@pytest.fixture(scope="module")
def study():
    table = read_study("regularisation")
    return table[table["setting"] == WRONG]


@pytest.fixture(scope="module")
def curse():
    return read_study("winners_curse")


def test_every_cure_was_trained_on_five_seeds_by_one_code_and_on_the_same_images(study):
    seeds = study[study["cure"].isin([*CURES])].groupby("cure")["seed"].nunique()
    assert set(seeds.index) == set(CURES)
    assert set(seeds) == {5}
    assert study["code"].nunique() == 1
    assert set(study.groupby("seed")["images"].nunique()) == {1}
    assert not study.duplicated(["cure", "seed", "epoch"]).any()


def test_without_cures_it_learns_every_wrong_label_by_heart(study):
    ends = gaps(study)
    assert ends.loc[ends["cure"] == "none", "by_heart"].min() > 0.95


def test_four_cures_surely_cut_the_gap_by_more_than_half(study):
    ends = gaps(study, CURES)
    effects = cure_effects(ends).loc["gap"]
    assert effects.loc["all four", "high"] < 0
    assert effects.loc["all four", "sure"]
    assert cut_of_gap(ends, "all four") > 0.5


def test_most_cures_surely_better_the_log_loss(study):
    verdicts = cure_effects(gaps(study, CURES)).loc["log loss", "verdict"]
    assert (verdicts == "better").sum() > len(verdicts) / 2


def test_the_best_of_a_hundred_promises_too_much_in_every_collection_among_equals_too(curse):
    most = curse[curse["tries"] == 100]
    assert set(most["kind"]) == {"settings drawn at random", "equal in truth"}
    assert most.groupby("kind")["seed"].nunique().min() >= 2
    assert most["gap"].min() > 0.02
    assert curse.loc[curse["tries"] == 1, "gap"].abs().max() < 0.01


def test_on_validation_images_divided_again_the_best_of_twenty_surely_promises_too_much():
    claims = read_study("claims")
    points = claims.loc[claims["claim"].str.contains("the best of twenty settings"), "value"]
    found = stats.ttest_1samp(points, 0).confidence_interval()
    assert len(points) == 5
    assert found.low > 0.5


def test_among_equals_there_is_nothing_to_find_and_the_promise_rises_all_the_same(curse):
    same = curse[curse["kind"] == "equal in truth"].groupby("tries").mean(numeric_only=True)
    assert abs(same.loc[100, "others"] - same.loc[1, "others"]) < 0.01
    assert same.loc[100, "chosen"] - same.loc[1, "chosen"] > 0.02


def test_every_set_of_the_four_switches_has_one_name():
    found = subsets()
    assert len(found) == 2 ** len(FOUR)
    assert found["none"] == CURES["none"]
    assert found["all four"] == CURES["all four"]
    assert found["augment + decay"].decay == FOUR["decay"]
    assert len({*found.values()}) == len(found)
