"""Texture descriptors against loops a learner could write, and on turned pictures."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

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


def test_patterns_are_those_of_a_comparison_with_eight_neighbours(noise):
    height, width = noise.shape
    wide = np.pad(noise, 1, mode="edge").astype(float)
    y, x = np.mgrid[1 : height + 1, 1 : width + 1]
    angles = np.arange(8) * np.pi / 4
    places = [[y - np.sin(angle), x + np.cos(angle)] for angle in angles]
    # Sines of right angles are not quite whole, and would count as less than the pixel itself.
    near = np.stack([map_coordinates(wide, place, order=1).round(4) for place in places])
    brighter = near >= noise
    runs = (brighter != np.roll(brighter, 1, axis=0)).sum(axis=0)
    codes = np.where(runs <= 2, brighter.sum(axis=0), 9)
    names = [f"lbp {number}" for number in range(9)] + ["lbp mixed"]
    found = local_binary_patterns(noise)
    assert list(found) == list(local_binary_patterns(np.zeros((5, 5), np.uint8))) == names
    shares = np.bincount(codes.ravel(), minlength=10) / codes.size
    assert found == pytest.approx(dict(zip(names, shares, strict=True)), abs=0.003)


@pytest.mark.parametrize("distance", [1, 3])
def test_statistics_of_cooccurrence_are_those_of_all_pairs_both_ways(noise, distance):
    levels, slant = noise.astype(int) // 8, round(distance * np.sqrt(0.5))
    stats = {"homogeneity": [], "energy": [], "correlation": []}
    for down, right in ((0, distance), (slant, slant), (distance, 0), (slant, -slant)):
        height, width = levels.shape
        columns = range(max(0, -right), width - max(0, right))
        pairs = [(levels[y, x], levels[y + down, x + right])
                 for y in range(height - down) for x in columns]  # fmt: skip
        one, two = np.array(pairs + [pair[::-1] for pair in pairs]).T
        stats["homogeneity"].append((1 / (1 + (one - two) ** 2)).mean())
        together = np.bincount(one * 32 + two) / len(one)
        stats["energy"].append(np.sqrt((together**2).sum()))
        stats["correlation"].append(np.corrcoef(one, two)[0, 1])
    found = grey_cooccurrence(noise)
    assert len(found) == 8
    for name, values in stats.items():
        assert found[f"{name} {distance} px"] == pytest.approx(np.mean(values), abs=1e-6)


def test_a_flat_area_has_no_contrast_and_full_homogeneity():
    found = grey_cooccurrence(np.full((8, 8), 200, np.uint8))
    assert (found["contrast 1 px"], found["homogeneity 3 px"], found["energy 1 px"]) == (0, 1, 1)
