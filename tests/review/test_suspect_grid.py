from io import BytesIO

import pandas as pd
import pytest
from PIL import Image

from helpers.review import review
from helpers.review.suspect_grid import thumbnail


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
