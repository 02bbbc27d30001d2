"""Does a lower learning rate for the early stages pay, when a pretrained network is fine-tuned?

    python -m studies.rates_by_depth [--seeds 0 1 2 3 4]    # about five minutes on two cores

On leaves of five seeds, each cleaned, the bundled backbone is fine-tuned from the trained head on,
with everything equal but the rates: once one rate for all parts; once a third of it for the early
ones (``slice(rate / 3, rate)``); and once, as a control, one rate again, as high as the middle of
that slice, since what the second gains over the first may be that it is lower rather than where.
Each is scored on 1,200 *fresh* photos: cleaned leaves of the next seed, none of whose specimens was
trained on. The head on frozen features is scored beside. Rows go to rates_by_depth.csv one by one;
those that are there, made by the same code, are not computed again.
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
from helpers.datasets import Dataset, apply_decisions, default_decisions
from helpers.evaluation import compare_scores
from helpers.splits import split
from helpers.training import (
    Augment,
    build_dataloaders,
    build_learner,
    embed,
    predict,
    train,
    train_head,
)
from helpers.transfer import limit_images
from studies.provenance import code_hash

TABLE = Path(__file__).with_suffix(".csv")
CODE = ["leaves/*.py", "helpers/backbone/network.py", "helpers/backbone/bundled.safetensors"]
CODE += [f"helpers/training/{name}.py" for name in ("augmentation", "fitting", "learning", "heads")]
COLUMNS = ["seed", "per_class", "rates", "images", "accuracy", "over_one", "low", "high", "code"]

SIZE, FRESH, RATE = 64, 1200, 3e-3
ONE, EARLY, LOWER, FROZEN = "one rate", "lower for early stages", "one lower rate", "frozen"
RATES = {ONE: RATE, EARLY: slice(RATE / 3, RATE), LOWER: RATE / 3**0.5, FROZEN: None}
EPOCHS, BATCHES = {"25": 10, "all": 4}, {"25": 32, "all": 64}


@lru_cache(2)
def open_leaves(seed: int) -> Dataset:
    """Leaves of this seed, cleaned and split as in the notebooks; without most of the test set,
    which nothing here looks at."""
    leaves = replace(open_dataset("leaves", seed=seed, test=60, progress=False), name="leaves")
    clean = apply_decisions(leaves, default_decisions(leaves)).development
    return clean.with_images(clean.images.assign(split=split(clean)["split"]))


def open_fresh(seed: int) -> Dataset:
    images = open_leaves(seed + 1).images
    images = images[images["label"].notna()].sample(FRESH, random_state=seed)
    return open_leaves(seed + 1).with_images(images.sort_index().assign(split="valid"))


def score(seed: int, count: str, rates: str) -> tuple[pd.Series, int]:
    """Whether each fresh photo is right, and how many images were trained on."""
    chosen, fresh = limit_images(open_leaves(seed), count, seed), open_fresh(seed)
    labels = chosen.part("train").images["label"]
    head = train_head(embed(open_leaves(seed), size=SIZE, progress=False), labels)
    if RATES[rates] is None:
        found = head.predict(embed(fresh, size=SIZE, progress=False))
    else:
        turns = Augment(flip_vertical=True, turn=True, rotate=0, zoom=0, stretch=0, shift=0)
        dls = build_dataloaders(chosen, SIZE, BATCHES[count], augment=[turns], progress=False)
        learner = build_learner(dls, head=head, seed=seed)
        train(learner, EPOCHS[count], lr=RATES[rates], progress=False)
        found = predict(learner, fresh, progress=False)["prediction"]
    return found == fresh.images.loc[found.index, "label"], len(labels)


def compare(seed: int, count: str) -> list[list]:
    """The rows of one seed and number of images, each beside the first on the same photos."""
    rows, right, groups = [], {}, open_fresh(seed).groups
    for rates in RATES:
        right[rates], images = score(seed, count, rates)
        beside = compare_scores(right[rates], right[ONE], groups[right[rates].index])
        figures = [round(value, 4) for value in (right[rates].mean(), *beside)]
        rows.append([seed, count, rates, images, *figures])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    seeds, code = parser.parse_args().seeds, code_hash(__file__, *CODE)
    torch.set_num_threads(1)
    table = pd.DataFrame(columns=COLUMNS)
    if TABLE.exists():
        table = pd.read_csv(TABLE, dtype={"per_class": "str"})
    table = table[table["code"] == code].reset_index(drop=True)
    done = set(table[["seed", "per_class"]].itertuples(index=False, name=None))
    jobs = [(seed, count) for count in EPOCHS for seed in seeds]
    for seed, count in tqdm([job for job in jobs if job not in done]):
        started = time.perf_counter()
        for row in compare(seed, count):
            table.loc[len(table)] = [*row, code]
        table.to_csv(TABLE, index=False)
        tqdm.write(f"{seed} {count}: {time.perf_counter() - started:.0f} s")
    columns = table.groupby(["per_class", "rates"])[["accuracy", "over_one"]]
    print(columns.agg(["mean", "std"]).round(3).to_string())


if __name__ == "__main__":
    main()
