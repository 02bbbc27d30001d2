"""Does a search over short fine-tunings find more than settings drawn at random would?

    python -m studies.short_tunings [--seeds 0 1]    # some four minutes on one core

The fine-tunings of notebook 08 at nine learning rates and every number of frozen stages, with two
orders of the images: what any trial of its search would be told, epoch by epoch, so that searches
can be simulated by the hundred (see `simulate`). Rows go to short_tunings.csv; those that are
there, made by the same code, are not computed again.
"""

import argparse
import time
from itertools import product
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import torch

from helpers.regularisation.tuning import EPOCHS, start_tuning, tuned_loss
from studies.augmentation import open_leaves
from studies.provenance import code_hash
from studies.regularisation import read_rows, store

TABLE = Path(__file__).with_suffix(".csv")
CODE = ["leaves/*.py", "helpers/splits/*.py", "helpers/regularisation/tuning.py"]
CODE += [f"helpers/training/{n}.py" for n in ("augmentation", "fitting", "heads", "learning")]
CODE += [f"helpers/backbone/{name}" for name in ("network.py", "bundled.safetensors")]
RATES, STAGES, PER_CLASS = [float(f"{one:.3g}") for one in np.geomspace(1e-4, 1e-2, 9)], 6, 50


class Listener:
    """In the place of a trial: keeps what it is told, and never gives up."""

    def __init__(self):
        self.losses = []

    def report(self, loss: float, epoch: int) -> None:
        self.losses.append(loss)

    def should_prune(self) -> bool:
        return False


def simulate(table: pd.DataFrame, sampler, pruner, trials: int) -> pd.DataFrame:
    """Search the table as the notebook searches: each rate is taken for the nearest one in it.

    Parameters
    ----------
    table : DataFrame
        rate, frozen, epoch and loss, of one seed.
    sampler, pruner : of Optuna
    trials : int

    Returns
    -------
    As ``study.trials_dataframe()`` of Optuna, and the epochs that each trial was trained for.
    """
    losses = table.pivot_table("loss", ["frozen", "rate"], "epoch").to_dict("index")
    rates = np.unique(table["rate"])

    def follow(trial: optuna.Trial) -> float:
        asked = trial.suggest_float("rate", RATES[0], RATES[-1], log=True)
        rate = rates[np.abs(np.log(rates / asked)).argmin()]
        told = losses[trial.suggest_int("frozen", 0, STAGES - 1), rate]
        for epoch, loss in told.items():
            trial.report(loss, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return loss

    search = optuna.create_study(sampler=sampler, pruner=pruner)
    search.optimize(follow, n_trials=trials)
    epochs = [len(trial.intermediate_values) for trial in search.trials]
    return search.trials_dataframe().assign(epochs=epochs)


def compare_searches(table: pd.DataFrame, repeats: int = 200, trials: int = 8) -> pd.DataFrame:
    """What searches end with and what they cost, by sampler and pruner.

    Parameters
    ----------
    table : DataFrame
        rate, frozen, epoch and loss, of one seed.
    repeats : int
        Searches of each kind, which differ in the sampler's seed.
    trials : int
        In each search.

    Returns
    -------
    DataFrame
        Means over repeats: best (the least loss of the trials that were not pruned), ± (half a
        95 % interval of that mean), pruned (trials) and epochs (trained for, of all trials).
    """
    samplers = {
        "TPE": lambda seed: optuna.samplers.TPESampler(n_startup_trials=4, seed=seed),
        "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    }
    pruners = {"median": lambda: optuna.pruners.MedianPruner(3), "none": optuna.pruners.NopPruner}
    rows = {}
    for (sampler, draw), (pruner, prune) in product(samplers.items(), pruners.items()):
        found = [simulate(table, draw(seed), prune(), trials) for seed in range(repeats)]
        best = np.array([one.loc[one["state"] == "COMPLETE", "value"].min() for one in found])
        pruned = np.mean([(one["state"] == "PRUNED").sum() for one in found])
        epochs = np.mean([one["epochs"].sum() for one in found])
        half = 1.96 * best.std(ddof=1) / repeats**0.5
        rows[sampler, pruner] = {"best": best.mean(), "±": half, "pruned": pruned, "epochs": epochs}
    return pd.DataFrame.from_dict(rows, "index").rename_axis(["sampler", "pruner"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    seeds, code = parser.parse_args().seeds, code_hash(__file__, *CODE)
    torch.set_num_threads(1)
    started, start = time.process_time(), start_tuning(open_leaves(0), PER_CLASS)
    for seed, rate in product(seeds, RATES):
        done = read_rows(TABLE, code).reindex(columns=["seed", "rate"])
        if (seed, rate) in set(done.itertuples(index=False, name=None)):
            continue
        rows = []
        for frozen in range(STAGES):
            told = Listener()
            tuned_loss(start, told, rate, frozen, EPOCHS, seed)
            rows += [(seed, rate, frozen, n, round(one, 4)) for n, one in enumerate(told.losses)]
        columns = ["seed", "rate", "frozen", "epoch", "loss"]
        store(pd.DataFrame(rows, columns=columns).assign(code=code), TABLE, code)
        print(f"{seed} {rate:g}: {time.process_time() - started:.0f} s of CPU", flush=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    for seed, table in read_rows(TABLE, code).groupby("seed"):
        print(f"seed {seed}, the least loss there is {table.query('epoch == 2')['loss'].min():.3f}")
        print(compare_searches(table).round(4))


if __name__ == "__main__":
    main()
