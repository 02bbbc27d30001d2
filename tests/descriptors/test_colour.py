"""Colour descriptors on pictures whose colours we painted ourselves."""

import numpy as np
import pytest
from PIL import Image
from sklearn.cluster import KMeans

from helpers.descriptors import colour_histogram, colour_moments, dominant_colours

RED, BLUE, YELLOW, GREY = (255, 0, 0), (20, 40, 200), (240, 220, 30), (120, 120, 120)


def stripes(*parts, height=40):
    """One picture of vertical stripes: (colour, width) each."""
    return np.concatenate(
        [np.full((height, width, 3), colour, np.uint8) for colour, width in parts], axis=1
    )


def test_a_red_picture_is_all_hue_zero_vivid_and_bright():
    found = colour_histogram(stripes((RED, 30)))
    assert (found["hue 000"], found["saturation 5"], found["value 5"]) == (1, 1, 1)
    assert sum(found.values()) == 3


def test_grey_votes_for_no_hue():
    hues = [
        v for name, v in colour_histogram(stripes((GREY, 9), (RED, 1))).items() if "hue" in name
    ]
    assert hues == [1] + [0] * 11
    assert colour_histogram(stripes((GREY, 9)))["hue 000"] == 0


def test_histograms_and_moments_look_only_inside_the_mask():
    picture = stripes((RED, 10), (BLUE, 30))
    mask = np.zeros(picture.shape[:2], bool)
    mask[:, :10] = True
    assert colour_histogram(picture, mask) == colour_histogram(stripes((RED, 3)))
    assert colour_moments(picture, mask)["mean red"] == 1
    assert colour_moments(picture, mask)["spread red"] == 0


def test_moments_are_those_of_the_pixels():
    found = colour_moments(stripes((RED, 10), (BLUE, 30)))
    assert found["mean blue"] == pytest.approx(0.75 * 200 / 255)
    assert found["spread green"] == pytest.approx(np.std([0, 40, 40, 40]) / 255)


def test_dominant_colours_are_the_painted_ones_by_size():
    colours, shares = dominant_colours(stripes((YELLOW, 8), (BLUE, 16), (RED, 8), height=32), 3)
    assert colours[0].tolist() == list(BLUE)
    assert {tuple(c) for c in colours.tolist()} == {RED, BLUE, YELLOW}
    assert shares == pytest.approx([0.5, 0.25, 0.25])


def test_dominant_colours_agree_with_scikit_learn_where_clusters_are_clear():
    rng = np.random.default_rng(0)
    base = stripes((YELLOW, 6), (BLUE, 16), ((30, 160, 60), 10), height=32)
    noisy = np.clip(base + rng.normal(0, 8, base.shape), 0, 255).astype(np.uint8)
    means = KMeans(3, n_init=3, random_state=0).fit(noisy.reshape(-1, 3))
    order = np.argsort(-np.bincount(means.labels_))
    colours, shares = dominant_colours(noisy, 3)
    assert np.abs(colours - means.cluster_centers_[order]).max() < 2
    assert shares == pytest.approx(np.sort(np.bincount(means.labels_))[::-1] / 1024, abs=0.01)


def test_a_picture_of_one_colour_has_one_dominant_colour():
    colours, shares = dominant_colours(stripes((RED, 8), height=8), 3)
    assert colours[0].tolist() == list(RED)
    assert shares.tolist() == [1, 0, 0]


@pytest.fixture
def mixed():
    """Noise of 128 × 64 px in which all colours occur."""
    return np.random.default_rng(0).integers(0, 256, (64, 128, 3)).astype(np.uint8)


def test_histograms_are_those_of_numpy_in_twelve_hues_and_five_levels(mixed):
    hue, saturation, value = np.asarray(Image.fromarray(mixed).convert("HSV")).reshape(-1, 3).T
    expected = {}
    hues = np.histogram(hue, 12, (0, 256), weights=saturation.astype(float))[0]
    expected |= {f"hue {30 * i:03d}": share for i, share in enumerate(hues / hues.sum())}
    for name, channel in (("saturation", saturation), ("value", value)):
        counts = np.histogram(channel, 5, (0, 256))[0] / channel.size
        expected |= {f"{name} {i}": share for i, share in enumerate(counts, 1)}
    assert colour_histogram(mixed) == pytest.approx(expected)
    assert list(colour_histogram(stripes((RED, 2)))) == list(expected)
    no_pixel = np.zeros(mixed.shape[:2], bool)
    assert set(colour_histogram(mixed, no_pixel).values()) == {0}
    assert colour_moments(mixed, no_pixel) == colour_moments(mixed)


def test_moments_are_those_of_numpy(mixed):
    expected = {}
    for i, name in enumerate(("red", "green", "blue")):
        channel = mixed[..., i] / 255
        expected |= {f"mean {name}": channel.mean(), f"spread {name}": channel.std()}
    assert colour_moments(mixed) == pytest.approx(expected)


def test_a_big_picture_is_first_reduced_to_thirty_two_pixels(mixed):
    for big, size in ((mixed, (32, 16)), (np.ascontiguousarray(mixed.swapaxes(0, 1)), (16, 32))):
        reduced = Image.fromarray(big).resize(size, Image.Resampling.BOX)
        for found, expected in zip(
            dominant_colours(big), dominant_colours(np.asarray(reduced)), strict=True
        ):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_dominant_colours_come_in_the_order_of_their_shares_which_are_all(mixed, count):
    colours, shares = dominant_colours(mixed, count)
    assert colours.shape == (count, 3)
    assert (np.diff(shares) <= 0).all() and shares.sum() == pytest.approx(1)
    assert len(dominant_colours(mixed)[1]) == 3
