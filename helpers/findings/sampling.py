"""The section about a random sample of labels: what a person finds in it is the true error rate."""

from __future__ import annotations

import pandas as pd

from helpers.datasets.words import count, percent
from helpers.evidence.audited import Evidence
from helpers.findings.pictures import sheet
from helpers.findings.promises import FEWEST, changed_labels
from helpers.findings.sections import Section

SAMPLE = "review_sample.csv"
REVIEW_SAMPLE = """from helpers.audit import draw_sample
from helpers.widgets import review

review(dataset, draw_sample(dataset))"""
_HOW = (
    f"Judge them in their order, without a gap: in a notebook by the lines below, or in {SAMPLE}, "
    "where 'keep' in the column action says that the label is right, 'relabel', with the right one "
    "in the column label, that it is wrong, 'drop' that there is nothing to label, and 'cannot "
    "tell' neither. The same "
    f"command with --decisions {SAMPLE} then states the share with its interval."
)


def sample(evidence: Evidence) -> Section:
    """How many labels are wrong, by a sample that a person has judged, or how to find out."""
    drawn_ids, found = evidence.sample, Section("sample", "")
    judged, beyond, dropped, wrong, rate = evidence.error_rate
    found.numbers = {"drawn": len(drawn_ids), "judged": judged}
    found.code = REVIEW_SAMPLE
    of = len(evidence.opened.development.images["label"].dropna())
    if rate is None or judged < min(FEWEST, len(drawn_ids)):
        found.title = f"Nobody has looked yet: {count(drawn_ids, 'image')} drawn at random wait"
        if judged:
            found.title = f"{count(judged, 'image')} of the random sample judged: too few"
        found.says += [
            f"Which share of the {of:,} labels is wrong, no detector can tell: it finds what it can"
            " find. A random sample tells it.",
            _HOW,
        ]
        found.unchecked.append(
            f"The true share of wrong labels ({SAMPLE} has a random sample to judge)."
        )
    else:
        _say_rate(found, evidence, of)
        if judged < len(drawn_ids):
            found.says.append(f"{len(drawn_ids) - judged:,} of the sample wait. " + _HOW)
    if dropped:
        found.says.append(
            f"{count(dropped, 'image')} of those judged showed nothing to label, or could not be "
            "told: right and wrong labels are counted without."
        )
    if beyond:
        found.says.append(
            f"Not counted: {count(beyond, 'verdict')} about images after the first one without a "
            "verdict, to which a detector may have led."
        )
    found.tables["The sample"] = _with_verdicts(evidence).reset_index()
    captions = {i: f"{n}: {row.given}" for n, (i, row) in enumerate(drawn_ids.iterrows(), 1)}
    title = f"Which of these labels are wrong? {count(drawn_ids, 'image')} drawn at random"
    found.pictures.append(sheet(evidence.opened, drawn_ids.index, title, captions, 8))
    return found


def _say_rate(found: Section, evidence: Evidence, of: int) -> None:
    """The share of wrong labels as they came: the sample's, and no less than what is known already
    from labels that were changed by hand."""
    judged, _, dropped, wrong, rate = evidence.error_rate
    changed = changed_labels(evidence)
    others = len(changed.difference(evidence.sample.index[:judged]))
    known = len(changed) / of
    low, high = max(rate.low, known), max(rate.high, known)
    ends = f"{percent(low)} to {percent(high)}"
    of_all, least = "of the labels as they came are wrong", len(changed)
    found.title = f"{percent(rate.accuracy)} {of_all} ({ends})"
    reach = f"{max(rate.low * of, least):,.0f} to {high * of:,.0f}"
    if known > rate.accuracy:  # more is known than the sample held
        found.title = f"{ends} {of_all}"
    if known > rate.high:
        found.title, reach = f"At least {percent(known)} {of_all}", f"at least {least:,}"
    found.says.append(
        f"Of {judged - dropped:,} labels drawn at random and judged, {len(wrong):,} were wrong; "
        f"so, with 95 % confidence, are {reach} of all {of:,} that came with "
        "the images"
        + (
            " (images of one group are taken to err together)."
            if evidence.opened.has_groups
            else "."
        )
    )
    if others:
        were = "was" if least == 1 else "were"
        found.says.append(
            f"This is about the labels as they came, before any decision: {count(least, 'label')} "
            f"{were} changed by yours, {others:,} of them outside of the sample that was judged, "
            f"so that no fewer than {least:,} were wrong if these are right."
        )
    found.numbers |= {"wrong": rate.accuracy, "low": low, "high": high, "changed": least}
    if wrong:
        by = "a random sample and your decisions" if others else "a random sample"
        act = "look at the labels in doubt first (suspects.csv); judge the rest by the class"
        found.mend(f"{found.title}, by {by}.", max(round(rate.accuracy * of), least), of, act)


def _with_verdicts(evidence: Evidence) -> pd.DataFrame:
    """The sample, and what was decided about each of its images."""
    marks = evidence.marks.reindex(columns=["action", "label", "reason"])
    return evidence.sample[["given"]].join(marks.reindex(evidence.sample.index)).fillna("")


def sample_table(evidence: Evidence) -> pd.DataFrame:
    """What `verdicts.take_decisions` reads once it is filled in: a row per image of the sample."""
    table = _with_verdicts(evidence).reset_index()
    table.insert(0, "number", range(1, len(table) + 1))
    return table
