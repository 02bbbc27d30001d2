"""The tables that the widget of notebook 08 and its words about combinations rest on."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from helpers.course.studies import read_study
from helpers.regularisation import CURES, lead_elsewhere
from studies import cure_grid
from studies.cure_grid import FRESH, GRID, RECIPES, SEEDS, SETTING

KEYS = [*GRID]


@pytest.fixture(scope="module")
def grid():
    return read_study("cure_grid")


@pytest.fixture(scope="module")
def ends():
    return read_study("cure_grid_ends")


@pytest.fixture(scope="module")
def last(grid):
    """Where each combination ended, with its gap."""
    found = grid[~grid["stopped"] & (grid["epoch"] == grid["epoch"].max())].set_index(KEYS)
    return found.assign(gap=found["valid_loss"] - found["train_loss"])


def key(recipe):
    return tuple(float(asdict(recipe)[name]) for name in KEYS)


def test_every_combination_has_every_epoch_and_what_early_stopping_keeps_on_every_seed(grid, ends):
    wanted = {key(recipe) for recipe in RECIPES}
    assert len(wanted) == np.prod([len(levels) for levels in GRID.values()])
    curves = grid[~grid["stopped"]].groupby(KEYS)["epoch"].apply(list)
    assert {*curves.index} == wanted
    assert all(epochs == [*range(12)] for epochs in curves)
    assert {*grid[grid["stopped"]].set_index(KEYS).index} == wanted
    assert set(grid["repeats"]) == {len(SEEDS)}
    assert len(ends) == 2 * len(SEEDS) * len(wanted)
    assert not ends.duplicated([*KEYS, "seed", "stopped"]).any()
    assert len({*grid["code"]}) == 1
    assert set(grid["code"]) == set(ends["code"])


def test_the_cures_of_the_notebook_are_among_the_combinations():
    found = {key(recipe) for recipe in RECIPES}
    named = ["none", "augmentation", "label smoothing", "MixUp", "dropout", "weight decay",
             "stochastic depth", "all four"]  # fmt: skip
    assert {key(CURES[name]) for name in named} <= found


def test_both_studies_tell_the_same_of_trainings_that_both_have(last):
    table = read_study("regularisation")
    table = table[(table["setting"] == SETTING) & table["seed"].isin(SEEDS)]
    table = table[table["epoch"] == 11]
    for cure in ("none", "augmentation", "label smoothing", "MixUp", "dropout", "weight decay",
                 "stochastic depth", "all four"):  # fmt: skip
        other = table[table["cure"] == cure][[*FRESH, "valid_loss", "by_heart"]]
        assert len(other) == len(SEEDS)
        ours = last.loc[key(CURES[cure]), other.columns].astype(float)
        assert np.allclose(ours, other.mean(), rtol=1e-3, atol=1e-4), cure


def test_the_ends_of_the_trainings_have_the_means_of_the_other_table(grid, ends):
    for stopped in (False, True):
        each = ends[ends["stopped"] == stopped].groupby(KEYS)[FRESH].mean()
        means = grid[(grid["stopped"] == stopped) & grid["fresh_loss"].notna()].set_index(KEYS)
        assert np.allclose(each, means.loc[each.index, FRESH], rtol=2e-3, atol=1e-4)


def test_tables_are_written_once_all_shares_are_done(tmp_path, monkeypatch, capsys):
    def run(setting, cure, recipe, seed, code):
        rows = {"setting": setting, "cure": cure, "seed": seed, "epoch": [0, 1], "code": code}
        rows |= {"stopped": [True, False], "valid_loss": [1.0 + seed, 2.0], "valid_accuracy": 0.5}
        rows |= {"train_loss": 0.1, "train_accuracy": 1.0, "by_heart": 0.3}
        return pd.DataFrame(rows | dict.fromkeys(FRESH, [0.2, 0.4]))

    monkeypatch.setattr(cure_grid, "run", run)
    monkeypatch.setattr("studies.regularisation.work_folder", lambda: tmp_path)
    monkeypatch.setattr(cure_grid, "work_folder", lambda: tmp_path)
    monkeypatch.setattr(cure_grid, "RECIPES", RECIPES[:3])
    monkeypatch.setattr(cure_grid, "TABLE", tmp_path / "grid.csv")
    monkeypatch.setattr(cure_grid, "ENDS", tmp_path / "ends.csv")
    for share in ("0", "1"):
        monkeypatch.setattr("sys.argv", ["cure_grid", "--share", share, "2"])
        cure_grid.main()
        assert (tmp_path / "grid.csv").exists() == (share == "1")
    assert "The other shares are still at it" in capsys.readouterr().out
    made = pd.read_csv(tmp_path / "grid.csv")
    assert len(made) == 3 * 3
    assert made[made["stopped"]]["valid_loss"].tolist() == [2.0] * 3  # of 1, 2 and 3
    assert len(pd.read_csv(tmp_path / "ends.csv")) == 3 * 3 * 2


def test_combinations_beat_all_four_on_collections_they_were_not_chosen_by(ends):
    found = lead_elsewhere(ends[~ends["stopped"]])
    assert (found["held"] > 0).all()


def test_savings_do_not_add_up(last):
    plain = last.loc[key(CURES["none"]), "fresh_loss"]
    alone = ("augmentation", "label smoothing", "dropout", "weight decay")
    saved = [plain - last.loc[key(CURES[name]), "fresh_loss"] for name in alone]
    assert plain - last.loc[key(CURES["all four"]), "fresh_loss"] < sum(saved) / 2


def test_with_too_much_of_all_the_gap_is_gone_and_the_loss_higher_than_with_less(last):
    most = last.loc[tuple(float(levels[-1]) for levels in GRID.values())]
    best = last["fresh_loss"].min()
    assert abs(most["gap"]) < 0.2 < last.loc[key(CURES["none"]), "gap"]
    assert most["fresh_loss"] > best + 0.2
