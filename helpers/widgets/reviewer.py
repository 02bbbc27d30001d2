"""Step through suspects and record keep, relabel or drop in the decision log.

No key has a meaning of its own yet; focus.js keeps what is typed here from reaching JupyterLab.
"""

from functools import partial

import pandas as pd
from ipywidgets import HTML, Text, ToggleButtons

from helpers.datasets import DecisionLog
from helpers.widgets import selection
from helpers.widgets.panel import Panel, button, choice, control, grid, row
from helpers.widgets.pictures import Pictures
from helpers.widgets.text import details_html, named, plain, safe

ALIASES = {"partner": "other_id", "kind": "issue", "reason": "why"}
NO_CLASS = "There is no class to choose yet; with DecisionLog(dataset).record(image_id, 'relabel', "
NO_CLASS += "label='…', new_class=True) you add one."
NEEDED = ["other_id", "issue", "suggestion", "label"]


def as_cases(dataset, suspects: pd.DataFrame) -> pd.DataFrame:
    """Bring suspects into one form: a row per case, numbered from 0 in the order given.

    "partner" is read as other_id, "kind" as issue and "reason" as why; the columns image_id,
    other_id, issue, suggestion and label (the dataset's) are always there. Suspects the dataset
    does not hold are left out.
    """
    known = dataset.images.index
    names = {old: new for old, new in ALIASES.items() if new not in suspects}
    cases = selection.by_image_id(dataset, suspects).rename(columns=names)
    cases = cases[cases.index.isin(known)]
    cases = cases.reindex(columns=[*cases, *(name for name in NEEDED if name not in cases)])
    others = cases["other_id"].where(cases["other_id"].isin(known))
    labels = dataset.images["label"].reindex(cases.index)
    return cases.assign(other_id=others, label=labels).reset_index()


def images_of(case: pd.Series | None) -> list[str]:
    """Return the one or two images a case is about, or none where there is no case."""
    return [] if case is None else list(case[["image_id", "other_id"]].dropna())


def decided(cases: pd.DataFrame, standing: pd.DataFrame) -> pd.Series:
    """Return for each case whether it is decided.

    One image: it has a standing decision. A pair: one of them is dropped or relabelled, or both
    have a decision.
    """
    one, other = cases["image_id"], cases["other_id"]
    settled, marked = standing.index[standing["action"] != "keep"], standing.index
    both = one.isin(marked) & (other.isin(marked) | other.isna())
    return both | one.isin(settled) | other.isin(settled)


def describe(standing: pd.DataFrame, image_id: str) -> str:
    """Return the standing decision about one image in words: "drop", "relabel to oak", …"""
    if image_id not in standing.index:
        return "no decision yet"
    action, label = standing.loc[image_id, ["action", "label"]]
    return f"relabel to {named(label)}" if action == "relabel" else str(action)


def mark_html(standing: pd.DataFrame, image_id: str) -> str:
    """Return the standing decision about one image as a coloured mark."""
    words = describe(standing, image_id)
    return f'<span class="mark {words.split()[0]}">{safe(words)}</span>'


def told_html(case: pd.Series) -> str:
    """Return what the detector said about a case: its issue, then the other columns by name."""
    issue = [] if pd.isna(case["issue"]) else [f"<b>{safe(case['issue'])}</b>"]
    rest = case.drop(["image_id", "other_id", "label", "issue"]).dropna().items()
    return " · ".join(
        issue + [f'<span class="quiet">{safe(name)}:</span> {safe(what)}' for name, what in rest]
    )


class Reviewer(Panel):
    """The widget that `review` returns.

    Attributes
    ----------
    issue, progress : Dropdown
        Filters; `progress` is "all", "undecided" or "decided". What is shown stays put while
        decisions are made, until a filter changes.
    keep, drop, relabel, undo, back, forward : Button
    new_label, target, note, position : controls
        The label for `relabel`; which image of a pair is meant (0 or 1); a remark kept with the
        decision; the place among the suspects shown.
    count, told, picture, details : HTML
        How far one is, what the detector said, the image or pair with its standing decision, and
        its columns.
    case : pd.Series or None
        The suspect on show.
    shown : pd.Index
        The numbers of the cases that the filters leave.
    standing : pd.DataFrame
        The standing decisions as last read from the log.
    """

    def __init__(self, dataset, suspects: pd.DataFrame, log: DecisionLog | None = None):
        self.cases, self.case = as_cases(dataset, suspects), None
        super().__init__(f"Review of {dataset.name}: {len(self.cases):,} suspects")
        self.dataset, self.pictures = dataset, Pictures(dataset, 800, 12)
        self.decision_log = DecisionLog(dataset) if log is None else log
        self.standing = self._seen = self.decision_log.current()
        self._recorded = []
        labels = {*dataset.classes, *self.cases["suggestion"].dropna()}
        labels = sorted(labels, key=lambda label: (plain(label), label))
        self.issue = choice("Issue", selection.choices(self.cases["issue"]))
        self.progress = choice("Progress", ["all", "undecided", "decided"])
        self.target = control(ToggleButtons, "Decide about", options=[("left", 0), ("right", 1)])
        self.keep = button("Keep", "check", "keep", "It is right as it is")
        self.drop = button("Drop", "ban", "drop", "Leave it out; the file itself stays")
        self.new_label = choice("New label", [(named(name), name) for name in labels], "148px")
        self.relabel = button("Relabel", "tag", "relabel", "Give it the new label")
        self.undo = button("Undo", "undo", tooltip="Take the last decision back")
        self.note = control(Text, "Note, kept with the decision (optional)", "260px")
        self.told = HTML(layout={"height": "44px"})
        self.picture.add_class("sides")
        self.fill(
            grid(self.issue, self.progress, self.count),
            self.told,
            self.picture,
            row(self.target, self.keep, self.drop, self.new_label, self.relabel, self.undo),
            row(self.note, self.steps(self._show)),
            self.status,
            self.details,
        )
        for note in self.decision_log.notes:
            self.say(note, "notice")
        self._filter()
        self.answer(self._filter, self.issue, self.progress)
        for action in ("keep", "drop", "relabel"):
            self.answer(partial(self._record, action), getattr(self, action))
        self.answer(self._undo, self.undo)
        self.answer(self._suggest, self.target)

    def before(self) -> None:
        """Read the log again: another notebook may have decided meanwhile."""
        self._seen, self.standing = self.standing, self.decision_log.current()

    def _filter(self) -> None:
        chosen = selection.matches(self.cases["issue"], self.issue.value)
        if self.progress.value != "all":
            chosen &= decided(self.cases, self.standing) == (self.progress.value == "decided")
        self.shown = self.cases.index[chosen]
        self.position.max = max(1, len(self.shown))
        self._go_to(0 if self.case is None else self.case.name)

    def _go_to(self, number: int) -> None:
        """Show the case of that number, or the next one that the filters leave."""
        self.position.value = int(self.shown.searchsorted(number)) + 1
        self._show()

    def _show(self) -> None:
        place = self.position.value - 1
        self.case = self.cases.loc[self.shown[place]] if len(self.shown) else None
        self.target.value = 0
        if self.case is not None:
            self._suggest()
        self._draw()

    def _suggest(self) -> None:
        """Put forward the suggested label, or else the other image's, for the one meant."""
        labels = list(self.dataset.images["label"][images_of(self.case)])
        likely = labels if self.target.value else [self.case["suggestion"], *labels[::-1]]
        self.new_label.value = next((one for one in likely if not pd.isna(one)), None)

    def _changed_elsewhere(self, image_ids) -> bool:
        """Whether another notebook has decided about these images unseen; if so, show it."""
        changed = [n for n in image_ids if describe(self._seen, n) != describe(self.standing, n)]
        if changed:
            told = ", ".join(f"{describe(self.standing, n)} ({plain(n)})" for n in changed)
            self.say(f"Decided elsewhere meanwhile: {told}. Press again to overrule.", "notice")
            self._draw()
        return bool(changed)

    def _record(self, action: str) -> None:
        pair = images_of(self.case)
        meant = pair if action == "keep" else pair[self.target.value :][:1]
        if not meant or self._changed_elsewhere(meant):
            return None
        label = self.new_label.value if action == "relabel" else None
        if action == "relabel" and label is None:
            return self.say(NO_CLASS, "notice")
        if label and selection.matches(self.dataset.images["label"][meant], label).all():
            return self.say(f"Its label is {named(label)} already; choose another.", "notice")
        for name in meant:
            why = (self.case["issue"], *(other for other in pair if other != name))
            told = " with ".join(plain(part) for part in why if not pd.isna(part))
            self.decision_log.record(name, action, self.note.value.strip() or told, label)
        self._recorded.append(meant)
        self.standing, self.note.value = self.decision_log.current(), ""
        told = [f"{describe(self.standing, name)} ({plain(name)})" for name in meant]
        self.say(f"Recorded: {', '.join(told)}.")
        return self._go_to_next_undecided()

    def _go_to_next_undecided(self) -> None:
        left = self.shown[~decided(self.cases.loc[self.shown], self.standing).to_numpy()]
        if len(left):
            return self._go_to(left[left.searchsorted(self.case.name) % len(left)])
        self.say("Nothing shown is left undecided.")
        return self._draw()

    def _undo(self) -> None:
        if self._changed_elsewhere(self.standing.index[-1:]):
            return
        mine = self._recorded.pop() if self._recorded else []
        last = list(self.standing.index[-len(mine) :]) if mine else []
        count = len(mine) if mine and mine == last else 1
        undone = [self.decision_log.undo() for _ in range(count)]
        names = [one["image_id"] for one in undone if one]
        self.standing = self.decision_log.current()
        told = [f"{plain(name)} is back to “{describe(self.standing, name)}”" for name in names]
        self.say("; ".join(told) or "There is nothing to undo.")
        numbers = self.shown[self.cases.loc[self.shown, "image_id"].isin(names)]
        self._go_to(numbers[0]) if len(numbers) else self._draw()

    def _draw(self) -> None:
        names = images_of(self.case)
        total, done = len(self.shown), decided(self.cases.loc[self.shown], self.standing).sum()
        self.count.value = (
            f"<b>{self.position.value if total else 0:,}</b> of {total:,}, {done:,} decided"
            f'<progress value="{done}" max="{max(total, 1)}"></progress>'
        )
        self.keep.description = "Keep both" if len(names) == 2 else "Keep"
        self.target.layout.display = None if len(names) == 2 else "none"
        self.keep.disabled = self.drop.disabled = self.relabel.disabled = not names
        marks = [mark_html(self.standing, name) for name in names]
        self.picture.value = self.pictures.figures(names, marks) or "No suspects to show."
        self.told.value = told_html(self.case) if names else ""
        known = self.dataset.images.loc[names].dropna(axis="columns", how="all")
        self.details.value = details_html(known, *names) if names else ""


def review(dataset, suspects: pd.DataFrame, log: DecisionLog | None = None) -> Reviewer:
    """Return a widget that steps through suspects; leave it on a cell's last line to show it.

    Every decision goes into the log at once, and the log is read again before each action, so
    that nothing is lost when a filter changes, the kernel restarts, or another notebook decides
    meanwhile. A decision that would overrule one made elsewhere has to be pressed twice.

    Parameters
    ----------
    dataset : Dataset
    suspects : pd.DataFrame
        By image_id (index or column), a row per case; optional columns: issue, suggestion (a
        label), other_id or partner (the image to show beside it), why, score.
    log : DecisionLog, optional
        The dataset's own log where left out.

    Raises
    ------
    ValueError
        Where `suspects` names no image of the dataset.
    """
    return Reviewer(dataset, suspects, log)
