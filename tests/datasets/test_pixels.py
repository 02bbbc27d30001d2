import struct
import subprocess
import sys
import zlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageOps

from helpers import open_dataset
from helpers.audit import scan
from helpers.audit.measuring import measure_file
from helpers.datasets import read_rgb, to_rgb
from helpers.datasets.decoding import Unreadable, open_image
from helpers.datasets.pixels import decode, find_levels
from helpers.training.caching import decode as cached
from helpers.training.decoding import fit
from tests.audit.awkward import encode, photo


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


def shades(top, width=256):
    """A ramp of 16-bit numbers from 0 to `top`."""
    return np.linspace(0, top, width).round().astype(np.uint16)[None].repeat(4, axis=0)


def deep_png(values):
    """A PNG of 16 bits a channel; `values` are uint16, height × width × channels."""
    kinds = {1: 0, 2: 4, 3: 2, 4: 6}
    height, width, channels = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kinds[channels], 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def deep_tiff(values, order="<"):
    """An unpacked TIFF of 16-bit colour."""
    height, width, channels = values.shape
    at = 8 + 2 + 9 * 12 + 4
    entries = [
        (256, 3, 1, width), (257, 3, 1, height), (258, 3, channels, at), (259, 3, 1, 1),
        (262, 3, 1, 2), (273, 4, 1, at + 2 * channels), (277, 3, 1, channels),
        (278, 3, 1, height), (279, 4, 1, values.nbytes),
    ]  # fmt: skip
    out = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "IH", 8, len(entries))
    for tag, kind, count, value in entries:
        short = kind == 3 and count == 1
        packed = struct.pack(order + "HH", value, 0) if short else struct.pack(order + "I", value)
        out += struct.pack(order + "HHI", tag, kind, count) + packed
    out += bytes(4) + struct.pack(f"{order}{channels}H", *[16] * channels)
    return out + values.astype(order + "u2").tobytes()


@pytest.mark.parametrize(
    ("top", "white"),
    [(1, 255), (255, 255), (256, 1023), (1023, 1023), (1024, 4095), (4000, 4095), (4095, 4095),
     (4096, 16383), (16383, 16383), (16384, 65535), (65535, 65535)],
)  # fmt: skip
def test_white_is_the_least_number_of_bits_that_holds_the_greatest_value(tmp_path, top, white):
    values = shades(top)
    colour = np.stack([values, values // 2, values // 3], axis=-1)
    Image.fromarray(values).save(tmp_path / "a.png")
    Image.fromarray(values).save(tmp_path / "b.tif", compression="tiff_lzw")
    (tmp_path / "c.png").write_bytes(deep_png(colour))
    (tmp_path / "d.tif").write_bytes(deep_tiff(colour))
    (tmp_path / "e.tif").write_bytes(deep_tiff(colour, ">"))
    expected = (colour / white * 255).round()
    for path in sorted(tmp_path.iterdir()):
        assert find_levels([path]) == white
        shown = np.asarray(read_rgb(path, levels=white)).astype(int)
        wanted = expected if path.name > "c" else expected[..., :1]
        assert np.abs(shown - wanted).max() <= (1 if white == 65535 else 0), path.name
        data = path.read_bytes()
        highest = decode(open_image(data), data)[1]
        assert highest == (top | 255 if top > 16383 and path.name > "c" else top)


@pytest.mark.parametrize("channels", [2, 4])
def test_how_opaque_a_pixel_is_has_no_levels(tmp_path, channels):
    values = np.zeros((2, 2, channels), np.uint16)
    values[..., :-1], values[0, 0, -1], values[1, 1, -1] = 1023, 65535, 65535
    values[0, 0, :-1] = 0
    (tmp_path / "a.png").write_bytes(deep_png(values))
    assert find_levels([tmp_path / "a.png"]) == 1023
    shown = np.asarray(read_rgb(tmp_path / "a.png", levels=1023))[..., 0]
    assert shown.tolist() == [[0, 255], [255, 255]]  # clear pixels lie on white
    half = np.full((1, 1, 4), 511, np.uint16)
    half[..., 3] = 32896
    (tmp_path / "b.png").write_bytes(deep_png(half))
    assert np.asarray(read_rgb(tmp_path / "b.png", levels=1023))[0, 0].tolist() == [191] * 3


@pytest.mark.parametrize(
    ("tops", "white"),
    [([250, 260, 4000], 4095), ([250, 260], 1023), ([250], 255), ([4000, 20_000, 3], 65535),
     ([4095, 0], 4095),
     ([16383, 20_000], 65535), ([], 65535)],
)  # fmt: skip
def test_one_decision_for_all_pictures_and_a_dimmer_one_is_never_brighter(tmp_path, tops, white):
    for top in tops:
        (tmp_path / "a").mkdir(exist_ok=True)
        Image.fromarray(shades(top)).save(tmp_path / f"a/{top:05}.png")
    Image.new("RGB", (9, 9)).save(tmp_path / "eight bits.png")
    dataset = open_dataset(tmp_path, progress=False)
    assert dataset.levels == white
    means = []
    for top in sorted(tops):
        alone = open_dataset(tmp_path, progress=False).load(f"a/{top:05}.png")
        expected = (shades(top) / white * 255).round()
        assert (np.asarray(alone)[..., 0] == expected).all()
        means.append(expected.mean())
    assert means == sorted(means)


def test_scan_load_parts_and_training_take_the_same_white(tmp_path):
    for top in (250, 900, 4000):
        Image.fromarray(shades(top)).save(tmp_path / f"{top:04}.png")
    (tmp_path / "broken.png").write_bytes((tmp_path / "4000.png").read_bytes()[:60])
    whole = open_dataset(tmp_path, progress=False)
    dim = whole.with_images(whole.images.loc[["0250.png"]])
    assert (dim.levels, dim.with_images(dim.images).levels) == (4095, 4095)
    table = scan(dim, workers=0, progress=False)
    assert table.loc["0250.png", ["highest", "levels"]].tolist() == [250, 4095]
    assert table.loc["0250.png", "brightest"] == pytest.approx(250 / 4095, abs=0.01)
    everything = scan(whole, workers=0, progress=False)
    assert everything["levels"].dropna().tolist() == [4095] * 3
    assert everything["highest"].dropna().tolist() == [250, 900, 4000]
    pd.testing.assert_series_equal(everything.loc["0250.png"], table.loc["0250.png"])
    assert everything.attrs["notes"] == [
        "3 images hold numbers of 16 bits, none above 4,000: they were taken for pictures of "
        "12 bits, and 4,095 for white in each."
    ]
    pixels = cached(dim, 16, workers=0, progress=False)
    assert pixels.levels == 4095
    assert (pixels.take(["0250.png"])[0] == fit(dim.load("0250.png"), 16, "squish")).all()
    Image.fromarray(shades(60_000)).save(tmp_path / "z.png")
    brighter = open_dataset(tmp_path, progress=False)
    assert brighter.levels == 65535
    again = scan(brighter, workers=0, progress=False)
    assert again.loc["0250.png", "brightest"] == pytest.approx(250 / 65535, abs=0.01)
    assert again.attrs["notes"] == []


def test_numbers_that_have_no_levels_of_their_own_are_left_alone(tmp_path):
    (tmp_path / "stretched.pgm").write_bytes(b"P5 2 1 1023 " + struct.pack(">HH", 0, 1023))
    Image.fromarray(np.array([[0, 70_000]], np.int32)).save(tmp_path / "wide.tif")
    Image.fromarray(np.array([[-5, 5]], np.int32)).save(tmp_path / "signed.tif")
    Image.fromarray(np.array([[0.0, 0.5]], np.float32)).save(tmp_path / "float.tif")
    Image.new("L", (2, 1)).save(tmp_path / "eight.png")
    assert find_levels(sorted(tmp_path.iterdir())) == 65535
    for path in sorted(tmp_path.glob("*.[pt][gi][mf]")):
        assert np.asarray(read_rgb(path, levels=4095))[0, :, 0].tolist() == [0, 255], path.name


def test_no_file_without_16_bits_is_decoded_to_find_the_levels(tmp_path, monkeypatch):
    for name in ("a.png", "b.jpg", "c.gif", "d.webp", "e.bmp", "f.ppm", "g.avif"):
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    monkeypatch.setattr("helpers.datasets.pixels.open_image", None)
    assert find_levels(sorted(tmp_path.iterdir())) == 65535


@pytest.mark.parametrize("name", ["grey.png", "colour.png"])
def test_what_is_brighter_than_white_is_white(tmp_path, name):
    values = shades(4095)
    Image.fromarray(values).save(tmp_path / "grey.png")
    (tmp_path / "colour.png").write_bytes(deep_png(np.stack([values] * 3, axis=-1)))
    shown = np.asarray(read_rgb(tmp_path / name, levels=1023))[0, :, 0].astype(int)
    assert (np.diff(shown) >= 0).all() and shown[64:].tolist() == [255] * 192


def test_what_a_decoder_says_is_cut_to_a_line(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise ValueError("x" * 300)

    Image.new("L", (2, 2)).save(tmp_path / "a.png")
    monkeypatch.setattr("helpers.datasets.pixels.to_rgb", fail)
    with pytest.raises(Unreadable) as error:
        read_rgb(tmp_path / "a.png")
    assert str(error.value) == f"cannot be decoded: ValueError: {'x' * 300}"[:160]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_undone_alike_in_every_format(tmp_path, orientation):
    block = Image.Exif()
    block[274] = orientation
    for kind in ("PNG", "TIFF", "WEBP"):
        options = {"lossless": True} if kind == "WEBP" else {}
        data = encode(photo(), kind, exif=block, **options)
        (tmp_path / "a").write_bytes(data)
        with Image.open(tmp_path / "a") as image:
            expected = np.asarray(ImageOps.exif_transpose(image))
        assert (np.asarray(read_rgb(tmp_path / "a")) == expected).all(), kind
        assert expected.shape[:2] == ((64, 96) if orientation < 5 else (96, 64))
        row = measure_file(str(tmp_path / "a"))
        assert (row["orientation"], row["readable"]) == (orientation, True)


def test_sixteen_bits_in_the_other_order_of_bytes_are_the_same_picture(tmp_path):
    values = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64) * 20
    Image.fromarray(values).save(tmp_path / "little.tif")
    other = Image.frombytes("I;16B", (64, 48), values.astype(">u2").tobytes())
    other.save(tmp_path / "big.tif")
    with Image.open(tmp_path / "big.tif") as image:
        assert image.mode == "I;16B"
    little, big = (np.asarray(read_rgb(tmp_path / f"{name}.tif")) for name in ("little", "big"))
    assert np.array_equal(little, big)
    assert big.max() == 239 and find_levels([tmp_path / "big.tif"]) == 65535  # 61,420 of 65,535


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_pixels_without_a_finite_value_do_not_make_a_float_picture_dark(odd):
    values = np.linspace(0, 1, 30 * 20, dtype=np.float32).reshape(20, 30)
    whole = np.asarray(to_rgb(Image.fromarray(values.copy())))
    values[3, 4] = odd
    found = np.array(to_rgb(Image.fromarray(values)))
    assert found[3, 4].tolist() == ([255] * 3 if odd == np.inf else [0] * 3)
    found[3, 4] = whole[3, 4]
    assert np.array_equal(found, whole)


def test_a_float_picture_of_nothing_finite_is_black():
    empty = np.full((5, 6), np.nan, np.float32)
    assert np.asarray(to_rgb(Image.fromarray(empty))).max() == 0
