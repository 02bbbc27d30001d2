"""Accuracy by images looked at: means over seeds, and how many fewer the best way needs."""

import pandas as pd
import pytest

from helpers import plots


def test_labelling_lines_are_means_over_seeds():
    rows = [
        (name, images, seed, value + images / 1000 + 0.01 * seed)
        for name, value in (("random", 0.3), ("diverse", 0.4))
        for images in (50, 100)
        for seed in (0, 1)
        for _ in range(2)
    ]
    table = pd.DataFrame(rows, columns=["strategy", "images", "seed", "accuracy"])
    ax = plots.labelling_curves(table, guess=75)
    lines = [line for line in ax.lines if line.get_marker() == "o"]
    assert lines[0].get_ydata() == pytest.approx([0.355, 0.405])
    assert lines[1].get_ydata() == pytest.approx([0.455, 0.505])
    # Diverse has 0.455 with 50 images already, and random never more than 0.405.
    assert ax.get_xlabel() == "images looked at (mean of 2 seeds)"
    said = "Diverse needs about 50 images for what random choice reaches with 100"
    assert ax.get_title("left") == said
    between = table.assign(accuracy=table["accuracy"] - 0.075 * (table["strategy"] == "diverse"))
    assert "needs about 75 images" in plots.labelling_curves(between).get_title("left")
    same = "With 100 images no way is surely ahead of random choice"
    level = table.assign(accuracy=table["images"] / 200)
    assert plots.labelling_curves(level).get_title("left") == same
    assert plots.labelling_curves(table[table["seed"] == 0]).get_title("left") == same
    # Ahead by 0.1 on average, by 0.12 and 0.08 in the two seeds: too few to be sure.
    luck = table["seed"].map({0: 0.02, 1: -0.02}) * (table["strategy"] == "diverse")
    unsure = table.assign(accuracy=table["accuracy"] + luck)
    assert plots.labelling_curves(unsure).get_title("left") == same
    only = plots.labelling_curves(table[table["strategy"] == "diverse"])
    assert only.get_title("left") == "Diverse leads with 100 images"
    assert not [line for line in only.lines if line.get_marker() == "X"]
    mark = next(line for line in ax.lines if line.get_marker() == "X")
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (75, pytest.approx(0.405))


def test_intervals_end_where_accuracies_do():
    scores = {0: 0.5, 1: 1.0, 2: 0.9}
    rows = [("random", images, seed, one) for images in (50, 100) for seed, one in scores.items()]
    table = pd.DataFrame(rows, columns=["strategy", "images", "seed", "accuracy"])
    ax = plots.labelling_curves(table)
    for segment in ax.collections[0].get_segments():
        assert segment[:, 1].tolist() == pytest.approx([0.8 - 0.6572, 1], abs=1e-3)
