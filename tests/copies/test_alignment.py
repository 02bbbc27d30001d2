import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import convolve, map_coordinates

from helpers.copies.alignment import (
    SIDE,
    _inverse,
    _measure_drift,
    _with_slopes,
    block_sums,
    carry,
    clear_of_rim,
    match,
    overlay,
    places,
    sample,
    smooth,
)
from helpers.copies.candidates import start_maps
from tests.audit.awkward import photo


def small(image):
    grey = image.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return np.asarray(grey, np.float32)


def compare(first, second):
    return overlay(small(first)[None], small(second)[None], start_maps(np.array([0])))


@pytest.mark.parametrize("degrees", [-3.0, -1.0, 0.7, 2.0])
def test_a_turned_copy_is_laid_back_and_shows_no_movement(degrees):
    original = photo(300, 300, 3)
    turned = original.rotate(degrees, Image.Resampling.BICUBIC).crop((20, 20, 280, 280))
    fit = compare(original, turned)
    linear = fit["map"][0, :, :2]
    # Pillow turns counter-clockwise, and y points down.
    assert np.degrees(np.arctan2(linear[1, 0], linear[0, 0])) == pytest.approx(-degrees, abs=0.25)
    assert 1 / np.sqrt(abs(np.linalg.det(linear))) == pytest.approx(260 / 300, abs=0.01)
    assert fit["likeness"][0] > 0.97
    assert fit["drift"][0] < 0.14


def test_a_change_of_light_is_told_apart_from_a_change_of_place():
    original = photo(200, 150, 4)
    dimmer = original.point(lambda level: level * 0.7 + 20)
    fit = compare(original, dimmer)
    assert fit["gain"][0] == pytest.approx(1 / 0.7, rel=0.05)
    assert fit["drift"][0] < 0.05


def test_a_part_that_moved_shows_as_drift():
    original = photo(192, 192, 5)
    moved = original.copy()
    moved.paste(original.crop((60, 60, 130, 130)), (63, 61))
    assert compare(original, moved)["drift"][0] > 0.3


def test_unlike_pictures_are_given_up():
    fit = compare(photo(96, 96, 1), photo(96, 96, 2))
    assert np.isinf(fit["drift"][0])


IDENTITY = np.eye(2, 3, dtype=np.float32)


def waves(at_places):
    """A smooth picture that is defined at every place (x, y), for maps that are known exactly."""
    x, y = at_places[..., 0], at_places[..., 1]
    light = 55 * np.sin(40 * x + 9 * y) + 55 * np.sin(40 * y - 9 * x) + 20 * np.sin(21 * (x + y))
    return (128 + light).astype(np.float32).reshape(1, SIDE, SIDE)


def stay(first, second, start, **options):
    """What is measured of a map that is taken as it is, without a step to better it."""
    starts = np.float32(start)[None, None]
    return overlay(first, second, starts, rounds=((SIDE, 0, 1),), **options)


@pytest.mark.parametrize(
    ("linear", "plausible"),
    [
        ([[1.35, 0], [0, 1.35]], True),
        ([[1.45, 0], [0, 1.45]], False),
        ([[0.74, 0], [0, 0.74]], True),
        ([[0.66, 0], [0, 0.66]], False),
        ([[1.12, 0], [0, 1]], True),
        ([[1.18, 0], [0, 1]], False),
        ([[0, -1], [1, 0]], True),
    ],
)
def test_maps_keep_shapes_within_a_seventh_and_sizes_within_four_tenths(linear, plausible):
    start = np.column_stack([linear, [0.02, -0.01]]).astype(np.float32)
    first = waves(places(SIDE) @ start.T)
    fit = stay(first, waves(places(SIDE)), start)
    assert fit["likeness"][0] > 0.95
    assert fit["good"][0] == plausible
    assert np.isfinite(fit["drift"][0]) == plausible


@pytest.mark.parametrize("shift", [(0.5, 0), (0, 0.5), (0.4, 0.3), (-0.3, 0.4)])
def test_drift_is_the_distance_in_pixels_that_is_left(shift):
    moved = waves(places(SIDE)[:, :2] + np.float32(shift) / SIDE)
    fit = stay(waves(places(SIDE)), moved, IDENTITY)
    assert fit["drift"][0] == pytest.approx(0.5, rel=0.06)
    assert fit["gain"][0] == pytest.approx(1, abs=0.02)
    assert stay(waves(places(SIDE)), moved, IDENTITY, movement=0.6)["good"][0]
    assert not stay(waves(places(SIDE)), moved, IDENTITY, movement=0.4)["good"][0]


def test_one_step_moves_no_map_by_more_than_a_tenth():
    rng = np.random.default_rng(0)
    first, second = rng.uniform(0, 255, (2, 20, SIDE, SIDE)).astype(np.float32)
    starts = np.repeat(IDENTITY[None, None], 20, axis=0)
    fit = overlay(smooth(first), smooth(second * 0.01), starts, rounds=((SIDE, 1, 1),))
    moved = fit["map"] - IDENTITY
    assert np.abs(moved).max() <= 0.1 + 1e-6
    assert np.isclose(moved.max(), 0.1) or np.isclose(moved.min(), -0.1)


def test_a_picture_is_matched_by_its_regression_on_the_other_where_that_is_asked():
    rng = np.random.default_rng(0)
    first = rng.uniform(0, 255, (2, 32, 32)).astype(np.float32)
    second = (0.4 * first + rng.normal(30, 9, first.shape)).astype(np.float32)
    where = rng.random(first.shape) < 0.7
    found = match(first, second, np.stack([IDENTITY] * 2), where)
    inside = np.zeros((32, 32), bool)
    inside[2:-2, 2:-2] = True
    for one, two, chosen, laid in zip(first, second, where & inside, found, strict=True):
        slope, level = np.polyfit(two[chosen], one[chosen], 1)
        np.testing.assert_allclose(laid[inside], slope * two[inside] + level, rtol=1e-3)


def test_samples_are_bilinear_and_those_near_the_rim_count_as_outside():
    rng = np.random.default_rng(1)
    layers = rng.uniform(0, 255, (3, 2, 16, 16)).astype(np.float32)
    at = rng.uniform(-0.6, 0.6, (2, 400, 2)).astype(np.float32)
    values, inside = sample(layers, np.moveaxis(at, -1, 0).copy())
    x, y = np.moveaxis((at + 0.5) * 16 - 0.5, -1, 0)
    expected_inside = (x > 1) & (x < 14) & (y > 1) & (y < 14)
    assert (inside == expected_inside).all()
    for pair in range(2):
        for layer in range(3):
            expected = map_coordinates(layers[layer, pair], [y[pair], x[pair]], order=1,
                                       mode="nearest")  # fmt: skip
            np.testing.assert_allclose(values[layer, pair], expected, atol=0.5)


def test_blurring_is_a_convolution_and_blocks_are_summed():
    rng = np.random.default_rng(2)
    pictures = rng.uniform(0, 255, (2, 12, 12))
    kernel = np.outer([1, 2, 1], [1, 2, 1]) / 16
    expected = [convolve(picture, kernel, mode="nearest") for picture in pictures]
    np.testing.assert_allclose(smooth(pictures), expected)
    layers = rng.uniform(0, 1, (2, 12, 12, 5))
    for block in (1, 2, 4, 12):
        at = range(0, 12, block)
        cut = [[layers[:, y : y + block, x : x + block].sum(axis=(1, 2)) for x in at] for y in at]
        np.testing.assert_allclose(block_sums(layers, block), np.moveaxis(cut, 2, 0))
        flat = block_sums(np.ascontiguousarray(layers[..., 0]), block)
        np.testing.assert_allclose(flat, np.array(cut)[..., 0].transpose(2, 0, 1))


def test_slopes_are_half_the_difference_of_two_neighbours_by_the_side():
    pictures = np.random.default_rng(5).uniform(0, 255, (3, 24, 24)).astype(np.float32)
    plain, across, down = _with_slopes(pictures)
    by_row, by_column = np.gradient(pictures, axis=(1, 2))
    assert (plain == pictures).all()
    np.testing.assert_array_equal(across, by_column * 24)
    np.testing.assert_array_equal(down, by_row * 24)


def test_maps_carry_each_place_and_the_rim_is_a_pixel_and_a_half_wide():
    maps = np.random.default_rng(6).normal(size=(3, 2, 3)).astype(np.float32)
    expected = np.moveaxis(places(12) @ maps.swapaxes(1, 2), -1, 0)
    np.testing.assert_allclose(carry(12, maps), expected, rtol=1e-6, atol=1e-6)
    clear = np.zeros((12, 12), bool)
    clear[2:-2, 2:-2] = True
    assert (clear_of_rim(12).reshape(12, 12) == clear).all()


def test_movement_counts_the_way_round_that_shows_less_of_it():
    sharp = np.stack([small(photo(96, 96, seed)) for seed in range(4)])
    soft = sharp + np.random.default_rng(0).normal(0, 9, sharp.shape).astype(np.float32)
    for _ in range(3):
        soft = smooth(soft)
    turned = np.repeat(np.float32([[0.99, 0.03, 0.004], [-0.03, 0.99, 0]])[None], 4, axis=0)
    for first, second, maps in ((sharp, soft, turned), (soft, sharp, _inverse(turned))):
        ways = [(first, second, maps), (second, first, _inverse(maps))]
        ways = [_measure_drift(smooth(a), _with_slopes(smooth(b)), m)[0] for a, b, m in ways]
        assert (np.abs(ways[0] - ways[1]) > 0.05 * ways[0]).all()
        fit = overlay(first, second, maps[:, None], rounds=((SIDE, 0, 1),), likeness=0, detail=-1)
        np.testing.assert_allclose(fit["drift"], np.minimum(*ways), rtol=1e-5)
        # At a coarse scale one way round that will do lets a pair go on, whichever it is.
        for at, (least, most) in enumerate(np.sort(ways, axis=0).T.tolist()):
            for limit, goes_on in (((least + most) / 2, True), (least * 0.99, False)):
                one, two, start = (each[at : at + 1] for each in (first, second, maps[:, None]))
                fit = overlay(one, two, start, rounds=((SIDE, 0, 1), (SIDE, 0, 1e9)), likeness=0,
                              detail=-1, movement=limit)  # fmt: skip
                assert fit["good"].tolist() == [goes_on]
                np.testing.assert_allclose(fit["drift"], least, rtol=1e-5)


def test_a_pair_fits_alike_whatever_is_compared_with_it():
    rng = np.random.default_rng(0)
    pictures = [photo(120, 120, seed) for seed in range(6)]
    turned = [one.rotate(rng.uniform(-2, 2), Image.Resampling.BICUBIC) for one in pictures]
    turned[2], turned[5] = pictures[3], pictures[5].rotate(8)
    first, second = (np.stack([small(one) for one in each] * 5) for each in (pictures, turned))
    starts = start_maps(np.zeros(30, int))
    together = overlay(first, second, starts, movement=0.2)
    assert 0 < together["good"].sum() < 30
    for at in range(6):
        alone = overlay(*(a[at : at + 1] for a in (first, second, starts)), movement=0.2)
        for key, values in alone.items():
            np.testing.assert_array_equal(np.repeat(values, 5, axis=0), together[key][at::6])
