import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from helpers.datasets import read_rgb, to_rgb
from helpers.datasets.decoding import Unreadable


def test_workers_need_only_numpy_and_pillow():
    code = (
        "import sys; from helpers.datasets import read_rgb; "
        "print({'pandas', 'scipy', 'matplotlib', 'torch', 'pyarrow'} & set(sys.modules) or 'none')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "none"


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB"]
)
def test_every_mode_becomes_rgb(mode):
    source = Image.new("RGB", (4, 3), (204, 204, 204))
    steps = {"LA": "L", "PA": "P"}
    image = source.convert("L").convert(mode) if mode in steps else source
    if mode == "LAB":
        image = Image.new("LAB", (4, 3), (200, 128, 128))
    elif mode not in steps:
        image = source.convert(mode)
    shown = to_rgb(image)
    assert (shown.mode, shown.size) == ("RGB", (4, 3))
    if mode not in ("1", "LAB"):
        assert np.abs(np.asarray(shown).astype(int) - 204).max() <= 2


def test_sixteen_bits_are_scaled_not_clipped():
    levels = np.array([[0, 257 * 100, 65535]], np.uint16)
    assert np.asarray(to_rgb(Image.fromarray(levels)))[0, :, 0].tolist() == [0, 100, 255]


def test_floats_and_wide_integers_are_stretched_to_the_range():
    for levels in (np.array([[-1, 0, 1]], np.float32), np.array([[0, 50_000, 100_000]], np.int32)):
        assert np.asarray(to_rgb(Image.fromarray(levels)))[0, :, 0].tolist() == [0, 128, 255]


def test_a_constant_float_picture_does_not_divide_by_zero():
    assert np.asarray(to_rgb(Image.fromarray(np.full((2, 2), 0.5, np.float32)))).max() == 0


def test_transparency_lies_on_white():
    image = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    image.putpixel((1, 0), (10, 20, 30, 255))
    assert [to_rgb(image).getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (10, 20, 30)]


def test_palette_with_transparent_colour_lies_on_white(tmp_path):
    image = Image.new("P", (2, 1), 0)
    image.putpalette([0, 0, 0, 10, 20, 30])
    image.putpixel((1, 0), 1)
    image.save(tmp_path / "a.png", transparency=0)
    shown = read_rgb(tmp_path / "a.png")
    assert [shown.getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (10, 20, 30)]


def test_the_first_frame_of_an_animation_is_read(tmp_path):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert read_rgb(tmp_path / "a.gif").getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize("name", ["a.heic", "camera says.jpg"])
def test_heic_is_read_whatever_its_extension(tmp_path, name):
    from pillow_heif import from_pillow

    from_pillow(Image.new("RGB", (64, 48), (250, 10, 10))).save(tmp_path / "made.heic")
    (tmp_path / "made.heic").rename(tmp_path / name)
    code = (
        "import sys; from helpers.datasets import read_rgb; image = read_rgb(sys.argv[1]); "
        "print(image.size, image.getpixel((9, 9))[0] > 240)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / name)]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "(64, 48) True\n"


def test_avif_is_read(tmp_path):
    Image.new("RGB", (64, 48), (10, 250, 10)).save(tmp_path / "a.avif")
    assert read_rgb(tmp_path / "a.avif").size == (64, 48)


def test_a_jpeg_may_come_smaller_but_never_below_what_was_asked(tmp_path):
    Image.effect_noise((1600, 800), 50).convert("RGB").save(tmp_path / "a.jpg")
    assert read_rgb(tmp_path / "a.jpg").size == (1600, 800)
    assert read_rgb(tmp_path / "a.jpg", at_least=100).size == (200, 100)
    assert read_rgb(tmp_path / "a.jpg", at_least=150).size == (400, 200)
    assert read_rgb(tmp_path / "a.jpg", at_least=900).size == (1600, 800)


def test_a_decompression_bomb_is_refused(tmp_path, monkeypatch):
    Image.new("L", (400, 400)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(Unreadable, match="decompression bomb"):
        read_rgb(tmp_path / "a.png")
