import numpy as np
import pytest

from leaves.backgrounds import BACKGROUNDS, blade_edges, paint, plane_grid, surface
from leaves.noise import generator

SQUARE = np.array([[1 / 96, 0, -0.5], [0, 1 / 96, -0.5], [0, 0, 1.0]])


def painted(background, photo):
    return paint(background, generator("ground", photo), SQUARE, 96, 96)


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_every_background_is_a_reflectance_and_a_height_and_never_the_same_twice(background):
    albedo, relief = painted(background, 1)
    assert albedo.shape == (3, 96, 96)
    assert relief.shape == (96, 96)
    assert albedo.dtype == relief.dtype == np.float32
    assert 0 < albedo.min() <= albedo.max() < 1
    other, _ = painted(background, 2)
    detail = [np.diff(picture[1], axis=1).ravel() for picture in (albedo, other)]
    assert abs(np.corrcoef(*detail)[0, 1]) < 0.2
    np.testing.assert_array_equal(albedo, painted(background, 1)[0])


def test_grass_is_green_paper_is_bright_and_soil_is_brown():
    mean = {
        b: np.mean([painted(b, k)[0].mean(axis=(1, 2)) for k in range(4)], 0) for b in BACKGROUNDS
    }
    assert mean["grass"][1] > 1.3 * max(mean["grass"][0], mean["grass"][2])
    assert mean["paper"].min() > 0.55
    assert mean["soil"][0] > mean["soil"][1] > mean["soil"][2]
    share = {b: colour.min() / colour.max() for b, colour in mean.items()}
    assert min(share["stone"], share["paper"]) > max(share["soil"], share["wood"], share["grass"])


def test_bark_and_wood_run_along_one_direction():
    for background in ("bark", "wood"):
        texture = surface(background).sample(np.diag([0.25 / 128, 0.25 / 128, 1.0]), 128, 128)[0]
        down, across = (np.abs(np.diff(texture, axis=axis)).mean() for axis in (0, 1))
        assert down < 0.8 * across


def test_an_unknown_background_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"^Background 'sky' is not known .* bark, grass.*\.$"):
        surface("sky")


def test_the_plane_grid_agrees_with_the_homography_at_pixel_centres():
    bent = np.array([[0.01, 0.001, -0.5], [0.002, 0.012, -0.4], [1e-4, -2e-4, 1.0]])
    x, y = plane_grid(bent, 30, 20)
    u, v, w = bent @ np.array([12.5, 7.5, 1.0])
    np.testing.assert_allclose([x[7, 12], y[7, 12]], [u / w, v / w], rtol=1e-5)


def test_a_blade_tapers_from_its_root_to_its_tip():
    _, left, right = blade_edges((0.0, 0.0), 0.3, 50.0, 6.0, 0.5)
    width = np.hypot(*(left - right).T)
    assert 4 < width[1:4].max() <= 6
    assert width[-1] < 0.1
