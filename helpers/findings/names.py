"""File names that may say which photos show one thing, where the images do not settle it."""

from __future__ import annotations

import pandas as pd

from helpers.datasets import DatasetError
from helpers.evidence.audited import SURE, Evidence
from helpers.findings.sections import Finding, opening_line, percent
from helpers.opening.prefixes import groups_from_names
from helpers.splits import naming, neighbours

ANEW = """from helpers.splits import check_leakage, ensure_split

dataset = {}
leaks = check_leakage(dataset)
divided = ensure_split(dataset.development, given=False)"""
_PART = r"(?:[\W_]*(?:\d+|[^\W\d_]+))"


def pattern_of(words: str) -> str | None:
    """The ``pattern=`` of `open_dataset` that reads what a rule of names says in words (see
    `helpers.splits.naming.read_rules`); None for folders and marks of copying."""
    ends = {"part": 1, "2 parts": 2, "3 parts": 3}
    if words == "the name up to its first number":
        return r"(?P<group>\D*\d+)"
    if words.startswith("the name without its last "):
        number = ends[words.removeprefix("the name without its last ")]
        return rf"(?P<group>.+?){_PART * number}[\W_]*$"
    if words.startswith("the number after '"):
        return rf"(?i).*?(?<![^\W\d_]){words[18:-1]}[\W_]?(?P<group>\d+)"
    return None


def doubtful_names(evidence: Evidence) -> Finding | None:
    """The reading of file names, if any, whose images are more alike than others of their class,
    but not so much that the search for groups takes them for one thing, or the budget left that
    search out; None without one that leaves a side of the
    given split, or that `open_dataset` could not read the same way."""
    part, sides = evidence.part, evidence.opened.images["split"]
    features = evidence.features
    labels = part.images["label"].reindex(features.index)
    alike = neighbours.standardise(features.to_numpy())
    classes = pd.factorize(labels)[0].astype(str)
    found = []
    for rule in naming.read_rules(features.index, labels):
        verdict = naming.judge(naming.linked(rule.keys), alike, classes)
        kept = evidence.plan.searched >= evidence.plan.images or verdict.expected >= SURE
        sure = evidence.proposals is not None and verdict.holds and kept
        if naming.is_series(rule) or sure or verdict.chance > naming._P:
            continue
        if (pattern := pattern_of(rule.words)) and _reads(pattern, rule):
            groups = _groups(evidence.opened.images.index, pattern)
            crossing = groups[groups.isin(groups[sides == "train"])]
            across = crossing[sides[crossing.index].isin(["valid", "test"])]
            if len(across):
                found.append((verdict, len(across), rule.words, pattern, across))
    if not found:
        return None
    verdict, _, words, pattern, across = max(found, key=lambda one: (one[0].expected, one[1]))
    shares = [
        f"{(sides[across.index] == side).sum():,} of {(sides == side).sum():,} {name} images"
        for side, name in (("valid", "validation"), ("test", "test"))
        if (sides[across.index] == side).any()
    ]
    what = (
        f"If {words} says what a photo shows, {' and '.join(shares)} have another photo of the "
        "same thing in training."
    )
    more = (
        f"Such as {across.index[0].rpartition('/')[2]}; scores would flatter. The images "
        f"{'bear it out' if verdict.holds else 'do not settle it'}: at least "
        f"{percent(verdict.expected)} of such pairs of a class are one thing."
    )
    act = "look at some of them; if it is so, say it when opening, here or by --pattern"
    code = ANEW.format(opening_line(evidence.opened, pattern=pattern))
    return Finding(what, len(across), len(sides), act, "same thing", code, more)


def _groups(ids: pd.Index, pattern: str) -> pd.Series:
    return pd.Series(groups_from_names(list(ids), pattern), ids, dtype="str").dropna()


def _reads(pattern: str, rule: naming.Rule) -> bool:
    """Whether a pattern puts together just what the rule does, of the images it is about."""
    known = rule.keys.dropna()
    try:
        groups = _groups(rule.keys.index, pattern)
    except DatasetError:
        return False
    again = groups[groups.duplicated(keep=False)]
    if not again.index.equals(known.index):
        return False
    return bool((pd.factorize(again)[0] == pd.factorize(known)[0]).all())
