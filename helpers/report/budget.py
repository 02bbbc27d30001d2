"""What a time budget pays for: decided by the number of images alone, so that two runs agree."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from helpers.datasets import DatasetError

DEFAULT = "10m"
ALWAYS = 0.03
"""Seconds an image for what every report does: scan, copies, embedding, labels, probes."""

CHOICES: Mapping[str, float] = {
    "fine-tuning": 0.012,
    "learning curve": 0.01,
    "same-thing search": 0.02,
    "descriptors": 0.035,
    "ImageNet": 0.04,
}
"""Seconds an image for each step that may be left out, in the order in which a budget pays for
them; measured on two busy cores, and the same on every machine, for the choice must not depend on
the hour."""

FEWEST = 500
_FORM = re.compile(r"^\s*([0-9.]+)\s*(s|m|min|h)?\s*$")
_SECONDS = {None: 1, "s": 1, "m": 60, "min": 60, "h": 3600}


@dataclass(frozen=True)
class Plan:
    """What is done within a budget.

    Attributes
    ----------
    seconds : float
        The budget.
    images : int
        How many images models learn from; all there are where the budget allows.
    taken, left : tuple of str
        The steps of `CHOICES` that are paid for, and those that are not.
    needed : float
        Seconds that would have paid for everything.
    """

    seconds: float
    images: int
    taken: tuple[str, ...]
    left: tuple[str, ...]
    needed: float


def read_budget(text: str | float) -> float:
    """Seconds, from "90", "90s", "10m" or "1h"; raises DatasetError on anything else."""
    found = _FORM.match(str(text))
    try:
        seconds = float(found[1]) * _SECONDS[found[2]]
    except (TypeError, ValueError):
        seconds = 0.0
    if seconds <= 0:
        raise DatasetError(
            f"budget={text!r} is no time; expected one such as '90s', '10m' or '1h'."
        )
    return seconds


def plan(images: int, budget: str | float = DEFAULT) -> Plan:
    """What a budget pays for, for so many images to learn from.

    Half of it goes to what every report does; where that is not enough for all images, models learn
    from a part of them. The rest pays for `CHOICES` in their order, each whole or not at all.
    """
    seconds = read_budget(budget)
    part = min(images, max(FEWEST, int(seconds / 2 / ALWAYS + 1e-9)))
    left, taken = seconds - part * ALWAYS, []
    for name, each in CHOICES.items():
        if part * each <= left:
            taken.append(name)
            left -= part * each
    needed = images * (ALWAYS + sum(CHOICES.values()))
    others = tuple(name for name in CHOICES if name not in taken)
    return Plan(seconds, part, tuple(taken), others, needed)


def for_all(images: int) -> str:
    """The least budget, in whole minutes, by which models learn from so many images: "102m"."""
    return f"{math.ceil(images * 2 * ALWAYS / 60)}m"


def in_words(seconds: float) -> str:
    """ "40 s", "12 min"."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
