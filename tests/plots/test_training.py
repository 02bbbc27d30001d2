"""Figures of training: which lines are drawn, what is marked, what is written beside them."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from helpers import plots
from helpers.plots.style import ACCENT, alt_text


@pytest.fixture
def curves():
    losses = {"train_loss": [2.0, 1.0, 0.4], "valid_loss": [2.1, 1.5, 1.9]}
    return pd.DataFrame({"epoch": range(3), **losses, "accuracy": [0.2, 0.5, 0.4]})


@pytest.fixture
def rates():
    rows = [
        (rate, seed, epoch, 2.3 - epoch * fall + seed * 0.1, 0.1 + epoch * fall / 4)
        for rate, fall in ((1e-5, 0.01), (1e-3, 0.4), (1.0, np.nan))
        for seed in range(2)
        for epoch in range(3)
    ]
    return pd.DataFrame(rows, columns=["rate", "seed", "epoch", "valid_loss", "accuracy"])


def texts(panel):
    return [text.get_text() for text in panel.texts]


def test_one_training_shows_both_losses_and_the_accuracy_over_its_epochs(curves):
    loss, accuracy = plots.learning_curves(curves).child_axes
    training, validation, lowest = loss.lines
    assert training.get_xdata().tolist() == [0, 1, 2]
    assert training.get_ydata().tolist() == [2.0, 1.0, 0.4]
    assert validation.get_ydata().tolist() == [2.1, 1.5, 1.9]
    assert lowest.get_xydata().tolist() == [[1, 1.5]]
    assert sorted(texts(loss)) == ["training", "validation"]
    assert accuracy.lines[0].get_ydata().tolist() == [0.2, 0.5, 0.4]


@pytest.mark.parametrize(("last", "word"), [(1.9, "better"), (0.3, "no better")])
def test_the_title_says_whether_new_images_are_harder(curves, last, word):
    curves.loc[2, "valid_loss"] = last
    assert f"does {word} on" in plots.learning_curves(curves).get_title("left")


def test_several_trainings_share_one_scale_and_tell_their_accuracy(curves):
    figure, given = plt.subplots()
    ax = plots.learning_curves({"few": curves, "many": curves.assign(valid_loss=9.0)}, ax=given)
    assert ax is given
    few, many = ax.child_axes
    assert few.get_ylim() == many.get_ylim()
    assert few.get_title("left") == "few, 40% right in the end"
    assert "few, 40% right in the end, many, 40%" in alt_text(figure)


def test_labels_of_lines_that_end_together_stand_apart(curves):
    loss, _ = plots.learning_curves(curves.assign(train_loss=1.9)).child_axes
    heights = [text.xyann[1] for text in loss.texts]
    assert abs(heights[0] - heights[1]) == pytest.approx(13)
    assert sum(heights) == pytest.approx(0)


def test_guessing_is_drawn_where_there_is_a_loss(curves):
    loss, accuracy = plots.learning_curves(curves, guessing=2.3).child_axes
    dotted = [line for line in loss.lines if line.get_linestyle() == ":"]
    assert [list(line.get_ydata()) for line in dotted] == [[2.3, 2.3]]
    assert "guessing" in texts(loss)
    assert "guessing" not in texts(accuracy)


def test_each_rate_is_a_line_and_the_end_of_each_training_a_dot(rates):
    ax = plots.rate_curves(rates)
    at_end, over_epochs, _ = ax.child_axes
    assert len(over_epochs.lines) == 3
    dots = [line for line in at_end.lines if line.get_marker() in ("o", "^")]
    assert [(dot.get_xdata()[0], dot.get_marker()) for dot in dots] == [
        (1e-5, "o"), (1e-3, "o"), (1.0, "^"),
    ]  # fmt: skip
    assert dots[1].get_ydata() == pytest.approx([1.5, 1.6])
    assert dots[2].get_ydata().tolist() == [at_end.get_ylim()[1]] * 2
    assert at_end.get_title("left") == "In the end, each training a dot, ▲: higher"
    assert texts(over_epochs).count("0.001") == 1
    assert ax.get_title("left") == "From left to right, rates are too low, good, too high"
    assert ax.alt_text.endswith("1e-05 too low; 0.001 good; 1 too high.")


def test_guessing_and_a_rate_that_taught_nothing_are_seen_beside_one_that_taught_much(rates):
    low = rates.assign(valid_loss=rates["rate"].map({1e-5: 1.9, 1e-3: 0.4, 1.0: 1.3}))
    at_end, over_epochs, _ = plots.rate_curves(low, guessing=2.08).child_axes
    assert at_end.get_ylim()[1] == pytest.approx(1.1 * 2.08)
    dots = [line for line in at_end.lines if line.get_marker() in ("o", "^")]
    assert [(dot.get_marker(), dot.get_ydata()[0]) for dot in dots] == [
        ("o", 1.9), ("o", 0.4), ("o", 1.3),
    ]  # fmt: skip
    assert at_end.get_title("left") == "In the end, each training a dot"
    assert "guessing" in texts(over_epochs)


def test_a_chosen_rate_alone_has_a_colour(rates):
    at_end, *_ = plots.rate_curves(rates, chosen=1e-5).child_axes
    colours = [to_hex(line.get_color()) for line in at_end.lines if line.get_marker() in ("o", "^")]
    assert colours[0] == ACCENT and colours[1] == colours[2] != ACCENT


def test_the_rate_finder_draws_a_curve_for_each_head_and_marks_the_guess():
    table = pd.DataFrame({"rate": np.geomspace(1e-6, 1, 50), "loss": np.linspace(2.3, 1.5, 50)})
    ax = plots.rate_finder({"fresh": table, "trained": table.assign(loss=0.5)}, guess=0.01)
    fresh, trained, guess = ax.lines
    assert ax.get_xscale() == "log"
    assert [fresh.get_ydata()[0], trained.get_ydata()[0]] == [2.3, 0.5]
    assert texts(ax) == ["fresh", "trained", "your guess 0.01"]
    assert guess.get_xdata() == [0.01]
    assert len(plots.rate_finder(table).lines) == 1
    close = plots.rate_finder({"fresh": table, "trained": table.assign(loss=table["loss"] + 0.01)})
    assert [text.get_verticalalignment() for text in close.texts] == ["top", "bottom"]


@pytest.mark.parametrize("trained", [0.05, 0.3, 1.0])
def test_the_name_of_a_low_curve_stays_above_the_axis_of_rates(trained):
    table = pd.DataFrame({"rate": np.geomspace(1e-5, 1, 30), "loss": np.linspace(2.2, 1.8, 30)})
    ax = plots.rate_finder({"fresh": table, "trained": table.assign(loss=trained)})
    ax.figure.canvas.draw()
    name = ax.texts[1].get_window_extent()
    assert ax.texts[1].get_text() == "trained" and name.y0 > ax.bbox.y0


def test_the_guess_is_drawn_at_the_end_of_the_accuracy_and_nowhere_without_one(curves):
    loss, accuracy = plots.learning_curves(curves, guess=0.8).child_axes
    assert accuracy.lines[-1].get_xydata().tolist() == [[2, 0.8]]
    assert texts(accuracy)[-1] == "your guess 0.8"
    assert not any("guess 0" in text for text in texts(loss))
    assert len(plots.learning_curves(curves).child_axes[1].lines) == 1


def test_each_of_several_trainings_has_its_own_loss_of_guessing(curves):
    ax = plots.learning_curves({"few": curves, "digits": curves}, {"few": 2.1, "digits": 2.3})
    for panel, level in zip(ax.child_axes, (2.1, 2.3), strict=True):
        dotted = [line for line in panel.lines if line.get_linestyle() == ":"]
        assert [list(line.get_ydata()) for line in dotted] == [[level, level]]


def test_where_no_rate_ends_below_guessing_the_title_says_that_nothing_was_learned(rates):
    said = plots.rate_curves(rates, guessing=1.5).get_title("left")
    assert (
        said == f"After {rates['epoch'].max() + 1} epochs no rate has taught the network "
        "anything that holds"
    )
    ax = plots.rate_curves(rates, guess=0.001, guessing=2.2)
    assert ax.get_title("left") == "From left to right, rates are too low, good, too high"
    assert "your guess 0.001" in texts(ax.child_axes[0])
    assert "guessing" in texts(ax.child_axes[1])


def test_a_convolution_shows_its_numbers_and_its_answers_about_zero():
    kernel, response = np.array([[-1, 0, 1]] * 3), np.array([[-4.0, 2.0], [0.0, 1.0]])
    ax = plots.convolution(np.zeros((2, 2, 3)), kernel, response)
    _, numbers, answers = ax.child_axes
    assert texts(numbers) == ["-1", "0", "1"] * 3
    assert answers.images[0].get_clim() == (-4, 4)
    # The colours of what speaks for and against, as in heatmaps; red is for what is wrong.
    assert {panel.images[0].get_cmap().name for panel in (numbers, answers)} == {"PuOr_r"}
