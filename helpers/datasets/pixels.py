"""Image files to upright 8-bit RGB; light enough for worker processes (see `decoding`)."""

import sys
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from helpers.datasets.containers import PNG, exif_block, orientation_tag
from helpers.datasets.decoding import Unreadable, load_pixels, open_image, read_bytes

LEVELS = (255, 1023, 4095, 16383, 65535)
"""What is white in 16-bit files of 8, 10, 12, 14 and 16 bits."""

Levels = int | Callable[[], int] | None

_ORIENTATION = 274
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_EIGHT_BITS = (b"\xff\xd8", b"GIF8", b"RIFF", b"BM", PNG, *(b"P%d" % kind for kind in range(1, 8)))


def read_orientation(image: Image.Image, data: bytes | None = None) -> int:
    """How the picture has to be turned, 1–8, read from what can be read of its EXIF block."""
    try:
        value = image.getexif().get(_ORIENTATION)
    except Exception:  # Pillow raises almost anything on a broken block
        value = None
    if value not in _TURNS and data:
        value = orientation_tag(exif_block(data) or b"")
    return value if value in _TURNS else 1


def to_rgb(
    image: Image.Image, levels: int | None = None, orientation: int | None = None
) -> Image.Image:
    """The first frame of `image`, turned upright by its EXIF tag, as 8-bit RGB.

    16-bit pictures are scaled, not clipped; float pictures and numbers beyond 16 bits are stretched
    from their own least to their own greatest finite value; transparency is laid on white.

    Parameters
    ----------
    image : PIL image
    levels : int, optional
        What is white in pictures of 16 bits; by default what `white_level` says of this one.
    orientation : int, optional
        1–8 as in EXIF; by default what `image` says.
    """
    image.load()
    turn = _TURNS.get(read_orientation(image) if orientation is None else orientation)
    if image.mode.startswith("I") or image.mode == "F":
        image = _to_eight_bits(image, highest_level(image), levels)
    if turn is not None:
        image = image.transpose(turn)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def decode(
    image: Image.Image, data: bytes, largest: float | None = None, levels: Levels = None
) -> tuple[Image.Image, int | None]:
    """Decode the opened file `image`, whose bytes are `data`, to 8 bits a channel.

    Parameters
    ----------
    image : PIL image, as `open_image` returns it
    data : bytes
    largest : float, optional
        See `load_pixels`.
    levels : int or callable that returns one, optional
        What is white in pictures of 16 bits, asked only for these; by default `white_level` of
        this one alone.

    Returns
    -------
    The picture, not yet turned upright, and its greatest value where that is a number of 16 bits
    (of colour beyond 14 bits the upper 8 bits only, the lower ones taken as set).

    Raises
    ------
    Unreadable
    """
    deep = has_deep_colour(image)
    image = load_pixels(image, data, largest)
    highest = _highest_colour(image) if deep else highest_level(image)
    if highest is None:
        return image, None
    values = image
    if deep and highest <= LEVELS[-2]:
        values = _all_sixteen_bits(image, data)
        highest = int(values[..., : _colours(image)].max())
    levels = (levels() if callable(levels) else levels) or white_level([highest])
    if not deep:
        return _to_eight_bits(image, highest, levels), highest
    if levels == LEVELS[-1] or values is image:
        return image, highest  # Pillow has kept the upper 8 bits, which are what is shown
    scaled = values / np.float32(levels) * 255
    if _colours(image) < values.shape[2]:
        scaled[..., -1] = values[..., -1] / np.float32(257)  # how opaque it is has no levels
    scaled = scaled.round().clip(0, 255).astype(np.uint8)
    return Image.fromarray(scaled, "CMYK" if image.mode == "CMYK" else None), highest


def has_deep_colour(image: Image.Image) -> bool:
    """Whether an opened file holds colour of 16 bits a channel, of which Pillow keeps 8."""
    # Only the raw mode of the tiles still tells.
    return bool(image.tile) and not image.mode.startswith("I") and ";16" in str(image.tile[0].args)


def _colours(image: Image.Image) -> int:
    return len(image.getbands()) - (image.getbands()[-1] in "Aa")


def _highest_colour(image: Image.Image) -> int:
    """The greatest value of deep colour, of which `image` holds the upper 8 bits."""
    return 256 * max(high for _, high in list(_extrema(image))[: _colours(image)]) + 255


def _extrema(image: Image.Image) -> tuple[tuple[int, int], ...]:
    found = image.getextrema()
    return found if isinstance(found[0], tuple) else (found,)


def _all_sixteen_bits(image: Image.Image, data: bytes) -> np.ndarray:
    """Deep colour, height × width × channels, uint16; `image` has its upper 8 bits already.

    Pillow has no mode for it, but reads the other byte of each number when told that the order of
    bytes is the other one.
    """
    other = open_image(data)
    raw = str(other.tile[0].args)
    if "LA;16B" in raw:  # no such order is known for it: four bytes a pixel, as they stand
        other.tile = [tile._replace(args="RGBA") for tile in other.tile]
        four = np.asarray(load_pixels(other, data)).astype(np.uint16)
        grey, opaque = four[..., 0] << 8 | four[..., 1], four[..., 2] << 8 | four[..., 3]
        return np.stack([grey, grey, grey, opaque], axis=-1)
    order = {"16B": "16L", "16L": "16B", "16N": "16B" if sys.byteorder == "little" else "16L"}

    def turned(args):
        if isinstance(args, str):
            return args[:-3] + order[args[-3:]]
        return (turned(args[0]), *args[1:])

    other.tile = [tile._replace(args=turned(tile.args)) for tile in other.tile]
    lower = np.asarray(load_pixels(other, data)).astype(np.uint16)
    return (np.asarray(image).astype(np.uint16) << 8) + lower


def _to_eight_bits(image: Image.Image, highest: int | None, levels: int | None) -> Image.Image:
    values = np.asarray(image).astype(np.float64)
    if highest is not None:
        low, high = 0.0, float(levels or white_level([highest]))
    else:
        finite = values[np.isfinite(values)]  # no-data, and what divided by zero, has no brightness
        low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
        values = np.nan_to_num(values, nan=low, neginf=low, posinf=high)
    scaled = (values - low) / max(high - low, np.finfo(float).tiny) * 255
    return Image.fromarray(scaled.round().clip(0, 255).astype(np.uint8))


def highest_level(image: Image.Image) -> int | None:
    """The greatest value in a grey picture of 16-bit numbers, None for another picture.

    Netpbm files have no levels of their own: Pillow stretches what they declare to 16 bits.
    """
    if not image.mode.startswith("I"):
        return None
    try:
        low, high = image.getextrema()
    except ValueError:  # Pillow knows none of numbers in the other order of bytes
        values = np.asarray(image)
        low, high = values.min(), values.max()
    if low < 0 or high > LEVELS[-1]:
        return None
    return LEVELS[-1] if image.format == "PPM" else int(high)


def white_level(highest: Iterable[int]) -> int:
    """The least of `LEVELS` that none of these greatest values exceeds; 65,535 for none."""
    top = max(highest, default=LEVELS[-1])
    return next(level for level in LEVELS if level >= top)


def find_levels(paths: Iterable[str | Path]) -> int:
    """What is white in all 16-bit pictures among these files: one decision for the whole dataset.

    A dark picture stays dark beside a bright one, and 10, 12 and 14 bits become visible. Files that
    cannot be read have no say.
    """
    highest = []
    for path in paths:
        try:
            highest += _highest_in(path)
        except OSError:
            continue
        if highest and highest[-1] > LEVELS[-2]:
            break  # nothing that follows changes the answer
    return white_level(highest)


def _highest_in(path: str | Path) -> list[int]:
    start = read_bytes(str(path), 32)
    if start.startswith(_EIGHT_BITS) and not (start.startswith(PNG) and start[24:25] == b"\x10"):
        return []
    if start[4:8] == b"ftyp":
        return []
    data = read_bytes(str(path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = decode(open_image(data), data)[1]
    return [] if found is None else [found]


def read_rgb(path: str | Path, at_least: int | None = None, levels: Levels = None) -> Image.Image:
    """Decode one file to an upright RGB picture.

    With `at_least`, a JPEG is decoded at 1/2, 1/4 or 1/8 of its size, several times faster, as long
    as its short side keeps that many pixels; the caller reduces further. For `levels` see `decode`;
    `Dataset.load` gives its dataset's.

    Raises
    ------
    Unreadable
        Why, in words that continue "this file …"; `Dataset.load` turns it into a sentence.
    """
    data = read_bytes(str(path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = open_image(data)
        largest = at_least and at_least * max(image.size) / min(image.size)
        try:
            pixels = decode(image, data, largest, levels)[0]
            # Pillow turns TIFF while it decodes, and decodes PNG when it is asked for EXIF.
            turn = 1 if image.format == "TIFF" else read_orientation(image, data)
            return to_rgb(pixels, orientation=turn)
        except Unreadable:
            raise
        except Exception as error:
            raise Unreadable(f"cannot be decoded: {type(error).__name__}: {error}"[:160]) from error
