"""Sheets show the images asked for, at their own shape, with captions and frames that are true."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from helpers import plots
from helpers.plots.names import drawable
from helpers.plots.samples import LINE, WIDTH, thumbnail
from helpers.plots.style import FLAG, INNOCENT


def texts(ax):
    return [text.get_text() for text in ax.texts]


def to_frames(ax):
    return [to_hex(patch.get_edgecolor()) for patch in ax.patches]


def colours_in(ax):
    """The share of clearly green and of clearly red pixels in a sheet."""
    red, green, _ = np.moveaxis(ax.images[0].get_array().astype(int), -1, 0)
    return (green - red > 60).mean(), (red - green > 60).mean()


def test_thumbnails_keep_the_aspect_ratio(photos):
    first, second = photos.images.index[:2]
    assert thumbnail(photos, first, 80).size == (60, 80)
    assert thumbnail(photos, second, 60).size == (80, 60)


def test_an_image_that_cannot_be_read_leaves_a_crossed_box(photos, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"nothing")
    dataset = replace(photos, root=tmp_path)
    box = np.asarray(thumbnail(dataset, photos.images.index[0], 64))
    assert box.shape == (64, 64, 3)
    assert len(np.unique(box)) > 1


def test_a_contact_sheet_shows_its_images_and_captions(photos):
    ids = photos.images.index[[0, 1, 25]]
    ax = plots.contact_sheet(photos, ids, captions={ids[2]: "a rose\nred"}, title="Three")
    assert ax.get_title("left") == "Three"
    assert texts(ax) == ["a rose\nred"]
    green, red = colours_in(ax)
    assert green > red > 0.02


def test_a_long_caption_is_three_lines_of_the_width_of_its_image_and_cut(photos):
    ids = photos.images.index[:12]
    ax = plots.contact_sheet(photos, ids, captions={ids[0]: "x" * 200}, columns=12)
    lines = texts(ax)[0].split("\n")
    assert len(lines) == 3 and lines[2].endswith("…") and max(map(len, lines)) < 20


def test_below_a_row_there_is_room_for_its_longest_caption(photos):
    ids = photos.images.index[:4]
    captions = {ids[0]: "30: " + "m" * 60}  # three lines of it
    heights = []
    for said in ({}, {ids[0]: "30"}, captions):
        ax = plots.contact_sheet(photos, ids, captions=said, columns=2)
        ax.figure.canvas.draw()
        heights.append(ax.get_ylim()[0])
    assert np.diff(heights).tolist() == [LINE * 2, LINE * 2]  # of the second row, too; of the first
    box = ax.texts[0].get_window_extent().transformed(ax.transData.inverted())
    second = np.flatnonzero(np.asarray(ax.images[0].get_array()).min(axis=2)[:, 5] < 250)
    below = second[second > max(box.y0, box.y1) - 30]
    assert below.min() > max(box.y0, box.y1)


def test_captions_beside_each_other_never_touch(photos):
    ids = photos.images.index[:12]
    for words in ("mmmmmmmmmmmm", "norway maple", "iiiiiiiiiiiiiiiiiiiiii", "樹樹樹樹樹樹樹樹樹"):
        ax = plots.contact_sheet(photos, ids, captions=dict.fromkeys(ids, words), columns=12)
        ax.figure.canvas.draw()
        boxes = [text.get_window_extent() for text in ax.texts]
        row = [box for box in boxes if abs(box.y1 - boxes[0].y1) < 1]
        assert len(row) > 2 and all(a.x1 < b.x0 for a, b in zip(row, row[1:], strict=False))
        told = [text.replace("norway\n", "norway ").replace("\n", "") for text in texts(ax)]
        assert all(text[:-1] and drawable(words).startswith(text[:-1]) for text in told)


def test_full_rows_of_a_sheet_are_equally_wide(photos):
    ax = plots.contact_sheet(photos, photos.images.index[:16], columns=8)
    picture = ax.images[0].get_array()
    painted = (picture.min(axis=2) < 250).any(axis=1)
    starts = np.flatnonzero(np.diff(painted.astype(int)) == 1) + 1
    for start in [0, *starts]:
        right = np.flatnonzero(picture[start + 5].min(axis=1) < 250).max()
        assert right == pytest.approx(WIDTH, abs=20)


def test_a_class_sheet_names_each_class_and_its_size(photos):
    ax = plots.class_sheet(photos, per_class=4)
    assert texts(ax) == ["oak\n20 images", "rose\n10 images"]
    green, red = colours_in(ax)
    assert green == pytest.approx(red, rel=0.25)


def test_a_class_sheet_may_show_some_classes_only(photos):
    ax = plots.class_sheet(photos, per_class=4, classes=["rose", "elm"])
    assert "(rose)" in ax.get_title("left")
    assert plots.class_sheet(photos, classes=["elm"]).get_title("left") == "No image to show"


def test_an_unlabelled_folder_is_shown_as_one_class(unlabelled):
    ax = plots.class_sheet(unlabelled, per_class=4)
    assert ax.images[0].get_array().std() > 20
    assert "30" in ax.get_title("left") + " ".join(texts(ax))


def test_pairs_say_what_relates_them_and_which_disagree(photos):
    ids = photos.images.index
    found = pd.DataFrame(
        {
            "image_id": ids[[0, 1]],
            "other_id": ids[[2, 25]],
            "kind": ["exact", "near"],
            "transform": ["", "flip"],
            "distance": [0, 4],
        }
    )
    ax = plots.pairs(photos, found)
    assert ax.get_title("left") == "2 pairs; 1 disagrees about the label"
    assert texts(ax)[0] == "oak\nexact"
    assert texts(ax)[2] == "oak\nnear · flip · 4 bits apart"
    assert to_frames(ax) == [FLAG, FLAG]
    assert ax.alt_text.endswith("The first 2 pairs of photographs, side by side.")
    one = plots.pairs(photos, found[1:].assign(distance=1.0))
    assert one.alt_text == (
        "1 pair; 1 disagrees about the label. The first pair of photographs, side by side."
    )
    assert texts(one)[0] == "oak\nnear · flip · 1 bit apart"
    assert plots.pairs(photos, found[:1]).alt_text.startswith("1 pair; 0 disagree about the label.")


def test_frames_have_the_colours_asked_for(photos):
    first, second = photos.images.index[:2]
    ax = plots.contact_sheet(photos, [first, second], frames={first: FLAG, second: INNOCENT})
    assert to_frames(ax) == [FLAG, INNOCENT]


def test_anatomy_shows_four_panels_of_one_image(photos):
    ax = plots.anatomy(photos, photos.images.index[0])
    panels = ax.child_axes
    assert [panel.get_xlabel().split(":")[0] for panel in panels] == [
        "the photo",
        "colour",
        "texture",
        "form",
    ]
    assert len(np.unique(panels[1].images[0].get_array().reshape(-1, 3), axis=0)) <= 5


def test_answers_tell_what_was_said_and_frame_what_is_wrong(photos):
    ids = list(photos.images.index[[0, 20, 21]])
    table = pd.DataFrame(
        {"label": ["oak", "rose", None], "prediction": ["oak"] * 3, "confidence": [0.9, 0.8, 0.7]},
        ids,
    )
    ax = plots.answers(photos, table)
    said = [text.get_text() for text in ax.texts]
    assert said == ["oak\n90% sure", "oak\n80% sure\nis rose", "oak\n70% sure"]
    assert len(ax.patches) == 1
    untold = plots.answers(photos, table, told=False)
    assert [text.get_text() for text in untold.texts][1] == "oak\n80% sure"
    assert not untold.patches
    assert len(plots.answers(photos, table, frames=False).patches) == 0


def test_where_nothing_is_to_be_shown_the_title_says_so(photos):
    none = pd.DataFrame(columns=["image_id", "other_id", "kind"])
    assert plots.pairs(photos, none).get_title("left") == "No such pair"
    ax = plots.pairs(photos, none, title="Left and right")
    assert ax.get_title("left") == "Left and right: no such pair"
    ax = plots.answers(photos, none, title="Surest, and wrong")
    assert ax.get_title("left") == "Surest, and wrong: no such answer"
