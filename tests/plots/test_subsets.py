"""Figures of parts of the images, and of shifts."""

import numpy as np
import pandas as pd

from helpers import plots
from helpers.evaluation.shift import Shift
from helpers.plots.style import FLAG, alt_text

NAMES = ["column", "value", "images", "groups", "accuracy", "low", "high", "lowest", "shown"]
ROWS = [
    ("site", "hill", 90, 40, 0.3, 0.2, 0.4, 0.5, True),
    ("site", "lake", 120, 50, 0.8, 0.7, 0.9, 0.5, True),
    ("site", "sea", 7, 3, np.nan, np.nan, np.nan, np.nan, False),
]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_parts_below_luck_are_red_and_named_and_small_ones_are_told():
    ax = plots.parts(pd.DataFrame(ROWS, columns=NAMES), guess=("hill", 0.6))
    assert ax.get_title("left") == "Lower than luck explains: hill (0.30)"
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in dots] == [0.8, 0.3]
    assert [line.get_color() == FLAG for line in dots] == [False, True]
    assert "your guess 0.6" in texts(ax)
    assert ax.get_xlabel().endswith("too small to be scored: sea (7)")
    assert "hill 0.30 (0.20 to 0.40) of 90 images" in alt_text(ax.figure)
    even = pd.DataFrame([ROWS[1], ("site", "bay", 99, 40, 0.7, 0.6, 0.8, 0.5, True)], columns=NAMES)
    ax = plots.parts(even)
    assert ax.get_title("left") == "No part lower than luck explains"
    assert "too small" not in ax.get_xlabel()
    alone = plots.parts(even[:1]).get_title("left")
    assert alone == "No two parts of a column are large enough to be compared"


def test_where_no_part_is_scored_a_line_says_why():
    table = pd.DataFrame(ROWS, columns=NAMES)
    assert plots.parts(table[2:]).get_title("left") == "1 part, all too small to be scored"
    assert plots.parts(table[:0]).get_title("left") == "No metadata column with 2 to 12 values"


def test_shifts_stand_beside_what_chance_gives():
    seen = Shift(0.8, 0.5, 0.6, 0.005, np.linspace(0.4, 0.6, 21), 0)
    none = Shift(0.55, 0.5, 0.6, 0.2, np.linspace(0.4, 0.6, 21), 0)
    few = Shift(np.nan, np.nan, np.nan, np.nan, np.zeros(0), 0)
    ax = plots.shifts({"island": seen, "known": none, "tiny": few})
    assert ax.get_title("left") == "Noticed without a label: island"
    assert texts(ax) == ["0.80, p = 0.005", "0.55, p = 0.2", repr(few)]
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [line.get_markerfacecolor() == "white" for line in dots] == [False, True]
    assert "tiny: not asked" in alt_text(ax.figure)
    assert plots.shifts({"known": none}).get_title("left") == "No shift is noticed"


def test_intervals_of_shifts_are_drawn_where_asked_for():
    seen = Shift(0.8, 0.5, 0.6, 0.005, np.linspace(0.4, 0.6, 21), 0, 0.7, 0.88)
    ends = [list(line.get_xdata()) for line in plots.shifts({"a": seen}, intervals=True).lines]
    assert [0.7, 0.88] in ends
    assert [0.7, 0.88] not in [list(line.get_xdata()) for line in plots.shifts({"a": seen}).lines]


def test_images_least_like_the_other_folder_stand_in_a_row_for_each(photos):
    ids = list(photos.images.index)
    ax = plots.most_unlike(photos, {"here": ids[:3], "there": ids[20:22]})
    assert texts(ax) == ["here", "there"]
    assert ax.get_title("left") == "Which images look least like those of the other folder?"
