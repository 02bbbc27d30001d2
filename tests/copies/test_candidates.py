import time

import numpy as np
import pytest

from helpers.copies import candidates
from helpers.copies.candidates import VARIANTS, close_pairs, find_candidates, hash_variant


def by_brute_force(queries, stored, distance):
    found = set()
    for i, query in enumerate(queries.tolist()):
        for j, other in enumerate(stored.tolist()):
            bits = (query ^ other).bit_count()
            if bits <= distance:
                found.add((i, j, bits))
    return found


def clustered_hashes(count, centres, rng):
    """Hashes around few centres, so that every distance occurs."""
    noise = np.zeros(count, np.uint64)
    for _ in range(8):
        flip = np.uint64(1) << rng.integers(0, 64, count).astype(np.uint64)
        noise ^= np.where(rng.random(count) < 0.5, flip, np.uint64(0))
    return centres[rng.integers(0, 12, count)] ^ noise


@pytest.mark.parametrize(
    ("distance", "indexed"),
    [(d, True) for d in (0, 1, 3, 4, 7, 8, 10, 11)] + [(d, False) for d in (0, 3, 8, 16, 24)],
)
def test_close_pairs_are_those_of_a_brute_force_loop(distance, indexed, monkeypatch):
    rng = np.random.default_rng(distance)
    centres = rng.integers(0, 2**63, 12).astype(np.uint64)
    queries = clustered_hashes(150, centres, rng)
    stored = clustered_hashes(400, centres, rng)
    if indexed:  # as it is for large datasets
        monkeypatch.setattr(candidates, "_compare_all", None)
        monkeypatch.setattr(candidates, "WORTHWHILE", 0)
    found = set(map(tuple, np.transpose(close_pairs(queries, stored, distance)).tolist()))
    assert found == by_brute_force(queries, stored, distance)
    assert distance < 8 or len(found) > 100


def test_blocks_may_be_smaller_than_what_one_query_finds(monkeypatch):
    monkeypatch.setattr(candidates, "BLOCK", 7)
    same = np.zeros(50, np.uint64)
    assert close_pairs(same, same, 2).shape == (3, 2500)


def test_searching_twice_as_many_takes_far_less_than_four_times_as_long():
    rng = np.random.default_rng(0)
    seconds = {40_000: [], 160_000: []}
    for _ in range(3):  # the quickest of each counts, since the machine may be busy otherwise
        for count, found in seconds.items():
            hashes = rng.integers(0, 2**63, count).astype(np.uint64)
            start = time.process_time()
            close_pairs(hashes, hashes, 7)
            found.append(time.process_time() - start)
    few, many = map(min, seconds.values())
    assert many < 10 * few  # sixteen times, were it quadratic


@pytest.mark.parametrize("number", range(len(VARIANTS)))
def test_a_variant_of_a_picture_is_found_from_either_side(number):
    rng = np.random.default_rng(number)
    y, x = np.mgrid[:16, :16] / 16
    waves = rng.uniform(1, 6, (20, 4))
    pictures = [np.sin(a * x + b * y + c) + np.sin(d * x * y) for a, b, c, d in waves]
    pictures = (127 + 60 * np.array(pictures)).clip(0, 255)
    moved = (pictures[:1].reshape(1, -1) @ candidates._sampling(number)).reshape(1, 16, 16)
    both = np.concatenate([pictures, moved]).round().astype(np.uint8)
    found = find_candidates(both, 6, variants=len(VARIANTS))
    assert [0, 20] in found[:, :2].tolist()
    mirrored = "mirror" in VARIANTS[found[found[:, 1] == 20][0, 3]][0]
    assert mirrored == VARIANTS[number][1]


def test_each_pair_is_listed_once_smaller_index_first():
    rng = np.random.default_rng(0)
    pictures = np.repeat(rng.integers(0, 255, (5, 16, 16), np.uint8), 3, axis=0)
    found = find_candidates(pictures, 6)
    assert (found[:, 0] < found[:, 1]).all()
    assert len(found) == len(np.unique(found[:, :2], axis=0)) == 15


def test_nothing_is_found_among_no_pictures():
    assert find_candidates(np.empty((0, 16, 16), np.uint8), 8).shape == (0, 4)
    assert hash_variant(np.empty((0, 16, 16), np.uint8), 3).shape == (0,)


def test_the_search_finds_what_a_comparison_of_all_with_all_finds():
    rng = np.random.default_rng(7)
    waves = rng.uniform(1, 6, (250, 4))
    y, x = np.mgrid[:16, :16] / 16
    centres = np.array([np.sin(a * x + b * y + c) + np.sin(d * x * y) for a, b, c, d in waves])
    pictures = centres[rng.integers(0, 250, 3000)] + rng.normal(0, 0.06, (3000, 16, 16))
    thumbnails = (127 + 60 * pictures).clip(0, 255).astype(np.uint8)
    expected, plain = {}, hash_variant(thumbnails, 0)
    for number in range(len(VARIANTS)):
        bits = np.bitwise_count(hash_variant(thumbnails, number)[:, None] ^ plain[None])
        for first, second in np.argwhere(bits <= 8).tolist():
            if first != second:
                pair, how = tuple(sorted((first, second))), (bits[first, second], number)
                expected[pair] = min(how, expected.get(pair, how))
    rows = [(*pair, *how) for pair, how in sorted(expected.items())]
    assert len(rows) > 3000
    for threads in (1, 3):
        found = find_candidates(thumbnails, 8, variants=len(VARIANTS), threads=threads)
        assert found.tolist() == [[*map(int, row)] for row in rows]
