"""Pairs of which one picture may be a part of the other, among nearest neighbours by features."""

import numpy as np

from helpers.copies.candidates import SIDE

SHARES = (0.9, 0.8, 0.7, 0.6, 0.5)
STEP, LIKENESS, NEAREST = 0.08, 0.8, 10
"""Shares of each side that a part may keep, how far apart the places lie where it is looked for,
the correlation of thumbnails from which a pair is worth opening, and neighbours of each image."""

_GRID = SIDE // 2


def find_parts(features: np.ndarray, thumbnails: np.ndarray) -> tuple[np.ndarray, list[tuple]]:
    """Pairs in which a cut from the first picture's thumbnail resembles the second's.

    Parameters
    ----------
    features : float array, images × columns
        Pairs are sought among the ten nearest of each by cosine, each column standardised.
    thumbnails : uint8 array, images × 16 × 16

    Returns
    -------
    pairs : int array, pairs × 2 (whole, part)
    boxes : for each the (left, top, share kept, mirrored) of the best cut, as shares of the side
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
    for number, (left, top, share, mirrored) in enumerate(boxes):
        if not mirrored:
            down, across = (_sampling(start, share) for start in (top, left))
            cut = _normal(flat @ np.kron(down, across).T)[pairs[:, 0]]
        likeness = (cut * parts[mirrored]).sum(axis=1)
        better = likeness > best
        best[better], which[better] = likeness[better], number
    # A part that is nearly all is found by its hash; of either way round the better is kept.
    both = np.sort(pairs, axis=1) @ [len(plain), 1]
    order = np.lexsort([-best, both])
    first = np.ones(len(order), bool)
    first[1:] = np.diff(both[order]) > 0
    kept = order[first & (best[order] >= LIKENESS)]
    return pairs[kept], [boxes[number] for number in which[kept]]


def _boxes() -> list[tuple]:
    """Each place as it is, then mirrored."""
    found = []
    for share in SHARES:
        places = np.linspace(0, 1 - share, 1 + round((1 - share) / STEP))
        found += [(x, y, share, flip) for x in places for y in places for flip in (0, 1)]
    return found


def _sampling(start: float, share: float) -> np.ndarray:
    """Matrix that resamples a stretch of 16 pixels as 8 (bilinear)."""
    at = np.clip((start + share * (np.arange(_GRID) + 0.5) / _GRID) * SIDE - 0.5, 0, SIDE - 1)
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(SIDE))).astype(np.float32)


def _normal(pictures: np.ndarray) -> np.ndarray:
    flat = pictures.reshape(len(pictures), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-6)
