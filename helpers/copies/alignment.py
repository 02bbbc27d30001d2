"""Lay one picture over another as well as an affine map and a change of light allow.

An edited copy (mirrored, cropped, turned, brightened, saved again) can be laid over its original
so that nothing has moved in relation to anything else. A second photo of the same scene cannot:
the hand has tilted the camera, the subject has stirred. What is left of that movement after the
best fit is what tells a burst from a duplicate.
"""

import numpy as np

SIDE = 96
"""Pixels along each side of the pictures that are compared, stretched to squares."""

ROUNDS = ((24, 8, 16), (48, 4, 4), (SIDE, 4, 1))
THUMBNAIL_ROUNDS = ((16, 4, 24),)
"""Pixels a side, steps, and how many times the movement allowed in the end may still show: on
several seeds of leaves and on photos true copies stay under half of that, at every scale."""

_TILES = 6
_BLOCK = 4
_BATCH = 32


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
    likeness, detail, movement = limits
    small = [shrink(pictures, rounds[0][0]) for pictures in (first, second)]
    fits = np.stack([_correlate(*_laid_over(*small, guess)) for guess in starts.swapaxes(0, 1)])
    alive = np.arange(len(first))
    maps = starts[alive, fits.argmax(axis=0)].copy()
    found = {key: np.ones(len(first), np.float32) for key in ("likeness", "detail", "gain")}
    found["drift"] = np.full(len(first), np.inf, np.float32)
    for side, steps, times in rounds:
        one, two = shrink(first[alive], side), shrink(second[alive], side)
        slopes = _with_slopes(two)
        for _ in range(steps):
            maps[alive] += _improvement(one, slopes, maps[alive])
        laid = _laid_over(one, two, maps[alive])
        found["likeness"][alive] = _correlate(*laid)
        found["detail"][alive] = _correlate(*_details(*laid))
        found["drift"][alive] = np.inf
        good = (found["likeness"][alive] >= likeness) & (found["detail"][alive] >= detail)
        good &= _plausible(maps[alive])
        alive, one, two, slopes = alive[good], one[good], two[good], slopes[good]
        drift, found["gain"][alive] = _measure_drift(one, slopes, maps[alive])
        # The less detailed picture must be the one that stays: sampling blurs the other to match.
        back, _ = _measure_drift(two, _with_slopes(one), _inverse(maps[alive]))
        found["drift"][alive] = np.minimum(drift, back) * SIDE / side
        alive = alive[found["drift"][alive] <= movement * times]
    return found | {"map": maps, "good": np.isin(np.arange(len(first)), alive)}


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


def places(side: int) -> np.ndarray:
    """Where each pixel of a square lies: (x, y, 1), -0.5 to 0.5, row by row."""
    y, x = (np.mgrid[:side, :side].astype(np.float32) + 0.5) / side - 0.5
    return np.stack([x.ravel(), y.ravel(), np.ones(side * side, np.float32)], axis=1)


def _with_slopes(pictures):
    down, across = np.gradient(pictures, axis=(1, 2))
    side = pictures.shape[1]
    return np.stack([pictures, across * side, down * side], axis=-1)


def sample(layers, at_places):
    """Bilinear values of layers (pairs × side × side × n) at places, and which lie inside."""
    pairs, side, _, depth = layers.shape
    x, y = np.moveaxis((at_places + 0.5) * side - 0.5, -1, 0)
    inside = (x > 1) & (x < side - 2) & (y > 1) & (y < side - 2)
    x, y = np.clip(x, 0, side - 1.001), np.clip(y, 0, side - 1.001)
    column, row = x.astype(np.intp), y.astype(np.intp)
    x, y = (x - column).astype(np.float32)[..., None], (y - row).astype(np.float32)[..., None]
    flat = layers.reshape(-1, depth)
    corner = (np.arange(pairs)[:, None] * side + row) * side + column
    # Most of the time goes here: take gathers rows three times as fast as an index does.
    top, low = (
        _between(np.take(flat, left, axis=0), np.take(flat, left + 1, axis=0), x)
        for left in (corner, corner + side)
    )
    return _between(top, low, y), inside.astype(np.float32)


def _between(first, second, share):
    """What lies at a share of the way from the first to the second; overwrites both."""
    second -= first
    second *= share
    first += second
    return first


def block_sums(pictures: np.ndarray, block: int) -> np.ndarray:
    """Sums over squares of `block` pixels a side: pairs × side × side (× n), side a multiple."""
    # Row by row first: numpy adds whole rows much faster than over two axes at once.
    pairs, side, _, *depth = pictures.shape
    rows = pictures.reshape(pairs, side // block, block, side, *depth).sum(axis=2)
    return rows.reshape(pairs, side // block, side // block, block, *depth).sum(axis=3)


def _laid_over(first, second, maps):
    at_places = places(first.shape[1]) @ maps.swapaxes(1, 2)
    values, inside = sample(second[..., None], at_places)
    return first, values[..., 0].reshape(first.shape), inside.reshape(first.shape)


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
    """Difference left at each place, the second picture, its slopes along x and y, weight, gain."""
    grid = places(first.shape[1])
    values, weight = sample(slopes, grid @ maps.swapaxes(1, 2))
    # What lies at the rim was smoothed with less around it, and would seem to have moved.
    weight = weight * (np.abs(grid[:, :2]).max(axis=1) < 0.5 - 1.5 / first.shape[1])
    first = first.reshape(weight.shape)
    total = weight.sum(axis=1, keepdims=True) + 1
    first = first - (first * weight).sum(axis=1, keepdims=True) / total
    second = values[..., 0] - (values[..., 0] * weight).sum(axis=1, keepdims=True) / total
    gain = (first * second * weight).sum(axis=1, keepdims=True)
    gain = np.clip(gain / ((second**2 * weight).sum(axis=1, keepdims=True) + 1e-3), 0.3, 3)
    return first - gain * second, second, values[..., 1:] * gain[..., None], weight, gain


def _improvement(first, slopes, maps):
    left, second, slope, weight, _ = _residual(first, slopes, maps)
    x, y, _ = places(first.shape[1]).T
    across, down = slope[..., 0], slope[..., 1]
    parts = (across * x, across * y, across, down * x, down * y, down, second, np.ones_like(left))
    effects = np.stack(parts, axis=1) * weight[:, None]
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
    slope = (slope @ maps[:, :, :2]) * weight[..., None]
    left = left * weight
    side = first.shape[1]
    tiles = min(_TILES, side // 4)

    def total(values):
        sums = block_sums(values.reshape(len(values), side, side), side // tiles)
        return sums.reshape(len(values), tiles**2)

    def moment(a, b):
        return total(a * b) - total(a) * total(b) / size

    x, y, size = slope[..., 0], slope[..., 1], total(weight) + 1e-6

    xx, xy, yy = moment(x, x), moment(x, y), moment(y, y)
    damping = 0.01 * (xx + yy).mean(axis=1, keepdims=True) + 1e-6
    pull_x, pull_y = moment(x, left), moment(y, left)
    scale = (xx + damping) * (yy + damping) - xy**2
    move_x = ((yy + damping) * pull_x - xy * pull_y) / scale
    move_y = ((xx + damping) * pull_y - xy * pull_x) / scale
    weighted = (move_x**2 * xx + move_y**2 * yy).sum(axis=1) / ((xx + yy).sum(axis=1) + 1e-6)
    return np.sqrt(2 * weighted) * side, gain[:, 0]
