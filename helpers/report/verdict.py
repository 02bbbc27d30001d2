"""Go or no go, and the five things most worth mending."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

import pandas as pd

from helpers import evaluation
from helpers.datasets.words import count
from helpers.evidence.learned import Learned
from helpers.findings.more_labels import labels_needed, unused_labels
from helpers.findings.needs import Need, Needs
from helpers.findings.sections import FAILED, LEFT_OUT, UNLABELLED, Finding, Section, percent

GO, NOT_SHOWN, NO_GO, NOT_ASKED = "Go", "Not shown yet", "No go", "Not asked"
MOST = 5
_AUDIT_ALONE = (
    "Without labels of two classes nothing can be trained: this is the audit alone. Where a column "
    "of the table or a level of folders holds them, name it: --label COLUMN on the command line, "
    "open_dataset(…, label='COLUMN') in Python."
)


def rank(findings: Iterable[Finding]) -> list[Finding]:
    """The findings most worth acting on, at most five: by measured effect where one was measured
    and is no chance, else by the share of images affected; what is named first wins ties."""
    return sorted(findings, key=lambda one: -one.at_stake)[:MOST]


def decide(evidence: Learned, needs: Needs, sections: list[Section]) -> Section:
    """The verdict: `numbers["verdict"]` in one word, each need in a table, and what to mend."""
    found = Section("verdict", "")
    everything = [one for section in sections for one in section.findings]
    found.findings = rank(everything)
    found.unchecked = [one for section in sections for one in section.unchecked]
    failed = [section.name for section in sections if section.state == FAILED]
    found.unchecked += [f"The section '{name}' failed, and says why." for name in failed]
    found.unchecked += [
        f"{section.title}."
        for section in sections
        if section.state == LEFT_OUT
        and section.unchecked == []
        and section.name not in ("same thing", "labels")
        and not section.title.endswith(UNLABELLED)
    ]
    if silent := [section.name for section in sections if section.title.endswith(UNLABELLED)]:
        found.unchecked.append(f"Not asked, {UNLABELLED}: {', '.join(silent)}.")
    trained = {section.name: section.state for section in sections}.get("evaluation") == "done"
    word, table = _judge(evidence, needs) if trained else (NOT_ASKED, None)
    blocking = [one for one in everything if one.blocks]
    found.title = _headline(word, needs, evidence if trained else None, len(blocking))
    if word == GO and blocking:
        word = NOT_SHOWN
    if not needs.said and trained:
        found.says.append(
            f"No need was stated; assumed: {needs}. State yours, such as --need 'accuracy>=0.9' on "
            "the command line, or build_report(dataset, needs='accuracy>=0.9')."
        )
    if trained:
        found.tables["Asked, and shown"] = table
        if word != GO and (more := labels_needed(evidence, needs)):
            found.says.append(" ".join(filter(None, [more, unused_labels(evidence)])))
        found.says.append(_say_weakest(evidence))
        if blocking:
            found.says.append(
                f"{count(blocking, 'finding')} {'puts' if len(blocking) == 1 else 'put'} the score "
                "itself in doubt: until looked at, it is not shown that it will hold in use."
            )
    else:
        found.says.append(
            _AUDIT_ALONE
            if not evidence.can_learn
            else "No model was judged, so that only the audit speaks; the sections say why."
        )
    if (rest := len(everything) - MOST) > 0:
        stand = "stands in its section" if rest == 1 else "stand in their sections"
        found.says.append(f"{count(rest, 'further finding')} {stand}.")
    openings = evidence.opened.test_openings()
    found.numbers = {"verdict": word, "findings": len(everything), "test openings": len(openings)}
    found.says.append(_say_openings(evidence, openings))
    return found


def _judge(evidence: Learned, needs: Needs) -> tuple[str, pd.DataFrame]:
    rows = [_row(need, evidence) for need in needs.wanted]
    table = pd.DataFrame(rows).set_index("asked")
    shown = set(table["shown"])
    word = NO_GO if "no" in shown else GO if shown == {"yes"} else NOT_SHOWN
    return word, table


def _say_weakest(evidence: Learned) -> str:
    answers, part = evidence.judged
    by_class = evaluation.score_classes(answers, part.groups)
    row = by_class[by_class["images"] > 0].sort_values("recall", kind="stable").iloc[0]
    return (
        f"Least recalled is {row.name}: {percent(row['recall'])} of "
        f"{count(int(row['images']), 'image')} ({percent(row['recall low'])} to "
        f"{percent(row['recall high'])}); if that class matters, ask for it: --need "
        f"{shlex.quote(f'recall of {row.name}>=0.8')}."
    )


def _row(need: Need, evidence: Learned) -> dict:
    answers, part = evidence.judged
    if need.label is None:
        value, low, high = evidence.judged_scores.loc[need.score, ["value", "low", "high"]]
    else:
        by_class = evaluation.score_classes(answers, part.groups)
        if need.label not in by_class.index:
            return {
                "asked": str(need),
                "value": None,
                "low": 0.0,
                "high": 1.0,
                "shown": "no image of this class was asked about",
            }
        row = by_class.loc[need.label]
        value, low, high = (row[f"{need.score}{end}"] for end in ("", " low", " high"))
    shown = "yes" if low >= need.least else "no" if high < need.least else "neither"
    return {
        "asked": str(need),
        "value": float(value),
        "low": float(low),
        "high": float(high),
        "shown": shown,
    }


def _headline(word: str, needs: Needs, evidence: Learned | None, blocking: int) -> str:
    if evidence is None:
        return (
            "No model was judged" if blocking == 0 else "No model was judged; there is much to mend"
        )
    asked = "" if needs.said else " (assumed)"
    on = f"on {evidence.judged_on} images by the {evidence.best} model"
    if word == GO and blocking:
        return f"{NOT_SHOWN}: {needs}{asked} is reached {on}, but what was found puts that in doubt"
    return {
        GO: f"{GO}: {needs}{asked} is shown {on}",
        NO_GO: f"{NO_GO}: {needs}{asked} is not reached {on}",
        NOT_SHOWN: f"{NOT_SHOWN}: {needs}{asked} is neither shown nor ruled out {on}",
    }[word]


def _say_openings(evidence: Learned, openings: pd.DataFrame) -> str:
    if not evidence.dataset.images["split"].eq("test").any():
        return "There is no test split; keep some images aside before the next choice."
    if openings.empty:
        return "The test split was never opened."
    return (
        f"The test split was opened {count(openings, 'time')}: "
        + "; ".join(dict.fromkeys(openings["reason"]))
        + "."
    )
