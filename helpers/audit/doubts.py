"""Say in words what `find_label_issues` found."""

import numpy as np
import pandas as pd

from helpers.audit.labels import UNLIKELY
from helpers.datasets.words import sum_of_chances

FIRST = 20
"""Labels at most that a person is told to look at where none is more likely wrong than right."""

LEAST_CHANCE = 0.001
"""What a chance is given as that is smaller: no model can tell so little from nothing."""

SHARED = " A wrong label that all images of a thing share is often missed."


def describe_doubts(doubts: pd.DataFrame) -> str:
    """Say how many labels of the table of `find_label_issues` to expect wrong, in a sentence.

    Others say why the labels of groups were no evidence, if so, and count what was not judged.
    Where there is no estimate for any, they say that and why (see `honest_chances`).
    """
    if "note" in doubts.attrs:
        return doubts.attrs["note"]
    issues, count = doubts[doubts["issue"].astype(bool)], len(doubts)
    listed, total = issues["wrong"].sum(), doubts["wrong"].sum()
    half = doubts.loc[doubts["expected"] >= 0.5, "rank"].max()
    rest = f"; about {total - listed:.0f} more lie further down" if round(total - listed) else ""
    if rest and half > len(issues):
        rest += f", and of the first {half:,.0f} about half are wrong"
    left_out = [f"{n:,} {why}" for why, n in doubts.attrs.get("left out", {}).items() if n]
    more = SHARED if count and doubts.attrs.get("shared") else ""
    more += f" {doubts.attrs['groups']}" if "groups" in doubts.attrs else ""
    more += f" Not judged: {', '.join(left_out)}." if left_out else ""
    if not count:
        return f"No label was judged.{more}"
    if _none_is_known(doubts):
        return say_unknown(doubts) + _contradicted(doubts) + more
    if issues.empty:
        none = (
            f"None of {count:,} labels is" if count > 1 else "The one label that was judged is not"
        )
        said = f"{none} more likely wrong than right{rest}."
        return said + _contradicted(doubts) + more
    if len(issues) == 1:
        labels = "label is" if count == 1 else "labels is"
        likely = ", and more likely wrong than right" * bool(listed > 0.5)
        return f"One of {count:,} {labels} in doubt{likely}{rest}.{more}"
    listed = sum_of_chances(issues["wrong"])
    return (
        f"{len(issues):,} of {count:,} labels are in doubt: expect about {listed} of these "
        f"{len(issues):,} to be wrong{rest}.{more}"
    )


def name_none(doubts: pd.DataFrame) -> str:
    """The title where no label is in doubt: why none could be judged, if so, else what is known."""
    known = "No label is more likely wrong than right"
    unknown = "No label stands out as wrong"
    return doubts.attrs.get("note", unknown if _none_is_known(doubts) else known)


def say_unknown(doubts: pd.DataFrame) -> str:
    """For how many labels there is no estimate, and why; "" where there is one for each."""
    unknown = int(honest_chances(doubts, doubts.index).isna().sum())
    if not unknown:
        return ""
    number = "all" if unknown == len(doubts) else f"{unknown:,} of the"
    labels = f"{number} {len(doubts):,} labels that were"
    labels = "the one label that was" if len(doubts) == 1 else labels
    return (
        f"For {labels} judged there is no estimate: what a model that has not seen the images says "
        "contradicts their labels no oftener than chance does. That is no proof that each is "
        "right; a random sample tells how many are wrong."
    )


def contradicted_most(doubts: pd.DataFrame) -> pd.DataFrame:
    """The rows that a person had best look at first where no label is more likely wrong than
    right: those that the prediction contradicts. None where a label is in doubt, none could be
    judged, or most are contradicted, since that speaks against the prediction.

    Parameters
    ----------
    doubts : DataFrame from `find_label_issues`
    """
    judged = "quality" in doubts and "note" not in doubts.attrs
    if not judged or doubts["issue"].astype(bool).any():
        return doubts.iloc[:0]
    first = doubts[doubts["quality"] < UNLIKELY]
    return first if len(first) <= len(doubts) / 2 else first.iloc[:0]


def caption_doubts(doubts: pd.DataFrame) -> dict[str, str]:
    """For each image of the table of `find_label_issues` its label with a question mark and, where
    another is suggested, that one."""
    return (doubts["given"] + "?" + ("\nrather " + other_label(doubts)).fillna("")).to_dict()


def other_label(doubts: pd.DataFrame) -> pd.Series:
    """The label suggested for each, missing where it is the one that the image has."""
    both = doubts.reindex(columns=["given", "suggested"])
    return both["suggested"].where(both["suggested"].ne(both["given"]))


def _contradicted(doubts: pd.DataFrame) -> str:
    """What to say of labels that the prediction contradicts, where as many would be contradicted
    if all were right: wrong labels that have taught the head look alike."""
    if "quality" not in doubts or not (number := int((doubts["quality"] < UNLIKELY).sum())):
        return ""
    if number > len(doubts) / 2:
        return (
            f" The prediction gives {number:,} of them a chance under {UNLIKELY}: it knows too "
            "little of these classes, or was taught too many wrong labels, to speak against one."
        )
    them = "is one" if number == 1 else f"are {number:,}"
    first = f"{number:,}" if number > 1 else ""
    if number > FIRST:
        first = f"{FIRST}, and go on while some of them are wrong"
    return (
        f" There {them} to which the prediction gives a chance under {UNLIKELY}, about as many as "
        "such predictions contradict where all labels are right; as wrong labels also make "
        f"predictions so unsure, look at the first {first}"
    ).rstrip() + "."


def _none_is_known(doubts: pd.DataFrame) -> bool:
    return len(doubts) > 0 and bool(honest_chances(doubts, doubts.index).isna().all())


def honest_chances(doubts: pd.DataFrame | None, ids: pd.Index) -> pd.Series:
    """The chance of each label to be wrong, missing where there is no estimate.

    `find_label_issues` says 0 where noise explains what models say no better than chance: then
    nothing is known of a single label, and certainly not that it is right.
    """
    if doubts is None:
        return pd.Series(np.nan, ids)
    known = doubts["wrong"].astype(float)
    # Where most have none, what is left for the rest is the chance to differ from their group by a
    # slip: so small, it says nothing, for the label of the whole group was not judged either.
    least = LEAST_CHANCE if (known == 0).mean() > 0.5 else np.nextafter(0, 1)
    return known.where(known >= least).clip(lower=LEAST_CHANCE).round(3).reindex(ids)
