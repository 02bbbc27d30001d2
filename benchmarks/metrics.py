"""Metrics with their intervals of a million predictions over 100 classes, 1,000 bootstrap draws.

    python benchmarks/metrics.py [--images 1000000] [--classes 100] [--photos 1 5]

Drawn by photo, and by things of five photos each; seconds and peak memory of this process, the
table itself, which takes most of it, included.
"""

import argparse
import resource
import time

import numpy as np
import pandas as pd

from helpers.evaluation import bootstrap_metrics, score_classes


def thrown(images: int, classes: int) -> pd.DataFrame:
    """Predictions of which two thirds are right, with probabilities in 32 bits."""
    rng = np.random.default_rng(0)
    labels = rng.integers(classes, size=images)
    answers = np.where(rng.random(images) < 2 / 3, labels, rng.integers(classes, size=images))
    names = pd.array([f"class {number:03d}" for number in range(classes)], dtype="str")
    facts = {"label": names.take(labels), "prediction": names.take(answers)}
    index = pd.RangeIndex(images).astype("str").rename("image_id")
    table = pd.DataFrame(facts, index).assign(confidence=np.float32(1), loss=np.float32(0))
    values = np.full((images, classes), 1 / classes, np.float32)
    return pd.concat([table, pd.DataFrame(values, index, names)], axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, default=100)
    parser.add_argument("--photos", type=int, nargs="+", default=[1, 5])
    options = parser.parse_args()
    table = thrown(options.images, options.classes)
    for photos in options.photos:
        groups = None if photos == 1 else np.arange(options.images) // photos
        started = time.perf_counter(), time.process_time()
        found = bootstrap_metrics(table, groups)
        middle = time.perf_counter(), time.process_time()
        each = score_classes(table, groups)
        ended = time.perf_counter(), time.process_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        row, seconds = found.loc["macro F1"], np.diff([started, middle, ended], axis=0)
        print(
            f"{photos} photos a thing: averages {seconds[0, 0]:.1f} s ({seconds[0, 1]:.1f} of the "
            f"processor), {len(each)} classes {seconds[1, 0]:.1f} s ({seconds[1, 1]:.1f}), peak "
            f"{peak:.2f} GiB; macro F1 {row['value']:.4f} ({row['low']:.4f} to {row['high']:.4f})"
        )


if __name__ == "__main__":
    main()
