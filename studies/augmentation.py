"""Does augmentation help? Policies at an equal budget, with few images and with all of them.

    python -m studies.augmentation [--seeds 0 1 2 3 4]    # about 35 minutes on two quiet cores

On leaves of five seeds, each cleaned and split by specimen as in the notebooks, one network is
trained per policy, on the same images and by as many steps. It is scored on validation and on
*fresh* photos, 1,200 balanced ones of other specimens, free of faults (see `studies.ladder`). Rows
go to augmentation.csv one by one; those that are there, made by the same code, are not computed
again.
"""

import argparse
import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from filelock import FileLock
from tqdm import tqdm

from helpers import open_dataset
from helpers.augment import POLICIES, paired_effects, score_answers, train_with
from helpers.datasets import Dataset, apply_decisions, default_decisions, work_folder
from helpers.processes import start_workers
from helpers.splits import split
from helpers.training import predict
from studies.ladder import open_fresh
from studies.provenance import code_hash

TABLE = Path(__file__).with_suffix(".csv")
CODE = ["leaves/*.py"]
CODE += [f"helpers/splits/{name}.py" for name in ("dividing", "joining", "ordering", "searching")]
CODE += [f"helpers/augment/{name}.py" for name in ("policies", "training")]
CODE += [f"helpers/backbone/{name}" for name in ("network.py", "bundled.safetensors")]
CODE += [f"helpers/training/{n}.py" for n in ("fitting", "heads", "learning", "networks")]
KEY = ["setting", "policy", "seed"]
COLUMNS = [*KEY, "images", "scored", "accuracy", "log_loss", "valid_accuracy", "valid_log_loss"]
FEW, BARE = "25 per class, fine-tuned", "25 per class, from scratch"
MANY, SCRATCH = "all images, fine-tuned", "all images, from scratch"
# From scratch until the training images are known by heart, which takes the longer, the fewer.
SETTINGS = {
    FEW: {"per_class": 25, "epochs": 10},
    BARE: {"per_class": 25, "epochs": 60, "pretrained": False},
    MANY: {"per_class": "all", "epochs": 6},
    SCRATCH: {"per_class": "all", "epochs": 20, "pretrained": False},
}
# What is claimed comes first, in case that time runs out.
FIRST = ["none", "mirror and turn", "hue"]
MORE = ["RandAugment", "crop and zoom", "mirror, turn and light"]
REST = [name for name in POLICIES if name not in FIRST + MORE]
JOBS = [(FEW, FIRST), (MANY, FIRST), (BARE, FIRST), (FEW, MORE + REST), (SCRATCH, FIRST[:2])]
JOBS += [(BARE, MORE), (MANY, MORE)]
PAIR = ["recall of willow", "recall of olive"]


@lru_cache(5)
def open_leaves(seed: int) -> Dataset:
    """Leaves of this seed, cleaned and split as in the notebooks, with a small test set."""
    # default_decisions knows the truth about leaves by their name.
    leaves = replace(open_dataset("leaves", seed=seed, test=60, progress=False), name="leaves")
    clean = apply_decisions(leaves, default_decisions(leaves)).development
    return clean.with_images(clean.images.assign(split=split(clean)["split"]))


@lru_cache(5)
def open_balanced(seed: int) -> Dataset:
    """The fresh photos that are as many for each species on each background."""
    fresh = open_fresh(seed)
    return fresh.with_images(fresh.images[fresh.images["balanced"].astype(bool)])


def run(setting: str, policy: str, seed: int, code: str) -> pd.DataFrame:
    """One row of the table."""
    torch.set_num_threads(1)
    started, course = time.perf_counter(), open_leaves(seed)
    learner = train_with(course, policy, seed=seed, **SETTINGS[setting])
    rows = []
    for scored in (open_balanced(seed), course.part("valid")):
        answers = predict(learner, scored, progress=False).assign(policy=policy, seed=seed)
        rows.append(score_answers(answers.assign(images=len(learner.dls.train_ds))))
    fresh, valid = rows
    row = fresh.assign(setting=setting, scored=len(open_balanced(seed).images))
    row["valid_accuracy"], row["valid_log_loss"] = valid["accuracy"], valid["log_loss"]
    row["seconds"], row["code"] = round(time.perf_counter() - started, 1), code
    return row.round(4)


def read_rows(code: str) -> pd.DataFrame:
    """The rows that were made by this code."""
    table = pd.read_csv(TABLE) if TABLE.exists() else pd.DataFrame(columns=[*COLUMNS, "code"])
    return table[table["code"] == code]


def store(row: pd.DataFrame, code: str) -> None:
    """Add a row, whatever other runs of this study, for other seeds, add meanwhile."""
    with FileLock(work_folder() / "augmentation.lock"):
        table = pd.concat([read_rows(code), row], ignore_index=True)
        places = [
            table[name].map({value: at for at, value in enumerate(order)})
            for name, order in (("setting", SETTINGS), ("policy", POLICIES), ("seed", range(99)))
        ]
        table = table.iloc[np.lexsort(places[::-1])]
        others = table.columns.difference(COLUMNS, sort=False)
        table[[*COLUMNS, *others]].to_csv(TABLE, index=False)


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
    done = set(read_rows(code)[KEY].itertuples(index=False, name=None))
    jobs = [(one, p, seed) for one, some in JOBS for p in some for seed in options.seeds]
    jobs = [job for job in jobs if job[0] in options.settings]
    with start_workers(options.workers) as pool:
        waiting = [pool.submit(augmentation.run, *job, code) for job in jobs if job not in done]
        for made in tqdm(waiting):
            store(made.result(), code)
    summarise(read_rows(code))


if __name__ == "__main__":
    main()
