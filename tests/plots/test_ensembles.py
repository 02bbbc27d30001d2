"""Figures on ensembles: what is drawn is what the tables say."""

import numpy as np
import pandas as pd
import pytest

from helpers import plots
from helpers.plots.style import ACCENT, MUTED

PAIRS = pd.DataFrame(
    {
        "first": ["network 1", "network 1", "network 2", "network 1"],
        "second": ["network 2", "head 64 px", "head 64 px", "network 2"],
        "disagreement": [0.1, 0.3, 0.4, 0.2],
        "gain": [0.02, 0.05, 0.07, 0.04],
    }
)


def dots(ax, colour=None):
    lines = [line for line in ax.lines if line.get_marker() in ("o", "D")]
    return [line for line in lines if colour in (None, line.get_color())]


def test_pairs_lie_where_their_means_do_and_alike_ones_have_a_colour_of_their_own():
    ax = plots.pair_gains(PAIRS)
    alike, unlike = dots(ax)
    assert alike.get_color() == ACCENT
    assert alike.get_xydata().tolist() == pytest.approx(np.array([[0.15, 0.03]]))
    assert unlike.get_xydata().tolist() == [[0.3, 0.05], [0.4, 0.07]]
    assert "Rank correlation 1.00" in ax.get_title("left")
    assert "3 pairs; gains from +0.030 to +0.070" in ax.alt_text


def test_no_pair_is_told():
    ax = plots.pair_gains(PAIRS.iloc[:0])
    assert ax.get_title("left") == "A pair takes two models"
    assert not ax.lines


GAINS = pd.DataFrame(
    {
        "difference": [-0.1, -0.3, 0.2],
        "low": [-0.2, -0.4, 0.1],
        "high": [0.0, -0.2, 0.3],
        "seeds": 5,
        "sure": [False, True, True],
    },
    index=["soup", "vote", "noise"],
)


def test_recipes_are_sorted_with_intervals_and_filled_where_the_sign_is_sure():
    ax = plots.recipe_gains(GAINS, GAINS / 2 * [1, 1, 1, 2, 2], guess=("soup", -0.15))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["vote", "soup", "noise"]
    spots = [line for line in dots(ax) if len(line.get_xdata())]
    drawn = {tuple(np.round(line.get_xydata()[0], 3)): line.get_mfc() for line in spots}
    assert drawn[(-0.3, -0.15)] == ACCENT
    assert drawn[(-0.1, 0.85)] == "white"
    assert drawn[(-0.15, 0.15)] == MUTED
    guesses = [line for line in ax.lines if line.get_marker() == "X"]
    assert guesses[0].get_xydata().tolist() == [[-0.15, 1.0]]
    [words] = [text for text in ax.texts if text.get_text() == "your guess -0.15"]
    ax.figure.canvas.draw()
    box, row = words.get_window_extent(), ax.transData.transform((0, 1))[1]
    assert box.x0 > ax.bbox.x1  # in the row are two intervals
    assert box.y0 < row < box.y1
    assert ax.get_title("left") == "Vote lowers the log loss most, by 0.30"
    assert "vote, as it comes -0.300" in ax.alt_text


def test_the_bill_marks_what_nothing_cheaper_beats():
    table = pd.DataFrame(
        {"passes": [1, 1, 5, 8], "log_loss": [1.3, 1.2, 1.1, 1.15]},
        index=["alone", "soup", "vote", "views"],
    )
    ax = plots.bill(table)
    everything, front = dots(ax)
    assert everything.get_xydata().tolist() == table[["passes", "log_loss"]].to_numpy().tolist()
    assert front.get_color() == ACCENT
    assert front.get_xydata().tolist() == [[1, 1.2], [5, 1.1]]
    assert ax.get_title("left") == "Nothing cheaper is better than these 2"
    assert {text.get_text() for text in ax.texts} == set(table.index)
