"""Simulated searches follow the table of short fine-tunings, and are summed up rightly."""

from itertools import product

import numpy as np
import optuna
import pandas as pd
import pytest
from scipy import stats

from helpers.course.studies import read_study
from studies import short_tunings
from studies.short_tunings import RATES, STAGES, Listener, compare_searches, simulate

optuna.logging.set_verbosity(optuna.logging.WARNING)
NO_PRUNER = optuna.pruners.NopPruner()


class Asks(optuna.samplers.BaseSampler):
    """Asks for given pairs of rate and frozen stages, one a trial."""

    def __init__(self, *settings):
        self.settings = [dict(zip(("rate", "frozen"), one, strict=True)) for one in settings]

    def infer_relative_search_space(self, study, trial):
        return {}

    def sample_relative(self, study, trial, search_space):
        return {}

    def sample_independent(self, study, trial, name, distribution):
        asked = self.settings[trial.number][name]
        assert distribution.low <= asked <= distribution.high
        return asked


def tabulate(loss, rates=(1e-4, 1e-3, 1e-2), epochs=3):
    """A table of what `loss` says of rate, frozen stages and epoch, in no order."""
    rows = product(rates, range(STAGES), range(epochs))
    table = pd.DataFrame([(*row, loss(*row)) for row in rows])
    table.columns = ["rate", "frozen", "epoch", "loss"]
    return table.sample(frac=1, random_state=0)


@pytest.fixture(scope="module")
def noise():
    """Losses at random, of the study's own rates."""
    rng = np.random.default_rng(0)
    return tabulate(lambda rate, frozen, epoch: rng.random(), RATES)


def test_a_trial_ends_with_the_last_loss_of_the_rate_that_is_nearest_as_a_factor():
    table = tabulate(lambda rate, frozen, epoch: 1e6 * rate + 10 * frozen + epoch)
    # 3.2e-4 is nearer to 1e-4 by difference, and to 1e-3 by factor.
    asked = [(1e-4, 0), (3.1e-4, 1), (3.2e-4, 2), (3.1e-3, 3), (3.2e-3, 4), (1e-2, 5)]
    found = simulate(table, Asks(*asked), NO_PRUNER, trials=6)
    assert found["value"].tolist() == [102, 112, 1022, 1032, 10042, 10052]
    assert found["params_rate"].tolist() == [rate for rate, _ in asked]
    assert found["params_frozen"].tolist() == [0, 1, 2, 3, 4, 5]
    assert found["state"].eq("COMPLETE").all()
    assert found["epochs"].tolist() == [3] * 6


def test_a_trial_is_given_up_after_the_first_epoch_that_the_pruner_objects_to():
    told = {0: [5, 4, 3], 1: [5, 5, 2], 2: [6, 1, 1], 3: [1, 9, 9], 4: [5, 4, 4]}
    table = tabulate(lambda rate, frozen, epoch: told.get(frozen, [0, 0, 0])[epoch])
    pruner = optuna.pruners.MedianPruner(n_startup_trials=1)
    asked = Asks(*[(1e-3, frozen) for frozen in range(5)])
    found = simulate(table, asked, pruner, trials=5)
    # 0 is whole; 1 begins as well as it, and falls behind; 2 is behind at once; 3 was never behind,
    # for a trial is judged by its best loss so far; 4 is behind the middle of 0 and 3.
    assert found["state"].tolist() == ["COMPLETE", "PRUNED", "PRUNED", "COMPLETE", "PRUNED"]
    assert found["epochs"].tolist() == [3, 2, 1, 3, 1]
    assert found["value"].tolist() == [3, 5, 6, 9, 5]


def judged_by_median(losses, startup):
    """Loss, state and epochs of each trial in its turn, by the rule of the median pruner."""
    whole, ends = [], []
    for told in losses:
        for n in range(len(told)):
            others = [other[n] for other in whole]
            if len(whole) >= startup and min(told[: n + 1]) > np.median(others):
                ends.append((told[n], "PRUNED", n + 1))
                break
        else:
            whole.append(told)
            ends.append((told[-1], "COMPLETE", len(told)))
    return pd.DataFrame(ends, columns=["value", "state", "epochs"])


@pytest.mark.parametrize("seed", range(3))
def test_a_search_goes_as_by_hand(noise, seed):
    sampler = optuna.samplers.RandomSampler(seed=seed)
    found = simulate(noise, sampler, optuna.pruners.MedianPruner(3), trials=12)
    by = noise.sort_values("epoch").groupby(["rate", "frozen"])["loss"].apply(list)
    asked = zip(found["params_rate"], found["params_frozen"], strict=True)
    nearest = [(min(RATES, key=lambda r: max(r / rate, rate / r)), f) for rate, f in asked]
    wanted = judged_by_median([by[one] for one in nearest], 3)
    assert {*wanted["state"]} == {"COMPLETE", "PRUNED"}
    pd.testing.assert_frame_equal(found[["value", "state", "epochs"]], wanted)


def test_a_random_search_asks_for_every_number_of_stages_and_for_rates_by_factors(noise):
    found = simulate(noise, optuna.samplers.RandomSampler(seed=0), NO_PRUNER, trials=300)
    assert {*found["params_frozen"]} == {*range(STAGES)}
    logs = np.log10(found["params_rate"])
    assert logs.between(-4, -2).all()
    assert stats.kstest(logs, stats.uniform(-4, 2).cdf).pvalue > 0.01


def test_what_searches_came_to_is_summed_up_over_their_repeats(monkeypatch):
    def found(_, sampler, pruner, trials):
        """Each search's best is its number; what was pruned looks better."""
        number = counted[type(sampler).__name__, type(pruner).__name__] = (
            counted.get((type(sampler).__name__, type(pruner).__name__), 0) + 1
        )
        states = ["COMPLETE"] * 2 + ["PRUNED"] * (trials - 2)
        values = [number + 9.0, float(number)] + [0.5] * (trials - 2)
        return pd.DataFrame({"state": states, "value": values, "epochs": [3, 3] + [number] * 2})

    counted = {}
    monkeypatch.setattr(short_tunings, "simulate", found)
    table = compare_searches(pd.DataFrame(), repeats=5, trials=4)
    assert counted == {
        (sampler, pruner): 5
        for sampler in ("TPESampler", "RandomSampler")
        for pruner in ("MedianPruner", "NopPruner")
    }
    low, high = stats.norm.interval(0.95, scale=np.std([1, 2, 3, 4, 5], ddof=1) / np.sqrt(5))
    assert table["best"].tolist() == [3] * 4
    assert table["±"].tolist() == pytest.approx([(high - low) / 2] * 4, rel=1e-4)
    assert table["pruned"].tolist() == [2] * 4
    assert table["epochs"].tolist() == [6 + 2 * 3] * 4


def test_two_hundred_searches_of_eight_trials_are_compared_as_the_notebook_has_them(monkeypatch):
    asked = []

    def found(_, sampler, pruner, trials):
        asked.append(trials)
        return pd.DataFrame({"state": ["COMPLETE"], "value": [1.0], "epochs": [3]})

    monkeypatch.setattr(short_tunings, "simulate", found)
    compare_searches(pd.DataFrame())
    assert asked == [8] * 800


def test_each_row_is_of_searches_with_its_own_sampler_and_pruner(noise):
    found = compare_searches(noise, repeats=4, trials=6)
    assert found.index.names == ["sampler", "pruner"]
    makers = {
        "TPE": lambda seed: optuna.samplers.TPESampler(n_startup_trials=4, seed=seed),
        "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    }
    pruners = {"median": optuna.pruners.MedianPruner(3), "none": NO_PRUNER}
    assert {*found.index} == {*product(makers, pruners)}
    for sampler, pruner in found.index:
        each = [simulate(noise, makers[sampler](n), pruners[pruner], 6) for n in range(4)]
        whole = [one[one["state"] == "COMPLETE"] for one in each]
        row = found.loc[(sampler, pruner)]
        assert row["best"] == pytest.approx(np.mean([one["value"].min() for one in whole]))
        assert row["pruned"] == 6 - np.mean([len(one) for one in whole])
        assert row["epochs"] == np.mean([one["epochs"].sum() for one in each])
    assert (found.xs("none", level="pruner")[["pruned", "epochs"]] == [0, 18]).all(axis=None)


def test_settings_that_are_all_alike_leave_nothing_to_find_or_to_prune():
    found = compare_searches(tabulate(lambda *_: 1.5), repeats=3, trials=5)
    assert (found == [1.5, 0, 0, 15]).all(axis=None)


def test_a_listener_keeps_what_it_is_told_and_never_gives_up():
    told = Listener()
    for epoch, loss in enumerate((3.0, 9.0)):
        told.report(loss, epoch)
        assert told.should_prune() is False
    assert told.losses == [3.0, 9.0]


def test_the_study_trains_every_setting_once_and_goes_on_where_it_stopped(
    tmp_path, monkeypatch, capsys
):
    trained, compared = [], []

    def tuned_loss(start, trial, rate, frozen, epochs, seed):
        assert start == ("leaves 0", 50)
        trained.append((seed, rate, frozen))
        for epoch in range(epochs):
            trial.report(seed + rate + frozen / 10 + epoch / 1000 + 1e-5, epoch)

    def compare(table):
        compared.append(table)
        return pd.DataFrame({"best": [0.123456]})

    monkeypatch.setattr(short_tunings, "TABLE", tmp_path / "table.csv")
    monkeypatch.setattr(short_tunings, "RATES", [0.25, 0.5])
    monkeypatch.setattr(short_tunings, "open_leaves", lambda seed: f"leaves {seed}")
    monkeypatch.setattr(short_tunings, "start_tuning", lambda *given: given)
    monkeypatch.setattr(short_tunings, "tuned_loss", tuned_loss)
    monkeypatch.setattr(short_tunings, "compare_searches", compare)
    monkeypatch.setattr("studies.regularisation.work_folder", lambda: tmp_path)
    for asked in (["--seeds", "1"], []):
        monkeypatch.setattr("sys.argv", ["short_tunings", *asked])
        short_tunings.main()
    settings = [(seed, rate, frozen) for seed in (1, 0) for rate in (0.25, 0.5)
                for frozen in range(6)]  # fmt: skip
    assert trained == settings
    table = pd.read_csv(tmp_path / "table.csv")
    wanted = [(*one, n) for one in settings for n in range(3)]
    assert list(table[["seed", "rate", "frozen", "epoch"]].itertuples(index=False)) == wanted
    losses = [round(s + r + f / 10 + n / 1000, 4) for s, r, f, n in wanted]
    assert table["loss"].tolist() == pytest.approx(losses, abs=1e-9)
    assert len({*table["code"]}) == 1
    assert [set(one["seed"]) for one in compared] == [{1}, {0}, {1}]
    told = capsys.readouterr().out
    assert "seed 0, the least loss there is 0.252\n" in told
    assert "0.1235" in told


@pytest.fixture(scope="module")
def study():
    return read_study("short_tunings")


def test_the_table_has_every_rate_and_number_of_stages_by_one_code_for_each_order(study):
    assert len({*study["code"]}) == 1
    factors = np.divide(RATES[1:], RATES[:-1])
    assert len(RATES) == 9
    assert (RATES[0], RATES[-1]) == (1e-4, 1e-2)
    assert np.allclose(factors, 100 ** (1 / 8), rtol=0.01)
    seeds = study["seed"].unique()
    wanted = product(seeds, RATES, range(6), range(3))
    found = study[["seed", "rate", "frozen", "epoch"]].itertuples(index=False, name=None)
    assert sorted(found) == sorted(wanted)


def test_the_best_setting_began_behind_with_one_order_of_the_images_and_ahead_with_the_other(study):
    behind = {}
    for seed, rows in study.groupby("seed"):
        told = rows.pivot_table("loss", ["rate", "frozen"], "epoch")
        behind[seed] = told.loc[told[2].idxmin(), 0] > told[0].median()
    assert behind == {0: True, 1: False}
