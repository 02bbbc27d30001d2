"""Sliders of regularisers: the training on show follows them, with its figures."""

import re
from dataclasses import asdict

import pandas as pd
import pytest
from ipywidgets import SelectionSlider, ToggleButtons

from helpers.panels.still import still_html
from helpers.regularisation.comparing import mean_curves
from helpers.regularisation.recipes import CURES, Recipe
from helpers.widgets import explore_cures
from helpers.widgets.regularising import describe_cure

MIXED = {"augment": True, "dropout": 0.5}
LOSSES = {
    "none": (Recipe(), 2.2), "dropout": (Recipe(dropout=0.5), 1.7),
    "more dropout": (Recipe(dropout=0.75), 1.6), "both": (Recipe(**MIXED), 1.2),
    "augmentation": (Recipe(augment=True), 1.5), "all four": (CURES["all four"], 0.9),
}  # fmt: skip


def rows(cure, seed, recipe, loss):
    return pd.DataFrame(
        {
            "epoch": [0, 1, 2], "stopped": [False, True, False], "cure": cure, "seed": seed,
            "train_loss": [1.5, 1.0, 0.2], "valid_loss": [1.6, 1.1, loss],
            "by_heart": [0.1, 0.5, 1.0], "train_accuracy": [0.4, 0.5, 0.9],
            "valid_accuracy": [0.3, 0.45, 0.4], "valid_ece": [0.1, 0.15, 0.2], **asdict(recipe),
        }
    )  # fmt: skip


@pytest.fixture
def study():
    return pd.concat(
        [rows(cure, s, recipe, loss + s / 10) for cure, (recipe, loss) in LOSSES.items()
         for s in (0, 1)]
    )  # fmt: skip


@pytest.fixture
def explorer(study):
    return explore_cures(study)


def told(explorer):
    """The table below the picture: a list of cells for each word."""
    lines = re.findall(r"<tr><th>(.*?)</th>(.*?)</tr>", explorer.details.value)
    cells = {word: re.findall(r"<td.*?>(.*?)</td>", cells) for word, cells in lines}
    return {word: [re.sub("<.*?>", "", one) for one in found] for word, found in cells.items()}


def test_it_begins_without_cures_beside_all_four(explorer):
    assert repr(explorer) == "Cures: 6 combinations to compare"
    assert explorer.error is None
    assert "<img" in explorer.picture.value
    assert told(explorer) == {
        "": ["none", "all four", "none"],
        "gap": ["2.050", "0.750", "2.050"],  # 2.25 less 0.2
        "log loss": ["2.250", "0.950", "2.250"],
        "accuracy": ["0.400"] * 3,
        "calibration error": ["0.200"] * 3,
    }
    assert "Mean of 2 repeats; all but the gap on validation images." in explorer.details.value


def test_every_regulariser_that_the_study_varies_has_a_slider_over_its_strengths(explorer):
    assert [*explorer.sliders] == ["augment", "smoothing", "dropout", "decay"]
    assert isinstance(explorer.sliders["augment"], ToggleButtons)
    slider = explorer.sliders["dropout"]
    assert isinstance(slider, SelectionSlider)
    assert [*slider.options] == [("0", 0.0), ("0.5", 0.5), ("0.75", 0.75)]
    assert (slider.description, slider.value) == ("dropout", 0.0)
    assert [label for label, _ in explorer.sliders["decay"].options] == ["0.01", "2"]
    assert explorer.sliders["smoothing"].description == "label smoothing"


def test_sliders_choose_the_training_that_has_exactly_those_strengths(explorer):
    explorer.sliders["dropout"].value = 0.75
    assert told(explorer)["log loss"][-1] == "1.650"
    before = explorer.picture.value
    explorer.sliders["dropout"].value = 0.5
    explorer.sliders["augment"].value = True
    assert explorer.error is None
    assert explorer.picture.value != before
    assert told(explorer)[""][-1] == "augmentation + dropout 0.5"
    assert told(explorer)["log loss"] == ["2.250", "0.950", "1.250"]
    explorer.sliders["decay"].value, explorer.sliders["smoothing"].value = 2.0, 0.2
    assert told(explorer)["log loss"][-1] == "0.950"


def test_of_a_combination_that_was_not_trained_that_is_said_and_which_were(explorer):
    explorer.sliders["smoothing"].value = 0.2
    assert explorer.error is None
    assert explorer.picture.value == ""
    assert explorer.details.value == (
        "<p>label smoothing 0.2: not trained together. Trained: none, dropout 0.5, dropout 0.75, "
        "augmentation, augmentation + dropout 0.5, augmentation + label smoothing 0.2 + dropout "
        "0.5 + weight decay 2.</p>"
    )
    explorer.sliders["smoothing"].value = 0.0
    assert "<img" in explorer.picture.value


def test_early_stopping_shows_the_weights_that_it_keeps_and_leaves_the_others(explorer):
    explorer.sliders["dropout"].value = 0.5
    explorer.stopping.value = True
    assert explorer.error is None
    assert told(explorer)[""] == ["none", "all four", "dropout 0.5, stopped early"]
    assert told(explorer)["gap"] == ["2.050", "0.750", "0.100"]
    assert told(explorer)["accuracy"][-1] == "0.450"
    assert "early stopping keeps this" not in explorer.details.value


def test_the_curves_are_those_of_the_epochs_and_not_the_mean_of_the_kept_ones(
    explorer, monkeypatch
):
    drawn = []
    monkeypatch.setattr("helpers.widgets.regularising.overfitting",
                        lambda curves, kept, ax: drawn.append((curves, kept)))  # fmt: skip
    explorer.sliders["dropout"].value = 0.5
    explorer.stopping.value = True
    (plain, none), (curves, kept) = drawn
    assert (none, kept) == (None, 1)
    for table in (plain, curves):
        assert table["epoch"].tolist() == [0, 1, 2]
        assert table["valid_loss"].tolist() == pytest.approx([1.6, 1.1, 1.75])


def test_what_was_drawn_once_is_not_drawn_again(explorer, monkeypatch):
    explorer.sliders["dropout"].value = 0.5
    first = explorer.picture.value
    explorer.sliders["dropout"].value = 0.0
    monkeypatch.setattr("helpers.widgets.regularising.draw_cure", None)
    explorer.sliders["dropout"].value = 0.5
    assert (explorer.error, explorer.picture.value) == (None, first)


def test_figures_are_of_fresh_images_where_there_are_such(study):
    ends = {"fresh_loss": 7.0, "fresh_accuracy": 0.31, "fresh_ece": 0.4}
    explorer = explore_cures(study.assign(**ends))
    assert "all but the gap on fresh images" in explorer.details.value
    assert told(explorer)["log loss"] == ["7.000"] * 3
    assert told(explorer)["accuracy"] == ["0.310"] * 3


def test_means_over_repeats_are_taken_as_they_come(study, explorer):
    means = mean_curves(study)
    again = explore_cures(means)
    assert again.details.value == explorer.details.value
    assert again.picture.value == explorer.picture.value


def test_a_study_of_one_regulariser_without_none_has_one_slider_and_nothing_beside(study):
    chosen = study.loc[study["cure"].isin(["dropout", "more dropout"])]
    explorer = explore_cures(chosen[["dropout", "epoch", "stopped", "seed", "train_loss",
                                     "valid_loss", "by_heart", "train_accuracy", "valid_accuracy",
                                     "valid_ece"]])  # fmt: skip
    assert [*explorer.sliders] == ["dropout"]
    assert told(explorer)["log loss"] == ["1.750"]
    explorer.sliders["dropout"].value = 0.75
    assert told(explorer)[""] == ["dropout 0.75"]
    assert told(explorer)["log loss"] == ["1.650"]


def test_a_narrower_and_a_shorter_training_have_sliders_that_begin_at_the_usual(study):
    few = [rows("none", 0, Recipe(), 2.0), rows("narrow", 0, Recipe(width=16), 1.5),
           rows("short", 0, Recipe(epochs=4), 1.2)]  # fmt: skip
    explorer = explore_cures(pd.concat(few))
    assert {name: one.value for name, one in explorer.sliders.items()} == {
        "width": 256, "epochs": 12,
    }  # fmt: skip
    explorer.sliders["width"].value = 16
    assert told(explorer)[""] == ["none", "units in a layer 16"]
    assert told(explorer)["log loss"] == ["2.000", "1.500"]


def test_a_table_that_does_not_say_what_its_cures_are_is_refused():
    bare = rows("none", 0, Recipe(), 2.0).drop(columns=[*asdict(Recipe())])
    with pytest.raises(ValueError, match=r"none of the columns augment, .*compare_cures"):
        explore_cures(bare)


def test_the_still_names_every_regulariser_with_its_strength(explorer):
    explorer.sliders["dropout"].value = 0.75
    still = still_html(explorer)
    for words in ("augmentation: <b>off</b>", "dropout: <b>0.75</b>", "weight decay: <b>0.01</b>",
                  "early stopping: <b>off</b>"):  # fmt: skip
        assert words in still


def test_names_are_escaped(study):
    means = mean_curves(study)
    found = means[means["dropout"] == 0.75]
    said = describe_cure(found, "<b>x", False, {"<i>y": found})
    assert "<b>x" not in said.replace("<b>&lt;b&gt;x", "")
    assert "<i>" not in said
