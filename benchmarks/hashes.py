"""Pairs of near hashes: ours against faiss, on the thumbnails of a folder or on made-up ones.

    pip install faiss-cpu
    python benchmarks/hashes.py [FOLDER] [--count 110000] [--distance 10] [--variants 1]

faiss is no part of this project's requirements. One thread each: seconds of processor time for the
pairs within the distance of each variant (see `helpers.copies.candidates.VARIANTS`), how many were
found, and whether they are the same. `IndexBinaryMultiHash` looks runs of 16 bits up, as ours does,
with as many flipped bits as a quarter of the distance; `IndexBinaryFlat` compares all with all, for
one query in a hundred.
"""

import argparse
import time
from pathlib import Path

import faiss
import numpy as np

from helpers.copies.candidates import close_pairs, hash_variant


def make(count: int) -> np.ndarray:
    """Thumbnails of smooth pictures, of which each has a tenth of a few that others share."""
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 256, (count // 10 + 1, 5, 5))[rng.integers(0, count // 10 + 1, count)]
    corners = corners + rng.normal(0, 25, corners.shape)
    at = np.linspace(0, 3.999, 16)
    share = (at % 1)[:, None]
    weights = np.zeros((16, 5))
    np.put_along_axis(weights, at.astype(int)[:, None], 1 - share, axis=1)
    np.put_along_axis(weights, at.astype(int)[:, None] + 1, share, axis=1)
    return (weights @ corners @ weights.T).clip(0, 255).astype(np.uint8)


def read(folder: Path) -> np.ndarray:
    from helpers.audit import scan
    from helpers.datasets import open_dataset

    scanned = scan(open_dataset(folder, progress=False), progress=False)
    joined = b"".join(scanned["thumbnail"][scanned["readable"]])
    return np.frombuffer(joined, np.uint8).reshape(-1, 16, 16)


def timed(work):
    start = time.process_time()
    done = work()
    return done, time.process_time() - start


def as_bytes(hashes: np.ndarray) -> np.ndarray:
    return hashes.view(np.uint8).reshape(-1, 8)


def search(index, queries: np.ndarray, distance: int) -> np.ndarray:
    """Pairs (query, stored) of an index, sorted as ours are."""
    limits, _, stored = index.range_search(as_bytes(queries), distance + 1)
    query = np.repeat(np.arange(len(queries)), np.diff(limits.astype(int)))
    return np.unique(np.stack([query, stored]), axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--count", type=int, default=110_000)
    parser.add_argument("--distance", type=int, default=10)
    parser.add_argument("--variants", type=int, default=1)
    options = parser.parse_args()
    faiss.omp_set_num_threads(1)
    thumbnails = read(options.folder) if options.folder else make(options.count)
    plain = hash_variant(thumbnails, 0)
    index = faiss.IndexBinaryMultiHash(64, 4, 16)
    index.nflip = options.distance // 4
    _, seconds = timed(lambda: index.add(as_bytes(plain)))
    print(f"{len(plain):,} hashes; put into faiss's tables in {seconds:.2f} s", flush=True)
    flat = faiss.IndexBinaryFlat(64)
    flat.add(as_bytes(plain))
    for number in range(1, 1 + options.variants):
        queries, hashing = timed(lambda n=number: hash_variant(thumbnails, n))
        ours, took = timed(lambda q=queries: close_pairs(q, plain, options.distance))
        theirs, looked = timed(lambda q=queries: search(index, q, options.distance))
        some = queries[::100].copy()
        _, compared = timed(lambda q=some: search(flat, q, options.distance))
        same = np.array_equal(ours[:2], theirs)
        print(f"variant {number}: hashed in {hashing:.2f} s, {ours.shape[1]:,} pairs in "
              f"{took:.2f} s; faiss {looked:.2f} s, {'the same' if same else 'others'}; all with "
              f"all {100 * compared:.0f} s by a hundredth", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
