"""Pairs of which one picture may be a part of the other, or the other turned, among nearest
neighbours by features."""

from collections.abc import Iterator
from functools import cache
from itertools import chain

import numpy as np
from tqdm.auto import tqdm

from helpers.copies.candidates import SIDE

SHARES = (0.9, 0.8, 0.7, 0.6, 0.5)
STEP, LIKENESS, NEAREST = 0.08, 0.8, 10
"""Shares of each side that a part may keep, how far apart the places lie where it is looked for,
the correlation of thumbnails from which a pair is worth opening, and neighbours of each image."""

TURNS = range(8, 45, 6)
"""Degrees by which pictures are turned, either way: of what is left, three at most, the comparison
takes care, and of less than five the search by hashes."""

_GRID = SIDE // 2
_ROWS, _MEBIBYTES, _PAIRS = 4096, 128, 2048
"""Images whose neighbours are sought at a time, within so much memory, and pairs compared."""
_ASPECTS = 4
"""Aspect ratios are told apart that differ by a factor of two to the power of one fourth."""


def find_parts(
    features: np.ndarray, thumbnails: np.ndarray, sizes: np.ndarray | None = None,
    progress: bool = False,
) -> tuple[np.ndarray, list[tuple]]:  # fmt: skip
    """Pairs in which a cut from the first picture's thumbnail resembles the second's, or what lies
    in the middle of the first one, turned, resembles what lies in the middle of the second.

    What a turned copy has in its corners, where its original ends, is not compared.

    Parameters
    ----------
    features : float array, images × columns
        Pairs are sought among the ten nearest of each by cosine, each column standardised.
    thumbnails : uint8 array, images × 16 × 16
    sizes : array, images × 2, optional
        Upright width and height; squares if absent.
    progress : bool
        Draw bars once a step has taken two seconds.

    Returns
    -------
    pairs : int array, pairs × 2 (whole, part)
    boxes : for each the (left, top, share kept, mirrored, degrees) of the best cut, as shares of
        the side; turned before it is cut, anticlockwise
    """
    if len(features) < 2:
        return np.empty((0, 2), int), []
    pairs = _pair_nearest(features, progress)
    flat = thumbnails.reshape(len(thumbnails), -1).astype(np.float32)
    aspects = np.ones(len(flat)) if sizes is None else sizes[:, 0] / sizes[:, 1]
    boxes, best, which = [], np.full(len(pairs), -1.0), np.zeros(len(pairs), int)
    compared = chain(_compare_cut(pairs, flat), _compare_turned(pairs, flat, aspects))
    number = len(_boxes()) + 4 * len(TURNS)
    bar = {"desc": "copies cut and turned", "unit": "way", "total": number, "delay": 2}
    for box, likeness in tqdm(compared, disable=not progress, **bar):
        better = likeness > best
        best[better], which[better] = likeness[better], len(boxes)
        boxes.append(box)
    kept = _choose_ends(pairs, best)
    kept = kept[best[kept] >= LIKENESS]
    found = [
        _place_middle(boxes[number], aspects[whole])
        for number, whole in zip(which[kept], pairs[kept, 0], strict=True)
    ]
    return pairs[kept], found


def _pair_nearest(features: np.ndarray, progress: bool) -> np.ndarray:
    """Each image with its ten nearest, either way round."""
    from sklearn import config_context
    from sklearn.neighbors import NearestNeighbors

    features = features - features.mean(axis=0)
    features /= features.std(axis=0) + 1e-9
    search = NearestNeighbors(n_neighbors=min(NEAREST, len(features) - 1), metric="cosine")
    search.fit(features)
    near, steps = [], range(0, len(features), _ROWS)
    with config_context(working_memory=_MEBIBYTES):
        for at in tqdm(steps, "nearest pictures", unit="step", delay=2, disable=not progress):
            own = np.arange(at, min(at + _ROWS, len(features)))
            found = search.kneighbors(features[own], search.n_neighbors + 1, return_distance=False)
            keep = found != own[:, None]
            keep[keep.all(axis=1), 0] = False  # itself is one of more that look just the same
            near.append(found[keep].reshape(len(own), -1))
    near = np.concatenate(near)
    ends = np.stack([np.repeat(np.arange(len(near)), near.shape[1]), near.ravel()], axis=1)
    return np.unique(np.concatenate([ends, ends[:, ::-1]]), axis=0)


def _compare_cut(pairs: np.ndarray, flat: np.ndarray) -> Iterator[tuple]:
    """Each box, and how much what it cuts from the first of each pair resembles the second."""
    plain = flat.reshape(-1, _GRID, 2, _GRID, 2).mean(axis=(2, 4), dtype=float)
    parts = [_normal(upright) for upright in (plain, plain[:, :, ::-1])]
    for box in _boxes():
        left, top, share, mirrored, _ = box
        if not mirrored:
            down, across = (_sampling(start, share) for start in (top, left))
            cut = _normal(flat @ np.kron(down, across).T)
        yield box, _correlate(cut, parts[mirrored], pairs)


def _compare_turned(pairs: np.ndarray, flat: np.ndarray, aspects: np.ndarray) -> Iterator[tuple]:
    """Each turn, in a box without a place yet, and how much the middle of the first of each pair,
    turned, resembles the middle of the second."""
    for degrees in TURNS:
        middle = _normal(_middle(flat, aspects, degrees))
        for angle in (degrees, -degrees):
            turned = _middle(flat, aspects, degrees, angle)
            for mirrored in (0, 1):
                cut = _normal(turned[:, :, ::-1] if mirrored else turned)
                yield (None, None, None, mirrored, angle), _correlate(cut, middle, pairs)


def _correlate(first: np.ndarray, second: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """The correlation of each pair, of pictures made normal, so many at a time as a cache holds."""
    found = np.empty(len(pairs))
    for at in range(0, len(pairs), _PAIRS):
        one, other = pairs[at : at + _PAIRS].T
        found[at : at + _PAIRS] = (first[one] * second[other]).sum(axis=1)
    return found


def _choose_ends(pairs: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Of either way round of a pair the better one: places in `pairs`."""
    both = np.sort(pairs, axis=1) @ [pairs.max() + 1, 1]
    order = np.lexsort([-best, both])
    first = np.ones(len(order), bool)
    first[1:] = np.diff(both[order]) > 0
    return order[first]


def _place_middle(box: tuple, aspect: float) -> tuple:
    """The box of a turn with the place of what is left of a picture of that aspect."""
    if not box[4]:
        return box
    share = share_left(box[4], aspect)
    return ((1 - share) / 2, (1 - share) / 2, share, *box[3:])


def share_left(degrees: float, aspect: float) -> float:
    """Share of each side of the largest upright box of the same form within a turned picture.

    Of a picture that is turned by `degrees`, up to 90 either way, and `aspect` times as wide as
    high.
    """
    angle = np.deg2rad(abs(degrees))
    return float(1 / (np.cos(angle) + np.sin(angle) * max(aspect, 1 / aspect)))


def _middle(flat, aspects, degrees: float, angle: float = 0) -> np.ndarray:
    """What turning by `degrees` leaves of each thumbnail, images × 8 × 8; turned by `angle`."""
    found = np.empty((len(flat), _GRID, _GRID), np.float32)
    steps = np.round(np.log2(aspects) * _ASPECTS).astype(int)
    for step in np.unique(steps):
        matrix = _turning(degrees, 2 ** (step / _ASPECTS), angle)
        found[steps == step] = (flat[steps == step] @ matrix).reshape(-1, _GRID, _GRID)
    return found


@cache
def _turning(degrees: float, aspect: float, angle: float) -> np.ndarray:
    """Matrix that resamples a flattened thumbnail as what turning by `degrees` leaves of it, turned
    by `angle` (bilinear)."""
    share, radians = share_left(degrees, aspect), np.deg2rad(angle)
    y, x = ((np.mgrid[:_GRID, :_GRID] + 0.5) / _GRID - 0.5) * share
    # In pixels a turn keeps forms; in a thumbnail, which is a square, it does not.
    across = np.cos(radians) * x - np.sin(radians) * y / aspect
    down = np.sin(radians) * x * aspect + np.cos(radians) * y
    at = [np.clip((place + 0.5) * SIDE - 0.5, 0, SIDE - 1).ravel() for place in (down, across)]
    rows, columns = (np.maximum(0, 1 - np.abs(a - np.arange(SIDE)[:, None])) for a in at)
    return (rows[:, None] * columns[None]).reshape(SIDE * SIDE, -1).astype(np.float32)


def _boxes() -> list[tuple]:
    """Each place as it is, then mirrored."""
    found = []
    for share in SHARES:
        places = np.linspace(0, 1 - share, 1 + round((1 - share) / STEP))
        found += [(x, y, share, flip, 0) for x in places for y in places for flip in (0, 1)]
    return found


def _sampling(start: float, share: float) -> np.ndarray:
    """Matrix that resamples a stretch of 16 pixels as 8 (bilinear)."""
    at = np.clip((start + share * (np.arange(_GRID) + 0.5) / _GRID) * SIDE - 0.5, 0, SIDE - 1)
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(SIDE))).astype(np.float32)


def _normal(pictures: np.ndarray) -> np.ndarray:
    flat = pictures.reshape(len(pictures), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-6)
