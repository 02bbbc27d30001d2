"""Pictures become squares: squished, cropped or padded."""

import numpy as np
import pytest
from PIL import Image

from helpers.training.decoding import PADDING, decode_files, fit


@pytest.fixture
def stripes():
    """Left quarter red, middle half green, right quarter blue; twice as wide as high."""
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, :20, 0] = pixels[:, 20:60, 1] = pixels[:, 60:, 2] = 255
    return Image.fromarray(pixels)


def test_squishing_keeps_everything_and_changes_proportions(stripes):
    square = fit(stripes, 16, "squish")
    assert square.shape == (16, 16, 3)
    assert square[8, [1, 8, 14]].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]


def test_cropping_keeps_the_middle(stripes):
    square = fit(stripes, 16, "crop")
    assert (square[:, 1:-1] == [0, 255, 0]).all()


def test_padding_keeps_everything_between_bars(stripes):
    square = fit(stripes, 16, "pad")
    assert (square[:4] == PADDING).all()
    assert (square[12:] == PADDING).all()
    assert square[8, [1, 8, 14]].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]


def test_a_file_that_cannot_be_read_has_no_pixels(stripes, tmp_path):
    stripes.save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    tasks = [
        (str(tmp_path / name), 8, "squish", None) for name in ("bad.png", "good.png", "gone.png")
    ]
    found = decode_files(tasks, seconds=60)
    assert [sorted(one) for one in found] == [[], ["pixels"], ["later"]]
    assert found[1]["pixels"].tolist() == fit(stripes, 8, "squish").tolist()


def test_a_file_cut_short_is_unreadable_for_good(stripes, tmp_path):
    for name in ("cut.png", "cut.jpg"):
        stripes.resize((400, 300)).save(tmp_path / name)
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:600])
    tasks = [(str(tmp_path / name), 8, "squish", None) for name in ("cut.png", "cut.jpg")]
    assert decode_files(tasks, seconds=60) == [{}, {}]
