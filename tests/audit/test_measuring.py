"""What is measured of one file: numbers against scipy and loops, EXIF by its own entries."""

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational
from scipy.ndimage import convolve
from scipy.stats import entropy

from helpers.audit.measuring import (
    _describe_colour,
    _describe_light,
    _has_position,
    describe_sharpness,
    measure_file,
    measure_files,
)
from tests.audit.awkward import photo


def pixels_of(seed, height=30, width=41):
    rng = np.random.default_rng(seed)
    return rng.choice(rng.integers(0, 256, 40), (height, width)).astype(np.uint8)


@pytest.mark.parametrize("seed", range(5))
def test_light_is_described_by_the_statistics_of_the_pixels(seed):
    pixels = pixels_of(seed)
    pixels[0, :seed] = [255, 250, 249, 0][:seed]
    counts = np.bincount(pixels.ravel(), minlength=256)
    found = _describe_light(counts.astype(float))
    expected = {
        "brightness": pixels.mean() / 255,
        "contrast": pixels.std() / 255,
        "entropy": entropy(counts, base=2),
        "clipped": (pixels >= 250).mean(),
    }
    for name, percent in (("darkest", 1), ("shadows", 5), ("midtones", 50), ("highlights", 95),
                          ("brightest", 99)):  # fmt: skip
        expected[name] = np.percentile(pixels, percent, method="inverted_cdf") / 255
    assert found == pytest.approx(expected, abs=1e-9)


def test_one_level_has_no_contrast_and_no_entropy():
    for level in (0, 249, 250, 255):
        found = _describe_light(np.bincount([level] * 7, minlength=256).astype(float))
        assert (found["contrast"], found["entropy"]) == (pytest.approx(0, abs=1e-7), 0)
        assert found["clipped"] == (level >= 250)
        assert found["darkest"] == found["brightest"] == level / 255


@pytest.mark.parametrize("seed", range(3))
def test_colour_is_described_as_hasler_and_suesstrunk_do(seed):
    rgb = np.random.default_rng(seed).integers(0, 256, (9, 11, 3)).astype(np.uint8)
    red, green, blue = rgb.reshape(-1, 3).astype(float).T
    one, other = red - green, (red + green) / 2 - blue
    colourful = np.hypot(one.std(), other.std()) + 0.3 * np.hypot(one.mean(), other.mean())
    saturation = [1 - (min(p) + 1) / (max(p) + 1) for p in rgb.reshape(-1, 3).astype(float)]
    found = _describe_colour(Image.fromarray(rgb))
    assert found["colourfulness"] == pytest.approx(colourful, rel=1e-5)
    assert found["saturation"] == pytest.approx(np.mean(saturation), rel=1e-5)


@pytest.mark.parametrize("shape", [(12, 12), (12, 40), (33, 17)])
def test_sharpness_is_the_variance_of_the_laplacian_and_detail_lies_where_light_changes(shape):
    grey = pixels_of(3, *shape)
    kernel = np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]])
    laplacian = convolve(grey.astype(float), kernel)[1:-1, 1:-1]
    found = describe_sharpness(grey)
    assert found["sharpness"] == pytest.approx(laplacian.var(), rel=1e-4)
    weights, lit = 0.0, 0.0
    for row in range(shape[0]):
        for column in range(shape[1]):
            for down, right in ((0, 2), (2, 0)):
                if row - down >= 0 <= column - right and row + down < shape[0]:
                    if column + right >= shape[1]:
                        continue
                    ends = grey[row + down, column + right], grey[row - down, column - right]
                    change = abs(int(ends[0]) - int(ends[1]))
                    weights, lit = weights + change, lit + change * int(grey[row, column])
    assert found["detail_brightness"] == pytest.approx(lit / weights / 255, rel=1e-4)


def test_what_is_too_small_or_flat_has_no_detail():
    assert describe_sharpness(pixels_of(1, 11, 60)) == {"sharpness": 0}
    assert describe_sharpness(pixels_of(1, 60, 11)) == {"sharpness": 0}
    assert describe_sharpness(np.full((20, 20), 9, np.uint8)) == {"sharpness": 0}


def position(latitude, longitude):
    exif = Image.Exif()
    block = exif.get_ifd(34853)
    for tag, value in ((2, latitude), (4, longitude)):
        if value is not None:
            block[tag] = value
    exif[34853] = block
    return exif


@pytest.mark.parametrize(
    ("latitude", "longitude", "told"),
    [
        ((47.0, 30.0, 0.0), (8.0, 0.0, 0.0), True),
        ((90.0, 0.0, 0.0), (180.0, 0.0, 0.0), True),
        ((90.0, 0.0, 1.0), (8.0, 0.0, 0.0), False),
        ((89.0, 61.0, 0.0), (8.0, 0.0, 0.0), False),
        ((47.0, 0.0, 0.0), (180.0, 0.5, 0.0), False),
        ((47.0, 0.0, 0.0), (-180.0, 0.0, 0.0), True),
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), False),
        ((0.0, 0.0, 0.0), (8.0, 0.0, 0.0), True),
        ((47.0, 30.0, 0.0), None, False),
        (None, (8.0, 0.0, 0.0), False),
        (47.5, 8.0, True),
        ((), (8.0,), False),
        ((IFDRational(47, 1), IFDRational(0, 0)), (8.0,), False),
    ],
)
def test_a_position_is_two_angles_on_the_globe_that_are_not_both_zero(latitude, longitude, told):
    assert _has_position(position(latitude, longitude)) is told
    assert _has_position(Image.Exif()) is False


def test_a_file_is_measured_on_a_copy_of_128_to_255_pixels(tmp_path):
    picture = photo(400, 300, 1)
    picture.save(tmp_path / "a.png")
    found = measure_file(str(tmp_path / "a.png"))
    copy = picture.reduce(3)
    grey = np.asarray(copy.convert("L"))
    assert (found["width"], found["height"], found["mode"]) == (400, 300, "RGB")
    assert found["brightness"] == pytest.approx(grey.mean() / 255)
    assert found["sharpness"] == pytest.approx(describe_sharpness(grey)["sharpness"])
    assert found["saturation"] == _describe_colour(copy.reduce(2))["saturation"]
    thumbnail = copy.convert("L").resize((32, 32), Image.Resampling.LANCZOS).reduce(2)
    assert found["thumbnail"] == thumbnail.tobytes()
    assert "highest" not in found and found["orientation"] == 1 and not found["gps"]
    for side, reduced in ((32, False), (33, True)):
        small = photo(side, side, 2)
        small.save(tmp_path / "b.png")
        colour = _describe_colour(small.reduce(2) if reduced else small)
        assert measure_file(str(tmp_path / "b.png"))["saturation"] == colour["saturation"]


def test_a_picture_turned_by_its_exif_tag_is_measured_upright(tmp_path):
    picture, tag = photo(120, 80, 3), Image.Exif()
    tag[274] = 6
    picture.save(tmp_path / "plain.png")
    picture.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png", exif=tag)
    plain, turned = (measure_file(str(tmp_path / f"{name}.png")) for name in ("plain", "turned"))
    assert (turned["orientation"], plain["orientation"]) == (6, 1)
    assert turned["thumbnail"] == plain["thumbnail"] and turned["phash"] == plain["phash"]
    assert (turned["width"], turned["height"]) == (80, 120)


def written(tmp_path, name, image, **options):
    image.save(tmp_path / name, **options)
    return measure_file(str(tmp_path / name))


def dated(taken="2021:05:04 03:02:01\0", **tags):
    exif = Image.Exif()
    exif.get_ifd(34665)[36867] = taken
    exif.update({int(tag[1:]): value for tag, value in tags.items()})
    return exif


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_the_time_a_photo_was_taken_is_that_of_its_exposure_and_not_of_its_editing(tmp_path, name):
    edited = dated(_306="2023:01:01 00:00:00")
    assert written(tmp_path, name, photo(), exif=edited)["taken"] == "2021:05:04 03:02:01"
    only = Image.Exif()
    only[306] = "2023:01:01 00:00:00"
    found = written(tmp_path, name, photo(), exif=only)
    assert (found["taken"], found["gps"], found["orientation"]) == (None, False, 1)
    assert found["note"] is None


@pytest.mark.parametrize(
    ("block", "damaged"),
    [
        (dated().tobytes(), False),
        (b"Exif\0\0MM\0*\0\0\xff\xff", True),
        (b"Exif\0\0what is this", True),
        (dated(_282=IFDRational(72, 0)).tobytes(), True),  # so many dots to no inch
        (dated(_282=IFDRational(72, 1)).tobytes(), False),
    ],
)
def test_a_damaged_block_of_exif_is_noted_and_costs_no_pixel(tmp_path, block, damaged):
    found = written(tmp_path, "a.jpg", photo(), exif=block)
    assert (found["note"] == "its EXIF block is damaged") is damaged and found["readable"]
    assert found["brightness"] == written(tmp_path, "b.jpg", photo())["brightness"]


@pytest.mark.parametrize(("name", "frames"), [("a.gif", 3), ("a.tif", 3), ("a.png", 3)])
def test_frames_are_counted_where_a_format_has_several(tmp_path, name, frames):
    more = {"save_all": True, "append_images": [photo(seed=1), photo(seed=2)]}
    assert written(tmp_path, name, photo(), **more)["frames"] == frames
    assert written(tmp_path, "b.bmp", photo())["frames"] == 1
    assert written(tmp_path, name, photo())["frames"] == 1


def test_values_of_sixteen_bits_are_told_with_what_was_taken_for_white(tmp_path):
    deep = np.linspace(0, 4000, 64 * 64).reshape(64, 64).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "a.png")
    dim, bright = (measure_file(str(tmp_path / "a.png"), levels) for levels in (65535, 4095))
    assert measure_file(str(tmp_path / "a.png")) == dim
    assert measure_files([str(tmp_path / "a.png")]) == [dim]
    assert (dim["highest"], dim["levels"], bright["levels"]) == (4000, 65535, 4095)
    assert dim["mode"] == "I;16"
    assert bright["brightness"] == pytest.approx(2000 / 4095, abs=0.01)
    assert dim["brightness"] == pytest.approx(2000 / 65535, abs=0.01)


def test_a_transparent_palette_is_seen_on_white_and_large_ones_are_reduced_in_colour(tmp_path):
    seen = photo(600, 300, 4).quantize(16)
    full = seen.convert("RGB").resize((200, 100), Image.Resampling.BOX)
    plain = written(tmp_path, "a.png", seen)
    assert plain["brightness"] == pytest.approx(
        np.asarray(full.convert("L")).mean() / 255, abs=0.02
    )
    clear = written(tmp_path, "b.png", seen, transparency=bytes(16))
    assert clear["brightness"] == 1 and clear["thumbnail"] == bytes([255] * 256)


@pytest.mark.parametrize("side", [127, 128, 255, 256, 257])
def test_the_copy_has_at_least_128_pixels_or_as_many_as_the_file(tmp_path, side):
    picture = photo(side, side, 5)
    grey = picture.reduce(side // 128) if side >= 256 else picture
    sharp = describe_sharpness(np.asarray(grey.convert("L")))["sharpness"]
    assert written(tmp_path, "a.png", picture)["sharpness"] == pytest.approx(sharp)


def test_why_a_file_cannot_be_measured_is_told_in_at_most_160_letters(tmp_path, monkeypatch):
    photo().save(tmp_path / "a.png")

    def fail(*_):
        raise RuntimeError("x" * 500)

    monkeypatch.setattr("helpers.audit.measuring.decode", fail)
    found = measure_file(str(tmp_path / "a.png"))
    said = "cannot be decoded: RuntimeError: "
    assert found["problem"] == said + "x" * (160 - len(said)) and not found["readable"]
    gone = measure_file(str(tmp_path / "gone.png"))
    assert (gone["problem"], gone["later"], found.get("later")) == ("is missing", True, None)
