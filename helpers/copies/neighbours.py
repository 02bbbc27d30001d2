"""Pairs of which one picture may be a part of the other, or the other turned, among nearest
neighbours by features."""

from functools import cache

import numpy as np

from helpers.copies.candidates import SIDE

SHARES = (0.9, 0.8, 0.7, 0.6, 0.5)
STEP, LIKENESS, NEAREST = 0.08, 0.8, 10
"""Shares of each side that a part may keep, how far apart the places lie where it is looked for,
the correlation of thumbnails from which a pair is worth opening, and neighbours of each image."""

TURNS = tuple(sign * degrees for degrees in range(8, 45, 6) for sign in (1, -1))
"""Degrees by which pictures are turned: of what is left, three at most, the comparison takes care,
and of less than five the search by hashes."""

_GRID = SIDE // 2
_ASPECTS = 4
"""Aspect ratios are told apart that differ by a factor of two to the power of one fourth."""


def find_parts(
    features: np.ndarray, thumbnails: np.ndarray, sizes: np.ndarray | None = None
) -> tuple[np.ndarray, list[tuple]]:
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

    Returns
    -------
    pairs : int array, pairs × 2 (whole, part)
    boxes : for each the (left, top, share kept, mirrored, degrees) of the best cut, as shares of
        the side; turned before it is cut, anticlockwise
    """
    from sklearn.neighbors import NearestNeighbors

    if len(features) < 2:
        return np.empty((0, 2), int), []
    features = features - features.mean(axis=0)
    features /= features.std(axis=0) + 1e-9
    search = NearestNeighbors(n_neighbors=min(NEAREST, len(features) - 1), metric="cosine")
    near = search.fit(features).kneighbors(return_distance=False)
    ends = np.stack([np.repeat(np.arange(len(near)), near.shape[1]), near.ravel()], axis=1)
    pairs = np.unique(np.concatenate([ends, ends[:, ::-1]]), axis=0)
    plain = thumbnails.reshape(-1, _GRID, 2, _GRID, 2).mean(axis=(2, 4))
    parts = [_normal(turned)[pairs[:, 1]] for turned in (plain, plain[:, :, ::-1])]
    flat = thumbnails.reshape(len(thumbnails), -1).astype(np.float32)
    boxes, best, which = _boxes(), np.full(len(pairs), -1.0), np.zeros(len(pairs), int)

    def note(number: int, likeness: np.ndarray) -> None:
        better = likeness > best
        best[better], which[better] = likeness[better], number

    for number, (left, top, share, mirrored, _) in enumerate(boxes):
        if not mirrored:
            down, across = (_sampling(start, share) for start in (top, left))
            cut = _normal(flat @ np.kron(down, across).T)[pairs[:, 0]]
        note(number, (cut * parts[mirrored]).sum(axis=1))
    aspects = np.ones(len(flat)) if sizes is None else sizes[:, 0] / sizes[:, 1]
    for degrees in TURNS:
        # Either way round is tried: of two turns that differ in their sign, one middle will do.
        turned, middle = _turn(flat, aspects, degrees), _turn(flat, aspects, degrees, back=True)
        middle = _normal(middle)[pairs[:, 1]]
        for mirrored in (0, 1):
            cut = turned[:, :, ::-1] if mirrored else turned
            note(len(boxes), (_normal(cut)[pairs[:, 0]] * middle).sum(axis=1))
            boxes.append((None, None, None, mirrored, degrees))
    # A part that is nearly all is found by its hash; of either way round the better is kept.
    both = np.sort(pairs, axis=1) @ [len(plain), 1]
    order = np.lexsort([-best, both])
    first = np.ones(len(order), bool)
    first[1:] = np.diff(both[order]) > 0
    kept = order[first & (best[order] >= LIKENESS)]
    found = [boxes[number] for number in which[kept]]
    turned = [number for number, box in enumerate(found) if box[4]]
    for number in turned:
        share = share_left(found[number][4], aspects[pairs[kept[number], 0]])
        found[number] = (*((1 - share) / 2,) * 2, share, *found[number][3:])
    return pairs[kept], found


def share_left(degrees: float, aspect: float) -> float:
    """Share of each side of the largest upright box of the same form within a turned picture.

    Of a picture that is turned by `degrees`, up to 90 either way, and `aspect` times as wide as
    high.
    """
    angle = np.deg2rad(abs(degrees))
    return float(1 / (np.cos(angle) + np.sin(angle) * max(aspect, 1 / aspect)))


def _turn(flat, aspects, degrees: float, back: bool = False) -> np.ndarray:
    """The middle of each thumbnail, images × 8 × 8: turned, or `back`, as it is without that."""
    found = np.empty((len(flat), _GRID, _GRID), np.float32)
    steps = np.round(np.log2(aspects) * _ASPECTS).astype(int)
    for step in np.unique(steps):
        matrix = _turning(degrees, 2 ** (step / _ASPECTS), back)
        found[steps == step] = (flat[steps == step] @ matrix).reshape(-1, _GRID, _GRID)
    return found


@cache
def _turning(degrees: float, aspect: float, back: bool) -> np.ndarray:
    """Matrix that resamples a flattened thumbnail as the middle of the picture turned (bilinear);
    `back` as the same part of the picture as it is."""
    share, angle = share_left(degrees, aspect), np.deg2rad(0 if back else degrees)
    y, x = ((np.mgrid[:_GRID, :_GRID] + 0.5) / _GRID - 0.5) * share
    # In pixels a turn keeps forms; in a thumbnail, which is a square, it does not.
    across = np.cos(angle) * x - np.sin(angle) * y / aspect
    down = np.sin(angle) * x * aspect + np.cos(angle) * y
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
