import numpy as np
import pytest
from PIL import Image

from helpers.copies.alignment import SIDE, overlay
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
