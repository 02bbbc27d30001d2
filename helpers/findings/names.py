"""File names that may say which photos show one thing, where the images do not settle it."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from helpers.datasets import DatasetError
from helpers.datasets.words import percent, points, some
from helpers.evidence.answered_pairs import KEPT
from helpers.evidence.audited import LIKELY, SURE, Evidence
from helpers.evidence.effects import told_flattery
from helpers.findings import remedies
from helpers.findings.sections import Finding, opening_line
from helpers.opening.prefixes import groups_from_names
from helpers.splits import naming, neighbours
from helpers.splits.joining import join_groups

WIDE = 0.1
"""An effect whose interval reaches so far to both sides says nothing of whether it is there."""
PAIRS = 9  # shown side by side
_NUMBERS = (  # what `naming.by_form` says, of texts that no shell reads
    r"the number(?: after '([\w .-]+)')? at the beginning of the name|"
    r"the number that is the whole name|the name of '([\w .-]+)' and a number"
)
_PART = r"(?:[\W_]*(?:\d+|[^\W\d_]+))"


def pattern_of(words: str) -> str | None:
    """The ``pattern=`` of `open_dataset` that reads what a rule of names says in words (see
    `helpers.splits.naming.read_rules`), without what a shell or make reads within double quotes;
    None for folders and marks of copying."""
    ends = {"part": 1, "2 parts": 2, "3 parts": 3}
    if words == naming.WHOLE:
        return "(?P<group>.+)"
    if words == naming.FIRST_NUMBER:
        return r"(?P<group>\D*\d+)"
    if found := re.fullmatch(_NUMBERS, words):
        end = "" if words.endswith(" at the beginning of the name") else r"\Z"
        return rf"(?i)(?P<group>{re.escape(found[1] or found[2] or '')}\d+){end}"
    if words.startswith("the name without its last "):
        number = ends[words.removeprefix("the name without its last ")]
        return rf"(?P<group>.+?){_PART * number}[\W_]*\Z"
    if words == "the last word of the name":
        rest = r"(?:[\W\d_]+[^\W\d_])*[\W\d_]*"
        return rf"(?:.*[\W\d_])?(?P<group>[^\W\d_]{{2,}}){rest}\Z"
    if re.fullmatch(r"the number after '\w+'", words):
        return rf"(?i)(?:.*?[\W\d_])??{words[18:-1]}[\W_]?(?P<group>\d+)"
    return None


def kept_notes(evidence: Evidence) -> list[str]:
    """What is said of groups that a table of an earlier report's findings made."""
    return [note for note in evidence.opened.notes if note.startswith(KEPT)]


def are_known(evidence: Evidence) -> bool:
    """Whether a column, names or folders say what belongs together, and not findings alone."""
    return evidence.part.has_groups and not kept_notes(evidence)


def doubtful_names(evidence: Evidence, sides: pd.Series | None = None) -> Finding | None:
    """The reading of file names, if any, whose images are more alike than others of their class,
    but not so much that the search for groups keeps them together, or the budget left that search
    out; None without one that leaves a side of the split, or that `open_dataset` could not
    read the same way. Where its groups are so large that they are the photos of a person, a place,
    a day or a source, it counts only if such photos in training were measured to raise the score.

    Parameters
    ----------
    evidence : Evidence, or Learned where `sides` are given
    sides : Series of str by image_id, optional
        A split that the folder did not come with; then the effect on its validation images is
        measured. The given split where it is left out.
    """
    return read_names(evidence, sides)[0]


def read_names(
    evidence: Evidence, sides: pd.Series | None = None, series: bool = False
) -> tuple[Finding | None, list[str], pd.DataFrame | None]:
    """What `doubtful_names` finds, and a line for each other reading, with the argument that keeps
    its groups together; of the given split none is told. And pairs image_id, other_id of what is
    found, to look at. With `series` of readings alone whose groups are so large that only their
    effect counts, which the given split alone cannot tell."""
    given, images = sides is None, evidence.opened.images
    sides = images["split"] if given else sides.reindex(images.index)
    if not sides.notna().any():  # there is nothing yet that a name could cross
        return None, [], None
    found = [
        one
        for one in _readings(evidence, sides)
        if len(one[2]) and (naming.is_series(one[1]) or not series)
    ]
    # The one first by which the most images are expected to leak.
    found.sort(key=lambda one: (naming.is_series(one[1]), -one[0].expected * len(one[2])))
    told = [(*one[1:], _tell(evidence, sides, *one, given=given)) for one in found]
    # A day or a camera is no thing: what it has in common counts where it raises the score.
    counts = [one for one in told if one[-1].blocks or not naming.is_series(one[0])]
    # The first that puts the score in doubt, if any does.
    chosen = min(counts, key=lambda one: not one[-1].blocks, default=None)
    lines = [
        f"{finding.what} {_say_worth(finding, pattern)}"
        for *_, pattern, _, finding in told
        if chosen is None or finding is not chosen[-1]
    ]
    shown = None if chosen is None else _beside(evidence, sides, chosen[1], chosen[3])
    return chosen and chosen[-1], lines * (not given), shown


def _say_worth(finding: Finding, pattern: str) -> str:
    keeps = f'Where it does, --pattern "{pattern}" keeps them on one side'
    if finding.effect is None:
        return f"{keeps}."
    effect = points(finding.effect, finding.low, finding.high)
    if finding.low < -WIDE and finding.high > WIDE:
        return f"Whether that raises the score, these photos do not tell ({effect})."
    return f"{keeps}; measured, they change the accuracy of a linear model by {effect}."


def _beside(evidence: Evidence, sides, across: pd.Index, groups: pd.Series) -> pd.DataFrame:
    """Of images that leave a side some from all of them, each with one of its group in training,
    of another class where there is one."""
    labels = evidence.opened.images["label"]
    number = min(PAIRS, len(across))
    chosen = across[((np.arange(number) + 0.5) * len(across) / number).astype(int)]
    mates = groups[groups.isin(groups[chosen]) & sides.reindex(groups.index).eq("train")]
    found = []
    for one in chosen:
        own = mates.index[mates == groups[one]]
        other = own[(labels[own] != labels[one]).to_numpy()]
        found.append((one, (other if len(other) else own)[0]))
    return pd.DataFrame(found, columns=["image_id", "other_id"])


def _typical(evidence: Evidence, beside: pd.DataFrame) -> tuple[str, str]:
    """The pair in the middle by how alike they are, of those that the network saw both of."""
    looks = neighbours.standardise(evidence.features.to_numpy())
    looks = pd.DataFrame(looks, evidence.features.index)
    one, other = (looks.reindex(beside[end]).to_numpy() for end in ("image_id", "other_id"))
    alike = pd.Series((one * other).sum(axis=1)).where(~np.isnan(one + other).any(axis=1))
    order = alike.sort_values(ascending=False, kind="stable").dropna().index
    return tuple(beside.iloc[order[len(order) // 2] if len(order) else 0])


def _say_copied(evidence: Evidence, sides, across: pd.Index, groups: pd.Series) -> str:
    """How many images leave a side if copies of these photos count as well, where these are more;
    those that leave it as copies alone are told of elsewhere."""

    def leaving(named: pd.Series) -> pd.Index:
        things = join_groups(named, evidence.pairs, sides.index).reindex(sides.index)
        crossing = things.isin(things[sides == "train"]) & sides.isin(["valid", "test"])
        return sides.index[crossing]

    more = leaving(groups).difference(leaving(groups[:0])).union(across)
    return f" With the copies of such photos, {len(more):,} have one." * (len(more) > len(across))


def _tell(evidence: Evidence, sides, verdict, rule, across, pattern, groups, *, given) -> Finding:
    opened, asked = evidence.opened, sides.isin(["valid", "test"])
    shares = [
        f"{(sides[across] == side).sum():,} of {(sides == side).sum():,} {name} images"
        for side, name in (("valid", "validation"), ("test", "test"))
        if (sides[across] == side).any()
    ]
    have = "have" if len(across) > 1 else "has"
    says, thing = "says what a photo shows", "of the same thing"
    if series := naming.is_series(rule):
        keys = rule.keys.value_counts().sort_index().sort_values(ascending=False, kind="stable")
        says = f"({some(map(repr, keys.index))}) names a person, a place, a day or a source"
        thing = "of the same one"
    what = (
        f"If {rule.words} {says}, {' and '.join(shares)} {have} another photo {thing} in training."
    )
    flatter = "" if verdict.across else "; scores would flatter"  # the other has another label
    one, other = _typical(evidence, _beside(evidence, sides, across, groups))
    more = f"Such as {one}, beside {other}{flatter}.{_say_copied(evidence, sides, across, groups)}"
    if verdict.across:
        more += (
            f" Such images are never of one class, and at least {percent(verdict.expected)} of the "
            "pairs are one scene that was photographed, or one photo that was edited, for several: "
            "they are so much more alike than images of the names before and after."
        )
    elif series:
        sizes = groups.value_counts()
        more += (
            f" {(sizes > 1).sum():,} of them have several images, up to {sizes.iloc[0]:,}, too "
            "many for one thing. Images of one are more alike than others of their class."
        )
    else:
        more += (
            f" The images {'bear it out' if verdict.holds else 'do not settle it'}: at least "
            f"{percent(verdict.expected)} of such pairs of a class are one thing."
        )
    worth = {} if given else told_flattery(evidence, groups, "their other photos")
    likely = verdict.expected >= LIKELY and not series
    if likely and "effect" in worth and not worth["blocks"]:
        worth["more"] += " That is within chance; but most of these pairs are one thing, so that "
        worth["more"] += "the score is not one of things never met."
    worth["more"] = " ".join(filter(None, [more, worth.get("more")]))
    worth["blocks"] = worth.get("blocks", False) or likely
    act = "look at some of them; if it is so, say it when opening, here or by the same command "
    act += f'with --pattern "{pattern}"'
    came = opened.images["split"].notna().any()
    code = remedies.OPEN_ANEW if came else remedies.OPEN_DIVIDE
    code = code.format(opening_line(opened, pattern=pattern))
    section = "same thing" if given else "split"
    return Finding(what, len(across), int(asked.sum()), act, section, code, **worth)


def _readings(evidence: Evidence, sides: pd.Series):
    """(verdict, rule, images that leave a side, pattern, groups) of each rule that is in doubt."""
    labels = evidence.part.images["label"].reindex(evidence.features.index)
    alike = neighbours.standardise(evidence.features.to_numpy())
    classes = pd.factorize(labels)[0].astype(str)
    rules = naming.read_rules(evidence.features.index, labels)
    judged = (one for rule in rules for one in naming.judge_rule(rule, alike, classes))
    for rule, verdict in judged:
        # The search keeps such pairs together by itself; less sure ones a pattern is to settle.
        sure = (
            not verdict.across
            and evidence.proposals is not None
            and verdict.holds
            and verdict.expected >= SURE
        )
        if sure or verdict.chance > naming._P:
            continue
        # Where a pattern reads the labels already, a second one would take its place.
        taken = "pattern=" in opening_line(evidence.opened)
        pattern = None if taken else pattern_of(rule.words)
        if pattern and _reads(pattern, rule):
            groups = _groups(evidence.opened.images.index, pattern)
            crossing = groups[groups.isin(groups[sides.reindex(groups.index) == "train"])]
            across = crossing[sides[crossing.index].isin(["valid", "test"])].index
            yield verdict, rule, across, pattern, groups


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
