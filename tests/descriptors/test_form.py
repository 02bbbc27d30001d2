"""Form descriptors on drawn shapes; the foreground against the masks of rendered leaves."""

import numpy as np
import pytest
from scipy import ndimage
from skimage.draw import ellipse, polygon
from skimage.feature import hog
from skimage.measure import regionprops

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


CONTRASTS = {
    "lightness": ((90, 90, 90), (160, 160, 160)),
    "red and green": ((150, 100, 100), (100, 150, 100)),
    "yellow and blue": ((120, 120, 60), (80, 80, 140)),
}


@pytest.mark.parametrize("contrast", CONTRASTS)
@pytest.mark.parametrize("place", [(60, 80), (40, 110), (80, 45)])
def test_a_disc_is_found_by_light_or_colour_alone(contrast, place):
    ground, colour = CONTRASTS[contrast]
    truth = drawn(ellipse, *place, 25, 25)
    picture = np.where(truth[..., None], colour, ground) + np.random.default_rng(0).normal(
        0, 4, (120, 160, 3)
    )
    found = find_foreground(picture.clip(0, 255).astype(np.uint8))
    assert (found & truth).sum() / (found | truth).sum() > 0.93


@pytest.mark.parametrize("side", [(60, 20), (60, 139), (20, 80), (99, 80)])
@pytest.mark.parametrize(("radius", "middle"), [(13, True), (9, False)])
def test_of_two_things_the_larger_is_found_where_what_lies_at_a_side_counts_less(
    side, radius, middle
):
    inner, outer = drawn(ellipse, 60, 80, radius, radius), drawn(ellipse, *side, 15, 15)
    picture = np.full((120, 160, 3), 90, np.uint8)
    picture[inner | outer] = (180, 60, 60)
    guess, wanted = find_foreground(picture), inner if middle else outer
    assert (guess & wanted).sum() > 0.9 * wanted.sum()
    assert not (guess & (outer if middle else inner)).any()


@pytest.mark.parametrize("mask", ["star", "line", "small", "odd"])
def test_a_shape_is_that_of_its_region_and_of_a_loop_round_its_edge(mask):
    mask = {
        "star": star(5, 0.3), "line": drawn(polygon, [50, 50, 51, 51], [20, 90, 90, 20]),
        "small": drawn(ellipse, 60, 80, 3, 4), "odd": drawn(polygon, [10, 90, 30], [20, 60, 140]),
    }[mask]  # fmt: skip
    found, region = region_shape(mask), regionprops(mask.astype(np.uint8))[0]
    assert found["area"] == mask.mean()
    assert (found["solidity"], found["extent"]) == (region.solidity, region.extent)
    assert found["circularity"] == pytest.approx(4 * np.pi * mask.sum() / region.perimeter**2)
    short, long = region.axis_minor_length, region.axis_major_length
    assert found["aspect"] == pytest.approx(short / long)
    for number, moment in enumerate(region.moments_hu, 1):
        expected = np.sign(moment) * np.log10(1 + abs(moment) * 1e6)
        assert found[f"hu {number}"] == pytest.approx(expected)
    farthest = {}
    down, right = np.argwhere(mask).mean(axis=0)
    for y, x in np.argwhere(mask):
        if not all(mask[y + dy, x + dx] for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0))):
            place = int(np.arctan2(y - down, x - right) % (2 * np.pi) / (2 * np.pi) * 64) % 64
            farthest[place] = max(farthest.get(place, 0), np.hypot(y - down, x - right))
    known = {place + round: far for place, far in farthest.items() for round in (-64, 0, 64) if far}
    radius = np.interp(np.arange(64), sorted(known), [known[place] for place in sorted(known)])
    waves = np.exp(-2j * np.pi * np.outer(np.arange(1, 9), np.arange(64)) / 64) @ radius
    outline = [found[f"outline {number}"] for number in range(1, 9)]
    np.testing.assert_allclose(outline, np.abs(waves) / radius.sum(), atol=1e-9)
    assert len(found) == 6 + 7 + 8 and list(found) == list(region_shape(np.zeros_like(mask)))


def test_gradients_are_those_of_scikit_image_named_by_cell_and_direction():
    grey = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    expected = hog(grey / 255, 9, (16, 16), (1, 1))
    found = oriented_gradients(grey)
    assert list(found.values()) == pytest.approx(expected.tolist())
    cells = [(row, column) for row in range(1, 5) for column in range(1, 5)]
    assert list(found) == [
        f"gradient {row},{column} {angle:03d}"
        for row, column in cells
        for angle in range(0, 180, 20)
    ]
    assert list(oriented_gradients(grey.repeat(2, axis=1))) == list(found)


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (3, 20), (8, 8)])
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
