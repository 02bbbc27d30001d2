"""Which labels a person has decided about, by what stands in the log of decisions."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from helpers.audit.suspects import PROBABLE
from helpers.evidence.audited import Evidence
from helpers.splits.suggesting import BRIDGE, TWICE

NOT_OF_LABELS = {
    PROBABLE, "exact", "near", "probable", TWICE, BRIDGE,
    *(f"on two sides of the split, {kind}" for kind in ("exact", "near", "probable", "group")),
}  # fmt: skip
"""What a person is asked about that is no label, beside the flags of a picture: copies, photos of
one thing and leaks."""


def settle_label(marks: pd.DataFrame, flags: Iterable[str]) -> pd.Series:
    """Whether each mark says what the label is: a relabel does, and a keep, unless all that it was
    asked about is something else.

    Parameters
    ----------
    marks : DataFrame from `DecisionLog.current`
        action; reason, which begins with what was asked (`helpers.review.cases.decisions_about`).
    flags : names of flags of pictures, such as "dark"
    """
    others = {*NOT_OF_LABELS, *flags}
    of_label = asked_of(marks).map(lambda asked: not {*asked} <= others or not asked)
    kept = marks["action"].eq("keep") & of_label.astype(bool)
    return marks["action"].eq("relabel") | kept


def asked_of(marks: pd.DataFrame) -> pd.Series:
    """What each mark was asked about, a list: its reason without notes (": ") and the other image
    (" with "); several stand side by side with "; " between."""
    reasons = marks["reason"].fillna("").astype(str).str.split("; ")
    return reasons.map(lambda parts: [re.split(": | with ", part)[0] for part in parts if part])


def open_doubts(evidence: Evidence) -> pd.DataFrame:
    """The doubts about labels that you have not decided about, ranked anew. A label that you kept
    or gave in your log is in doubt only where the same file carries another one; to keep a picture
    that is dark, say, or no copy, says nothing of its label."""
    doubts, marks = evidence.doubts, evidence.marks
    judged = settle_label(marks, evidence.issues["issue"])
    decided = doubts.index.isin(marks.index[judged])
    decided &= (doubts["evidence"] != "same file").to_numpy()
    if not decided.any():
        return doubts
    left = doubts[~decided].assign(rank=range(1, int((~decided).sum()) + 1))
    left["expected"] = left["wrong"].cumsum() / left["rank"]
    known = doubts.attrs.get("left out", {})
    left.attrs = doubts.attrs | {"left out": known | {"that you decided about": int(decided.sum())}}
    return left
