"""Open one image file and say exactly what is wrong with it when that fails.

Worker processes import this module: Pillow only.
"""

import os
import stat
from io import BytesIO

from PIL import Image, UnidentifiedImageError

MAX_PIXELS = 178_956_970
"""Pixels above which a picture is refused, Pillow's own limit for a decompression bomb."""

MAX_BYTES = 1 << 30
"""Bytes above which a file is not read into memory."""

_KINDS = ((stat.S_ISDIR, "folder"), (stat.S_ISFIFO, "named pipe"), (stat.S_ISSOCK, "socket"))
_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG", "PNG"),
    (b"GIF8", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"BM", "BMP"),
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP archive"),
    (b"\x1f\x8b", "gzip archive"),
    (b"version https://git-lfs", "Git LFS pointer"),
)
_IMAGES = {"JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP"}
_SAME = {"MPO": "JPEG", "DIB": "BMP", "HEIF": "HEIF", "AVIF": "AVIF"}


class Unreadable(Exception):
    """The reason, in words that continue the sentence "this file …"."""


def read_bytes(path: str) -> bytes:
    """Read a regular file; anything else (pipe, folder, device) is refused before it can block.

    Raises
    ------
    Unreadable
        Missing, not a regular file, empty, larger than `MAX_BYTES`, or no permission.
    """
    try:
        facts = os.stat(path)
        if not stat.S_ISREG(facts.st_mode):
            kind = next((word for test, word in _KINDS if test(facts.st_mode)), "device")
            raise Unreadable(f"is a {kind}, not a file")
        if facts.st_size == 0:
            raise Unreadable("is empty (0 bytes)")
        if facts.st_size > MAX_BYTES:
            raise Unreadable(f"is too large to read ({facts.st_size:,} bytes)")
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        broken_link = os.path.islink(path)
        raise Unreadable("is a link to a missing file" if broken_link else "is missing") from None
    except PermissionError:
        raise Unreadable("may not be read: permission denied") from None
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from None


def open_image(data: bytes) -> Image.Image:
    """Read the header of an image file held in memory; pixels are not decoded yet.

    Raises
    ------
    Unreadable
        Not an image (what it is instead, where that can be told), damaged header, or more than
        `MAX_PIXELS`.
    """
    if data[4:8] == b"ftyp" and data[8:12] not in (b"avif", b"avis"):
        _register_heif()
    try:
        image = Image.open(BytesIO(data))
    except Image.DecompressionBombError:
        raise Unreadable(
            "claims more pixels than is safe: refused as a decompression bomb"
        ) from None
    except UnidentifiedImageError:
        raise Unreadable(_say_what_it_is(data)) from None
    except Exception as error:
        raise Unreadable(f"has a damaged header: {_in_words(error)}") from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise Unreadable(
            f"claims {width:,} × {height:,} pixels in {len(data):,} bytes: "
            "refused as a decompression bomb"
        )
    return image


def load_pixels(image: Image.Image, data: bytes, largest: int | None = None) -> Image.Image:
    """Decode, letting a JPEG decode at 1/2 to 1/8 where its long side stays at least `largest`.

    Raises
    ------
    Unreadable
        Cut short, damaged, or too large for memory.
    """
    if largest and image.format in ("JPEG", "MPO"):
        scale = largest / max(*image.size, largest)
        image.draft(None, (max(1, int(image.width * scale)), max(1, int(image.height * scale))))
    try:
        image.load()
    except MemoryError:
        raise Unreadable(f"needs too much memory ({image.width} × {image.height} pixels)") from None
    except Exception as error:
        words = _in_words(error)
        if "truncated" in words or isinstance(error, EOFError):
            words = f"the file ends at byte {len(data):,}, before the picture does"
            raise Unreadable(f"is cut short: {words}") from None
        raise Unreadable(f"cannot be decoded: {words}") from None
    return image


def note_oddities(path: str, data: bytes, image: Image.Image) -> str | None:
    """Say what is odd about a file that can be read all the same: its name, its checksums."""
    expected = Image.registered_extensions().get(os.path.splitext(path)[1].lower())
    found = _SAME.get(image.format, image.format)
    if expected and _SAME.get(expected, expected) != found:
        return f"is named {os.path.splitext(path)[1]} but holds {found}"
    if found == "PNG":
        try:
            Image.open(BytesIO(data)).verify()
        except Exception as error:
            return f"decodes all the same: {_in_words(error)}"
    return None


def _register_heif() -> None:
    try:
        import pillow_heif
    except ImportError:
        raise Unreadable("is HEIC, which needs the package pillow_heif") from None
    pillow_heif.register_heif_opener()


def _say_what_it_is(data: bytes) -> str:
    head = data[:512].lstrip().lower()
    name = next((name for start, name in _SIGNATURES if data.startswith(start)), None)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        name = "WEBP"
    if name in _IMAGES:
        return f"has a damaged header: it starts like {name}, in {len(data):,} bytes"
    if name:
        return f"is not an image: it starts like a {name}"
    if not data.strip(b"\0"):
        return f"is not an image: all its {len(data):,} bytes are zero"
    if head.startswith((b"<!doctype", b"<html")):
        return "is not an image: it is an HTML page"
    if head.startswith((b"<svg", b"<?xml")):
        return "is not a picture of pixels: it is XML or SVG"
    text = sum(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head)
    if head and text / len(head) > 0.95:
        return "is not an image: it is plain text"
    return f"is not an image in any format known here (it starts with {data[:4].hex(' ')})"


def _in_words(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]
