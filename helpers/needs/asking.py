"""What a model is needed for, in numbers: asked first, and answered by the verdict."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from unicodedata import normalize

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import some, suggestion

SCORES = ("accuracy", "balanced accuracy", "macro precision", "macro recall", "macro F1",
          "weighted precision", "weighted recall", "weighted F1", "MCC")  # fmt: skip
DEFAULT = ("balanced accuracy", 0.8)
"""What is supposed where nobody says what is needed: each class counts the same, and four of five
of its images are to be found."""

_FORM = re.compile(r"^\s*(?P<score>.+?)\s*>=\s*(?P<least>[0-9.]+)\s*(?P<percent>%?)\s*$", re.DOTALL)
_OF = re.compile(r"^\s*(recall|precision|F1)\s+of\s+(.+)$", re.IGNORECASE | re.DOTALL)
EVERY = "every class"
"""What stands for each class by itself, where a need names a class."""
TOGETHER = 3
"""Of so many classes and more, one sentence says what is asked of each."""
_EXAMPLE = f"'balanced accuracy>=0.8', 'recall of olive>=0.6' or 'recall of {EVERY}>=0.6'"


@dataclass(frozen=True)
class Need:
    """One score and the least that will do.

    Attributes
    ----------
    score : str
        One of `SCORES`, or that of one class, or of several taken for one.
    least : float, above 0, at most 1
    label : str or None
        The class, or several with "+" between them, where "recall", "precision" or "F1" of them is
        asked for; as it was asked.
    classes : tuple of str
        The classes that `label` names, once `find_classes` has looked at the dataset's.
    """

    score: str
    least: float
    label: str | None = None
    classes: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """The classes that it is about; none where it is about all."""
        return self.classes or (() if self.label is None else (self.label,))

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
        Scores over all classes: those of `SCORES`; of one class, or of several taken for one, such
        as "recall of rust+scab>=0.95": recall, precision or F1. "recall of every class>=0.9" is a
        need for each class, once `find_classes` knows them. Shares may be given as "80%".
        Without any, `DEFAULT` is supposed.

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
    if not isinstance(least, int | float) or not 0 < least <= 1:
        share = isinstance(least, int | float) and 1 < least <= 100
        meant = f" (or {least:g}%, if that was meant)" if share else ""
        raise DatasetError(
            f"{score} of at least {least}: expected a number above 0, at most 1{meant}."
        )
    if of := _OF.match(score):
        word = of[1].lower()
        return Need("F1" if word == "f1" else word, float(least), of[2].strip())
    score = " ".join(score.split())
    known = {name.lower(): name for name in SCORES}
    if score.lower() not in known:
        raise DatasetError(
            f"There is no score {score!r}{_meant_score(score)}; expected one of "
            f"{', '.join(SCORES)}, or recall, precision or F1 of a class, or of {EVERY} by itself: "
            f"{_EXAMPLE}."
        )
    return Need(known[score.lower()], float(least))


def _meant_score(score: str) -> str:
    """A half-sentence on the score that was meant, of a class or of all."""
    first, of, label = score.partition(" of ")
    if of and (close := get_close_matches(first.lower(), ("recall", "precision", "f1"), n=1)):
        return f" (did you mean '{close[0].replace('f1', 'F1')} of {label}'?)"
    return suggestion(score, SCORES)


def name_together(asked: Iterable[str], most: int = 6) -> str:
    """Needs in a sentence, the first few by name; of three classes or more of which the same is
    asked, "recall of each of ash, elm, oak of at least 0.9"."""
    kinds: dict[tuple, list[str]] = {}
    for one in asked:
        score, _, least = one.rpartition(" of at least ")
        kind, of, label = score.partition(" of ")
        kinds.setdefault((kind, least, bool(of)), []).append(label)
    parts = []
    for (kind, least, of), labels in kinds.items():
        if of and len(labels) >= TOGETHER:
            shown = most + (len(labels) == most + 1)  # "1 more" is as long as a name
            told = [f"{kind} of each of {some(labels, shown)}"]
        else:
            told = [f"{kind} of {label}" if of else kind for label in labels]
        parts += [f"{one} of at least {least}" for one in told]
    rest = len(parts) - most
    return "; ".join(parts[:most]) + (f"; and {rest:,} more" if rest > 0 else "")


def find_classes(needs: Needs, dataset: Dataset) -> Needs:
    """The same needs with the classes that each of them names.

    A need may take several classes for one: ``recall of rust+scab`` asks in how many of the images
    of either the model names either. A name with a "+" of its own is read as what it is; where two
    readings fit, as of ``a+b`` among the classes a, b and a+b, none is taken, and double quotes
    decide: ``recall of "a+b"`` or ``recall of "a"+"b"``.

    ``recall of every class`` becomes a need for each class by itself; a class that is called so
    itself is asked for in double quotes, ``recall of "every class"``, and without them none of the
    two is taken.

    Raises
    ------
    DatasetError
        No class is called so, several readings fit, or all classes together are asked for.
    """
    if not dataset.classes:
        return needs
    wanted: list[Need] = []
    for need in needs.wanted:
        if need.label is None:
            wanted.append(need)
        elif _is_every(need.label):
            wanted += _of_every(need, dataset)
        else:
            wanted.append(replace(need, classes=_named(need, dataset)))
    return replace(needs, wanted=tuple(dict.fromkeys(wanted)))


def _is_every(name: str) -> bool:
    return " ".join(name.split()).casefold() == EVERY


def _of_every(need: Need, dataset: Dataset) -> list[Need]:
    """A need for each class; refused where a class is called "every class" itself."""
    if own := [name for name in dataset.classes if _is_every(name)]:
        ways = (f"{need.score} of {quoted(one, always=True)}>={need.least:g}" for one in own)
        raise DatasetError(
            f"{need.score} of {need.label}: {dataset.name!r} has {some(map(repr, own))} among its "
            f"classes. For that class put its name in double quotes, --need "
            f"{' or --need '.join(map(for_shell, ways))}; for each of all classes, name each."
        )
    return [replace(need, label=quoted(name), classes=(name,)) for name in sorted(dataset.classes)]


def _named(need: Need, dataset: Dataset) -> tuple[str, ...]:
    asked, classes = normalize("NFC", need.label), dataset.classes
    found = sorted(read_names(asked, tuple(classes)))
    if not found:
        parts = [one.strip().strip('"') for one in asked.split("+")]
        name = next((one for one in parts if one and one not in classes), asked)
        raise DatasetError(
            f"A need names {name!r}, and {dataset.name!r} has no such class"
            f"{_meant(name, classes)}; it has {some(classes, 12)}."
        )
    if len(found) > 1:
        names = ("+".join(quoted(name, always=True) for name in own) for own in found)
        ways = (for_shell(f"{need.score} of {one}>={need.least:g}") for one in names)
        raise DatasetError(
            f"{need.score} of {need.label}: the classes of {dataset.name!r} allow {len(found)} "
            f"readings. Put each name in double quotes: --need {' or --need '.join(ways)}."
        )
    if len(found[0]) == len(classes) > 1:
        raise DatasetError(
            f"{need.score} of {need.label}: taken together these are all classes of "
            f"{dataset.name!r}, of which every score is 1, whatever a model says; leave some out."
        )
    return found[0]


def _meant(name: str, classes: Iterable[str]) -> str:
    """A half-sentence on what `name`, which is no class, may stand for."""
    if _is_every(name):
        return f" ({EVERY!r} stands alone, for a need of each class: 'recall of {EVERY}>=0.6')"
    return suggestion(name, [*classes, EVERY])


def for_shell(text: str) -> str:
    """`text` as one word of a command line: in double quotes where these can keep it as it is,
    since it may have to stand within single ones, as in ``make report REPORT_ARGS='…'``."""
    if re.search(r"['$`!\n]", text):
        return shlex.quote(text)
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def read_names(asked: str, classes: tuple[str, ...]) -> set[tuple[str, ...]]:
    """All ways to read `asked` as names of classes, each as it is or in double quotes, with "+"
    between them; of each way the classes, sorted."""

    @cache
    def read(rest: str) -> frozenset[frozenset[str]]:
        found = set()
        for name in classes:
            for form in (name, quoted(name, always=True)):
                after = rest.removeprefix(form).lstrip() if rest.startswith(form) else "-"
                if not after:
                    found.add(frozenset([name]))
                elif after.startswith("+"):
                    found |= {one | {name} for one in read(after[1:].lstrip())}
        return frozenset(found)

    return {tuple(sorted(one)) for one in read(asked)}


def quoted(name: str, always: bool = False) -> str:
    """A class as a need names it: in double quotes where it could be taken for several."""
    plain = name == name.strip() and not {*name} & {*'+"'}
    return name if plain and not always else f'"{name}"'
