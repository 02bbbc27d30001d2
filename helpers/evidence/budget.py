"""What a time budget pays for: decided by the number of images, their size and format alone, so
that two runs agree."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from PIL import Image

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.decoding import read_bytes
from helpers.datasets.words import tell_number

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

OPENING = {"JPEG": 3e-9, "MPO": 3e-9}
SLOW, WITHIN, TIMES, LOOKED_AT = 22e-9, 0.002, 3, 100
"""Seconds a pixel to open a file by its format, those of any other (a PNG of 12 million pixels took
0.26 s), seconds of opening that the times above have within, how often what every report does opens
each file, and how many are looked at."""

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
    opening : float
        Seconds that one image takes to open, as reckoned by `weigh_opening`.
    least, spare : float
        Seconds that nothing which may be left out would save, and that are left of the budget.
    """

    seconds: float
    images: int
    taken: tuple[str, ...]
    left: tuple[str, ...]
    needed: float
    searched: int = 0
    opening: float = 0.0
    least: float = 0.0
    spare: float = 0.0

    @property
    def overrun(self) -> list[str]:
        """A sentence where the budget cannot be kept, said before anything is done."""
        if self.least <= self.seconds:
            return []
        minutes, opened = math.ceil(self.least / 60), ""
        if self.opening:
            opened = "images of this size and format take about "
            opened += f"{tell_number(self.opening, 2)} s each to open, and "
        return [
            f"The budget of {in_words(self.seconds)} cannot be kept: {opened}what every report "
            f"does takes about {in_words(self.least)} (--budget {minutes}m pays for that alone)."
        ]

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


def weigh_opening(dataset: Dataset) -> float:
    """Seconds that an image takes to open beyond what small ones do, in the mean of some spread
    evenly over the dataset, by what their files say of format and size; 0 where none is read."""
    ids = dataset.images.index
    found = []
    for at in sorted({*np.linspace(0, len(ids) - 1, min(LOOKED_AT, len(ids))).astype(int)}):
        path = str(dataset.path(ids[at]))
        try:
            read_bytes(path, 1)  # refuses a pipe, which would block
            with warnings.catch_warnings(action="ignore"), Image.open(path) as image:
                found.append(image.width * image.height * OPENING.get(image.format, SLOW))
        except Exception:  # the scan says what is wrong with it
            continue
    return max(float(np.mean(found)) - WITHIN, 0.0) if found else 0.0


def cost(name: str, images: int, opening: float = 0.0) -> float:
    """Seconds that a step of `CHOICES` is reckoned to take for so many images; all but what goes on
    from their features opens each again."""
    each = CHOICES[name] + opening * (name != "learning curve")
    return each * images + EACH_PAIR * images**2 * (name == SEARCH)


def plan(
    images: int, budget: str | float = DEFAULT, search: bool = True, opening: float = 0.0
) -> Plan:
    """What a budget pays for, for so many images to learn from.

    Half of it goes to what every report does; where that is not enough for all images, models learn
    from a part of them. The rest pays for `CHOICES` in their order, each whole or not at all, but
    for the search for photos of one thing: of that, as many images as can be are paid for. With
    `search` off, for images of which it is known what they show, it costs nothing. `opening` is
    what `weigh_opening` says: all images are opened at least twice, to be measured and compared.
    """
    seconds, always = read_budget(budget), ALWAYS + TIMES * opening
    part = min(images, max(FEWEST, int(seconds / 2 / always + 1e-9)))
    left, taken, searched = seconds - part * always, [], 0
    steps = [name for name in CHOICES if search or name != SEARCH]
    for name in steps:
        if name == SEARCH:
            searched = _searched(part, left, opening)
        if cost(name, part, opening) <= left or (name == SEARCH and searched):
            taken.append(name)
            left -= cost(name, searched if name == SEARCH else part, opening)
    needed = images * always + sum(cost(name, images, opening) for name in steps)
    others = tuple(name for name in steps if name not in taken)
    least = part * always + (images - part) * (TIMES - 1) * opening
    return Plan(seconds, part, tuple(taken), others, needed, searched, opening, least, left)


def _searched(images: int, seconds: float, opening: float = 0.0) -> int:
    """The most images, of so many, that can be searched for photos of one thing in that time."""
    if cost(SEARCH, images, opening) <= seconds:
        return images
    each, most = CHOICES[SEARCH] + opening, max(seconds, 0.0)
    paid = int((math.sqrt(each**2 + 4 * EACH_PAIR * most) - each) / (2 * EACH_PAIR))
    return paid if paid >= FEWEST_SEARCHED else 0


def for_all(images: int, opening: float = 0.0) -> str:
    """The least budget, in whole minutes, by which models learn from so many images: "102m"."""
    return f"{math.ceil(images * 2 * (ALWAYS + TIMES * opening) / 60)}m"


def for_search(images: int, opening: float = 0.0) -> str:
    """A budget, in whole minutes, by which so many images are all learned from and searched for
    photos of one thing: "17m"."""
    steps = [*CHOICES][: [*CHOICES].index(SEARCH) + 1]
    always = images * (ALWAYS + TIMES * opening)
    seconds = always + sum(cost(name, images, opening) for name in steps)
    return f"{math.ceil(max(seconds, 2 * always) / 60 + 1e-9)}m"


def in_words(seconds: float) -> str:
    """ "40 s", "12 min"."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def draw_part(labels: pd.Series, groups: pd.Series, images: int) -> pd.Index:
    """About the given number of images: whole groups at random, the same share of each class.

    Of each class the groups, each counted where most of its images are, come in random order, and
    the first of every class is taken before the second of any is, so that none is lost: a rare one
    would be, if all groups were drawn from one urn. The last group taken may be cut.
    """
    table = pd.DataFrame({"group": groups.astype(str), "label": labels.fillna("").astype(str)})
    sizes = table.value_counts(sort=False).rename("size").reset_index()
    sizes = sizes.sort_values(["group", "size", "label"], ascending=[True, False, True])
    drawn = sizes.drop_duplicates("group")
    drawn = drawn.iloc[np.random.default_rng(0).permutation(len(drawn))]
    ranks = drawn.groupby("label").cumcount()
    drawn = drawn.assign(share=ranks / drawn.groupby("label")["group"].transform("size"))
    order = drawn.sort_values("share", kind="stable")["group"]
    place = table["group"].map(dict(zip(order, range(len(order)), strict=True)))
    return place.sort_values(kind="stable").index[:images]
