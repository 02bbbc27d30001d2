"""Open, scan and search a large folder of small files for duplicates: seconds and peak memory.

    python benchmarks/large.py [--count 110000] [--folder FOLDER]

The folder is filled on first use with small leaves, one in a hundred of them saved twice.
"""

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path

from scan import peak_memory


def fill(folder: Path, count: int) -> None:
    """Small JPEG files: crops of a few hundred rendered leaves, noisy, so that no two are alike."""
    import numpy as np
    from PIL import Image

    import leaves

    leaves.generate(folder / "source", 400, seed=0, size=128, workers=2)
    source = [Image.open(path).convert("RGB") for path in sorted(folder.glob("source/*/*.jpg"))]
    rng = np.random.default_rng(0)
    for number in range(count):
        image = source[int(rng.integers(len(source)))]
        left, top = rng.integers(0, image.width - 48), rng.integers(0, image.height - 48)
        image = image.crop((left, top, left + 48, top + 48)).rotate(int(rng.integers(0, 4)) * 90)
        noisy = np.asarray(image) * rng.uniform(0.6, 1.1) + rng.normal(0, 4, (48, 48, 3))
        place = folder / "images" / f"{number % 20:02d}"
        place.mkdir(parents=True, exist_ok=True)
        made = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
        made.save(place / f"{number:06d}.jpg", quality=80)
        if number % 100 == 0:
            made.save(place / f"{number:06d} again.jpg", quality=70)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=110_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        os.environ["WORKBOOK_WORK"] = str(Path(scratch) / "work")
        if not (folder / "images").exists():
            fill(folder, options.count)
        measure(folder / "images")


def measure(folder: Path) -> None:
    from helpers.audit import find_duplicates, scan
    from helpers.datasets import open_dataset

    peak, running = [0], [True]

    def watch() -> None:
        while running[0]:
            peak[0] = max(peak[0], peak_memory(os.getpid()))
            time.sleep(0.5)

    threading.Thread(target=watch, daemon=True).start()
    start = time.perf_counter()
    dataset = open_dataset(folder, progress=False)
    opened = time.perf_counter()
    scanned = scan(dataset, workers=2, progress=False)
    done = time.perf_counter()
    print(f"{len(dataset):,} files: opened in {opened - start:.1f} s, scanned in "
          f"{done - opened:.1f} s, peak {peak[0] / 2**20:.0f} MiB", flush=True)  # fmt: skip
    pairs = find_duplicates(dataset, scanned, progress=False)
    seconds = time.perf_counter() - done
    running[0] = False
    again = pairs["other_id"].str.contains("again") | pairs["image_id"].str.contains("again")
    print(f"searched for duplicates in {seconds:.1f} s, peak {peak[0] / 2**20:.0f} MiB: "
          f"{len(pairs):,} pairs, {again.sum():,} of the files saved twice")  # fmt: skip


if __name__ == "__main__":
    main()
