"""Texture descriptors against loops a learner could write, and on turned pictures."""

import numpy as np
import pytest

from helpers.descriptors import grey_cooccurrence, local_binary_patterns


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(0, 256, (24, 31)).astype(np.uint8)


def test_a_flat_area_is_all_one_pattern():
    found = local_binary_patterns(np.full((9, 9), 77, np.uint8))
    assert found["lbp 8"] == 1
    assert sum(found.values()) == 1


def test_turning_a_picture_leaves_its_patterns_alone(noise):
    turned = local_binary_patterns(np.rot90(noise))
    assert turned == pytest.approx(local_binary_patterns(noise), abs=1e-9)


def test_noise_is_mixed_where_a_ramp_is_edges(noise):
    ramp = np.tile(np.arange(0, 200, 4, dtype=np.uint8), (20, 1))
    assert local_binary_patterns(noise)["lbp mixed"] > 0.2
    assert local_binary_patterns(ramp)["lbp mixed"] == 0


@pytest.mark.parametrize("distance", [1, 3])
def test_contrast_is_the_mean_squared_step_between_neighbours(noise, distance):
    levels = noise.astype(int) // 8
    height, width = levels.shape
    # scikit-image rounds the diagonal steps of 3 px to (2, 2).
    slant = round(distance * np.sqrt(0.5))
    means = []
    for down, right in ((0, distance), (-slant, slant), (-distance, 0), (-slant, -slant)):
        steps = [
            (levels[y, x] - levels[y + down, x + right]) ** 2
            for y in range(height)
            for x in range(width)
            if 0 <= y + down < height and 0 <= x + right < width
        ]
        means.append(np.mean(steps))
    assert grey_cooccurrence(noise)[f"contrast {distance} px"] == pytest.approx(np.mean(means))


def test_a_flat_area_has_no_contrast_and_full_homogeneity():
    found = grey_cooccurrence(np.full((8, 8), 200, np.uint8))
    assert (found["contrast 1 px"], found["homogeneity 3 px"], found["energy 1 px"]) == (0, 1, 1)
