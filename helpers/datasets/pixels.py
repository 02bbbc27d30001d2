"""Image files to upright 8-bit RGB; light enough for worker processes (numpy and Pillow only)."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps


def prepare_reader(path: str | Path) -> None:
    """Let Pillow open HEIC when this file is one, whatever it is called (loading takes time)."""
    with open(path, "rb") as file:
        start = file.read(12)
    if start[4:8] == b"ftyp" and not start[8:].startswith(b"avi"):
        from pillow_heif import register_heif_opener

        register_heif_opener()


def to_rgb(image: Image.Image) -> Image.Image:
    """The first frame of `image`, turned upright by its EXIF tag, as 8-bit RGB.

    16-bit and float pictures are scaled to 0–255 instead of clipped; transparency is laid on white.
    """
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        levels = np.asarray(image).astype(np.float64)
        low, high = np.nanmin(levels), np.nanmax(levels)
        if low >= 0 and high > 255 and high < 65536 and image.mode != "F":
            low, high = 0.0, 65535.0
        elif low >= 0 and high <= 255 and image.mode != "F":
            low, high = 0.0, 255.0
        scaled = (levels - low) / max(high - low, np.finfo(float).tiny) * 255
        image = Image.fromarray(np.nan_to_num(scaled).round().astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def read_rgb(path: str | Path, at_least: int | None = None) -> Image.Image:
    """Decode one file to an upright RGB picture.

    With `at_least`, a JPEG is decoded at 1/2, 1/4 or 1/8 of its size, several times faster, as long
    as its short side keeps that many pixels; the caller reduces further.

    Raises
    ------
    OSError, ValueError, SyntaxError, Image.DecompressionBombError
        Whatever Pillow raises on a file it cannot decode; `Dataset.load` turns it into a sentence.
    """
    prepare_reader(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(path) as image:
            if at_least and image.format == "JPEG" and (short := min(image.size)) > at_least:
                size = (image.width * at_least // short, image.height * at_least // short)
                image.draft(None, size)
            return to_rgb(image)
