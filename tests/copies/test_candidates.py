import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from helpers.copies import candidates
from helpers.copies.candidates import (
    UPRIGHT,
    VARIANTS,
    close_pairs,
    find_candidates,
    hash_variant,
    start_maps,
)


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


@pytest.mark.parametrize("block", [1, 1000, 1700])
def test_pairs_compared_in_several_steps_keep_their_numbers(block, monkeypatch):
    monkeypatch.setattr(candidates, "BLOCK", block)
    rng = np.random.default_rng(1)
    centres = rng.integers(0, 2**63, 12).astype(np.uint64)
    queries, stored = (clustered_hashes(count, centres, rng) for count in (30, 400))
    found = set(map(tuple, np.transpose(close_pairs(queries, stored, 8)).tolist()))
    assert found == by_brute_force(queries, stored, 8)


def test_blocks_cover_all_queries_and_compare_about_as_many_pairs_as_one_may(monkeypatch):
    monkeypatch.setattr(candidates, "BLOCK", 100)
    counts = np.random.default_rng(0).integers(0, 40, 300)
    blocks = candidates._blocks(counts)
    assert [n for block in blocks for n in range(block.start, block.stop)] == [*range(300)]
    assert max(counts[block].sum() for block in blocks) <= 100 + counts.max()
    assert candidates._blocks(counts[:0]) == []


def test_blocks_may_be_smaller_than_what_one_query_finds(monkeypatch):
    monkeypatch.setattr(candidates, "BLOCK", 7)
    same = np.zeros(50, np.uint64)
    assert close_pairs(same, same, 2).shape == (3, 2500)


def test_of_a_thousand_pairs_hardly_more_than_one_is_compared(monkeypatch):
    """In each of four runs of 16 bits a hash asks for its own run and the 16 beside it: 68 of
    65,536. (Counted, since a clock says something else on a busy machine.)"""
    compared, cut = [], candidates._blocks
    monkeypatch.setattr(
        candidates, "_blocks", lambda counts: compared.append(counts.sum()) or cut(counts)
    )
    rng = np.random.default_rng(0)
    queries, stored = (rng.integers(0, 2**64, 40_000, np.uint64, endpoint=False) for _ in "ab")
    close_pairs(queries, stored, 7)
    assert len(compared) == 68
    share = sum(compared) / (len(queries) * len(stored))
    assert share == pytest.approx(68 / 65_536, rel=0.01)


EDITS = [
    ("", 0, 1, 0), ("crop", 0, 0.95, 0), ("crop", 0, 0.88, -0.02), ("crop", 0, 0.88, 0),
    ("rotate", 3, 0.94, 0), ("rotate", -3, 0.94, 0),
]  # fmt: skip
TURNS = [("rotate", degrees, 1, 0) for degrees in (90, 180, 270)]
WANTED = [(*edit, flip) for edits in (EDITS, TURNS) for flip in (False, True) for edit in edits]


def test_small_crops_and_turns_are_looked_for_upright_and_mirrored_before_right_angles():
    assert UPRIGHT == 12
    named = [
        (name.replace("mirror and ", "").replace("mirror", ""), degrees, share, offset, flip)
        for name, flip, degrees, share, offset in VARIANTS
    ]
    assert named == WANTED
    assert [name.startswith("mirror") for name, *_ in VARIANTS] == [row[-1] for row in WANTED]


@pytest.mark.parametrize("number", range(len(WANTED)))
def test_a_variant_is_sampled_where_its_pixels_lie_in_the_picture(number):
    _, degrees, share, offset, flip = WANTED[number]
    picture = np.random.default_rng(number).uniform(0, 255, (16, 16))
    found = (picture.ravel() @ candidates._sampling(number)).reshape(16, 16)
    y, x = (np.mgrid[:16, :16] - 7.5) / 16
    cos, sin = np.cos(np.deg2rad(degrees)) * share, np.sin(np.deg2rad(degrees)) * share
    x = -x if flip else x
    at = np.stack([sin * x + cos * y + offset, cos * x - sin * y + offset]) * 16 + 7.5
    np.testing.assert_allclose(
        found, map_coordinates(picture, at, order=1, mode="nearest"), atol=1e-3
    )
    if share == 1:
        turned = np.rot90(picture, degrees // 90)
        np.testing.assert_allclose(found, turned[:, ::-1] if flip else turned, atol=1e-3)
    one, two = np.pad(start_maps(np.array([number]))[0], [(0, 0), (0, 1), (0, 0)])
    one[2, 2] = two[2, 2] = 1
    np.testing.assert_allclose(one[:2] @ [-7.5 / 16, 3.5 / 16, 1], [
        (at[1][11, 0] - 7.5) / 16, (at[0][11, 0] - 7.5) / 16], atol=1e-6)  # fmt: skip
    np.testing.assert_allclose(two @ one, np.eye(3), atol=1e-6)


@pytest.mark.parametrize("asked", [{}, {"progress": False}, {"progress": True}])
def test_a_bar_is_drawn_where_asked_once_two_seconds_have_passed(monkeypatch, asked):
    told = []
    monkeypatch.setattr(
        candidates, "tqdm", lambda rows, desc, total, **how: told.append((desc, total, how)) or rows
    )
    find_candidates(np.zeros((2, 16, 16), np.uint8), 4, **asked)
    shown = {"delay": 2, "disable": asked != {"progress": True}}
    assert told == [("search", candidates.UPRIGHT, shown)]


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
