"""Do cures add up, and is there a combination that beats the four of notebook 08?

    python -m studies.cure_grid [--share 0 2]    # about a quarter of an hour on one core

In the setting of `studies.regularisation` with a fifth of the labels wrong, the same network is
trained under every combination of six regularisers at two or three strengths, 216 of them, on three
collections. ``--share 0 2`` trains the first of two halves, so that two processes can divide the
work. Each training is kept in the work folder as soon as it is done; once all are there, two tables
are written: cure_grid.csv, means over the collections for every epoch and for the epochs that early
stopping keeps (what the widget of the notebook draws); and cure_grid_ends.csv, how each training
did, by collection, on validation and on fresh leaves.
"""

import argparse
import time
from itertools import product
from pathlib import Path

import pandas as pd
import torch

from helpers.datasets import work_folder
from helpers.regularisation.comparing import mean_curves
from helpers.regularisation.recipes import Recipe
from studies.provenance import code_hash
from studies.regularisation import CODE, SETTINGS, read_rows, run, store

TABLE = Path(__file__).with_suffix(".csv")
ENDS = TABLE.with_name("cure_grid_ends.csv")
SEEDS, SETTING, AT_ONCE = (0, 1, 2), next(iter(SETTINGS)), 10
GRID = {
    "augment": (False, True), "smoothing": (0.0, 0.2, 0.4), "dropout": (0.0, 0.5, 0.75),
    "decay": (0.01, 2.0, 8.0), "depth": (0.0, 0.5), "mixup": (0.0, 0.4),
}  # fmt: skip
RECIPES = [Recipe(**dict(zip(GRID, levels, strict=True))) for levels in product(*GRID.values())]
FIGURES = ["train_loss", "train_accuracy", "by_heart", "valid_loss", "valid_accuracy"]
VALID, FRESH = FIGURES[-2:], ["fresh_loss", "fresh_accuracy", "fresh_ece"]


def name_of(recipe: Recipe) -> str:
    """Its levels in the order of `GRID`, as the rows in the work folder have them."""
    return " ".join(f"{getattr(recipe, name):g}" for name in GRID)


def train_all(jobs: list[tuple[int, Recipe]], path: Path, code: str) -> None:
    """Train what is not there yet, and keep it a few trainings at a time."""
    started, rows = time.process_time(), []
    done = set(read_rows(path, code)[["seed", "cure"]].itertuples(index=False, name=None))
    jobs = [(seed, one) for seed, one in jobs if (seed, name_of(one)) not in done]
    for number, (seed, recipe) in enumerate(jobs, 1):
        found = run(SETTING, name_of(recipe), recipe, seed, code)
        rows.append(found.assign(**{name: getattr(recipe, name) for name in GRID}))
        if len(rows) == AT_ONCE or number == len(jobs):
            store(pd.concat(rows), path, code)
            spent, rows = time.process_time() - started, []
            print(f"{number} of {len(jobs)}, {spent:.0f} s of CPU", flush=True)


def write_tables(rows: pd.DataFrame, code: str) -> None:
    """The means, and the ends of each training."""
    rows = rows.assign(augment=rows["augment"].astype(int))
    means = mean_curves(rows)[[*GRID, "epoch", "stopped", "repeats", *FIGURES, *FRESH]]
    last = rows["epoch"] == rows["epoch"].max()
    ends = pd.concat([rows[last].assign(stopped=False), rows[rows["stopped"]]])
    ends = ends.sort_values([*GRID, "seed", "stopped"])
    ends = ends[[*GRID, "seed", "stopped", *VALID, *FRESH]]
    for table, path in ((means, TABLE), (ends, ENDS)):
        table.assign(code=code).to_csv(path, index=False, float_format="%.4g")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=int, nargs=2, default=[0, 1], help="which of how many")
    which, of = parser.parse_args().share
    torch.set_num_threads(1)
    code = code_hash(__file__, *CODE, "studies/regularisation.py")
    path = work_folder() / "studies" / "cure_grid.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    jobs = [(seed, recipe) for seed in SEEDS for recipe in RECIPES]
    train_all(jobs[which::of], path, code)
    rows = read_rows(path, code)
    rows = rows[rows["cure"].isin(map(name_of, RECIPES))]
    if len(rows.groupby(["seed", "cure"])) < len(jobs):
        print("The other shares are still at it; the tables are written by the last one.")
        return
    write_tables(rows, code)


if __name__ == "__main__":
    main()
