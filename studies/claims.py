"""Measure every claim of every notebook on several seeds of the leaves.

    python -m studies.claims            # seeds 0 to 4, about ten minutes on two cores
    python -m studies.claims --notebooks 07

The notebooks are executed as they are, on leaves of another seed, and what they hand to `expect`
and `claims.check` is written to claims.csv instead of being judged. A bound is fair when every seed
keeps it with room to spare; `tests/notebooks/test_claims.py` reads the table.
"""

import argparse
import csv
import json
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from tqdm import tqdm

from helpers.course.notebooks import STORED, sealed_environment
from helpers.datasets import work_folder
from studies.provenance import code_hash

TABLE = Path(__file__).with_name("claims.csv")
COLUMNS = ["notebook", "claim", "above", "below", "seed", "value", "code"]

RECORD = """
import json
from dataclasses import replace

import helpers
import helpers.datasets
from helpers.course import expectations

_open = helpers.datasets.open_dataset
helpers.open_dataset = lambda: replace(_open("leaves", seed={seed}, progress=False), name="leaves")


def _record(claim, known=""):
    value = None if claim.value is None else float(claim.value)
    with open({file!r}, "a") as lines:
        lines.write(json.dumps([claim.text, claim.low, claim.high, {seed}, value]) + "\\n")


expectations.judge = _record
"""


def measure(path: Path, seed: int) -> list[list]:
    """The rows of one notebook on one seed, in the order of its cells."""
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as lines:
        notebook = nbformat.read(path, as_version=4)
        first = nbformat.v4.new_code_cell(RECORD.format(seed=seed, file=lines.name))
        notebook.cells.insert(0, first)
        environment = sealed_environment(work_folder())
        client = NotebookClient(notebook, timeout=600, kernel_name="python3")
        client.execute(env=environment, cwd=str(path.parent))
        return [[path.stem, *json.loads(line)] for line in lines]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--notebooks", nargs="+", default=[""], help="their numbers; others stay")
    options = parser.parse_args()
    paths = [p for p in sorted(STORED.glob("*.ipynb")) if p.name.startswith((*options.notebooks,))]
    runs = [(path, seed) for seed in options.seeds for path in paths]
    # Two at a time, a thread each, end sooner than one after another with two threads.
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(2) as pool:
        measured = list(tqdm(pool.map(measure, *zip(*runs, strict=True)), total=len(runs)))
    code, again = (
        code_hash(__file__, "helpers/**/*.py", "leaves/*.py"),
        {path.stem for path in paths},
    )
    rows = [
        [name, claim, *("" if one is None else f"{one:g}" for one in (above, below)), str(seed),
         "" if value is None else f"{value:.4f}", code]
        for table in measured for name, claim, above, below, seed, value in table
    ]  # fmt: skip
    with TABLE.open(newline="") as file:
        rows += [row for row in [*csv.reader(file)][1:] if row[0] not in again]
    rows.sort(key=lambda row: (row[0], row[1], int(row[4])))
    with TABLE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([COLUMNS, *rows])


if __name__ == "__main__":
    main()
