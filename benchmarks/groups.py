"""Search 10,000 photos for groups: seconds of each stage and peak memory, from the files on.

    python benchmarks/groups.py PHOTOS [--count 10000]

The folder is filled up with turned and brightened copies of the photos in PHOTOS.
"""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from large import Peak, timed


def fill(source: Path, folder: Path, count: int) -> None:
    """The photos themselves, then each again, turned by some degrees, cut and lit otherwise."""
    import numpy as np
    from PIL import Image, ImageEnhance

    rng = np.random.default_rng(0)
    paths = sorted(source.rglob("*.jpg"))
    for number in range(count):
        path = paths[number % len(paths)]
        target = folder / path.parent.name / f"{rng.integers(16**12):012x}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        if number < len(paths):
            shutil.copyfile(path, target)  # a link out of the folder would not be opened
            continue
        image = Image.open(path).convert("RGB")
        image = image.rotate(rng.uniform(-15, 15), resample=2)
        cut = [round(side * rng.uniform(0.08, 0.15)) for side in image.size]
        image = image.crop((*cut, image.width - cut[0], image.height - cut[1]))
        ImageEnhance.Brightness(image).enhance(rng.uniform(0.7, 1.3)).save(target, quality=85)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "photos"
        os.environ["WORKBOOK_WORK"] = str(Path(scratch) / "work")
        fill(options.photos, folder, options.count)
        measure(folder)


def measure(folder: Path) -> None:
    from helpers.datasets import open_dataset
    from helpers.splits import suggest_groups, suggesting
    from helpers.training import embed

    peak, stages = Peak(), {}

    def measured(search, keys, task, work, size, name):
        found, took = timed(lambda: batches(search, keys, task, work, size, name))
        stages[name] = f"{len(keys):,} in {took}"
        return found

    batches, suggesting._Search._batches = suggesting._Search._batches, measured
    dataset = open_dataset(folder, progress=False)
    features, embedding = timed(lambda: embed(dataset, progress=False))
    found, searching = timed(lambda: suggest_groups(dataset, features, workers=2, progress=False))
    peak.stop()
    print(f"{len(dataset):,} photos: embedded in {embedding}, searched for groups in {searching}, "
          f"{peak.words}: {len(found):,} pairs")  # fmt: skip
    print(*(f"  {name}: {took}" for name, took in stages.items()), sep="\n")


if __name__ == "__main__":
    main()
