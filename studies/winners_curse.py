"""How much of the best of many validation scores is luck?

    python -m studies.winners_curse [--seeds 0 1 2 3 4]    # some minutes on one core

Heads on frozen features of leaves of five seeds: under a hundred random settings; and, as a
control, a hundred heads that differ by nothing but which four fifths of the images they were
trained on. Out of the fresh, balanced leaves of all seeds (see `studies.ladder`) about 200 are
drawn to choose by, as whole specimens, and the best is scored on the other thousands; again and
again, for 1 to 100 tries. Rows go to winners_curse.csv seed by seed; those that are there, made by
the same code, are not computed again.
"""

import argparse
import time
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from helpers.datasets import Dataset
from helpers.regularisation.searching import chosen_by_luck, make_settings, score_settings
from helpers.training import embed
from helpers.transfer import limit_images
from studies.augmentation import open_balanced, open_leaves
from studies.provenance import code_hash
from studies.regularisation import read_rows, store

TABLE = Path(__file__).with_suffix(".csv")
CODE = ["leaves/*.py", "helpers/splits/*.py", "helpers/training/heads.py"]
CODE += ["helpers/regularisation/searching.py", "helpers/balance/weighting.py"]
CODE += [f"helpers/backbone/{name}" for name in ("network.py", "bundled.safetensors")]
SIZE, PER_CLASS, TRIED, CHOSEN_BY = 64, 50, 100, 200


@lru_cache(1)
def pool() -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Features, labels and specimens of all fresh balanced leaves, of five collections."""
    parts = []
    for seed in range(5):
        fresh: Dataset = open_balanced(seed)
        names = [f"{seed} {image_id}" for image_id in fresh.images.index]
        features = embed(fresh, size=SIZE, progress=False).loc[fresh.images.index]
        groups = f"{seed} " + fresh.groups.astype("str")
        parts.append([one.set_axis(names) for one in (features, fresh.images["label"], groups)])
    return tuple(pd.concat(part) for part in zip(*parts, strict=True))


def run(seed: int, code: str) -> pd.DataFrame:
    """Rows for settings that differ and for settings that are equal in truth."""
    course = limit_images(open_leaves(seed), PER_CLASS, seed)
    labels = course.part("train").images["label"]
    features, (others, truth, groups) = embed(course, size=SIZE, progress=False), pool()
    tried = score_settings(make_settings(TRIED, seed), features.loc[labels.index], labels,
                           others, truth)  # fmt: skip
    rng, same = np.random.default_rng([seed, 6]), {}
    for number in range(TRIED):
        part = labels.iloc[np.sort(rng.choice(len(labels), round(0.8 * len(labels)), False))]
        same[number] = score_settings([{}], features.loc[part.index], part, others, truth)[0]
    rows = []
    for kind, right in {"settings drawn at random": tried, "equal in truth": same}.items():
        right = pd.DataFrame(right)
        found = chosen_by_luck(right, groups, images=CHOSEN_BY, repeats=400, seed=seed)
        facts = {"seed": seed, "kind": kind, "spread": right.mean().std(), "code": code}
        rows.append(found.assign(**facts))
    return pd.concat(rows).round(5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    options, code = parser.parse_args(), code_hash(__file__, *CODE)
    torch.set_num_threads(1)
    started, done = time.process_time(), set(read_rows(TABLE, code)["seed"])
    for seed in (seed for seed in options.seeds if seed not in done):
        store(run(seed, code), TABLE, code)
        print(f"seed {seed}, {time.process_time() - started:.0f} s of CPU", flush=True)


if __name__ == "__main__":
    main()
