"""The best of many scores is partly luck: what is chosen, what it holds, and how much is luck."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from helpers.regularisation.searching import (
    TRIES,
    chosen_by_luck,
    expected_best,
    make_settings,
    score_settings,
    train_setting,
)


def answers(accuracies, images=400, seed=0, per_group=1):
    """Independent right and wrong answers of settings that are truly as accurate as given."""
    rng, index = np.random.default_rng(seed), [f"{n:04d}.jpg" for n in range(images)]
    right = rng.random((images, len(accuracies))) < np.asarray(accuracies)
    groups = pd.Series([f"leaf {n // per_group}" for n in range(images)], index)
    return pd.DataFrame(right, index), groups


def test_of_settings_that_are_equal_in_truth_the_best_promises_what_luck_alone_gives():
    # On average over many sets of answers the promise is the expected maximum of binomials.
    found = pd.concat(
        chosen_by_luck(*answers([0.6] * 20, seed=seed), tries=[1, 20], repeats=40, seed=seed)
        for seed in range(30)
    ).groupby("tries")[["chosen", "others", "gap"]].mean()  # fmt: skip
    assert found.loc[1, "gap"] == pytest.approx(0, abs=0.01)
    assert found.loc[20, "chosen"] == pytest.approx(expected_best(20, 200, 0.6), abs=0.012)
    assert found.loc[20, "others"] == pytest.approx(0.6, abs=0.012)


def test_a_setting_that_is_truly_better_is_found_and_loses_little():
    right, groups = answers([0.9] + [0.5] * 9)
    found = chosen_by_luck(right, groups, tries=[10], repeats=50).iloc[0]
    assert found["others"] == pytest.approx(right[0].mean(), abs=0.01)
    assert found["best"] == pytest.approx(found["others"], abs=0.01)
    assert abs(found["gap"]) < 0.01


def test_the_gap_is_what_was_chosen_less_the_others_and_nothing_beats_the_best():
    found = chosen_by_luck(*answers([0.5, 0.6, 0.7] * 5), tries=[1, 5, 15], repeats=30)
    assert list(found["tries"]) == [1, 5, 15]
    assert np.allclose(found["gap"], found["chosen"] - found["others"])
    assert (found["best"] >= found["others"]).all()
    assert found["chosen"].is_monotonic_increasing


def test_numbers_of_tries_beyond_the_settings_are_left_out():
    found = chosen_by_luck(*answers([0.5] * 12), repeats=3)
    assert list(found["tries"]) == [number for number in TRIES if number <= 12]


def test_images_of_one_group_are_never_on_both_sides():
    # Within a group all answers are alike: chosen by images that the other part shares, the best
    # would seem to hold; by whole groups it falls back.
    rng = np.random.default_rng(3)
    codes = np.repeat(np.arange(40), 10)
    right = pd.DataFrame(rng.random((40, 50)) < 0.5).loc[codes].set_axis(range(400))
    together = chosen_by_luck(right, pd.Series(codes), [50], repeats=60).iloc[0]
    alone = chosen_by_luck(right, pd.Series(range(400)), [50], repeats=60).iloc[0]
    assert together["others"] < 0.53
    assert alone["others"] > 0.58


@pytest.mark.parametrize(("asked", "share"), [(100, 0.25), (None, 0.5), (10_000, 1.0)])
def test_about_as_many_images_as_asked_choose_and_one_group_is_always_left(asked, share):
    right, groups = answers([1.0, 0.0], per_group=4)
    right[0] = np.arange(400) % 2 == 0  # half right in every group
    found = chosen_by_luck(right, groups, [2], images=asked, repeats=5).iloc[0]
    assert (found["chosen"], found["others"]) == (0.5, 0.5)
    from helpers.regularisation.searching import _part

    sizes = np.full(100, 4)
    drawn = _part(np.random.default_rng(0), np.repeat(range(100), 4), sizes, asked or 200)
    assert drawn.sum() == min(400 * share, 396)


def test_one_group_alone_is_refused_in_words():
    right, _ = answers([0.5] * 3, images=6)
    with pytest.raises(ValueError, match="All 6 images belong to one group"):
        chosen_by_luck(right, pd.Series("leaf", right.index))


@pytest.mark.parametrize(
    ("tries", "images", "accuracy"), [(1, 50, 0.3), (10, 50, 0.3), (4, 7, 0.9)]
)
def test_the_expected_best_is_that_of_a_simulation(tries, images, accuracy):
    drawn = stats.binom.rvs(images, accuracy, size=(40_000, tries), random_state=1)
    simulated = drawn.max(axis=1).mean() / images
    assert expected_best(tries, images, accuracy) == pytest.approx(simulated, abs=0.002)


def test_settings_follow_from_the_seed_and_stay_in_their_ranges():
    made = make_settings(50, seed=2)
    assert made == make_settings(50, seed=2) != make_settings(50, seed=3)
    assert len(made) == 50
    assert all(1e-4 <= one["C"] <= 10 and 0 <= one["power"] <= 1 for one in made)
    assert all(one["stages"] and {*one["stages"]} <= {1, 2, 3, 4, 5} for one in made)
    strengths = np.log10([one["C"] for one in made])
    assert strengths.min() < -3 < -0.5 < strengths.max()


@pytest.fixture
def features():
    """Two classes that stage 2 tells apart and stage 1 does not."""
    rng = np.random.default_rng(0)
    labels = pd.Series(["ash", "elm"] * 30, [f"{n}.jpg" for n in range(60)])
    table = pd.DataFrame(rng.normal(size=(60, 4)), labels.index)
    table.columns = ["stage1 000", "stage1 001", "stage2 000", "stage2 001"]
    table["stage2 000"] += 8 * (labels == "elm")
    return table, labels


def test_a_setting_chooses_the_stages_that_its_head_sees(features):
    table, labels = features
    assert train_setting(table, labels, stages=[1]).columns == ["stage1 000", "stage1 001"]
    right = score_settings(
        [{"stages": [1]}, {"stages": [2]}], table[:40], labels[:40], table[40:], labels[40:]
    )
    assert right.shape == (20, 2)
    assert right[1].mean() > 0.9 > 0.75 > right[0].mean()


def test_the_power_of_the_weights_decides_between_a_common_and_a_rare_class(features):
    table, labels = features
    few = labels.drop(labels.index[labels == "elm"][3:])
    blind = table[["stage1 000", "stage1 001"]]
    shares = [
        train_setting(blind.loc[few.index], few, power=p, C=1e-4).predict_proba(blind)["elm"].mean()
        for p in (0, 1)
    ]
    assert shares[0] == pytest.approx(3 / 33, abs=0.03)
    assert shares[1] == pytest.approx(0.5, abs=0.05)
