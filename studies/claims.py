"""Measure every claim of every notebook on several seeds of the leaves.

    python -m studies.claims            # seeds 0 to 4, about twenty minutes on two cores

The notebooks are executed as they are, on leaves of another seed, and what they hand to `expect`
is written to claims.csv instead of being judged. A bound is fair when every seed keeps it with
room to spare; `tests/notebooks/test_claims.py` reads the table.
"""

import argparse
import csv
import hashlib
import json
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from tqdm import tqdm

from helpers.datasets import work_folder
from helpers.notebooks import STORED, sealed_environment

TABLE = Path(__file__).with_name("claims.csv")
COLUMNS = ["notebook", "claim", "above", "below", "seed", "value", "code"]

RECORD = """
import json
from dataclasses import replace

import helpers
import helpers.datasets

_open = helpers.datasets.open_dataset
helpers.open_dataset = lambda: replace(_open("leaves", seed={seed}, progress=False), name="leaves")


def _record(dataset, claim, value, above=None, below=None):
    line = json.dumps([claim, above, below, {seed}, None if value is None else float(value)])
    with open({file!r}, "a") as lines:
        lines.write(line + "\\n")


helpers.expect = _record
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


def code_hash() -> str:
    """First digits of the hash of all code in helpers, which made the values."""
    files = sorted((STORED.parent / "helpers").rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    seeds = parser.parse_args().seeds
    runs = [(path, seed) for seed in seeds for path in sorted(STORED.glob("*.ipynb"))]
    # Two at a time, a thread each, end sooner than one after another with two threads.
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(2) as pool:
        measured = list(tqdm(pool.map(measure, *zip(*runs, strict=True)), total=len(runs)))
    rows = [row for table in measured for row in table]
    rows.sort(key=lambda row: row[:2] + row[4:5])
    with TABLE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        code = code_hash()
        for *row, value in rows:
            writer.writerow([*row, value if value is None else f"{value:.4f}", code])


if __name__ == "__main__":
    main()
