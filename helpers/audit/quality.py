"""Flag images whose measurements are poor in themselves, or odd in their dataset."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

SAME_MODES = {"RGB", "L"}


@dataclass(frozen=True)
class Thresholds:
    """Limits of `find_quality_issues`; the units are those of the columns of `scan`.

    ``rare`` and ``spread`` make the relative rules: a mode, or a shape, is odd where fewer than
    ``rare`` of the readable images have it, and a size where it lies more than ``spread`` robust
    deviations (1.4826 × median absolute deviation, on a log scale) from the median.
    """

    dark: float = 0.30
    overexposed: float = 0.70
    blurred: float = 0.35
    low_information: float = 3.5
    smallest_side: int = 20
    aspect_ratio: float = 2.9
    size_factor: float = 3.0
    spread: float = 5.0
    rare: float = 0.05


def find_quality_issues(scanned: pd.DataFrame, thresholds: Thresholds = Thresholds()):  # noqa: B008
    """Flag images by the rules in `Thresholds`; a flag is a reason to look, not an error.

    Returns
    -------
    DataFrame, one row a flag, in the order of `scanned` within each issue: image_id, issue, value,
    threshold, rule ("absolute" or "relative"), why (one sentence)
    """
    limits = thresholds
    known = scanned[scanned["readable"]]
    side = np.sqrt((known["width"] * known["height"]).astype(float))
    ratio = (
        known[["width", "height"]].max(axis=1) / known[["width", "height"]].min(axis=1)
    ).astype(float)
    flags = [
        _unreadable(scanned),
        _flag(known, "dark", known["brightest"], "<", limits.dark,
              "even its brightest hundredth reaches only {value:.2f} of 1, under {limit:.2f}"),
        _flag(known, "overexposed", known["shadows"], ">", limits.overexposed,
              "even its darkest twentieth lies at {value:.2f} of 1, over {limit:.2f}"),
        _flag(known, "blurred", known["local_sharpness"], "<", limits.blurred,
              "its sharpest region scores {value:.2f}, where a crisp edge scores 1 and "
              "{limit:.2f} is the least"),
        _flag(known, "low information", known["entropy"], "<", limits.low_information,
              "its grey levels hold {value:.1f} bits, under {limit:.1f}"),
        _flag(known, "odd aspect ratio", ratio, ">", limits.aspect_ratio,
              "its long side is {value:.1f} times its short side, over {limit:.1f}"),
        _odd_sizes(known, side, limits),
        _unusual_modes(known, limits),
    ]  # fmt: skip
    columns = ["image_id", "issue", "value", "threshold", "rule", "why"]
    return pd.concat(flags, ignore_index=True)[columns]


def _flag(known, issue, values, comparison, limit, why, rule="absolute"):
    values = values.astype(float)
    bad = values[values < limit] if comparison == "<" else values[values > limit]
    return _rows(issue, bad, limit, rule, [why.format(value=v, limit=limit) for v in bad])


def _rows(issue, values, limit, rule, why):
    return pd.DataFrame(
        {
            "image_id": values.index.astype(str),
            "issue": issue,
            "value": values.to_numpy(float),
            "threshold": float(limit),
            "rule": rule,
            "why": pd.array(why, "str"),
        }
    )


def _unreadable(scanned):
    broken = scanned.loc[~scanned["readable"], "problem"]
    values = pd.Series(np.nan, index=broken.index)
    return _rows("unreadable", values, np.nan, "absolute", [f"it {why}" for why in broken])


def _odd_sizes(known, side, limits):
    middle = side.median()
    log = np.log(side / middle)
    spread = max(1.4826 * log.abs().median() * limits.spread, np.log(limits.size_factor))
    odd = side[log.abs() > spread]
    words = ["smaller" if v < middle else "larger" for v in odd]
    times = [max(v / middle, middle / v) for v in odd]
    why = [
        f"it is {t:.1f} times {w} than the usual {middle:.0f} px (root of width × height)"
        for t, w in zip(times, words, strict=True)
    ]
    limit = middle * np.exp(spread)
    return _rows("odd size", odd, limit, "relative", why)


def _unusual_modes(known, limits):
    share = known["mode"].value_counts(normalize=True)
    mode_share = known["mode"].map(share).astype(float)
    odd = mode_share[mode_share < limits.rare]
    why = [
        f"its mode is {known.loc[i, 'mode']}, which {v:.1%} of the images have"
        for i, v in odd.items()
    ]
    return _rows("unusual mode", odd, limits.rare, "relative", why)


def robust_scores(values: np.ndarray) -> np.ndarray:
    """Deviations from the median in units of 1.4826 × the median absolute deviation."""
    away = values - np.nanmedian(values)
    spread = 1.4826 * np.nanmedian(np.abs(away))
    return away / max(spread, 1e-12)
