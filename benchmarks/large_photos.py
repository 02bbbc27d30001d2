"""A page of 96 large photos in the browser of images: python benchmarks/large_photos.py [--runs 3]

Photos of 4,000 × 3,000 pixels, as a telephone writes them, shown for the first time, with nothing
kept on disk, and then again by a new widget, from the small copies. Seconds on the clock and of the
processor, all threads, in processes of their own.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

SHOW = """
import sys, time
from helpers import open_dataset
from helpers.widgets import browse
browse(open_dataset(sys.argv[1], progress=False))  # what is imported is not counted
dataset = open_dataset(sys.argv[2], progress=False)
before = time.perf_counter(), time.process_time()
browse(dataset).per_page.value = 96
print(time.perf_counter() - before[0], time.process_time() - before[1])
"""


def fill(folder: Path, count: int, side: int) -> None:
    """Photos of rough texture, of about 1.6 MB each."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    for number in range(count):
        coarse = rng.integers(0, 255, (60, 80, 3), dtype=np.uint8)
        image = np.asarray(Image.fromarray(coarse).resize((4 * side, 3 * side)), np.int16)
        image = image + rng.integers(-9, 10, (3 * side, 4 * side, 1))
        place = folder / "ab"[number % 2] / f"{number:03d}.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(place, quality=80)


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        small, large = Path(scratch) / "small", Path(scratch) / "large"
        fill(small, 24, 100)
        fill(large, 96, 1000)
        megabytes = sum(path.stat().st_size for path in large.glob("*/*")) / 96e6
        print(f"{megabytes:.1f} MB a photo\n\n| shown | clock | processor |\n|---|---|---|")
        for run in range(runs):
            work = {"WORKBOOK_WORK": f"{scratch}/work{run}"}
            for told in ("for the first time", "again"):
                command = [sys.executable, "-c", SHOW, str(small), str(large)]
                made = subprocess.run(
                    command, env=os.environ | work, capture_output=True, check=True
                )
                clock, processor = map(float, made.stdout.split()[-2:])
                print(f"| {told} | {clock:.2f} s | {processor:.2f} s |", flush=True)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--runs", type=int, default=3)
    main(asked.parse_args().runs)
