"""What was counted of the classes of which a need fails: how much of each was learned from, what it
is taken for, and where to look. No cause is claimed."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from helpers.datasets.words import as_word, count, some
from helpers.evidence.learned import Learned
from helpers.needs.asking import Need, Needs

WORST, KINDS, ALIKE = 3, 3, 1.1
"""Groups of classes that are told, and the answers that are named of each; numbers that differ by
no more than this factor have no order."""


def worst_classes(needs: Needs, table: pd.DataFrame) -> dict[tuple[str, ...], set[str]]:
    """The classes whose score is below what is asked of it, or of which nothing was asked, those
    that are farthest below it first, and which of their scores are: three at most."""
    rows = zip(needs.wanted, table["value"], table["shown"], strict=True)
    missed = [
        (shown != "no", float("inf") if pd.isna(value) else value - need.least, at, need)
        for at, (need, value, shown) in enumerate(rows)
        if need.label is not None and shown != "yes" and not _reaches(value, need)
    ]
    found: dict[tuple[str, ...], set[str]] = {}
    for *_, need in sorted(missed, key=lambda one: one[:3]):
        found.setdefault(need.named, set()).add(need.score)
    return dict([*found.items()][:WORST])


def _reaches(value: float | None, need: Need) -> bool:
    return not pd.isna(value) and value >= need.least


def say_classes(
    worst: dict[tuple[str, ...], set[str]],
    evidence: Learned,
    doubts: Iterable[str] = (),
    errors: Iterable[str] = (),
) -> list[str]:
    """A line for each of some classes, or of several taken for one: how many images of it were
    learned from, against the other classes, which answers about it are wrong, and where to look.

    `doubts` and `errors` are the labels of the images that the sections Labels and Errors list.
    """
    train, (answers, _) = evidence.sides[0].images["label"].dropna(), evidence.judged
    table = pd.DataFrame({"label": train, "thing": evidence.things.reindex(train.index)})
    sizes = table.groupby("label")["thing"].agg(["size", "nunique"])
    sizes = sizes.reindex(sizes.index.union(answers["label"].dropna().unique()), fill_value=0)
    doubts, errors = pd.Series([*doubts], dtype=object), pd.Series([*errors], dtype=object)
    said = []
    for named, scores in worst.items():
        told = [_say_learned(named, sizes), *_say_wrong(named, scores, answers, evidence)]
        shown, listed = int(errors.isin(named).sum()), int(doubts.isin(named).sum())
        look = [f"the section on errors shows {count(shown, 'image')}"] if shown else []
        by = "that" if look else "the section"
        look += [f"{by} on labels doubts {count(listed, 'label')}"] if listed else []
        told += [f"To look at: of {as_word('+'.join(named))} {' and '.join(look)}."] if look else []
        said.append(" ".join(told))
    return said


def _say_learned(named: tuple[str, ...], sizes: pd.DataFrame) -> str:
    """ "Of trash 110 images of 101 things were learned from, the fewest things of all classes"."""
    own, others = sizes[sizes.index.isin(named)], sizes[~sizes.index.isin(named)]
    images, things = int(own["size"].sum()), int(own["nunique"].sum())
    if not images:
        return f"Of {as_word('+'.join(named))} no image was learned from."
    alike = bool((sizes["size"] == sizes["nunique"]).all())
    unit, mine = ("images", images) if alike else ("things", things)
    told = f"Of {as_word('+'.join(named))} {count(images, 'image')}"
    told += "" if alike else f" of {count(things, 'thing')}"
    told += f" {'was' if images == 1 else 'were'} learned from"
    if len(named) > 1 or others.empty:
        return f"{told}."
    rest = others["size" if alike else "nunique"]
    if ALIKE * mine < rest.min():
        ends = " to ".join(dict.fromkeys([f"{rest.min():,}", f"{rest.max():,}"]))
        has = "the other has" if len(rest) == 1 else "each of the others has"
        return f"{told}, the fewest {unit} of all {len(sizes)} classes ({has} {ends})."
    if rest.max() <= ALIKE * rest.min() and mine <= ALIKE * rest.min():
        ends = " to ".join(dict.fromkeys([f"{rest.min():,}", f"{rest.max():,}"]))
        return f"{told} ({'each of the others' if rest[1:].size else 'the other'} has {ends})."
    fewer = int((rest < mine).sum())
    if not fewer:
        return f"{told}; no class has fewer {unit}."
    has = "has" if fewer == 1 else "have"
    return f"{told}; of the other {count(rest, 'class')} {fewer:,} {has} fewer {unit}."


def _say_wrong(
    named: tuple[str, ...], scores: set[str], answers: pd.DataFrame, evidence: Learned
) -> list[str]:
    """Which images of the classes were named otherwise, and, where that counts, which of other
    classes were named so."""
    name, side, said = as_word("+".join(named)), evidence.judged_on, []
    own, called = (answers[column].isin(named) for column in ("label", "prediction"))
    if own.any() and scores & {"recall", "F1"}:
        wrong = answers.loc[own & ~called, "prediction"]
        said.append(
            f"Of {_counted(own, evidence, f'{side} image')} of {name}, {_wrong(wrong, 'named')}"
            f"{_kinds(wrong, 'as ')}."
        )
    if called.any() and scores & {"precision", "F1"}:
        wrong = answers.loc[called & ~own, "label"]
        said.append(
            f"Of {_counted(called, evidence, f'{side} image')} named {name}, {_wrong(wrong, 'so')}"
            f"{_kinds(wrong, 'of ')}."
        )
    return said


def _counted(among: pd.Series, evidence: Learned, noun: str) -> str:
    """Images, and the things they show where those are fewer."""
    ids = among.index[among]
    things = int(evidence.things.reindex(ids).nunique())
    of = "" if things == len(ids) else f" ({count(things, 'thing')})"
    return f"{count(len(ids), noun)}{of}"


def _wrong(wrong: pd.Series, how: str) -> str:
    was = "was" if len(wrong) == 1 else "were"
    if how == "named":
        return f"{len(wrong):,} {was} named wrongly" if len(wrong) else "none was named otherwise"
    others = "another class" if len(wrong) == 1 else "other classes"
    return f"{len(wrong):,} {was} of {others}" if len(wrong) else "none was of another class"


def _kinds(wrong: pd.Series, word: str) -> str:
    kinds = [f"{number:,} {word}{as_word(name)}" for name, number in wrong.value_counts().items()]
    return f": {some(kinds, KINDS)}" if kinds else ""
