"""How wide the strongest edges of a picture are, which tells blurred from merely smooth.

Worker processes import this module: numpy only.
"""

import numpy as np

REACH = 12
"""Pixels within which an edge rises; a change slower than this is shading, not an edge."""

LEAST, SHARE = 24, 0.25
"""An edge rises by at least so many grey levels, and by this share of the picture's own range."""

STRONGEST, SHARPEST = 0.10, 0.05
"""Edges are the strongest tenth of places; the sharpest twentieth of them decides."""


FEWEST = 20
"""Places with an edge from which a direction can be judged."""

FAINT, LEAST_SHARE = 48, 0.03
"""A picture whose grey levels span fewer than the former is judged where an edge lies at this share
of the places of one direction: a blurred one has edges at 9 % of them, on leaves and on photos; one
too dark to show anything, or bare paper, at 2 % at the most, and these are noise and shadows."""


def measure_edges(grey: np.ndarray, spread: float) -> float | None:
    """Width in pixels of the sharpest among the strongest edges, from 1 for a step.

    The width of an edge is its height over its steepest rise, after the edge widths of Marziliano
    et al. (2002). Fine texture has no say in it: cloth, skin and leaves are smooth and may be in
    focus. Camera shake widens the edges across its direction only, so the worse direction decides.

    Parameters
    ----------
    grey : array of uint8, shape (height, width)
    spread : float
        Grey levels between its darkest and its brightest hundredth.

    Returns
    -------
    float, or None where too few places have an edge (see `FEWEST` and `FAINT`): nothing there can
    be judged
    """
    least = max(LEAST, SHARE * spread)
    # Every second line in each direction: half the time, the same edges.
    widths = [_widths(lines.copy(), least) for lines in (grey[::2].T, grey[:, ::2])]
    if (
        int(grey.max()) - int(grey.min()) < FAINT
        and max(share for _, share in widths) < LEAST_SHARE
    ):
        return None
    known = [float(np.partition(w, int(SHARPEST * len(w)))[int(SHARPEST * len(w))])
             for w, _ in widths if len(w) >= FEWEST]  # fmt: skip
    return max(known) if known else None


def _widths(lines: np.ndarray, least: float) -> tuple[np.ndarray, float]:
    """Height over steepest rise, down the first axis, of the strongest edges, and the share of
    places that these are."""
    if len(lines) <= REACH + 1:
        return np.empty(0), 0.0
    upper, lower = np.maximum(lines[1:], lines[:-1]), np.minimum(lines[1:], lines[:-1])
    height = _running(np.maximum, upper) - _running(np.minimum, lower)
    steepest = _running(np.maximum, upper - lower)
    height, steepest = height[::2].ravel(), steepest[::2].ravel()
    cut = np.partition(height, int((1 - STRONGEST) * len(height)))
    strong = height >= max(least, cut[int((1 - STRONGEST) * len(height))])
    return height[strong] / steepest[strong].astype(np.float32), float(strong.mean())


def _running(function, values):
    """`function` over each run of REACH values along the first axis, by doubling."""
    two = function(values[1:], values[:-1])
    four = function(two[2:], two[:-2])
    eight = function(four[4:], four[:-4])
    return function(eight[:-4], four[8:])
