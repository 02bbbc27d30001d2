"""Any name of a class can be drawn, stays its own, and fits."""

import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from helpers import plots
from helpers.datasets import Dataset, DatasetError
from helpers.plots.names import (
    _cut,
    _inches,
    _width,
    cut_to_width,
    drawable,
    fold_to_width,
    short_name,
    short_names,
    told_name,
    with_guess,
    wrapped,
)

HOSTILE = [
    *(
        "label",
        "loss",
        "prediction",
        "split",
        "image_id",
        "index",
        "0",
        "nan",
        "None",
        "Oak",
        "oak",
    ),
    *("oak ", " oak", "a/b", "<b>x</b>", "$x_1$", "$\\frac{$", "_hidden", "橡树", "桦树", "بلوط"),
    *("🍁", "two\nlines", "%s{0}", "\\alpha", "^", "café", "x" * 47),
]
LONG = [f"{i:02d} Rhododendron ferrugineum subspecies alpinum x"[:47] for i in range(12)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("oak", "oak"), ("two\nlines", "two\nlines"), ("橡", "[6A61]"), ("🍁", "(maple leaf)"),
        ("a\tb", "a b"), ("❤🔥", "❤(fire)"), ("é", "é"), ("بلوط", "بلوط"), (7, "7"),
        ("\ue123", " "), ("\ud800", " "),
    ],
)  # fmt: skip
def test_what_no_font_can_draw_is_named_or_numbered(text, expected, monkeypatch):
    monkeypatch.setitem(plt.rcParams, "font.family", ["DejaVu Sans"])
    assert drawable(text) == expected


def test_hostile_names_stay_apart_on_one_line_each():
    short = short_names(HOSTILE)
    assert list(short) == HOSTILE
    assert len({*short.values()}) == len(HOSTILE)
    assert not any("\n" in name for name in short.values())
    assert (short["oak "], short[" oak"], short["two\nlines"]) == ("oak␣", "␣oak", "two lines")
    assert short["x" * 47] == "x" * 26 + "…" + "x" * 13
    assert short_name("a b  c") == "a b  c"
    assert short_name("  ") == short_name("") == "␣"


def test_long_names_keep_their_beginning_and_their_end():
    assert _cut("abcdefghij", 10) == "abcdefghij"
    assert _cut("abcdefghij", 7) == "abcd…ij"
    assert _cut("橡树橡树橡树", 7) == "橡树…树"
    assert (_width("橡a"), _width("")) == (3, 0)
    short = short_names(LONG, 20)
    assert LONG[3].endswith("alpinum ") and short[LONG[3]] == "03 Rhododend…lpinum␣"
    assert {_width(name) for name in short.values()} == {20}


def test_names_that_differ_in_the_middle_get_the_room_to_do_so():
    names = [f"{'a' * 20}{i}{'b' * 20}" for i in range(3)]
    assert len({*short_names(names, 12).values()}) == 3
    assert short_names([], 12) == {}


@pytest.mark.parametrize(
    "name", LONG[:2] + ["oak", "x" * 47, "a b c d e f g h i j k l m n o p q r"]
)
def test_a_wrapped_name_fits_its_lines(name):
    lines = wrapped(name, 15).split("\n")
    assert len(lines) <= 3 and max(map(len, lines)) <= 15
    assert lines[0][:3] == name[:3]


@pytest.fixture
def trees(photos):
    """A function of names of classes: the photos with these labels in turn."""

    def make(names) -> Dataset:
        labels = [names[i % len(names)] for i in range(len(photos))]
        return photos.with_images(photos.images.assign(label=labels))

    return make


def drawn(ax):
    """Draw the figure for real; every warning is an error."""
    ax.figure.canvas.draw()
    return [text.get_text() for text in ax.findobj(Text)]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("names", "given"), [(HOSTILE, False), (LONG, False), (["$a$", "_b"], True)]
)
def test_every_figure_of_classes_draws_any_name(trees, names, given):
    dataset, look = trees(names), {}
    features = pd.DataFrame(
        np.random.default_rng(0).random((len(dataset), 4)).astype("float32"),
        dataset.images.index,
        ["texture x", *(f"colour foreground mean {c}" for c in ("red", "green", "blue"))],
    )
    labels, short = dataset.images["label"], short_names(dataset.classes)
    pairs = [(a, b) for a in dataset.classes[:4] for b in dataset.classes[:4] if a < b]
    table = pd.DataFrame(pairs, columns=["class_a", "class_b"]).assign(family="form", auc=0.7)
    figures = {
        "counts": lambda **o: plots.class_counts(dataset, **o),
        "by class": lambda **o: plots.by_class(features, labels, "texture x", **o),
        "colours": lambda **o: plots.class_colours(features, labels, **o),
        "separability": lambda **o: plots.separability(table, **o),
        "issues": lambda **o: plots.issues(
            pd.DataFrame({"image_id": labels.index, "issue": labels.astype(object)}), **o
        ),
    }
    for kind, figure in figures.items():
        if given:
            look = {"ax": plt.figure(layout="constrained").add_subplot()}
        texts = drawn(figure(**look))
        if kind != "separability":
            assert {short[name] for name in dataset.classes[:24]} <= {*texts} or len(names) > 24
        plt.close("all")


@pytest.mark.filterwarnings("error")
def test_sheets_name_each_class_beside_its_row(trees):
    texts = drawn(plots.class_sheet(trees(LONG), per_class=12))
    beside = [text for text in texts if text.endswith(" images")]
    assert [text[:14] for text in beside] == [f"{i:02d} Rhododend" + "ron"[:2] for i in range(12)]
    assert all(text.count("\n") <= 3 for text in beside)


def test_names_that_begin_with_an_underscore_are_in_the_legend():
    columns = ["question", "features", "accuracy", "low", "high", "commonest"]
    rows = [("label", kind, 0.7, 0.6, 0.8, 0.2) for kind in ("_learned", "random")]
    legend = plots.questions(pd.DataFrame(rows, columns=columns)).get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        "_learned", "random", "commonest answer",
    ]  # fmt: skip


@pytest.mark.filterwarnings("error")
def test_where_there_is_nothing_to_draw_one_sentence_says_so(photos):
    empty = photos.with_images(photos.images.iloc[:0])
    features = pd.DataFrame(columns=["texture x"], dtype="float32")
    labels = empty.images["label"]
    pairs = pd.DataFrame(columns=["class_a", "class_b", "family", "auc"])
    told = "No image has descriptors: there are none, or none that can be read"
    for ax, sentence in (
        (plots.class_sheet(empty), "No image to show"),
        (plots.contact_sheet(empty, []), "No image to show"),
        (plots.class_counts(empty), "Nothing to count"),
        (plots.by_class(features, labels, "texture x"), told),
        (plots.class_colours(features, labels), told),
        (plots.dataset_map(empty, features), told),
        (
            plots.separability(pairs),
            "No two classes have enough images, or groups, to be told apart",
        ),
        (
            plots.sizes(pd.DataFrame(columns=["width", "height"])),
            "No image has a size that can be read",
        ),
        (plots.measurement(pd.DataFrame({"x": [np.nan]}), "x", 1.0), "No image has a value of x"),
    ):
        drawn(ax)
        assert ax.get_title("left") == sentence
        assert not ax.get_xticks().size and not ax.get_yticks().size
        assert not ax.lines and not ax.patches and not ax.images


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_few_images_make_a_figure(photos, count):
    few = photos.with_images(photos.images.iloc[:count])
    rng = np.random.default_rng(0)
    features = pd.DataFrame({"form a": rng.random(count), "form b": 1.0}, few.images.index)
    drawn(plots.class_sheet(few))
    drawn(plots.by_class(features, few.images["label"], "form a"))
    ax = plots.dataset_map(few, features)
    drawn(ax)
    assert len(ax.images) == count


def test_logarithmic_axes_have_plain_numbers():
    table = pd.DataFrame({"sharpness": np.geomspace(1, 10_000, 200)})
    ax = plots.measurement(table, "sharpness", 10.0)
    ax.figure.canvas.draw()
    shown = [tick.get_text() for tick in ax.get_xticklabels()]
    assert {"1", "10", "1000", "2", "500"} <= {*shown}
    rates = pd.DataFrame({"rate": np.geomspace(1e-6, 1, 30), "loss": np.linspace(3, 1, 30)})
    ax = plots.rate_finder(rates)
    ax.figure.canvas.draw()
    assert {"0.001", "0.1"} <= {tick.get_text() for tick in ax.get_xticklabels()}


def test_a_column_or_image_that_is_not_there_is_named_with_what_is(photos):
    features = pd.DataFrame({"form area": 1.0}, photos.images.index)
    labels = photos.images["label"]
    for figure, message in (
        (lambda: plots.class_counts(photos, "lable"), "no column 'lable' .*did you mean 'label'"),
        (lambda: plots.by_class(features, labels, "form areas"), "'form area'"),
        (lambda: plots.class_colours(features, labels), "no column 'colour foreground mean red'"),
        (lambda: plots.measurement(features, "area", 1.0), "columns: form area"),
        (lambda: plots.anatomy(photos, "x.jpg"), "has no image 'x.jpg'"),
        (lambda: plots.feature_maps(photos, "x.jpg"), "has no image 'x.jpg'"),
    ):
        with pytest.raises(DatasetError, match=message):
            figure()


def test_a_guess_is_marked_whatever_its_capitals_and_the_name_as_written_goes_first():
    names = ["MixUp", "dropout", 3]
    assert with_guess(names, None) == (["MixUp", "dropout", "3"], "")
    assert with_guess(names, "dropout") == (["MixUp", "your guess: dropout", "3"], "")
    assert with_guess(names, " mixup ") == (["your guess: MixUp", "dropout", "3"], "")
    assert with_guess(names, "3") == (["MixUp", "dropout", "your guess: 3"], "")
    assert with_guess(["a", "A"], "A") == (["a", "your guess: A"], "")
    assert with_guess(["None"], None) == (["None"], "")


def test_a_guess_that_is_none_of_the_names_is_said_to_be_none():
    assert with_guess(["dropout"], "none") == (
        ["dropout"],
        "\nyour guess, none, is not among them",
    )
    long = "a" * 30 + "b" * 30
    assert with_guess([], long, 20) == (
        [],
        f"\nyour guess, {short_name(long, 20)}, is not among them",
    )
    assert with_guess([long], "", 20) == (
        [short_name(long, 20)],
        "\nyour guess, ␣, is not among them",
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [(8, "“8”"), ("3rd", "“3rd”"), ("class 1", "“class 1”"), ("oak", "oak"), ("b2b", "b2b"),
     ("", "␣"), ("٣", "“٣”")],
)  # fmt: skip
def test_a_name_that_reads_as_a_number_is_quoted_in_a_title(name, told):
    assert told_name(name) == told


def test_of_a_long_file_name_both_ends_are_kept_and_of_a_line_of_words_the_beginning():
    name, line = "augmented_image_of_somebody_117.jpg", "with_mask, said to be without_mask"
    for most in (0.4, 0.7, 1.2):
        cut = cut_to_width(name, most, 8)
        start, end = cut.split("…")
        assert name.startswith(start) and name.endswith(end) and 0 <= len(start) - len(end) <= 1
        assert _inches(cut, 8) <= most < _inches(name, 8)
        start, end = cut_to_width(line, most, 8).split("…")
        assert line.startswith(start) and end == ""
    assert cut_to_width(name, 9, 8) == name
    assert cut_to_width("called norway maple 0.93", 0.7, 8).endswith("…")
    assert cut_to_width(name, 0, 8) == "a…"


@pytest.mark.parametrize(
    ("line", "most", "lines"),
    [
        ("without_mask", 0.9, ["without_mask"]),
        ("30: without_mask", 0.8, ["30:", "without_mask"]),
        ("30: without_mask", 0.5, ["30:", "without_", "mask"]),
        ("without_mask", 0.5, ["without_", "mask"]),
        ("augmented_image_280.jpg", 0.9, ["augmented_", "image_280.jpg"]),
        ("augmented_image_280.jpg", 0.5, ["augmen", "ted_", "ima…jpg"]),
        ("mmmmmmmm", 0.5, ["mmmm", "mmmm"]),
        ("a b", 0.0, ["a", "b"]),
        ("", 1.0, [""]),
    ],
)
def test_a_line_too_wide_is_folded_where_it_reads_best(line, most, lines):
    assert fold_to_width(line, most, 8) == lines


def test_a_line_without_end_is_folded_in_no_time():
    start = time.perf_counter()
    assert fold_to_width("x" * 5_000, 0.7, 8)[2].endswith("…")
    assert time.perf_counter() - start < 5
