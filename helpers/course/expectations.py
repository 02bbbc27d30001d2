"""A claim about a result, and the bound it must keep."""

import math
import os
from typing import Any


class ExpectationFailed(AssertionError):
    """A claim about the bundled dataset did not hold while the notebooks were being tested."""


def expect(
    dataset: Any,
    claim: str,
    value: float | None,
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
        The measured value; None and NaN mean that nothing could be measured, and fail.
    above, below : float, optional
        The value must lie strictly above or below; at least one is needed.

    Raises
    ------
    ExpectationFailed
        On the bundled dataset, when the claim does not hold and ``WORKBOOK_STRICT`` is "1".
    TypeError
        When the value is neither a number nor None.
    ValueError
        When there is no bound, or no room between the two.
    """
    low, high = -math.inf if above is None else above, math.inf if below is None else below
    if (above is None and below is None) or low >= high:
        raise ValueError(f"expect({claim!r}) needs above=, below= or both, with room between them")
    bound = f"above {above}" if below is None else f"below {below}"
    if above is not None and below is not None:
        bound = f"between {above} and {below}"
    if value is not None and not hasattr(value, "__float__"):
        raise TypeError(f"expect({claim!r}) needs a number or None, got a {type(value).__name__}")
    measured = math.nan if value is None else float(value)
    holds = (above is None or measured > above) and (below is None or measured < below)
    got = "nothing, as it could not be measured" if math.isnan(measured) else f"{measured:.4g}"
    if not dataset.is_bundled and math.isnan(measured):
        print(f"Not measured: {claim} has no meaning for this dataset.")
    elif not dataset.is_bundled:
        print(f"Measured: {claim} is {got}; on your own data nothing is expected of it.")
    elif holds:
        print(f"Checked: {claim} is {bound}.")
    elif os.environ.get("WORKBOOK_STRICT") == "1":
        raise ExpectationFailed(f"{claim}: expected {bound}, got {got}")
    else:
        print(
            f"Not as expected: {claim} should be {bound}; you got {got}. "
            "If you changed a cell above, that may be why: run the notebook again from the top. "
            "If you changed nothing, your processor rounds differently from ours: a value just "
            "outside the bound changes no conclusion, one far from it is worth reporting."
        )
