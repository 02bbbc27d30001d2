"""What lies around pixels: markers, chunks, directories, and forms that are not read."""

import pytest

from helpers.datasets.containers import (
    PNG,
    check_png,
    exif_block,
    is_cut_short,
    jpeg_segments,
    orientation_tag,
    png_chunks,
    unread_form,
    without_extras,
)
from tests.datasets import test_decoding as made

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
NEEDED = [256, 257, 258, 259, 260, 261, 262, 266, 273, 277, 278, 279, 284, 317, 320, 321, 322, 323,
          324, 325, 338, 339, 347, 529, 530, 531, 532]  # fmt: skip
OTHERS = [254, 255, 263, 267, 269, 270, 272, 274, 276, 280, 282, 305, 319, 326, 337, 340, 348, 528,
          533, 700, 34665, 34675]  # fmt: skip


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", SIZES)
def test_a_directory_ends_with_its_longest_value(kind, order):
    data = made.directory((273, kind, 9, bytes(9 * SIZES[kind])), order=order)
    assert [is_cut_short(data), is_cut_short(data[:-1])] == [False, True]


@pytest.mark.parametrize("tag", [*NEEDED, *OTHERS])
def test_only_values_that_pixels_need_make_a_tiff_cut_short(tag):
    data = made.directory((tag, 2, 99, made.BEYOND))
    assert is_cut_short(data) == (tag in NEEDED)
    assert (without_extras(data) == data) == (tag in NEEDED)
    assert len(without_extras(data)) == len(data)


@pytest.mark.parametrize(
    ("data", "cut"),
    [
        (b"RIFF\x04\0\0\0WEBP", False), (b"RIFF\x05\0\0\0WEBP", True),
        (b"\0\0\0\x0cftypavif", False), (b"\0\0\0\x0dftypavif", True),
        (b"\0\0\0\x0cftypavif\0\0\0\0mdat", False), (b"\0\0\0\x0cftypavif\0\0\0\x09mdat", True),
        (b"\0\0\0\x0cftypavif\0\0\0\1mdat\0\0\0\0\0\0\0\x10", False),
        (b"\0\0\0\x0cftypavif\0\0\0\1mdat\0\0\0\0\0\0\0\x11", True),
        (b"\0\0\0\x04ftypavif", False), (b"II*\0\x08", True), (b"II*\0\xff\0\0\0", True),
        (b"II*\0\x08\0\0\0\0\0", False), (b"II*\0\x08\0\0\0\1\0", True),
        (made.directory((256, 3, 1, b"\1\0")), False),
        # An empty box, and one behind it that is cut.
        (b"\0\0\0\x0cftypavif\0\0\0\x08free\0\0\0\x08mdat", False),
        (b"\0\0\0\x0cftypavif\0\0\0\x08free\0\0\0\x09mdat", True),
        (b"no picture", False),
    ],
)  # fmt: skip
def test_a_container_that_goes_on_behind_the_end_is_cut_short(data, cut):
    assert is_cut_short(data) is cut


@pytest.mark.parametrize(
    ("marker", "bits", "form"),
    [
        (0xC0, 8, None), (0xC1, 8, None), (0xC2, 8, None), (0xC0, 12, "a JPEG of 12 bits"),
        (0xC1, 12, "a JPEG of 12 bits"), (0xC2, 16, "a JPEG of 16 bits"),
        (0xC3, 8, "a lossless JPEG"), (0xC5, 8, "a hierarchical JPEG"),
        (0xC6, 8, "a hierarchical JPEG"), (0xC7, 8, "a lossless JPEG"),
        (0xC9, 8, "a JPEG with arithmetic coding"), (0xCA, 8, "a JPEG with arithmetic coding"),
        (0xCB, 8, "a lossless JPEG"), (0xDE, 8, "a hierarchical JPEG"),
        (0xCD, 8, "a JPEG with arithmetic coding"), (0xCF, 8, "a lossless JPEG"),
        (0xC4, 12, None), (0xC8, 12, None), (0xCC, 12, None), (0xDB, 12, None),
    ],
)  # fmt: skip
def test_the_form_of_a_jpeg_is_told_by_its_frame(marker, bits, form):
    frame = made.segment(marker, bytes([bits, 0, 8, 0, 8, 1, 1, 0x11, 0]))
    assert unread_form(b"\xff\xd8" + made.segment(0xE0, b"JFIF\0") + frame + bytes(9)) == form


def test_a_png_of_a_phone_is_told_by_its_first_chunk():
    phone = made.PNG[:8] + made.chunk(b"CgBI", bytes(4)) + made.PNG[8:]
    assert unread_form(phone) == "a PNG in the form of Apple's phones"
    assert unread_form(made.PNG) is None


def test_segments_follow_each_other_up_to_the_scan():
    found = [*jpeg_segments(made.JPEG)]
    assert [marker for marker, _, _ in found] == [
        0xE0, 0xDB, 0xDB, 0xC0, 0xC4, 0xC4, 0xC4, 0xC4, 0xDA]  # fmt: skip
    assert all(end == start for (_, _, end), (_, start, _) in zip(found, found[1:], strict=False))
    assert found[0][1] == 2
    # Fill bytes and markers without a length are stepped over.
    alone = b"".join(b"\xff" + bytes([code]) for code in (0, 1, 0xD0, 0xD7, 0xD8, 0xFF))
    filled = [*jpeg_segments(made.JPEG[:2] + alone + made.JPEG[2:])]
    assert filled == [(code, start + 12, end + 12) for code, start, end in found]


def test_chunks_follow_each_other_and_a_few_bytes_behind_them_are_none():
    found = [*png_chunks(made.PNG)]
    assert found[0] == (b"IHDR", 8, 33) and found[-1][0] == b"IEND"
    for more in range(8):
        assert [*png_chunks(made.PNG + bytes(more))] == found
    assert [*png_chunks(made.PNG + bytes(8))][-1] == (bytes(4), len(made.PNG), len(made.PNG) + 12)


def test_what_is_left_without_extras_is_what_pixels_need():
    extra = made.with_segment(made.segment(0xE1, b"Exif\0\0x"), made.segment(0xFE, b"words"))
    assert without_extras(extra) == without_extras(made.JPEG) == made.JPEG
    adobe = made.with_segment(made.segment(0xEE, b"Adobe"))
    assert without_extras(adobe) == adobe
    reserved = made.with_segment(made.segment(0xF0, b"x"))
    assert without_extras(reserved) == reserved
    text = made.with_chunk(made.chunk(b"tEXt", b"a\0b"))
    assert without_extras(text) == made.PNG
    assert without_extras(b"something else") == b"something else"


def test_a_png_is_checked_up_to_its_end_marker():
    assert check_png(made.PNG) == (None, None)
    assert check_png(made.PNG + b"behind it") == (None, None)
    assert check_png(made.PNG[:-12])[1].startswith("ends without its end marker")
    texts = made.chunk(b"tEXt", b"a\0b", crc=1), made.chunk(b"iTXt", b"a\0b", crc=1)
    assert check_png(made.with_chunk(*texts)) == (
        None,
        "decodes all the same: wrong checksum of its tEXt data",
    )


def test_an_orientation_is_read_from_its_own_entry_alone():
    for order, value in (("<", b"\6\0"), (">", b"\0\6")):
        before = (256, 3, 1, b"\1\1")
        block = made.directory(before, (274, 3, 1, value), order=order)
        assert orientation_tag(block) == 6
        assert orientation_tag(block[:-4]) == 6
        assert orientation_tag(block[:30]) is None
    for value, found in ((0, None), (1, 1), (8, 8), (9, None)):
        assert orientation_tag(made.directory((274, 3, 1, bytes([value, 0])))) == found
    assert orientation_tag(made.directory((274, 4, 1, b"\6\0\0\0"))) is None
    assert [orientation_tag(data) for data in (b"", b"II*\0", b"XX*\0" + bytes(9))] == [None] * 3


def test_an_exif_block_is_found_without_its_headers():
    assert exif_block(made.exif(made.TURNED)) == made.TURNED
    assert exif_block(made.exif(b"Exif\0\0" + made.TURNED)) == made.TURNED
    assert exif_block(made.with_chunk(made.chunk(b"eXIf", made.TURNED))) == made.TURNED
    assert exif_block(made.with_chunk(made.chunk(b"eXIf", made.TURNED, crc=3))) is None
    assert [exif_block(data) for data in (made.JPEG, made.PNG, PNG, b"GIF89a")] == [None] * 4
