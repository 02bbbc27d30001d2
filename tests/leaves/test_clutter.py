import numpy as np

from leaves.clutter import overgrow, reach_in, scatter, strew
from leaves.noise import generator
from leaves.shading import Light


def plain(level=0.5, size=80):
    return np.full((3, size, size), level, np.float32), np.zeros((size, size), np.float32)


def test_litter_colours_and_lifts_the_same_ground():
    albedo, relief = plain()
    scatter(albedo, relief, np.array([40.0, 40.0]), generator("litter", 2), True)
    painted = np.abs(albedo - 0.5).max(axis=0) > 0.05
    assert 0 < painted.mean() < 0.4
    assert relief[painted].mean() > 4 * relief[~painted].mean()


def test_grass_over_a_leaf_hides_part_of_it():
    lit, mask = plain()
    mask[20:60, 20:60] = 1
    turn = np.linspace(0, 6, 40)
    margin = 40 + 20 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    overgrow(lit, mask, margin, np.array([0.1, 0.3, 0.05]), generator("blades", 1))
    hidden = mask[20:60, 20:60] < 0.5
    assert 0 < hidden.mean() < 0.5
    assert np.all(lit[1, 20:60, 20:60][hidden] > lit[0, 20:60, 20:60][hidden])


def test_a_finger_comes_from_the_edge_and_hides_what_is_behind():
    light = Light(np.ones(3), np.full(3, 0.4), np.array([0.0, 0.0, 1.0]), 0.1)
    for seed in range(8):
        lit, mask = plain()
        mask[:] = 1
        reach_in(lit, mask, light, generator("finger", seed))
        finger = mask < 0.5
        assert 0.002 < finger.mean() < 0.15
        border = np.concatenate([finger[0], finger[-1], finger[:, 0], finger[:, -1]])
        assert border.any()


def test_fallen_leaves_cover_a_part_of_the_ground_and_lie_on_it():
    covered = []
    for seed in range(12):
        albedo = np.full((3, 90, 120), 0.9, np.float32)
        relief = np.zeros((90, 120), np.float32)
        strew(albedo, relief, 0.4, np.random.default_rng(seed))
        changed = np.abs(albedo - 0.9).max(axis=0) > 0.05
        assert 0 <= albedo.min() < albedo.max() < 1
        if changed.any():
            assert relief[changed].mean() > 2 * relief[~changed].mean()
        covered.append(changed.mean())
    assert 0.1 < np.mean(covered) < 0.7
    assert max(covered) < 0.95


def test_fallen_leaves_are_browner_in_autumn():
    def redness(season):
        tints = []
        for seed in range(20):
            albedo = np.full((3, 60, 80), 0.9, np.float32)
            strew(albedo, albedo[0] * 0, season, np.random.default_rng(seed))
            leaf = albedo[:, albedo.min(axis=0) < 0.4]
            tints.append(np.mean(leaf[0] / leaf[1]))
        return np.mean(tints)

    assert redness(0.9) > 1.1 * redness(0.0)
