"""Pairs are drawn with what was found about them, and lines where keypoints agree."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from helpers import plots
from helpers.datasets import Dataset
from helpers.plots.samples import WIDTH
from helpers.plots.style import FLAG, MUTED
from helpers.splits.telling import BRIDGE
from tests.splits.scenes import shoot


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenes")
    shoot(1, ground=1).save(folder / "a.png")
    shoot(1, ground=2, scale=0.8).save(folder / "b.png")
    shoot(2, ground=3).save(folder / "c.png")
    (folder / "d.png").write_bytes(b"no picture")
    index = pd.Index(["a.png", "b.png", "c.png", "d.png"], name="image_id")
    return Dataset("scenes", folder, pd.DataFrame({"label": None, "split": None}, index))


def proposals(*rows):
    columns = ["image_id", "other_id", "expected", "evidence", "inliers"]
    return pd.DataFrame(rows, columns=columns)


TWO = proposals(("a.png", "b.png", 0.93, "keypoints", 21), ("c.png", "d.png", np.nan, "", 5))


def lines(ax):
    return [one for one in ax.collections if isinstance(one, LineCollection)]


def test_a_pair_has_its_finding_above_and_the_title_says_how_many_are_right(scenes):
    ax = plots.draw_proposals(scenes, TWO)
    said = [(text.get_text(), to_hex(text.get_color())) for text in ax.texts]
    assert said == [
        ("93% expected right: keypoints, 21 keypoints agree", MUTED),
        ("two labels; 5 keypoints agree", FLAG),
    ]
    title = ax.get_title("left")
    assert title == "One thing or one place, twice? 0.9 of 1 pair is expected to be right"
    assert "2 pairs" in ax.alt_text


def test_a_pair_that_has_no_probability_says_which_of_two_reasons_it_has(scenes):
    table = TWO[1:].assign(issue=BRIDGE)
    said = plots.draw_proposals(scenes, table).texts[0].get_text()
    assert said == "of groups that otherwise do not agree; 5 keypoints agree"
    table = TWO[1:].assign(issue="one thing under two labels?")
    assert plots.draw_proposals(scenes, table).texts[0].get_text().startswith("two labels; ")


def test_lines_lead_from_the_thing_in_one_picture_to_its_place_in_the_other(scenes):
    ax = plots.draw_proposals(scenes, TWO)
    assert len(lines(ax)) == 1  # none for the picture that cannot be read
    ends = np.array(lines(ax)[0].get_segments())
    assert len(ends) >= 10
    left, right = ends[:, 0], ends[:, 1]
    height = ax.get_ylim()[0] - 40
    assert left[:, 0].max() < right[:, 0].min() < WIDTH / 2
    middle = right.mean(axis=0) - left.mean(axis=0)
    assert abs(middle[1]) < 0.12 * height
    # The second photo shows the thing at 0.8 of its size.
    assert 0.7 < right[:, 1].std() / left[:, 1].std() < 0.9


def test_a_pair_by_its_name_alone_has_no_number_of_keypoints(scenes):
    ax = plots.draw_proposals(scenes, proposals(("a.png", "c.png", 0.8, "file name", 0)))
    assert ax.texts[0].get_text() == "80% expected right: file name"


def test_the_first_are_drawn_two_in_a_row(scenes):
    many = pd.concat([TWO] * 3)
    ax = plots.draw_proposals(scenes, many, most=3, title="Mine")
    assert ax.get_title("left") == "Mine" and len(ax.texts) == 3
    places = [text.get_position() for text in ax.texts]
    assert places[0][1] == places[1][1] < places[2][1]
    assert places[0][0] == places[2][0] == 0 and places[1][0] > WIDTH / 2


def test_no_proposals_are_said_to_be_none(scenes):
    ax = plots.draw_proposals(scenes, TWO.iloc[:0])
    title = "No two images are proposed to show the same thing, which does not show that none do"
    assert ax.get_title("left").replace("\n", " ") == title
