"""The faults that are planted in photos, each from obvious to undetectable.

``apply`` works on any photo. A fault is first chosen, as a tuple of ``(step, value)`` pairs that
can be written into a table, and then performed; a leaf mask is moved along by ``move_mask``.
"""

import io

import numpy as np
from PIL import Image
from PIL.Image import Transpose

from leaves.edits import EDITS, MOVES, encode

STRENGTHS = ("obvious", "clear", "subtle", "undetectable")

# What each strength means. Each item of a list is one variant of the fault: its steps, in order,
# with the value each takes, the (lowest, highest) it is drawn between, or a list to draw from.
#   reencode   JPEG quality                      resize    share of each side kept (or scale up)
#   crop       share of each side kept           brighten  gamma: nothing is clipped
#   rotate     degrees, then cropped to fill     mirror    left to right
#   brightest  99th percentile of brightness (0-1) after underexposure
#   darkest    10th percentile of brightness (0-1) after overexposure by 1.2 stops or more
#   stops      change of exposure in stops
#   defocus    radius of the blur disc, motion: length of the streak, as shares of the long side
#   strip      long side over short side         side      long side in pixels
#   garbage, zeros: share of the file overwritten or kept; truncated: share kept
VARIANTS: dict[str, dict[str, list[dict]]] = {
    "near_duplicate": {
        "obvious": [{"reencode": (60, 85)}, {"resize": (0.8, 0.95)}, {"brighten": (1.03, 1.08)}],
        "clear": [
            {"reencode": (25, 45)}, {"resize": (0.5, 0.7)}, {"crop": (0.93, 0.97)},
            {"mirror": True}, {"brighten": (1.12, 1.25)}, {"rotate": (0.8, 2.0)},
        ],
        "subtle": [
            {"crop": (0.86, 0.9), "brighten": (0.85, 0.92)}, {"rotate": (2.5, 4.0)},
            {"mirror": True, "reencode": (20, 35)}, {"rotate": (-4.0, -2.5)},
            {"mirror": True, "crop": (0.9, 0.94)},
            {"resize": (0.4, 0.5), "brighten": (1.2, 1.35)},
        ],
        "undetectable": [
            {"crop": (0.48, 0.55), "mirror": True, "brighten": (1.3, 1.5)},
            {"rotate": (30.0, 40.0), "mirror": True},
            {"crop": (0.55, 0.62), "rotate": (-25.0, -15.0), "mirror": True},
        ],
    },
    "dark": {
        "obvious": [{"brightest": (0.07, 0.11)}], "clear": [{"brightest": (0.14, 0.19)}],
        "subtle": [{"brightest": (0.25, 0.29)}], "undetectable": [{"stops": (-0.25, -0.1)}],
    },
    "overexposed": {
        "obvious": [{"darkest": (0.88, 0.93)}], "clear": [{"darkest": (0.72, 0.78)}],
        "subtle": [{"darkest": (0.56, 0.62)}], "undetectable": [{"stops": (0.1, 0.25)}],
    },
    "blurred": {
        "obvious": [{"defocus": (0.035, 0.045)}, {"motion": (0.12, 0.16)}],
        "clear": [{"defocus": (0.022, 0.028)}, {"motion": (0.075, 0.095)}],
        "subtle": [{"defocus": (0.015, 0.018)}, {"motion": (0.05, 0.06)}],
        "undetectable": [{"defocus": (0.0015, 0.0025)}, {"motion": (0.004, 0.007)}],
    },
    "corrupt": {
        "obvious": [{"empty": True}, {"web page": True}],
        "clear": [{"garbage": (0.1, 0.4)}, {"zeros": (0.0, 0.02)}],
        "subtle": [{"truncated": (0.15, 0.5)}, {"truncated": (0.6, 0.92)}],
    },
    "unusual_mode": {
        "obvious": [{"grey": True}, {"16-bit": True}],
        "clear": [{"palette": True}, {"RGBA": True}, {"CMYK": True}, {"orientation": [3, 6, 8]}],
        "subtle": [{"grey pixels in a colour file": True}],
        "undetectable": [{"turned without a tag": True}],
    },
    "odd_size": {
        "obvious": [{"side": (12, 20)}, {"strip": (7.0, 10.0)}, {"resize": (8.0, 9.0)}],
        "clear": [{"side": (28, 40)}, {"strip": (4.5, 6.0)}, {"resize": (5.0, 6.0)}],
        "subtle": [{"strip": (3.0, 3.5)}, {"resize": (3.0, 3.5)}],
        "undetectable": [{"resize": (0.95, 1.05)}],
    },
}  # fmt: skip

_MODES = {"grey": "L", "CMYK": "CMYK", "RGBA": "RGBA", "palette": "P", "16-bit": "I;16"}
_ENDINGS = {"16-bit": ".tif", "palette": ".png", "RGBA": ".png"}
_TURNS = {3: Transpose.ROTATE_180, 6: Transpose.ROTATE_90, 8: Transpose.ROTATE_270}
_WEB_PAGE = b"<!DOCTYPE html>\n<html><title>404 Not Found</title><body>" + b"<p>Gone.</p>" * 30


def choose(kind: str, strength: str, rng: np.random.Generator, variant: int | None = None) -> tuple:
    """Draw the steps of one fault.

    Parameters
    ----------
    kind, strength : str
        A key of ``VARIANTS`` and one of the strengths that it has.
    variant : int, optional
        Which variant, counted from 0 and wrapping around; drawn when not given.

    Returns
    -------
    tuple of (str, float, int or bool)

    Raises
    ------
    ValueError
        When there is no such kind, or the kind has no such strength.
    """
    if kind not in VARIANTS:
        raise ValueError(f"no fault is called {kind!r}; expected one of {', '.join(VARIANTS)}")
    if strength not in VARIANTS[kind]:
        known = ", ".join(VARIANTS[kind])
        raise ValueError(f"{kind!r} has no strength {strength!r}; expected one of {known}")
    variants = VARIANTS[kind][strength]
    variant = int(rng.integers(len(variants))) if variant is None else variant % len(variants)
    return tuple((name, _draw(value, rng)) for name, value in variants[variant].items())


def _draw(value, rng: np.random.Generator):
    if isinstance(value, list):
        return int(rng.choice(value))
    if not isinstance(value, tuple):
        return value
    number = rng.uniform(*value)
    return int(number) if isinstance(value[0], int) else round(number, 3)


def in_words(steps: tuple) -> str:
    """The steps as text for a table: ``"crop 0.88, mirror"``."""
    return ", ".join(name if value is True else f"{name} {value:g}" for name, value in steps)


def apply(kind: str, image: Image.Image, strength: str, rng: np.random.Generator):
    """Plant one fault in a photo.

    Parameters
    ----------
    kind : str
        A key of ``VARIANTS``.
    image : PIL image
        Any photo; used as RGB and not changed.
    strength : {"obvious", "clear", "subtle", "undetectable"}
        "corrupt" has no "undetectable": every corrupt file fails to load.
    rng : numpy Generator

    Returns
    -------
    PIL RGB image, or bytes
        Bytes are a whole file, where the fault lies in the file rather than in the pixels:
        always for "corrupt", mostly for "unusual_mode".
    """
    return perform(image, choose(kind, strength, rng), rng)


def perform(
    image: Image.Image,
    steps: tuple,
    rng: np.random.Generator,
    exif: Image.Exif | None = None,
    quality: int = 88,
):
    """Perform chosen steps; the arguments and result are those of ``apply``.

    ``exif`` and the JPEG ``quality`` are used where the result is a file.
    """
    for name, value in steps:
        if name in _DAMAGES:
            image = _DAMAGES[name](encode(image.convert("RGB"), quality, exif), value, rng)
        elif name in _MODES or name == "orientation":
            image = _as_unusual_file(image.convert("RGB"), name, value, exif, quality)
        else:
            image = EDITS[name](image.convert("RGB"), value, rng)
    return image


def move_mask(mask: Image.Image, steps: tuple) -> Image.Image | None:
    """The leaf mask (PIL "L") of the photo after ``steps``; None where no photo is left."""
    for name, value in steps:
        if name in _DAMAGES:
            return None
        if name in MOVES:
            mask = EDITS[name](mask, value, None)
    return mask


def ending(steps: tuple) -> str:
    """The ending for the name of the file that ``steps`` make: ".jpg", ".png" or ".tif"."""
    return next((_ENDINGS[name] for name, _ in steps if name in _ENDINGS), ".jpg")


def _as_unusual_file(image, name, value, exif, quality) -> bytes:
    if name == "orientation":
        exif = exif or Image.Exif()
        exif[0x0112] = value
        return encode(image.transpose(_TURNS[value]), quality, exif)
    if name == "16-bit":
        image = Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257)
    else:
        image = image.quantize(64) if name == "palette" else image.convert(_MODES[name])
    format = {".png": "PNG", ".tif": "TIFF"}.get(_ENDINGS.get(name), "JPEG")
    return encode(image, quality, format=format)


def _garbage(data, share, rng):
    start = rng.bytes(max(16, int(len(data) * share)))
    return b"\x00" + start + data[len(start) :]


def _truncate(data, share, _):
    # A decoder needs nothing of the last bytes of some files: cut until it fails.
    while len(data) > 2:
        data = data[: int(len(data) * share)]
        try:
            Image.open(io.BytesIO(data)).load()
        except (OSError, SyntaxError):
            break
    return data


_DAMAGES = {
    "empty": lambda data, *_: b"",
    "web page": lambda data, *_: _WEB_PAGE,
    "garbage": _garbage,
    "zeros": lambda data, share, _: data[: int(len(data) * share)].ljust(len(data), b"\0"),
    "truncated": _truncate,
}
