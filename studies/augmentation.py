"""Does augmentation help? Policies at an equal budget, with few images and with all of them.

    python -m studies.augmentation [--seeds 0 1 2 3 4]    # about half an hour on two cores

On leaves of five seeds, each cleaned and split by specimen as in the notebooks, one network is
trained per policy, on the same images and by as many steps; it is scored on *fresh* photos, 1,200
balanced ones of other specimens, free of faults (see `studies.ladder`). Rows go to augmentation.csv
one by one; those that are there, made by the same code, are not computed again.
"""

import argparse
import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from helpers import open_dataset
from helpers.augment import POLICIES, compare_policies, paired_effects, score_answers
from helpers.datasets import Dataset, apply_decisions, default_decisions
from helpers.processes import start_workers
from helpers.splits import split
from studies.ladder import open_fresh
from studies.provenance import code_hash

TABLE = Path(__file__).with_suffix(".csv")
CODE = ["leaves/*.py", "helpers/splits/*.py"]
CODE += [f"helpers/augment/{name}.py" for name in ("policies", "training")]
CODE += [f"helpers/backbone/{name}" for name in ("network.py", "bundled.safetensors")]
CODE += [f"helpers/training/{n}.py" for n in ("fitting", "heads", "learning", "networks")]
KEY = ["setting", "policy", "seed"]
FEW, SCRATCH = "25 per class, fine-tuned", "all images, from scratch"
SETTINGS = {
    FEW: {"per_class": 25, "epochs": 15},
    SCRATCH: {"per_class": "all", "epochs": 20, "pretrained": False},
}
JOBS = {FEW: list(POLICIES), SCRATCH: ["none", "mirror and turn", "hue", "MixUp"]}
PAIR = ["recall of willow", "recall of olive"]


@lru_cache(1)
def open_leaves(seed: int) -> Dataset:
    """Leaves of this seed, cleaned and split as in the notebooks, with a small test set."""
    # default_decisions knows the truth about leaves by their name.
    leaves = replace(open_dataset("leaves", seed=seed, test=60, progress=False), name="leaves")
    clean = apply_decisions(leaves, default_decisions(leaves)).development
    return clean.with_images(clean.images.assign(split=split(clean)["split"]))


@lru_cache(1)
def open_balanced(seed: int) -> Dataset:
    """The fresh photos that are as many for each species on each background."""
    fresh = open_fresh(seed)
    return fresh.with_images(fresh.images[fresh.images["balanced"].astype(bool)])


def run(setting: str, policy: str, seed: int, code: str) -> pd.DataFrame:
    """One row of the table."""
    torch.set_num_threads(1)
    started = time.perf_counter()
    scored_on = open_balanced(seed)
    answers = compare_policies(open_leaves(seed), [policy], [seed], scored_on, **SETTINGS[setting])
    row = score_answers(answers).round(4).assign(setting=setting, scored=len(answers))
    row["seconds"], row["code"] = round(time.perf_counter() - started, 1), code
    return row


def summarise(table: pd.DataFrame) -> None:
    """Print what each policy changes, in each setting."""
    for setting, scores in table.groupby("setting", sort=False):
        scores = scores.assign(pair=scores[PAIR].mean(axis=1))
        for figure in ("accuracy", "log_loss", "pair"):
            plain = scores.loc[scores["policy"] == "none", figure].mean()
            print(f"{setting}, {figure}: none {plain:.3f}")
            print(paired_effects(scores, figure).round(3).to_string())


def main() -> None:
    from studies import augmentation  # the name by which worker processes know this module

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--settings", nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    parser.add_argument("--workers", type=int, default=2)
    options, code = parser.parse_args(), code_hash(__file__, *CODE)
    table = pd.read_csv(TABLE) if TABLE.exists() else pd.DataFrame(columns=[*KEY, "code"])
    table = table[table["code"] == code].reset_index(drop=True)
    done = set(table[KEY].itertuples(index=False, name=None))
    jobs = [(one, p, seed) for one in options.settings for seed in options.seeds for p in JOBS[one]]
    jobs = [job for job in jobs if job not in done]
    with start_workers(options.workers) as pool:
        waiting = [pool.submit(augmentation.run, *job, code) for job in jobs]
        for made in tqdm(waiting):
            table = pd.concat([table, made.result()], ignore_index=True)
            first = [*KEY, "images", "scored", "accuracy", "log_loss"]
            table[[*first, *table.columns.difference(first, sort=False)]].to_csv(TABLE, index=False)
    summarise(table)


if __name__ == "__main__":
    main()
