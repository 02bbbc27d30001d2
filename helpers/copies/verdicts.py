"""Put into words what the comparison of two pictures measured.

Worker processes import this module: numpy only.
"""

import numpy as np

from helpers.copies.alignment import SIDE
from helpers.copies.differences import MODELS, STRIDE, WINDOW

LARGEST_PART = 0.15
"""Share of the picture that a caption or a mark may cover; more is another picture."""

SLIGHT, SLIGHTLY = 1.4, "colour (slightly)"
"""Share of the limits up to which colour may differ in a pair that is still worth a look: copies of
leaves come to 1.36, variants of a product, seed 0 of `studies/lookalikes.py`, begin at 1.43."""

CHANGES = ("mirror", "rotate", "crop", "resize", "brighten")

_WHERE = (
    ("upper left", "top", "upper right"),
    ("left", "centre", "right"),
    ("lower left", "bottom", "lower right"),
)


def describe(fit: dict, sizes: np.ndarray) -> list[dict]:
    """Similarity, movement, and in words what was changed, of each pair.

    Parameters
    ----------
    fit : dict
        From `alignment.overlay`.
    sizes : float array, 2 × pairs × 2
        Upright width and height of the first and the second pictures, in pixels.
    """
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
    words = [
        name_changes({name for name, yes in zip(changes, row, strict=True) if yes})
        for row in zip(*changes.values(), strict=True)
    ]
    facts = zip(fit["likeness"].tolist(), movement.tolist(), words, strict=True)
    return [dict(zip(("similarity", "movement", "transform"), row, strict=True)) for row in facts]


def name_changes(changes: set[str]) -> str:
    """Some of the `CHANGES` in words, always in the same order."""
    return " and ".join(name for name in CHANGES if name in changes)


def judge(found: dict) -> list[dict]:
    """What the differences of pairs that lie over each other make of them.

    Parameters
    ----------
    found : dict
        From `differences.find_differences`.

    Returns
    -------
    list of dict, empty for two photos of their own, else

    - kind: "near", "probable" (recoloured, or a little beyond the limits), or "part" for a pair
      that differs in one place alone, as a copy with a caption does, but also two forms filled in
      differently
    - excess: the largest difference of a window as a share of what is allowed
    - difference: in words, "" where saving again explains all
    - left, top, right, bottom: of a part, as shares of the first picture's sides
    """
    return [
        _judge_pair(*row)
        for row in zip(found["excess"], found["grey"], found["toned"], strict=True)
    ]


def _judge_pair(excess, grey, toned) -> dict:
    worst = dict(zip(MODELS, excess.max(axis=(1, 2, 3)).tolist(), strict=True))
    light = excess[MODELS.index("saturation"), 0]
    if min(worst["curve"], worst["saturation"]) <= 1:
        kind, words = "near", "colour (saturation)" if worst["curve"] > 1 else ""
        words = "colour (one is grey)" if grey else words
    elif worst["cast"] <= 1:
        kind, words = "probable", "colour (cast)"
    elif toned and light.max() <= 1:
        kind, words = "probable", "colour (tint)"
    else:
        return _judge_part(excess, worst)
    return {"kind": kind, "excess": min(worst.values()), "difference": words}


def is_settled(row: dict) -> bool:
    """Whether nothing but saving again or another colour of the whole is left of a difference."""
    return row.get("kind") in ("near", "probable") and row["difference"] != SLIGHTLY


def find_part(excess: np.ndarray) -> np.ndarray:
    """Pixels (side × side, bool) of the windows that differ after the change that explains most."""
    return _cover((_best(excess) > 1).any(axis=0))


def _best(excess):
    return excess[min(range(len(MODELS)), key=lambda number: (excess[number] > 1).sum())]


def _judge_part(excess, worst) -> dict:
    best, part = _best(excess), find_part(excess)
    place, covered = _place(part), part.mean()
    # A mark changes light; what differs in colour alone is another thing of the same shape.
    if best[0].max() <= 1 and min(worst.values()) <= SLIGHT:
        return {"kind": "probable", "excess": min(worst.values()), "difference": SLIGHTLY}
    if best[0].max() <= 1 or covered > LARGEST_PART:
        return {}
    x, y = (place["left"] + place["right"]) / 2, (place["top"] + place["bottom"]) / 2
    where = _WHERE[int(y * 2.999)][int(x * 2.999)]
    words = f"a part of {max(1, round(100 * covered))} % at the {where}"
    return {"kind": "part", "excess": min(worst.values()), "difference": words} | place


def _cover(windows):
    side = (len(windows) - 1) * STRIDE + WINDOW
    covered = np.zeros((side, side), bool)
    for row, column in np.argwhere(windows) * STRIDE:
        covered[row : row + WINDOW, column : column + WINDOW] = True
    return covered


def _place(covered) -> dict:
    found = {}
    for axis, (start, end) in enumerate((("top", "bottom"), ("left", "right"))):
        at = np.flatnonzero(covered.any(axis=1 - axis))
        found |= {start: at[0] / len(covered), end: (at[-1] + 1) / len(covered)}
    return {name: float(found[name]) for name in ("left", "top", "right", "bottom")}
