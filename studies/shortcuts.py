"""Do the probes of notebook 04 find the planted shortcuts, and keep silent where there are none?

    python -m studies.shortcuts [--seeds 1 2 3 4 5] [--controls 20]    # about 25 minutes, two cores

Leaves of five seeds, cleaned as in the course, with both shortcuts; then leaves of other seeds that
were rendered without them. A row for each probe and dataset goes to shortcuts.csv.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import pandas as pd
from tqdm import tqdm

import leaves
from helpers import open_dataset
from helpers.balance import associate, border_colours, file_facts, probe
from helpers.datasets import Dataset, apply_decisions, default_decisions, work_folder
from studies.provenance import code_hash

TABLE = Path(__file__).with_suffix(".csv")
CODE = ["leaves/*.py", "helpers/balance/association.py", "helpers/balance/facts.py"]
CODE += ["helpers/balance/probing.py", "helpers/datasets/pixels.py"]
CODE += ["helpers/datasets/decoding.py", "helpers/datasets/course_decisions.py"]
# The rule was fixed on seed 0 and on controls 501 to 506, which are asked no more.
FIRST_CONTROL = 507
COLUMNS = ["seed", "planted", "probe", "recall", "chance", "p", "shortcut", "named", "code"]


def open_leaves(seed: int, planted: bool) -> Dataset:
    """Leaves of a seed, cleaned as in the course; without the shortcuts unless `planted`."""
    if planted:
        given = replace(open_dataset("leaves", seed=seed, progress=False), name="leaves")
    else:
        folder = work_folder() / "studies" / f"control-{seed}"
        folder.parent.mkdir(parents=True, exist_ok=True)
        images, faults = leaves.build(folder, seed=seed, test=60, shortcuts=False, progress=False)
        given = Dataset("leaves", folder / "images", images, faults, group="specimen")
    return apply_decisions(given, default_decisions(given)).development


def ask(dataset: Dataset, seed: int) -> list[list]:
    """A row for each probe, and one for the association of metadata with labels."""
    rows = []
    for name, features in (("border", border_colours), ("file facts", file_facts)):
        found = probe(dataset, features(dataset, progress=False), seed=seed)
        facts = round(found.recall, 4), round(found.chance, 4), f"{found.p:.2g}", found.shortcut
        rows.append([name, *facts, ", ".join(found.gives_away)])
    goes = associate(dataset, seed=seed)  # permutations give p no lower than 0.001 a column
    sure = goes[goes["p_corrected"] < 0.01]
    facts = round(goes["v"].max(), 4), float("nan"), f"{goes['p_corrected'].min():.2g}"
    return [*rows, ["metadata", *facts, len(sure) > 0, ", ".join(sure.index)]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--controls", type=int, default=20)
    options, code = parser.parse_args(), code_hash(__file__, *CODE)
    controls = range(FIRST_CONTROL, FIRST_CONTROL + options.controls)
    jobs = [(seed, True) for seed in options.seeds] + [(seed, False) for seed in controls]
    table = pd.read_csv(TABLE) if TABLE.exists() else pd.DataFrame(columns=COLUMNS)
    table = table[table["code"] == code].reset_index(drop=True)
    done = set(zip(table["seed"], table["planted"], strict=True))
    for job in tqdm([job for job in jobs if job not in done], "shortcuts"):
        for row in ask(open_leaves(*job), job[0]):
            table.loc[len(table)] = [*job, *row, code]
        table.to_csv(TABLE, index=False)
    print(table.groupby(["planted", "probe"])["shortcut"].agg(["sum", "count"]))


if __name__ == "__main__":
    main()
