"""Figures of metrics, confusions and curves: what they draw, and what they say."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from helpers import plots
from helpers.evaluation import (
    always,
    bootstrap_metrics,
    check_predictions,
    compare_metrics,
    one_against_rest,
    score_classes,
)
from helpers.plots.style import alt_text


@pytest.fixture(scope="module")
def predictions():
    rng = np.random.default_rng(0)
    labels = rng.choice(["ash", "elm $x$", "fir"], 90, p=[0.6, 0.3, 0.1])
    values = rng.dirichlet(np.ones(3), 90)
    values[np.arange(90), pd.Index(["ash", "elm $x$", "fir"]).get_indexer(labels)] += 0.5
    index = pd.Index([f"{number:02d}.jpg" for number in range(90)], name="image_id")
    table = pd.DataFrame(values / values.sum(axis=1, keepdims=True), index)
    return check_predictions(table.set_axis(["ash", "elm $x$", "fir"], axis=1).assign(label=labels))


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_metrics_are_drawn_with_their_intervals_and_the_guess(predictions):
    table = bootstrap_metrics(predictions, replicates=100).loc[["accuracy", "MCC"]]
    ax = plots.metric_intervals({"one": table, "two": table}, ("MCC", 0.25), "Which?")
    dots = [line for line in ax.lines if line.get_label() in ("one", "two")]
    assert [list(line.get_xdata()) for line in dots] == [table["value"].tolist()] * 2
    ends = ax.collections[0].get_segments()[0][:, 0]
    assert ends.tolist() == table.loc["accuracy", ["low", "high"]].tolist()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["accuracy", "MCC"]
    assert "your guess 0.25" in texts(ax)
    assert ax.get_xlabel() == "score, with 95 % interval"
    assert f"one, accuracy: {table['value']['accuracy']:.2f}" in alt_text(ax.figure)
    none = plots.metric_intervals({"one": table}, ("MCC", None))
    assert not [text for text in texts(none) if "guess" in text]


def test_differences_have_signs_and_a_line_at_zero(predictions):
    other = predictions.assign(prediction="ash")
    table = compare_metrics(predictions, other, replicates=100).loc[["accuracy"]]
    table["low"] = -0.01
    ax = plots.metric_intervals({"over ash": table})
    assert ax.get_xlabel().startswith("difference on the same images")
    assert texts(ax)[0].startswith("+")
    assert [0, 0] in [list(line.get_xdata()) for line in ax.lines]
    sure = pd.DataFrame({"difference": [0.2, 0.1, -0.1], "low": [0.1, 0.0, -0.2]}, ["a", "b", "c"])
    ax = plots.metric_intervals({"over ash": sure.assign(high=[0.3, 0.2, -0.05])})
    hollow = [line for line in ax.lines if line.get_markerfacecolor() == "white"]
    assert [list(line.get_xdata()) for line in hollow] == [[0.1]]
    assert [list(line.get_ydata()) for line in hollow] == [[1]]
    # From -0.2 to 0.3, and a twentieth of that beside either end.
    assert ax.get_xlim() == pytest.approx((-0.225, 0.325))


def test_a_dummy_that_ties_is_named(predictions):
    asked = one_against_rest(predictions, "fir")
    table = compare_metrics(asked, always(asked, "not fir"), replicates=100)
    table.loc["accuracy", ["low", "high"]] = -0.001, 0.02
    table.loc["MCC", "low"] = 0.1
    ax = plots.against_dummy({"some": table, "all": table}, guess=0.5)
    assert ax.figure.get_suptitle() == "A dummy ties with the model in accuracy: some, all"
    shown = [text for text in texts(ax) if text.startswith("a tie: ")]
    assert shown[0].endswith("(-0.001 to +0.02)")
    assert not any("MCC" in text for text in texts(ax))
    assert "your guess 0.5" in texts(ax)
    table.loc["accuracy", "low"] = 0.01
    ax = plots.against_dummy({"some": table})
    assert ax.figure.get_suptitle() == "The model beats the dummy in accuracy"
    both = plots.against_dummy({"some": table, "all": table}).figure.get_suptitle()
    assert both == "The model beats the dummy in accuracy on every set"
    assert f"dummy {table['second']['accuracy']:.2f}" in alt_text(ax.figure)


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (-0.004, 0.02, "(-0.004 to +0.02)"),
        (-0.03, 0.0014, "(-0.03 to +0.001)"),
        (0.0, 0.006, "(+0.00 to +0.01)"),
        (-0.0004, 0.5, "(+0.00 to +0.50)"),
        (-0.006, -0.005, "(-0.01 to -0.01)"),
    ],
)
def test_an_end_that_would_round_to_zero_shows_on_which_side_it_lies(low, high, told):
    table = pd.DataFrame({"difference": [0.2], "low": [low], "high": [high]}, ["accuracy"])
    assert texts(plots.metric_intervals({"one over another": table}))[0] == f"+0.20 {told}"
    scores = pd.DataFrame({"value": [0.1], "low": [0.004], "high": [0.2]}, ["accuracy"])
    assert texts(plots.metric_intervals({"one": scores}))[0] == "0.10 (0.00 to 0.20)"


def test_a_dummy_that_wins_is_no_tie_and_said_so(predictions):
    asked = one_against_rest(predictions, "fir")
    table = compare_metrics(always(asked, "fir"), always(asked, "not fir"), replicates=100)
    assert table["high"]["accuracy"] < 0
    ax = plots.against_dummy({"some": table})
    assert ax.figure.get_suptitle() == "A dummy beats the model in accuracy: some"


def test_a_confusion_matrix_shows_shares_of_rows_and_counts(predictions):
    names = ["ash", "elm $x$", "fir"]
    matrix = pd.DataFrame([[8, 2, 0], [5, 5, 0], [0, 0, 4]], names, names)
    ax = plots.confusion(matrix)
    rows = [label.get_text() for label in ax.get_yticklabels()]
    shares = np.asarray(ax.images[0].get_array())
    assert shares[rows.index("ash"), rows.index("elm $x$")] == pytest.approx(0.2)
    assert shares[rows.index("fir"), rows.index("fir")] == 1
    assert sorted(texts(ax)) == ["2", "4", "5", "5", "8"]
    assert ax.get_title("left") == "Most often wrong: elm $x$ called ash, 5 images"
    assert "17 of 24 images on the diagonal" in alt_text(ax.figure)
    perfect = plots.confusion(pd.DataFrame(np.eye(3) * 2, names, names))
    assert perfect.get_title("left") == "No error"
    empty = plots.confusion(pd.DataFrame(np.zeros((40, 40))))
    assert list(empty.get_xticks()) == []


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([[1, 2, 0], [0, 3, 0], [0, 1, 9]], "2 images"),
        ([[1, 2, 0], [0, 3, 0], [2, 1, 9]], "2 images, and 1 other pair of classes as often"),
        ([[1, 1, 1], [0, 3, 0], [1, 0, 9]], "1 image, and 2 other pairs of classes as often"),
    ],
)
def test_what_is_wrong_as_often_is_counted_and_numbers_are_told_as_names(rows, told):
    title = plots.confusion(pd.DataFrame(rows, [*"379"], [*"379"])).get_title("left")
    start, end = title.split(", ", 1)
    assert end == told
    assert start in {f"Most often wrong: “{a}” called “{b}”" for a, b in ("37", "39", "93")}


def test_the_hardest_class_is_last_and_named(predictions):
    table = score_classes(predictions)
    table.loc["fir", ["precision", "recall", "F1", "F1 low", "F1 high"]] = 0.9, 0.1, 0.18, 0.1, 0.3
    ax = plots.class_metrics(table)
    assert [label.get_text() for label in ax.get_yticklabels()][-1] == "fir"
    assert ax.figure.get_suptitle() == "Lowest F1: fir, 0.18 (0.10 to 0.30), found too seldom"
    assert [panel.get_title("left") for panel in ax.figure.axes] == ["precision", "recall", "F1"]
    assert ax.lines[0].get_xdata()[-1] == 0.9
    table.loc["fir", ["precision", "recall"]] = 0.1, 0.9
    assert "named too often" in plots.class_metrics(table).figure.get_suptitle()
    table.loc["fir", ["precision", "recall"]] = 0.0
    assert "never found" in plots.class_metrics(table).figure.get_suptitle()
    table.loc["fir", ["precision", "recall"]] = 0.4, 0.4
    assert "found as often as named" in plots.class_metrics(table).figure.get_suptitle()
    table[["precision", "recall", "F1"]] = 1.0
    said = "Each class is always found, and never named wrongly"
    assert plots.class_metrics(table).figure.get_suptitle() == said
    many = pd.concat([table] * 20).set_axis([f"class {n}" for n in range(60)])
    many[["recall", "F1"]] = 0.4, 0.5
    said = plots.class_metrics(many).figure.get_suptitle().replace("\n", " ")
    assert "(30 classes between are left out)" in said


def test_curves_are_those_of_scikit_learn_with_the_answers_on_them(predictions):
    asked = one_against_rest(predictions, "elm $x$")
    ax = plots.ranking_curves({"all": asked, "half": asked[:45]}, "elm $x$")
    own = predictions["label"] == "elm $x$"
    average = average_precision_score(own, predictions["elm $x$"])
    area = roc_auc_score(own, predictions["elm $x$"])
    assert f"all: average precision {average:.2f}, area under the ROC curve {area:.2f}" in alt_text(
        ax.figure
    )
    assert ax.get_title() == ""
    assert ax.get_title("left").startswith(f"average precision {average:.2f} and ")
    said = predictions["prediction"] == "elm $x$"
    dot = [line for line in ax.lines if line.get_marker() == "o"][0]
    assert dot.get_xdata()[0] == pytest.approx(said[own].mean())
    assert dot.get_ydata()[0] == pytest.approx(own[said].mean())
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["all", "half"]
    assert plots.ranking_curves({"all": asked}, "elm $x$").get_legend() is None


def test_baselines_are_rows_of_balanced_accuracy_and_the_guess_is_about_the_best():
    scores = {
        name: pd.DataFrame(
            {"value": [0.9, value], "low": [0.8, value - 0.1], "high": [1.0, value + 0.1]},
            ["accuracy", "balanced accuracy"],
        )
        for name, value in {"dummy": 0.2, "frozen": 0.6}.items()
    }
    ax = plots.baselines(scores, "frozen", guess=0.5)
    assert "frozen finds 60% of each class" in ax.get_title("left")
    (dots,) = [line for line in ax.lines if line.get_marker() == "o"]
    assert list(dots.get_xdata()) == [0.2, 0.6]
    (cross,) = [line for line in ax.lines if line.get_marker() == "X"]
    assert (cross.get_xdata()[0], cross.get_ydata()[0]) == (0.5, 1)


def test_numbers_of_many_confused_images_are_told_in_full():
    matrix = pd.DataFrame([[5.0, 1_234_567.0], [0.0, 1000.0]], ["ash", "elm"], ["ash", "elm"])
    ax = plots.confusion(matrix)
    assert ax.get_title("left") == "Most often wrong: ash called elm, 1,234,567 images"
    assert {text.get_text() for text in ax.texts} == {"5", "1,234,567", "1,000"}
    assert "1,005 of 1,235,572 images on the diagonal" in ax.alt_text
