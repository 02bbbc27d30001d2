"""The search for copies in this checkout and in others, on the same pictures, in turn.

    python benchmarks/copies.py FOLDER --other CHECKOUT … [--sets small frames photos given]

CHECKOUT is another checkout of this project, such as a git worktree of an older commit. Searched
are `given`: FOLDER as it is; `small`: the bundled leaves; `frames`: frames of one camera, taken 20
seconds apart; `photos`: the photos in FOLDER, enlarged to `--side` pixels, by their hashes and by
embeddings too. Each search starts from the same scan in a fresh process of one core; printed are
its seconds of processor time, and those of a second search after one image was dropped.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

SECONDS = 20
_EXIF_POINTER, _EXIF_TAKEN = 34665, 36867

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
if sys.argv[3] == "embedding":
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


def film(folder: Path, count: int) -> None:
    """Frames of a fixed camera before which a small animal moves, with the times of EXIF."""
    from studies.lookalikes import camera_frames

    folder.mkdir(parents=True)
    for number, frame in enumerate(camera_frames(np.random.default_rng(0), count)):
        minutes, seconds = divmod(SECONDS * number, 60)
        exif = Image.Exif()
        exif.get_ifd(_EXIF_POINTER)[_EXIF_TAKEN] = f"2024:05:01 12:{minutes:02d}:{seconds:02d}"
        frame.save(folder / f"{number:03d}.jpg", quality=90, exif=exif)


def make(name: str, options: argparse.Namespace, folder: Path) -> Path:
    """The folder that holds the pictures of a set."""
    import leaves

    if name == "given":
        return options.folder.resolve()
    if name == "photos":
        enlarge(options.folder, folder, options.count, options.side)
    elif name == "frames":
        film(folder, options.frames)
    else:
        leaves.build(folder, seed=0, test=60, progress=False)
        return folder / "images"
    return folder


def run(checkout: Path, program: str, *arguments: str) -> str:
    with tempfile.TemporaryDirectory() as work:
        environment = os.environ | {"WORKBOOK_WORK": work, "PYTHONPATH": str(checkout)}
        command = [sys.executable, "-W", "ignore", "-c", program, *arguments]
        return subprocess.check_output(command, cwd=checkout, env=environment, text=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--other", type=Path, nargs="+", required=True)
    parser.add_argument("--sets", nargs="+", default=["small", "frames", "photos"])
    parser.add_argument("--count", type=int, default=1124)
    parser.add_argument("--frames", type=int, default=151)
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    here = Path(__file__).resolve().parents[1]
    sys.path.insert(0, str(here))
    checkouts = [*(path.resolve() for path in options.other), here]
    for name in options.sets:
        with tempfile.TemporaryDirectory() as scratch:
            folder = make(name, options, Path(scratch) / "pictures" / name)
            ways = ("hash", "embedding") if name == "photos" else ("hash",)
            run(here, PREPARE, str(folder), scratch, ways[-1])
            for how in ways:
                for _ in range(options.repeats):  # in turn, so that a busy spell hits all alike
                    for checkout in checkouts:
                        report(name, how, checkout, folder, scratch)


def report(name: str, how: str, checkout: Path, folder: Path, tables: str) -> None:
    lines = run(checkout, PROGRAM, str(folder), tables, how).split("\n")
    (first, pairs), (again, _) = (line.split() for line in lines[:2])
    print(f"{name:7} by {how:10} {checkout.name:12} {float(first):6.2f} s, without one image "
          f"{float(again):6.2f} s, {pairs} pairs", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
