"""Open the two files of a pair again and tell whether they show one exposure.

Worker processes import this module: numpy and Pillow only.
"""

import numpy as np
from PIL import Image

from helpers.audit.alignment import SIDE, THUMBNAIL_ROUNDS, overlay
from helpers.audit.batches import guard
from helpers.audit.candidates import start_maps
from helpers.audit.decoding import load_pixels, open_image, read_bytes
from helpers.datasets.pixels import to_rgb

LIMITS = {"likeness": 0.9, "detail": 0.75, "movement": 0.13}
"""Limits for a verified pair: correlation, correlation of fine detail, and movement left after the
best fit, in pixels of a 96-pixel frame. Fixed on seed 0 of leaves; `studies/detectors.py` reports
other seeds."""


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
    rows: list[dict] = [{} for _ in tasks]
    pictures, whole = {}, []
    with guard(seconds):
        for number in np.flatnonzero(alike):
            try:
                for path in paths[number]:
                    if path not in pictures:
                        pictures[path] = _small_grey(path)
                whole.append(number)
            except Exception as error:
                rows[number]["problem"] = str(error)
    if whole:
        first, second = (np.stack([pictures[paths[n][k]] for n in whole]) for k in (0, 1))
        fit = overlay(first, second, starts[whole], **LIMITS)
        described = _describe(fit, np.array(sizes, float)[whole].swapaxes(0, 1))
        for number, row, good in zip(whole, described, fit["good"], strict=True):
            if good and row["movement"] <= LIMITS["movement"]:
                rows[number] = row
    return rows


def compare_parts(tasks: list[tuple], seconds: float = 60.0) -> list[dict]:
    """Lay the second picture of each pair over a cut from the first, as `compare_pairs` does.

    Parameters
    ----------
    tasks : list of (two paths, two upright sizes, (left, top, share kept, mirrored))
    """
    rows: list[dict] = [{} for _ in tasks]
    loaded, sizes = {}, []
    with guard(seconds):
        for number, (paths, both, box) in enumerate(tasks):
            try:
                loaded[number] = _small_grey(paths[0], box), _small_grey(paths[1])
                sizes.append((np.multiply(both[0], box[2]), both[1]))
            except Exception as error:
                rows[number]["problem"] = str(error)
    if loaded:
        first, second = (np.stack(pictures) for pictures in zip(*loaded.values(), strict=True))
        starts = np.broadcast_to(_NEARBY, (len(first), *_NEARBY.shape))
        fit = overlay(first, second, starts, **LIMITS)
        described = _describe(fit, np.array(sizes, float).swapaxes(0, 1))
        for number, row, good in zip(loaded, described, fit["good"], strict=True):
            if good and row["movement"] <= LIMITS["movement"]:
                words = {*row["transform"].split(" and "), "crop", "mirror" * tasks[number][2][3]}
                rows[number] = row | {"transform": " and ".join(sorted(filter(None, words)))}
    return rows


_NEARBY = np.array(
    [
        [[s, 0, x], [0, s, y]]
        for s in (0.92, 1, 1.09)
        for x in (-0.08, 0, 0.08)
        for y in (-0.08, 0, 0.08)
    ],
    np.float32,
)


def _small_grey(path: str, box: tuple = (0, 0, 1, False)) -> np.ndarray:
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
