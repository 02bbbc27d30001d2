"""What a model is needed for, in numbers: asked first, and answered by the verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from helpers.datasets import DatasetError
from helpers.datasets.words import suggestion

SCORES = ("accuracy", "balanced accuracy", "macro precision", "macro recall", "macro F1",
          "weighted precision", "weighted recall", "weighted F1", "MCC")  # fmt: skip
DEFAULT = ("balanced accuracy", 0.8)
"""What is supposed where nobody says what is needed: each class counts the same, and four of five
of its images are to be found."""

_FORM = re.compile(r"^\s*(?P<score>.+?)\s*>=\s*(?P<least>[0-9.]+)\s*(?P<percent>%?)\s*$")
_OF = re.compile(r"^(recall|precision|F1) of (.+)$", re.IGNORECASE | re.DOTALL)
_EXAMPLE = "'balanced accuracy>=0.8' or 'recall of olive>=0.6'"


@dataclass(frozen=True)
class Need:
    """One score and the least that will do.

    Attributes
    ----------
    score : str
        One of `SCORES`, or that of one class.
    least : float, above 0, at most 1
    label : str or None
        The class, where "recall", "precision" or "F1" of one class is asked for.
    """

    score: str
    least: float
    label: str | None = None

    def __str__(self) -> str:
        of = f" of {self.label}" if self.label is not None else ""
        return f"{self.score}{of} of at least {self.least:g}"


@dataclass(frozen=True)
class Needs:
    """All that is asked for; `said` is False where it is only supposed."""

    wanted: tuple[Need, ...]
    said: bool = True

    def __str__(self) -> str:
        return "; ".join(map(str, self.wanted))


def read_needs(needs: Needs | str | Iterable[str] | Mapping[str, float] | None = None) -> Needs:
    """What is needed, from words such as "recall of olive>=0.6" or a mapping of score to least.

    Parameters
    ----------
    needs : str, list of str, or mapping of str to float, optional
        Scores over all classes: those of `SCORES`; of one class: recall, precision or F1. Shares
        may be given as "80%". Without any, `DEFAULT` is supposed.

    Raises
    ------
    DatasetError
        Words that are no need, an unknown score, or a least value that no score can have.

    Examples
    --------
    >>> str(read_needs("accuracy>=90%"))
    'accuracy of at least 0.9'
    """
    if isinstance(needs, Needs):
        return needs
    if isinstance(needs, str):
        needs = [needs]
    if not needs:
        return Needs((Need(*DEFAULT),), said=False)
    pairs = needs.items() if isinstance(needs, Mapping) else map(_parse, needs)
    return Needs(tuple(_need(str(score), least) for score, least in pairs))


def _parse(text: str) -> tuple[str, float]:
    found = _FORM.match(str(text))
    try:
        return found["score"], float(found["least"]) / (100 if found["percent"] else 1)
    except (TypeError, ValueError):
        raise DatasetError(f"{text!r} is no need; expected one such as {_EXAMPLE}.") from None


def _need(score: str, least: float) -> Need:
    score = " ".join(score.split())
    if not isinstance(least, int | float) or not 0 < least <= 1:
        raise DatasetError(f"{score} of at least {least}: expected a number above 0, at most 1.")
    if of := _OF.match(score):
        word = of[1].lower()
        return Need("F1" if word == "f1" else word, float(least), of[2])
    known = {name.lower(): name for name in SCORES}
    if score.lower() not in known:
        raise DatasetError(
            f"There is no score {score!r}{suggestion(score, SCORES)}; expected one of "
            f"{', '.join(SCORES)}, or recall, precision or F1 of a class: {_EXAMPLE}."
        )
    return Need(known[score.lower()], float(least))
