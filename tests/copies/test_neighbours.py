import numpy as np
import pytest
from scipy.ndimage import zoom

from helpers.copies.neighbours import find_parts


@pytest.fixture
def pictures():
    """Thirty pictures of 64 px, smooth and all different."""
    rng = np.random.default_rng(0)
    return np.stack([zoom(rng.uniform(0, 255, (9, 9)), 64 / 9, order=1) for _ in range(30)])


def thumbnail(picture):
    side = len(picture)
    return zoom(picture, 64 / side, order=1).reshape(16, 4, 16, 4).mean(axis=(1, 3)).round()


@pytest.mark.parametrize("mirrored", [0, 1])
def test_a_part_is_found_and_where_it_was_cut(pictures, mirrored):
    part = pictures[4][10:48, 20:58]
    part = part[:, ::-1] if mirrored else part
    thumbnails = np.stack([*map(thumbnail, pictures), thumbnail(part)]).astype(np.uint8)
    features = np.random.default_rng(1).normal(size=(31, 12))
    features[30] = features[4] + 0.05
    pairs, boxes = find_parts(features, thumbnails)
    assert pairs.tolist() == [[4, 30]]
    left, top, share, flipped = boxes[0]
    assert flipped == mirrored
    assert (left, top, share) == pytest.approx((20 / 64, 10 / 64, 38 / 64), abs=0.06)


def test_pictures_that_are_not_near_by_their_features_are_not_compared(pictures):
    thumbnails = np.stack([*map(thumbnail, pictures), thumbnail(pictures[4][10:48, 20:58])])
    features = np.random.default_rng(1).normal(size=(31, 12))
    features[30] = -features[4]
    pairs, _ = find_parts(features, thumbnails.astype(np.uint8))
    assert len(pairs) == 0


def test_few_and_equal_pictures_do_no_harm():
    pairs, boxes = find_parts(np.ones((2, 3)), np.full((2, 16, 16), 7, np.uint8))
    assert len(pairs) == len(boxes) == 0
