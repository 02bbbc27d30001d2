"""Matches and the movement that most of them fit, against loops that say the same in words."""

import numpy as np
import pytest

from helpers.splits.keypoints import LEAST, _plausible, agree, count_places, match


def agree_by_loops(first, second, pairs):
    """Numbers of the pairs that fit one movement, and the map, or None."""
    here, there = first[pairs[:, 0]], second[pairs[:, 1]]
    growth, turn = there[:, 2] / here[:, 2], there[:, 3] - here[:, 3]

    def apart(one, other):
        return abs((turn[one] - turn[other] + np.pi) % (2 * np.pi) - np.pi)

    def fit(one):
        cos, sin = growth[one] * np.cos(turn[one]), growth[one] * np.sin(turn[one])
        kept = []
        for other in range(len(pairs)):
            x, y = here[other, :2] - here[one, :2]
            meant = there[one, :2] + (cos * x - sin * y, sin * x + cos * y)
            near = np.hypot(*(meant - there[other, :2])) < 12 * max(1, growth[one])
            alike = abs(np.log(growth[one] / growth[other])) < np.log(1.6)
            kept.append(near and alike and apart(one, other) < np.deg2rad(30))
        return np.array(kept)

    fits = [fit(one) for one in range(len(pairs))]
    winner = max(range(len(pairs)), key=lambda one: fits[one].sum())
    inside = fits[winner]
    for _ in range(4):
        if len({(round(x / 4), round(y / 4)) for x, y in here[inside, :2]}) < LEAST:
            return None
        flat = np.column_stack([here[:, :2], np.ones(len(here))])
        matrix = np.linalg.lstsq(flat[inside], there[inside, :2], rcond=None)[0].T
        left = np.hypot(*(flat @ matrix.T - there[:, :2]).T)
        near_turn = np.array([apart(winner, other) < np.deg2rad(60) for other in range(len(pairs))])
        inside = (left < 6) & near_turn
    if len({(round(x / 4), round(y / 4)) for x, y in here[inside, :2]}) < LEAST:
        return None
    return (inside, matrix) if _plausible(matrix[:, :2]) else None


@pytest.mark.parametrize("share", [0.25, 0.6])
@pytest.mark.parametrize("jitter", [4.0, 9.0])
def test_the_movement_is_that_which_loops_over_all_matches_find(share, jitter):
    """Of 24 matches a share follows one movement, moved about so that each limit parts some."""
    found_some = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        first = np.column_stack([rng.uniform(-150, 150, (24, 2)), rng.uniform(4, 20, 24),
                                 rng.uniform(0, 2 * np.pi, 24)])  # fmt: skip
        angle, scale = rng.uniform(0, 6), rng.uniform(0.5, 2)
        cos, sin = scale * np.cos(angle), scale * np.sin(angle)
        second = np.column_stack([
            first[:, :2] @ np.array([[cos, sin], [-sin, cos]]) + rng.normal(0, jitter, (24, 2)),
            first[:, 2] * scale * np.exp(rng.normal(0, 0.25, 24)),
            first[:, 3] + angle + rng.normal(0, 0.3, 24),
        ])  # fmt: skip
        strange = rng.permutation(24)[round(24 * share) :]
        second[strange, :2] = rng.uniform(-150, 150, (len(strange), 2))
        pairs = np.stack([rng.permutation(24), np.arange(24)], axis=1)
        first = first[np.argsort(pairs[:, 0])]
        found, expected = agree(first, second, pairs), agree_by_loops(first, second, pairs)
        assert (found is None) == (expected is None)
        if found is not None:
            assert found.first.tolist() == pairs[expected[0], 0].tolist()
            assert found.second.tolist() == pairs[expected[0], 1].tolist()
            np.testing.assert_allclose(found.matrix, expected[1], atol=1e-6)
            found_some += 1
    assert found_some >= 3


def test_of_two_descriptors_each_matches_come_too():
    eye = np.eye(4, dtype=np.float32)
    assert match(eye[:2], eye[1::-1]).tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(("ratio", "kept"), [(0.88, True), (0.92, False)])
def test_a_match_is_clear_where_the_next_is_a_ninth_farther(ratio, kept):
    """Distances of rows of length one: |a - b|² = 2 - 2 a·b."""

    def at(squared):
        return [1 - squared / 2, np.sqrt(1 - (1 - squared / 2) ** 2)]

    second = np.array([at((ratio * 0.5) ** 2), at(0.5**2), [-1.0, 0.0]], np.float32)
    second[1, 1] *= -1  # on the other side, so that it is not near the first
    found = match(np.array([[1.0, 0.0], [-1.0, 0.0]], np.float32), second)
    assert ([0, 0] in found.tolist()) is kept


def test_places_are_told_apart_by_cells_of_four_pixels():
    """Along a line of 41 pixels there are eleven multiples of four to be rounded to."""
    line = np.column_stack([np.arange(41.0), np.zeros(41)])
    assert count_places(line) == count_places(line[:, ::-1]) == 11
    assert count_places(np.column_stack([line, np.arange(41.0)])) == 11  # sizes do not count
