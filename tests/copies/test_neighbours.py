import numpy as np
import pytest
from PIL import Image, ImageOps
from scipy.ndimage import zoom
from scipy.spatial.distance import pdist, squareform

from helpers.copies import neighbours
from helpers.copies.neighbours import find_parts, share_left


@pytest.fixture
def pictures():
    """Thirty pictures of 64 px, smooth and all different."""
    rng = np.random.default_rng(0)
    return np.stack([zoom(rng.uniform(0, 255, (9, 9)), 64 / 9, order=1) for _ in range(30)])


def thumbnail(picture):
    side = len(picture)
    return zoom(picture, 64 / side, order=1).reshape(16, 4, 16, 4).mean(axis=(1, 3)).round()


@pytest.mark.parametrize("mirrored", [0, 1])
@pytest.mark.parametrize(
    ("left", "top", "side"),
    [(20, 10, 38), (6, 0, 58), (0, 13, 51), (10, 19, 45), (32, 0, 32), (0, 32, 32)],
)
def test_a_part_is_found_and_where_it_was_cut(pictures, left, top, side, mirrored):
    part = pictures[4][top : top + side, left : left + side]
    part = part[:, ::-1] if mirrored else part
    thumbnails = np.stack([*map(thumbnail, pictures), thumbnail(part)]).astype(np.uint8)
    features = np.random.default_rng(1).normal(size=(31, 12))
    features[30] = features[4] + 0.05
    pairs, boxes = find_parts(features, thumbnails)
    assert pairs.tolist() == [[4, 30]]
    *found, flipped, degrees = boxes[0]
    assert (flipped, degrees) == (mirrored, 0)
    assert found == pytest.approx([left / 64, top / 64, side / 64], abs=0.04)


@pytest.mark.parametrize("mirrored", [0, 1])
@pytest.mark.parametrize("size", [(64, 64), (96, 64), (64, 90)])
@pytest.mark.parametrize("degrees", [-46, -30, -11, 8, 17, 24, 44])
def test_a_turned_picture_is_found_and_how_far_it_was_turned(pictures, degrees, size, mirrored):
    images = [Image.fromarray(one.astype(np.uint8)).resize(size) for one in pictures]
    copy = ImageOps.mirror(images[4]) if mirrored else images[4]
    images.append(copy.rotate(degrees, Image.Resampling.BILINEAR))
    small = [np.asarray(image.resize((16, 16), Image.Resampling.BOX)) for image in images]
    features = np.random.default_rng(1).normal(size=(31, 12))
    features[30] = features[4] + 0.05
    pairs, boxes = find_parts(features, np.stack(small), np.array([size] * 31))
    assert sorted(pairs.ravel().tolist()) == [4, 30]
    left, top, share, flipped, found = boxes[0]
    assert flipped == mirrored and share == share_left(found, size[0] / size[1])
    assert left == top == pytest.approx((1 - share) / 2)
    # Of a mirrored copy the turn is the same whichever of the two is turned.
    asked = -found if mirrored or pairs[0].tolist() == [30, 4] else found
    assert abs(asked - degrees) <= 4


@pytest.mark.parametrize("aspect", [0.4, 1, 1.5])
@pytest.mark.parametrize("degrees", [-44, 8, 26, 90])
def test_the_share_left_is_the_largest_box_of_the_same_form_inside(degrees, aspect):
    share, angle = share_left(degrees, aspect), np.deg2rad(degrees)
    corners = np.array([[1, 1], [1, -1]]) * np.array([aspect, 1]) * share
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    reach = np.abs(corners @ turn.T) / np.array([aspect, 1])
    assert reach.max() == pytest.approx(1)


@pytest.mark.parametrize(("rows", "pairs_at_once"), [(4096, 2048), (7, 5), (1, 1)])
def test_pairs_are_sought_among_the_ten_nearest_by_cosine_of_standardised_columns(
    monkeypatch, rows, pairs_at_once
):
    monkeypatch.setattr(neighbours, "_ROWS", rows)
    monkeypatch.setattr(neighbours, "_PAIRS", pairs_at_once)
    features = np.random.default_rng(3).normal(5, [0.01, 1, 100, 1, 1], (30, 5))
    ramp = np.add.outer(np.arange(16), np.arange(16))  # every part of which looks like it
    same = np.repeat(ramp[None] * 8, 30, axis=0).astype(np.uint8)
    pairs, _ = find_parts(features, same)
    apart = squareform(pdist((features - features.mean(axis=0)) / features.std(axis=0), "cosine"))
    near = {(min(i, j), max(i, j)) for i in range(30) for j in apart[i].argsort()[1:11]}
    assert sorted(map(sorted, pairs.tolist())) == sorted(map(list, near))


def test_no_picture_is_its_own_neighbour_where_more_than_ten_look_just_the_same():
    features = np.repeat([[0.0, 1], [1, 0]], [14, 3], axis=0)
    pairs = neighbours._pair_nearest(features, progress=False)
    assert (pairs[:, 0] != pairs[:, 1]).all()
    assert (np.bincount(pairs[:, 0], minlength=17) >= 10).all()  # each has ten, or is of others


def test_of_three_pictures_one_may_be_a_part_of_another(pictures):
    part = pictures[4][10:48, 20:58]
    thumbnails = np.stack([thumbnail(pictures[0]), thumbnail(pictures[4]), thumbnail(part)])
    pairs, _ = find_parts(np.eye(3), thumbnails.astype(np.uint8))
    assert pairs.tolist() == [[1, 2]]


def test_pictures_that_are_not_near_by_their_features_are_not_compared(pictures):
    thumbnails = np.stack([*map(thumbnail, pictures), thumbnail(pictures[4][10:48, 20:58])])
    features = np.random.default_rng(1).normal(size=(31, 12))
    features[30] = -features[4]
    pairs, _ = find_parts(features, thumbnails.astype(np.uint8))
    assert len(pairs) == 0


@pytest.mark.parametrize(
    ("start", "share"), [(0, 0.5), (0, 0.9), (0.1, 0.9), (0.5, 0.5), (0.2, 0.6)]
)
def test_a_stretch_of_sixteen_pixels_is_interpolated_as_eight(start, share):
    values = np.random.default_rng(0).uniform(0, 255, 16)
    at = (start + share * (np.arange(8) + 0.5) / 8) * 16 - 0.5
    expected = np.interp(at, np.arange(16), values)
    np.testing.assert_allclose(neighbours._sampling(start, share) @ values, expected, rtol=1e-5)


def test_few_and_equal_pictures_do_no_harm():
    for few in (0, 1):
        pairs, boxes = find_parts(np.ones((few, 3)), np.full((few, 16, 16), 7, np.uint8))
        assert pairs.shape == (0, 2) and boxes == []
    pairs, boxes = find_parts(np.ones((2, 3)), np.full((2, 16, 16), 7, np.uint8))
    assert len(pairs) == len(boxes) == 0
