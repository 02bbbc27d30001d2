"""Figures of checks and scores: what is red, where dots and intervals lie, what they are called."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from helpers import plots
from helpers.evaluation import Interval, accuracy_interval
from helpers.plots.style import ACCENT, FLAG


def flagged(ax):
    return sum(bar.get_height() for bar in ax.patches if to_hex(bar.get_facecolor()) == FLAG)


@pytest.mark.parametrize(("side", "expected"), [("below", 12), ("above", 28)])
def test_the_red_bars_hold_exactly_the_flagged_images(side, expected):
    table = pd.DataFrame({"brightness": np.linspace(0.1, 0.9, 40)})
    limit = (table["brightness"][11] + table["brightness"][12]) / 2
    ax = plots.measurement(table, "brightness", limit, flagged=side)
    assert flagged(ax) == expected
    assert sum(bar.get_height() for bar in ax.patches) == 40
    assert f"{expected} of 40 images lie {side}" in ax.get_title("left")


@pytest.mark.parametrize(("side", "expected"), [("below", 4), ("above", 3)])
def test_what_lies_on_the_threshold_is_not_flagged(side, expected):
    table = pd.DataFrame({"brightness": [0.1, 0.1, 0.2, 0.25, 0.4, 0.4, 0.5, 0.6, 0.7]})
    ax = plots.measurement(table, "brightness", 0.4, flagged=side)
    assert flagged(ax) == expected
    assert f"{expected} of 9 images lie {side}" in ax.get_title("left")


def test_a_long_tail_is_drawn_on_a_log_scale_with_the_same_counts():
    table = pd.DataFrame({"sharpness": np.geomspace(1, 10_000, 200)})
    ax = plots.measurement(table, "sharpness", 10.0)
    assert ax.get_xscale() == "log"
    assert flagged(ax) == (table["sharpness"] < 10).sum()


def test_examples_stand_above_the_histogram_flagged_ones_framed(photos):
    values = pd.DataFrame({"darkness": np.arange(30.0)}, index=photos.images.index)
    ax = plots.measurement(values, "darkness", {"absolute": 12.0, "relative": 9.0}, dataset=photos)
    labels = [float(inset.get_xlabel()) for inset in ax.child_axes]
    assert labels == sorted(labels)
    assert len(labels) == 7
    framed = [to_hex(inset.spines["top"].get_edgecolor()) == FLAG for inset in ax.child_axes]
    assert framed == [label < 12 for label in labels]
    assert [t.get_text() for t in ax.texts] == ["absolute 12", "relative 9"]


def test_detectors_show_recall_by_strength_and_precision_with_intervals():
    table = pd.DataFrame(
        [
            ("dark", "obvious", 10, 10, 1.0, 12, 3, 0.75),
            ("dark", "subtle", 10, 4, 0.4, 12, 3, 0.75),
        ],
        columns=["kind", "strength", "planted", "found", "recall", "flagged", "false", "precision"],
    )
    ax = plots.detectors(table)
    dots = [line.get_xdata()[0] for line in ax.lines if line.get_marker() in "oD"]
    assert dots == [0.75, 1.0, 0.4]
    low, high = ax.lines[-2].get_xdata()
    assert (low, high) == accuracy_interval([1] * 4 + [0] * 6)[1:]
    assert "recall 40% of 10" in [text.get_text() for text in ax.texts]


def test_detectors_without_known_truth_say_so():
    table = pd.DataFrame(
        columns=["kind", "strength", "planted", "found", "recall", "flagged", "false", "precision"]
    )
    assert plots.detectors(table).get_title("left") == "No truth is known for this dataset"


def test_the_sweep_draws_each_share_and_labels_it():
    distance = np.arange(5)
    swept = pd.DataFrame({"distance": distance, "pairs": distance * 10, "recall": distance / 4})
    swept = swept.assign(precision=1 - distance / 8, bursts=distance / 10)
    ax = plots.sweep(swept)
    assert [t.get_text() for t in ax.texts] == ["recall", "precision", "innocent bursts"]
    assert ax.lines[1].get_ydata().tolist() == swept["precision"].tolist()


def test_the_sweep_without_truth_draws_the_number_of_pairs():
    swept = pd.DataFrame({"distance": [0, 1], "pairs": [3, 7]})
    ax = plots.sweep(swept.assign(recall=np.nan, precision=np.nan, bursts=np.nan))
    assert [line.get_ydata().tolist() for line in ax.lines] == [[3, 7]]
    assert ax.get_ylabel() == "pairs"


def test_scores_are_dots_with_intervals_and_flattering_ones_are_hollow():
    table = pd.DataFrame(
        [("00", "linear", 0.45, 0.4, 0.5, 400), ("05", "network", 0.55, 0.5, 0.6, 400)],
        columns=["notebook", "model", "accuracy", "low", "high", "images"],
    )
    figure, given = plt.subplots()
    ax = plots.scores(
        table, flattering={"on its own training images": Interval(0.9, 0.85, 0.95)}, ax=given
    )
    assert ax is given
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots] == [0.45, 0.55, 0.9]
    assert [dot.get_markerfacecolor() for dot in dots] == [ACCENT, ACCENT, "white"]
    assert ax.get_title("left") == "Best so far: network, 55% right"
    assert "flattering" in ax.get_yticklabels()[2].get_text()


def test_balanced_accuracy_and_a_guess_stand_beside_the_scores():
    columns = ["notebook", "model", "accuracy", "low", "high", "images", "balanced"]
    lines = [("00", "lazy", 0.2, 0.15, 0.25, 400, 0.1), ("00", "net", 0.6, 0.5, 0.7, 400, np.nan)]
    ax = plots.scores(pd.DataFrame(lines, columns=columns), guess=0.8)
    [line] = [line for line in ax.lines if line.get_marker() == "|"]
    assert (line.get_xdata()[0], line.get_ydata()[0]) == (0.1, 0)
    [guess] = [line for line in ax.lines if line.get_marker() == "X"]
    assert (guess.get_xdata()[0], guess.get_ydata()[0]) == (0.8, 1)
    said = [text.get_text() for text in ax.texts]
    assert said == ["0.20 (0.15 to 0.25), balanced 0.10", "0.60 (0.50 to 0.70)", "your guess 0.8"]
    assert ax.get_xlabel().endswith("| balanced accuracy")


def test_agreement_and_kappa_are_lines_over_the_rate_and_the_guess_stands_at_its_rate():
    table = pd.DataFrame({"rate": [0, 0.1], "agreement": [1, 0.8], "kappa": [1, 0.7]})
    ax = plots.agreement(table, guess=0.9)
    assert [line.get_ydata().tolist() for line in ax.lines[:2]] == [[1, 0.8], [1, 0.7]]
    guess = ax.lines[-1]
    assert (guess.get_xdata()[0], guess.get_ydata()[0]) == (0.1, 0.9)
    assert ax.get_title("left") == "Two who each err on 10% of the images agree on 80%"
    alone = plots.agreement(table.assign(kappa=np.nan))
    assert len([line for line in alone.lines if len(line.get_xdata())]) == 1


def test_an_empty_scoreboard_says_so():
    table = pd.DataFrame(columns=["notebook", "model", "accuracy", "low", "high", "images"])
    assert plots.scores(table).get_title("left") == "No score yet"


def test_where_nothing_was_found_a_line_says_so_without_axes(recwarn):
    dataset = None  # never asked for a picture
    for ax in (
        plots.pairs(dataset, pd.DataFrame(columns=["image_id", "other_id"]), title="Which?"),
        plots.detectors(pd.DataFrame(columns=["kind", "planted", "flagged"])),
        plots.issues(pd.DataFrame(columns=["image_id", "issue"])),
    ):
        assert ax.get_title("left")
        assert not ax.get_xticks().size and not ax.get_yticks().size
        assert not any(spine.get_visible() for spine in ax.spines.values())
    assert not recwarn.list


def test_one_image_is_told_in_the_singular_and_a_large_limit_in_full():
    table = pd.DataFrame({"sharpness": [10.0, 20_000.0, 30_000.0]})
    ax = plots.measurement(table, "sharpness", 14_500)
    assert ax.get_title("left") == "sharpness: 1 of 3 images lies below 14,500"
    assert "threshold 14,500" in [text.get_text() for text in ax.texts]
