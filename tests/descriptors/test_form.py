"""Form descriptors on drawn shapes; the foreground against the masks of rendered leaves."""

import numpy as np
import pytest
from scipy import ndimage
from skimage.draw import ellipse, polygon

from helpers.descriptors import find_foreground, oriented_gradients, region_shape


def drawn(draw, *arguments, shape=(120, 160), **options):
    mask = np.zeros(shape, bool)
    mask[draw(*arguments, shape=shape, **options)] = True
    return mask


def star(points, turn=0.0, sharp=0.35):
    angle = turn + np.arange(2 * points) * np.pi / points
    radius = np.where(np.arange(2 * points) % 2, 50 * sharp, 50)
    return drawn(polygon, 60 + radius * np.sin(angle), 80 + radius * np.cos(angle))


def test_a_disc_is_round_solid_and_fills_its_share():
    shape = region_shape(drawn(ellipse, 60, 80, 40, 40))
    assert shape["area"] == pytest.approx(np.pi * 40**2 / (120 * 160), rel=0.01)
    assert shape["circularity"] == pytest.approx(1, abs=0.08)
    assert shape["solidity"] > 0.97
    assert shape["eccentricity"] < 0.1
    assert shape["extent"] == pytest.approx(np.pi / 4, rel=0.03)


@pytest.mark.parametrize("turn", [0, 0.4, 1.3])
def test_an_ellipse_keeps_its_aspect_and_moments_however_it_lies(turn):
    shape = region_shape(drawn(ellipse, 60, 80, 20, 50, rotation=turn))
    upright = region_shape(drawn(ellipse, 60, 80, 20, 50))
    assert shape["aspect"] == pytest.approx(0.4, abs=0.02)
    assert shape["eccentricity"] == pytest.approx(np.sqrt(1 - 0.4**2), abs=0.01)
    assert shape["hu 1"] == pytest.approx(upright["hu 1"], rel=0.02)


@pytest.mark.parametrize("points", [3, 5, 7])
def test_the_outline_counts_the_points_of_a_star(points):
    shape = region_shape(star(points, turn=0.3))
    waves = [shape[f"outline {i}"] for i in range(1, 9)]
    assert 1 + int(np.argmax(waves)) == points
    assert shape["solidity"] < 0.85


def test_an_empty_region_is_all_zero_and_a_single_pixel_is_finite():
    assert set(region_shape(np.zeros((5, 5), bool)).values()) == {0.0}
    one = np.zeros((5, 5), bool)
    one[2, 2] = True
    assert np.isfinite([*region_shape(one).values()]).all()


def test_upright_stripes_have_level_gradients():
    grey = np.tile(np.repeat([0, 255], 8).astype(np.uint8), (64, 4))
    found = oriented_gradients(grey)
    assert len(found) == 144
    assert min(found[f"gradient {row},2 000"] for row in (1, 2, 3, 4)) == pytest.approx(1)
    assert sum(v for name, v in found.items() if not name.endswith("000")) == 0


def test_a_shape_on_a_noisy_ground_is_found_with_its_holes_filled():
    truth = star(5, sharp=0.6)
    rng = np.random.default_rng(0)
    ground = ndimage.gaussian_filter(rng.normal(0, 60, (120, 160)), 1)[..., None]
    picture = np.where(truth[..., None], (60, 130, 50), (150, 130, 110)) + ground
    picture[55:65, 75:85] = (150, 130, 110)
    found = find_foreground(np.clip(picture, 0, 255).astype(np.uint8))
    assert (found & truth).sum() / (found | truth).sum() > 0.9


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (8, 8)])
def test_a_picture_where_nothing_stands_out_is_all_foreground(shape):
    assert find_foreground(np.full((*shape, 3), 90, np.uint8)).all()


def test_the_guess_overlaps_the_masks_of_rendered_leaves():
    from leaves.photo import Scene, render_photo

    overlaps = []
    for background in ("grass", "paper", "soil", "stone"):
        for specimen, species in enumerate(["oak", "ginkgo", "linden", "sycamore"] * 3):
            rgb, mask = render_photo(species, specimen, 0, Scene(background=background))
            found, truth = find_foreground(rgb), mask > 127
            overlaps.append((found & truth).sum() / (found | truth).sum())
    # A box over the middle two thirds reaches about 0.4.
    assert np.mean(overlaps) > 0.75
