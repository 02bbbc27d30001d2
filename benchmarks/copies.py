"""The search for copies before and after a change, on the same large photos, in turn.

    python benchmarks/copies.py FOLDER --other CHECKOUT [--count 1124] [--side 1024] [--repeats 2]

FOLDER holds photos, which are enlarged to `--side` pixels and saved in a scratch folder; CHECKOUT
is another checkout of this project, such as a git worktree of an older commit. Each search starts
from the same scan and the same embeddings in a fresh process of one core; printed are its seconds
of processor time, and those of a second search after one image was dropped.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

PROGRAM = """
import os, sys, time
import pandas as pd
from helpers.audit import find_duplicates
from helpers.datasets import open_dataset

dataset, tables = open_dataset(sys.argv[1], progress=False), sys.argv[2]
scanned = pd.read_parquet(tables + "/scan.parquet")
features = pd.read_parquet(tables + "/features.parquet") if sys.argv[3] == "embedding" else None
for fewer in (0, 1):
    some = dataset.with_images(dataset.images.iloc[fewer:])
    start = time.process_time()
    pairs = find_duplicates(some, scanned, features=features, workers=0, progress=False)
    print(time.process_time() - start, len(pairs))
"""
PREPARE = """
import sys
from helpers.audit import scan
from helpers.datasets import open_dataset
from helpers.training import embed

dataset = open_dataset(sys.argv[1], progress=False)
scan(dataset, progress=False).to_parquet(sys.argv[2] + "/scan.parquet")
embed(dataset, progress=False).to_parquet(sys.argv[2] + "/features.parquet")
"""


def enlarge(source: Path, folder: Path, count: int, side: int) -> None:
    for path in sorted(source.rglob("*.jpg"))[:count]:
        target = folder / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as image:
            scale = side / max(image.size)
            size = round(image.width * scale), round(image.height * scale)
            made = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
        made.save(target, quality=90)


def run(checkout: Path, program: str, *arguments: str) -> str:
    with tempfile.TemporaryDirectory() as work:
        environment = os.environ | {"WORKBOOK_WORK": work, "PYTHONPATH": str(checkout)}
        command = [sys.executable, "-c", program, *arguments]
        return subprocess.check_output(command, cwd=checkout, env=environment, text=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--other", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1124)
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    here = Path(__file__).resolve().parents[1]
    with tempfile.TemporaryDirectory() as scratch:
        photos = Path(scratch) / "photos"
        enlarge(options.folder, photos, options.count, options.side)
        run(here, PREPARE, str(photos), scratch)
        for how in ("hash", "embedding"):
            for _ in range(options.repeats):  # in turn, so that a busy spell hits both alike
                for name, checkout in (("before", options.other), ("after", here)):
                    lines = run(checkout, PROGRAM, str(photos), scratch, how).split("\n")
                    (first, pairs), (again, _) = (line.split() for line in lines[:2])
                    print(f"{how:10} {name:7} {float(first):6.1f} s, without one image "
                          f"{float(again):6.1f} s, {pairs} pairs", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
