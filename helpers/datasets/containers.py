"""What lies around the pixels of a JPEG or PNG file: markers, chunks, checksums, EXIF blocks.

Worker processes import this module: the standard library only.
"""

import struct
import zlib
from collections.abc import Iterator

PNG = b"\x89PNG\r\n\x1a\n"
_EXIF = b"Exif\0\0"
_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_PIXEL_TAGS = {0, *range(256, 263), 266, 273, *range(277, 280), 284, 317, *range(320, 326)}
_PIXEL_TAGS |= {338, 339, 347, *range(529, 533)}
_PIXEL_CHUNKS = {b"IHDR", b"PLTE", b"IDAT"}
_SCAN, _JFIF, _ADOBE, _COMMENT = 0xDA, 0xE0, 0xEE, 0xFE
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_LOSSLESS, _ARITHMETIC, _HIERARCHICAL = {0xC3, 0xC7, 0xCB, 0xCF}, {*range(0xC9, 0xD0)}, 0xDE


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, first byte, byte behind the last) of each segment up to the first scan's header."""
    at = 2
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 3:
        marker = data[at + 1]
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8:
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        yield marker, at, end
        if marker == _SCAN:
            return
        at = end


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(kind, first byte, byte behind the checksum) of each chunk; the last may end past `data`."""
    at = len(PNG)
    while at + 8 <= len(data):
        kind, end = data[at + 4 : at + 8], at + 12 + int.from_bytes(data[at : at + 4])
        yield kind, at, end
        at = end


def _is_sound(data: bytes, start: int, end: int) -> bool:
    return zlib.crc32(data[start + 4 : end - 4]) == int.from_bytes(data[end - 4 : end])


def _is_needed(data: bytes, kind: bytes, start: int, end: int) -> bool:
    critical = kind[:1].isupper()
    return critical or (kind == b"tRNS" and _is_sound(data, start, end))


def without_extras(data: bytes) -> bytes:
    """The JPEG or PNG without text, profiles and EXIF, none of which its pixels need.

    What lies between the segments of a JPEG's header goes as well.
    """
    if data.startswith(b"\xff\xd8"):
        kept = [
            (marker, start, end)
            for marker, start, end in jpeg_segments(data)
            if marker in (_JFIF, _ADOBE) or not (0xE0 <= marker <= 0xEF or marker == _COMMENT)
        ]
        if not kept or kept[-1][0] != _SCAN:
            return data
        return b"\xff\xd8" + b"".join(data[a:b] for _, a, b in kept) + data[kept[-1][2] :]
    if data.startswith(PNG):
        needed = [data[a:b] for kind, a, b in png_chunks(data) if _is_needed(data, kind, a, b)]
        return PNG + b"".join(needed)
    if data[:4] in _ORDERS:
        return _without_lost_values(data)
    return data


def _without_lost_values(data: bytes) -> bytes:
    """The TIFF file, where values behind its end that pixels do not need are emptied.

    Pillow stops reading the directory at the first of them, and with it misses how pixels lie.
    """
    changed = bytearray(data)
    for entry, tag, end in _directory(data):
        if end > len(data) and tag not in _PIXEL_TAGS:
            changed[entry + 2 : entry + 8] = struct.pack(_ORDERS[data[:4]] + "HI", 1, 1)
    return bytes(changed) if changed != data else data


def check_png(data: bytes) -> tuple[str | None, str | None]:
    """What is wrong with the pixels of a PNG file, and what is odd about the rest of it.

    A chunk that pixels depend on and that disagrees with its checksum, or ends behind the file, is
    damage: browsers and libpng refuse it, whatever Pillow makes of it.
    """
    problem, note, kind = None, "ends without its end marker; its pixels are whole", b""
    for kind, start, end in png_chunks(data):
        if kind == b"IEND":
            note = None if note and note.startswith("ends") else note
            break
        name = kind.decode("latin-1")
        if end > len(data):
            if kind in _PIXEL_CHUNKS:
                problem = problem or (
                    f"is cut short: the file ends at byte {len(data):,}, before the picture does"
                )
            break
        if not _is_sound(data, start, end):
            if kind in _PIXEL_CHUNKS:
                problem = problem or f"is damaged: the checksum of its {name} data is wrong"
            elif note and note.startswith("ends"):
                note = f"decodes all the same: wrong checksum of its {name} data"
    return problem, note


def is_cut_short(data: bytes) -> bool:
    """Whether a WebP, TIFF, JPEG 2000, HEIF or AVIF file says that it goes on behind its end."""
    if data[:4] == b"RIFF":
        return 8 + int.from_bytes(data[4:8], "little") > len(data)
    if data[:4] in _ORDERS:
        ends = [end for _, tag, end in _directory(data) if tag in _PIXEL_TAGS]
        return max(ends) > len(data)
    at = 0
    while data[4:8] in (b"ftyp", b"jP  ") and at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4])
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
        at += size or len(data) - at
        if size and size < 8:
            return False
    return at > len(data)


def _directory(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(first byte, tag, end of its value) of each entry in the first directory of a TIFF file.

    First comes the directory as a whole, with the tag 0.
    """
    order = _ORDERS[data[:4]]
    at = int.from_bytes(data[4:8], "little" if order == "<" else "big")
    if len(data) < 8 or at + 2 > len(data):
        yield at, 0, max(8, at + 2)
        return
    end = at + 2 + 12 * struct.unpack_from(order + "H", data, at)[0]
    yield at, 0, end
    for entry in range(at + 2, min(end, len(data) - 11), 12):
        tag, kind, number, value = struct.unpack_from(order + "HHII", data, entry)
        size = number * _SIZES.get(kind, 0)
        yield entry, tag, value + size if size > 4 else entry + 12


def unread_form(data: bytes) -> str | None:
    """The name of a form of JPEG or PNG that not every decoder reads, or None."""
    if data[12:16] == b"CgBI" and data.startswith(PNG):
        return "a PNG in the form of Apple's phones"
    if not data.startswith(b"\xff\xd8"):
        return None
    for marker, start, _ in jpeg_segments(data):
        if marker == _HIERARCHICAL:
            return "a hierarchical JPEG"
        if marker in _FRAMES:
            bits = data[start + 4] if start + 4 < len(data) else 8
            if marker in _LOSSLESS:
                return "a lossless JPEG"
            if marker in _ARITHMETIC:
                return "a JPEG with arithmetic coding"
            if marker in (0xC5, 0xC6):
                return "a hierarchical JPEG"
            return f"a JPEG of {bits} bits" if bits != 8 else None
    return None


def exif_block(data: bytes) -> bytes | None:
    """The EXIF block of a JPEG or PNG without its header, or None where there is none."""
    if data.startswith(b"\xff\xd8"):
        found = (
            data[a + 4 : b]
            for marker, a, b in jpeg_segments(data)
            if marker == 0xE1 and data[a + 4 : a + 8] == b"Exif"
        )
    elif data.startswith(PNG):
        found = (
            data[a + 8 : b - 4]
            for kind, a, b in png_chunks(data)
            if kind == b"eXIf" and _is_sound(data, a, b)  # libpng throws others away as well
        )
    else:
        return None
    block = next(found, None)
    while block and block.startswith(_EXIF):
        block = block[len(_EXIF) :]
    return block


def orientation_tag(block: bytes) -> int | None:
    """The orientation (1–8) in the first directory of an EXIF block, whatever else is broken."""
    order = _ORDERS.get(block[:4])
    if order is None or len(block) < 10:
        return None
    at = struct.unpack_from(order + "I", block, 4)[0]
    if at + 2 > len(block):
        return None
    count = struct.unpack_from(order + "H", block, at)[0]
    for entry in range(at + 2, min(at + 2 + 12 * count, len(block) - 11), 12):
        tag, kind, _, value = struct.unpack_from(order + "HHIH", block, entry)
        if tag == 274 and kind == 3:
            return value if 1 <= value <= 8 else None
    return None
