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


def test_bars_have_the_mean_colour_of_imagenet():
    # As torchvision's transforms of weights trained there have it, from 0 to 1.
    assert tuple(round(255 * mean) for mean in (0.485, 0.456, 0.406)) == PADDING


def test_a_large_picture_is_squished_in_two_steps_the_first_to_three_times_the_size():
    picture = Image.fromarray(
        np.random.default_rng(0).integers(0, 256, (500, 700, 3)).astype(np.uint8)
    )
    expected = picture.resize((20, 20), Image.Resampling.BILINEAR, reducing_gap=3)
    found = fit(picture, 20, "squish")
    assert (found == np.asarray(expected)).all()
    for other in (4, 6, None):
        plain = picture.resize((20, 20), Image.Resampling.BILINEAR, reducing_gap=other)
        assert (found != np.asarray(plain)).any()


@pytest.mark.parametrize(
    ("error", "told"),
    [(MemoryError(), {"later": True}), (OSError(24, "many"), {"later": True}),
     (OSError("broken"), {}), (ValueError("odd"), {})],
)  # fmt: skip
def test_what_the_system_could_not_do_is_tried_again_later(monkeypatch, error, told):
    def fail(*_):
        raise error

    monkeypatch.setattr("helpers.training.decoding.read_rgb", fail)
    assert decode_files([("x.png", 8, "squish", None)], seconds=60) == [told]
