"""What the claims of all notebooks share: finding them, and what they came to on five seeds."""

import math
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from helpers.course import expectations
from helpers.course.studies import read_study

FOLDER = Path(__file__).parent
WORDS = {2: "two", 3: "three", 4: "four", 5: "five"}


def notebooks() -> list[str]:
    """Numbers of the notebooks that have claims here, in order."""
    return sorted(path.stem[-2:] for path in FOLDER.glob("notebook_*.py"))


def check(notebook: str, dataset: Any, **results: Any) -> None:
    """Check what a notebook claims, against bounds that follow its values on five seeds.

    A line for each claim says its bound and the range that it had on five collections of leaves,
    never the value measured here, so that the output is the same on every machine. On another
    dataset the claims about the leaves are left out, and a line says so.

    Parameters
    ----------
    notebook : str
        Its number, ``"02"``.
    dataset : Dataset
        On any but the bundled one the claims are not asked for.
    **results
        What the claims are about, by the names that ``claims`` in ``notebook_02.py`` takes.

    Raises
    ------
    ExpectationFailed
        On the bundled dataset, when a claim does not hold and ``WORKBOOK_STRICT`` is "1". Otherwise
        the learner is told what they got, and why it may differ.
    KeyError
        When there are no claims for this notebook.
    TypeError
        When a result that the claims need is missing, or one is given that they do not know.
    """
    if notebook not in notebooks():
        known = ", ".join(notebooks()) or "none"
        raise KeyError(f"no claims for notebook {notebook!r}; there are {known}")
    made = import_module(f"{__package__}.notebook_{notebook}").claims(dataset, **results)
    if not dataset.is_bundled:
        print(
            f"What notebook {notebook} claims about the bundled leaves is left out: this is "
            f"{dataset.name!r}, and nothing is expected of it."
        )
        return
    for claim in made:
        expectations.judge(claim, measured_range(notebook, claim.text))


def measured_range(notebook: str, text: str) -> str:
    """What a claim's value was on the seeds of ``studies/claims.py``, in words.

    The ends are rounded outwards, to what tells them apart: ``"on five collections it was between
    0.32 and 0.34"``.
    """
    table = read_study("claims")
    rows = table[table["notebook"].str.startswith(f"{notebook}_") & (table["claim"] == text)]
    values = rows["value"].dropna().tolist()
    if not values:
        return "it was not measured on other collections yet"
    where = f"on {WORDS.get(len(values), len(values))} collections it was"
    low, high = _outwards(min(values), max(values))
    return f"{where} {low}" if low == high else f"{where} between {low} and {high}"


def _outwards(low: float, high: float) -> tuple[str, str]:
    size, width = max(abs(low), abs(high)), high - low
    digits = 0 if size >= 100 else 1 if size >= 10 else 2
    # As many digits as it takes to see the width or, where there is none, two of the value.
    smallest = width or size / 10
    if smallest > 0:
        digits = max(digits, min(4, math.ceil(-math.log10(smallest))))
    unit, rounding = 10**digits, 1e-6
    low, high = math.floor(low * unit + rounding) / unit, math.ceil(high * unit - rounding) / unit
    return f"{low + 0:.{digits}f}", f"{high + 0:.{digits}f}"


def loose(values: Sequence[float], low: float | None, high: float | None) -> str | None:
    """What is wrong with bounds, given the values on several seeds; None where they fit.

    A sixth collection comes out beyond the range of five in a third of all cases, so there must be
    half a width of room; and a bound farther away than three widths, a tenth of the value and 0.02
    says next to nothing.
    """
    least, most = min(values), max(values)
    width = most - least
    for name, end, room in (("low", least, low), ("high", most, high)):
        if room is None:
            continue
        distance = end - room if name == "low" else room - end
        if distance < width / 2 or distance <= 0:
            return f"{name} {room:g} is too near to {end:g}, the end of what was measured"
        if distance > 3 * width + abs(end) / 10 + 0.02:
            return f"{name} {room:g} is too far from {end:g}, the end of what was measured"
    return None
