"""Keypoints of pictures, and whether those in the middle of two pictures show one thing.

Worker processes import this: numpy, Pillow and OpenCV, which loads where a picture is described.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from helpers.audit.batches import guard
from helpers.datasets.pixels import read_rgb

SIDE, MOST, CONTRAST = 320, 400, 0.01
"""Long side that pictures are brought to, keypoints of a thing that are kept, and SIFT's contrast
threshold: low, for smooth leaves have little."""
# Of photos pasted on other grounds and brought to 24 px, 41 of 49 pairs proposed were right; of
# leaves 49 of 51, and at 48 px all 69.
LEAST_SIDE = 48
"""Pictures whose long side has fewer pixels are not described: what few pixels show of two things
of one kind is the kind (of 1,797 digits, 8 px wide, 241 pairs "surely" showed the same one)."""
MIDDLE, SMALLEST, LARGEST = 0.6, 0.02, 0.7
"""Where a guess at the foreground takes less or more of the picture than the last two, the thing is
taken to lie in the middle: in an ellipse this share of the way to the frame's sides."""
LEAST = 3
"""Keypoints in the middle of both pictures that have to agree."""
_RATIO, _NEAR, _FAR = 0.9, 6.0, 12.0
_GROWTH, _TURN = np.log(1.6), np.deg2rad(30)
_THUMB, _EDGE, _WINDOW, _FLAT = 128, 7, 13, 16.0


class Picture(NamedTuple):
    """What is kept of a picture.

    Attributes
    ----------
    places : float32, n × 4
        Of each keypoint x and y, from the middle of the frame, and size, in pixels of a picture
        whose long side is 320; angle in radians.
    descriptors : uint8, n × 128
        SIFT (Lowe 2004).
    half : float32, 2
        Half the width and height of the picture, in the same pixels.
    thumbnail : uint8, height × width
        Grey, its long side 128.
    thing : bool, height × width
        Where in the thumbnail the thing photographed is guessed to be.
    """

    places: np.ndarray
    descriptors: np.ndarray
    half: np.ndarray
    thumbnail: np.ndarray
    thing: np.ndarray


class Agreement(NamedTuple):
    """Matches that fit one movement: the number of each keypoint in the first and in the second
    picture, and the affine map (2 × 3) from places in the first to those in the second."""

    first: np.ndarray
    second: np.ndarray
    matrix: np.ndarray


def describe(path: str) -> Picture:
    """The strongest 400 keypoints of the thing photographed (see `describe_image`).

    Raises
    ------
    OSError and what else Pillow raises on a file that cannot be decoded.
    """
    return describe_image(read_rgb(path, at_least=SIDE))


def describe_image(image: Image.Image) -> Picture:
    """The strongest 400 keypoints of the thing photographed; none of a picture too small.

    The strongest of the whole picture would be those of the ground, where that is grass or bark.
    """
    import cv2

    small = np.asarray(_fit(image, _THUMB))
    thing, thumbnail = find_thing(small), np.asarray(Image.fromarray(small).convert("L"))
    grey = np.ascontiguousarray(_fit(image.convert("L"), SIDE))
    cv2.setNumThreads(1)
    sift = cv2.SIFT_create(contrastThreshold=CONTRAST)
    found = ()
    if not is_small(image):
        found, descriptors = sift.detectAndCompute(grey, _around(thing, grey.shape))
    half = np.array(grey.shape[::-1], np.float32) / 2
    if not found:
        none = np.empty((0, 4), np.float32), np.empty((0, 128), np.uint8)
        return Picture(*none, half, thumbnail, thing)
    rows = [(one.pt[0], one.pt[1], one.size, np.deg2rad(one.angle)) for one in found]
    places = np.array(rows, np.float32)
    places[:, :2] -= half
    order = np.lexsort([*places.T, [-one.response for one in found]])[:MOST]
    return Picture(places[order], descriptors[order].astype(np.uint8), half, thumbnail, thing)


def is_small(image: Image.Image) -> bool:
    """Whether a picture has too few pixels for its keypoints to tell two things apart."""
    return max(image.size) < LEAST_SIDE


def find_thing(rgb: np.ndarray) -> np.ndarray:
    """The guessed foreground of a small picture, or its middle where the guess is no use."""
    from helpers.descriptors.form import find_foreground

    found = find_foreground(rgb)
    if SMALLEST <= found.mean() <= LARGEST:
        return found
    y, x = (np.linspace(-1, 1, length) for length in rgb.shape[:2])
    return np.hypot(y[:, None], x) < MIDDLE


def _around(thing: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The thing and a few pixels around it, uint8, in a picture of this height and width: where
    keypoints are wanted."""
    import cv2

    kernel = np.ones((_EDGE, _EDGE), np.uint8)
    wide = cv2.dilate(thing.astype(np.uint8), kernel)
    return cv2.resize(wide, shape[::-1], interpolation=cv2.INTER_NEAREST)


def _fit(image: Image.Image, side: int) -> Image.Image:
    scale = side / max(image.size)
    return image.resize([max(8, round(length * scale)) for length in image.size], resample=2)


def rooted(descriptors: np.ndarray) -> np.ndarray:
    """Square roots of each descriptor's shares, float32 of length one, whose products compare
    histograms as they should be (RootSIFT, Arandjelović & Zisserman 2012)."""
    values = descriptors.astype(np.float32)
    return np.sqrt(values / np.maximum(values.sum(axis=1, keepdims=True), 1))


def match(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Numbers (n × 2) of rooted descriptors that are nearest to each other, and clearly nearer
    than the next (Lowe's ratio)."""
    if min(len(first), len(second)) < 2:
        return np.empty((0, 2), int)
    likeness, rows = first @ second.T, np.arange(len(first))
    best = likeness.argmax(axis=1)
    nearest = likeness[rows, best]
    likeness[rows, best] = -np.inf
    clear = np.flatnonzero(1 - nearest < _RATIO**2 * (1 - likeness.max(axis=1)))
    likeness[rows, best] = nearest
    # Down the columns only for the few that are clear: that is slow.
    kept = clear[likeness[:, best[clear]].argmax(axis=0) == clear]
    return np.stack([kept, best[kept]], axis=1)


def agree(first: np.ndarray, second: np.ndarray, pairs: np.ndarray) -> Agreement | None:
    """The most matches that fit one movement, or None.

    Each match implies a turn, a growth and a shift, for keypoints have an angle and a size; all of
    them are tried, so that nothing is left to chance, and the one that most others fit is refined
    to an affine map.

    Parameters
    ----------
    first, second : float array, n × 4
        `Picture.places`.
    pairs : int array, matches × 2
    """
    if len(pairs) < LEAST:
        return None
    here, there = first[pairs[:, 0]].astype(float), second[pairs[:, 1]].astype(float)
    growth, turn = np.log(there[:, 2] / here[:, 2]), there[:, 3] - here[:, 3]
    start, end = here[:, 0] + 1j * here[:, 1], there[:, 0] + 1j * there[:, 1]
    move = np.exp(growth + 1j * turn)
    missed = np.abs(move[:, None] * (start - start[:, None]) + end[:, None] - end)
    turned = np.abs(np.angle(np.exp(1j * (turn[:, None] - turn))))
    fits = missed < _FAR * np.maximum(1, np.exp(growth))[:, None]
    fits &= (turned < _TURN) & (np.abs(growth[:, None] - growth) < _GROWTH)
    winner = fits.sum(axis=1).argmax()
    inside = fits[winner]
    flat = np.column_stack([here[:, :2], np.ones(len(here))])
    matrix = np.zeros((3, 2))
    for _ in range(4):
        if count_places(here[inside]) < LEAST:
            return None
        matrix = np.linalg.lstsq(flat[inside], there[inside, :2], rcond=None)[0]
        left = np.linalg.norm(flat @ matrix - there[:, :2], axis=1)
        inside = (left < _NEAR) & (turned[winner] < 2 * _TURN)
    if count_places(here[inside]) < LEAST or not _plausible(matrix[:2]):
        return None
    return Agreement(*pairs[inside].T, matrix.T)


def _plausible(linear: np.ndarray) -> bool:
    """Not mirrored, not four times as large or small, not squeezed to less than two fifths."""
    large, small = np.linalg.svd(linear, compute_uv=False)
    return bool(np.linalg.det(linear) > 0 and large < 4 and small > 0.25 and large < 2.5 * small)


def count_places(places: np.ndarray) -> int:
    """How many keypoints are at least 4 pixels or so apart: one with two angles counts once."""
    return len(np.unique(np.round(places[:, :2] / 4), axis=0))


# SIFT counts eight directions in each of 4 × 4 cells, which lie along the keypoint's own angle: in
# a mirror the rows of cells change places, and directions their sense.
_CELLS = np.arange(128).reshape(4, 4, 8)
_MIRRORED = _CELLS[::-1, :, -np.arange(8) % 8].ravel()


def mirror(picture: Picture) -> Picture:
    """What would be kept of the picture in a mirror, left for right.

    No photo shows a thing so: what agrees with it does by chance, but for things that are the same
    on both sides, and for pictures that somebody has turned over.
    """
    places = picture.places * np.array([-1, 1, 1, -1], np.float32)
    places[:, 3] += np.float32(np.pi)
    flat = (np.ascontiguousarray(one[:, ::-1]) for one in (picture.thumbnail, picture.thing))
    return Picture(places, picture.descriptors[:, _MIRRORED], picture.half, *flat)


def compare(first: Picture, second: Picture) -> tuple[int, float]:
    """How many keypoints of two things agree on one movement, and how alike the things look when
    one is laid over the other by it.

    Returns
    -------
    inliers : int
        0 where fewer than three agree.
    likeness : float
        Correlation of grey levels over small windows, averaged over the one thing and over the
        other, the smaller of the two: 1 for the same, about 0 for others. Light and shade that
        change slowly do not matter; what one of them shows and the other does not, does.
    """
    return _weigh(first, second, find_agreement(first, second))


def find_agreement(first: Picture, second: Picture) -> Agreement | None:
    """The matches of two pictures that fit one movement, or None."""
    pairs = match(rooted(first.descriptors), rooted(second.descriptors))
    return agree(first.places, second.places, pairs)


def _weigh(first: Picture, second: Picture, found: Agreement | None) -> tuple[int, float]:
    """What `compare` returns, of what was found to agree."""
    if found is None:
        return 0, 0.0
    ends = first.places[found.first], second.places[found.second]
    return min(map(count_places, ends)), _likeness(first, second, found.matrix)


def _likeness(first: Picture, second: Picture, matrix: np.ndarray) -> float:
    import cv2

    one, other = (picture.thumbnail.astype(np.float32) for picture in (first, second))
    height, width = one.shape
    scale = _THUMB / SIDE
    middle = [scale * picture.half for picture in (first, second)]
    shifted = matrix.copy()
    shifted[:, 2] = scale * matrix[:, 2] + middle[1] - matrix[:, :2] @ middle[0]
    back = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    layers = other, np.ones_like(other), second.thing.astype(np.float32)
    laid, seen, thing = (
        cv2.warpAffine(layer, shifted, (width, height), flags=back) for layer in layers
    )
    mean_one, mean_other, square_one, square_other, product = (
        cv2.blur(layer, (_WINDOW, _WINDOW))
        for layer in (one, laid, one * one, laid * laid, one * laid)
    )
    spread = (square_one - mean_one**2) * (square_other - mean_other**2)
    together = (product - mean_one * mean_other) / np.sqrt(np.maximum(spread, _FLAT))
    together[seen < 0.99] = 0
    growth = np.sqrt(np.linalg.det(matrix[:, :2]))
    # What the other picture does not show counts as unlike.
    areas = max(first.thing.sum(), 1), max(second.thing.sum() / growth**2, 1)
    return float(min(
        together[first.thing].sum() / areas[0], together[thing > 0.5].sum() / areas[1]
    ))  # fmt: skip


def describe_files(paths: list[str], seconds: float) -> list[dict]:
    """For each path a dict with the "picture" and whether it is "small" (see `is_small`), or with
    "problem" where it cannot be read."""
    with guard(seconds):
        return [_try(path) for path in paths]


def _try(path: str) -> dict:
    try:
        image = read_rgb(path, at_least=SIDE)
        return {"picture": tuple(describe_image(image)), "small": is_small(image)}
    except Exception as error:  # a decoder may raise anything; the scan says what is wrong
        return {"problem": str(error)}


def compare_stored(tasks: list[tuple[str, int, int, bool]], seconds: float) -> list[dict]:
    """For each (folder, number, number, mirrored) of stored pictures the "inliers" and the
    "likeness"; of the second picture as it would be in a mirror, where the last is true.

    Pairs come sorted, so that the first picture is that of the pair before, as a rule.
    """
    from threadpoolctl import threadpool_limits

    rows = []
    with guard(seconds), threadpool_limits(1):  # small products; the processes share the cores
        for folder, one, other, mirrored in tasks:
            asked = _load_rooted(folder, one, False), _load_rooted(folder, other, mirrored)
            (first, second), roots = zip(*asked, strict=True)
            found = agree(first.places, second.places, match(*roots))
            rows.append(_weigh(first, second, found))
    return [{"inliers": inliers, "likeness": likeness} for inliers, likeness in rows]


@lru_cache(32)
def _load_rooted(folder: str, number: int, mirrored: bool) -> tuple[Picture, np.ndarray]:
    picture = mirror(load(folder, number)) if mirrored else load(folder, number)
    return picture, rooted(picture.descriptors)


def load(folder: str, number: int) -> Picture:
    """Picture `number` of a folder that `store` wrote: a view of the files, which takes no memory
    until it is read."""
    places, descriptors, thumbnails, things, halves, starts, thumbs, sides = _open(folder)
    span = slice(starts[number], starts[number + 1])
    grey, thing = (
        flat[thumbs[number] : thumbs[number + 1]].reshape(sides[number])
        for flat in (thumbnails, things)
    )
    return Picture(places[span], descriptors[span], halves[number], grey, thing)


_NAMES = ("places", "descriptors", "thumbnails", "things", "halves", "starts", "thumbs", "sides")


def store(folder: Path, pictures: list[Picture]) -> list[Picture]:
    """Write pictures to a new folder, where worker processes find them without being sent them,
    and return them as `load` does."""
    folder.mkdir()
    starts = np.cumsum([0, *(len(one.places) for one in pictures)])
    thumbs = np.cumsum([0, *(one.thumbnail.size for one in pictures)])
    for name, part in zip(_NAMES[:4], (0, 1, 3, 4), strict=True):
        arrays = [one[part] for one in pictures]
        _write(f"{folder}/{name}.npy", arrays if part < 2 else [one.ravel() for one in arrays])
    halves = np.stack([one.half for one in pictures])
    sides = np.array([one.thumbnail.shape for one in pictures])
    for name, array in zip(_NAMES[4:], (halves, starts, thumbs, sides), strict=True):
        np.save(f"{folder}/{name}.npy", array)
    return [load(str(folder), number) for number in range(len(pictures))]


def _write(path: str, arrays: list[np.ndarray]) -> None:
    """Arrays one after the other, piece by piece: joined first, they would be in memory twice."""
    shape = max(1, sum(map(len, arrays))), *arrays[0].shape[1:]  # no empty file can be mapped
    file, at = np.lib.format.open_memmap(path, "w+", arrays[0].dtype, shape), 0
    for array in arrays:
        file[at : at + len(array)] = array
        at += len(array)


@lru_cache(2)
def _open(folder: str) -> list[np.ndarray]:
    return [np.asarray(np.load(f"{folder}/{name}.npy", mmap_mode="r")) for name in _NAMES]


def close_stored() -> None:
    """Let go of the files of `store`; pictures that look into them must be gone."""
    _open.cache_clear()
    _load_rooted.cache_clear()
