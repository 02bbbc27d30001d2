"""Figures of descriptors: order, colours and places follow the numbers."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from helpers import plots
from helpers.plots.style import FAMILIES, palette


@pytest.fixture
def features(photos):
    """Two made-up columns: "form one" is high for roses, "form two" is noise."""
    rng = np.random.default_rng(0)
    rose = (photos.images["label"] == "rose").to_numpy()
    columns = {"form one": rng.normal(rose * 5, 1), "form two": rng.normal(size=30)}
    columns |= {f"colour foreground mean {c}": rng.random(30) for c in ("red", "green", "blue")}
    return pd.DataFrame(columns, index=photos.images.index)


def test_ridges_are_ordered_by_median_in_class_colours(photos, features):
    ax = plots.by_class(features, photos.images["label"], "form one")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["oak", "rose"]
    oak, rose = features["form one"].groupby(photos.images["label"]).median()
    title = f"form one: medians from {oak:.3g} (oak) to {rose:.3g} (rose)"
    assert ax.get_title("left") == title
    drawn = [to_hex(ridge.get_facecolor()[0]) for ridge in ax.collections]
    assert drawn == [palette(photos.classes)[name] for name in ("oak", "rose")]
    dots = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert dots == pytest.approx(features["form one"].groupby(photos.images["label"]).median())


def test_a_constant_column_and_no_labels_still_draw(unlabelled, features):
    ax = plots.by_class(features.assign(flat=1.0), unlabelled.images["label"], "flat")
    assert ax.get_title("left") == "flat over all images"


def test_each_class_strip_holds_the_colours_of_its_images(photos, features):
    ax = plots.class_colours(features, photos.images["label"])
    oak, rose = (np.asarray(image.get_array())[0] for image in ax.images)
    assert (len(oak), len(rose)) == (20, 10)
    expected = features.loc[photos.images["label"] == "rose"].filter(like="mean")
    assert np.sort(rose[:, 0]) == pytest.approx(np.sort(expected.iloc[:, 0]))


def test_each_pair_of_classes_shows_its_best_family():
    table = pd.DataFrame(
        [("a", "b", "colour", 0.9), ("a", "b", "form", 0.6), ("a", "c", "form", 0.7)]
        + [("a", "c", "colour", 0.5), ("b", "c", "texture", 0.99), ("b", "c", "form", 0.98)],
        columns=["class_a", "class_b", "family", "auc"],
    )
    ax = plots.separability(table)
    drawn = {to_hex(box.get_facecolor()) for box in ax.patches}
    assert drawn == set(FAMILIES.values())
    assert {"0.90", "0.70", "0.99", "a", "b", "c"} <= {text.get_text() for text in ax.texts}
    assert ax.get_title("left") == "The hardest pair: a and c"


def test_of_two_classes_no_pair_is_called_the_hardest():
    table = pd.DataFrame(
        [("a", "b", "colour", 0.9), ("a", "b", "form", 0.6)],
        columns=["class_a", "class_b", "family", "auc"],
    )
    ax = plots.separability(table)
    assert ax.get_title("left") == "a and b: told apart best by colour, 0.90"
    assert "colour: best for 1 of 1 pair" in {text.get_text() for text in ax.texts}


def test_of_many_classes_the_hardest_pairs_are_drawn():
    names = [f"{i:02d}" for i in range(30)]
    rows = [(a, b, "form", 0.99) for i, a in enumerate(names) for b in names[i + 1 :]]
    rows = [(a, b, f, 0.6 if (a, b) == ("07", "23") else auc) for a, b, f, auc in rows]
    ax = plots.separability(pd.DataFrame(rows, columns=["class_a", "class_b", "family", "auc"]))
    assert ax.get_title("left") == "The hardest pair: 07 and 23"
    assert len(ax.patches) == 12 * 11 / 2


def test_the_map_gives_every_image_a_cell_of_its_own_near_its_like(photos, features):
    figure, given = plt.subplots()
    ax = plots.dataset_map(photos, features.filter(like="form"), ax=given)
    assert ax is given
    cells = {(round(p.get_x() + 0.48, 3), round(p.get_y() + 0.48, 3)): p for p in ax.patches}
    assert len(cells) == len(ax.images) == 30
    colours = palette(photos.classes)
    where = {name: [] for name in colours}
    for place, patch in cells.items():
        name = next(n for n, c in colours.items() if c == to_hex(patch.get_facecolor()))
        where[name].append(place)
    middle = {name: np.mean(places, axis=0) for name, places in where.items()}
    assert np.linalg.norm(middle["oak"] - middle["rose"]) > 2


def test_a_fall_is_drawn_from_all_images_to_those_alike_with_the_control():
    rows = [("elm", "oak", "colour", "ground", 0.9, 0.45, 0.88, 0.43)]
    rows += [("ash", "oak", "form", "camera", 0.8, 0.79, 0.81, 0.02)]
    columns = ["class_a", "class_b", "family", "column", "auc", "within", "shuffled", "fall"]
    ax = plots.held_equal(pd.DataFrame(rows, columns=columns))
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots] == [0.9, 0.45, 0.8, 0.79]
    assert [dot.get_markerfacecolor() == "white" for dot in dots] == [False, True] * 2
    assert [dot.get_color() for dot in dots[::2]] == [FAMILIES["colour"], FAMILIES["form"]]
    control = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "|"]
    assert control == [0.88, 0.81]
    assert ax.get_title("left") == "elm and oak by colour: 0.90, within one ground 0.45"
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    assert names == ["elm, oak\ncolour, same ground", "ash, oak\nform, same camera"]


def test_without_columns_to_hold_equal_a_line_says_so():
    ax = plots.held_equal(pd.DataFrame(columns=["class_a", "class_b"]))
    assert "nothing to compare" in ax.get_title("left")
