"""What your own verdicts say of what the report promises about labels."""

from __future__ import annotations

import pandas as pd

from helpers.datasets.words import count, percents
from helpers.evaluation.intervals import accuracy_interval
from helpers.evidence.answered_pairs import ANSWER
from helpers.evidence.audited import SURE, Evidence
from helpers.findings.decided import asked_of

FEWEST = 20
"""Verdicts about the random sample from which on a share is told."""
FEW = 5
"""Answers about pairs from which on they are held against what was promised."""
IN_DOUBT = ("label in doubt", "label, by ")
"""How a label in doubt is asked about."""


def say_kept(conflicts: pd.DataFrame, marks: pd.DataFrame) -> str:
    """Of pairs of identical files under two labels, how many are there although you kept one of
    their files; "" where you kept none."""
    kept = marks.index[marks["action"].eq("keep")]
    ends = conflicts[["image_id", "other_id"]]
    held = ends[ends.isin(kept).any(axis=1)]
    if held.empty:
        return ""
    one, other = held.iloc[0]
    one, other = (one, other) if one in kept else (other, one)
    pairs = f"{count(held, 'pair')} of these {'is' if len(held) == 1 else 'are'}"
    whose = "its" if len(held) == 1 else "their"
    return (
        f"{pairs} not settled although you kept one of {whose} files: the other has to be "
        f"relabelled or dropped, too ('{other}', where you kept '{one}'). Until then neither is "
        "trained on."
    )


def say_judged(marks: pd.DataFrame, promised: float) -> str:
    """How many of the labels in doubt that a person judged so far were right, a clause that begins
    small, and what that says of the share of wrong ones that is promised now; "" where none was
    judged. Dropped images and those of which nobody could tell are not counted."""
    marks = marks.reindex(columns=["action", "reason"])
    about = asked_of(marks).map(lambda asked: any(one.startswith(IN_DOUBT) for one in asked))
    about = about.astype(bool)
    actions = marks["action"][about & marks["action"].isin(["keep", "relabel"])]
    if actions.empty:
        return ""
    wrong = actions.eq("relabel")
    right, rate = int((~wrong).sum()), accuracy_interval(wrong)
    said = f"of {count(actions, 'label')} in doubt that a person judged so far, {right:,} "
    said += "was right" if right == 1 else "were right"
    # They were the surest, so that more wrong ones among them promise no more among the rest.
    return f"{said}: expect fewer wrong ones than said" if rate.high < promised else said


def say_against(evidence: Evidence, expected: float) -> str:
    """That the random sample contradicts so many wrong labels among those in doubt, as more would
    be wrong than the upper end of its interval allows; "" where it does not, or too few of it were
    judged."""
    judged, *_, rate = evidence.error_rate
    if rate is None or judged < min(FEWEST, len(evidence.sample)):
        return ""
    came = evidence.opened.development.images["label"].notna().sum()
    high = max(rate.high, len(changed_labels(evidence)) / came)
    of = int(evidence.part.images["label"].notna().sum())
    share = expected / of
    if share <= high:
        return ""
    most, promised = percents(high, share)
    return (
        f"The random sample contradicts this: by it, no more than {most} of all labels are wrong, "
        f"and {expected:,.0f} of {of:,} would be {promised}."
    )


def changed_labels(evidence: Evidence) -> pd.Index:
    """The images, of those that the sample was drawn from, that bear another label by now."""
    came = evidence.opened.development.images["label"].dropna()
    marks = evidence.marks.reindex(columns=["action", "label"])
    marks = marks[marks["action"].eq("relabel") & marks.index.isin(came.index)]
    return marks.index[marks["label"].ne(came.reindex(marks.index))]


def say_answered(answered: pd.DataFrame | None) -> str:
    """How many of the pairs that were promised with a chance below `SURE` a person said to show one
    thing, a clause that goes on after the promise; "" where fewer than `FEW` were answered.

    Parameters
    ----------
    answered : DataFrame from `helpers.report.together.read_answers`, or None
        chance (text, 0 to 1) and together ("yes", "no", ...) count.
    """
    if answered is None or "chance" not in answered:
        return ""
    chances = pd.to_numeric(answered["chance"].str.replace(",", "."), errors="coerce")
    said = answered[ANSWER].isin(["yes", "no"]) & chances.lt(SURE)
    if said.sum() < FEW:
        return ""
    right = answered[ANSWER][said].eq("yes")
    promised, rate = float(chances[said].mean()), accuracy_interval(right)
    told = f" (of {count(right, 'such pair')} that you answered so far {int(right.sum()):,} "
    told += f"{'does' if right.sum() == 1 else 'do'}, where {promised * len(right):,.0f} "
    told += "was promised" if f"{promised * len(right):,.0f}" == "1" else "were promised"
    return told + (": expect fewer than said)" if rate.high < promised else ")")
