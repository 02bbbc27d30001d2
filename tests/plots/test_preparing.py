"""Sheets of prepared pictures, differences in points, the sides of a split."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers import plots
from helpers.datasets import Dataset
from helpers.evaluation import Interval


@pytest.fixture
def dataset(tmp_path):
    """A wide picture, red at the left end and blue at the right, a tall one, and a broken file."""
    wide = np.full((90, 160, 3), 128, np.uint8)
    wide[:, :20], wide[:, -20:] = (255, 0, 0), (0, 0, 255)
    Image.fromarray(wide).save(tmp_path / "wide.png")
    Image.fromarray(wide[:, 40:90]).save(tmp_path / "tall.png")
    (tmp_path / "broken.png").write_bytes(b"")
    ids = pd.Index(["broken.png", "tall.png", "wide.png"], name="image_id")
    return Dataset("photos", tmp_path, pd.DataFrame({"label": "oak", "split": "train"}, ids))


def shown(ax) -> np.ndarray:
    return np.asarray(ax.images[0].get_array())


def test_each_way_into_a_square_has_a_column_and_unreadable_images_no_row(dataset):
    ax = plots.prepared(dataset, ["wide.png", "broken.png", "tall.png"])
    names = [tick.get_text() for tick in ax.get_xticklabels()]
    assert names == ["as it is", "squish", "crop", "pad"]
    assert shown(ax).shape == (2 * 204 - 14, 4 * 204 - 14, 3)
    row = shown(ax)[95]
    squish, crop, pad = (row[204 * place : 204 * place + 190] for place in (1, 2, 3))
    assert squish[5].tolist() == [255, 0, 0]
    assert squish[-5].tolist() == [0, 0, 255]
    assert (crop == 128).all()
    assert pad[5].tolist() == [255, 0, 0]
    assert shown(ax)[5, 3 * 204 + 95].tolist() == [124, 116, 104]
    assert "A row for each photograph (2): as it is, squish" in ax.alt_text


@pytest.fixture
def squares(tmp_path):
    """Two square pictures, and one that is wider than tall by a pixel."""
    for name, size in (("a", (50, 50)), ("b", (90, 90)), ("c", (91, 90))):
        Image.new("RGB", size, "red").save(tmp_path / f"{name}.png")
    ids = pd.Index(["a.png", "b.png", "c.png"], name="image_id")
    return Dataset("squares", tmp_path, pd.DataFrame({"label": "oak", "split": "train"}, ids))


def test_of_square_frames_is_said_that_no_way_changes_them(squares):
    only = squares.with_images(squares.images[:2])
    assert plots.prepared(only, iter(["a.png"])).get_title("left") == (
        "Nothing to choose: all 2 frames are square, and stay as they are"
    )
    assert plots.prepared(squares, ["a.png", "b.png"]).get_title("left") == (
        "Square frames stay as they are: 2 of 3"
    )
    for others in (["c.png"], ["a.png", "c.png"]):
        assert plots.prepared(squares, others).get_title("left") == "What is left of each frame?"
    assert plots.prepared(only, ["a.png"], title="Mine").get_title("left") == "Mine"


def test_each_enhancement_has_a_column(dataset):
    ax = plots.enhanced(dataset, ["wide.png"], ["equalize"], title="Dark?")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["as it is", "equalize"]
    assert ax.get_title("left") == "Dark?"


def test_where_no_image_can_be_read_a_sentence_stands(dataset):
    assert "no image could be read" in plots.prepared(dataset, ["broken.png"]).get_title("left")


@pytest.fixture
def table():
    rows = [("crop", "all", 0.02, 0.01, 0.03), ("crop", "wide", -0.05, -0.11, 0.01)]
    rows += [("pad", "all", -0.04, -0.06, -0.02)]
    return pd.DataFrame(rows, columns=["arm", "where", "difference", "low", "high"])


def test_differences_are_drawn_in_points_and_full_only_where_zero_is_excluded(table):
    ax = plots.effects(table, against="squished")
    dots = ax.collections[-1]
    assert np.allclose(dots.get_offsets(), [[2, 0], [-5, 1], [-4, 2]])
    full = dots.get_facecolors()[:, :3].mean(axis=1) < 1
    assert full.tolist() == [True, False, True]
    bars = [segment[:, 0].tolist() for segment in ax.collections[0].get_segments()]
    assert np.allclose(bars, [[1, 3], [-11, 1], [-6, -2]])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["crop", "crop, wide", "pad"]
    assert ax.get_xlabel() == "points more accurate than squished, 95 % interval"
    # Of those that are told from chance.
    assert ax.get_title("left") == "The largest change: pad, -4.0 points"
    assert "crop, wide -5.0 (-11.0 to +1.0)" in ax.alt_text
    assert "Hollow dots" in ax.alt_text
    assert ax.get_ylim()[0] > ax.get_ylim()[1]


def test_where_nothing_can_be_told_from_chance_the_title_says_so(table):
    ax = plots.effects(table, parts=["wide"])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["crop, wide"]
    title = (
        "No change that these images can tell from chance; the largest is crop, wide, -5.0 points"
    )
    assert ax.get_title("left").replace("\n", " ") == title
    none = table.assign(difference=0.0004, low=-0.01, high=0.01)  # 0.04 points, written as 0.0
    title = "No change that these images can tell from chance"
    assert plots.effects(none).get_title("left") == title
    told = plots.effects(none.assign(difference=-0.0004, low=-0.01, high=-0.0003)[:1]).alt_text
    assert "crop +0.0 (-1.0 to -0.0)." in told  # an end tells by its sign where it lies


def test_parts_of_too_few_images_are_named_and_not_drawn(table):
    counted = table.assign(images=[5, 9, 5])
    ax = plots.effects(counted)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["crop", "pad"]
    assert ax.get_xlabel().endswith("\nleft out, fewer than 10 images: wide")
    ax = plots.effects(table.assign(images=10))
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["crop", "crop, wide", "pad"]
    assert "left out" not in ax.get_xlabel()


def test_a_guess_is_drawn_beside_the_first_row_and_only_if_there_is_one(table):
    marks = [line for line in plots.effects(table, guess=3).lines if line.get_marker() == "D"]
    assert [line.get_xydata().tolist() for line in marks] == [[[3, 0]]]
    assert not any(line.get_marker() == "D" for line in plots.effects(table).lines)
    assert plots.effects(table[:0]).get_title("left") == "Nothing was compared"


def test_sides_are_shares_with_counts_the_largest_class_first():
    images = pd.DataFrame({"label": ["ash"] * 4 + ["elm"] * 10, "split": ["train"] * 3 + ["valid"]
                           + ["train"] * 9 + ["valid"]})  # fmt: skip
    images.loc[len(images)] = ["oak", None]
    ax = plots.sides(images)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["elm", "ash"]
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([0.9, 0.75, 0.1, 0.25])
    assert [bar.get_x() for bar in ax.patches] == pytest.approx([0, 0, 0.9, 0.75])
    assert [text.get_text() for text in ax.texts] == ["9", "3", "1", "1"]
    assert ax.get_title("left") == "Is every class on every side? train 12, valid 2"
    nothing = plots.sides(images.assign(split=None))
    assert "No labelled image" in nothing.get_title("left")


def test_the_split_on_show_stands_out_among_those_tried():
    tried = [
        SimpleNamespace(leaks=0.9, score=Interval(0.7, 0.6, 0.8)),
        SimpleNamespace(leaks=0.1, score=Interval(0.6, 0.5, 0.7)),
    ]
    ax = plots.splits_tried(tried)
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [line.get_xydata()[0].tolist() for line in dots] == [[0.9, 0.7], [0.1, 0.6]]
    assert dots[0].get_color() != dots[1].get_color()
    assert ax.get_title("left") == "10% given away, as far as is known: 0.60"
