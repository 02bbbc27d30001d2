"""Flag images whose measurements are poor in themselves, or odd in their dataset."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from helpers.audit.tables import require_scan
from helpers.datasets.words import percent

WORST, FEW = 20, 3
"""How many images a rule that is not used still lists, and how many any rule may flag."""


@dataclass(frozen=True)
class Thresholds:
    """Limits of `find_quality_issues`, in the units of the columns of `scan`.

    The first six are absolute. The others are relative: a value is odd where it is ``factor``
    times smaller or larger than the median, and more than ``spread`` robust deviations (1.4826 ×
    median absolute deviation of the logarithms) from it; a mode is where fewer than the share
    ``rare`` of the images have it. A rule that more than the share ``most`` of the images break,
    and more than three of them, says what kind of pictures these are, not that they are faulty:
    it is not used, and only its worst images are listed.

    Fixed on seed 0 of leaves; `studies/detectors.py` and `studies/flags.py` report other seeds,
    and real photos.
    """

    dark: float = 0.34
    overexposed: float = 0.72
    clipping: float = 0.97
    blurred: float = 2.5
    low_information: float = 2.0
    aspect_ratio: float = 2.8
    most: float = 0.10
    factor: float = 2.67
    spread: float = 2.0
    rare: float = 0.05


@dataclass(frozen=True)
class _Rule:
    """A rule applied: the values of the images that break it, and of each a sentence why."""

    issue: str
    kind: str
    limit: float
    breaking: pd.Series
    whys: list[str]
    judged: int
    asks: str = ""
    side: str = ""
    unused: str = ""


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
    threshold, rule ("absolute", "relative" or "not used"), why (a sentence). Issues: unreadable,
    dark (by the 99th percentile of brightness, so that a lit subject at night is not dark),
    overexposed (by the brightness of what has detail, in pictures whose highlights clip, so that
    a white background alone does not count), blurred (by the width of the strongest edges, so
    that neither a shallow focus nor what is smooth counts), low information (few grey levels, and
    no edge, so that a subject on plain ground does not count), odd aspect ratio, odd size,
    unusual mode, odd file.

    Rows whose rule is "not used" are no flags: too many images break that rule, and these are the
    twenty that break it most, the worst first. `summarise_quality` counts all of them.

    Raises
    ------
    DatasetError
        What is given is not the table that `scan` returns.
    """
    flags = [_rows(rule) for rule in _rules(scanned, thresholds, "find_quality_issues")]
    table = pd.concat(flags, ignore_index=True)
    # What both rules of an issue name is listed once, as a flag if either of them is used.
    used = (table["rule"] != "not used").sort_values(ascending=False, kind="stable")
    once = ~table.loc[used.index].duplicated(["image_id", "issue"])
    return table[once.sort_index()].reset_index(drop=True)


def summarise_quality(scanned: pd.DataFrame, thresholds: Thresholds | None = None):
    """What each rule of `find_quality_issues` found, and which were not used and why.

    Returns
    -------
    DataFrame, one row a rule: issue, rule ("absolute" or "relative"), threshold, judged (images
    that have the measurement), images (that break the rule), share (of all that can be read),
    used (bool), note (a sentence where the rule is not used or could not judge all, else "").

    Raises
    ------
    DatasetError
        What is given is not the table that `scan` returns.
    """
    rows = []
    for rule in _rules(scanned, thresholds, "summarise_quality"):
        count, total = len(rule.breaking), int(scanned["readable"].sum())
        total = len(scanned) if rule.issue == "unreadable" else total
        unjudged = total - rule.judged
        notes = [rule.unused, f"{unjudged:,} of {total:,} cannot be judged." if unjudged else ""]
        row = {"issue": rule.issue, "rule": rule.kind, "threshold": rule.limit}
        row |= {"judged": rule.judged, "images": count, "share": count / max(total, 1)}
        rows.append(row | {"used": not rule.unused, "note": " ".join(filter(None, notes))})
    return pd.DataFrame(rows).astype({"issue": "str", "rule": "str", "note": "str"})


def robust_scores(values):
    """Deviations from the median in units of 1.4826 × the median absolute deviation."""
    away = values - np.nanmedian(values)
    return away / max(1.4826 * np.nanmedian(np.abs(away)), 1e-12)


def _rules(scanned, thresholds, asking: str) -> Iterator[_Rule]:
    limits = thresholds or Thresholds()
    scanned = require_scan(scanned, asking)
    known = scanned[scanned["readable"]]
    unreadable = scanned.loc[~scanned["readable"], "problem"]
    yield _fact("unreadable", unreadable, len(scanned))
    for rule in _measured_rules(known, limits):
        if len(rule.breaking) > max(FEW, limits.most * len(known)):
            rule = replace(rule, unused=_unused(rule, len(known)))
        yield rule
    yield _fact("odd file", known["note"].dropna(), len(known))


def _measured_rules(known, limits) -> Iterator[_Rule]:
    sides = known[["width", "height"]].astype(float)
    ratio = sides.max(axis=1) / sides.min(axis=1)
    detail = known["detail_brightness"]
    burnt = detail.where(known["brightest"] >= limits.clipping)
    # A picture with an edge shows something, however plain the ground around it.
    plain = known["entropy"].where(known["edge_width"].isna())
    yield from _beyond(
        "dark", known["brightest"], limits.dark, limits, -1, "night, or X-rays?",
        "Even its brightest hundredth reaches only {value} of 1", 2)  # fmt: skip
    yield from _beyond(
        "overexposed", burnt, limits.overexposed, limits, 1, "drawings, or scans?",
        "Its highlights clip, and what has detail lies at {value} of 1", 2,
        judged=detail.notna().sum())  # fmt: skip
    yield from _beyond(
        "blurred", known["edge_width"], limits.blurred, limits, 1, "enlarged?",
        "Its sharpest edges rise over {value} px, where a crisp edge takes 1 to 2", 1)  # fmt: skip
    yield from _beyond(
        "low information", plain, limits.low_information, limits, -1, "blanks?",
        "It has no edge, and its grey levels hold {value} bits", 1,
        judged=len(known))  # fmt: skip
    yield from _beyond(
        "odd aspect ratio", ratio, limits.aspect_ratio, limits, 1, "strips, or panoramas?",
        "Its long side is {value} times its short side", 1)  # fmt: skip
    if len(known):
        yield _odd_sizes(np.sqrt(sides.prod(axis=1)), limits)
        yield _unusual_modes(known, limits)


def _fact(issue, words, judged) -> _Rule:
    """What was noticed while reading a file: always used, however many there are."""
    values = pd.Series(np.nan, words.index)
    return _Rule(issue, "absolute", np.nan, values, [f"It {word}." for word in words], judged)


def _beyond(
    issue, values, limit, limits, sign, asks, why, digits, judged=None
) -> Iterator[_Rule]:  # fmt: skip
    """A rule by an absolute limit (above for sign 1, below for -1), then a relative one.

    The relative one leaves out what breaks the absolute one, unless that one is not used. Values
    are told to so many decimals, or to as many as show on which side of the limit they lie.
    """
    values, side = values.astype(float), "under" if sign < 0 else "over"
    broken, known = values[sign * (values - limit) > 0], int(values.notna().sum())
    told = f"{limit:.15g}"
    whys = [
        f"{why.format(value=f'{value:.{_decimals(value, limit, digits)}f}')}, {side} {told}."
        for value in broken
    ]
    judged = known if judged is None else int(judged)
    yield _Rule(issue, "absolute", limit, broken, whys, judged, asks, f" ({side} {told})")
    if 2 * known < len(values) or not known:
        return
    odd, usual = _far_from_usual(values, limits, sign)
    odd = values[odd]
    if len(broken) <= max(FEW, limits.most * len(values)):
        odd = odd.drop(broken.index, errors="ignore")
    whys = []
    for value in odd:
        more = _decimals(value, usual, digits)
        shown = f"{usual:.{max(2, more)}f}"
        whys.append(f"{why.format(value=f'{value:.{more}f}')}, far {side} the {shown} usual here.")
    shown = f"{usual:.{_decimals(usual, 0, 2)}f}"
    yield _Rule(issue, "relative", usual * limits.factor**sign, odd, whys, judged, asks,
                f" (far {side} the {shown} usual here)")  # fmt: skip


def _decimals(value: float, limit: float, least: int) -> int:
    """To how many decimals, at least, a value has to be told to lie on its side of a limit, which
    is told to as many, or exactly."""
    return next(
        (
            n
            for n in range(least, 15)
            if all(
                (round(value, n) - one) * (value - limit) > 0 for one in (limit, round(limit, n))
            )
        ),
        least,
    )


def _far_from_usual(values, limits, sign=None):
    """Which values are odd by `limits` (above for sign 1, below for -1, either), and the median."""
    logs, usual = np.log(values.clip(1e-6)), values.median()
    away, score = logs - np.log(max(usual, 1e-6)), robust_scores(logs)
    if sign is None:
        away, score, sign = away.abs(), np.abs(score), 1
    return (sign * away > np.log(limits.factor)) & (sign * score > limits.spread), usual


def _odd_sizes(side, limits) -> _Rule:
    odd, usual = _far_from_usual(side, limits)
    whys = [f"It measures {value:.0f} px (root of width × height), where {usual:.0f} is usual."
            for value in side[odd]]  # fmt: skip
    limit = usual * limits.factor
    return _Rule("odd size", "relative", limit, side[odd], whys, len(side), "two sources?")


def _unusual_modes(known, limits) -> _Rule:
    kind = known["mode"].astype(object)
    grey = kind.isin(["L", "1", "LA", "I", "F", "I;16", "I;16B"])
    kind = kind.where(grey | (known["saturation"] >= 0.005), kind + " without colour")
    kind = kind.where(known["orientation"] == 1, kind + " turned by its EXIF tag")
    share = kind.map(kind.value_counts(normalize=True)).astype(float)
    odd = share[share < limits.rare]
    whys = [
        f"{percent(value).capitalize()} of the images are {kind[image_id]}."
        for image_id, value in odd.items()
    ]
    return _Rule("unusual mode", "relative", limits.rare, odd, whys, len(known), "many sources?")


def _unused(rule: _Rule, total: int) -> str:
    count = len(rule.breaking)
    what = f"{count:,} of {total:,} ({count / total:.0%}) are {rule.issue}{rule.side}"
    return f"Not used: {what}; {rule.asks}"


def _rows(rule: _Rule) -> pd.DataFrame:
    table = pd.DataFrame({
        "image_id": rule.breaking.index.astype("str"), "issue": rule.issue,
        "value": rule.breaking.to_numpy(float), "threshold": rule.limit, "rule": rule.kind,
        "why": pd.array(rule.whys, "str"),
    })  # fmt: skip
    if not rule.unused:
        return table
    # How far from the limit, in ratios: above it or below, the worst come first.
    away = np.abs(np.log(table["value"].clip(1e-6) / rule.limit))
    worst = table.loc[away.sort_values(ascending=False, kind="stable").index[:WORST]]
    return worst.assign(rule="not used", why=worst["why"] + " " + rule.unused)
