"""What does each regulariser buy?

    python -m studies.regularisation [--seeds 0 1 2 3 4]    # about 5 minutes on one core

On leaves of five seeds, cleaned and split as in the notebooks, a network of three hidden layers is
trained on frozen features of about 50 images a class at 64 pixels, with a fifth of the training
labels wrong and with none. All trainings of a seed share images and order, and are scored on 1,200
fresh, balanced leaves (see `studies.ladder`), at their last epoch and at the one that early
stopping keeps. Rows go to regularisation.csv; those that are there, made by the same code,
are not computed again.
"""

import argparse
import time
from functools import lru_cache
from itertools import product
from pathlib import Path

import pandas as pd
import torch
from filelock import FileLock

from helpers.datasets import work_folder
from helpers.regularisation.images import SIZE, Features, turned_features
from helpers.regularisation.measuring import score_probabilities
from helpers.regularisation.recipes import CURES, Recipe, train_recipe, vary
from helpers.training.caching import decode
from studies.augmentation import open_balanced, open_leaves
from studies.provenance import code_hash

TABLE = Path(__file__).with_suffix(".csv")
CODE = ["leaves/*.py", "helpers/splits/*.py"]
CODE += [f"helpers/training/{name}.py" for name in ("embedding", "learning")]
CODE += [f"helpers/regularisation/{name}.py" for name in ("images", "measuring", "recipes")]
CODE += [f"helpers/backbone/{name}" for name in ("network.py", "bundled.safetensors")]
SETTINGS = {"a fifth of the labels wrong": 0.2, "all labels right": 0.0}
KEY = ["setting", "cure", "seed"]
PER_CLASS = 50

STRENGTHS = {
    "smoothing": (0.05, 0.1, 0.4), "dropout": (0.25, 0.75), "decay": (0.5, 8.0),
    "depth": (0.2, 0.8), "mixup": (0.1, 1.0),
}  # fmt: skip
STRONGER = {f"{n} {s:g}": vary(n, s) for n, all_of in STRENGTHS.items() for s in all_of}
FOUR = {"augment": True, "smoothing": 0.2, "dropout": 0.5, "decay": 2.0}
"""Every subset of these is trained, so that the widget of notebook 08 can show it."""


def name_of(chosen: dict) -> str:
    """How the table calls a recipe made of some of `FOUR`."""
    recipe = Recipe(**chosen)
    known = [name for name, cure in CURES.items() if cure == recipe]
    return known[0] if known else " + ".join(chosen)


def subsets() -> dict[str, Recipe]:
    chosen = [
        {name: FOUR[name] for name, on in zip(FOUR, bits, strict=True) if on}
        for bits in product([False, True], repeat=len(FOUR))
    ]
    return {name_of(one): Recipe(**one) for one in chosen}


WAVES = {"main": CURES, "subsets": subsets(), "strengths": STRONGER}


@lru_cache(2)
def features_of(seed: int, wrong: float) -> Features:
    return turned_features(open_leaves(seed), PER_CLASS, wrong, seed=seed)


@lru_cache(1)
def fresh_pixels(seed: int) -> tuple:
    fresh = open_balanced(seed)
    labels = fresh.images["label"]
    return decode(fresh, SIZE, progress=False).take(labels.index), labels


@lru_cache(2)
def fresh_features(seed: int, wrong: float) -> torch.Tensor:
    return features_of(seed, wrong).of(fresh_pixels(seed)[0])


def run(setting: str, cure: str, recipe: Recipe, seed: int, code: str) -> pd.DataFrame:
    """A row per epoch; the figures on fresh leaves are in the last and in the stopped one."""
    wrong = SETTINGS[setting]
    features, fresh = features_of(seed, wrong), fresh_features(seed, wrong)
    training = train_recipe(features, recipe, seed)
    rows = training.curves.assign(setting=setting, cure=cure, seed=seed)
    rows["images"], rows["code"] = len(features.labels), code
    rows["stopped"] = rows["epoch"] == training.stopped
    codes = features.codes(fresh_pixels(seed)[1]).numpy()
    for epoch in {training.stopped, int(rows["epoch"].iloc[-1])}:
        scores = score_probabilities(training.predict(fresh, epoch), codes)
        for name, value in scores.items():
            rows.loc[rows["epoch"] == epoch, f"fresh_{name}"] = value
    first = [*KEY, "epoch", "stopped", "images"]
    return rows[first + [name for name in rows if name not in [*first, "code"]] + ["code"]].round(4)


def read_rows(path: Path, code: str) -> pd.DataFrame:
    """The rows that were made by this code."""
    table = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=[*KEY, "code"])
    return table[table["code"] == code]


def store(rows: pd.DataFrame, path: Path, code: str) -> None:
    """Add rows, whatever other runs of this study, for other seeds, add meanwhile."""
    with FileLock(work_folder() / f"{path.stem}.lock"):
        known = read_rows(path, code)
        pd.concat([known, rows] if len(known) else [rows]).to_csv(path, index=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--settings", nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    parser.add_argument("--waves", nargs="+", default=list(WAVES), choices=list(WAVES))
    options = parser.parse_args()
    torch.set_num_threads(1)
    started = time.process_time()
    code = code_hash(__file__, *CODE)
    recipes = {k: v for wave in options.waves for k, v in WAVES[wave].items()}
    for seed, setting in product(options.seeds, options.settings):
        for cure, recipe in recipes.items():
            done = set(read_rows(TABLE, code)[KEY].itertuples(index=False, name=None))
            if (setting, cure, seed) not in done:
                store(run(setting, cure, recipe, seed, code), TABLE, code)
                print(seed, cure, f"{time.process_time() - started:.0f} s of CPU", flush=True)


if __name__ == "__main__":
    main()
