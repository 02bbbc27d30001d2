from io import BytesIO

import pandas as pd
import pytest
from PIL import Image

from helpers.review import review
from helpers.review.suspect_grid import SuspectGrid, thumbnail


@pytest.fixture
def sent(trees):
    """What a grid of three cases, one of a pair and one unreadable, sends."""
    names = [("ash/1.jpg", None), ("ash/2.jpg", "fir/1.jpg"), ("elm/1.jpg", None)]
    trees.path("elm/1.jpg").write_bytes(b"broken")
    reviewer = review(trees, pd.DataFrame(names, columns=["image_id", "other_id"]))
    messages = []
    reviewer.grid.send = lambda message, buffers=(): messages.append((message, buffers))
    return reviewer.grid, messages


def test_wanted_thumbnails_are_sent_and_why_one_is_missing(sent):
    grid, messages = sent
    grid.receive({"want": [2, 0, 1]})
    [(message, buffers)] = messages
    assert message["have"] == [0, 1] and list(message["broken"]) == [2]
    assert "'elm/1.jpg' cannot be read" in message["broken"][2]
    single, pair = (Image.open(BytesIO(one)) for one in buffers)
    assert single.size == (128, 96)
    left, right = pair.getpixel((10, 20)), pair.getpixel((pair.width - 10, 20))
    assert left[0] > 150 > left[2] and right[2] > 150 > right[0]


def test_no_thumbnail_is_made_before_it_is_wanted(sent, monkeypatch):
    grid, messages = sent
    assert messages == []
    grid.receive({"want": []})
    assert messages == [({"have": [], "broken": {}}, [])]


def test_a_pair_lies_side_by_side_in_the_room_of_one():
    images = [Image.new("RGB", size) for size in ((300, 200), (200, 300))]
    made = Image.open(BytesIO(thumbnail(images)))
    assert max(made.size) <= 128
    assert Image.open(BytesIO(thumbnail(images[:1]))).size == (128, 85)


def test_a_pair_has_four_grey_pixels_between_it_and_stands_in_the_middle():
    """Of 128 pixels two get 62 each; the lower one lies in the middle of the height."""
    white = [Image.new("RGB", size, "white") for size in ((300, 300), (300, 100))]
    made = Image.open(BytesIO(thumbnail(white))).convert("L")
    assert made.size == (128, 62)
    bright = [[made.getpixel((x, y)) > 190 for x in range(128)] for y in (5, 31, 56)]
    one, gap = [True] * 62, [False] * 4
    assert bright[1] == one + gap + [True] * 62
    assert bright[0] == bright[2] == one + gap + [False] * 62
    rows = [made.getpixel((100, y)) > 190 for y in range(62)]
    assert (rows.index(True), rows[::-1].index(True)) == (20, 21)
    three = Image.open(BytesIO(thumbnail([white[0]] * 3)))
    assert three.size == (40 * 3 + 8, 40)


def test_what_is_chosen_or_opened_arrives_as_numbers_in_order(sent):
    grid, messages = sent
    opened = []
    grid._opened = opened.append
    grid.receive({"selected": ["2", 0]})
    grid.receive({"open": "1"})
    assert (grid.selected, opened, messages) == ([0, 2], [1], [])
    kept = {name: grid.traits()[name].metadata for name in ("cells", "marks", "selected", "at")}
    assert all(one["sync"] for one in kept.values()) and SuspectGrid(len, len).at == -1
    assert kept["selected"]["echo_update"] is False


def test_a_cell_names_its_images_labels_and_issue(trees):
    table = pd.DataFrame(
        {
            "image_id": ["ash/1.jpg", "elm/1.jpg"],
            "other_id": [None, "fir/1.jpg"],
            "issue": ["dark", "near"],
            "suggestion": ["elm", None],
        }
    )
    reviewer = review(trees, table)
    reviewer.view.value = "grid"
    assert [(one["short"], one["told"]) for one in reviewer.grid.cells] == [
        ("ash → elm", "ash/1.jpg, ash; suggested elm; dark"),
        ("near", "elm/1.jpg, elm and fir/1.jpg, fir; near"),
    ]
