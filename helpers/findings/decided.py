"""Which labels a person has decided about, by what stands in the log of decisions."""

from __future__ import annotations

import pandas as pd

from helpers.audit.suspects import PROBABLE
from helpers.evidence.audited import Evidence
from helpers.splits.suggesting import BRIDGE, TWICE

NOT_OF_LABELS = (PROBABLE, "probable", "near with", "exact with", TWICE, BRIDGE, "outlier")
NOT_OF_LABELS += ("on two sides of the split",)
"""What the reasons of marks begin with that were made about something else than a label, beside the
flags of the picture: copies, photos of one thing, leaks and odd pictures."""


def settle_label(marks: pd.DataFrame, flags: set[str]) -> pd.Series:
    """Whether each mark says what the label is: a relabel does, and a keep, unless all that it was
    asked about is something else.

    Parameters
    ----------
    marks : DataFrame from `DecisionLog.current`
        action; reason, which begins with what was asked (`helpers.review.cases.decisions_about`);
        where it was several things, "; " stands between them.
    flags : set of str
        What the flags of pictures are called, such as "dark".
    """
    others = (*NOT_OF_LABELS, *(f"{flag}{end}" for flag in flags for end in (":", " with ")))
    asked = marks["reason"].fillna("").str.split("; ")
    of_label = asked.map(
        lambda parts: any(not (one.startswith(others) or one in flags) for one in parts)
    ).astype(bool)
    return marks["action"].eq("relabel") | (marks["action"].eq("keep") & of_label)


def open_doubts(evidence: Evidence) -> pd.DataFrame:
    """The doubts about labels that you have not decided about, ranked anew. A label that you kept
    or gave in your log is in doubt only where the same file carries another one; to keep a picture
    that is dark, say, or no copy, says nothing of its label."""
    doubts, marks = evidence.doubts, evidence.marks
    judged = settle_label(marks, {*evidence.issues["issue"]})
    decided = doubts.index.isin(marks.index[judged])
    decided &= (doubts["evidence"] != "same file").to_numpy()
    if not decided.any():
        return doubts
    left = doubts[~decided].assign(rank=range(1, int((~decided).sum()) + 1))
    left["expected"] = left["wrong"].cumsum() / left["rank"]
    known = doubts.attrs.get("left out", {})
    left.attrs = doubts.attrs | {"left out": known | {"that you decided about": int(decided.sum())}}
    return left
