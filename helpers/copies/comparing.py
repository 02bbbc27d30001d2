"""Open the two files of a pair again and tell whether they show one exposure.

Worker processes import this module: numpy and Pillow only.
"""

import numpy as np
from PIL import Image

from helpers.audit.batches import guard
from helpers.audit.decoding import load_pixels, open_image, read_bytes
from helpers.copies.alignment import SIDE, THUMBNAIL_ROUNDS, overlay
from helpers.copies.candidates import start_maps
from helpers.datasets.pixels import to_rgb

LIMITS = {"likeness": 0.9, "detail": 0.75, "movement": 0.13}
"""Limits for a verified pair: correlation, correlation of fine detail, and movement left after the
best fit, in pixels of a 96-pixel frame. Fixed on seed 0 of leaves; `studies/detectors.py` reports
other seeds."""


_WHOLE = (0.0, 0.0, 1.0, 0)
_SHIFTS = (-0.08, 0, 0.08)
_NEARBY = [[[z, 0, x], [0, z, y]] for z in (0.92, 1, 1.09) for x in _SHIFTS for y in _SHIFTS]
_NEARBY = np.array(_NEARBY, np.float32)


def compare_pairs(tasks: list[tuple], seconds: float = 60.0) -> list[dict]:
    """Lay the pictures of each pair over each other, their thumbnails first.

    Parameters
    ----------
    tasks : list of (two paths, two 16 × 16 thumbnails, two upright sizes, variant)
    seconds : float
        See `batches.guard`.

    Returns
    -------
    list of dict: similarity, movement and transform of a copy, nothing of another pair, and the
    problem where a file can no longer be read
    """
    paths, thumbnails, sizes, variants = zip(*tasks, strict=True)
    starts = start_maps(np.array(variants))
    rough = np.array(thumbnails, np.float32).swapaxes(0, 1)
    alike = overlay(*rough, starts, rounds=THUMBNAIL_ROUNDS, **LIMITS)["good"]
    views = {n: [(path, _WHOLE) for path in paths[n]] for n in np.flatnonzero(alike)}
    return _compare(views, starts, np.array(sizes, float), seconds)


def compare_parts(tasks: list[tuple], seconds: float = 60.0) -> list[dict]:
    """Lay the second picture of each pair over a cut from the first, as `compare_pairs` does.

    Parameters
    ----------
    tasks : list of (two paths, two upright sizes, (left, top, share kept, mirrored))
    seconds : float
        See `batches.guard`.
    """
    paths, sizes, boxes = zip(*tasks, strict=True)
    views = {n: [(paths[n][0], boxes[n]), (paths[n][1], _WHOLE)] for n in range(len(tasks))}
    sizes = np.array(sizes, float)
    sizes[:, 0] *= np.array(boxes)[:, 2:3]
    rows = _compare(views, np.broadcast_to(_NEARBY, (len(tasks), *_NEARBY.shape)), sizes, seconds)
    for row, box in zip(rows, boxes, strict=True):
        if "transform" in row:
            words = {"crop", "mirror" * box[3], *row["transform"].split(" and ")} - {""}
            row["transform"] = " and ".join(sorted(words))
    return rows


def _compare(views: dict, starts, sizes, seconds) -> list[dict]:
    """What `compare_pairs` returns, of pairs of (path, box) by the number of the task."""
    rows: list[dict] = [{} for _ in starts]
    pictures, loaded = {}, []
    with guard(seconds):
        for number, pair in views.items():
            try:
                for view in pair:
                    if view not in pictures:
                        pictures[view] = _small_grey(*view)
                loaded.append(number)
            except Exception as error:
                rows[number]["problem"] = str(error)
    if loaded:
        first, second = (np.stack([pictures[views[n][k]] for n in loaded]) for k in (0, 1))
        fit = overlay(first, second, starts[loaded], **LIMITS)
        described = _describe(fit, sizes[loaded].swapaxes(0, 1))
        for number, row, good in zip(loaded, described, fit["good"], strict=True):
            if good and row["movement"] <= LIMITS["movement"]:
                rows[number] = row
    return rows


def _small_grey(path: str, box: tuple) -> np.ndarray:
    left, top, share, mirrored = box
    data = read_bytes(path)
    image = open_image(data)
    # A JPEG decoded small shifts its blocks a little: keep twice the pixels that are compared.
    image = load_pixels(image, data, 2 * SIDE / share * max(image.size) / min(image.size))
    grey = to_rgb(image).convert("L")
    width, height = grey.size
    edges = (left * width, top * height, (left + share) * width, (top + share) * height)
    small = grey.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box=edges)
    small = np.asarray(small, np.float32)
    return small[:, ::-1] if mirrored else small


def _describe(fit, sizes) -> list[dict]:
    """Similarity, movement, and in words what was changed, of each pair."""
    linear = fit["map"][:, :, :2].astype(float)
    in_pixels = linear * sizes[1][:, :, None] / sizes[0][:, None, :]
    long, short = np.linalg.svd(in_pixels, compute_uv=False).T
    # Turning and cropping keep shapes in pixels; resizing keeps the sides parallel.
    skew = np.minimum(long / short - 1, np.abs(linear[:, [0, 1], [1, 0]]).max(axis=1))
    # A skew displaces places by 0.29 of itself (root mean square) on either side.
    movement = np.hypot(fit["drift"], skew * 0.29 * SIDE / 2)
    zoom, pixels = (np.abs(np.log(np.abs(np.linalg.det(m)))) / 2 for m in (linear, in_pixels))
    angle = np.abs(np.degrees(np.arctan2(in_pixels[:, 1, 0], in_pixels[:, 1, 1])))
    changes = {
        "mirror": np.linalg.det(linear) < 0,
        "rotate": angle > 0.4,
        "crop": (zoom > 0.01) & (angle <= 0.4),
        "resize": pixels > 0.02,
        "brighten": np.abs(np.log(fit["gain"])) > 0.04,
    }
    flags = zip(*changes.values(), strict=True)
    words = [
        " and ".join(name for name, yes in zip(changes, row, strict=True) if yes) for row in flags
    ]
    facts = zip(fit["likeness"].tolist(), movement.tolist(), words, strict=True)
    return [dict(zip(("similarity", "movement", "transform"), row, strict=True)) for row in facts]
