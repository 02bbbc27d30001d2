"""Figures of notebook 04: where bars, dots and guesses lie, and what titles say."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers import plots
from helpers.balance import Probe, associate, imbalance, lifts
from helpers.datasets import Dataset
from tests.balance.sets import table


@pytest.fixture
def made():
    label = ["oak"] * 40 + ["ash"] * 20 + ["elm"] * 4
    site = ["n"] * 38 + ["s"] * 2 + ["s"] * 20 + ["n", "s"] * 2
    return table(label=label, site=site)


def made_probe(auc=(0.9, 0.5, 0.45), p=(0.001, 0.6, 0.9)):
    names = ["oak", "ash", "elm"]
    by_class = pd.DataFrame({"recall": 0.3, "auc": auc, "chance": 0.5, "p": p, "images": 9}, names)
    by_class["given"] = (by_class["p"] < 0.01) & (by_class["auc"] > 0.6)
    shuffled = pd.DataFrame(np.full((5, 3), 0.52), columns=names).assign(recall=0.34)
    return Probe(0.4, 0.33, 0.36, 0.01, by_class.rename_axis("class"), shuffled)


def test_bars_are_counts_and_the_guess_is_a_line_at_the_rarest_class(made):
    ax = plots.imbalance_bars(imbalance(made), guess=8)
    assert [bar.get_width() for bar in ax.patches] == [40, 20, 4]
    assert ax.get_title("left") == "oak has 10.0 times as many images as elm"
    dots, guess = ax.lines
    assert dots.get_xdata()[-1] == pytest.approx(4, abs=0.01)
    assert set(guess.get_xdata()) == {5}
    assert len(plots.imbalance_bars(imbalance(made)).lines) == 1


def test_numbers_of_images_are_told_as_whole_ones():
    labels = np.repeat(["oak", "elm"], [1500, 1])
    ax = plots.imbalance_bars(imbalance(Dataset("b", Path(), pd.DataFrame({"label": labels}))))
    assert ax.alt_text == ("oak has 1,500.0 times as many images as elm. Images: oak 1,500, elm 1.")


@pytest.mark.parametrize(
    ("sizes", "title"),
    [
        ((4, 4), "Both classes are equally common"),
        ((26, 25), "Both classes are about equally common"),
        ((4, 4, 4), "All 3 classes are equally common"),
        ((21, 20), "b0 has 1.1 times as many images as b1"),
    ],
)
def test_classes_that_are_hardly_uneven_are_called_so(sizes, title):
    images = pd.DataFrame({"label": np.repeat([f"b{n}" for n in range(len(sizes))], sizes)})
    found = plots.imbalance_bars(imbalance(Dataset("b", Path(), images)))
    assert found.get_title("left") == title


def test_cells_show_lifts_and_dots_mark_those_beyond_chance(made):
    goes = associate(made, permutations=99)
    ax = plots.associations(made, goes)
    cells = np.vstack([np.asarray(image.get_array()) for image in ax.images])
    wide = lifts(made, "site").pivot_table("lift", "class", "value").loc[["oak", "ash", "elm"]]
    assert cells == pytest.approx(np.log2(wide.clip(0.125, 8).to_numpy()))
    sure = lifts(made, "site").query("p < 0.05")
    assert len(ax.lines[0].get_xdata()) == len(sure) > 0
    assert ax.get_title("left") == "The label goes with site"
    assert "oak with site n" in ax.alt_text


def test_without_columns_a_line_says_so(made):
    bare = made.with_images(made.images[["label", "split"]])
    ax = plots.associations(bare, associate(bare))
    assert ax.get_title("left") == "No metadata column to compare the label with"
    nothing = pd.DataFrame(columns=["column", "values", "source", "recall", "chance", "highest"])
    assert plots.proxies(nothing).get_title("left").startswith("No metadata column")


def test_only_classes_given_away_are_red_and_the_guess_stands_in_its_row():
    ax = plots.probe_results({"border": made_probe(), "facts": made_probe((0.55,) * 3)}, "Ash")
    figure = ax.figure
    assert figure.get_suptitle() == "Given away by border: oak"
    colours = [{tuple(c) for c in panel.collections[0].get_facecolors()} for panel in figure.axes]
    assert [len(one) for one in colours] == [2, 1]
    notes = [(text.get_text(), text.xy[1]) for text in ax.texts]
    assert ("given away", 0) in notes
    assert ("◂ your guess", 1) in notes
    assert "border gives away oak" in figure.alt_text
    words = {t.get_text(): t.get_horizontalalignment() for t in ax.texts}
    by_guess = plots.probe_results({"border": made_probe((0.7, 0.5, 0.5))}, "oak").texts
    beside = plots.probe_results({"border": made_probe((0.7, 0.5, 0.5))}).texts
    assert words["given away"] == "right"  # no room between 0.9 and 1
    assert [t.get_horizontalalignment() for t in by_guess] == ["right", "right"]
    assert [t.get_horizontalalignment() for t in beside] == ["left"]
    silent = plots.probe_results({"facts": made_probe((0.55,) * 3)})
    assert silent.figure.get_suptitle() == "No class is given away"


def test_where_every_class_is_given_away_the_title_counts_them_and_stays_on_the_figure():
    def made(count, given, name="Bacterial Canker of the leaf {}"):
        names = pd.Index([name.format(n) for n in range(count)], name="class")
        columns = {
            "recall": 0.5,
            "auc": 0.9,
            "chance": 0.5,
            "p": [1e-6] * given + [1] * (count - given),
            "given": [True] * given + [False] * (count - given),
        }
        table = pd.DataFrame(columns | {"images": 9}, names)
        cloud = pd.DataFrame({one: [0.45, 0.5, 0.55] for one in names})
        return Probe(0.5, 0.2, 0.5, 1e-6, table, cloud)

    every = plots.probe_results({"border": made(8, 8), "file facts": made(8, 7)})
    title = every.figure.get_suptitle()
    assert title.replace("\n", " ").startswith(
        "Given away by border: all 8 classes; by file facts: "
    )
    assert "and 4 more" in title and max(map(len, title.split("\n"))) <= 84 < len(title)
    # "All 2 classes" would be longer than their names.
    both = plots.probe_results({"border": made(2, 2, "c{}")})
    assert both.figure.get_suptitle() == "Given away by border: c0, c1"


def test_border_pictures_keep_the_border_and_paint_the_middle_over(photos):
    names = pd.Index(["oak", "rose"], name="class")
    columns = {"recall": 0.5, "auc": [0.9, 0.6], "chance": 0.5, "p": 1.0, "given": False}
    found = Probe(0.5, 0.5, 0.5, 0.5, pd.DataFrame(columns, names), pd.DataFrame())
    ax = plots.border_pictures(photos, found, each=3)
    sheet = ax.images[0].get_array()
    assert (sheet[64, 64] == 240).all()
    assert abs(sheet[3, 64].astype(int) - [40, 140, 60]).max() < 40
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["oak", "rose"]


def test_proxies_are_filled_where_they_tell_and_hollow_where_not():
    rows = [("camera", 3, "file facts", 0.8, 0.33, 0.4, True),
            ("camera", 3, "other columns", 0.35, 0.33, 0.41, False)]  # fmt: skip
    columns = ["column", "values", "source", "recall", "chance", "highest", "told"]
    ax = plots.proxies(pd.DataFrame(rows, columns=columns))
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots] == [0.8, 0.35]
    assert [dot.get_markerfacecolor() == "white" for dot in dots] == [False, True]
    assert ax.get_title("left") == "Dropped, and still told by something else: camera"


def test_remedies_are_hollow_where_the_interval_holds_zero_and_the_guess_is_a_diamond():
    rows = [("weights", "rarest classes", "", 0.1, 0.05, 0.15),
            ("weights", "commonest classes", "", -0.02, -0.05, 0.01)]  # fmt: skip
    columns = ["remedy", "of", "classes", "difference", "low", "high"]
    ax = plots.remedies(pd.DataFrame(rows, columns=columns), guess=3)
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots] == pytest.approx([10, -2])
    assert [dot.get_markerfacecolor() == "white" for dot in dots] == [False, True]
    assert [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "D"] == [3]
    title = "Weights: rarest classes +10 points, commonest classes -2 points (not sure)"
    assert ax.get_title("left").replace("\n", " ") == title


def test_a_class_that_alone_is_rarest_or_commonest_is_named():
    rows = [("weights", "rarest class, elm $x$", "elm $x$", 0.1, 0.05, 0.15),
            ("weights", "commonest class, oak", "oak", -0.02, -0.05, 0.01),
            ("weights", "worst class", "oak", -0.02, -0.05, 0.01)]  # fmt: skip
    columns = ["remedy", "of", "classes", "difference", "low", "high"]
    ax = plots.remedies(pd.DataFrame(rows, columns=columns))
    ticks = [tick.get_text() for tick in ax.get_yticklabels()]
    assert ticks == ["rarest class, elm $x$", "commonest class, oak", "worst class"]
    title = "Weights: rarest class, elm $x$ +10 points, commonest class, oak -2 points (not sure)"
    assert ax.get_title("left").replace("\n", " ") == title


def test_a_remedy_keeps_its_colour_whichever_others_stand_beside_it():
    columns = ["remedy", "of", "difference", "low", "high"]

    def colours(*names):
        rows = [(name, "worst class", 0.1, 0.05, 0.2) for name in names]
        legend = plots.remedies(pd.DataFrame(rows, columns=columns)).get_legend()
        return [handle.get_color() for handle in legend.legend_handles]

    first = colours("oversampling", "class weights", "logit adjustment")
    second = colours("class weights, power 1", "group balance, power 1", "logit adjustment, tau 1")
    assert second[0] == first[1]
    assert second[2] == first[2]
    assert second[1] not in first
    unknown = colours("mine", "oversampling", "yours")
    assert unknown[1] == first[0]
    assert len({*first, *unknown}) == 5


def test_remedies_that_change_nothing_are_said_to_change_nothing():
    rows = [("weights", "rarest classes", "", 0.0, -0.01, 0.01),
            ("weights", "commonest classes", "", 0.0, -0.02, 0.02)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["remedy", "of", "classes", "difference", "low", "high"])
    assert plots.remedies(table).get_title("left") == "No remedy changes a mean recall"
    table.loc[1, "difference"] = 0.001
    title = plots.remedies(table).get_title("left")
    assert title == "Weights: no sure change for rare or common classes"


def test_recalls_before_and_after_lie_in_the_row_of_their_class():
    index = pd.Index(["oak", "elm"], name="class")
    found = pd.DataFrame({"images": [40, 4], "nothing": [0.9, 0.2], "weights": [0.8, 0.6]}, index)
    ax = plots.class_recalls(found, "nothing", "weights", guess=0.3)
    ends = [line for line in ax.lines if line.get_marker() == "o"]
    assert [list(line.get_xdata()) for line in ends] == [[0.9, 0.2], [0.8, 0.6]]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["oak  40", "elm  4"]
    assert ax.get_title("left") == "With weights, elm has 60 of 100 right, oak 80"
    guess = next(line for line in ax.lines if line.get_marker() == "D")
    assert (guess.get_xdata()[0], guess.get_ydata()[0]) == (0.3, 1)
    numbers = plots.class_recalls(found.rename({"oak": "8", "elm": "9"}), "nothing")
    assert numbers.get_title("left") == "“9” has 20 of 100 right, “8” 90"
    many = pd.DataFrame({"images": range(30, 0, -1), "nothing": 0.5}, [f"c{n}" for n in range(30)])
    ax = plots.class_recalls(many.rename_axis("class"), "nothing")
    assert len(ax.get_yticklabels()) == 24
    assert any(text.get_text() == "… 6 more" for text in ax.texts)
