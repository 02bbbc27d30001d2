"""Which images are worth labelling next, and what does each way of choosing cost?

    python -m studies.labelling [--seeds 0 1 2 3 4]    # about ten minutes on two cores

From the training images of leaves of five seeds, 50 are labelled at random, then 50 more in each
of seven rounds: any, those that the head of now is least certain of, those farthest from all that
is labelled (k-centre), or the last among the uncertain. Heads on frozen embeddings are scored on
*fresh* leaves, balanced in species and ground, without faults or shortcuts (as in the ladder).
Each is done three times on each seed, from another first batch. The pool is once as the course
cleans it, and once as it was collected: what the log of decisions drops (no leaf, copies) is then
looked at in vain. Rows go to labelling.csv seed by seed; those of the same code are not computed
again.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from helpers import open_dataset
from helpers.labelling import STRATEGIES, label_in_rounds
from helpers.training import embed
from leaves.collection import DEVELOPMENT
from studies.ladder import SIZE, open_course, open_fresh
from studies.provenance import code_hash

TABLE = Path(__file__).with_suffix(".csv")
CODE = ["leaves/*.py", "helpers/labelling.py", "helpers/training/heads.py"]
CODE += ["helpers/training/embedding.py", "helpers/backbone/*", "helpers/splits/*.py"]
REPEATS, RARE = 3, [*DEVELOPMENT][-4:]


def run(seed: int) -> pd.DataFrame:
    """Rows for each pool, strategy, repeat and round of one seed."""
    course, fresh = open_course(seed), open_fresh(seed)
    given = replace(open_dataset("leaves", seed=seed, progress=False), name="leaves").development
    features, asked = (embed(one, size=SIZE, progress=False) for one in (given, fresh))
    known = fresh.images.loc[asked.index]
    asked = asked[known["balanced"].astype(bool).to_numpy()]
    truth = known["label"].reindex(asked.index)
    labels = course.part("train").images["label"]
    kept = course.images.index[course.images["split"] != "train"]
    collected = features.drop(index=features.index.intersection(kept))
    groups, facts = course.groups, {"rare": labels.isin(RARE)}
    tables = []
    for name, pool in (("clean", features.loc[labels.index]), ("as collected", collected)):
        for strategy in STRATEGIES:
            for repeat in range(REPEATS):
                found = label_in_rounds(
                    strategy, pool, labels, asked, truth, seed=repeat, groups=groups, facts=facts
                )
                found = found.rename(columns={"seed": "repeat"})
                tables.append(found.assign(pool=name, seed=seed))
    return pd.concat(tables)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    options, code = parser.parse_args(), code_hash(__file__, *CODE)
    table = pd.read_csv(TABLE) if TABLE.exists() else pd.DataFrame(columns=["seed", "code"])
    table = table[table["code"] == code]
    for seed in tqdm([one for one in options.seeds if one not in set(table["seed"])], "labelling"):
        found = run(seed).assign(code=code)
        table = pd.concat([table, found]).reset_index(drop=True)
        table.round(4).to_csv(TABLE, index=False)
    last = table[table["images"] == table["images"].max()]
    print(last.groupby(["pool", "strategy"])[["accuracy", "log_loss", "labelled"]].mean().round(3))


if __name__ == "__main__":
    main()
