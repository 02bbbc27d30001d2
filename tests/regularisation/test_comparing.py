"""Where trainings ended, what that changes against none, and what is sure of it."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from helpers.augment import paired_effects
from helpers.regularisation import comparing
from helpers.regularisation.comparing import (
    PARTS,
    STOPPED,
    compare_cures,
    cure_effects,
    cut_of_gap,
    gaps,
    lead_elsewhere,
    mean_curves,
    name_combination,
    right_answers,
    validation_loss,
    verdicts,
)
from helpers.regularisation.recipes import CURES, Recipe, train_recipe


def rows(cure, seed, ends, fresh=None):
    """Two epochs; early stopping keeps the first. `ends` are losses of training and validation."""
    table = pd.DataFrame(
        {
            "epoch": [0, 1], "stopped": [True, False], "cure": cure, "seed": seed,
            "train_loss": [1.0, ends[0]], "valid_loss": [1.2, ends[1]],
            "valid_accuracy": [0.5, 0.6], "valid_ece": [0.1, 0.3], "by_heart": [0.2, 1.0],
        }
    )  # fmt: skip
    if fresh is not None:
        table[["fresh_loss", "fresh_accuracy", "fresh_ece"]] = [(1.3, 0.4, 0.1), fresh]
    return table


@pytest.fixture
def study():
    """Five seeds: "good" surely betters all, "costly" the loss alone and costs accuracy."""
    made = []
    for seed, shift in enumerate([0.0, 0.1, 0.2, 0.3, 0.4]):
        wobble = 0.01 * (seed % 2)
        made += [
            rows("none", seed, (0.1, 2.1 + shift), (3.0 + shift, 0.40 + shift / 10, 0.3)),
            rows("good", seed, (0.6, 1.1 + shift), (1.5 + shift + wobble, 0.50 + shift / 10, 0.1)),
            rows("costly", seed, (0.3, 1.9 + shift), (2.0 + shift, 0.30 + wobble, 0.3 + wobble)),
        ]
    return pd.concat(made, ignore_index=True)


def test_ends_are_last_epochs_and_early_stopping_is_none_at_the_epoch_kept(study):
    ends = gaps(study).set_index(["cure", "seed"])
    assert len(ends) == 20
    assert ends.loc[("good", 1), "gap"] == pytest.approx(0.6)
    assert ends.loc[("none", 0), ["gap", "accuracy", "loss", "ece", "by_heart"]].tolist() == (
        pytest.approx([2.0, 0.4, 3.0, 0.3, 1.0])
    )
    assert ends.loc[
        (STOPPED, 3), ["train_loss", "gap", "accuracy", "loss", "by_heart"]
    ].tolist() == (pytest.approx([1.0, 0.2, 0.4, 1.3, 0.2]))


def test_a_longer_training_ends_at_its_own_last_epoch(study):
    longer = rows("long", 0, (0.2, 1.0), (1, 1, 0))
    longer["epoch"] += 7
    ends = gaps(pd.concat([study, longer])).set_index("cure")
    assert ends.loc["long", "loss"] == 1
    assert len(ends.loc[["none"]]) == 5


def test_without_fresh_images_validation_says_what_was_bought(study):
    ends = gaps(study.drop(columns=[c for c in study if c.startswith("fresh")]))
    none = ends[(ends["cure"] == "none") & (ends["seed"] == 2)].iloc[0]
    assert (none["accuracy"], none["loss"], none["ece"]) == (0.6, pytest.approx(2.3), 0.3)
    assert ends.attrs["where"] == cure_effects(ends).attrs["where"] == "validation images"
    fresh = gaps(study)
    assert fresh.attrs["where"] == cure_effects(fresh).attrs["where"] == "other images"


def test_chosen_cures_are_kept_with_early_stopping(study):
    assert set(gaps(study, ["none", "good"])["cure"]) == {"none", "good", STOPPED}
    assert gaps(study, ["none", "good"]).index.is_unique


def test_effects_are_paired_and_better_means_more_right_and_less_of_all_else(study):
    ends = gaps(study)
    effects = cure_effects(ends)
    assert effects.loc[("accuracy", "good"), "difference"] == pytest.approx(0.1)
    assert effects.loc[("log loss", "costly"), "difference"] == pytest.approx(-1.0)
    plain = paired_effects(ends.rename(columns={"cure": "policy"}), "ece")
    assert np.allclose(effects.loc["calibration error", "p"], plain["p"])
    words = effects["verdict"]
    assert words["gap"][["good", "costly"]].tolist() == ["better", "better"]
    assert words["accuracy"][["good", "costly"]].tolist() == ["better", "worse"]
    assert words["log loss"][["good", "costly"]].tolist() == ["better", "better"]
    assert words["calibration error"][["good", "costly"]].tolist() == ["better", "not sure"]


def test_verdicts_begin_with_what_betters_the_loss_most(study):
    table = verdicts(cure_effects(gaps(study)))
    assert list(table.index) == [STOPPED, "good", "costly"]
    assert list(table.columns) == ["gap", "accuracy", "log loss", "calibration error"]
    assert table.loc["costly"].tolist() == ["better", "worse", "better", "not sure"]


def test_the_cut_of_the_gap_is_a_share_of_that_without_cures(study):
    ends = gaps(study)
    wide = ends.set_index(["seed", "cure"])["gap"].unstack()  # noqa: PD010
    expected = np.mean([1 - wide.loc[s, "good"] / wide.loc[s, "none"] for s in range(5)])
    assert cut_of_gap(ends, "good") == pytest.approx(expected)
    assert cut_of_gap(ends, "none") == 0


def test_a_comparison_on_own_images_has_the_form_of_the_study(planes):
    cures = {"none": Recipe(epochs=2, width=8), "short": Recipe(epochs=1, width=8)}
    found = compare_cures(planes, cures, seeds=[3, 4], per_class=4, wrong=0.25, size=32)
    assert found.groupby(["cure", "seed"])["epoch"].count().to_dict() == {
        ("none", 3): 2, ("none", 4): 2, ("short", 3): 1, ("short", 4): 1,
    }  # fmt: skip
    assert found.groupby(["cure", "seed"])["stopped"].sum().eq(1).all()
    assert set(gaps(found)["cure"]) == {"none", "short", STOPPED}
    assert not found[found["seed"] == 3]["valid_loss"].equals(
        found[found["seed"] == 4]["valid_loss"]
    )


def test_a_comparison_says_what_makes_up_each_recipe(planes):
    cures = {"none": Recipe(epochs=1, width=8), "mine": Recipe(epochs=1, width=8, dropout=0.3)}
    found = compare_cures(planes, cures, seeds=[3], per_class=4, size=32).set_index("cure")
    assert found["dropout"].to_dict() == {"none": 0.0, "mine": 0.3}
    assert set(found["width"]) == {8}
    assert len(mean_curves(found)) == 4  # one epoch, which early stopping keeps as well


@pytest.fixture
def repeats():
    """Two recipes on two seeds; early stopping keeps the first epoch of one, the last of the other;
    a third seed lacks one of them."""
    rows = [
        (0.0, seed, epoch, epoch == seed, 1 + epoch + seed / 2, 9.0 if epoch in (seed, 1) else None)
        for seed in (0, 1)
        for epoch in (0, 1)
    ]
    rows += [(0.5, seed, 0, True, 4.0 + seed, 7.0 + seed) for seed in (0, 1, 2)]
    columns = ["dropout", "seed", "epoch", "stopped", "valid_loss", "fresh_loss"]
    return pd.DataFrame(rows, columns=columns).assign(cure="x", by_heart=np.nan)


def test_means_are_over_the_repeats_that_all_recipes_have_and_epochs_kept_have_a_row(repeats):
    means = mean_curves(repeats)
    assert set(means["repeats"]) == {2}
    assert means[["dropout", "epoch", "stopped", "valid_loss"]].to_numpy().tolist() == [
        [0.0, 0.0, False, 1.25],
        [0.0, 1.0, False, 2.25],
        [0.0, 0.5, True, 1.75],  # 1 of the first seed, 2.5 of the second
        [0.5, 0.0, False, 4.5],
        [0.5, 0.0, True, 4.5],
    ]
    assert means["by_heart"].isna().all()
    assert not {"seed", "cure"} & set(means)


def test_fresh_images_have_figures_at_the_ends_alone(repeats):
    fresh = mean_curves(repeats)["fresh_loss"].tolist()
    assert np.isnan(fresh[0])  # there the first repeat alone was stopped
    assert fresh[1:] == [9.0, 9.0, 7.5, 7.5]


def test_means_over_repeats_of_different_images_are_refused(repeats):
    part = repeats[(repeats["seed"] == 0) == (repeats["dropout"] == 0)]
    with pytest.raises(ValueError, match="None of the 3 repeats has every recipe"):
        mean_curves(part)


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({}, "none"),
        ({"decay": 2.0}, "weight decay 2"),
        ({"augment": True}, "augmentation"),
        ({"augment": 1, "mixup": 0.4}, "augmentation + MixUp 0.4"),
        ({"depth": np.float64(0.8), "width": 16}, "stochastic depth 0.8 + units in a layer 16"),
    ],
)
def test_a_combination_is_named_by_what_differs_from_no_cure(changed, name):
    assert name_combination(asdict(Recipe()) | changed) == name


def test_every_part_of_a_recipe_has_a_name():
    assert [*PARTS] == [*asdict(Recipe())]


@pytest.fixture
def ends():
    """Three collections: "a" is the best of the first two, "b" of the last and of any with it."""
    losses = {"all four": (2.0, 2.1, 2.2), "a": (1.0, 1.2, 2.5), "b": (1.8, 1.7, 0.4)}
    recipes = {"all four": CURES["all four"], "a": Recipe(mixup=1.0), "b": Recipe(dropout=0.75)}
    return pd.DataFrame(
        [{**asdict(recipes[name]), "seed": seed, "fresh_loss": loss, "fresh_ece": -loss}
         for name, found in losses.items() for seed, loss in enumerate(found)]
    )  # fmt: skip


def test_the_best_is_chosen_on_the_other_collections_and_scored_on_the_one_left_out(ends):
    found = lead_elsewhere(ends)
    assert found.index.tolist() == [0, 1, 2]
    assert found["best"].tolist() == ["dropout 0.75", "dropout 0.75", "MixUp 1"]
    assert found["promised"].tolist() == pytest.approx([1.1, 1.0, 0.95])
    assert found["held"].tolist() == pytest.approx([0.2, 0.4, -0.3])
    stored = ends.assign(augment=ends["augment"].astype(int))
    pd.testing.assert_frame_equal(lead_elsewhere(stored), found)


FOUR = "augmentation + label smoothing 0.2 + dropout 0.5 + weight decay 2"


def test_a_lead_is_over_the_cure_asked_about_in_the_figure_asked_about(ends):
    none = pd.DataFrame([{**asdict(Recipe()), "seed": s, "fresh_loss": 3.0} for s in range(3)])
    both = pd.concat([ends, none])
    assert lead_elsewhere(both, over="none")["held"].tolist() == pytest.approx([1.2, 1.3, 0.5])
    assert lead_elsewhere(ends, "fresh_ece")["best"].tolist() == [FOUR] * 3


def test_cures_may_be_named(planes, monkeypatch):
    monkeypatch.setitem(comparing.CURES, "none", Recipe(epochs=1, width=4))
    found = compare_cures(planes, ["none"], seeds=[0], per_class=3, size=32)
    assert list(found["cure"]) == ["none"]


def test_right_answers_are_those_that_agree_with_the_label(noisy):
    training = train_recipe(noisy, Recipe(epochs=3, width=16))
    right = right_answers(training, noisy)
    assert right.index.equals(noisy.truth.index)
    assert right.mean() == training.curves["valid_accuracy"].iloc[-1]
    answers = training.predict(noisy.valid).argmax(axis=1)
    assert (np.array(["ash", "elm"])[answers] == noisy.truth).equals(right)


def test_the_loss_to_search_by_is_the_last_one_on_validation(noisy):
    training = train_recipe(noisy, Recipe(epochs=2, width=16, dropout=0.2))
    found = validation_loss(noisy, epochs=2, width=16, dropout=0.2)
    assert found == training.curves["valid_loss"].iloc[-1]
