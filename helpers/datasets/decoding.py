"""Open one image file and say exactly what is wrong with it when that fails.

Damage is about pixels: what a decoder warns of is damage even where it returns a picture, and a
broken EXIF block, text or profile is not. Scan, `Dataset.load` and training all read files here,
so that they agree. Worker processes import this module: Pillow and simplejpeg only.
"""

import os
import re
import stat
from io import BytesIO

import simplejpeg
from PIL import (
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
)

from helpers.datasets.containers import PNG, check_png, is_cut_short, unread_form, without_extras

MAX_PIXELS = 178_956_970
"""Pixels above which a picture is refused, Pillow's own limit for a decompression bomb."""

MAX_BYTES = 1 << 30
"""Bytes above which a file is not read into memory."""

MOST_PAGES = 100
"""Pages of a TIFF whose size is looked at."""

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
_IMAGES = {"AVIF", "JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP"}
_UNREAD = (
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"II\xbc\x01", "JPEG XR"),
    (0, b"\xff\xd8\xff\xf7", "JPEG-LS"),
    (0, b"v/1\x01", "OpenEXR"),
    (0, b"#?RADIANCE", "Radiance HDR"),
    (0, b"FUJIFILMCCD-RAW", "Fujifilm RAW"),
    (0, b"IIRO", "Olympus RAW"),
    (0, b"IIU\0", "Panasonic RAW"),
    (0, b"FOVb", "Sigma RAW"),
    (0, b"SIMPLE  =", "FITS"),
    (0, b"BPG\xfb", "BPG"),
    (0, b"\x89HDF", "HDF5"),
    (4, b"ftypcrx", "Canon RAW"),
    (4, b"ftypisom", "MP4 video"),
    (4, b"ftypmp4", "MP4 video"),
    (4, b"ftypqt", "QuickTime video"),
    (128, b"DICM", "DICOM"),
)
"""Where, and what, files of pictures begin with that are not read here."""
_SAME = {"MPO": "JPEG", "DIB": "BMP", "HEIF": "HEIF", "AVIF": "AVIF"}


_READERS = (
    (b"\xff\xd8", JpegImagePlugin.JpegImageFile),
    (PNG, PngImagePlugin.PngImageFile),
    (b"II*\0", TiffImagePlugin.TiffImageFile),
    (b"MM\0*", TiffImagePlugin.TiffImageFile),
)
_UNSUPPORTED = re.compile("(?i)unsupported|unknown|cannot handle|not supported|unrecognized")
_DAMAGE = ("Corrupt JPEG data", "Inconsistent progression", "Premature end")
"""What libjpeg warns of that is about pixels."""


class Unreadable(OSError):
    """The reason, in words that continue the sentence "this file …"."""


class Unreachable(Unreadable):
    """The system did not hand the file over; it may at another time."""


def read_bytes(path: str, most: int = -1) -> bytes:
    """Read a regular file, or its first `most` bytes.

    Anything else (pipe, folder, device) is refused before it can block.

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
            return file.read(most)
    except Unreadable:
        raise
    except FileNotFoundError:
        broken_link = os.path.islink(path)
        raise Unreachable("is a link to a missing file" if broken_link else "is missing") from None
    except PermissionError:
        raise Unreachable("may not be read: permission denied") from None
    except OSError as error:
        raise Unreachable(f"cannot be read: {error.strerror or error}") from None


def open_image(data: bytes) -> Image.Image:
    """Read the header of an image file held in memory; pixels are not decoded yet.

    Text and profiles that Pillow refuses are passed over; ``image.info["passed over"]`` then says
    why.

    Raises
    ------
    Unreadable
        Not an image (what it is instead, where that can be told), a form that no decoder here
        reads, damaged header, or more than `MAX_PIXELS`.
    """
    if data[4:8] == b"ftyp" and data[8:12] not in (b"avif", b"avis"):
        _register_heif()
    bare, lost = data, None
    if data[:4] in (b"II*\0", b"MM\0*") and (bare := without_extras(data)) is not data:
        lost = "values lie behind the end of the file"
    try:
        image = _open(bare)
    except Unreadable:
        raise
    except Exception as error:
        if not data.startswith((b"\xff\xd8", PNG)):
            raise _explain(error, data) from None
        try:
            image = _open(without_extras(data))
        except Unreadable:
            raise
        except Exception:
            raise _explain(error, data) from None
        lost = _in_words(_reason(error, data))
    if lost:
        image.info["passed over"] = lost
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise Unreadable(
            f"claims {width:,} × {height:,} pixels in {len(data):,} bytes: "
            "refused as a decompression bomb"
        )
    return image


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(BytesIO(data))
    except Image.DecompressionBombError:
        raise Unreadable(
            "claims more pixels than is safe: refused as a decompression bomb"
        ) from None


def _explain(error: Exception, data: bytes) -> Unreadable:
    error = _reason(error, data)
    if is_cut_short(data) or "truncated" in str(error).lower():
        return _cut_short(data)
    if data.startswith(PNG) and (problem := check_png(data)[0]):
        return Unreadable(problem)
    if str(error).isdigit() and data[:2] in (b"II", b"MM"):
        return Unreadable(f"is TIFF with compression {error}, a form that is not read here")
    if unread := _unread(data, error):
        return unread
    if isinstance(error, UnidentifiedImageError):
        return Unreadable(_say_what_it_is(data))
    return Unreadable(f"has a damaged header: {_in_words(error)}")


def _reason(error: Exception, data: bytes) -> Exception:
    """What is behind an UnidentifiedImageError: `Image.open` keeps it to itself."""
    if isinstance(error, UnidentifiedImageError):
        reader = next((reader for start, reader in _READERS if data.startswith(start)), None)
        try:
            reader and reader(BytesIO(data))
        except Exception as reason:
            return error if "not identified" in str(reason) else reason
    return error


def _unread(data: bytes, error: Exception | None = None) -> Unreadable | None:
    """That the file is of a form that no decoder here reads, where this is what is wrong."""
    if form := unread_form(data):
        return Unreadable(f"is {form}, a form that is not read here")
    if error and _UNSUPPORTED.search(str(error)):
        return Unreadable(f"is of a form that is not read here: {_in_words(error)}")
    return None


def load_pixels(image: Image.Image, data: bytes, largest: float | None = None) -> Image.Image:
    """Decode, letting a JPEG decode at 1/2 to 1/8 where its long side stays at least `largest`.

    Raises
    ------
    Unreadable
        Cut short, damaged, of a form that is not read, or too large for memory.
    """
    if largest and image.format in ("JPEG", "MPO"):
        scale = largest / max(*image.size, largest)
        image.draft(None, (max(1, int(image.width * scale)), max(1, int(image.height * scale))))
    if problem := check_png(data)[0] if image.format == "PNG" else None:
        raise Unreadable(problem)
    try:
        if image.format not in ("JPEG", "MPO") or not _load_jpeg(image, data):
            image.load()
    except MemoryError:
        raise Unreachable(
            f"needs too much memory ({image.width} × {image.height} pixels)"
        ) from None
    except Unreadable:
        raise
    except Exception as error:
        words = _in_words(error)
        if "truncated" in words.lower() or isinstance(error, EOFError) or is_cut_short(data):
            raise _cut_short(data) from None
        problem = _unread(data, error) or Unreadable(f"cannot be decoded: {words}")
        raise problem from None
    return image


def _load_jpeg(image: Image.Image, data: bytes) -> bool:
    """Decode into `image` the pixels that Pillow would, with what libjpeg warns of an error.

    Pillow keeps libjpeg's warnings to itself, and shows what they are about as if it were whole.
    False where Pillow has to decode: a mode that is not known here; what libjpeg warns of is the
    header alone; CMYK, decoded here for its warnings only; or pixels of another size come out.
    """
    width, height = image.size
    layout = {"RGB": "RGBX", "L": "GRAY", "CMYK": "CMYK"}.get(image.mode)
    if layout is None:
        return False
    try:
        pixels = simplejpeg.decode_jpeg(data, layout, min_height=height, min_width=width)
    except ValueError as error:
        words = str(error)
        if not words.startswith(_DAMAGE):
            return False
        if (bare := without_extras(data)) != data:
            return _load_jpeg(image, bare)
        raise (
            _cut_short(data)
            if words.startswith("Premature end of")
            else Unreadable(f"is damaged: {words}")
        ) from None
    if image.mode == "CMYK" or pixels.shape[:2] != (height, width):
        return False
    raw = "L" if image.mode == "L" else layout
    image.im = Image.frombytes(image.mode, image.size, pixels.tobytes(), "raw", raw).im
    image.tile = []
    return True


def _cut_short(data: bytes) -> Unreadable:
    return Unreadable(f"is cut short: the file ends at byte {len(data):,}, before the picture does")


def note_oddities(path: str, data: bytes, image: Image.Image) -> str | None:
    """Say what is odd about a file that can be read all the same: its name, what is not pixels."""
    expected = Image.registered_extensions().get(os.path.splitext(path)[1].lower())
    found = _SAME.get(image.format, image.format)
    if expected and _SAME.get(expected, expected) != found:
        return f"is named {os.path.splitext(path)[1]} but holds {found}"
    if found == "PNG" and (note := check_png(data)[1]):
        return note
    if (number := _pictures(image)) > 1:
        return f"holds {number:,} pictures, of which the first alone is read"
    if "passed over" in image.info:
        why = image.info["passed over"]
        return f"decodes without its text and profiles, which are damaged or too long: {why}"
    return None


def _pictures(image: Image.Image) -> int:
    """How many pictures a file holds: pages, frames; the views and maps beside a phone's JPEG and
    the smaller versions in a TIFF are none."""
    if image.format == "MPO":
        return 1
    try:
        number = getattr(image, "n_frames", 1)
    except Exception:  # what follows the first may be broken
        return 1
    if image.format == "TIFF" and number > 1:
        return 1 + _pages_as_large(image, number)
    return number


def _pages_as_large(image: Image.Image, number: int) -> int:
    size, found = image.size, 0
    try:
        for page in range(1, min(number, MOST_PAGES)):
            image.seek(page)
            found += image.size == size
    except Exception:
        return found
    return found + max(0, number - MOST_PAGES)


def _register_heif() -> None:
    try:
        import pillow_heif
    except ImportError:
        raise Unreadable("is HEIC, which needs the package pillow_heif") from None
    pillow_heif.register_heif_opener()


def _say_what_it_is(data: bytes) -> str:
    head = data[:512].lstrip().lower()
    for at, start, name in _UNREAD:
        if data[at:].startswith(start):
            return f"is {name}, a form that is not read here"
    name = next((name for start, name in _SIGNATURES if data.startswith(start)), None)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        name = "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in (b"avif", b"avis"):
        name = "AVIF"
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
