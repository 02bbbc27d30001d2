"""Figures of notebook 11: where dots, lines and guesses lie, and what titles say."""

import numpy as np
import pandas as pd
import pytest

from helpers import plots
from helpers.evaluation import (
    Difference,
    at_threshold,
    calibration_error,
    cost_matrix,
    coverage,
    mark_thresholds,
    precision_at,
    reliability,
    risk_coverage,
    sweep_thresholds,
)
from helpers.plots.style import ACCENT, FAMILIES, MUTED
from tests.evaluation.tables import drawn, table_of


def test_dots_lie_at_confidence_and_accuracy_and_the_title_tells_of_the_surest():
    table = drawn(300, 1, sharpness=3)
    ax = plots.reliability_diagram({"as trained": table}, guess=0.8)
    found = reliability(table, 10)
    dots = ax.collections[0].get_offsets()
    assert np.asarray(dots) == pytest.approx(found[["confidence", "accuracy"]].to_numpy())
    assert ax.lines[1].get_ydata() == pytest.approx(found["accuracy"].to_numpy())
    surest = table[table["confidence"] > 0.9]
    right = (surest["label"] == surest["prediction"]).mean()
    said = f"Right among answers surer than 0.9: as trained {right:.0%} of {len(surest)}"
    assert ax.get_title("left") == said
    label = ax.get_legend().get_texts()[0].get_text()
    assert f"ECE {calibration_error(table):.2f}" in label and "floor" in label
    marks = [line for line in ax.lines if line.get_marker() == "X"]
    assert marks[0].get_ydata()[0] == 0.8
    assert "as trained: ECE" in ax.alt_text
    two = plots.reliability_diagram({"a": table, "b": drawn(100, 2)})
    assert len(two.collections) == 2
    assert two.lines[1].get_color() != two.lines[2].get_color()
    assert not [line for line in two.lines if line.get_marker() == "X"]


@pytest.mark.parametrize(
    ("names", "colours"),
    [
        (["as trained"], [ACCENT]),
        (["validation", "test"], [ACCENT, FAMILIES["colour"]]),
        (["as trained", "cooled", "validation, after"], [MUTED, FAMILIES["colour"], ACCENT]),
    ],
)
def test_validation_is_blue_and_what_is_paid_is_orange(names, colours):
    table = drawn(40, 1)
    ax = plots.reliability_diagram(dict.fromkeys(names, table))
    assert [line.get_color() for line in ax.lines[1:]] == colours


def test_where_nothing_is_sure_the_title_says_so():
    ax = plots.reliability_diagram({"flat": table_of([[0.6, 0.4]] * 5, [0, 1, 0, 1, 0])})
    assert ax.get_title("left") == "No answer here is surer than 0.9"


def test_paired_rows_say_which_are_surely_lower_or_higher():
    rows = {"mended": Difference(-0.2, -0.3, -0.1), "spoilt": Difference(0.3, 0.2, 0.4)}
    ax = plots.paired(rows | {"open": Difference(0.1, -0.1, 0.3)}, "log loss")
    assert ax.get_title("left") == "Lower log loss: mended. Higher: spoilt"
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots] == pytest.approx([-0.2, 0.3, 0.1])
    assert [dot.get_markerfacecolor() != "white" for dot in dots] == [True, True, False]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["mended", "spoilt", "open"]
    one = {"a": Difference(0.1, -np.inf, np.inf)}
    ax = plots.paired(one, "cost")
    assert ax.get_title("left") == "No sure change in cost"
    assert np.isfinite(ax.get_xlim()).all()
    ax = plots.paired(one, "cost", than="at one half")
    assert ax.get_title("left") == "No sure change in cost from that at one half"
    assert ax.get_xlabel().startswith("difference in cost from that at one half, 95 % interval")
    ax = plots.paired(rows, "cost", than="at one half")
    assert ax.get_title("left") == "Lower cost than at one half: mended. Higher: spoilt"


def test_each_planting_is_a_dot_and_the_mean_a_stroke():
    table = pd.DataFrame(
        {"draw": [0, 1] * 2, "estimate": ["counted"] * 2 + ["EM"] * 2, "error": [0.2, 0.4, 0.1, 0]}
    )
    ax = plots.share_errors(table)
    strokes = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "|"]
    assert strokes == pytest.approx([0.3, 0.05])
    assert [list(line.get_xdata()) for line in ax.lines[::2]] == [[0.2, 0.4], [0.1, 0]]
    # Of two plantings nobody knows: 0.1 and 0.4 nearer on average 0.25, give or take 1.9.
    nearest = "EM comes nearest to what was planted"
    assert ax.get_title("left") == f"{nearest}, but not surely nearer than counted"


def test_the_way_that_comes_nearest_is_named_with_those_it_cannot_be_told_from():
    def title(**errors):
        rows = [(draw, how, e) for how, own in errors.items() for draw, e in enumerate(own)]
        table = pd.DataFrame(rows, columns=["draw", "estimate", "error"])
        return plots.share_errors(table).get_title("left")

    best, nearest = [0.1, 0.12, 0.08, 0.11], "Best comes nearest to what was planted"
    worse = [0.2, 0.25, 0.17, 0.22]
    assert title(worse=worse, best=best) == nearest
    # Paired: 0.01 more on each planting is sure, though plantings differ by more than that.
    assert title(worse=[0.11, 0.131, 0.089, 0.12], best=best) == nearest
    told = title(same=best, best=best, worse=worse)
    assert told == f"{nearest}, but not surely nearer than same"
    near = [0.12, 0.11, 0.09, 0.11]
    assert title(near=near, worse=worse, best=best, alike=near[::-1]).endswith("than 2 others")
    assert title(best=best[:1], near=near[:1]) == f"{nearest}, but not surely nearer than near"


def test_costs_are_steps_and_marks_lie_on_them():
    table, costs = drawn(200, 1), cost_matrix(20, 1)
    sweep = sweep_thresholds(table, "oak", costs)
    marks = mark_thresholds(sweep, costs)
    ax = plots.cost_curve(sweep, marks, "oak", guess=0.3)
    for line, at in zip(ax.lines[1:], marks.values(), strict=False):
        cost = at_threshold(table, "oak", at, costs)["cost"]
        assert line.get_xdata()[0] == pytest.approx(min(at, 1))
        assert line.get_ydata()[0] == pytest.approx(cost)
        assert f"{at:.3f}, costs {cost:.2f}" in line.get_label()
    assert ax.lines[-1].get_label() == "your guess: 0.3"
    assert "Reporting oak costs least from" in ax.get_title("left")
    assert f"{sweep['cost'].min():.2f} an image" in ax.get_title("left")


def test_precision_lies_on_bayes_curve():
    at = pd.Series({"recall": 0.9, "false_alarm_rate": 0.05})
    ax = plots.precision_curve(at, {"here": 0.1, "in a thousand": 0.001})
    x, y = ax.lines[0].get_data()
    assert y == pytest.approx(precision_at(x, 0.9, 0.05))
    assert [line.get_ydata()[0] for line in ax.lines[1:]] == pytest.approx(
        [precision_at(0.001, 0.9, 0.05), precision_at(0.1, 0.9, 0.05)]
    )
    assert "67% here, 1.8% in a thousand" in ax.get_title("left").replace("\n", " ")
    none = plots.precision_curve(pd.Series({"recall": np.nan, "false_alarm_rate": 0.1}), {})
    assert none.get_title("left").startswith("Without images of the class")


def test_a_rate_of_no_false_alarm_bounds_precision_and_no_more():
    at = pd.Series({"recall": 1.0, "false_alarm_rate": 0.0, "false_alarms": 0, "passed": 49})
    ax = plots.precision_curve(at, {"one in ten": 0.1, "rare": 0.001, "in training": 0.125})
    # At 5.9 % false alarms 49 images have none once in twenty times: 0.941 ** 49 = 0.05.
    worst = 1 - 0.05 ** (1 / 49)
    x, y = ax.lines[0].get_data()
    assert y == pytest.approx(precision_at(x, 1.0, worst))
    said = ax.get_title("left").replace("\n", " ")
    assert said == (
        "100% are found, and none of 49 others reported. Right among the reports: at least 65% one "
        "in ten, at least 1.7% rare, at least 71% in training"
    )
    band = ax.collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == 1
    sides = {text.get_text().split(":")[0]: text.get_ha() for text in ax.texts}
    assert sides == {"rare": "right", "one in ten": "right", "in training": "left"}
    some_wrong = {**at, "false_alarms": 1, "passed": 48, "false_alarm_rate": 1 / 49}
    ax = plots.precision_curve(pd.Series(some_wrong), {"in training": 0.5})
    assert "and 2.0% of the others reported" in ax.get_title("left").replace("\n", " ")
    assert not ax.collections
    assert ax.lines[1].get_ydata()[0] == pytest.approx(0.98)


def test_risk_curves_mark_what_the_promise_allows_and_what_was_paid():
    curve = risk_coverage(drawn(300, 1))
    ax = plots.risk_curves({"validation": curve}, promised=0.1, paid=(0.4, 0.2), guess=0.5)
    kept = curve.loc[curve["risk"] <= 0.1, "coverage"].max()
    dot = next(line for line in ax.lines if line.get_marker() == "o")
    assert dot.get_xdata()[0] == pytest.approx(kept)
    diamond = next(line for line in ax.lines if line.get_marker() == "D")
    assert (diamond.get_xdata()[0], diamond.get_ydata()[0]) == (0.4, 0.2)
    assert f"{kept:.0%} of validation images" in ax.get_title("left")
    assert "paid: 40% answered, 20% of them wrong" in ax.alt_text
    assert next(line for line in ax.lines if line.get_marker() == "X").get_xdata()[0] == 0.5
    plain = plots.risk_curves({"validation": curve})
    assert f"{curve['risk'].iloc[-1]:.0%} wrong of all" in plain.get_title("left")


def test_rows_surely_below_the_promise_are_red():
    columns = ["images", "coverage", "low", "high", "size"]
    table = pd.DataFrame([[90, 0.92, 0.85, 0.96, 2.0], [60, 0.6, 0.5, 0.7, 1.5]], columns=columns)
    table.index = ["ash", "elm"]
    ax = plots.coverages({"class": table, "site": table[:1]}, 0.9)
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots] == pytest.approx([0.92, 0.6, 0.92])
    assert [dot.get_color() == plots.style.FLAG for dot in dots] == [False, True, False]
    assert ax.get_title("left") == "90% promised; surely fewer in 1 of 3 rows"
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["ash", "elm", "ash"]
    assert plots.coverages({}, 0.9).get_title("left") == "No column to ask for coverage by"


def test_of_many_classes_the_first_are_shown():
    index = pd.Index([f"{n:02d}.jpg" for n in range(60)])
    sets = pd.DataFrame(True, index, [f"class {n:02d}" for n in range(30)])
    labels = pd.Series([f"class {n % 30:02d}" for n in range(60)], index)
    ax = plots.coverages({"class": coverage(sets, labels, labels)}, 0.9)
    assert len(ax.get_yticks()) == 24


def test_the_mean_of_simulated_coverages_stands_in_the_title():
    drawn_coverages = np.array([0.88, 0.9, 0.92, 0.93])
    ax = plots.coverage_draws(drawn_coverages, 0.9, {"test": 0.8})
    assert sum(patch.get_height() for patch in ax.patches) == 4
    assert "90% promised, 90.8% kept" in ax.get_title("left")
    diamond = next(line for line in ax.lines if line.get_marker() == "D")
    assert diamond.get_xdata()[0] == 0.8
    assert "test 80%" in ax.alt_text
