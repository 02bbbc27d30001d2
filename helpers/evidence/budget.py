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

SEARCH = "same-thing search"
CHOICES: Mapping[str, float] = {
    "fine-tuning": 0.012,
    "learning curve": 0.01,
    SEARCH: 0.022,
    "descriptors": 0.035,
    "ImageNet": 0.04,
}
"""Seconds an image for each step that may be left out, in the order in which a budget pays for
them; measured on two busy cores, and the same on every machine, for the choice must not depend on
the hour."""

EACH_PAIR = 3e-7
"""Seconds that the search for photos of one thing takes besides for each two images, whose
likeness it asks for (`benchmarks/groups.py`: 233 s for 10,000 photos, 30 s of it for that)."""

WORDS: Mapping[str, str] = {
    "fine-tuning": "a fine-tuned network",
    "learning curve": "what more labels would buy",
    SEARCH: "the search for photos of one thing",
    "descriptors": "descriptors of colour, texture and form",
    "ImageNet": "a network pretrained on ImageNet",
}
"""The steps, for whoever reads what a budget left out."""

FEWEST, FEWEST_SEARCHED = 500, 200
"""Images that models learn from, and that are searched for photos of one thing: what pays for fewer
than the latter pays for no search, unless there are no more."""
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
    searched : int
        How many of `images` are searched for photos of one thing, 0 where that is left out.
    """

    seconds: float
    images: int
    taken: tuple[str, ...]
    left: tuple[str, ...]
    needed: float
    searched: int = 0

    @property
    def left_in_words(self) -> list[str]:
        """What was left out, in whole or in part, for a reader."""
        part = [f"a part of {WORDS[SEARCH]}"] if 0 < self.searched < self.images else []
        return [*part, *(WORDS[name] for name in self.left)]


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


def cost(name: str, images: int) -> float:
    """Seconds that a step of `CHOICES` is reckoned to take for so many images."""
    return CHOICES[name] * images + EACH_PAIR * images**2 * (name == SEARCH)


def plan(images: int, budget: str | float = DEFAULT, search: bool = True) -> Plan:
    """What a budget pays for, for so many images to learn from.

    Half of it goes to what every report does; where that is not enough for all images, models learn
    from a part of them. The rest pays for `CHOICES` in their order, each whole or not at all, but
    for the search for photos of one thing: of that, as many images as can be are paid for. With
    `search` off, for images of which it is known what they show, it costs nothing.
    """
    seconds = read_budget(budget)
    part = min(images, max(FEWEST, int(seconds / 2 / ALWAYS + 1e-9)))
    left, taken, searched = seconds - part * ALWAYS, [], 0
    steps = [name for name in CHOICES if search or name != SEARCH]
    for name in steps:
        if name == SEARCH:
            searched = _searched(part, left)
        if cost(name, part) <= left or (name == SEARCH and searched):
            taken.append(name)
            left -= cost(name, searched if name == SEARCH else part)
    needed = images * ALWAYS + sum(cost(name, images) for name in steps)
    others = tuple(name for name in steps if name not in taken)
    return Plan(seconds, part, tuple(taken), others, needed, searched)


def _searched(images: int, seconds: float) -> int:
    """The most images, of so many, that can be searched for photos of one thing in that time."""
    if cost(SEARCH, images) <= seconds:
        return images
    each, most = CHOICES[SEARCH], max(seconds, 0.0)
    paid = int((math.sqrt(each**2 + 4 * EACH_PAIR * most) - each) / (2 * EACH_PAIR))
    return paid if paid >= FEWEST_SEARCHED else 0


def for_all(images: int) -> str:
    """The least budget, in whole minutes, by which models learn from so many images: "102m"."""
    return f"{math.ceil(images * 2 * ALWAYS / 60)}m"


def for_search(images: int) -> str:
    """A budget, in whole minutes, by which so many images are all learned from and searched for
    photos of one thing: "17m"."""
    steps = [*CHOICES][: [*CHOICES].index(SEARCH) + 1]
    seconds = images * ALWAYS + sum(cost(name, images) for name in steps)
    return f"{math.ceil(max(seconds, images * 2 * ALWAYS) / 60 + 1e-9)}m"


def in_words(seconds: float) -> str:
    """ "40 s", "12 min"."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
