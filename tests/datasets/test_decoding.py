"""Damage is about pixels; scan, load and training agree on every file."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import open_dataset
from helpers.audit.measuring import measure_file
from helpers.datasets import DatasetError, read_rgb
from helpers.datasets.decoding import Unreachable, Unreadable, read_bytes
from helpers.training.decoding import decode_files
from tests.audit.awkward import encode, photo
from tests.audit.sets import real_photos

IMAGE = photo()
JPEG, PNG = encode(IMAGE, "JPEG", quality=90), encode(IMAGE, "PNG")
PROGRESSIVE = encode(IMAGE, "JPEG", progressive=True)
SCAN = JPEG.index(b"\xff\xda") + 14


def chunk(kind: bytes, data: bytes, crc: int | None = None) -> bytes:
    crc = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def with_chunk(*parts: bytes, at: int = 33) -> bytes:
    return PNG[:at] + b"".join(parts) + PNG[at:]


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def with_segment(*parts: bytes) -> bytes:
    return JPEG[:2] + b"".join(parts) + JPEG[2:]


def directory(*entries: tuple, order: str = "<", following: int = 0) -> bytes:
    """A TIFF directory of (tag, type, count, value as bytes)."""
    start = {"<": b"II*\0", ">": b"MM\0*"}[order]
    blob, at = b"", 8 + 2 + 12 * len(entries) + 4
    out = start + struct.pack(order + "IH", 8, len(entries))
    for tag, kind, count, value in entries:
        if len(value) > 4:
            value, blob = struct.pack(order + "I", at + len(blob)), blob + value
        out += struct.pack(order + "HHI", tag, kind, count) + value.ljust(4, b"\0")
    return out + struct.pack(order + "I", following) + blob


def exif(block: bytes) -> bytes:
    return with_segment(segment(0xE1, b"Exif\0\0" + block))


def position(latitude: tuple, longitude: tuple) -> bytes:
    """An EXIF block whose GPS directory holds these fractions."""
    start = 8 + 2 + 12 + 4
    gps = struct.pack("<H", 2)
    for number, tag in enumerate((2, 4)):
        gps += struct.pack("<HHII", tag, 5, 3, start + 2 + 24 + 4 + 24 * number)
    gps += bytes(4) + struct.pack("<6I", *latitude) + struct.pack("<6I", *longitude)
    pointer = (34853, 4, 1, struct.pack("<I", start))
    return directory(pointer) + gps


SIX = (274, 3, 1, struct.pack("<H", 6))
TURNED = directory(SIX)
LONG_TEXT = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(3 << 20)))
PROFILE = b"ICC_PROFILE\0"

WHOLE = {
    "EXIF without a header.png": with_chunk(chunk(b"eXIf", b"\0\x08\0\2\1\x12\0\3")),
    "EXIF of nothing.png": with_chunk(chunk(b"eXIf", b"")),
    "EXIF of noise.png": with_chunk(chunk(b"eXIf", b"II*\0\xff\xff\xff\x7f")),
    "EXIF empty.jpg": exif(b""),
    "EXIF cut.jpg": exif(TURNED[:9]),
    "EXIF behind the end.jpg": exif(b"MM\0*\xff\xff\xff\xff"),
    "EXIF pointing at itself.jpg": exif(directory((34665, 4, 1, struct.pack("<I", 8)))),
    "EXIF in a circle.jpg": exif(directory(following=8)),
    "EXIF of an unknown type.jpg": exif(directory((256, 99, 1, b"\1\0\0\0"))),
    "text over the limit.png": with_chunk(LONG_TEXT),
    "international text over the limit.png": with_chunk(
        chunk(b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(3 << 20)))
    ),
    "too many texts.png": with_chunk(*[chunk(b"tEXt", b"a\0" + b"x" * (1 << 20))] * 66),
    "text that does not unpack.png": with_chunk(chunk(b"zTXt", b"a\0\0not packed")),
    "profile that does not unpack.png": with_chunk(chunk(b"iCCP", b"a\0\0not packed")),
    "profile of an unknown kind.png": with_chunk(chunk(b"iCCP", b"a\0\7x")),
    "wrong checksum of text.png": with_chunk(chunk(b"tEXt", b"a\0b", crc=1)),
    "wrong checksum of EXIF.png": with_chunk(chunk(b"eXIf", TURNED, crc=1)),
    "size in metres cut.png": with_chunk(chunk(b"pHYs", b"\0")),
    "profile in pieces.jpg": with_segment(segment(0xE2, PROFILE + b"\2\3half of it")),
    "profile without numbers.jpg": with_segment(segment(0xE2, PROFILE)),
    "Photoshop block cut.jpg": with_segment(segment(0xED, b"Photoshop 3.0\x008BIM\4")),
    "pages that are not there.jpg": with_segment(segment(0xE2, b"MPF\0II*\0\xff\xff\0\0")),
    "words behind the end.jpg": JPEG + b"some words",
    "words before a segment.jpg": JPEG[:20] + b"some words" + JPEG[20:],
    "no end marker.png": PNG[:-12],
    "half an end marker.png": PNG[:-6],
    "no trailer.gif": encode(IMAGE, "GIF")[:-1],
    "grey.jpg": encode(IMAGE.convert("L"), "JPEG"),
    "of inks.jpg": encode(IMAGE.convert("CMYK"), "JPEG"),
    "progressive.jpg": PROGRESSIVE,
    "of few colours.jpg": encode(IMAGE, "JPEG", subsampling=0, keep_rgb=True),
    "restarts.jpg": encode(IMAGE, "JPEG", restart_marker_blocks=3),
    "wavelets.jp2": encode(IMAGE, "JPEG2000"),
}

TURNS = {
    "plain": exif(TURNED),
    "header twice": exif(b"Exif\0\0" + TURNED),
    "fraction of -1 by 0": exif(directory(SIX, (282, 10, 1, struct.pack("<ii", -1, 0)))),
    "fraction of 0 by 0": exif(directory(SIX, (282, 5, 1, struct.pack("<II", 0, 0)))),
    "other order of bytes": exif(directory((274, 3, 1, b"\0\6"), order=">")),
    "circle": exif(directory(SIX, following=8)),
    "camera's block behind the end": exif(directory(SIX, (34665, 4, 1, b"\xff\xff\xff\x7f"))),
    "position behind the end": exif(directory(SIX, (34853, 4, 1, b"\xff\xff\xff\x7f"))),
    "value behind the end": exif(
        directory(SIX, (271, 2, 99, b"\xff\xff\xff\x7fxx")[:3] + (b"\0",))
    ),
    "unknown type": exif(directory(SIX, (256, 99, 1, b"\1\0\0\0"))),
    "in a PNG": with_chunk(chunk(b"eXIf", TURNED)),
    "in a PNG with a header": with_chunk(chunk(b"eXIf", b"Exif\0\0" + TURNED)),
    "beside a text over the limit of PNG": with_chunk(LONG_TEXT, chunk(b"eXIf", TURNED)),
    "beside a broken Photoshop block": with_segment(
        segment(0xE1, b"Exif\0\0" + TURNED), segment(0xED, b"Photoshop 3.0\x008BIM\4")
    ),
}


def tiff(*more: tuple) -> bytes:
    """An unpacked TIFF of 96 × 64 in one strip, with further tags."""
    numbers = {256: 96, 257: 64, 259: 1, 262: 2, 277: 3, 278: 64}
    tags = [(tag, 3, 1, struct.pack("<H", value)) for tag, value in numbers.items()]
    tags += [(258, 3, 3, struct.pack("<3H", 8, 8, 8)), *more]
    tags += [(279, 4, 1, struct.pack("<I", 96 * 64 * 3)), (273, 4, 1, bytes(4))]
    header = directory(*sorted(tags))
    place = (273, 4, 1, struct.pack("<I", len(header)))
    return directory(*sorted([*tags[:-1], place])) + np.asarray(IMAGE).tobytes()


BEYOND = b"\xff\xff\xff\x7f"
OF_TIFF = {
    "plain": tiff(SIX),
    "camera's block behind the end": tiff(SIX, (34665, 4, 1, BEYOND)),
    "position behind the end": tiff(SIX, (34853, 4, 1, BEYOND)),
    "block pointing at itself": tiff(SIX, (34665, 4, 1, b"\x08\0\0\0")),
    "fraction of -1 by 0": tiff(SIX, (282, 10, 1, struct.pack("<ii", -1, 0))),
    "profile of noise": tiff(SIX, (34675, 7, 9, b"noprofile")),
    "unknown type": tiff(SIX, (40000, 99, 1, b"\1\0\0\0")),
    "words that are no XML": tiff(SIX, (700, 1, 9, b"<notxml<<")),
    "early text behind the end": tiff(SIX, (269, 2, 99, BEYOND)),
    "text behind the end": tiff(SIX, (270, 2, 99, BEYOND)),
    "late text behind the end": tiff(SIX, (305, 2, 99, BEYOND)),
    "fraction behind the end": tiff(SIX, (282, 5, 1, BEYOND)),
}


@pytest.mark.parametrize("name", OF_TIFF)
def test_broken_tags_that_pixels_do_not_need_are_passed_over_in_tiff(tmp_path, name):
    row = check_readable(tmp_path, "a.tif", OF_TIFF[name])
    assert row["orientation"] == 6
    upright = np.asarray(IMAGE.transpose(Image.Transpose.ROTATE_270))
    assert (np.asarray(read_rgb(tmp_path / "a.tif")) == upright).all()


@pytest.mark.parametrize("kind", [b"gAMA", b"cHRM", b"sRGB", b"bKGD", b"pHYs", b"tIME", b"acTL"])
def test_chunks_of_a_png_that_are_cut_are_passed_over(tmp_path, kind):
    check_readable(tmp_path, "a.png", with_chunk(chunk(kind, b"\0")))
    assert (np.asarray(read_rgb(tmp_path / "a.png")) == np.asarray(IMAGE)).all()


def test_transparency_counts_while_its_checksum_is_right(tmp_path):
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 0, 0, 0, 0)), (b"tRNS", b"\0\0"),
             (b"IDAT", zlib.compress(b"\0\0\x64")), (b"IEND", b"")]  # fmt: skip
    for crc, shown in ((None, [255, 100]), (1, [0, 100])):
        data = [chunk(*part, crc if part[0] == b"tRNS" else None) for part in parts]
        row = check_readable(tmp_path, "a.png", PNG[:8] + b"".join(data))
        assert np.asarray(read_rgb(tmp_path / "a.png"))[0, :, 0].tolist() == shown
        assert (row["note"] is None) == (crc is None)


def overwritten(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


TIFF = {kind: encode(IMAGE, "TIFF", compression=kind) for kind in ("raw", "tiff_lzw", "jpeg")}
GIF, WEBP, BMP = (encode(IMAGE, kind) for kind in ("GIF", "WEBP", "BMP"))
GREY = encode(IMAGE.convert("L"), "JPEG")
CMYK = encode(IMAGE.convert("CMYK"), "JPEG")
MIDDLE = len(JPEG) // 2
NOISE = b"\xa5\x5b\xc3" * 99
DAMAGED = {
    "1 byte short.jpg": (JPEG[:-1], "cut short"),
    "2 bytes short.jpg": (JPEG[:-2], "cut short"),
    "100 bytes short.jpg": (JPEG[:-100], "cut short"),
    "half.jpg": (JPEG[:MIDDLE], "cut short"),
    "header only.jpg": (JPEG[:SCAN], "cut short"),
    "header cut.jpg": (JPEG[:100], "cut short"),
    "half and an end marker.jpg": (JPEG[:MIDDLE] + b"\xff\xd9", "premature end of data"),
    "middle cut out.jpg": (JPEG[:MIDDLE] + JPEG[MIDDLE + 300 :], "Corrupt JPEG data"),
    "middle put in.jpg": (JPEG[:MIDDLE] + bytes(300) + JPEG[MIDDLE:], "Corrupt JPEG data"),
    "noise in the middle.jpg": (overwritten(JPEG, MIDDLE, NOISE), "Corrupt JPEG data"),
    "noise inside.jpg": (overwritten(JPEG, SCAN + 9, NOISE), "Corrupt JPEG data"),
    "zeros inside a grey.jpg": (overwritten(GREY, len(GREY) - 300, bytes(99)), "Corrupt JPEG"),
    "zeros inside inks.jpg": (overwritten(CMYK, len(CMYK) - 300, bytes(99)), "Corrupt JPEG"),
    "progressive half.jpg": (PROGRESSIVE[: len(PROGRESSIVE) // 2], "cut short"),
    "damaged behind words.jpg": (
        JPEG[:20] + b"words" + overwritten(JPEG, MIDDLE, NOISE)[20:], "Corrupt JPEG data"),
    "checksum.png": (PNG[:-16] + b"\0\0\0\0" + PNG[-12:], "checksum of its IDAT data"),
    "pixels changed.png": (overwritten(PNG, len(PNG) // 2, b"abc"), "checksum of its IDAT data"),
    "checksum of a palette.png": (
        with_chunk(chunk(b"PLTE", bytes(9), crc=5)), "checksum of its PLTE data"),
    "half.png": (PNG[: len(PNG) // 2], "cut short"),
    "4 bytes of pixels short.png": (PNG[:-20], "cut short"),
    "checksum missing.png": (PNG[:-14], "cut short"),
    "packed wrongly.png": (PNG[:33] + chunk(b"IDAT", b"no") + PNG[-12:], "cannot be decoded"),
    "half.gif": (GIF[: len(GIF) // 2], "cut short"),
    "half.webp": (WEBP[: len(WEBP) // 2], "cut short"),
    "1 byte short.webp": (WEBP[:-1], "cut short"),
    "half.bmp": (BMP[: len(BMP) // 2], "cut short"),
    "1 byte short.bmp": (BMP[:-1], "cut short"),
    "1 byte short.tif": (TIFF["raw"][:-1], "cut short"),
    "directory cut.tif": (TIFF["tiff_lzw"][:-2], "cut short"),
    "directory gone.tif": (TIFF["tiff_lzw"][:-400], "cut short"),
    "strips in JPEG cut.tif": (TIFF["jpeg"][:-1], "cut short"),
    "1 byte short.jp2": (encode(IMAGE, "JPEG2000")[:-1], "cut short"),
    "1 byte short.avif": (encode(IMAGE, "AVIF")[:-1], "cut short"),
}  # fmt: skip

FRAME = JPEG.index(b"\xff\xc0")
ELSEWHERE = directory((256, 3, 1, b"\x08\0"), (257, 3, 1, b"\x08\0"), (258, 3, 1, b"\x08\0"),
                      (259, 3, 1, b"\x48\x88"), (262, 3, 1, b"\1\0"), (273, 4, 1, b"\x08\0"),
                      (279, 4, 1, b"\x08\0"))  # fmt: skip
UNREAD = {
    "lossless.jpg": (overwritten(JPEG, FRAME + 1, b"\xc3"), "is a lossless JPEG"),
    "hierarchical.jpg": (overwritten(JPEG, FRAME + 1, b"\xc5"), "is a hierarchical JPEG"),
    "12 bits.jpg": (overwritten(JPEG, FRAME, b"\xff\xc1\0\x11\x0c"), "is a JPEG of 12 bits"),
    "from a phone.png": (
        PNG[:8] + chunk(b"CgBI", bytes(4)) + PNG[8:33] + chunk(b"IDAT", bytes(99)) + PNG[-12:],
        "Apple"),
    "a.jxl": (b"\xff\x0a" + bytes(99), "is JPEG XL"),
    "boxed.jxl": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(99), "is JPEG XL"),
    "a.jxr": (b"II\xbc\x01" + bytes(99), "is JPEG XR"),
    "a.dcm": (bytes(128) + b"DICM" + bytes(99), "is DICOM"),
    "a.exr": (b"v/1\x01" + bytes(99), "is OpenEXR"),
    "a.cr3": (b"\0\0\0\x18ftypcrx " + bytes(99), "is Canon RAW"),
    "a.mp4": (b"\0\0\0\x18ftypisom" + bytes(99), "is MP4 video"),
    "compression.tif": (ELSEWHERE, "is TIFF with compression 34888"),
    "compression.bmp": (overwritten(BMP, 30, b"\4"), "Unsupported BMP compression"),
    "numbers of 64 bits.tif": (
        ELSEWHERE.replace(b"\x48\x88", b"\1\0").replace(
            b"\2\1\3\0\1\0\0\0\x08", b"\2\1\3\0\1\0\0\0\x40"),
        "unknown pixel mode"),
}  # fmt: skip


def verdicts(tmp_path: Path, name: str, data: bytes) -> tuple[dict, str | None, bool]:
    """What the scan says, what load says (None when it loads), whether training reads it."""
    (tmp_path / name).write_bytes(data)
    dataset = open_dataset(tmp_path, progress=False)
    row = measure_file(str(tmp_path / name))
    assert "later" not in row
    try:
        said = None if dataset.load(name) else None
    except DatasetError as error:
        said = str(error)
    decoded = decode_files([(str(tmp_path / name), 32, "squish", None)], seconds=60)
    return row, said, "pixels" in decoded[0]


def check_readable(tmp_path, name, data):
    row, said, trained = verdicts(tmp_path, name, data)
    assert row["readable"], row["problem"]
    assert (said, trained) == (None, True)
    return row


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_broken_beside_the_pixels_is_no_damage(tmp_path, name):
    check_readable(tmp_path, name, WHOLE[name])
    shown = np.asarray(read_rgb(tmp_path / name)).astype(int)
    assert shown.shape == (64, 96, 3)
    grey = np.asarray(read_rgb(tmp_path / name).convert("L")).astype(int)
    assert np.abs(grey - np.asarray(IMAGE.convert("L"))).mean() < 9


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("EXIF without a header.png", "its EXIF block is damaged"),
        ("EXIF empty.jpg", "its EXIF block is damaged"),
        ("EXIF behind the end.jpg", "its EXIF block is damaged"),
        ("text over the limit.png", "without its text and profiles"),
        ("profile of an unknown kind.png", "Unknown compression method"),
        ("wrong checksum of text.png", "wrong checksum of its tEXt data"),
        ("no end marker.png", "ends without its end marker"),
    ],
)
def test_what_is_broken_beside_the_pixels_is_noted(tmp_path, name, words):
    assert words in check_readable(tmp_path, name, WHOLE[name])["note"]


@pytest.mark.parametrize("name", TURNS)
def test_a_picture_is_turned_where_its_orientation_can_be_read(tmp_path, name):
    row = check_readable(tmp_path, name + (".png" if "PNG" in name else ".jpg"), TURNS[name])
    assert row["orientation"] == 6
    file = next(tmp_path.iterdir())
    upright = np.asarray(IMAGE.transpose(Image.Transpose.ROTATE_270)).astype(int)
    assert np.abs(np.asarray(read_rgb(file)) - upright).mean() < 9


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_to_pixels_is_named_alike_by_scan_load_and_training(tmp_path, name):
    data, words = DAMAGED[name]
    row, said, trained = verdicts(tmp_path, name, data)
    assert (row["readable"], trained) == (False, False)
    assert words in row["problem"]
    assert said == f"'{name}' cannot be read: it {row['problem']}."


@pytest.mark.parametrize("name", UNREAD)
def test_a_form_that_no_decoder_reads_is_named_and_not_called_damaged(tmp_path, name):
    data, words = UNREAD[name]
    (tmp_path / name).write_bytes(data)
    row = measure_file(str(tmp_path / name))
    assert row["readable"] is False
    assert words in row["problem"]
    assert "a form that is not read here" in row["problem"]
    with pytest.raises(Unreadable) as error:
        read_rgb(tmp_path / name)
    assert str(error.value) == row["problem"]


def test_the_pixels_of_a_jpeg_are_those_that_pillow_decodes(tmp_path):
    for name, data in {"a": JPEG, "b": PROGRESSIVE, "c": GREY, "d": CMYK}.items():
        (tmp_path / name).write_bytes(data)
        expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        assert (np.asarray(read_rgb(tmp_path / name)) == expected).all()
    odd = encode(photo(333, 217), "JPEG")
    (tmp_path / "odd").write_bytes(odd)
    for short, size in ((27, (42, 28)), (54, (84, 55)), (60, (167, 109)), (200, (333, 217))):
        drafted = Image.open(io.BytesIO(odd))
        drafted.draft(None, (333 * short // 217, short))
        found = read_rgb(tmp_path / "odd", at_least=short)
        assert found.size == drafted.size == size
        assert (np.asarray(found) == np.asarray(drafted)).all()


@pytest.mark.parametrize(
    ("latitude", "longitude", "there"),
    [
        ((48, 1, 12, 1, 30, 1), (11, 1, 30, 1, 0, 1), True),
        ((0, 1, 0, 1, 0, 1), (11, 1, 30, 1, 0, 1), True),
        ((89, 1, 59, 1, 59, 1), (179, 1, 59, 1, 59, 1), True),
        ((48, 1, 1230, 100, 0, 1), (11, 1, 0, 1, 0, 1), True),
        ((90, 1, 0, 1, 0, 1), (180, 1, 0, 1, 0, 1), True),
        ((0, 1, 0, 1, 0, 1), (0, 1, 0, 1, 0, 1), False),
        ((0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0), False),
        ((48, 1, 12, 0, 30, 1), (11, 1, 30, 1, 0, 1), False),
        ((91, 1, 0, 1, 0, 1), (11, 1, 30, 1, 0, 1), False),
        ((48, 1, 0, 1, 0, 1), (181, 1, 0, 1, 0, 1), False),
    ],
)
def test_a_position_is_two_numbers_on_the_globe(tmp_path, latitude, longitude, there):
    (tmp_path / "a.jpg").write_bytes(exif(position(latitude, longitude)))
    row = measure_file(str(tmp_path / "a.jpg"))
    assert (row["gps"], row["readable"]) == (there, True)


@pytest.mark.parametrize(
    "block",
    [{}, {1: "N", 3: "E"}, {0: b"\2\3\0\0"}, {29: "2021:05:04"}, {2: (48.0, 12.0, 30.0)},
     {4: (11.0, 30.0, 0.0)} ],
)  # fmt: skip
def test_a_block_without_both_coordinates_is_no_position(tmp_path, block):
    facts = Image.Exif()
    facts[271] = "maker"
    facts.get_ifd(34853).update(block)
    (tmp_path / "a.jpg").write_bytes(encode(IMAGE, "JPEG", exif=facts))
    assert measure_file(str(tmp_path / "a.jpg"))["gps"] is False


def test_time_is_read_beside_a_broken_position(tmp_path):
    facts = Image.Exif()
    facts.get_ifd(34665)[36867] = "2021:05:04 03:02:01"
    facts.get_ifd(34853).update({2: (200.0, 0.0, 0.0)})
    (tmp_path / "a.jpg").write_bytes(encode(IMAGE, "JPEG", exif=facts))
    row = measure_file(str(tmp_path / "a.jpg"))
    assert (row["taken"], row["gps"]) == ("2021:05:04 03:02:01", False)


def test_what_the_system_does_not_hand_over_is_told_from_what_cannot_be_read(tmp_path):
    with pytest.raises(Unreachable, match="^is missing$"):
        read_bytes(str(tmp_path / "gone"))
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    for name, words in {"pipe": "is a named pipe", "empty": "is empty"}.items():
        with pytest.raises(Unreadable, match=words) as error:
            read_bytes(str(tmp_path / name))
        assert not isinstance(error.value, Unreachable)
    (tmp_path / "three").write_bytes(b"abc")
    assert (read_bytes(str(tmp_path / "three")), read_bytes(str(tmp_path / "three"), 2)) == (
        b"abc", b"ab")  # fmt: skip


def test_real_photos_with_injected_damage_are_told_from_untouched_ones(tmp_path):
    rng = np.random.default_rng(0)
    photos = real_photos(60)
    caught = {"cut": 0, "zeros": 0}
    for image_id in photos.images.index:
        data = photos.path(image_id).read_bytes()
        assert measure_file(str(photos.path(image_id)))["readable"]
        at = int(rng.integers(data.rindex(b"\xff\xda") + 20, len(data) - 200))
        for kind, changed in {"cut": data[:at], "zeros": overwritten(data, at, bytes(128))}.items():
            (tmp_path / "a.jpg").write_bytes(changed)
            caught[kind] += not measure_file(str(tmp_path / "a.jpg"))["readable"]
    assert caught["cut"] == len(photos)
    assert caught["zeros"] >= 0.75 * len(photos)
