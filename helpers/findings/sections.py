"""What a report is made of: sections of sentences, tables and pictures, and findings to act on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from helpers.datasets import Dataset
from helpers.datasets.storage import work_folder

DONE, LEFT_OUT, FAILED = "done", "left out", "failed"
UNLABELLED = "for want of labels of two classes"
QUESTIONS = {
    "opening": "What is in it?",
    "files": "Can every file be read, and is any poor?",
    "copies": "Is a picture there twice?",
    "same thing": "Do other photos show the same thing?",
    "outliers": "What does not belong here?",
    "labels": "Which labels are in doubt?",
    "sample": "How many labels are wrong?",
    "canaries": "How much would these checks miss?",
    "split": "What is trained on, what is validated on?",
    "shortcuts": "Does something else give the label away?",
    "baselines": "What do simple models score?",
    "evaluation": "How good is the best, and for whom?",
    "errors": "Where is it surest, and wrong?",
    "more labels": "Would more labels help, and which?",
    "second folder": "Does a second folder look like this one?",
}
"""What each section asks, in the words of whoever reads the page or waits for it."""


@dataclass(frozen=True)
class Finding:
    """Something to mend before a model is trusted.

    Attributes
    ----------
    what : str
        One short sentence.
    more : str
        What else is known of it, in further sentences.
    images, of : int
        How many images it is about, of how many.
    act : str
        What to do about it, in words.
    section : str
        The name of the section that has the evidence.
    code : str
        Lines of Python that begin it, given ``dataset``; "" where there is nothing to call.
    effect : float or None
        What it was measured to be worth: a share of right answers among the images scored.
    low, high : float or None
        The 95 % interval of `effect`.
    blocks : bool
        Whether a score cannot be believed before this is looked at.
    """

    what: str
    images: int
    of: int
    act: str
    section: str
    code: str = ""
    more: str = ""
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    blocks: bool = False

    @property
    def measured(self) -> bool:
        """Whether its effect is more than chance gives."""
        return self.effect is not None and (self.low > 0 or self.high < 0)

    @property
    def at_stake(self) -> float:
        """What findings are ordered by: the measured effect, else the share of images affected;
        no more than the interval allows where an effect was measured and is within chance."""
        share = self.images / max(self.of, 1)
        if self.effect is None:
            return share
        most = max(abs(self.low), abs(self.high))
        return abs(self.effect) if self.measured else min(share, most)


@dataclass(frozen=True)
class Picture:
    """A figure that is drawn when a page is made.

    Attributes
    ----------
    draw : callable
        Takes nothing, or, where it is `guessable`, what the reader expects (None for nothing);
        returns Axes.
    photographs : bool
        Whether it shows any of the images, so that it is left out of a page that is to hold none.
    """

    draw: Callable[..., Any]
    photographs: bool = False
    guessable: bool = False


@dataclass(repr=False)
class Section:
    """One question that was asked of the dataset, and its answer.

    Attributes
    ----------
    name, title : str
        What others refer to it by, and its headline, which states the finding.
    says : list of str
        Sentences, the most important first.
    numbers : dict of str to number or text
    tables : dict of title → DataFrame, as they are shown
    pictures : list of Picture
    findings : list of Finding
    unchecked : list of str
        What was not asked, one sentence each.
    code : str
        Lines of Python that go on from here, given ``dataset``; "" where there are none.
    state : "done", "left out" or "failed"
    guess : float or None
        What the reader expected of it.
    """

    name: str
    title: str
    says: list[str] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    code: str = ""
    state: str = DONE
    guess: float | None = None

    def mend(self, what: str, images: int, of: int, act: str, code: str = "", **more) -> None:
        """Add a finding of this section (see `Finding`, which takes `more`, too)."""
        self.findings.append(Finding(what, images, of, act, self.name, code, **more))

    def with_guess(self, guess: float | None) -> Section:
        """The same section, with what the reader expected drawn beside what came."""
        return replace(self, guess=guess)

    def __repr__(self) -> str:
        return f"{self.name.capitalize()}: {self.title}"

    def _repr_html_(self) -> str:
        from helpers.findings.showing import make_snippet

        return make_snippet(self)

    def plain(self) -> dict[str, Any]:
        """All but the pictures, as values that JSON knows."""
        return as_json({
            "name": self.name, "title": self.title, "state": self.state, "says": self.says,
            "numbers": self.numbers, "tables": self.tables, "unchecked": self.unchecked,
            "code": self.code,
            "findings": [vars(one) for one in self.findings],
        })  # fmt: skip


def as_json(value: Any) -> Any:
    """`value` with plain numbers, None for what is missing, and a record for each row of tables."""
    if isinstance(value, pd.DataFrame):
        named = value if isinstance(value.index, pd.RangeIndex) else value.reset_index()
        return [as_json(row) for row in named.to_dict("records")]
    if isinstance(value, Mapping):
        return {str(key): as_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(one) for one in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return round(float(value), 6) if math.isfinite(value) else None
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    return str(value)


def opening_line(dataset: Dataset, **more: str) -> str:
    """What opens the dataset again as it was opened, without the paths of the folder that
    holds it and of a table elsewhere; `more` are further arguments of `open_dataset`."""
    own = dataset.root.is_relative_to(work_folder())
    named = {**dataset.opened.get("asked", {}), **more}
    path = dataset.name if own else f"path/to/{dataset.root.name}"
    parts = [repr("/".join(filter(None, [path, named.pop("table", "")])))]
    line = f"open_dataset({', '.join([*parts, *(f'{key}={named[key]!r}' for key in named)])})"
    for call in dataset.opened.get("then", ()):  # groups by times or from a table
        line = call.replace("{}", line, 1)
    return line
