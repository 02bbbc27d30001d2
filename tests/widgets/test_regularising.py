"""Switches for regularisers: the training on show follows them, with its figures."""

import pandas as pd
import pytest

from helpers.widgets import explore_cures
from helpers.widgets.regularising import TOGETHER, describe_cure, parts_of


def rows(cure, seed, loss):
    return pd.DataFrame(
        {
            "epoch": [0, 1], "stopped": [True, False], "cure": cure, "seed": seed,
            "train_loss": [1.0, 0.2], "valid_loss": [1.1, loss], "by_heart": [0.1, 1.0],
            "train_accuracy": [0.5, 0.9], "valid_accuracy": [0.45, 0.4], "valid_ece": [0.1, 0.2],
        }
    )  # fmt: skip


@pytest.fixture
def study():
    losses = {"none": 2.2, "dropout": 1.7, "augment + dropout": 1.2, "augmentation": 1.5,
              "all four": 0.9, "MixUp": 1.9}  # fmt: skip
    return pd.concat(
        [rows(cure, s, loss + s / 10) for cure, loss in losses.items() for s in (0, 1)]
    )


@pytest.fixture
def explorer(study):
    return explore_cures(study)


def test_it_begins_without_cures(explorer):
    assert repr(explorer) == "Cures: 6 trainings to compare"
    assert (explorer.cure, explorer.error) == ("none", None)
    assert "<img" in explorer.picture.value
    assert "<td>2.05</td><td><b>2.05</b></td>" in explorer.details.value  # 2.25 less 0.2


def test_switches_choose_the_training_that_has_them_all(explorer):
    explorer.switches["dropout"].value = True
    before = explorer.picture.value
    assert explorer.cure == "dropout"
    explorer.switches["augment"].value = True
    assert (explorer.cure, explorer.error) == ("augment + dropout", None)
    assert explorer.picture.value != before
    assert "<b>1.05</b>" in explorer.details.value
    for switch in explorer.switches.values():
        switch.value = True
    assert explorer.cure == "all four"


def test_a_combination_that_was_not_trained_is_said_to_be_none(explorer):
    explorer.switches["smoothing"].value = True
    assert explorer.cure is None
    assert explorer.details.value == "This combination was not trained."
    assert explorer.picture.value == ""


def test_another_cure_is_shown_alone_and_the_switches_rest(explorer):
    explorer.other.value = "MixUp"
    assert explorer.cure == "MixUp"
    assert all(switch.disabled for switch in explorer.switches.values())
    explorer.other.value = TOGETHER
    assert not any(switch.disabled for switch in explorer.switches.values())
    assert [*explorer.other.options] == [TOGETHER, "MixUp"]


def test_early_stopping_shows_the_weights_that_it_keeps(explorer):
    explorer.stopping.value = True
    assert explorer.error is None
    assert "none, stopped early" in explorer.details.value
    assert "<td>2.05</td><td><b>0.10</b></td>" in explorer.details.value
    assert "0.45" in explorer.details.value


def test_figures_are_of_fresh_images_where_there_are_such(study):
    assert "on validation images" in describe_cure(study, "dropout")
    fresh = study.assign(fresh_loss=7.0, fresh_accuracy=0.31, fresh_ece=0.4)
    told = describe_cure(fresh, "dropout")
    assert "on fresh images" in told
    assert "<b>7.00</b>" in told


def test_only_repeats_that_both_have_are_compared(study):
    told = describe_cure(study[~((study["cure"] == "dropout") & (study["seed"] == 1))], "dropout")
    assert "Mean of 1 repeats" in told
    assert "<td>2.00</td><td><b>1.50</b></td>" in told


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("none", set()),
        ("weight decay", {"decay"}),
        ("smoothing + decay", {"smoothing", "decay"}),
        ("all four", {"augment", "smoothing", "dropout", "decay"}),
        ("smoothing 0.05", {"smoothing 0.05"}),
        ("fewer epochs", {"fewer epochs"}),
    ],
)
def test_names_of_the_study_stand_for_switches(name, parts):
    assert parts_of(name) == parts


def test_names_are_escaped(study):
    told = describe_cure(study.replace({"cure": {"MixUp": "<b>x"}}), "<b>x")
    assert "<b>x" not in told.replace("<b>&lt;b&gt;x", "")
