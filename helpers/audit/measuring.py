"""Everything `scan` records about one file, from bytes read once and pixels decoded once.

Worker processes import this module: numpy and Pillow only.
"""

import hashlib

import numpy as np
from PIL import Image

from helpers.audit.batches import guard
from helpers.audit.edges import measure_edges
from helpers.audit.hashes import difference_hash, perceptual_hash
from helpers.datasets.containers import exif_block, is_cut_short
from helpers.datasets.decoding import (
    Unreachable,
    Unreadable,
    note_oddities,
    open_image,
    read_bytes,
)
from helpers.datasets.pixels import LEVELS, decode, has_deep_colour, read_orientation, to_rgb

SHORTEST_COPY = 128
"""Statistics come from a copy whose long side has 128 to 255 pixels, or fewer if the file has."""

PERCENTILES = {"darkest": 1, "shadows": 5, "midtones": 50, "highlights": 95, "brightest": 99}
"""Columns that are percentiles of brightness."""

_REDUCIBLE = {"L", "RGB", "RGBA", "CMYK", "YCbCr", "F"}
_MANY_FRAMES = {"GIF", "PNG", "TIFF", "WEBP", "MPO", "AVIF", "HEIF"}
_EXIF_POINTER, _EXIF_GPS, _EXIF_TAKEN = 34665, 34853, 36867


def measure_files(paths: list[str], seconds: float = 60.0, levels: int = LEVELS[-1]) -> list[dict]:
    """Measure each file; never raises for a file, prints nothing (see `batches.guard`).

    `levels` is what is white in 16-bit pictures.
    """
    with guard(seconds):
        return [measure_file(path, levels) for path in paths]


def measure_file(path: str, levels: int = LEVELS[-1]) -> dict:
    """Measure one file; the keys are the columns described in `helpers.audit.scan`.

    A file that the system did not hand over has the key "later" as well.
    """
    row = {"readable": False}
    try:
        data = read_bytes(path)
        row |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        image = open_image(data)
        row |= {"format": image.format, "mode": _full_mode(image)}
        row |= {"width": image.width, "height": image.height}
        # Pillow turns TIFF while it decodes, and decodes PNG when it is asked for EXIF.
        upright, late = row["format"] == "TIFF", row["format"] == "PNG"
        row |= {} if late else _read_exif(image, data)
        row |= {"frames": _count_frames(image)}
        pixels, highest = decode(image, data, SHORTEST_COPY, levels)
        row |= _read_exif(image, data) if late else {}
        if highest is not None:
            row |= {"highest": highest, "levels": levels}
        row |= _measure_pixels(pixels, 1 if upright else row["orientation"])
        row |= {"note": note_oddities(path, data, image) or row.get("note"), "readable": True}
    except Unreachable as error:
        row |= {"problem": str(error), "later": True}
    except Unreadable as error:
        row["problem"] = str(error)
    except Exception as error:
        row["problem"] = f"cannot be decoded: {type(error).__name__}: {error}"[:160]
    return row


def _full_mode(image: Image.Image) -> str:
    return f"{image.mode};16" if has_deep_colour(image) else image.mode


def _count_frames(image: Image.Image) -> int:
    if image.format not in _MANY_FRAMES:
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:
        return 1


def _read_exif(image: Image.Image, data: bytes) -> dict:
    """Orientation, time and position, each by itself: one that is broken costs no other."""
    facts = {"orientation": 1, "taken": None, "gps": False}
    there = {"exif", "Raw profile type exif", "xmp", "passed over"} & image.info.keys()
    if not there and image.format != "TIFF":
        return facts
    facts["orientation"] = read_orientation(image, data)
    block, damaged = exif_block(data), False
    if block is not None and (block[:4] not in (b"II*\0", b"MM\0*") or is_cut_short(block)):
        damaged = True
    # Not the plain DateTime tag, which editors set: copies must keep their original's time.
    for name, read in (("gps", _has_position), ("taken", _when_taken), (None, _has_endless_value)):
        try:
            found = read(image.getexif())
            damaged |= name is None and found
            facts |= {name: found} if name else {}
        except Exception:  # Pillow raises almost anything on a broken block
            damaged = True
    return facts | ({"note": "its EXIF block is damaged"} if damaged else {})


def _has_endless_value(exif: Image.Exif) -> bool:
    """Whether a fraction in the first directory divides by zero."""
    return any(getattr(value, "denominator", 1) == 0 for value in dict(exif).values())


def _when_taken(exif: Image.Exif) -> str | None:
    taken = exif.get_ifd(_EXIF_POINTER).get(_EXIF_TAKEN)
    return str(taken).strip("\0 ") if taken else None


def _has_position(exif: Image.Exif) -> bool:
    """Whether latitude and longitude are there, as numbers on the globe that are not both zero.

    Cameras without a fix write a GPS block of versions and dates, empty fractions, or zeros.
    """
    block = exif.get_ifd(_EXIF_GPS) if _EXIF_GPS in exif else {}
    angles = []
    for tag, most in ((2, 90), (4, 180)):
        parts = block.get(tag)
        parts = parts if isinstance(parts, tuple) else () if parts is None else (parts,)
        if not parts or any(getattr(part, "denominator", 1) == 0 for part in parts):
            return False
        angles.append(sum(float(part) / 60**k for k, part in enumerate(parts)))
        if not abs(angles[-1]) <= most:
            return False
    return any(angles)


def _measure_pixels(image: Image.Image, orientation: int) -> dict:
    # Whole-factor reduction costs a tenth of resizing; some modes must be converted before it.
    factor = max(image.size) // SHORTEST_COPY
    if factor > 1 and image.mode in _REDUCIBLE and "transparency" not in image.info:
        image = image.reduce(factor)
    rgb = to_rgb(image, orientation=orientation)
    if (factor := max(rgb.size) // SHORTEST_COPY) > 1:
        rgb = rgb.reduce(factor)
    grey = rgb.convert("L")
    small = grey.resize((32, 32), Image.Resampling.LANCZOS)
    facts = _describe_light(np.array(grey.histogram(), np.float64))
    facts |= _describe_colour(rgb.reduce(2) if min(rgb.size) > 32 else rgb)
    facts |= describe_sharpness(np.asarray(grey))
    spread = 255 * (facts["brightest"] - facts["darkest"])
    facts["edge_width"] = measure_edges(np.asarray(grey), spread)
    return facts | {
        "phash": perceptual_hash(np.asarray(small)),
        "dhash": difference_hash(np.asarray(small.resize((9, 8), Image.Resampling.LANCZOS))),
        "thumbnail": small.reduce(2).tobytes(),
    }


def _describe_light(counts: np.ndarray) -> dict:
    share = counts / counts.sum()
    levels = np.arange(256) / 255
    mean = float(share @ levels)
    below = np.cumsum(share)
    used = share[share > 0]
    facts = {
        "brightness": mean,
        "contrast": float(np.sqrt(max(share @ levels**2 - mean**2, 0))),
        "entropy": float(-(used @ np.log2(used))) + 0.0,
        "clipped": float(share[250:].sum()),
    }
    at = np.searchsorted(below, [percent / 100 - 1e-9 for percent in PERCENTILES.values()])
    facts |= dict(zip(PERCENTILES, levels[np.minimum(at, 255)].tolist(), strict=True))
    return facts


def _describe_colour(rgb: Image.Image) -> dict:
    red, green, blue = np.asarray(rgb, np.float32).reshape(-1, 3).T.copy()
    top = np.maximum(np.maximum(red, green), blue)
    bottom = np.minimum(np.minimum(red, green), blue)
    saturation = float(1 - ((bottom + 1) / (top + 1)).mean())
    opponents = np.stack([red - green, (red + green) / 2 - blue])
    spread, shift = np.hypot(*opponents.std(axis=1)), np.hypot(*opponents.mean(axis=1))
    return {"saturation": saturation, "colourfulness": float(spread + 0.3 * shift)}


def describe_sharpness(grey: np.ndarray) -> dict:
    """Measure sharpness of a uint8 grey picture; `helpers.audit.scan` says what the keys mean."""
    if min(grey.shape) < 12:
        return {"sharpness": 0.0}
    grey = grey.astype(np.float32)
    laplacian = grey[1:-1, 1:-1] * 4  # worked on in place: a third of the time
    for neighbour in (grey[:-2, 1:-1], grey[2:, 1:-1], grey[1:-1, :-2], grey[1:-1, 2:]):
        laplacian -= neighbour
    mean = laplacian.mean()
    facts = {"sharpness": float(np.square(laplacian, out=laplacian).mean() - mean**2)}
    strong = [grey[:, 4:] - grey[:, :-4], grey[4:] - grey[:-4]]
    strong = [np.abs(change, out=change) for change in strong]
    total = sum(float(change.sum()) for change in strong)
    if total > 0:
        lit = np.vdot(strong[0], grey[:, 2:-2]) + np.vdot(strong[1], grey[2:-2])
        facts["detail_brightness"] = float(lit) / total / 255
    return facts
