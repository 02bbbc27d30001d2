"""Figures of what tests of heatmaps found."""

import numpy as np
import pandas as pd
import pytest

from helpers import plots
from helpers.plots.style import ACCENT, INNOCENT


def test_the_check_of_weights_draws_each_method_from_its_twin_to_all_shuffled():
    rows = [
        (method, image, network, value + image / 10)
        for method, values in {"occlusion": (0.8, 0.5, 0.1), "edges": (1, 1, 1)}.items()
        for network, value in zip(("twin", "0.0", "1.0"), values, strict=True)
        for image in (-1, 1)
    ]
    checked = pd.DataFrame(rows, columns=["method", "image_id", "network", "similarity"])
    ax = plots.weights_check(checked)
    drawn = {tuple(line.get_ydata().round(6)): line.get_color() for line in ax.lines[:2]}
    assert drawn == {(0.8, 0.5, 0.1): ACCENT, (1.0, 1.0, 1.0): INNOCENT}
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels == ["none: its twin", "last layer", "all layers"]
    assert "occlusion 0.80, then 0.10" in ax.alt_text


def test_scores_are_filled_where_the_interval_leaves_out_the_line():
    table = pd.DataFrame(
        {"mean": [0.3, 0.1, 0.0], "low": [0.2, -0.1, -0.1], "high": [0.4, 0.3, 0.1]},
        ["occlusion", "grad-cam", "random"],
    )
    ax = plots.explanation_scores(table, "rise", "Does it rise?")
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots] == [0.3, 0.1, 0.0]
    assert [dot.get_markerfacecolor() for dot in dots] == [ACCENT, "white", "white"]
    assert [dot.get_color() for dot in dots] == [ACCENT, ACCENT, INNOCENT]
    half = plots.explanation_scores(table + 0.5, "right", "t", against=0.5)
    dots = [line for line in half.lines if line.get_marker() == "o"]
    assert [dot.get_markerfacecolor() for dot in dots] == [ACCENT, "white", "white"]
    assert plots.explanation_scores(table[:0], "x", "None here").get_title("left") == "None here"


def test_deletion_and_insertion_curves_say_their_areas_side_by_side():
    curves = {
        "occlusion": pd.DataFrame({0.0: [1.0, 0.8], 1.0: [0.0, 0.2]}),
        "random": pd.DataFrame({0.0: [1.0, 0.8], 1.0: [0.5, 0.5]}),
    }
    inserted = {"occlusion": pd.DataFrame({0.0: [0.2, 0.0], 1.0: [1.0, 0.8]})}
    ax = plots.deletion_curves(curves, inserted)
    gone, back = ax.child_axes
    assert [line.get_label() for line in gone.lines] == ["occlusion: 0.50", "random: 0.70"]
    assert [line.get_color() for line in gone.lines] == [ACCENT, INNOCENT]
    assert gone.lines[0].get_ydata().tolist() == pytest.approx([0.9, 0.1])
    assert back.lines[0].get_ydata().tolist() == pytest.approx([0.1, 0.9])
    assert "painted grey: occlusion 0.50, random 0.70; brought back: occlusion 0.50" in ax.alt_text
    better = [panel.get_legend().get_title().get_text() for panel in ax.child_axes]
    assert better == ["area, less is better", "area, more is better"]
    (alone,) = plots.deletion_curves(curves).child_axes
    assert alone.get_xlabel() == "share of the pixels painted grey"


def test_agreements_are_drawn_for_each_two_methods():
    names = ["a", "b", "c"]
    table = pd.DataFrame([[1, 0.5, -0.2], [0.5, 1, 0.3], [-0.2, 0.3, 1]], names, names)
    ax = plots.agreements(table, guess=0.9)
    dots = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert dots == [0.5, -0.2, 0.3]
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["a and b", "a and c", "b and c"]
    assert any(line.get_marker() == "X" for line in ax.lines)


def test_a_study_is_drawn_with_a_panel_for_each_question():
    values = {
        "likeness lost with the weights": 0.2,
        "rise of the share": 0.0,
        "names the model that hangs on the ground": 0.7,
    }
    rows = [
        (seed, question, method, (value if method == "m" else 0) + seed / 100)
        for seed in range(3)
        for question, value in values.items()
        for method in ("m", "random")
    ]
    study = pd.DataFrame(rows, columns=["seed", "question", "method", "mean"])
    ax = plots.explanation_study(study)
    drawn = [
        [line.get_xdata()[0] for line in panel.lines if line.get_marker() == "o"]
        for panel in ax.child_axes
    ]
    assert np.allclose(drawn, [[0.21, 0.01], [0.01, 0.01], [0.71, 0.01]])
    lines = [panel.lines[-1].get_xdata()[0] for panel in ax.child_axes]
    assert lines == [0, 0, 0.5]  # what says nothing
    assert ax.child_axes[2].get_xlabel() == "photos in which it names the\nright model"
    assert "Leaves of 3 seeds" in ax.get_title("left") and "m +0.21" in ax.alt_text
