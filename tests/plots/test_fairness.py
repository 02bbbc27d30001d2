import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score

from helpers import plots
from helpers.fairness import compare_gaps, group_metrics
from tests.fairness.test_metrics import asked


def changes(**values):
    """A table of changes: remedy → (of, difference, low, high) rows."""
    rows = [(remedy, of, 50, *ends) for remedy, own in values.items() for of, *ends in own]
    return pd.DataFrame(rows, columns=["remedy", "of", "images", "difference", "low", "high"])


def test_five_metrics_are_drawn_for_each_group_that_is_judged_and_the_rest_is_named():
    table, dataset = asked(small=12)
    found = group_metrics(table, dataset, "site", "elm")
    ax = plots.group_metrics(found, "elm")
    panels = ax.figure.axes
    assert [one.get_title("left") for one in panels] == [
        *("accuracy", "called\nelm", "recall\nof elm", "false alarms\nof elm", "too sure")
    ]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["coast", "hill", "islet", "town"]
    drawn = [line.get_xdata()[0] for line in panels[0].lines if line.get_marker() == "o"]
    shown = found[(found["metric"] == "accuracy") & found["shown"]]
    assert drawn == shown["value"].tolist()
    assert "accuracy of islet (12)" in ax.figure._supxlabel.get_text()
    recall = found[(found["metric"] == "recall") & found["shown"]].set_index("group")["value"]
    said = ax.figure._suptitle.get_text()
    assert f"{recall.max():.0%} are found with {recall.idxmax()}" in said
    assert f"{recall.min():.0%} with {recall.idxmin()}" in said
    assert f"coast accuracy {shown.iloc[0]['value']:.2f}" in ax.figure.alt_text


def test_of_classes_as_groups_only_what_has_a_meaning_is_drawn():
    table, dataset = asked()
    found = group_metrics(table, dataset, "label", "elm")
    assert sorted(found["metric"].unique()) == ["accuracy", "too sure"]
    ax = plots.group_metrics(found, "elm")
    assert [one.get_title("left") for one in ax.figure.axes] == ["accuracy", "too sure"]
    assert ax.figure.alt_text.startswith("How is each class served? ")
    whole = accuracy_score(table["label"], table["prediction"])
    own = found[found["metric"] == "accuracy"]
    assert np.average(own["value"], weights=own["images"]) == pytest.approx(whole)


def test_where_nobody_is_judged_a_sentence_stands_instead():
    table, dataset = asked(40)
    found = group_metrics(table, dataset, "site", "elm").assign(shown=False)
    assert "No group is large enough" in plots.group_metrics(found, "elm").get_title("left")
    for empty in (pd.DataFrame(columns=["plain"], dtype=float),):
        assert "no groups beside the classes" in plots.definitions(empty).get_title("left")
    small = pd.DataFrame({"plain": [np.nan], "always right": [np.nan]}, ["equal accuracy"])
    assert "No two groups are large enough" in plots.definitions(small).get_title("left")
    nobody = plots.group_changes(changes(), title="Who pays?")
    said = "There are no groups beside the classes: nothing to compare here"
    assert nobody.get_title("left") == said


def test_the_definitions_name_the_model_that_is_best_by_each():
    gaps = pd.DataFrame(
        {"plain": [0.1, 0.5, 0.3], "mended": [0.3, 0.2, np.nan], "always right": [0.4, 0, 0]},
        index=["demographic parity", "equal opportunity", "equal accuracy"],
    )
    ax = plots.definitions(gaps)
    assert " ".join(ax.get_title("left").split()) == (
        "No model has the least difference by every definition; 2 of 2 have it by some"
    )
    filled = [line.get_mfc() != "white" for line in ax.lines if line.get_marker() == "o"]
    assert filled == [True, False, False, True]
    strokes = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "|"]
    assert strokes == [0.4, 0]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [*gaps.index[:2]]
    alone = plots.definitions(gaps[["plain", "always right"]]).get_title("left")
    assert alone == "Plain has the least difference by every definition here"


def test_beside_the_definitions_stands_who_pays():
    gaps = pd.DataFrame(
        {"plain": [0.4], "a": [0.3], "b": [0.2], "always right": [0.0]}, index=["equal accuracy"]
    )
    table = changes(a=[("few", 0.3, 0.1, 0.5)], b=[("few", -0.2, -0.4, 0.1)])
    ax = plots.definitions(gaps, table)
    beside = ax.figure.axes[1]
    dots = [line for line in beside.lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in dots] == pytest.approx([30, -20])
    colours = {line.get_color() for line in ax.lines if line.get_marker() == "o"}
    assert {line.get_color() for line in dots} < colours
    assert [tick.get_text() for tick in beside.get_yticklabels()] == ["few"]
    assert "b, few -20 points" in ax.alt_text
    names = [text.get_text() for text in ax.figure.legends[0].get_texts()]
    assert names == ["plain", "a", "b", "always right"]


def test_gaps_of_real_tables_are_drawn():
    table, dataset = asked()
    ax = plots.definitions(compare_gaps({"plain": table}, dataset, "site", "elm"))
    assert "always right" in ax.alt_text


def test_changes_are_drawn_in_points_hollow_where_the_interval_holds_zero():
    table = changes(
        a=[("all images", -0.05, -0.09, -0.01), ("few", 0.3, 0.1, 0.5)],
        b=[("all images", 0.01, -0.02, 0.04), ("few", 0.2, 0.05, 0.4)],
    )
    ax = plots.group_changes(table, guess=-12)
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in dots] == pytest.approx([-5, 1, 30, 20])
    assert [line.get_mfc() == "white" for line in dots] == [False, True, False, False]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["all images (50)", "few (50)"]
    assert ax.get_title("left") == "Surely better by some remedy: few. Surely worse: all images"
    assert "a, all images -5 (-9 to -1)" in ax.alt_text
    guesses = [line for line in ax.lines if line.get_marker() == "X"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in guesses] == [(-12, 0)]
    low, high = plots.group_changes(table[1:2], like=table).get_xlim()
    assert (low, high) == pytest.approx((-12, 53))
    unsure = plots.group_changes(table[2:3]).get_title("left")
    assert unsure == "Surely better by some remedy: nobody. Surely worse: nobody"


def test_the_trade_off_marks_the_slack_and_what_was_there_without_offsets():
    curve = pd.DataFrame(
        {"slack": [0, 0.5, 1.0], "accuracy": [0.5, 0.6, 0.8], "lowest": [0.5, 0.4, 0.2]}
    )
    before = pd.DataFrame(
        {"hits": [4], "missed": [1], "false_alarms": [2], "passed": [3], "right": [7],
         "recall": [0.8]}
    )  # fmt: skip
    ax = plots.trade_off(curve, before, 0.25)
    dots = [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert dots == pytest.approx([0.55, 0.45])
    dotted = [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == ":"]
    assert dotted == pytest.approx([0.7, 0.8])
    assert "accuracy of all 0.55, without offsets 0.70" in ax.get_title("left").replace("\n", " ")
    at = {text.get_text(): text.xy[1] for text in ax.texts}
    assert at == {"recall of the worst group": 0.2, "accuracy of all": 0.8}
    for lowest, accuracy in ((0.78, 0.8), (0.8, 0.79)):
        near = plots.trade_off(curve.assign(lowest=lowest, accuracy=accuracy), before, 0.25)
        at = {text.get_text(): text.xy[1] for text in near.texts}
        gap = at["recall of the worst group"] - at["accuracy of all"]
        assert abs(gap) == pytest.approx(0.12)
        assert (gap > 0) == (lowest > accuracy)
    alone = plots.trade_off(curve.assign(lowest=np.nan), before, 0.25).get_title("left")
    assert alone.endswith("accuracy of all 0.55, without offsets 0.70")
    none = curve.assign(lowest=np.nan, accuracy=np.nan)
    assert "no offsets keep" in plots.trade_off(none, before, 0.25).get_title("left")
