"""Figures of heatmaps and of what tests of them found."""

import numpy as np
import pandas as pd
import pytest

from helpers import plots
from helpers.explain.heatmaps import Heatmaps
from helpers.plots.explaining import overlaid
from helpers.plots.style import FLAG

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
    ax = plots.explanations(heatmaps, answers)
    panels = ax.child_axes
    assert len(panels) == 9
    assert [one.get_title("left") for one in panels[:3]] == ["photo", "grad-cam", "occlusion"]
    assert np.array_equal(panels[3].images[0].get_array(), heatmaps["grad-cam"].pictures[1])
    second = overlaid(heatmaps["occlusion"].pictures[1], heatmaps["occlusion"].maps[1])
    assert np.allclose(panels[5].images[0].get_array(), second)
    said = {text.get_text(): text.get_color() for text in ax.texts}
    assert said["rose, 70%\nis oak"] == FLAG and said["oak, 90%"] != FLAG
    assert "3 photos, 1 answered wrongly" in ax.get_title("left")
    twice = {
        name: Heatmaps(one.maps[[0, 1, 2, 0]], one.targets.iloc[[0, 1, 2, 0]].set_axis([*"abcd"]),
                       one.pictures[[0, 1, 2, 0]], name)
        for name, one in heatmaps.items()
    }  # fmt: skip
    four = plots.explanations(twice, answers.iloc[[0, 1, 2, 0]].set_axis([*"abcd"]))
    boxes = [panel.get_position(original=True) for panel in four.child_axes]
    assert len(boxes) == 12 and np.array_equal(
        four.child_axes[6].images[0].get_array(), heatmaps["grad-cam"].pictures[2]
    )
    assert boxes[6].y0 == boxes[0].y0 and boxes[6].x0 > boxes[2].x1  # the third opens a block
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


def test_shares_are_drawn_for_each_part_beside_the_area():
    looks = {
        "the model": pd.DataFrame({"share": [0.6, 0.8, 0.4], "area": [0.3, 0.3, 0.3]}, IDS),
        "another": pd.DataFrame({"share": [0.5, 0.7, np.nan], "area": [0.3, 0.3, 0.3]}, IDS),
    }
    by = pd.Series(["oak", "oak", "rose"], IDS, name="label")
    groups = pd.Series(["a", "b", "c"], IDS)
    ax = plots.looked(looks, by, groups, guess=0.5)
    drawn = [line.get_xdata().tolist() for line in ax.lines[:3]]
    assert np.allclose(drawn[:2], [[0.3, 0.3, 0.3], [0.6, 0.7, 0.4]])
    assert np.allclose(drawn[2], [0.6, 0.6, np.nan], equal_nan=True)
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["all (3)", "oak (2)", "rose (1)"]
    assert "the model 0.60; another 0.60" in ax.alt_text
    title = "On the subject, by label: the model 60%, another 60%; noise 30%"
    assert ax.get_title("left") == title
    nameless = plots.looked({"centre": looks["another"]}, by.rename(None), groups)
    assert nameless.get_title("left") == "On the subject: centre 60%; noise 30%"
    assert nameless.lines[1].get_marker() == "s"  # a control
    assert any(line.get_xdata()[0] == 0.5 for line in ax.lines[3:])


def test_grounds_stand_one_above_the_other_with_their_answers_and_wrong_ones_framed(
    photos, answers
):
    after, third = answers.assign(prediction="rose"), answers.assign(prediction="oak")
    grounds = dict.fromkeys(["as taken", "the other's", "soil"], photos)
    told = dict(zip(grounds, (answers, after, third), strict=True))
    ax = plots.other_grounds(grounds, told)
    said = "Of 3 photos another answer is given to 33% on the other's, 67% on soil"
    assert " ".join(ax.get_title("left").split()) == said
    words = [text.get_text() for text in ax.texts]
    assert words[:4] == ["oak\n90% sure", "rose\n70% sure", "rose\n80% sure", "as taken"]
    assert words[4:7] == ["rose\n90% sure", "rose\n70% sure", "rose\n80% sure"]
    wrong = sum((one["prediction"] != one["label"]).sum() for one in told.values())
    assert len(ax.patches) == wrong == 4
    none = {name: table[:0] for name, table in told.items()}
    assert "No photo" in plots.other_grounds(grounds, none).get_title("left")
    guessed = plots.other_grounds(grounds, told, most=2, guess=0.5)
    assert " ".join(guessed.get_title("left").split()).endswith("(your guess: 50%)")
    shown = [text.get_text() for text in guessed.texts][:2]
    assert shown == ["oak\n90% sure", "rose\n80% sure"]  # the first and the last of all
