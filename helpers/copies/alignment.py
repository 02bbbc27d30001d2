"""Lay one picture over another as well as an affine map and a change of light allow.

An edited copy (mirrored, cropped, turned, brightened, saved again) can be laid over its original
so that nothing has moved in relation to anything else. A second photo of the same scene cannot:
the hand has tilted the camera, the subject has stirred. What is left of that movement after the
best fit is what tells a burst from a duplicate.
"""

from functools import cache

import numpy as np

SIDE = 96
"""Pixels along each side of the pictures that are compared, stretched to squares."""

ROUNDS = ((24, 8, 16), (48, 4, 4), (SIDE, 4, 1))
THUMBNAIL_ROUNDS = ((16, 4, 24),)
"""Pixels a side, steps, and how many times the movement allowed in the end may still show: on
several seeds of leaves and on photos true copies stay under half of that, at every scale."""

_TILES = 6
_BLOCK = 4
_MANY = 8
_BATCH, _PIXELS = 256, 75_000
"""Pairs, and pixels of one of their pictures, that are worked on at a time: arrays of more pixels
do not stay in a processor's cache, and take three times as long for each."""


def overlay(
    first, second, starts, *, likeness=0.9, detail=0.5, movement=np.inf, rounds=ROUNDS
) -> dict:
    """Fit each second picture onto its first by Gauss–Newton on pixels (Lucas & Kanade 1981).

    Parameters
    ----------
    first, second : float32 arrays, pairs × side × side
        Grey levels, 0–255; the side is 96, or what the last round asks for.
    starts : float32 array, pairs × guesses × 2 × 3
        Maps from places (x, y, 1) in the first picture, -0.5 to 0.5, to places in the second; the
        best guess is refined.
    likeness, detail, movement : float
        A pair beyond these is given up at a coarser scale, which saves most of the time.
    rounds : tuple of (side, steps, times the movement allowed)

    Returns
    -------
    dict of arrays, one value a pair:

    - good: whether it was never given up
    - likeness: correlation of the overlaid pictures, -1 to 1; detail: correlation of what is
      smaller than 4 of 96 pixels
    - drift: displacement, in pixels of 96, that tiles still have after the fit (root mean square,
      weighted by how well a tile can tell); infinite for what is not alike
    - map: float32, pairs × 2 × 3; gain: factor on the second picture's contrast
    """
    limits = (likeness, detail, movement)
    pieces = [
        _overlay_batch(*(a[at : at + _BATCH] for a in (first, second, starts)), limits, rounds)
        for at in range(0, len(first), _BATCH)
    ]
    return {key: np.concatenate([piece[key] for piece in pieces]) for key in pieces[0]}


def match(first: np.ndarray, second: np.ndarray, maps: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The second pictures (grey, pairs × side × side) laid over the first, in light as bright and
    as rich in contrast as these are at the pixels `where` (bool)."""
    _, laid, inside = _laid_over(first, second, maps)
    weight = (inside * where)[..., None].reshape(len(first), -1)
    one, two = (picture.reshape(len(first), -1) for picture in (first, laid))
    total = weight.sum(axis=1, keepdims=True) + 1e-6
    means = [(picture * weight).sum(axis=1, keepdims=True) / total for picture in (one, two)]
    apart = two - means[1]
    gain = ((one - means[0]) * apart * weight).sum(axis=1, keepdims=True)
    gain = gain / ((apart**2 * weight).sum(axis=1, keepdims=True) + 1e-3)
    return (means[0] + gain * apart).reshape(first.shape)


def _overlay_batch(first, second, starts, limits, rounds):
    small = [shrink(pictures, rounds[0][0]) for pictures in (first, second)]
    fits = np.stack([_correlate(*_laid_over(*small, guess)) for guess in starts.swapaxes(0, 1)])
    alive = np.arange(len(first))
    maps = starts[alive, fits.argmax(axis=0)].copy()
    found = {key: np.ones(len(first), np.float32) for key in ("likeness", "detail", "gain")}
    found["drift"] = np.full(len(first), np.inf, np.float32)
    likeness, detail, movement = limits
    for number, (side, steps, times) in enumerate(rounds, 1):
        allowed, last = (likeness, detail, movement * times), number == len(rounds)
        size, kept = max(1, _PIXELS // side**2), []
        for at in range(0, len(alive), size):
            some = alive[at : at + size]
            pair = shrink(first[some], side), shrink(second[some], side)
            kept.append(some[_refine(*pair, some, maps, found, steps, allowed, last)])
        alive = np.concatenate(kept) if kept else alive
    return found | {"map": maps, "good": np.isin(np.arange(len(first)), alive)}


def _refine(one, two, some, maps, found, steps, limits, last) -> np.ndarray:
    """Refine the maps of the pairs `some` at one scale, note how well they fit, and tell which
    of them (bool) are not given up."""
    likeness, detail, movement = limits
    slopes, side = _with_slopes(two), one.shape[1]
    for _ in range(steps):
        maps[some] += _improvement(one, slopes, maps[some])
    laid = _laid_over(one, two, maps[some])
    found["likeness"][some] = _correlate(*laid)
    found["detail"][some] = _correlate(*_details(*laid))
    found["drift"][some] = np.inf
    good = (found["likeness"][some] >= likeness) & (found["detail"][some] >= detail)
    good &= _plausible(maps[some])
    some, one, two, slopes = some[good], one[good], two[good], slopes[:, good]
    drift, found["gain"][some] = _measure_drift(one, slopes, maps[some])
    # The less detailed picture must be the one that stays: sampling blurs the other to match. Of
    # a pair that goes on to a finer scale it is enough to know that one way round will do.
    unsure = np.flatnonzero(last | (drift * SIDE / side > movement))
    if len(unsure):
        back_maps, slopes = _inverse(maps[some[unsure]]), _with_slopes(one[unsure])
        back, _ = _measure_drift(two[unsure], slopes, back_maps)
        drift[unsure] = np.minimum(drift[unsure], back)
    found["drift"][some] = drift * SIDE / side
    good[good] = found["drift"][some] <= movement
    return good


def _inverse(maps):
    linear = np.linalg.inv(maps[:, :, :2])
    return np.concatenate([linear, -linear @ maps[:, :, 2:]], axis=2)


def _plausible(maps):
    """Whether a map keeps shapes and about the size: corners that happen to fit do not."""
    long, short = np.linalg.svd(maps[:, :, :2], compute_uv=False).T
    return (long < 1.4) & (short > 0.7) & (long < 1.15 * short)


def shrink(pictures: np.ndarray, side: int) -> np.ndarray:
    """Average pictures (pairs × side × side) down to a smaller side, and smooth them."""
    factor = pictures.shape[1] // side
    return smooth(block_sums(pictures, factor) / np.float32(factor**2))


def smooth(small: np.ndarray) -> np.ndarray:
    """Blur by one pixel."""
    # Grain draws a bilinear fit towards whole pixels; a little smoothing frees it.
    wide = np.pad(small, ((0, 0), (1, 1), (1, 1)), "edge")
    tall = wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]
    return (tall[:, :, :-2] + 2 * tall[:, :, 1:-1] + tall[:, :, 2:]) / 16


@cache
def places(side: int) -> np.ndarray:
    """Where each pixel of a square lies: (x, y, 1), -0.5 to 0.5, row by row; not to be changed."""
    y, x = (np.mgrid[:side, :side].astype(np.float32) + 0.5) / side - 0.5
    found = np.stack([x.ravel(), y.ravel(), np.ones(side * side, np.float32)], axis=1)
    found.flags.writeable = False
    return found


@cache
def clear_of_rim(side: int) -> np.ndarray:
    """Which `places` lie more than a pixel and a half from the rim; not to be changed."""
    # What lies at the rim was smoothed with less around it, and would seem to have moved.
    clear = np.abs(places(side)[:, :2]).max(axis=1) < 0.5 - 1.5 / side
    clear.flags.writeable = False
    return clear


@cache
def _planes(side):
    """The `places`, x of all first: over two or three numbers at a time numpy is several times as
    slow as along whole planes."""
    found = np.ascontiguousarray(places(side).T)
    found.flags.writeable = False
    return found


def carry(side: int, maps: np.ndarray) -> np.ndarray:
    """Where maps (pairs × 2 × 3) carry the `places` of a square: 2 × pairs × places."""
    return np.ascontiguousarray((maps @ _planes(side)).swapaxes(0, 1))


def _with_slopes(pictures):
    """The pictures, and their slopes along x and y: 3 × pairs × side × side."""
    down, across = np.gradient(pictures, axis=(1, 2))
    side = pictures.shape[1]
    return np.stack([pictures, across * side, down * side])


def sample(layers, xy):
    """Bilinear values of layers (n × pairs × side × side) at places (2 × pairs × places).

    `xy` is overwritten.

    Returns
    -------
    (float32, n × pairs × places; float32, pairs × places: 1 for places inside and 0 for others)
    """
    pairs, side = layers.shape[1:3]
    across, down = xy
    xy += np.float32(0.5)
    xy *= np.float32(side)
    xy -= np.float32(0.5)
    inside = (across > 1) & (across < side - 2) & (down > 1) & (down < side - 2)
    np.clip(xy, 0, side - 1.001, out=xy)
    column, row = np.trunc(xy)
    across -= column
    down -= row
    row *= np.float32(side)  # whole numbers of this size are exact, and quicker than integers
    row += column
    corner = row.astype(np.intp)
    corner += np.arange(0, pairs * side**2, side**2)[:, None]
    values = np.empty((len(layers), *corner.shape), np.float32)
    for value, layer in zip(values, layers, strict=True):
        flat = np.ascontiguousarray(layer).reshape(-1)
        # No index lies outside, and "wrap" looks that up in two thirds of the time of "raise".
        upper, right, lower, diagonal = (
            flat[ahead:].take(corner, mode="wrap") for ahead in (0, 1, side, side + 1)
        )
        _between(upper, right, across, upper)
        _between(lower, diagonal, across, lower)
        _between(upper, lower, down, value)
    return values, inside.astype(np.float32)


def _between(first, second, share, out):
    """What lies at a share of the way from the first to the second, which is overwritten."""
    second -= first
    second *= share
    np.add(first, second, out=out)


def block_sums(pictures: np.ndarray, block: int) -> np.ndarray:
    """Sums over squares of `block` pixels a side: pairs × side × side (× n), side a multiple."""
    # Row by row first: numpy adds whole rows much faster than over two axes at once, and a few
    # columns faster than so many neighbours.
    pairs, side, _, *depth = pictures.shape
    rows = pictures.reshape(pairs, side // block, block, side, *depth).sum(axis=2)
    if block >= _MANY:
        return rows.reshape(pairs, side // block, side // block, block, *depth).sum(axis=3)
    total = rows[:, :, ::block].copy()
    for column in range(1, block):
        total += rows[:, :, column::block]
    return total


def _laid_over(first, second, maps):
    values, inside = sample(second[None], carry(first.shape[1], maps))
    return first, values[0].reshape(first.shape), inside.reshape(first.shape)


def _correlate(first, second, weight):
    total = weight.sum(axis=(1, 2), keepdims=True) + 1e-6
    first = (first - (first * weight).sum(axis=(1, 2), keepdims=True) / total) * weight
    second = (second - (second * weight).sum(axis=(1, 2), keepdims=True) / total) * weight
    power = (first**2).sum(axis=(1, 2)) * (second**2).sum(axis=(1, 2))
    return (first * second).sum(axis=(1, 2)) / np.sqrt(power + 1e-6)


def _details(first, second, inside):
    side = first.shape[1]
    means = [block_sums(picture, _BLOCK) / np.float32(_BLOCK**2) for picture in (first, second)]
    first, second = (
        picture - _enlarge(mean) for picture, mean in zip((first, second), means, strict=True)
    )
    whole = block_sums(inside, _BLOCK) == _BLOCK**2
    return [first, second, _enlarge(whole).astype(np.float32).reshape(-1, side, side)]


def _enlarge(blocks):
    return blocks.repeat(_BLOCK, axis=1).repeat(_BLOCK, axis=2)


def _residual(first, slopes, maps):
    """Difference left at each place, the second picture, its slopes along x and y (2 × pairs ×
    places), weight, gain."""
    side = first.shape[1]
    values, weight = sample(slopes, carry(side, maps))
    weight *= clear_of_rim(side)
    first = first.reshape(weight.shape)
    total = weight.sum(axis=1, keepdims=True) + 1
    first = first - (first * weight).sum(axis=1, keepdims=True) / total
    second = values[0] - (values[0] * weight).sum(axis=1, keepdims=True) / total
    gain = (first * second * weight).sum(axis=1, keepdims=True)
    gain = np.clip(gain / ((second**2 * weight).sum(axis=1, keepdims=True) + 1e-3), 0.3, 3)
    values[1:] *= gain
    return first - gain * second, second, values[1:], weight, gain


def _improvement(first, slopes, maps):
    left, second, (across, down), weight, _ = _residual(first, slopes, maps)
    x, y, _ = _planes(first.shape[1])
    effects = np.empty((len(left), 8, left.shape[1]), np.float32)
    each = effects.swapaxes(0, 1)
    for at, slope in ((0, across), (3, down)):
        np.multiply(slope, x, out=each[at])
        np.multiply(slope, y, out=each[at + 1])
        each[at : at + 2] *= weight
        np.multiply(slope, weight, out=each[at + 2])
    np.multiply(second, weight, out=each[6])
    each[7] = weight
    normal = effects @ effects.swapaxes(1, 2)
    pull = effects @ left[..., None]
    # A little damping keeps pictures without structure from jumping.
    normal += (normal.diagonal(axis1=1, axis2=2) * 1e-3 + 1e-3)[..., None] * np.eye(
        8, dtype=np.float32
    )
    step = np.linalg.solve(normal, pull)[:, :6, 0].reshape(-1, 2, 3)
    return np.clip(step, -0.1, 0.1)


def _measure_drift(first, slopes, maps):
    left, _, slope, weight, gain = _residual(first, slopes, maps)
    slope = (maps[:, :, :2].swapaxes(1, 2) @ slope.swapaxes(0, 1)).swapaxes(0, 1) * weight
    left = left * weight
    side = first.shape[1]
    tiles = min(_TILES, side // 4)

    def total(values):
        sums = block_sums(values.reshape(len(values), side, side), side // tiles)
        return sums.reshape(len(values), tiles**2)

    def moment(a, b):
        return total(parts[a] * parts[b]) - totals[a] * totals[b] / size

    parts, size = (*slope, left), total(weight) + 1e-6
    totals = [total(part) for part in parts]
    xx, xy, yy = moment(0, 0), moment(0, 1), moment(1, 1)
    damping = 0.01 * (xx + yy).mean(axis=1, keepdims=True) + 1e-6
    pull_x, pull_y = moment(0, 2), moment(1, 2)
    scale = (xx + damping) * (yy + damping) - xy**2
    move_x = ((yy + damping) * pull_x - xy * pull_y) / scale
    move_y = ((xx + damping) * pull_y - xy * pull_x) / scale
    weighted = (move_x**2 * xx + move_y**2 * yy).sum(axis=1) / ((xx + yy).sum(axis=1) + 1e-6)
    return np.sqrt(2 * weighted) * side, gain[:, 0]
