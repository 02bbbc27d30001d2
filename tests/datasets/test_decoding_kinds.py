"""Files that are no pictures, or of a form that is not read, are called what they are."""

import os
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from helpers.audit.measuring import measure_file
from helpers.datasets import decoding, read_rgb
from helpers.datasets.decoding import Unreadable, note_oddities, open_image, read_bytes


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"\xff\x0a", "JPEG XL"), (b"\0\0\0\x0cJXL ", "JPEG XL"), (b"II\xbc\x01", "JPEG XR"),
        (b"\xff\xd8\xff\xf7", "JPEG-LS"), (b"v/1\x01", "OpenEXR"), (b"#?RADIANCE", "Radiance HDR"),
        (b"FUJIFILMCCD-RAW", "Fujifilm RAW"), (b"IIRO", "Olympus RAW"), (b"IIU\0", "Panasonic RAW"),
        (b"FOVb", "Sigma RAW"), (b"BPG\xfb", "BPG"), (b"\x89HDF", "HDF5"),
        (b"\0\0\0\x18ftypcrx ", "Canon RAW"), (b"\0\0\0\x18ftypisom", "MP4 video"),
        (b"\0\0\0\x18ftypmp42", "MP4 video"), (b"\0\0\0\x18ftypqt  ", "QuickTime video"),
        (bytes(128) + b"DICM", "DICOM"),
    ],
)  # fmt: skip
def test_files_of_pictures_that_are_not_read_are_named(tmp_path, start, name):
    said = problem_of(tmp_path, start + bytes(150))
    assert said == f"is {name}, a form that is not read here"


def test_a_file_of_more_than_a_gigabyte_is_not_read(tmp_path):
    with open(tmp_path / "a", "wb") as file:
        os.truncate(file.fileno(), 2**30 + 1)
    with pytest.raises(Unreadable, match=r"is too large to read \(1,073,741,825 bytes\)"):
        read_bytes(str(tmp_path / "a"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"%PDF-1.7 ...", "is not an image: it starts like a PDF"),
        (b"PK\x03\x04" + bytes(9), "is not an image: it starts like a ZIP archive"),
        (b"\x1f\x8b" + bytes(9), "is not an image: it starts like a gzip archive"),
        (b"version https://git-lfs.github.com/spec/v1\n",
         "is not an image: it starts like a Git LFS pointer"),
        (bytes(1200), "is not an image: all its 1,200 bytes are zero"),
        (b"\n <!DOCTYPE html><p>404", "is not an image: it is an HTML page"),
        (b"<HTML>", "is not an image: it is an HTML page"),
        (b"<?xml version='1.0'?><svg/>", "is not a picture of pixels: it is XML or SVG"),
        (b"<svg/>", "is not a picture of pixels: it is XML or SVG"),
        (b"a\tb\r\nc", "is not an image: it is plain text"),
        (b"x" * 96 + b"\xfc" * 4, "is not an image: it is plain text"),
        (b"x" * 95 + b"\xfc" * 5, "is not an image in any format known here (it starts with 78 78 "
         "78 78)"),
        (b"\x7f" * 9, "is not an image in any format known here (it starts with 7f 7f 7f 7f)"),
        (b"\x1f" * 9, "is not an image in any format known here (it starts with 1f 1f 1f 1f)"),
        (b"RIFF\x08\0\0\0WEBPnone", "has a damaged header: it starts like WEBP, in 16 bytes"),
        (b"RIFF\x08\0\0\0WAVEnone",
         "is not an image in any format known here (it starts with 52 49 46 46)"),
        (b"\0\0\0\x10ftypavifnone", "has a damaged header: it starts like AVIF, in 16 bytes"),
        (b"\0\0\0\x10ftypavisnone", "has a damaged header: it starts like AVIF, in 16 bytes"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_picture_is_called_what_it_is(tmp_path, data, said):
    assert problem_of(tmp_path, data) == said


def problem_of(tmp_path, data):
    (tmp_path / "a").write_bytes(data)
    return measure_file(str(tmp_path / "a"))["problem"]


def test_as_many_pixels_as_are_allowed_are_read_and_one_row_more_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "MAX_PIXELS", 40)
    for height in (5, 6):
        Image.fromarray(np.zeros((height, 8), np.uint8)).save(tmp_path / f"{height}.png")
    assert read_rgb(tmp_path / "5.png").size == (8, 5)
    with pytest.raises(Unreadable, match=r"^claims 8 × 6 pixels in \d+ bytes: refused as a decomp"):
        read_rgb(tmp_path / "6.png")


def test_a_name_that_says_another_format_is_noted_and_one_that_says_the_same_is_not(tmp_path):
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    for name, note in (("b.jpg", "is named .jpg but holds PNG"), ("c.PNG", None), ("d", None),
                       ("e.unknown", None)):  # fmt: skip
        (tmp_path / name).write_bytes((tmp_path / "a.png").read_bytes())
        assert measure_file(str(tmp_path / name))["note"] == note


def test_the_reader_of_heic_is_loaded_for_heic_alone(tmp_path, monkeypatch):
    pillow_heif = pytest.importorskip("pillow_heif")
    for kind in ("PNG", "AVIF"):
        Image.new("RGB", (8, 4), (90, 60, 30)).save(tmp_path / kind, kind)
    pillow_heif.from_pillow(Image.new("RGB", (64, 48), (90, 60, 30))).save(tmp_path / "HEIC.heic")
    monkeypatch.setattr(Image, "ID", [kind for kind in Image.ID if kind != "HEIF"])
    monkeypatch.setattr(Image, "OPEN", {k: v for k, v in Image.OPEN.items() if k != "HEIF"})
    for kind in ("PNG", "AVIF"):
        assert read_rgb(tmp_path / kind).size == (8, 4)
        assert "HEIF" not in Image.OPEN
    assert read_rgb(tmp_path / "HEIC.heic").size == (64, 48)
    assert "HEIF" in Image.OPEN


@pytest.mark.parametrize(
    ("name", "options", "pictures"),
    [
        ("a.tif", {"format": "TIFF"}, 3),
        ("a.png", {"format": "PNG"}, 3),
        ("a.webp", {"format": "WEBP"}, 3),
        ("a.gif", {"format": "GIF"}, 3),
        ("a.jpg", {"format": "MPO"}, None),  # as phones write a second view
    ],
)
def test_pages_and_frames_behind_the_first_are_told(name, options, pictures):
    first, *others = (Image.new("RGB", (20, 16), colour) for colour in ("red", "green", "blue"))
    buffer = BytesIO()
    first.save(buffer, save_all=True, append_images=others, **options)
    note = note_oddities(name, buffer.getvalue(), open_image(buffer.getvalue()))
    told = pictures and f"holds {pictures} pictures, of which the first alone is read"
    assert note == told


def test_smaller_versions_in_a_tiff_are_no_pages():
    buffer = BytesIO()
    sizes = [Image.new("RGB", (40 >> i, 32 >> i)) for i in range(3)]
    sizes[0].save(buffer, "TIFF", save_all=True, append_images=sizes[1:])
    assert note_oddities("a.tif", buffer.getvalue(), open_image(buffer.getvalue())) is None
