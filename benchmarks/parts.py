"""The search for cut and turned copies by embedding, without opening a picture: seconds and peak
memory of the process, on random features and thumbnails, none of which resembles another.

    python benchmarks/parts.py [--count 10000] [--columns 344]
"""

import argparse
import time

import numpy as np
from large import Peak

from helpers.copies.neighbours import find_parts

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--columns", type=int, default=344)
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    features = rng.normal(size=(asked.count, asked.columns))
    thumbnails = rng.integers(0, 255, (asked.count, 16, 16), np.uint8)
    sizes = np.stack([np.full(asked.count, 300.0), rng.choice([200.0, 225, 300], asked.count)], 1)
    peak, start = Peak(), time.perf_counter()
    pairs, _ = find_parts(features, thumbnails, sizes, progress=True)
    peak.stop()
    seconds = time.perf_counter() - start
    print(f"{asked.count:,} images: {len(pairs):,} pairs, {seconds:.1f} s, {peak.words}")
