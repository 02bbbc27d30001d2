"""What the learning rate does to a network trained from random weights.

    python -m studies.learning_rates        # seeds 0 to 2, about five minutes on two cores

For each seed the leaves of that seed are cleaned and split, and the bundled architecture is trained
on them from scratch, once per rate. learning_rates.csv gets a row per epoch; a training that
diverged has rows without values. What the same code has measured already is not measured again, so
that an interrupted run goes on. Notebook 05 shows the table and repeats one of its trainings.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from helpers import open_dataset
from helpers.datasets import Dataset, apply_decisions, default_decisions
from helpers.splits import split
from helpers.training import TrainingError, build_dataloaders, build_learner, train
from studies.provenance import code_hash

TABLE = Path(__file__).with_suffix(".csv")
CODE = ["leaves/*.py", "helpers/training/*.py"]
CODE += ["helpers/backbone/network.py", "helpers/splits/*.py"]
RATES = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0]
SIZE, EPOCHS = 64, 5
COLUMNS = ["rate", "seed", "epoch", "train_loss", "valid_loss", "accuracy", "code"]


def prepare(seed: int) -> Dataset:
    """The cleaned development images of one seed, split by specimen, as notebook 05 has them."""
    # Only what is called "leaves" has a reviewer's log.
    dataset = replace(open_dataset("leaves", seed=seed, progress=False), name="leaves")
    clean = apply_decisions(dataset, default_decisions(dataset)).development
    return clean.with_images(clean.images.assign(split=split(clean)["split"]))


def measure(dataset: Dataset, rate: float, seed: int, epochs: int = EPOCHS) -> pd.DataFrame:
    """One training: a row per epoch, its values missing where the loss became no number."""
    dls = build_dataloaders(dataset, size=SIZE, progress=False)
    learner = build_learner(dls, pretrained=False, seed=seed)
    try:
        curves = train(learner, epochs, lr=rate, progress=False)
    except TrainingError:
        curves = pd.DataFrame({"epoch": range(epochs)})
    return curves.assign(rate=rate, seed=seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--rates", type=float, nargs="+", default=RATES)
    options = parser.parse_args()
    code = code_hash(__file__, *CODE)
    found = [pd.read_csv(TABLE).query("code == @code")] if TABLE.exists() else []
    known = {run for table in found for run in zip(table["seed"], table["rate"], strict=True)}
    runs = [(seed, rate) for seed in options.seeds for rate in options.rates]
    for seed, rate in tqdm([run for run in runs if run not in known]):
        found.append(measure(prepare(seed), rate, seed).assign(code=code))
        table = pd.concat(found).reindex(columns=COLUMNS).sort_values(COLUMNS[:3])
        unfinished = TABLE.with_suffix(".new")
        table.to_csv(unfinished, index=False, float_format="%.6g")
        unfinished.replace(TABLE)
    table = pd.read_csv(TABLE)
    print(table.pivot_table("valid_loss", "rate", "epoch").round(3).to_string())


if __name__ == "__main__":
    main()
