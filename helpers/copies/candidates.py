"""Pairs of pictures whose hashes nearly agree, mirrored, turned a little or cropped, in less than
quadratic time."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import combinations

import numpy as np
from tqdm.auto import tqdm

from helpers.audit.hashes import low_frequencies

SIDE = 16
BLOCK = 50_000
"""Pairs of hashes that are compared at a time: more do not stay in a processor's cache."""

CHUNKS = 4
WORTHWHILE = 16

# How a copy may differ from its original: (name, mirrored, degrees, share kept, offset).
VARIANTS = tuple(
    (" and ".join(filter(None, ("mirror" * flip, name))), flip, angle, share, offset)
    for flip in (False, True)
    for name, angle, share, offset in (
        ("", 0.0, 1.0, 0.0),
        ("crop", 0.0, 0.95, 0.0),
        ("crop", 0.0, 0.88, -0.02),
        ("crop", 0.0, 0.88, 0.0),
        ("rotate", 3.0, 0.94, 0.0),
        ("rotate", -3.0, 0.94, 0.0),
    )
)
UPRIGHT = len(VARIANTS)
_NUMBERS = 32
_HOW = 128 * _NUMBERS
VARIANTS += tuple(
    (" and ".join(filter(None, ("mirror" * flip, "rotate"))), flip, angle, 1.0, 0.0)
    for flip in (False, True)
    for angle in (90.0, 180.0, 270.0)
)
"""The first `UPRIGHT` keep the top up, more or less."""


def find_candidates(
    thumbnails: np.ndarray, distance: int, progress: bool = False, variants: int = UPRIGHT,
    threads: int = 1,
) -> np.ndarray:  # fmt: skip
    """Pairs of pictures within `distance` bits in the best of `VARIANTS`, either way round.

    Parameters
    ----------
    thumbnails : uint8 array, images × 16 × 16
    distance : int
        Differing bits of 64 at most.
    progress : bool
        Draw a bar once the search has taken two seconds.
    variants : int
        How many of `VARIANTS` to try.
    threads : int
        How many to try at a time; the result is the same.

    Returns
    -------
    int array, pairs × 4: first, second (first < second), distance, index into `VARIANTS`;
    sorted, one row a pair.
    """
    plain = hash_variant(thumbnails, 0)
    search = partial(_find_by_variant, thumbnails, plain, distance)
    with ThreadPoolExecutor(max(1, threads)) as pool:
        each = pool.map(search, range(variants))
        found = [*tqdm(each, "search", variants, delay=2, disable=not progress)]
    found = np.sort(np.concatenate(found))
    pair, how = np.divmod(found, _HOW)
    new = np.ones(len(pair), bool)
    new[1:] = pair[1:] != pair[:-1]
    pair, how = pair[new], how[new]
    return np.stack([*np.divmod(pair, max(1, len(thumbnails))), *np.divmod(how, _NUMBERS)], axis=1)


def _find_by_variant(thumbnails, plain, distance, number) -> np.ndarray:
    """Close pairs, each as one number that sorts by first, second, distance and variant, which
    takes a quarter of the memory that four would."""
    hashes = plain if number == 0 else hash_variant(thumbnails, number)
    first, second, bits = close_pairs(hashes, plain, distance)
    kept = first < second if number == 0 else first != second
    first, second, bits = first[kept], second[kept], bits[kept]
    pair = np.minimum(first, second) * len(thumbnails) + np.maximum(first, second)
    return pair * _HOW + bits * _NUMBERS + number


def hash_variant(thumbnails: np.ndarray, number: int) -> np.ndarray:
    """Perceptual hashes (uint64) of thumbnails as `VARIANTS[number]` would change them."""
    hashes = []
    for at in range(0, len(thumbnails), 8192):
        block = thumbnails[at : at + 8192].reshape(-1, SIDE * SIDE).astype(np.float32)
        moved = (block @ _sampling(number)).reshape(-1, SIDE, SIDE)
        low = low_frequencies(moved).reshape(len(block), -1)
        # All 64 sorted take numpy a thirtieth of the time of their median.
        middle = np.sort(low, axis=1)[:, low.shape[1] // 2 - 1 : low.shape[1] // 2 + 1]
        bits = low > middle.mean(axis=1, keepdims=True)
        hashes.append(np.packbits(bits, axis=1).view(">u8").ravel().astype(np.uint64))
    return np.concatenate(hashes) if hashes else np.empty(0, np.uint64)


def close_pairs(queries: np.ndarray, stored: np.ndarray, distance: int):
    """All pairs (query, stored) that differ in at most `distance` of 64 bits, and in how many.

    Multi-index hashing (Norouzi, Punjani & Fleet 2012): of four runs of 16 bits, one must agree
    up to a quarter of the distance, so only the few stored hashes that do are compared.
    """
    allowed = [(distance - run) // CHUNKS for run in range(CHUNKS)]
    probes = sum(len(_flips(flips)) for flips in allowed if flips >= 0)
    if probes * WORTHWHILE > len(stored):
        return _compare_all(queries, stored, distance)
    found = [np.empty(0, np.int64)]
    for run, flips in enumerate(allowed):
        if flips < 0:
            continue
        # Sorted by the run, neighbours ask for the same stored hashes, or for neighbouring ones.
        keys, order = _sort_by_run(stored, run)
        wanted, asking = _sort_by_run(queries, run)
        starts = np.searchsorted(keys, np.arange(65537))
        ordered = queries[asking], stored[order]
        for flip in _flips(flips):
            probe = (wanted ^ flip).astype(np.int64)
            begin, counts = starts[probe], starts[probe + 1] - starts[probe]
            for block in _blocks(counts):
                query, other, bits = _expand(*ordered, begin, counts, block, distance)
                found.append((asking[query] * len(stored) + order[other]) * 128 + bits)
    pair, bits = np.divmod(np.unique(np.concatenate(found)), 128)
    return np.stack([*np.divmod(pair, max(1, len(stored))), bits])


def _sort_by_run(hashes, run):
    keys = (hashes >> np.uint64(16 * run)).astype(np.uint16)
    order = np.argsort(keys, kind="stable")
    return keys[order], order


def _expand(queries, stored, begin, counts, block, distance):
    asking = np.flatnonzero(counts[block] > 0) + block.start
    counts = counts[asking]
    ends = np.cumsum(counts)
    # Which query each pair belongs to: numpy counts up to a number faster than it repeats one.
    query = np.zeros(ends[-1] if len(ends) else 0, np.int64)
    query[ends[:-1]] = 1
    np.cumsum(query, out=query)
    other = np.arange(len(query))
    other += (begin[asking] - (ends - counts)).take(query)
    apart = queries[asking].take(query)
    apart ^= stored.take(other)
    bits = np.bitwise_count(apart)
    near = np.flatnonzero(bits <= distance)
    return asking[query[near]], other[near], bits[near].astype(np.int64)


def _blocks(counts: np.ndarray):
    """Cut queries so that each block compares about `BLOCK` pairs."""
    ends = np.cumsum(counts)
    cuts = np.searchsorted(ends, np.arange(0, ends[-1] + BLOCK, BLOCK)) if len(ends) else []
    edges = np.unique(np.r_[0, cuts, len(counts)])
    return [slice(a, b) for a, b in zip(edges[:-1], edges[1:], strict=True)]


def _compare_all(queries, stored, distance):
    found, step = [np.empty((3, 0), np.int64)], max(1, BLOCK // max(1, len(stored)))
    for at in range(0, len(queries), step):
        bits = np.bitwise_count(queries[at : at + step, None] ^ stored[None])
        query, other = np.nonzero(bits <= distance)
        found.append(np.stack([query + at, other, bits[query, other].astype(np.int64)]))
    return np.concatenate(found, axis=1)


@cache
def _flips(count: int) -> np.ndarray:
    """All 16-bit numbers with at most `count` bits set."""
    chosen = (c for k in range(count + 1) for c in combinations(range(16), k))
    return np.array([sum(1 << bit for bit in bits) for bits in chosen], np.uint16)


def start_maps(numbers: np.ndarray) -> np.ndarray:
    """Maps to refine for pairs found by variants `numbers`: pairs × 2 × 2 × 3, either way round."""
    both = []
    for number in range(len(VARIANTS)):
        full = np.vstack([_map(number), [0, 0, 1]])
        both.append(np.stack([full[:2], np.linalg.inv(full)[:2]]))
    return np.stack(both).astype(np.float32)[numbers]


def _map(number: int) -> np.ndarray:
    """Places (x, y, 1) in a variant to places in the picture it is made from; both -0.5 to 0.5."""
    _, flip, degrees, share, offset = VARIANTS[number]
    cos, sin = np.cos(np.deg2rad(degrees)) * share, np.sin(np.deg2rad(degrees)) * share
    mirrored = -1 if flip else 1
    return np.array([[cos * mirrored, -sin, offset], [sin * mirrored, cos, offset]])


@cache
def _sampling(number: int) -> np.ndarray:
    """Matrix that resamples a flattened thumbnail as one of the `VARIANTS` (bilinear)."""
    y, x = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE - 0.5
    x, y = _map(number) @ np.stack([x.ravel(), y.ravel(), np.ones(SIDE**2)])
    places = np.clip((np.stack([y, x]) + 0.5) * SIDE - 0.5, 0, SIDE - 1)
    base = np.minimum(places.astype(int), SIDE - 2)
    part = places - base
    matrix = np.zeros((SIDE * SIDE, SIDE * SIDE), np.float32)
    for dy in (0, 1):
        for dx in (0, 1):
            weight = np.abs(1 - dy - part[0]) * np.abs(1 - dx - part[1])
            source = (base[0] + dy) * SIDE + base[1] + dx
            np.add.at(matrix, (source, np.arange(SIDE * SIDE)), weight)
    return matrix
