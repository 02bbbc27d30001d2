"""What does an ensemble buy, made of which models, and for how many forward passes?

    python -m studies.ensembles [--seeds 1 2 3 4 5]    # about 15 minutes of one quiet core

On leaves of five seeds, cleaned and split as in the course, networks and heads are trained on 25
images per class. All are scored on the same *fresh* photos, 1,200 balanced ones of
other specimens, free of faults (see `studies.ladder`); weights of a vote and temperatures are
chosen on validation. A row is a model alone, a pair of models, or a recipe; `calibrated` is the log
loss after temperature scaling, which tells a better order of classes from mere caution. What each
model answers is kept, so an interrupted run goes on; the table is written anew from the answers.

ImageNet's squeezenet1_0 takes part where its weights are on this computer (TORCH_HOME).
"""

import argparse
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from helpers.ensembles import choose_weights, disagreement, losses, vote
from helpers.evaluation import apply_temperature, calibration_error, find_temperature
from studies.ensemble_members import NETWORKS, SETTINGS, answers, code

TABLE = Path(__file__).with_suffix(".csv")
COUSINS = ["network 1, eight views", "averaged weights", "taught by one", "taught by five"]


def told(answers: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    """As a predictions table."""
    return pd.concat([labels[answers.index].rename("label"), answers], axis=1)


def figures(valid: pd.DataFrame, fresh: pd.DataFrame, labels: list[pd.Series]) -> dict:
    known, scored = labels[1][fresh.index], told(fresh, labels[1])
    temperature = find_temperature(told(valid, labels[0]))
    return {
        "accuracy": (fresh.idxmax(axis=1) == known).mean(),
        "log_loss": losses(fresh, known).mean(),
        "calibrated": apply_temperature(scored, temperature)["loss"].mean(),
        "ece": calibration_error(scored),
        "valid_log_loss": losses(valid, labels[0]).mean(),
    }


def score(answers: Mapping[str, list[pd.DataFrame]], labels: list[pd.Series]) -> list[dict]:
    """Rows of one seed and setting."""
    rows, passes = [], dict.fromkeys(answers, 1)
    networks = [f"network {n}" for n in range(1, NETWORKS + 1)]
    alone = {name: losses(tables[1], labels[1]).mean() for name, tables in answers.items()}
    # In passes of a picture of 64 pixels; other kinds of models cannot be counted so.
    passes |= {"network 1, eight views": 8, "head 96 px": 2.25, "head 128 px": 4}
    passes |= {"descriptors": np.nan, "ImageNet's squeezenet1_0": np.nan}

    def both(names, **how) -> list[pd.DataFrame]:
        return [vote({name: answers[name][at] for name in names}, **how) for at in (0, 1)]

    def add(kind, name, tables, names, networks=None):
        unlike = disagreement({one: answers[one][1] for one in names}).to_numpy()
        apart = unlike[np.triu_indices(len(names), 1)]
        cost = sum(passes[one] for one in names)
        facts = {"kind": kind, "recipe": name, "networks": networks or len(names), "passes": cost}
        facts["disagreement"] = apart.mean() if len(apart) else 0.0
        facts["gain"] = np.mean([alone[one] for one in names])
        facts |= figures(*tables, labels)
        rows.append(facts | {"gain": facts["gain"] - facts["log_loss"]})

    for name, tables in answers.items():
        add("cousin" if name in COUSINS else "alone", name, tables, [name])
    mean = pd.DataFrame([row for row in rows if row["recipe"] in networks]).mean(numeric_only=True)
    rows.append({"kind": "recipe", "recipe": "one network", **mean})
    apart = [name for name in answers if name.startswith(("head", "descr", "ImageNet"))]
    for first, second in combinations([*networks, *apart], 2):
        add("pair", f"{first} + {second}", both([first, second]), [first, second])
    for number in range(2, NETWORKS + 1):
        add("recipe", f"vote of {number} networks", both(networks[:number]), networks[:number])
    add("recipe", "whole votes of 5 networks", both(networks, hard=True), networks)
    rows[-1] |= dict.fromkeys(["log_loss", "calibrated", "valid_log_loss", "gain"], np.nan)
    folds = [f"fold {n}" for n in range(1, NETWORKS + 1)]
    add("recipe", "vote of 5 folds", both(folds), folds)
    sizes = [f"head {size} px" for size in (64, 96, 128)]
    add("recipe", "vote of 3 sizes", both(sizes), sizes)
    mixed = ["network 1", "head 128 px", "descriptors"]
    add("recipe", "vote of 3 kinds", both(mixed), mixed)
    if "ImageNet's squeezenet1_0" in answers:
        mixed = ["network 1", "head 128 px", "ImageNet's squeezenet1_0"]
        add("recipe", "vote of 3 kinds, one from ImageNet", both(mixed), mixed)
    add("recipe", "vote of 5 networks, 3 sizes", both(networks + sizes), networks + sizes)
    own = [*networks, *sizes, "descriptors"]
    add("recipe", "vote of all 9", both(own), own)
    weights = choose_weights({name: answers[name][0] for name in own}, labels[0])
    chosen = [name for name in own if weights[name] > 0.005]
    add("recipe", "weighted vote of all 9", both(own, weights=weights), chosen)
    best = min(own, key=lambda name: losses(answers[name][0], labels[0]).mean())
    add("recipe", "best alone on validation", answers[best], [best])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--settings", nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    options, tables = parser.parse_args(), []
    torch.set_num_threads(1)
    jobs = [(setting, seed) for setting in options.settings for seed in options.seeds]
    for setting, seed in tqdm(jobs, "ensembles"):
        rows = pd.DataFrame(score(*answers(setting, seed))).round(4)
        rows.insert(0, "setting", setting)
        rows.insert(1, "seed", seed)
        tables.append(rows.assign(code=code()))
        pd.concat(tables).to_csv(TABLE, index=False)
    table = pd.concat(tables)
    shown = ["accuracy", "log_loss", "calibrated", "ece", "disagreement", "passes"]
    means = table[table["kind"] != "pair"].groupby(["setting", "recipe"])[shown].mean()
    print(means.round(3).to_string())


if __name__ == "__main__":
    main()
