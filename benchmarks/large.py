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
from contextlib import contextmanager
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


@contextmanager
def filled(about: str, count: int, **more: str):
    """The folder of images, an empty one for results, and the options of the command line, of which
    `more` has names and defaults."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--count", type=int, default=count)
    parser.add_argument("--folder", type=Path)
    for name, default in more.items():
        parser.add_argument(f"--{name}", default=default)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        os.environ["WORKBOOK_WORK"] = str(Path(scratch) / "work")
        if not (folder / "images").exists():
            fill(folder, options.count)
        yield folder / "images", Path(scratch), options


class Peak:
    """The most bytes that this process and those that it started held, by `step`."""

    def __init__(self) -> None:
        self.step, self.held, self._running = "opening", {}, True
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while self._running:
            held = peak_memory(os.getpid())
            self.held[self.step] = max(self.held.get(self.step, 0), held)
            time.sleep(0.5)

    def stop(self) -> None:
        self._running = False

    @property
    def words(self) -> str:
        """The peak until now."""
        return f"peak {max(self.held.values()) / 2**20:.0f} MiB"


def measure(folder: Path) -> None:
    from helpers.audit import find_duplicates, scan
    from helpers.datasets import open_dataset

    peak = Peak()
    dataset, opening = timed(lambda: open_dataset(folder, progress=False))
    scanned, scanning = timed(lambda: scan(dataset, workers=2, progress=False))
    print(f"{len(dataset):,} files: opened in {opening}, scanned in {scanning}, "
          f"{peak.words}", flush=True)  # fmt: skip
    pairs, searching = timed(lambda: find_duplicates(dataset, scanned, progress=False))
    again = pairs["other_id"].str.contains("again") | pairs["image_id"].str.contains("again")
    print(f"searched for duplicates in {searching}, {peak.words}: "
          f"{len(pairs):,} pairs, {again.sum():,} of the files saved twice",
          flush=True)  # fmt: skip
    fewer = dataset.with_images(dataset.images.iloc[1:])
    rescanned, scanning = timed(lambda: scan(fewer, workers=2, progress=False))
    _, searching = timed(lambda: find_duplicates(fewer, rescanned, progress=False))
    peak.stop()
    print(f"without one image: scanned in {scanning}, searched for duplicates in {searching}")


def timed(work):
    """What `work` returns, and in words the seconds that it took and those of all processors."""
    start, before = time.perf_counter(), sum(os.times()[:4])
    done = work()
    seconds, used = time.perf_counter() - start, sum(os.times()[:4]) - before
    return done, f"{seconds:.1f} s ({used:.1f} s of CPU)"


if __name__ == "__main__":
    with filled(__doc__, 110_000) as (images, _, _):
        measure(images)
