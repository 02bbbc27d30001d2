"""Open, scan and search a large folder of small files for duplicates: seconds and peak memory;
then the same without one image.

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
    dataset, opening = timed(lambda: open_dataset(folder, progress=False))
    scanned, scanning = timed(lambda: scan(dataset, workers=2, progress=False))
    print(f"{len(dataset):,} files: opened in {opening}, scanned in {scanning}, "
          f"peak {peak[0] / 2**20:.0f} MiB", flush=True)  # fmt: skip
    pairs, searching = timed(lambda: find_duplicates(dataset, scanned, progress=False))
    again = pairs["other_id"].str.contains("again") | pairs["image_id"].str.contains("again")
    print(f"searched for duplicates in {searching}, peak {peak[0] / 2**20:.0f} MiB: "
          f"{len(pairs):,} pairs, {again.sum():,} of the files saved twice",
          flush=True)  # fmt: skip
    fewer = dataset.with_images(dataset.images.iloc[1:])
    rescanned, scanning = timed(lambda: scan(fewer, workers=2, progress=False))
    _, searching = timed(lambda: find_duplicates(fewer, rescanned, progress=False))
    running[0] = False
    print(f"without one image: scanned in {scanning}, searched for duplicates in {searching}")


def timed(work):
    """What `work` returns, and in words the seconds that it took and those of all processors."""
    start, before = time.perf_counter(), sum(os.times()[:4])
    done = work()
    seconds, used = time.perf_counter() - start, sum(os.times()[:4]) - before
    return done, f"{seconds:.1f} s ({used:.1f} s of CPU)"


if __name__ == "__main__":
    main()
