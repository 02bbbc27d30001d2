"""Tell what two pictures that lie over each other still differ in, and where.

A copy that was saved again differs from its original by a little everywhere, more so where there is
texture. A lamp that changed its colour, a form filled in otherwise or an animal before a fixed
camera differs in one place by far more than the rest of the picture would lead one to expect.

Worker processes import this module: numpy only.
"""

import numpy as np

from helpers.copies.alignment import block_sums, carry, clear_of_rim, sample, smooth

MODELS = ("curve", "saturation", "cast")
"""Changes of the whole picture that are undone before pixels are compared: one tone curve for all
channels; one of light and a factor on colour; a factor for each channel."""

LIMITS = {"light": 4.0, "colour": 5.0}
"""How many times what saving again explains a window may differ: copies of leaves, seed 0, stay
under 2.6 and 4.2."""

WINDOW, STRIDE = 6, 3
"""Pixels a side of the windows that are judged, of 96, and how far apart they lie: half a window,
so that each is made of four squares."""

FLOOR = 1.0
"""Grey levels that saving again may leave in a plain area."""

MOST = {"light": 6.0, "colour": 4.0}
"""Grey levels up to which a difference that is typical of the whole pair is taken for granted."""

SHARES = (0.05, 0.5)
"""Least and greatest share of a window's own contrast that saving again may change."""

NEUTRAL = 1.5
"""Levels by which red, green and blue of a grey picture may differ from its grey."""

TONED = (4.0, 8.0)
"""Levels of colour that light does not explain: a picture toned as a whole, such as sepia, has
fewer than the former everywhere, one of several colours more than the latter somewhere."""

FADED = (0.3, 3.3)
"""Factors on colour that another saturation explains; a picture without any colour is another
matter, since a grey thing before a white ground is no faded copy of a red one."""

CUT = (0.03, 0.95)
"""Shares of full brightness beyond which light may have been cut off."""

THINNED = 7
"""One pixel in so many tells a tone curve."""

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_BATCH = 8


def find_differences(first: np.ndarray, second: np.ndarray, maps: np.ndarray) -> dict:
    """Compare pairs of pictures in colour, after the second was laid over the first.

    Parameters
    ----------
    first, second : arrays, pairs × side × side × 3
        Red, green and blue, 0–255.
    maps : float32 array, pairs × 2 × 3
        Places (x, y, 1) in the first, -0.5 to 0.5, to places in the second.

    Returns
    -------
    dict of arrays, one row a pair:

    - excess: float, pairs × `MODELS` × (light, colour) × rows × columns: how far each window
      differs once the change was undone, as a share of `LIMITS`
    - grey: whether one picture is grey and the other is not, so that only light was compared
    - toned: whether one picture has one colour for each lightness and the other has not; not asked
      of a pair that one of the changes explains, nor of one whose light differs somewhere
    """
    pieces = [_compare_batch(*some) for some in _in_batches(first, second, maps)]
    return {key: np.concatenate([piece[key] for piece in pieces]) for key in pieces[0]}


def differ_in_curve(first: np.ndarray, second: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Which pairs (bool) differ by more than `find_differences` explains by one tone curve.

    Takes two fifths of its time.
    """
    worst = []
    for some in _in_batches(first, second, maps):
        light_and_colour = next(_Laid(*some).judge_each())
        worst.append(np.max(light_and_colour, axis=(0, 2, 3)))
    return ~(np.concatenate(worst) <= 1)


def _in_batches(*arrays):
    for at in range(0, len(arrays[0]), _BATCH):
        yield [array[at : at + _BATCH] for array in arrays]


class _Laid:
    """Pictures laid over one another, in light and in colour."""

    def __init__(self, first, second, maps):
        pairs, side = first.shape[:2]
        layers = np.moveaxis(_smooth_colour(second), 3, 0)
        two, inside = sample(layers, carry(side, maps))
        two = np.ascontiguousarray(np.moveaxis(two, 0, -1))
        inside *= clear_of_rim(side)
        one = _smooth_colour(first).reshape(pairs, -1, 3)
        self.parts = [_split(picture) for picture in (one, two)]
        neutral = [_is_neutral(colour, inside) for _, colour in self.parts]
        self.grey, self.plain = neutral[0] != neutral[1], (one, two)
        if self.grey.any():
            self.plain = one.copy(), two.copy()
            for picture in (one, two):
                picture[self.grey] = (picture[self.grey] @ _LUMA)[..., None]
            self.parts = [_split(picture) for picture in (one, two)]
        self.one, self.two, self.inside, self.side = one, two, inside, side

    def judge_each(self):
        """How far the windows differ in light and in colour after each of the `MODELS`, in turn."""
        both = zip(*self.parts, strict=True)
        judges = [_Windows(*part, self.inside, self.side) for part in both]
        for left in _undo_each(self.one, self.two, self.parts, self.inside, self.side):
            yield [
                judge.judge(part, MOST[kind]) / LIMITS[kind]
                for kind, judge, part in zip(LIMITS, judges, _split(left), strict=True)
            ]


def _compare_batch(first, second, maps):
    laid = _Laid(first, second, maps)
    excess = np.moveaxis(np.array([*laid.judge_each()]), 2, 0)
    toned, asked = np.zeros(len(first), bool), excess.max(axis=(2, 3, 4)).min(axis=1) > 1
    # Only of a pair with the same light does it matter.
    asked &= excess[:, MODELS.index("saturation"), 0].max(axis=(1, 2)) <= 1
    if asked.any():
        loose = [_untoned(picture.copy()[asked], laid.inside[asked]) for picture in laid.plain]
        toned[asked] = (np.minimum(*loose) < TONED[0]) & (np.maximum(*loose) > TONED[1])
    return {"excess": excess, "grey": laid.grey, "toned": toned}


def _smooth_colour(pictures):
    pairs, side = pictures.shape[:2]
    layers = np.moveaxis(pictures.astype(np.float32), 3, 1).reshape(-1, side, side)
    return np.moveaxis(smooth(layers).reshape(pairs, 3, side, side), 1, 3)


def _split(pixels):
    """Light, and what remains of red, green and blue without it."""
    light = (pixels @ _LUMA)[..., None]
    return light, pixels - light


def _is_neutral(colour, inside):
    return (_strongest(colour) * inside > NEUTRAL).mean(axis=1) <= 0.005


def _strongest(colour):
    red, green, blue = np.moveaxis(np.abs(colour), -1, 0)
    return np.maximum(np.maximum(red, green), blue)


def _untoned(pixels, inside):
    """Levels of colour, in the worst hundredth of pixels, that their lightness does not tell."""
    light, colour = _split(pixels)
    apart = [_undo_curve(colour[..., c], light[..., 0], inside) for c in range(3)]
    return np.quantile(_strongest(np.stack(apart, axis=-1)), 0.99, axis=1)


def _undo_each(one, two, parts, inside, side):
    """What is left of the first picture after each of the `MODELS` (pairs × pixels × 3)."""
    cut = [*_cut_off(one, side), *_cut_off(two, side)]
    pooled = [picture.reshape(len(one), -1) for picture in (one, two)]
    flat = [where.reshape(len(one), -1) for where in cut]
    yield _undo_curve(*pooled, np.repeat(inside, 3, axis=1), flat).reshape(one.shape)
    (light, colour), (other, faded) = parts
    weight, square, both = inside[..., None], faded**2, colour * faded
    for number in range(3):
        power = (square * weight).sum(axis=(1, 2)) + 1
        factor = np.clip((both * weight).sum(axis=(1, 2)) / power, *FADED)[:, None, None]
        if number < 2:
            weight = inside[..., None] / (1 + ((colour - factor * faded) / 4) ** 2)
    any_cut = [where[..., 0] | where[..., 1] | where[..., 2] for where in cut]
    curve = _undo_curve(light[..., 0], other[..., 0], inside, any_cut)
    yield (colour - factor * faded) * inside[..., None] + curve[..., None]
    each = [
        _undo_curve(one[..., c], two[..., c], inside, [w[..., c] for w in cut], gain=True)
        for c in range(3)
    ]
    yield np.stack(each, axis=2)


def _cut_off(pixels, side):
    """Where a pixel or one within two of it is so bright, or so dark, that light was cut off."""
    square = pixels.reshape(len(pixels), side, side, 3) / 255
    for cut in (square > CUT[1], square < CUT[0]):
        for axis in (1, 2) if cut.any() else ():
            for _ in range(2):
                before, after = (np.roll(cut, step, axis=axis) for step in (-1, 1))
                cut = cut | before | after
        yield cut.reshape(pixels.shape)


def _undo_curve(one, two, inside, cut=None, gain=False):
    """What is left of the first after the tone curve that best makes the second like it."""
    x, y = two / 255, one / 255
    known = inside
    if cut:
        # What was cut off in one picture says nothing about the curve.
        told = inside * ((x > CUT[0]) & (x < CUT[1]) & (y > CUT[0]) & (y < CUT[1]))
        known = np.where(told.mean(axis=1, keepdims=True) > 0.05, told, inside)
    curve = _fit_curve(x[:, ::THINNED], y[:, ::THINNED], known[:, ::THINNED], gain)[..., None]
    left = y - (curve[:, 0] + curve[:, 1] * x + curve[:, 2] * x**2)
    some = np.flatnonzero(np.any([where.any(axis=1) for where in cut], axis=0)) if cut else []
    if len(some):
        # Where one picture was cut off, the other goes on by as much as the curve leaves room for.
        bright_one, dark_one, bright_two, dark_two = (where[some] for where in cut)
        black, white, rest = curve[some, 0], curve[some].sum(axis=1), left[some]
        more = bright_two * np.maximum(1 - white, 0) + dark_one * np.maximum(-black, 0)
        less = bright_one * np.maximum(white - 1, 0) + dark_two * np.maximum(black, 0)
        left[some] = np.maximum(rest - more, 0) - np.maximum(-rest - less, 0)
    return left * inside * 255


def _fit_curve(x, y, known, gain=False):
    """Coefficients of 1, x and x² that most of the picture agrees on (reweighted least squares).

    With `gain`, of x alone: light of another colour changes white as well, while free curves would
    turn any one thing before a white ground into any other colour.
    """
    basis = np.stack([np.ones_like(x), x, x * x], axis=1)
    if gain:
        basis[:, ::2] = 0
    ridge = 1e-6 * x.shape[1] * np.eye(3, dtype=np.float32)
    weight = known
    for _ in range(4):
        weighted = basis * weight[:, None]
        # What little is known pulls towards no change at all.
        pull = weighted @ y[..., None] + ridge[:, 1:2]
        curve = np.linalg.solve(weighted @ basis.swapaxes(1, 2) + ridge, pull)[..., 0]
        left = np.abs(y - (curve[:, None] @ basis)[:, 0])
        scale = np.maximum(median(left) * 1.5, 1.5 / 255)
        weight = known / (1 + (left / scale) ** 2)
    return curve


def median(values):
    """As numpy's along the second axis, in a tenth of its time."""
    middle = values.shape[1] // 2
    parted = np.partition(values, middle, axis=1)
    upper = parted[:, middle : middle + 1]
    if values.shape[1] % 2:
        return upper
    lower = parted[:, :middle].max(axis=1, keepdims=True)
    return np.concatenate([lower, upper], axis=1).mean(axis=1, keepdims=True)


class _Windows:
    """Windows of a pair of pictures, and what saving again explains in each."""

    def __init__(self, one, two, inside, side):
        self.inside, self.side = inside[..., None], side
        total = self._sum(self.inside)
        self.enough, self.total = total[..., 0] > WINDOW**2 / 2, np.maximum(total, 1)
        # What only one of the two shows must not excuse itself.
        self.contrast = np.minimum(self._spread(one), self._spread(two))

    def judge(self, left, most):
        """Levels left in each window as a multiple of what is to be expected there."""
        power = np.where(self.enough, self._mean(left**2).mean(axis=3), 0)
        typical = np.median(power, axis=(1, 2), keepdims=True)
        share = typical / (np.median(self.contrast, axis=(1, 2), keepdims=True) + 1)
        share = np.clip(share, SHARES[0] ** 2, SHARES[1] ** 2)
        expected = np.clip(typical, FLOOR**2, most**2) + share * self.contrast
        return np.sqrt(np.maximum(power, 0) / expected)

    def _spread(self, picture):
        spread = self._mean(picture**2) - self._mean(picture) ** 2
        return np.where(self.enough, np.maximum(spread, 0).mean(axis=3), 0)

    def _mean(self, values):
        return self._sum(values * self.inside) / self.total

    def _sum(self, values):
        square = values.reshape(len(values), self.side, self.side, -1)
        sums = block_sums(square, STRIDE)
        sums = sums[:, 1:] + sums[:, :-1]
        return sums[:, :, 1:] + sums[:, :, :-1]
