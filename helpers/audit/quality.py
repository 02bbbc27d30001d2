"""Flag images whose measurements are poor in themselves, or odd in their dataset."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.audit.tables import require_scan


@dataclass(frozen=True)
class Thresholds:
    """Limits of `find_quality_issues`, in the units of the columns of `scan`.

    The first seven are absolute. Where more than the share ``most`` of the images break one, it
    says what kind of pictures these are, not that they are faulty, and it is not used. The others
    are relative: a value is odd where it is ``factor`` times smaller or larger than the median, and
    more than ``spread`` robust deviations (1.4826 × median absolute deviation of the logarithms)
    from it; a mode is where fewer than the share ``rare`` of the images have it.

    Fixed on seed 0 of leaves; `studies/detectors.py` reports other seeds and real photos.
    """

    dark: float = 0.34
    overexposed: float = 0.72
    clipping: float = 0.97
    blurred: float = 0.42
    texture: float = 0.40
    low_information: float = 2.0
    aspect_ratio: float = 2.8
    most: float = 0.10
    factor: float = 2.67
    spread: float = 2.0
    rare: float = 0.05


def find_quality_issues(scanned: pd.DataFrame, thresholds: Thresholds | None = None):
    """Flag images by the rules of `Thresholds`; a flag is a reason to look, not an error.

    Parameters
    ----------
    scanned : DataFrame
        What `scan` returned.
    thresholds : Thresholds, optional

    Returns
    -------
    DataFrame, one row a flag, issue by issue in the order of `scanned`: image_id, issue, value,
    threshold, rule ("absolute" or "relative"), why (a sentence). Issues: unreadable, dark (by the
    99th percentile of brightness, so that a lit subject at night is not dark), overexposed (by the
    brightness of what has detail, in pictures whose highlights clip, so that a white background
    alone does not count), blurred (by the sharpest tenth of the picture, so that a shallow focus
    is not blurred, unless the picture as a whole has much fine texture), low information,
    odd aspect ratio, odd size, unusual mode, odd file.
    """
    limits = thresholds or Thresholds()
    scanned = require_scan(scanned, "find_quality_issues")
    known = scanned[scanned["readable"]]
    sides = known[["width", "height"]].astype(float)
    ratio = sides.max(axis=1) / sides.min(axis=1)
    # Wood and bark have soft edges along the grain; much fine change says that they are in focus.
    texture = np.sqrt(known["sharpness"]) / (255 * known["contrast"].clip(lower=0.001))
    soft = known["local_sharpness"]
    soft = soft.where(texture < limits.texture, soft.clip(lower=soft.median()))
    burnt = known["detail_brightness"].where(known["brightest"] >= limits.clipping)
    flags = [
        _rows("unreadable", scanned.loc[~scanned["readable"], "problem"], "It {value}."),
        *_beyond("dark", known["brightest"], limits.dark, limits, below=True, why=(
            "Even its brightest hundredth reaches only {value:.2f} of 1")),
        *_beyond("overexposed", burnt, limits.overexposed, limits, below=False, why=(
            "Its highlights clip, and what has detail lies at {value:.2f} of 1")),
        *_beyond("blurred", soft, limits.blurred, limits, below=True, why=(
            "Its sharpest edges score {value:.2f}, where a crisp edge scores about 1")),
        *_beyond("low information", known["entropy"], limits.low_information, limits, below=True,
                 why="Its grey levels hold {value:.1f} bits"),
        *_beyond("odd aspect ratio", ratio, limits.aspect_ratio, limits, below=False, why=(
            "Its long side is {value:.1f} times its short side")),
        _odd_sizes(np.sqrt(sides.prod(axis=1)), limits),
        _unusual_modes(known, limits),
        _rows("odd file", known["note"].dropna(), "It {value}."),
    ]  # fmt: skip
    columns = ["image_id", "issue", "value", "threshold", "rule", "why"]
    return pd.concat(flags, ignore_index=True)[columns]


def robust_scores(values):
    """Deviations from the median in units of 1.4826 × the median absolute deviation."""
    away = values - np.nanmedian(values)
    return away / max(1.4826 * np.nanmedian(np.abs(away)), 1e-12)


def _beyond(issue, values, limit, limits, *, below, why):
    """Flags by an absolute limit, and by a relative one between it and the usual."""
    values = values.astype(float)
    sign, side = (-1, "under") if below else (1, "over")
    broken = sign * (values - limit) > 0
    if broken.mean() > limits.most:
        broken[:] = False
    yield _rows(issue, values[broken], why + f", {side} {limit:g}.", limit)
    if values.notna().mean() < 0.5:
        return
    odd, usual = _far_from_usual(values, limits, sign)
    yield _rows(issue, values[odd & ~broken], why + f", far {side} the {usual:.2f} usual here.",
                usual * limits.factor**sign, "relative")  # fmt: skip


def _far_from_usual(values, limits, sign=None):
    """Which values are odd by `limits` (above for sign 1, below for -1, either), and the median."""
    logs, usual = np.log(values.clip(1e-6)), values.median()
    away, score = logs - np.log(max(usual, 1e-6)), robust_scores(logs)
    if sign is None:
        away, score, sign = away.abs(), np.abs(score), 1
    return (sign * away > np.log(limits.factor)) & (sign * score > limits.spread), usual


def _odd_sizes(side, limits):
    if side.empty:
        return _rows("odd size", side, "")
    odd, usual = _far_from_usual(side, limits)
    why = f"It measures {{value:.0f}} px (root of width × height), where {usual:.0f} is usual."
    return _rows("odd size", side[odd], why, usual * limits.factor, "relative")


def _unusual_modes(known, limits):
    kind = known["mode"].astype(object)
    grey = kind.isin(["L", "1", "LA", "I", "F", "I;16", "I;16B"])
    kind = kind.where(grey | (known["saturation"] >= 0.005), kind + " without colour")
    kind = kind.where(known["orientation"] == 1, kind + " turned by its EXIF tag")
    share = kind.map(kind.value_counts(normalize=True)).astype(float)
    odd = share[share < limits.rare]
    table = _rows("unusual mode", odd, "{value:.1%} of the images are ", limits.rare, "relative")
    return table.assign(why=table["why"] + kind[odd.index].to_numpy() + ".")


def _rows(issue, values, why, limit=np.nan, rule="absolute"):
    number = pd.to_numeric(values, errors="coerce").to_numpy(float)
    sentences = pd.array([why.format(value=value) for value in values], "str")
    ids = values.index.astype("str")
    table = pd.DataFrame({"image_id": ids, "issue": issue, "value": number, "why": sentences})
    return table.assign(threshold=limit, rule=rule)
