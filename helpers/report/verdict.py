"""Go or no go, and the five things most worth mending."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from helpers import evaluation
from helpers.datasets.words import count, percent, some
from helpers.evidence.learned import Learned
from helpers.findings.names import are_known, kept_notes
from helpers.findings.sections import FAILED, LEFT_OUT, UNLABELLED, Finding, Section
from helpers.modelling.more_labels import labels_needed, unused_labels
from helpers.needs.asking import Needs, for_shell, name_together, quoted
from helpers.needs.classes import say_classes, worst_classes
from helpers.needs.holding import as_table, hold, say_chance, say_how

GO, NOT_SHOWN, NO_GO, NOT_ASKED = "Go", "Not shown yet", "No go", "Not asked"
MOST = 5
"""Findings that are listed."""
_AUDIT_ALONE = (
    "Without labels of two classes nothing can be trained: this is the audit alone. Where a column "
    "of the table or a level of folders holds them, name it: --label COLUMN on the command line, "
    "open_dataset(…, label='COLUMN') in Python."
)
SUPPOSED = (
    "No column says which images belong together, so that every score supposes that no thing, "
    "place or person is both learned from and asked about, but for the copies and pairs found "
    "here; where you know better, --group, --pattern or --pause says it."
)
PARTLY = (
    "What belongs together is known in part, so that every score supposes that beyond it no thing, "
    "place or person is both learned from and asked about."
)
"""What stands on the cover of a report whose groups nobody has named, or not all."""
ALONE = (
    "Nothing says what {} {} to: every score supposes that each shows a thing of its own, but "
    "for the copies and pairs found here."
)


def rank(findings: Iterable[Finding]) -> list[Finding]:
    """The findings most worth acting on, at most five: by measured effect where one was measured
    and is no chance, else by the share of images affected or, where the effect is within chance, by
    as much of that as its interval allows; what is named first wins ties."""
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
    found.title = _headline(word, table, needs.said, evidence, len(blocking))
    others = _say_others(word, table) if trained else []
    if word == GO and blocking:
        word = NOT_SHOWN
    if not needs.said and trained:
        found.says.append(
            f"No need was stated; assumed: {needs}. State yours, such as --need 'accuracy>=0.9' on "
            "the command line, or build_report(dataset, needs='accuracy>=0.9')."
        )
    if trained:
        found.tables["Asked, and shown"] = table
        found.says += [*others, *say_chance(needs.wanted, table), *say_how(table, evidence)]
        if not evidence.beats_dummy:
            found.says.append(
                f"No model beats the dummy that always says the shares of the classes: the "
                f"probabilities of the {evidence.best} model are worth less (log loss)."
            )
        found.says += _say_unjudged(evidence)
        if word != GO and (more := labels_needed(evidence, needs)):
            found.says.append(" ".join(filter(None, [more, unused_labels(evidence)])))
        least = _least_recalled(evidence)
        found.says.append(_say_weakest(least, needs))
        found.says += _say_classes(needs, table, least.name, evidence, sections)
        if blocking:
            found.says.append(_say_blocking(blocking, found.findings))
        if not are_known(evidence):
            found.says.append(PARTLY if kept_notes(evidence) else SUPPOSED)
        elif alone := int(evidence.part.images[evidence.part.group].isna().sum()):
            which, verb = f"{alone:,} of {count(evidence.part, 'image')}", "belong"
            found.says.append(ALONE.format(which, verb + "s" * (alone == 1)))
    else:
        found.says.append(
            _AUDIT_ALONE
            if not evidence.can_learn
            else "No model was judged, so that only the audit speaks; the sections say why."
        )
    if (rest := len(everything) - MOST) > 0:
        stand = "stands in its section" if rest == 1 else "stand in their sections"
        smaller = sorted(everything, key=lambda one: -one.at_stake)[MOST:]
        more = [f"“{one.what.rstrip('.')}”" for one in smaller]
        found.says.append(f"{count(rest, 'further finding')} {stand}: {some(more, 5)}.")
    openings = evidence.opened.test_openings()
    found.numbers = {"verdict": word, "findings": len(everything), "test openings": len(openings)}
    found.says.append(_say_openings(evidence, openings))
    return found


def _say_blocking(blocking: list[Finding], ranked: list[Finding]) -> str:
    """Which findings put the score in doubt, by their number in the list where they are in it."""
    places = sorted(ranked.index(one) + 1 for one in blocking if one in ranked)
    named = [f"number{'s' * (len(places) > 1)} {', '.join(map(str, places))} in the list"]
    named = named * bool(places)
    named += [f"“{one.what.rstrip('.')}”" for one in blocking if one not in ranked]
    return (
        f"{count(blocking, 'finding')} {'puts' if len(blocking) == 1 else 'put'} the score itself "
        f"in doubt ({'; '.join(named)}): while that is so, it is not shown that it will hold in "
        "use. If you looked, and know why it does no harm, write that into model_card.md."
    )


def _judge(evidence: Learned, needs: Needs) -> tuple[str, pd.DataFrame]:
    by_class: dict = {}
    table = as_table([hold(need, evidence, by_class) for need in needs.wanted])
    shown = set(table["shown"])
    word = NO_GO if "no" in shown else GO if shown == {"yes"} else NOT_SHOWN
    return word, table


def _say_others(word: str, table: pd.DataFrame) -> list[str]:
    """Of several needs those that the headline does not name."""
    words = {NO_GO: "Not reached", NOT_SHOWN: "Neither shown nor ruled out", GO: "Shown"}
    asked = {state: list(table.index[table["shown"].map(_state) == state]) for state in words}
    return [
        f"{said}: {name_together(asked[state])}."
        for state, said in words.items()
        if state != word and asked[state]
    ]


def _state(shown: str) -> str:
    """What a verdict would be by one need alone, from what was shown of it."""
    return {"yes": GO, "no": NO_GO}.get(shown, NOT_SHOWN)


def _say_unjudged(evidence: Learned) -> list[str]:
    """Which classes no image was asked about of, and why."""
    answers, _ = evidence.judged
    missing = [one for one in evidence.clean.classes if one not in set(answers["label"])]
    if not missing:
        return []
    alone = evidence.classes_in_one_group
    why = "all its images belong together" if len(missing) == 1 else "each is a single group"
    reason = f" ({why}, which can lie on one side only)" if set(missing) <= set(alone) else ""
    return [
        f"Nothing is known of {some(missing, 6)}: no {evidence.judged_on} image was asked about"
        f"{reason}."
    ]


def _least_recalled(evidence: Learned) -> pd.Series:
    answers, _ = evidence.judged
    by_class = evaluation.score_classes(answers, evidence.things)
    return by_class[by_class["images"] > 0].sort_values("recall", kind="stable").iloc[0]


def _say_weakest(row: pd.Series, needs: Needs) -> str:
    told = (
        f"Least recalled is {row.name}: {percent(row['recall'])} of "
        f"{count(int(row['images']), 'image')} ({percent(row['recall low'])} to "
        f"{percent(row['recall high'])})"
    )
    if any(need.score == "recall" and need.named == (row.name,) for need in needs.wanted):
        return f"{told}."
    least = max((need.least for need in needs.wanted if need.score == "recall"), default=0.8)
    asked = for_shell(f"recall of {quoted(row.name)}>={least:g}")
    return f"{told}; if that class matters, ask for it: --need {asked}."


def _say_classes(
    needs: Needs, table: pd.DataFrame, least: str, evidence: Learned, sections: list[Section]
) -> list[str]:
    """What was counted of the classes of which a need is not shown, or, where it is no need on a
    class that is not, of the class that is least recalled."""
    if table["shown"].eq("yes").all():
        return []
    worst = worst_classes(needs, table) or {(least,): {"recall"}}
    tables = {name: rows for one in sections for name, rows in one.tables.items()}
    doubts, errors = tables.get("Doubts by class"), tables.get("Surest, and wrong")
    listed = () if doubts is None else doubts.index.repeat(doubts["doubts"].astype(int))
    return say_classes(worst, evidence, listed, () if errors is None else errors["label"])


def _headline(
    word: str, table: pd.DataFrame | None, said: bool, evidence: Learned, blocking: int
) -> str:
    """What was decided of the needs that decided it, and where."""
    if table is None:
        return (
            "No model was judged" if blocking == 0 else "No model was judged; there is much to mend"
        )
    needs = list(table.index[table["shown"].map(_state) == word])
    asked, are = name_together(needs) + ("" if said else " (assumed)"), "are" if needs[1:] else "is"
    on = f"on {evidence.judged_on} images by the {evidence.best} model"
    if word == GO and blocking:
        return f"{NOT_SHOWN}: {asked} {are} reached {on}, but what was found puts that in doubt"
    return {
        GO: f"{GO}: {asked} {are} shown {on}",
        NO_GO: f"{NO_GO}: {asked} {are} not reached {on}",
        NOT_SHOWN: f"{NOT_SHOWN}: {asked} {are} neither shown nor ruled out {on}",
    }[word]


def _say_openings(evidence: Learned, openings: pd.DataFrame) -> str:
    if not evidence.dataset.images["split"].eq("test").any():
        return "There is no test split; keep some images aside before the next choice."
    if openings.empty:
        return (
            "The test split was never opened: nothing was scored on it; its files were checked, "
            "and searched for copies."
        )
    return (
        f"The test split was opened {count(openings, 'time')}: "
        + "; ".join(dict.fromkeys(openings["reason"]))
        + "."
    )
