"""Validation accuracy by labelled images per class: transferred, or trained from scratch.

    python -m studies.transfer [--seeds 0 1 2 3 4]    # about ten minutes on two cores

On leaves of five seeds, each cleaned and split by specimen, networks are trained on 10, 25, 50,
100 and all labelled images per class, whole specimens each: heads on frozen features, the bundled
backbone fine-tuned from there, and the same network from random weights. ImageNet backbones come
in, frozen, where their weights are on this computer (TORCH_HOME). Rows go to transfer.csv one by
one; those that are there, made by the same code, are not computed again.
"""

import argparse
import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pandas as pd
import torch
from fastai.callback.core import Callback, CancelValidException
from tqdm import tqdm

from helpers import open_dataset, transfer
from helpers.datasets import Dataset, apply_decisions, default_decisions
from helpers.processes import start_workers
from helpers.splits import split
from helpers.training import (
    Augment,
    build_dataloaders,
    build_learner,
    embed,
    predict,
    train_head,
)
from helpers.training.fitting import FINE_TUNING, FROM_SCRATCH
from helpers.training.networks import stored_weights
from studies.provenance import code_hash

TABLE = Path(__file__).with_suffix(".csv")
CODE = ["leaves/*.py", "helpers/splits/*.py"]
CODE += [f"helpers/backbone/{name}" for name in ("network.py", "bundled.safetensors")]
CODE += [
    f"helpers/training/{n}.py" for n in ("augmentation", "fitting", "heads", "learning", "networks")
]
KEY = ["seed", "backbone", "training", "per_class"]
COLUMNS = [*KEY, "images", "valid", "accuracy", "seconds", "code"]

SIZE, BATCH = 64, 32
# Fewer images are shown more often, so that the network takes enough steps; random weights have
# farther to go and get more.
EPOCHS = {
    "fine-tuned": {"10": 12, "25": 10, "50": 8, "100": 6, "all": 6},
    "from scratch": {"10": 30, "25": 20, "50": 16, "100": 12, "all": 12},
}
IMAGENET = ("mobilenet_v2", "squeezenet1_0")


class SkipValidation(Callback):
    """Saves the time of scoring every epoch where only the last one counts."""

    def before_validate(self):
        raise CancelValidException


@lru_cache(1)
def open_leaves(seed: int) -> Dataset:
    """Leaves of this seed, cleaned and split as in the notebooks."""
    # default_decisions knows the truth about leaves by their name.
    leaves = replace(open_dataset("leaves", seed=seed, progress=False), name="leaves")
    clean = apply_decisions(leaves, default_decisions(leaves)).development
    return clean.with_images(clean.images.assign(split=split(clean)["split"]))


@lru_cache(1)
def embed_leaves(seed: int, backbone: str) -> pd.DataFrame:
    if backbone == "random":
        return transfer.random_features(open_leaves(seed), SIZE)
    size = SIZE if backbone == "bundled" else None
    return embed(open_leaves(seed), backbone, size, progress=False)


def score_trained(dataset: Dataset, training: str, count: str, seed: int) -> pd.Series:
    head = None
    if training == "fine-tuned":
        head = train_head(embed_leaves(seed, "bundled"), dataset.part("train").images["label"])
    turns = Augment(flip_vertical=True, turn=True, rotate=0, zoom=0, stretch=0, shift=0)
    dls = build_dataloaders(dataset, SIZE, BATCH, augment=[turns], progress=False)
    learner = build_learner(dls, pretrained=head is not None, head=head, seed=seed)
    rates = FROM_SCRATCH if head is None else FINE_TUNING
    with learner.no_bar(), learner.no_logging():
        learner.fit_one_cycle(EPOCHS[training][count], lr_max=rates, cbs=SkipValidation())
    found = predict(learner, dataset.part("valid"), progress=False)
    return found["prediction"] == found["label"]


def run(job: tuple, code: str) -> list:
    """One row of the table."""
    torch.set_num_threads(1)
    seed, backbone, training, count = job
    chosen = transfer.limit_images(open_leaves(seed), count, seed)
    started = time.perf_counter()
    if training == "frozen":
        right = transfer.score_head(chosen, embed_leaves(seed, backbone))
    else:
        right = score_trained(chosen, training, count, seed)
    seconds, images = time.perf_counter() - started, len(chosen.part("train"))
    return [*job, images, len(right), round(right.mean(), 4), round(seconds, 1), code]


def main() -> None:
    from studies import transfer as study  # the name by which worker processes know this module

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    seeds, code = parser.parse_args().seeds, code_hash(__file__, *CODE)
    there = [name for name in IMAGENET if stored_weights(name)]
    frozen = [(name, "frozen") for name in ("bundled", "random", *there)]
    models = [*frozen, ("bundled", "fine-tuned"), ("random", "from scratch")]
    jobs = [
        (seed, *model, count) for seed in seeds for model in models for count in transfer.COUNTS
    ]
    table = pd.DataFrame(columns=COLUMNS)
    if TABLE.exists():
        table = pd.read_csv(TABLE, dtype={"per_class": "str"})
    table = table[table["code"] == code].reset_index(drop=True)
    done = set(table[KEY].itertuples(index=False, name=None))
    jobs = [job for job in jobs if job not in done]
    for seed in sorted({job[0] for job in jobs}):
        for name in ("bundled", *there):  # before two processes ask for the same
            embed_leaves(seed, name)
    with start_workers(2) as pool:
        waiting = [pool.submit(study.run, job, code) for job in jobs]
        for made in tqdm(waiting):
            table.loc[len(table)] = made.result()
            table.to_csv(TABLE, index=False)


if __name__ == "__main__":
    main()
