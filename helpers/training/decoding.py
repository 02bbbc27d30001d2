"""Image files to small squares of one size; worker processes import this (numpy, Pillow only)."""

import numpy as np
from PIL import Image, ImageOps

from helpers.audit.batches import guard
from helpers.datasets.decoding import Unreachable
from helpers.datasets.pixels import read_rgb

METHODS = ("squish", "crop", "pad")
PADDING = (124, 116, 104)
"""The mean colour of ImageNet's photos, which a pretrained network takes for nothing special."""


def fit(image: Image.Image, size: int, method: str) -> np.ndarray:
    """An RGB picture as uint8, size × size × 3.

    "squish" changes its proportions, "crop" keeps the middle square, "pad" keeps all of it between
    bars of the colour `PADDING`.
    """
    square, smooth = (size, size), Image.Resampling.BILINEAR
    if method == "squish":
        image = image.resize(square, smooth, reducing_gap=3)
    elif method == "crop":
        image = ImageOps.fit(image, square, smooth)
    else:
        image = ImageOps.pad(image, square, smooth, PADDING)
    return np.asarray(image)


def decode_files(tasks: list[tuple[str, int, str, int | None]], seconds: float) -> list[dict]:
    """For each (path, size, method, white level of 16-bit pictures) a dict with the "pixels", or
    without where unreadable; with "later" where another try may succeed."""
    with guard(seconds):
        return [_decode(*task) for task in tasks]


def _decode(path: str, size: int, method: str, levels: int | None) -> dict:
    try:
        return {"pixels": fit(read_rgb(path, size, levels), size, method)}
    except Exception as error:  # a decoder may raise anything; the scan says what is wrong
        # What the system could not do has a number; what Pillow cannot decode has none.
        passing = (
            isinstance(error, (MemoryError, Unreachable))
            or getattr(error, "errno", None) is not None
        )
        return {"later": True} if passing else {}
