"""Counts, groups and sizes: the bars, cells and bubbles are the numbers of the table."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from helpers import plots
from helpers.plots import overview
from helpers.plots.style import ACCENT, palette


def bars(ax):
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    return dict(zip(names, (bar.get_width() for bar in ax.patches), strict=True))


def test_the_workflow_names_all_stages_and_marks_where_we_are():
    ax = plots.workflow(here="02")
    marked = [t.get_text() for t in ax.texts if t.get_color() == "white"]
    assert marked == ["02 Find its faults"]
    assert "↓ you are here" in [t.get_text() for t in ax.texts]
    numbers = [t.get_text()[:2] for t in ax.texts if t.get_text()[:2].isdigit()]
    assert numbers == [f"{i:02d}" for i in range(15)]
    assert "you are here" not in " ".join(t.get_text() for t in plots.workflow().texts)


def test_notebooks_whose_files_are_not_there_are_grey_and_named(monkeypatch, tmp_path):
    monkeypatch.setattr(overview, "NOTEBOOKS", tmp_path)
    for name in ("00_start_here.ipynb", "03_prepare.ipynb", "readme.ipynb"):
        (tmp_path / name).touch()
    ax = plots.workflow(here="00")
    inks = {t.get_text()[:2]: t.get_color() for t in ax.texts if t.get_text()[:2].isdigit()}
    assert [name for name, ink in inks.items() if ink != overview.FADED] == ["00", "03"]
    assert "Not written yet: 01, 02, 04, 05" in ax.alt_text
    for number in range(15):
        (tmp_path / f"{number:02d}_it.ipynb").touch()
    ax = plots.workflow()
    assert overview.FADED not in [t.get_color() for t in ax.texts]
    assert "grey" not in " ".join(t.get_text() for t in ax.texts)


def test_class_counts_are_sorted_named_and_in_the_class_colours(photos):
    ax = plots.class_counts(photos)
    assert bars(ax) == {"oak": 20, "rose": 10}
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [
        *palette(photos.classes).values()
    ]
    assert ax.get_title("left") == "oak has 2.0 times as many images as rose"
    assert "oak 20, rose 10" in ax.alt_text
    many = plots.class_counts(pd.DataFrame({"label": ["oak"] * 1200 + ["ash"]}))
    assert many.alt_text.endswith("Bars, images per label: oak 1,200, ash 1.")


def test_unlabelled_images_are_counted_as_such(unlabelled):
    assert bars(plots.class_counts(unlabelled)) == {"no label": 30}


def test_of_120_classes_the_largest_and_smallest_are_drawn():
    table = pd.DataFrame({"label": np.repeat([f"c{i:03d}" for i in range(120)], range(1, 121))})
    ax = plots.class_counts(table)
    assert len(ax.patches) == 30
    assert (bars(ax)["c119"], bars(ax)["c000"]) == (120, 1)
    assert "… 90 more" in [text.get_text() for text in ax.texts]
    assert {to_hex(bar.get_facecolor()) for bar in ax.patches} == {ACCENT}


def test_equal_classes_are_called_equal():
    ax = plots.class_counts(pd.DataFrame({"label": list("aabb")}))
    assert ax.get_title("left") == "2 images in each class"
    nearly = pd.DataFrame({"label": ["a"] * 104 + ["b"] * 100})
    assert plots.class_counts(nearly).get_title("left") == "About 102 images in each class"
    one = pd.DataFrame({"label": ["a", "b"]})
    assert plots.class_counts(one).get_title("left") == "1 image in each class"
    uneven = pd.DataFrame({"label": ["a"] * 105 + ["b"] * 100})
    assert "1.1 times" in plots.class_counts(uneven).get_title("left")


def test_sizes_are_bubbles_by_count():
    scanned = pd.DataFrame(
        {"width": [40, 40, 40, 30, None], "height": [30, 30, 30, 40, None]}, dtype="Int64"
    )
    ax = plots.sizes(scanned)
    assert ax.collections[0].get_offsets().tolist() == [[40, 30], [30, 40]]
    small, large = sorted(ax.collections[0].get_sizes())
    assert large > 2 * small
    assert ax.get_title("left") == "2 different sizes; 75% of images are 40 × 30 px"
    alike = plots.sizes(scanned[:3]).get_title("left")
    assert alike == "100% of images are 40 × 30 px"
    nearly = plots.sizes(pd.concat([scanned[:3]] * 100 + [scanned])).get_title("left")
    assert nearly == "2 different sizes; more than 99% of images are 40 × 30 px"


def test_what_a_rule_that_is_not_used_lists_is_named_and_not_counted():
    found = pd.DataFrame({"image_id": ["x", "y", "z"], "issue": ["dark", "blurred", "blurred"],
                          "rule": ["absolute", "not used", "not used"]})  # fmt: skip
    ax = plots.issues(found, total=50)
    assert " ".join(ax.get_title("left").split()) == (
        "1 of 50 images are flagged, each for a person to look at. "
        "Not used, since too many break it: blurred"
    )
    assert [bar.get_width() for bar in ax.patches] == [1]
    only = plots.issues(found.tail(2), total=50)
    assert only.get_title("left").startswith("0 of 50 images are flagged")


def test_a_single_flagged_image_is_not_called_each():
    ax = plots.issues(pd.DataFrame({"image_id": ["x", "x"], "issue": ["dark", "odd"]}))
    assert ax.get_title("left") == "1 image is flagged for a person to look at"
    two = plots.issues(pd.DataFrame({"image_id": ["x", "y"], "issue": ["dark", "odd"]}))
    assert two.get_title("left") == "2 images are flagged, each for a person to look at"


@pytest.mark.parametrize("flags", [[], [("x", "dark"), ("x", "dark"), ("y", "dark"), ("x", "odd")]])
def test_issues_count_each_image_once_per_issue(flags):
    ax = plots.issues(pd.DataFrame(flags, columns=["image_id", "issue"]), total=50)
    images = len({image for image, _ in flags})
    assert (
        ax.get_title("left") == f"{images} of 50 images are flagged, each for a person to look at"
    )
    assert [bar.get_width() for bar in ax.patches] == ([2, 1] if flags else [])
