"""Intervals against scipy and against simulation; the scoreboard as two notebooks would use it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from helpers.evaluation import accuracy_interval, add_score, scoreboard


@dataclass
class WorkFolder:
    work: Path


@pytest.mark.parametrize(("right", "images"), [(0, 5), (45, 100), (98, 100), (7, 7), (600, 1200)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_independent_images_get_the_interval_of_wilson(right, images, level):
    expected = binomtest(right, images).proportion_ci(level, method="wilson")
    found = accuracy_interval([True] * right + [False] * (images - right), level=level)
    assert found.accuracy == right / images
    assert found[1:] == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_images_that_err_together_widen_the_interval_as_if_there_were_fewer():
    leaves = np.repeat([1, 0, 1, 0, 1] * 20, 4)
    copies = accuracy_interval(leaves, groups=np.repeat(np.arange(100), 4))
    alone = accuracy_interval(leaves[::4])
    assert copies.accuracy == alone.accuracy
    assert copies.high - copies.low == pytest.approx(alone.high - alone.low, rel=0.03)


def test_groups_of_one_image_change_almost_nothing():
    correct = np.arange(400) % 3 > 0
    together = accuracy_interval(correct, groups=np.arange(400))
    assert together == pytest.approx(accuracy_interval(correct), abs=0.001)


@pytest.mark.parametrize(
    ("count", "size", "accuracy", "likeness"), [(40, 5, 0.5, 0.3), (100, 5, 0.9, 0.5)]
)
def test_grouped_intervals_hold_the_truth_about_as_often_as_they_say(
    count, size, accuracy, likeness
):
    rng = np.random.default_rng(0)
    odds = (1 - likeness) / likeness
    held, runs = 0, 1000
    for _ in range(runs):
        sizes = 1 + rng.poisson(size - 1, count)
        chance = np.repeat(rng.beta(accuracy * odds, (1 - accuracy) * odds, count), sizes)
        groups = np.repeat(np.arange(count), sizes)
        found = accuracy_interval(rng.random(chance.size) < chance, groups)
        held += found.low <= accuracy <= found.high
    # 1,000 runs place the coverage itself within ± 1.4 points.
    assert 0.92 <= held / runs <= 0.98


def test_a_perfect_score_on_few_groups_is_not_called_certain():
    found = accuracy_interval(np.ones(50), groups=np.repeat(np.arange(5), 10))
    assert found.high == 1
    assert found.low < 0.6


def test_one_group_says_nothing_about_others():
    assert accuracy_interval([1, 0, 1, 1], groups=["a"] * 4) == (0.75, 0, 1)


@pytest.mark.parametrize("correct", [[], [0.5, 1], [[1, 0]]])
def test_scores_that_are_not_right_or_wrong_are_refused(correct):
    with pytest.raises(ValueError, match="expected a list"):
        accuracy_interval(correct)


def test_groups_of_another_length_are_refused():
    with pytest.raises(ValueError, match="3 groups for 2 images"):
        accuracy_interval([1, 0], groups=[1, 2, 3])


def test_scoreboard_keeps_one_line_per_notebook_and_model(tmp_path):
    dataset = WorkFolder(tmp_path)
    assert scoreboard(dataset).empty
    add_score(dataset, "05", "small network", [1, 1, 0, 0])
    add_score(dataset, "00", "descriptors", [1, 0, 0, 0])
    entered = add_score(dataset, "00", "descriptors", [1, 0, 0, 0, 1])
    table = scoreboard(dataset)
    assert table[["notebook", "model", "images"]].to_numpy().tolist() == [
        ["00", "descriptors", 5],
        ["05", "small network", 4],
    ]
    assert tuple(table.loc[0, ["accuracy", "low", "high"]]) == entered
    assert scoreboard(dataset, up_to="04")["model"].tolist() == ["descriptors"]


def test_a_damaged_scoreboard_starts_afresh(tmp_path):
    (tmp_path / "scoreboard.parquet").write_bytes(b"PAR1 torn")
    add_score(WorkFolder(tmp_path), "00", "descriptors", [1, 0])
    assert len(scoreboard(WorkFolder(tmp_path))) == 1
