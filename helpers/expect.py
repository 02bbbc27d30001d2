"""A claim about a result, and the bound it must keep."""

import math
import os
from numbers import Real
from typing import Any


class ExpectationFailed(AssertionError):
    """A claim about the bundled dataset did not hold while the notebooks were being tested."""


def expect(
    dataset: Any,
    claim: str,
    value: Real | None,
    above: float | None = None,
    below: float | None = None,
) -> None:
    """Print a claim with its bound, and check it where the truth is known.

    On the bundled dataset the measured value is never printed, because it depends on the
    processor; the line is the same on every machine, so that stored outputs can be compared. On
    any other dataset nothing is judged and the measured value is printed instead.

    Parameters
    ----------
    dataset : Dataset
        Only ``dataset.is_bundled`` is read.
    claim : str
        What is claimed, as a noun phrase: ``"recall of exact duplicates"``.
    value : number or None
        The measured value; None and NaN mean that nothing could be measured.
    above, below : float, optional
        The value must lie strictly above or below; at least one is needed.

    Raises
    ------
    ExpectationFailed
        On the bundled dataset, when the claim does not hold and ``WORKBOOK_STRICT`` is "1".
    ValueError
        When no bound is given, or the two bounds leave no room.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> expect(SimpleNamespace(is_bundled=True), "recall of exact duplicates", 1.0, above=0.99)
    Checked: recall of exact duplicates is above 0.99.
    """
    bound = _describe_bound(claim, above, below)
    measured = _measure(value)
    if not dataset.is_bundled:
        print(f"Measured: {claim} is {_describe_value(measured)} (no bound on your own data).")
        return
    holds = (
        measured is not None
        and (above is None or measured > above)
        and (below is None or measured < below)
    )
    if holds:
        print(f"Checked: {claim} is {bound}.")
        return
    found = _describe_value(measured)
    if os.environ.get("WORKBOOK_STRICT") == "1":
        raise ExpectationFailed(f"{claim}: expected {bound}, got {found}")
    print(
        f"Not as expected: {claim} should be {bound}; you got {found}. "
        "If you changed a cell above, that may be why: run the notebook again from the top. "
        "If you changed nothing, your processor rounds differently from ours; "
        "a value just outside the bound changes no conclusion, one far from it is worth reporting."
    )


def _describe_bound(claim: str, above: float | None, below: float | None) -> str:
    if above is None and below is None:
        raise ValueError(f"expect({claim!r}) has no bound; give above=, below= or both")
    if above is None:
        return f"below {below:g}"
    if below is None:
        return f"above {above:g}"
    if above >= below:
        raise ValueError(
            f"expect({claim!r}) leaves no room: above={above:g} is not smaller than below={below:g}"
        )
    return f"between {above:g} and {below:g}"


def _measure(value: Any) -> float | None:
    try:
        measured = float(value)
    except (TypeError, ValueError):
        return None
    return None if math.isnan(measured) else measured


def _describe_value(measured: float | None) -> str:
    return "missing (nothing could be measured)" if measured is None else f"{measured:.4g}"
