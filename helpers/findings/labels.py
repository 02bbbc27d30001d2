"""The section about the labels: which are in doubt, and how many of these are wrong."""

from __future__ import annotations

import pandas as pd

from helpers import audit
from helpers.audit.doubts import FIRST, caption_doubts, contradicted_most, name_none, say_unknown
from helpers.audit.suspects import CONTRADICTED
from helpers.datasets.words import count, is_or_are, some, sum_of_chances
from helpers.evidence.answered_pairs import of_two_labels
from helpers.evidence.audited import Evidence
from helpers.evidence.effects import told_leaving
from helpers.findings import remedies
from helpers.findings.decided import open_doubts
from helpers.findings.pictures import SHEET, drawn, sheet
from helpers.findings.promises import say_against, say_judged
from helpers.findings.sections import LEFT_OUT, Section

SHARED = "Wrong labels that many lookalikes share: they teach the model that is asked about them."
ALL_OF_A_THING = (
    " So it is with one that all images of a thing share; 'How much would these checks miss?' "
    "plants such, where there are twenty things with two images or more."
)


def labels(evidence: Evidence) -> Section:
    """Labels that neither a model nor other images of the same thing agree with."""
    doubts = open_doubts(evidence)
    if doubts.empty and len(evidence.doubts):
        decided = count(evidence.doubts, "label")
        said = f"You have decided about {decided}, all that could be judged."
        return Section("labels", "You have decided about every label", [said])
    suspects = doubts[doubts["issue"].astype(bool)]
    verb = "is" if len(suspects) == 1 else "are"
    found = Section("labels", f"{count(suspects, 'label')} {verb} in doubt")
    found.says.append(audit.describe_doubts(doubts))
    found.unchecked.append(SHARED + ALL_OF_A_THING * evidence.part.has_groups)
    if len(torn := of_two_labels(evidence.part, evidence.answered)):
        found.says.append(
            f"{count(torn, 'pair')} of two labels that you said to show one thing: not taken as "
            "evidence against either label."
        )
    if (unknown := say_unknown(doubts)) and unknown not in found.says[0]:
        found.says.append(unknown)  # images.csv leaves their chance blank
    if suspects.empty:
        judged = "note" not in doubts.attrs
        found.title = name_none(doubts)
        if not judged:
            found.title, found.state = "Labels could not be judged", LEFT_OUT
        elif len(first := contradicted_most(doubts)):
            found.title += f"; look at the first {min(FIRST, len(first))}" * (len(first) > 1)
            _show_first(found, evidence, first)
        return found
    if "further down" in found.says[0]:
        by = "chance_that_label_is_wrong, largest first"
        found.says.append(f"To go on further down, sort images.csv by {by}.")
    found.says.append(
        "This is an estimate: on hard classes fewer of these are wrong than promised (notebook 02)."
    )
    if (things := evidence.things.reindex(suspects.index).nunique()) < len(suspects):
        found.says.append(f"They show {count(things, 'thing')}: look at one image of each first.")
    found.says += _say_evidence(suspects, evidence.things)
    expected = float(suspects["wrong"].sum())
    judged = say_judged(evidence.marks, expected / len(suspects))
    against = say_against(evidence, expected)
    said = f"{judged[:1].upper()}{judged[1:]}." if judged else ""
    found.says += filter(None, [said, against])
    found.numbers = {"in doubt": len(suspects), "expected wrong": expected}
    by_class = suspects.groupby("given").agg(
        doubts=("wrong", "size"), expected_wrong=("wrong", "sum")
    )
    found.tables["Doubts by class"] = by_class.sort_values("doubts", ascending=False, kind="stable")
    found.pictures.append(drawn("label_issues", evidence.part, doubts, photographs=True))
    told = sum_of_chances(suspects["wrong"])
    what = f"About {told} of {count(suspects, 'label')} in doubt "
    what += f"{is_or_are(told)} expected to be wrong"
    what += f"; {judged}." if judged else "."
    act = "look at each (suspects.csv lists them), and relabel, keep or drop"
    more, number = told_leaving(evidence, suspects.index), round(expected)
    more["more"] = " ".join(filter(None, [against, more.get("more", "")]))
    found.mend(what, number, len(evidence.part), act, remedies.REVIEW_LABELS, **more)
    return found


def _say_evidence(suspects: pd.DataFrame, things: pd.Series) -> list[str]:
    """What to know of labels in doubt of which not each is more likely wrong, or that hang
    together, as labels of whole things do."""
    says, by = [], suspects.groupby("evidence").groups
    if (files := len(by.get("same file", []))) and files < len(suspects):
        says.append(
            f"{files:,} of them are on identical files under two labels, of which one is right: "
            "the chance in suspects.csv says which is likelier."
        )
    whole = by.get("whole group", suspects.index[:0])
    if len(whole) and (number := things.reindex(whole).nunique()) < len(whole):
        of = "one thing that looks" if number == 1 else f"{number:,} things that look"
        by_class = things.reindex(whole).groupby(suspects.loc[whole, "given"]).nunique()
        named = some((f"{of_class} of {name}" for name, of_class in by_class.items()), 4)
        says.append(
            f"{len(whole):,} are all the images of {of} like another class ({named}): of one "
            "thing all are wrong or none, so that what is expected of them, and of these classes, "
            "can be far off."
        )
    return says


def _show_first(found: Section, evidence: Evidence, first: pd.DataFrame) -> None:
    """The labels that are contradicted most, where none is in doubt, for a person to look at."""
    found.says.append(f"suspects.csv lists these, as '{CONTRADICTED}'.")
    found.tables["The first to look at"] = first[["given", "suggested"]]
    title = "The labels that are contradicted most"
    shown = sheet(evidence.part, first.index[:SHEET], title, caption_doubts(first))
    found.pictures.append(shown)
