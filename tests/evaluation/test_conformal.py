"""Conformal sets: the limit by brute force, the promise by simulation."""

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import Dataset, DatasetError
from helpers.evaluation import (
    conformal_limit,
    conformal_sets,
    coverage,
    coverage_by,
    probabilities,
    simulate_coverage,
)
from helpers.evaluation.conformal import class_scores, finite_quantile
from helpers.evaluation.intervals import accuracy_interval
from tests.evaluation.tables import drawn, table_of, things


@pytest.mark.parametrize("method", ["lac", "aps"])
@pytest.mark.parametrize("miss", [0.05, 0.1, 0.3])
@pytest.mark.parametrize("images", [200])
def test_fresh_images_are_covered_as_often_as_promised_whatever_the_model(method, miss, images):
    rng, covered = np.random.default_rng(0), []
    for seed in range(25):
        both = drawn(images + 300, seed, sharpness=rng.choice([0.3, 1, 4]))
        valid, later = both.iloc[:images], both.iloc[images:]
        sets = conformal_sets(later, conformal_limit(valid, miss, method), method)
        covered.append(coverage(sets, later["label"]).loc["all", "coverage"])
    # Exact: between 1 - miss and 1 - miss + 1 / (images + 1).
    assert 1 - miss - 0.02 <= np.mean(covered) <= 1 - miss + 1 / (images + 1) + 0.02


def test_the_limit_is_the_score_of_the_rank_that_counts_the_next_image():
    for images in (5, 9, 10, 19, 24, 30, 99):
        scores = np.random.default_rng(images).random(images)
        for miss in (0.05, 0.1, 0.2, 0.44, 0.5):  # 25 × (1 − 0.44) is a hair above 14
            # The smallest limit such that at most a share `miss` of n + 1 ranks lies beyond it.
            inside = [
                limit
                for place, limit in enumerate(np.sort(scores), 1)
                if place / (images + 1) >= 1 - miss - 1e-12
            ]
            expected = inside[0] if inside else np.inf
            assert finite_quantile(scores, miss) == expected


def test_one_in_ten_sets_may_miss_unless_told():
    table = drawn(60, 6)
    assert conformal_limit(table) == conformal_limit(table, 0.1) < conformal_limit(table, 0.05)
    assert (simulate_coverage(table) == simulate_coverage(table, 0.1)).all()


def test_two_or_three_images_can_be_parted_and_one_is_always_left_to_pay():
    """The limit is the larger of two scores, or the one: the other image is covered or not."""
    two, three = drawn(2, 1), drawn(3, 1)
    assert simulate_coverage(two, 0.5, repeats=400).mean() == pytest.approx(0.5, abs=0.1)
    found = simulate_coverage(three, 0.5, repeats=300, share=0.9)
    assert set(found) == {0, 1}
    assert found.mean() == pytest.approx(2 / 3, abs=0.1)


def test_an_image_as_odd_as_the_limit_is_covered():
    assert (simulate_coverage(table_of([[0.6, 0.4]] * 4, [0] * 4), 0.5) == 1).all()


def test_too_few_images_let_every_class_in():
    valid, later = drawn(8, 1), drawn(50, 2)
    assert conformal_limit(valid, 0.1) == np.inf
    assert conformal_sets(later, np.inf).to_numpy().all()
    assert np.isfinite(conformal_limit(drawn(9, 1), 0.1))


def test_scores_are_those_of_a_loop():
    table = drawn(40, 3)
    chances = probabilities(table).to_numpy()
    assert class_scores(chances, "lac") == pytest.approx(1 - chances)
    found = class_scores(chances, "aps")
    for row, scores in zip(chances, found, strict=True):
        for place, chance in enumerate(row):
            assert scores[place] == pytest.approx(row[row >= chance].sum())
    with pytest.raises(DatasetError, match="no method 'raps'"):
        class_scores(chances, "raps")


def test_adaptive_sets_hold_the_most_probable_classes_down_to_the_limit():
    table = table_of([[0.5, 0.3, 0.15, 0.05]], [0])
    assert conformal_sets(table, 0.8, "aps").iloc[0].tolist() == [True, True, False, False]
    assert conformal_sets(table, 0.7, "lac").iloc[0].tolist() == [True, True, False, False]
    assert not conformal_sets(table, 0.4, "lac").iloc[0].any()


def test_coverage_counts_images_and_set_sizes_by_value():
    index = pd.Index([*"abcdef"], name="image_id")
    sets = pd.DataFrame({"ash": [1, 1, 0, 0, 1, 1], "elm": [0, 1, 1, 0, 0, 1]}, index).astype(bool)
    labels = pd.Series(["ash", "elm", "ash", "elm", "ash", None], index)
    found = coverage(sets, labels)
    assert found.loc["all", ["images", "coverage", "size"]].tolist() == [5, 0.6, 1.0]
    assert found.loc["all", ["low", "high"]].tolist() == pytest.approx(
        accuracy_interval([1, 1, 0, 0, 1])[1:]
    )
    by = coverage(sets, labels, labels)
    assert by["coverage"].to_dict() == pytest.approx({"ash": 2 / 3, "elm": 0.5})
    assert by["images"].to_dict() == {"ash": 3, "elm": 2}
    groups = pd.Series([*"xxyyzz"], index)
    assert coverage(sets, labels, groups=groups).loc["all", "low"] == pytest.approx(
        accuracy_interval([1, 1, 0, 0, 1], [*"xxyyz"]).low
    )
    unknown = coverage(sets, labels.replace("elm", "oak"))
    assert unknown.loc["all", "coverage"] == pytest.approx(0.4)


def test_coverage_by_columns_takes_those_that_are_there(tmp_path):
    table = drawn(80, 4)
    images = pd.DataFrame({"label": table["label"], "site": ["n", "s"] * 40}, table.index)
    images["thing"] = things(table)
    dataset = Dataset("photos", tmp_path, images.assign(split="valid"), group="thing")
    found = coverage_by(table, 0.6, dataset, ["label", "site", "device"])
    assert list(found) == ["label", "site"]
    expected = coverage(conformal_sets(table, 0.6), table["label"], images["site"], things(table))
    pd.testing.assert_frame_equal(
        found["site"].reset_index(drop=True), expected.reset_index(drop=True)
    )
    assert sorted(found["label"].index) == sorted(table["label"].unique())


def test_the_simulation_keeps_the_promise_and_takes_the_share_it_is_told():
    table = drawn(500, 5, sharpness=3)
    found = simulate_coverage(table, 0.1)
    assert found.shape == (200,)
    assert found.mean() == pytest.approx(0.9, abs=0.01)
    assert 0.01 < found.std() < 0.03
    assert (simulate_coverage(table, 0.1, seed=0) == found).all()
    few = simulate_coverage(table, 0.1, share=0.01, repeats=20)
    assert (few == 1).all()
    many = simulate_coverage(table, 0.1, repeats=50, share=0.9)
    assert set(np.round(many * 50, 6)) <= set(range(51))
    assert simulate_coverage(table, 0.3, "aps").mean() == pytest.approx(0.7, abs=0.02)


def test_whole_groups_are_parted_so_that_coverages_spread_as_new_things_do():
    table = drawn(100, 5, sharpness=3)
    copies = pd.concat([table.set_axis(table.index + f" {n}") for n in range(5)])
    copies.index.name = "image_id"
    groups = pd.Series([one.split(" ")[0] for one in copies.index], copies.index)
    by_thing = simulate_coverage(copies, 0.1, groups=groups)
    assert by_thing.mean() == pytest.approx(0.9, abs=0.02)
    # Each half holds fifty things, however many photos there are of each.
    assert set(np.round(by_thing * 50, 6)) <= set(range(51))
    assert by_thing.std() > 1.5 * simulate_coverage(copies, 0.1).std()
    one = pd.Series("one", copies.index)
    assert (simulate_coverage(copies, 0.1, groups=one) == simulate_coverage(copies, 0.1)).all()


@pytest.mark.parametrize("miss", [0, 1, -0.1])
def test_a_promise_of_all_or_none_is_refused(miss):
    with pytest.raises(DatasetError, match="between 0 and 1"):
        conformal_limit(drawn(20), miss)
    with pytest.raises(DatasetError, match="at least two"):
        simulate_coverage(drawn(1))
