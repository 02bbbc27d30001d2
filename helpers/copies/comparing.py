"""Open the two files of a pair again and tell whether they show one exposure.

Worker processes import this module: numpy and Pillow only.
"""

import os
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image

from helpers.audit.batches import guard
from helpers.copies import verdicts
from helpers.copies.alignment import ROUNDS, SIDE, THUMBNAIL_ROUNDS, match, overlay, smooth
from helpers.copies.candidates import start_maps
from helpers.copies.differences import differ_in_curve, find_differences, median
from helpers.datasets.pixels import read_rgb

LIMITS = {"likeness": 0.9, "detail": 0.75, "movement": 0.13}
"""Limits for a verified pair: correlation, correlation of fine detail, and movement left after the
best fit, in pixels of a 96-pixel frame. Fixed on seed 0 of leaves; `studies/detectors.py` reports
other seeds."""

UNEQUAL, PASSES = 0.7, 16
"""A picture may be a blurred copy of one that has so much more fine detail, blurred at most so many
times by a pixel."""

ENDS, CUT_MORE = (3, 252), 0.02
"""Levels of a colour (0–255) up to and from which it has come to its end, where brightening and
darkening pile up what they cut off; and by how large a share of them one picture must have more
than the other for its edges to lie elsewhere. Where light *may* have been cut off, and levels are
not to be trusted, `differences.CUT` says, which is wider."""

HEALED = 1.0
"""Movement that a mark may feign, in pixels of a 96-pixel frame."""

_OPENED = 32
"""Pairs whose pictures are opened at a time."""

_WHOLE = (0.0, 0.0, 1.0, 0, 0)
_SHIFTS = (-0.08, 0, 0.08)
_NEARBY = [[[z, 0, x], [0, z, y]] for z in (0.92, 1, 1.09) for x in _SHIFTS for y in _SHIFTS]
_NEARBY = np.array(_NEARBY, np.float32)
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def compare_asked(tasks: list, seconds: float, compare: Callable, levels: int | None) -> list:
    """What `compare` (`compare_pairs` or `compare_parts`) finds of each task, None for None."""
    asked = [number for number, task in enumerate(tasks) if task is not None]
    found = compare([tasks[number] for number in asked], seconds, levels) if asked else []
    rows = dict(zip(asked, found, strict=True))
    return [rows.get(number) for number in range(len(tasks))]


def compare_pairs(
    tasks: list[tuple], seconds: float = 60.0, levels: int | None = None
) -> list[dict]:
    """Lay the pictures of each pair over each other, their thumbnails first.

    Parameters
    ----------
    tasks : list of (two paths, two 16 × 16 thumbnails, two upright sizes, variant)
    seconds : float
        See `batches.guard`.
    levels : int, optional
        What is white in 16-bit pictures of the dataset (see `pixels.decode`).

    Returns
    -------
    list of dict: what `verdicts.judge` says of a copy or what may be one, nothing of another pair,
    and the problem where a file can no longer be read
    """
    paths, thumbnails, sizes, variants = zip(*tasks, strict=True)
    starts = start_maps(np.array(variants))
    rough = np.array(thumbnails, np.float32).swapaxes(0, 1)
    alike = overlay(*rough, starts, rounds=THUMBNAIL_ROUNDS, **LIMITS)["good"]
    alike, sizes = np.flatnonzero(alike), np.array(sizes, float)
    rows: list[dict] = [{} for _ in tasks]
    for at in range(0, len(alike), _OPENED):
        views = {n: [(path, _WHOLE) for path in paths[n]] for n in alike[at : at + _OPENED]}
        with guard(seconds):
            pictures = _open(views, rows, levels)
        rows = _compare(pictures, starts, sizes, rows)
    return rows


def compare_parts(
    tasks: list[tuple], seconds: float = 60.0, levels: int | None = None
) -> list[dict]:
    """Lay the second picture of each pair over a cut from the first, as `compare_pairs` does.

    Where the first is turned, the same cut from the second is laid over it: a turned copy has
    something else in its corners.

    Parameters
    ----------
    tasks : list of (two paths, two upright sizes, (left, top, share kept, mirrored, degrees))
    seconds, levels
        As in `compare_pairs`.
    """
    paths, sizes, boxes = zip(*tasks, strict=True)
    others = [(*box[:3], 0, 0) if box[4] else _WHOLE for box in boxes]
    starts = np.broadcast_to(_NEARBY, (len(tasks), *_NEARBY.shape))
    whole_sizes = np.array(sizes)
    shares = [[[cut[2]] for cut in pair] for pair in zip(boxes, others, strict=True)]
    sizes = whole_sizes * np.array(shares)
    rows: list[dict] = [{} for _ in tasks]
    with guard(seconds):
        # Most pairs are told apart by a cut from the whole picture, for which no file is opened
        # more than once.
        every = {n: [(path, _WHOLE) for path in paths[n]] for n in range(len(tasks))}
        whole = _open(every, rows, levels)
        views = {n: [(paths[n][0], boxes[n]), (paths[n][1], others[n])] for n in whole}
        if whole:
            rough = [
                [_cut(whole[n][k], cut[n], whole_sizes[n, k]) for n in whole]
                for k, cut in enumerate((boxes, others))
            ]
            first, second = (np.stack(pictures) @ _LUMA for pictures in rough)
            fit = overlay(first, second, starts[[*whole]], rounds=ROUNDS[:1], **LIMITS)
            views = {n: views[n] for n, good in zip(whole, fit["good"], strict=True) if good}
        pictures = _open(views, rows, levels)
    rows = _compare(pictures, starts, sizes, rows)
    for number, (row, box) in enumerate(zip(rows, boxes, strict=True)):
        if "transform" in row:
            cut = "rotate" if box[4] else "crop"
            words = {cut, "mirror" * box[3], *row["transform"].split(" and ")} - {""}
            row["transform"] = verdicts.name_changes(words)
            # A place in a cut is no place in the picture that it was cut from.
            rows[number] = row if verdicts.is_settled(row) else {}
    return rows


def _open(views: dict, rows: list[dict], levels: int | None) -> dict:
    """The two pictures of each pair of (path, box); what cannot be read is noted in `rows`."""
    pictures = {}
    for number, pair in views.items():
        try:
            pictures[number] = [
                _small_picture(path, box, levels, _stamp(path)) for path, box in pair
            ]
        except Exception as error:
            rows[number]["problem"] = str(error)
    return pictures


def _compare(pictures: dict, starts, sizes, rows) -> list[dict]:
    if not pictures:
        return rows
    loaded = np.array([*pictures])
    first, second = (np.stack([pair[k] for pair in pictures.values()]) for k in (0, 1))
    grey = first @ _LUMA, second @ _LUMA
    fit = overlay(*grey, starts[loaded], **LIMITS)
    described = verdicts.describe(fit, sizes[loaded].swapaxes(0, 1))
    movement = np.array([row["movement"] for row in described])
    sharp = np.flatnonzero(fit["good"] & (movement <= LIMITS["movement"]))
    if len(sharp):
        found = find_differences(first[sharp], second[sharp], fit["map"][sharp])
        for at, row in zip(sharp, verdicts.judge(found), strict=True):
            rows[loaded[at]] = row and described[at] | row
    likely = fit["likeness"] >= LIMITS["likeness"]
    for choose, again in (
        (_moved_little, _compare_healed),
        (_unsettled, _compare_softly),
        (_unsettled, _compare_toned),
    ):
        some = np.flatnonzero(likely & choose(fit, [rows[number] for number in loaded]))
        if len(some):
            which, both = loaded[some], [(first[some], second[some]), [one[some] for one in grey]]
            more = again(*both, starts[which], fit["map"][some], sizes[which])
            for number, row in zip(which, more, strict=True):
                rows[number] = row or rows[number]
    return rows


def _moved_little(fit, rows):
    return ~fit["good"] & (fit["drift"] < HEALED)


def _unsettled(fit, rows):
    return np.array([not verdicts.is_settled(row) for row in rows])


def _compare_healed(pictures, grey, starts, maps, sizes) -> list[dict]:
    """Verdicts on pairs in one of which a mark may pass for movement: it is painted over."""
    rows: list[dict] = [{} for _ in starts]
    (first, second), (one, two) = pictures, grey
    # The fit may have followed the mark: the place where most pixels agree is to be preferred.
    places = np.stack([maps, starts[:, 0]])
    everywhere = np.ones(one.shape, bool)
    apart = [np.abs(one - match(one, two, m, everywhere)).reshape(len(one), -1) for m in places]
    best = np.argmin([median(levels)[:, 0] for levels in apart], axis=0)
    maps = places[best, np.arange(len(maps))]
    # What one curve explains is no part, and that is most.
    some = np.flatnonzero(differ_in_curve(first, second, maps))
    if not len(some):
        return rows
    found = find_differences(first[some], second[some], maps[some])
    judged = verdicts.judge(found)
    parted = [n for n, row in enumerate(judged) if row and row["kind"] == "part"]
    if not parted:
        return rows
    some = some[parted]
    parts = np.stack([verdicts.find_part(excess) for excess in found["excess"][parted]])
    one, two = one[some], two[some]
    healed = np.where(parts, match(one, two, maps[some], ~parts), one)
    fit = overlay(healed, two, starts[some], **LIMITS)
    if len(good := np.flatnonzero(fit["good"])):
        pair = first[some[good]], second[some[good]]
        judged = verdicts.judge(find_differences(*pair, fit["map"][good]))
        described = verdicts.describe(fit, sizes[some].swapaxes(0, 1))
        for at, row in zip(good, judged, strict=True):
            if row and row["kind"] == "part":
                rows[some[at]] = described[at] | row
    return rows


def _compare_softly(pictures, grey, starts, maps, sizes) -> list[dict]:
    """Verdicts on pairs of which one may be blurred: the sharper is blurred until it is no sharper.

    A second photo of a scene is as sharp as the first, or the same blur does not make them alike.
    """
    rows: list[dict] = [{} for _ in starts]
    sharpness = np.stack([_sharpness(one) for one in grey])
    some = np.flatnonzero(sharpness.min(axis=0) < UNEQUAL * sharpness.max(axis=0))
    if not len(some):
        return rows
    goal = sharpness.min(axis=0)[some]
    first, second = (
        _blur_to(picture[some].astype(np.float32), sharp[some], goal)
        for picture, sharp in zip(pictures, sharpness, strict=True)
    )
    fit = overlay(first @ _LUMA, second @ _LUMA, starts[some], **LIMITS)
    if len(good := np.flatnonzero(fit["good"])):
        judged = verdicts.judge(find_differences(first[good], second[good], fit["map"][good]))
        described = verdicts.describe(fit, sizes[some].swapaxes(0, 1))
        for at, row in zip(good, judged, strict=True):
            if verdicts.is_settled(row):
                words = ", ".join(filter(None, ("sharpness", row["difference"])))
                rows[some[at]] = described[at] | row | {"kind": "probable", "difference": words}
    return rows


def _compare_toned(pictures, grey, starts, maps, sizes) -> list[dict]:
    """Verdicts on pairs of which one is brighter or darker until its levels are cut off: the other
    is given its levels, cut off where they are, and what was cut off no longer passes for movement.

    Each level is brought to the one below which as large a share of all colours' levels is: that
    changes light alone, all colours alike, and what has moved is as far away as before.
    """
    rows: list[dict] = [{} for _ in starts]
    beyond = [(one <= ENDS[0]) | (one >= ENDS[1]) for one in pictures]
    cut = np.stack([one.mean(axis=(1, 2, 3)) for one in beyond])
    some = np.flatnonzero(np.abs(cut[0] - cut[1]) > CUT_MORE)
    if not len(some):
        return rows
    first, second = (picture[some].astype(np.float32) for picture in pictures)
    for n, (one, two) in enumerate(cut[:, some].T):
        if one < two:
            first[n] = _give_levels(first[n], second[n])
        else:
            second[n] = _give_levels(second[n], first[n])
    fit = overlay(first @ _LUMA, second @ _LUMA, starts[some], **LIMITS)
    if len(good := np.flatnonzero(fit["good"])):
        judged = verdicts.judge(find_differences(first[good], second[good], fit["map"][good]))
        described = verdicts.describe(fit, sizes[some].swapaxes(0, 1))
        for at, row in zip(good, judged, strict=True):
            moved = described[at]["movement"] > LIMITS["movement"]
            if verdicts.is_settled(row) and not moved:
                words = {"brighten", *described[at]["transform"].split(" and ")}
                rows[some[at]] = described[at] | row | {"transform": verdicts.name_changes(words)}
    return rows


def _give_levels(picture, other):
    """The levels of `other` in the order of those of `picture`."""
    levels = np.linspace(0, 1, 257)
    return np.interp(picture, np.quantile(picture, levels), np.quantile(other, levels)).astype(
        np.float32
    )


def _sharpness(grey):
    return (grey - smooth(grey)).std(axis=(1, 2))


def _blur_to(pictures, sharpness, goal):
    """Blur each of the pictures until it has no more fine detail than its goal; overwrites them."""
    sharp = np.flatnonzero(sharpness > goal)
    for _ in range(PASSES):
        if not len(sharp):
            break
        layers = np.moveaxis(pictures[sharp], 3, 1).reshape(-1, SIDE, SIDE)
        pictures[sharp] = np.moveaxis(smooth(layers).reshape(-1, 3, SIDE, SIDE), 1, 3)
        sharpness = _sharpness(pictures[sharp] @ _LUMA)
        sharp = sharp[sharpness > goal[sharp]]
    return pictures


def _stamp(path: str) -> tuple:
    """What changes when a file does."""
    try:
        facts = os.stat(path)
    except OSError:
        return ()
    return facts.st_size, facts.st_mtime_ns, facts.st_ino


@lru_cache(maxsize=1024)
def _small_picture(path: str, box: tuple, levels: int | None, stamp: tuple) -> np.ndarray:
    """A square of 96 pixels a side (uint8, red, green and blue) cut from a file by shares."""
    # A JPEG decoded small shifts its blocks a little: keep twice the pixels that are compared.
    return _resize(read_rgb(path, 2 * SIDE / box[2], levels), box)


def _resize(image: Image.Image, box: tuple) -> np.ndarray:
    left, top, share, mirrored, degrees = box
    image = image.rotate(degrees, Image.Resampling.BICUBIC) if degrees else image
    width, height = image.size
    edges = (left * width, top * height, (left + share) * width, (top + share) * height)
    small = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box=edges))
    return small[:, ::-1] if mirrored else small


def _cut(picture: np.ndarray, box: tuple, size: np.ndarray) -> np.ndarray:
    """Cut from a square into which a picture of `size` was brought."""
    if box == _WHOLE:
        return picture
    image = Image.fromarray(picture)
    if box[4]:  # to turn it, it has to have its own form
        image = image.resize([max(1, round(SIDE * side / max(size))) for side in size])
    return _resize(image, box)
