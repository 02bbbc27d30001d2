"""Figures of notebook 08: losses where they ended, red where a cure costs, promise and worth."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from helpers import plots
from helpers.plots.regularising import TRAINING
from helpers.plots.style import ACCENT, FLAG


def ticks(ax):
    return [tick.get_text() for tick in ax.get_yticklabels()]


def lines(ax, colour):
    """x and y of the lines of a colour that have more than one point."""
    drawn = [line for line in ax.lines if to_hex(line.get_color()) == colour]
    return [(*map(list, line.get_data()),) for line in drawn if len(line.get_xdata()) > 1]


def dots(ax, marker="o"):
    drawn = [
        line for line in ax.lines if line.get_marker() == marker and len(line.get_xdata()) == 1
    ]
    return {
        (round(float(line.get_xdata()[0]), 6), round(float(line.get_ydata()[0]), 6)): line
        for line in drawn
    }


@pytest.fixture
def curves():
    return pd.DataFrame(
        {
            "epoch": [0, 1, 2], "train_loss": [1.0, 0.4, 0.1], "valid_loss": [1.2, 1.1, 1.6],
            "train_accuracy": [0.5, 0.8, 1.0], "valid_accuracy": [0.4, 0.5, 0.5],
            "by_heart": [0.1, 0.6, 1.0],
        }
    )  # fmt: skip


def test_curves_show_both_losses_the_gap_and_the_epoch_kept(curves):
    ax = plots.overfitting(curves, stopped=1)
    left, right = ax.child_axes
    assert lines(left, TRAINING) == [([0, 1, 2], [1.0, 0.4, 0.1])]
    assert lines(left, ACCENT) == [([0, 1, 2], [1.2, 1.1, 1.6])]
    assert (1.0, 1.1) in dots(left)
    assert lines(right, FLAG) == [([0, 1, 2], [0.1, 0.6, 1.0])]
    assert ax.get_title("left") == "Validation ends 1.50 above training: that is the gap"
    assert "100% of the wrong labels given back" in ax.alt_text


def test_a_validation_loss_below_that_of_training_is_said_to_lie_below(curves):
    ax = plots.overfitting(curves.assign(valid_loss=[0.9, 0.3, 0.04]))
    assert ax.get_title("left") == "Validation ends 0.06 below training: that is the gap"
    level = plots.overfitting(curves.assign(valid_loss=curves["train_loss"]))
    assert level.get_title("left") == "Validation ends 0.00 above training: that is the gap"


def test_curves_of_several_seeds_are_averaged_and_without_wrong_labels_nothing_is_red(curves):
    other = curves.assign(train_loss=curves["train_loss"] + 0.2, by_heart=np.nan)
    ax = plots.overfitting(pd.concat([curves.assign(by_heart=np.nan), other]), stopped=9)
    left, right = ax.child_axes
    assert lines(left, TRAINING)[0][1] == pytest.approx([1.1, 0.5, 0.2])
    assert lines(right, FLAG) == []
    assert dots(left) == {}
    assert "given back" not in ax.alt_text


@pytest.fixture
def ends():
    rows = [("none", s, 0.1, 2.1 + s) for s in (0, 1)] + [("dropout", s, 0.5, 1.0) for s in (0, 1)]
    table = pd.DataFrame(rows, columns=["cure", "seed", "train_loss", "valid_loss"])
    return table.assign(gap=table["valid_loss"] - table["train_loss"])


def test_gaps_lie_between_the_mean_losses_the_greatest_first(ends):
    ax = plots.generalisation_gaps(ends, guess="dropout")
    assert ticks(ax) == ["none", "your guess: dropout"]
    found = dots(ax)
    assert to_hex(found[(0.1, 0.0)].get_color()) == TRAINING
    assert to_hex(found[(2.6, 0.0)].get_color()) == ACCENT
    assert {(0.5, 1.0), (1.0, 1.0)} <= set(found)
    assert {"2.50", "0.50"} <= {text.get_text() for text in ax.texts}
    assert ax.get_title("left") == "The smallest gap is that of dropout: 0.50 instead of 2.50"
    said = "log loss, mean of 2 repeats; beside it the gap"
    assert ax.get_xlabel() == said
    ax = plots.generalisation_gaps(ends, guess="MixUp")
    assert ticks(ax) == ["none", "dropout"]
    assert ax.get_xlabel() == f"{said}\nyour guess, MixUp, is not among them"


def test_a_training_done_just_now_is_drawn_in_its_row(ends):
    ax = plots.generalisation_gaps(ends, live=("dropout", 0.6, 1.1))
    assert set(dots(ax, "D")) == {(0.6, 1.0), (1.1, 1.0)}
    ax = plots.generalisation_gaps(ends, live=("other", 0.6, 1.1))
    assert set(dots(ax, "D")) == {(0.6, 2.0), (1.1, 2.0)}
    assert ticks(ax) == ["none", "dropout", "other"]
    assert ax.get_ylim()[0] > 2
    assert ax.get_title("left") == "The smallest gap is that of dropout: 0.50 instead of 2.50"


@pytest.mark.parametrize(
    ("live", "place"), [((0.6, 1.1), 1.1), ((0.6, 0.9), 1.0), ((2.0, 1.1), 2.0)]
)
def test_no_diamond_hides_the_gap_beside_it(ends, live, place):
    ax = plots.generalisation_gaps(ends, live=("dropout", *live))
    told = {text.get_text(): text.xy for text in ax.texts}
    assert told["0.50"] == (place, 1) and told["2.50"] == (2.6, 0)


def test_no_cure_is_a_sentence(ends):
    assert plots.generalisation_gaps(ends[:0]).get_title("left") == "No cure was tried"


@pytest.fixture
def effects():
    """One cure betters both for sure, one costs accuracy, of one nothing is sure."""
    rows = {
        ("accuracy", "turn"): (0.1, 0.05, 0.15, True, "better"),
        ("accuracy", "stop"): (-0.1, -0.15, -0.05, True, "worse"),
        ("accuracy", "decay"): (0.01, -0.1, 0.12, False, "not sure"),
        ("log loss", "turn"): (-0.5, -0.6, -0.4, True, "better"),
        ("log loss", "stop"): (-0.9, -1.0, -0.8, True, "better"),
        ("log loss", "decay"): (-0.01, -0.1, 0.08, False, "not sure"),
    }
    columns = ["difference", "low", "high", "sure", "verdict"]
    table = pd.DataFrame.from_dict(rows, "index", columns=columns)
    table.index = pd.MultiIndex.from_tuples(table.index, names=["figure", "cure"])
    return table


def test_what_is_bought_is_filled_where_sure_and_red_where_it_costs(effects):
    ax = plots.bought(effects)
    accuracy, loss = ax.child_axes
    assert ticks(accuracy) == ["stop", "turn", "decay"]
    found = dots(accuracy)
    assert to_hex(found[(-0.1, 0.0)].get_markerfacecolor()) == FLAG
    assert to_hex(found[(0.1, 1.0)].get_markerfacecolor()) == ACCENT
    assert found[(0.01, 2.0)].get_markerfacecolor() == "white"
    assert {(-0.9, 0.0), (-0.5, 1.0), (-0.01, 2.0)} <= set(dots(loss))
    assert (accuracy.get_xlabel(), loss.get_xlabel()) == ("better →", "← better")
    title = ax.get_title("left").replace("\n", " ")
    assert title == (
        "On other images: 2 of 3 cures surely improve the log loss, 1 the accuracy (turn); right "
        "answers are surely lost by stop"
    )
    assert "accuracy: stop -0.100" in ax.alt_text.replace("turn +0.100, ", "")


@pytest.mark.parametrize(
    ("told", "where", "said"),
    [
        ("validation images", None, "On validation images: "),
        ("validation images", "mine", "On mine: "),
    ],
)
def test_the_title_names_the_images_that_the_table_is_about(effects, told, where, said):
    effects.attrs["where"] = told
    assert plots.bought(effects, where=where).get_title("left").startswith(said)


def test_no_effect_is_a_sentence(effects):
    assert plots.bought(effects[:0]).get_title("left") == "No cure was compared"
    assert plots.bought(effects, figures=["speed"]).get_title("left") == "No cure was compared"


@pytest.mark.parametrize(
    ("lower", "best", "title"),
    [(True, [2, 2, 1, 1], "number 3: 1.00"), (False, [2, 3, 3, 4], "number 4: 4.00")],
)
def test_a_search_never_gets_worse(lower, best, title):
    ax = plots.search_history([2, 3, 1, 4], lower=lower)
    assert lines(ax, ACCENT) == [([1, 2, 3, 4], best)]
    assert title in ax.get_title("left")


def test_a_trial_that_failed_is_passed_over_and_none_that_did_not_is_a_sentence():
    ax = plots.search_history([np.nan, 2.0, 1.0])
    assert "number 3: 1.00" in ax.get_title("left")
    assert plots.search_history([np.nan]).get_title("left") == "No trial came to a score"


def hollow(ax):
    """x and y of the points drawn with a white face."""
    found = [line for line in ax.lines if to_hex(line.get_markerfacecolor()) == "#ffffff"]
    return [(*map(list, line.get_data()),) for line in found]


def test_pruned_trials_are_hollow_and_never_the_best():
    trials = pd.DataFrame(
        {"number": range(5), "value": [2.0, 0.5, 1.5, np.nan, 3.0],
         "state": ["COMPLETE", "PRUNED", "COMPLETE", "FAIL", "PRUNED"]}
    )  # fmt: skip
    ax = plots.search_history(trials)
    assert lines(ax, ACCENT) == [([1, 2, 3, 4, 5], [2, 2, 1.5, 1.5, 1.5])]
    assert hollow(ax) == [([2, 5], [0.5, 3.0])]
    assert ax.get_title("left") == "The best of 5 trials is number 3: 1.50; 2 pruned"
    said = {text.get_text(): text.xy for text in ax.texts}
    assert said["pruned"] == (2, 0.5)
    assert said["best so far"] == (5, 1.5)


def test_the_score_without_a_search_is_a_line_to_beat():
    ax = plots.search_history([2.0, 1.0], before=1.4)
    assert [one.get_ydata()[0] for one in ax.lines if one.get_linestyle() == "--"] == [1.4]
    assert {text.get_text(): text.xy for text in ax.texts}["without a search"] == (1, 1.4)
    assert "without a search" not in [one.get_text() for one in plots.search_history([2.0]).texts]


@pytest.mark.parametrize(("lower", "before", "worse", "under"), [
    (True, 0.9, True, True), (True, 1.4, False, True), (True, 2.5, False, False),
    (False, 2.4, True, False), (False, 1.9, False, True),
])  # fmt: skip
def test_a_search_that_found_nothing_better_is_said_to_and_no_words_lie_on_its_line(
    lower, before, worse, under
):
    ax = plots.search_history([2.0, 1.0, 2.2], lower=lower, before=before)
    title = "number 2: 1.00" if lower else "number 3: 2.20"
    title += f"; without a search {before:.2f}" if worse else ""
    assert ax.get_title("left") == f"The best of 3 trials is {title}"
    ax.figure.canvas.draw()
    [words] = [text for text in ax.texts if text.get_text() == "without a search"]
    box, line = words.get_window_extent(), ax.transData.transform((1, before))[1]
    assert (box.y1 < line) == under
    assert (box.y0 > line) != under
    assert box.y0 > ax.bbox.y0


def test_pruned_is_written_beside_a_trial_that_stands_clear_of_the_line():
    table = pd.DataFrame({"value": [2.0, 2.02, 3.0, 1.0], "state": ["COMPLETE", "PRUNED"] * 2})
    table.loc[2, "state"] = "PRUNED"
    table.loc[3, "state"] = "COMPLETE"
    texts = {text.get_text(): text.xy for text in plots.search_history(table).texts}
    assert texts["pruned"] == (3, 3.0)
    table.loc[4] = [1.6, "PRUNED"]
    texts = {text.get_text(): text.xy for text in plots.search_history(table, before=2.95).texts}
    assert texts["pruned"] == (5, 1.6)
    table = table.drop(4)
    texts = {text.get_text(): text.xy for text in plots.search_history(table.drop(2)).texts}
    assert texts["pruned"] == (2, 2.02)


def test_without_pruned_trials_none_is_drawn_or_told_of():
    ax = plots.search_history(pd.DataFrame({"value": [2.0, 1.0], "state": "COMPLETE"}))
    assert hollow(ax) == []
    assert ax.get_title("left") == "The best of 2 trials is number 2: 1.00"
    one = plots.search_history(pd.DataFrame({"value": [2.0], "state": "COMPLETE"}))
    assert one.get_title("left") == "The best of 1 trial is number 1: 2.00"
    assert [text.get_text() for text in ax.texts] == ["best so far"]


def test_a_search_whose_trials_were_all_pruned_or_that_had_none_came_to_no_score():
    lost = pd.DataFrame({"value": [2.0, np.nan], "state": "PRUNED"})
    for trials in (lost, pd.DataFrame(), []):
        assert plots.search_history(trials).get_title("left") == "No trial came to a score"


def test_a_trial_pruned_before_its_first_score_is_counted_and_not_drawn():
    trials = pd.DataFrame({"value": [np.nan, 1.0], "state": ["PRUNED", "COMPLETE"]})
    ax = plots.search_history(trials)
    assert hollow(ax) == []
    assert ax.get_title("left").endswith("; 1 pruned")


@pytest.fixture
def luck():
    rows = [(kind, seed, tries, 0.5 + gain + 0.02 * (tries > 1) + 0.01 * seed, 0.5 + gain, 0.6)
            for kind, gain in (("differ", 0.05), ("equal", 0.0))
            for seed in (0, 1) for tries in (1, 10)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["kind", "seed", "tries", "chosen", "others", "best"])
    return table.assign(gap=table["chosen"] - table["others"])


def test_the_promise_and_its_worth_are_drawn_by_the_number_of_tries(luck):
    ax = plots.winners_curse(luck)
    assert len(ax.child_axes) == 2
    first = ax.child_axes[0]
    assert lines(first, TRAINING)[0][1] == pytest.approx([0.555, 0.575])
    assert lines(first, ACCENT)[0][1] == pytest.approx([0.55, 0.55])
    half = 12.706 * 0.005 * 100  # Student's, two seeds half a point from their mean
    assert ax.get_title("left") == (
        f"The best of 10 promises 2.5 ± {half:.1f} points more than it holds"
    )


def test_one_repeat_has_no_interval_and_a_guess_lies_above_what_it_is_worth(luck):
    one = luck[(luck["kind"] == "differ") & (luck["seed"] == 0)].drop(columns="kind")
    ax = plots.winners_curse(one, guess=4)
    assert ax.get_title("left") == "The best of 10 promises 2.0 points more than it holds"
    assert set(dots(ax.child_axes[0], "X")) == {(10.0, 0.59)}
    assert "your guess 4" in [text.get_text() for text in ax.child_axes[0].texts]
    assert plots.winners_curse(one[:0]).get_title("left").startswith("There are too few settings")
