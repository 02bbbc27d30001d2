"""A claim about a result, and the bounds it must keep."""

import math
import os
from dataclasses import dataclass
from typing import Any


class ExpectationFailed(AssertionError):
    """A claim about the bundled dataset did not hold while the notebooks were being tested."""


@dataclass(frozen=True)
class Claim:
    """What is claimed of a measured value.

    Attributes
    ----------
    text : str
        What is claimed, as a noun phrase: ``"recall of exact duplicates"``.
    value : number or None
        The measured value; None and NaN mean that nothing could be measured, and fail.
    low, high : float, optional
        The value must lie strictly above or below; at least one is needed.

    Raises
    ------
    TypeError
        When the value is neither a number nor None.
    ValueError
        When there is no bound, or no room between the two.
    """

    text: str
    value: float | None
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if (self.low is None and self.high is None) or not low < high:
            raise ValueError(f"the claim {self.text!r} needs bounds, with room between them")
        if self.value is not None and not hasattr(self.value, "__float__"):
            kind = type(self.value).__name__
            raise TypeError(f"the claim {self.text!r} needs a number or None, got a {kind}")

    @property
    def measured(self) -> float:
        """The value as a number, NaN where there is none."""
        return math.nan if self.value is None else float(self.value)

    @property
    def bound(self) -> str:
        if self.low is None:
            return f"below {self.high}"
        return f"above {self.low}" if self.high is None else f"between {self.low} and {self.high}"

    @property
    def holds(self) -> bool:
        above = self.low is None or self.measured > self.low
        return above and (self.high is None or self.measured < self.high)

    @property
    def found(self) -> str:
        """The measured value in words."""
        missing = math.isnan(self.measured)
        return "nothing, as it could not be measured" if missing else f"{self.measured:.4g}"


def judge(claim: Claim, known: str = "") -> None:
    """Print a claim that holds, never its value; raise in strict mode, or explain, where it fails.

    The value depends on the processor; the line is the same on every machine, so that stored
    outputs can be compared.

    Parameters
    ----------
    claim : Claim
    known : str
        What is known of the value besides, as a clause: ``"it was above 3 elsewhere"``.

    Raises
    ------
    ExpectationFailed
        When the claim does not hold and ``WORKBOOK_STRICT`` is "1".
    """
    known = known and f"; {known}"
    if claim.holds:
        print(f"Checked: {claim.text} is {claim.bound}{known}.")
    elif os.environ.get("WORKBOOK_STRICT") == "1":
        raise ExpectationFailed(f"{claim.text}: expected {claim.bound}, got {claim.found}{known}")
    else:
        print(
            f"Not as expected: {claim.text} should be {claim.bound}; you got {claim.found}{known}. "
            "If you changed a cell above, that may be why: run the notebook again from the top. "
            "If you changed nothing, your processor rounds differently from ours: a value just "
            "outside the bound changes no conclusion, one far from it is worth reporting."
        )


def expect(
    dataset: Any,
    claim: str,
    value: float | None,
    above: float | None = None,
    below: float | None = None,
) -> None:
    """Print a claim with its bound, and check it where the truth is known.

    On any dataset but the bundled one nothing is judged and the measured value is printed instead.

    Parameters
    ----------
    dataset : Dataset
        Only ``dataset.is_bundled`` is read.
    claim, value, above, below
        As `text`, `value`, `low` and `high` of a `Claim`, which says what is refused; `judge` says
        what is printed and raised.
    """
    made = Claim(claim, value, above, below)
    if dataset.is_bundled:
        judge(made)
    elif math.isnan(made.measured):
        print(f"Not measured: {claim} has no meaning for this dataset.")
    else:
        print(f"Measured: {claim} is {made.found}; on your own data nothing is expected of it.")
