"""What is kept of a picture in the mirror is what would be kept of the mirrored picture."""

import numpy as np
from PIL import Image

from helpers.splits import keypoints
from helpers.splits.keypoints import compare, describe, rooted
from tests.splits.scenes import shoot


def test_mirroring_what_is_kept_is_keeping_what_is_mirrored(tmp_path):
    """The oracle is SIFT on the mirrored photo, a pixel further: the frame's middle lies between
    pixels."""
    photo = shoot(1, ground=1, shift=(17, 5))
    photo.save(tmp_path / "a.png")
    photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "b.png")
    one, flipped = (describe(str(tmp_path / name)) for name in ("a.png", "b.png"))
    made = keypoints.mirror(one)
    np.testing.assert_array_equal(made.thumbnail, flipped.thumbnail)
    assert (made.thing == flipped.thing).mean() > 0.98
    offset = made.places[:, None, :2] - flipped.places[:, :2] - np.array([1, 0])
    turned = np.angle(np.exp(1j * (made.places[:, None, 3] - flipped.places[:, 3])))
    far = np.linalg.norm(offset, axis=2) + 10 * np.abs(turned)
    near = far.argmin(axis=1)
    kept = far.min(axis=1) < 1
    assert kept.mean() > 0.8
    likeness = (rooted(made.descriptors) * rooted(flipped.descriptors[near])).sum(axis=1)
    assert np.median(likeness[kept]) > 0.99
    sizes = made.places[kept, 2] / flipped.places[near[kept], 2]
    assert np.median(np.abs(sizes - 1)) < 0.02
    again = keypoints.mirror(made)
    np.testing.assert_array_equal(again.descriptors, one.descriptors)
    np.testing.assert_allclose(np.cos(again.places[:, 3]), np.cos(one.places[:, 3]), atol=1e-5)


def test_stored_pairs_are_compared_in_the_mirror_where_that_is_asked(tmp_path, picture):
    one = picture(1, ground=1)
    keypoints.store(tmp_path / "two", [one, keypoints.mirror(one)])
    asked = [(str(tmp_path / "two"), 0, 1, mirrored) for mirrored in (False, True)]
    plain, mirrored = (row["inliers"] for row in keypoints.compare_stored(asked, 60))
    assert mirrored == compare(one, one)[0] > 50 and plain < 8
