"""Figures of heatmaps and of what tests of them found."""

import numpy as np
import pandas as pd
import pytest

from helpers import plots
from helpers.explain.heatmaps import Heatmaps
from helpers.plots.explaining import overlaid
from helpers.plots.style import ACCENT, FLAG, INNOCENT

IDS = pd.Index(["oak/00.png", "oak/01.png", "rose/20.png"], name="image_id")


@pytest.fixture
def answers():
    """The second is wrong."""
    return pd.DataFrame(
        {"label": ["oak", "oak", "rose"], "prediction": ["oak", "rose", "rose"],
         "confidence": [0.9, 0.7, 0.8]}, IDS,
    )  # fmt: skip


@pytest.fixture
def heatmaps():
    rng = np.random.default_rng(0)
    photos = rng.integers(0, 255, (3, 12, 12, 3), np.uint8)
    said = pd.Series(["oak", "rose", "rose"], IDS)
    return {
        name: Heatmaps(rng.normal(size=(3, 12, 12)), said, photos, name)
        for name in ("grad-cam", "occlusion")
    }


def test_what_speaks_for_is_orange_what_speaks_against_purple_and_the_rest_grey():
    photo = np.full((1, 3, 3), 120, np.uint8)
    orange, grey, purple = overlaid(photo, np.array([[1.0, 0.0, -1.0]]))[0]
    assert orange[0] > orange[1] > orange[2]
    assert purple[2] > purple[1] and purple[0] > purple[1]
    assert np.ptp(grey) < 1e-6
    assert np.allclose(overlaid(photo, np.zeros((1, 3)))[0], grey)


def test_explanations_show_a_row_per_photo_and_a_column_per_method(heatmaps, answers):
    ax = plots.explanations(heatmaps, answers, outlines=np.ones((3, 12, 12), bool))
    panels = ax.child_axes
    assert len(panels) == 9
    assert [one.get_title("left") for one in panels[:3]] == ["photo", "grad-cam", "occlusion"]
    assert np.array_equal(panels[3].images[0].get_array(), heatmaps["grad-cam"].pictures[1])
    second = overlaid(heatmaps["occlusion"].pictures[1], heatmaps["occlusion"].maps[1])
    assert np.allclose(panels[5].images[0].get_array(), second)
    said = {text.get_text(): text.get_color() for text in ax.texts}
    assert said["rose, 70%\nis oak"] == FLAG and said["oak, 90%"] != FLAG
    assert "3 photos, 1 answered wrongly" in ax.get_title("left")
    few = plots.explanations(heatmaps, answers, IDS[1:2])
    assert len(few.child_axes) == 3
    assert "No image" in plots.explanations(heatmaps, answers, []).get_title("left")


def test_nearest_images_stand_beside_the_photo_with_their_labels(photos, answers):
    found = pd.DataFrame(
        {"image_id": [IDS[0]] * 2 + [IDS[1]] * 2, "rank": [1, 2] * 2, "similarity": 0.5,
         "neighbour": ["oak/02.png", "oak/03.png", "rose/21.png", "oak/04.png"],
         "label": ["oak", "oak", "rose", "oak"]}
    )  # fmt: skip
    ax = plots.nearest_sheet(photos, found, answers)
    assert ax.get_title("left").endswith("75% of these bear the answer's label")
    words = [text.get_text() for text in ax.texts]
    assert "said: rose\nis oak" in words and words.count("oak") == 3
    assert len(ax.patches) == 1  # the wrong answer
    assert "No image" in plots.nearest_sheet(photos, found[:0], answers).get_title("left")


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
    ax = plots.explanation_scores(table, "rise", "Does it rise?", guess=0.25)
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots] == [0.3, 0.1, 0.0]
    assert [dot.get_markerfacecolor() for dot in dots] == [ACCENT, "white", "white"]
    assert [dot.get_color() for dot in dots] == [ACCENT, ACCENT, INNOCENT]
    assert "your guess 0.25" in ax.alt_text
    half = plots.explanation_scores(table + 0.5, "right", "t", against=0.5)
    dots = [line for line in half.lines if line.get_marker() == "o"]
    assert [dot.get_markerfacecolor() for dot in dots] == [ACCENT, "white", "white"]
    assert plots.explanation_scores(table[:0], "x", "None here").get_title("left") == "None here"


def test_shares_are_drawn_for_each_part_beside_the_area():
    looks = {
        "the model": pd.DataFrame({"share": [0.6, 0.8, 0.4], "area": [0.3, 0.3, 0.3]}, IDS),
        "another": pd.DataFrame({"share": [0.5, 0.7, np.nan], "area": [0.3, 0.3, 0.3]}, IDS),
    }
    by, groups = pd.Series(["oak", "oak", "rose"], IDS), pd.Series(["a", "b", "c"], IDS)
    ax = plots.looked(looks, by, groups, guess=0.5)
    drawn = [line.get_xdata().tolist() for line in ax.lines[:3]]
    assert np.allclose(drawn[:2], [[0.3, 0.3, 0.3], [0.6, 0.7, 0.4]])
    assert np.allclose(drawn[2], [0.6, 0.6, np.nan], equal_nan=True)
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["all (3)", "oak (2)", "rose (1)"]
    assert "the model 0.60; another 0.60" in ax.alt_text
    title = "Did it look at the subject? the model 60%, another 60%; noise 30%"
    assert ax.get_title("left") == title
    assert any(line.get_xdata()[0] == 0.5 for line in ax.lines[3:])


def test_deletion_curves_say_their_area():
    curves = {
        "occlusion": pd.DataFrame({0.0: [1.0, 0.8], 1.0: [0.0, 0.2]}),
        "random": pd.DataFrame({0.0: [1.0, 0.8], 1.0: [0.5, 0.5]}),
    }
    ax = plots.deletion_curves(curves)
    assert [line.get_label() for line in ax.lines] == ["occlusion: area 0.50", "random: area 0.70"]
    assert ax.lines[0].get_ydata().tolist() == pytest.approx([0.9, 0.1])


def test_both_grounds_stand_one_above_the_other_with_their_answers(photos, answers):
    after = answers.assign(prediction=["rose", "rose", "rose"])
    ax = plots.other_grounds(photos, photos, answers, after)
    assert ax.get_title("left") == "On another ground, 33% of 3 get another answer"
    words = [text.get_text() for text in ax.texts]
    assert words == ["oak\n90% sure", "rose\n70% sure", "rose\n80% sure", "rose\n90% sure",
                     "rose\n70% sure", "rose\n80% sure"]  # fmt: skip
    assert len(ax.patches) == 3
    assert "No photo" in plots.other_grounds(photos, photos, answers[:0], after).get_title("left")
    guessed = plots.other_grounds(photos, photos, answers, after, guess=0.5)
    assert guessed.get_title("left").endswith("(your guess: 50%)")


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
