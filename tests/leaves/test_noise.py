import subprocess
import sys

import numpy as np

from leaves.noise import Atlas, cells, fractal, generator, heap, place, smoothstep


def test_generators_depend_on_their_parts_alone():
    code = "from leaves.noise import generator;print(generator('leaf', 'oak', 7).integers(2**60))"
    elsewhere = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert int(elsewhere.stdout) == generator("leaf", "oak", 7).integers(2**60)
    others = [("leaf", "oak", 8), ("leaf", "elm", 7), ("leaf", "oak", 7, 0), ("oak", "leaf", 7)]
    first = generator("leaf", "oak", 7).random()
    assert all(generator(*other).random() != first for other in others)


def test_smoothstep_is_level_outside_and_half_way_in_the_middle():
    x = np.array([-1.0, 0.2, 0.3, 0.4, 2.0])
    np.testing.assert_allclose(smoothstep(0.2, 0.4, x), [0, 0, 0.5, 1, 1], atol=1e-12)


def test_steeper_fractal_noise_is_smoother_and_stretched_noise_is_longer():
    def roughness(noise, axis):
        return np.abs(np.diff(noise, axis=axis)).mean()

    rough, smooth = (fractal(generator("f"), 64, slope) for slope in (1.0, 3.0))
    assert roughness(smooth, 0) < 0.5 * roughness(rough, 0)
    long = fractal(generator("f"), 64, 2.0, (5.0, 1.0))
    assert roughness(long, 0) < 0.7 * roughness(long, 1)


def test_cells_agree_with_a_brute_force_search_on_the_torus():
    size, count = 24, 15
    inside, _, nearest = cells(generator("c"), size, count)
    points = generator("c").random((count, 2))
    grid = np.stack(np.meshgrid(*(np.arange(size) / size,) * 2, indexing="ij"), axis=-1)
    gap = np.abs(grid[:, :, None] - points)
    distance = np.sort(np.hypot(*np.moveaxis(np.minimum(gap, 1 - gap), -1, 0)), axis=-1)
    np.testing.assert_allclose(nearest, distance[..., 0] * np.sqrt(count), atol=1e-9)
    np.testing.assert_allclose(inside, (distance[..., 1] - distance[..., 0]) * np.sqrt(count))


def test_a_heap_rises_where_something_was_dropped():
    height, tone = heap(generator("h"), 64, np.full(30, 6.0))
    assert 0.2 < np.mean(height > 0) < 1
    assert np.all(tone[height == 0] == 0.5)
    assert height.max() <= 6.0 * (1.1 * 0.8 + 0.3)


def test_an_atlas_gives_its_texels_back_under_the_identity():
    rng = generator("a")
    channels = [rng.random((128, 128)) for _ in range(3)]
    seen = Atlas(*channels).sample(np.diag([1 / 128, 1 / 128, 1.0]), 128, 128)
    assert seen.shape == (3, 128, 128)
    np.testing.assert_allclose(seen, channels, atol=1.01 / 255)


def test_a_placed_window_lies_inside_the_atlas():
    rng = generator("p")
    corners = np.array([[x, y, 1.0] for x in (-0.5, 0.5) for y in (-0.5, 0.5)]).T
    for _ in range(200):
        where = place(rng, rng.uniform(0.1, 0.35), rng.uniform(0, 6.3)) @ corners
        assert where[:2].min() >= 0
        assert where[:2].max() <= 1
