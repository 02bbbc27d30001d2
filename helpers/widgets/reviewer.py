"""Step through suspects and record keep, relabel or drop in the decision log."""

from functools import partial
from html import escape

import pandas as pd
from ipywidgets import HTML, Checkbox, Text, VBox

from helpers.datasets import DecisionLog
from helpers.widgets import selection
from helpers.widgets.panel import (
    STYLE,
    Panel,
    Picture,
    button,
    choice,
    control,
    row,
    slider,
    toggle,
)
from helpers.widgets.pictures import Thumbnails, compose, compose_pair, encode
from helpers.widgets.selection import choices, plain

ALIASES = {"partner": "other_id", "kind": "issue", "reason": "why"}
NEEDED = ["other_id", "issue", "suggestion", "label", "transform"]
LISTED = 200


def as_cases(dataset, suspects: pd.DataFrame) -> pd.DataFrame:
    """Bring suspects into one form: a row per case, numbered from 0 in the order given.

    "partner" is read as other_id, "kind" as issue and "reason" as why; the columns image_id,
    other_id, issue, suggestion, transform and label (the dataset's) are always there. Suspects
    the dataset does not hold are left out.
    """
    known = dataset.images.index
    names = {old: new for old, new in ALIASES.items() if new not in suspects}
    cases = selection.by_image_id(dataset, suspects).rename(columns=names)
    cases = cases[cases.index.isin(known)]
    cases = cases.reindex(columns=[*cases, *(name for name in NEEDED if name not in cases)])
    others = cases["other_id"].where(cases["other_id"].isin(known))
    labels = dataset.images["label"].reindex(cases.index)
    return cases.assign(other_id=others, label=labels).reset_index()


def images_of(case: pd.Series) -> list[str]:
    """Return the one or two images a case is about."""
    return [case["image_id"]] + ([] if pd.isna(case["other_id"]) else [case["other_id"]])


def decided(cases: pd.DataFrame, standing: pd.DataFrame) -> pd.Series:
    """Return for each case whether it is decided.

    One image: it has a standing decision. A pair: one of them is dropped or relabelled, or both
    have a decision.
    """
    one, other = cases["image_id"], cases["other_id"]
    settled, marked = standing.index[standing["action"] != "keep"], standing.index
    both = one.isin(marked) & (other.isin(marked) | other.isna())
    return both | one.isin(settled) | other.isin(settled)


def find_changes(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """Return the image_ids whose standing decision differs between two readings of the log."""
    old, new = (log["action"] + " " + log["label"].fillna("") for log in (before, after))
    names = old.index.union(new.index)
    return list(names[old.reindex(names).fillna("") != new.reindex(names).fillna("")])


def describe(standing: pd.DataFrame, image_id: str) -> str:
    """Return the standing decision about one image in words: "drop", "relabel to oak", …"""
    if image_id not in standing.index:
        return "no decision yet"
    action, label = standing.loc[image_id, ["action", "label"]]
    return f"relabel to {plain(label)}" if action == "relabel" else str(action)


def mark_html(standing: pd.DataFrame, image_id: str) -> str:
    """Return the standing decision about one image as a coloured mark."""
    words = describe(standing, image_id)
    return f'<span class="mark {words.split()[0]}">{escape(words)}</span>'


def summary_html(standing: pd.DataFrame) -> str:
    """Return the standing decisions as an HTML table, the newest first, with their counts."""
    if standing.empty:
        return '<span class="quiet">No decisions yet.</span>'
    counts = ", ".join(f"{n:,} {action}" for action, n in standing["action"].value_counts().items())
    newest = standing.iloc[::-1][:LISTED]
    body = "".join(
        f"<tr><td>{escape(plain(name))}</td><td>{mark_html(newest, name)}</td>"
        f"<td>{escape(plain(why))}</td></tr>"
        for name, why in newest["reason"].items()
    )
    more = f" (the newest {LISTED} listed)" * (len(standing) > LISTED)
    return (
        f'<b>Decisions so far:</b> {counts}{more}<div class="details"><table>{body}</table></div>'
    )


class Reviewer(Panel):
    """The widget that `review` returns.

    Attributes
    ----------
    issue, label, progress : Dropdown
        Filters; `progress` is "all", "undecided" or "decided". What is shown stays put while
        decisions are made, until a filter changes.
    keep, drop, relabel, undo, next_undecided, back, forward : Button
    new_label, target, note, advance, position : controls
        The label for `relabel`; which image of a pair is meant (0 or 1); a remark kept with the
        decision; whether to move on after it; the place among the suspects shown.
    picture : Picture
    count, told, mark, details, summary : HTML
    case : pd.Series or None
        The suspect on show.
    standing : pd.DataFrame
        The standing decisions as last read from the log.
    """

    def __init__(self, dataset, suspects: pd.DataFrame, log: DecisionLog | None = None):
        self.cases = as_cases(dataset, suspects)
        super().__init__(f"Review of {dataset.name}: {len(self.cases):,} suspects")
        self.dataset, self.thumbnails = dataset, Thumbnails(dataset, 800, 12)
        self.decision_log = DecisionLog(dataset) if log is None else log
        self.standing, self._sizes, self._index = self.decision_log.current(), [], 0
        labels = sorted({*dataset.classes, *self.cases["suggestion"].dropna()}, key=plain)
        self.issue = choice("Issue", "One kind of suspect", choices(self.cases["issue"], "all"))
        self.label = choice("Class", "One class", choices(self.cases["label"], "all"))
        self.progress = choice("Progress", "Decided or not", ["all", "undecided", "decided"])
        self.target = toggle("Decide about", "Which of the two", [("left", 0), ("right", 1)])
        self.keep = button("Keep", "It is right as it is", "check", "keep")
        self.drop = button("Drop", "Leave it out; the file itself stays", "ban", "drop")
        self.new_label = choice("New label", "The right class", [(plain(n), n) for n in labels])
        self.relabel = button("Relabel", "Give it the new label", "tag", "relabel")
        self.undo = button("Undo", "Take the last decision back", "undo")
        self.note = control(Text, "Note (optional)", "Kept with the decision", "240px")
        self.advance = Checkbox(True, description="move on after a decision", indent=False)
        self.back = button("Back", "The one before", "chevron-left")
        self.forward = button("Next", "The one after", "chevron-right")
        self.next_undecided = button("Next undecided", "Skip what is decided", "forward")
        self.position = slider("Suspect", "Go to a suspect")
        self.told, self.mark, self.details, self.summary = (HTML() for _ in range(4))
        self.count = HTML(layout={"flex": "1 1 200px", "width": "auto"})
        self.picture, facts = Picture(format="jpeg"), VBox([self.told, self.mark, self.details])
        facts.layout.flex = "1 1 360px"
        self.children = [
            HTML(STYLE, layout={"display": "none"}),
            row(self.issue, self.label, self.progress, self.count),
            row(self.picture, facts, top=True),
            row(self.target, self.keep, self.drop, self.new_label, self.relabel, self.undo),
            row(self.note, self.advance),
            row(self.back, self.forward, self.next_undecided, self.position),
            self.status,
            self.summary,
        ]
        self._filter()
        for action in ("keep", "drop", "relabel"):
            self.answer(partial(self._record, action), getattr(self, action))
        self.answer(self._undo, self.undo)
        self.answer(self._filter, self.issue, self.label, self.progress)
        self.answer(lambda: self._go(self.position.value - 1), self.position)
        self.answer(lambda: self._step(-1), self.back)
        self.answer(lambda: self._step(1), self.forward)
        self.answer(self._skip, self.next_undecided)
        self.answer(self._aim, self.target)

    @property
    def case(self) -> pd.Series | None:
        """The suspect on show, or None where the filters leave nothing."""
        return self.cases.loc[self._index] if len(self.shown) else None

    def _read(self) -> list[str]:
        before, self.standing = self.standing, self.decision_log.current()
        return find_changes(before, self.standing)

    def before(self) -> None:
        """Read the log again, so that nobody's decision is overruled unseen."""
        self.changed = self._read()

    def after(self) -> None:
        """Tell what was decided elsewhere meanwhile."""
        if told := [f"{describe(self.standing, n)} ({plain(n)})" for n in self.changed[:3]]:
            more = f" and {len(self.changed) - 3} more" * (len(self.changed) > 3)
            self.say(f"Decided elsewhere meanwhile: {', '.join(told)}{more}.", "notice")
            self._draw()

    def _filter(self) -> None:
        chosen = selection.matches(self.cases["issue"], self.issue.value)
        chosen &= selection.matches(self.cases["label"], self.label.value)
        if self.progress.value != "all":
            chosen &= decided(self.cases, self.standing) == (self.progress.value == "decided")
        self.shown = self.cases.index[chosen]
        self._go(min(int(self.shown.searchsorted(self._index)), len(self.shown) - 1))

    def _go(self, place: int) -> None:
        self.position.max = max(1, len(self.shown))
        self.position.value, self.target.value = place + 1, 0
        if len(self.shown):
            self._index = self.shown[place]
            self._aim()
        self._draw()

    def _aim(self) -> None:
        """Put forward the suggested label, or else the other image's, for the one meant."""
        labels = list(self.dataset.images["label"][images_of(self.case)])
        likely = labels if self.target.value else [self.case["suggestion"], *labels[::-1]]
        offered = [label for _, label in self.new_label.options]
        self.new_label.value = next((one for one in likely if one in offered), None)

    def _step(self, by: int) -> None:
        place = self.position.value - 1 + by
        if 0 <= place < len(self.shown):
            self._go(place)
        else:
            self.say(f"This is the {'last' if by > 0 else 'first'} one shown.")

    def _skip(self) -> None:
        left = self.shown[~decided(self.cases.loc[self.shown], self.standing).to_numpy()]
        if len(left):
            later = left[left > self._index]
            self._go(self.shown.get_loc(later[0] if len(later) else left[0]))
        else:
            self.say("Nothing shown is left undecided.")
            self._draw()

    def _record(self, action: str) -> None:
        if self.case is None:
            return None
        images, label = images_of(self.case), None
        names = images if action == "keep" else [images[self.target.value]]
        if set(self.changed) & set(names):
            return self.say("Nothing was recorded; press again to overrule.", "notice")
        given = self.dataset.images["label"][names[0]]
        if action == "relabel" and (label := self.new_label.value) == given:
            return self.say(f"Its label is {plain(label)} already; choose another.", "notice")
        for name in names:
            why = (self.case["issue"], *(other for other in images if other != name))
            told = " with ".join(plain(part) for part in why if not pd.isna(part))
            self.decision_log.record(name, action, self.note.value.strip() or told, label)
        self._sizes.append(len(names))
        self.changed += [name for name in self._read() if name not in names]
        self.note.value = ""
        told = [f"{describe(self.standing, name)} ({plain(name)})" for name in names]
        self.say(f"Recorded: {', '.join(told)}.")
        return self._skip() if self.advance.value else self._draw()

    def _undo(self) -> None:
        if self.changed:
            self._sizes.clear()
            return self.say("Nothing was taken back; press again to do so.", "notice")
        size = self._sizes.pop() if self._sizes else 1
        undone = [one["image_id"] for _ in range(size) if (one := self.decision_log.undo())]
        self._read()
        told = [f"{plain(name)} is back to “{describe(self.standing, name)}”" for name in undone]
        self.say("; ".join(told) or "There is nothing to undo.")
        places = self.cases.loc[self.shown, "image_id"].isin(undone).to_numpy().nonzero()[0]
        return self._go(int(places[0])) if len(places) else self._draw()

    def _draw(self) -> None:
        done = int(decided(self.cases.loc[self.shown], self.standing).sum())
        total, case = len(self.shown), self.case
        names = images_of(case) if total else []
        pair = len(names) == 2
        self.count.value = (
            f"<b>{self.position.value if total else 0:,}</b> of {total:,}, {done:,} decided"
            f'<div class="bar"><div style="width:{done / max(total, 1):.0%}"></div></div>'
        )
        self.summary.value = summary_html(self.standing)
        self.keep.description = "Keep both" if pair else "Keep"
        self.target.layout.display = None if pair else "none"
        self.keep.disabled = self.drop.disabled = not total
        self.relabel.disabled = self.new_label.disabled = not total or not self.new_label.options
        self.picture.layout.width = "100%" if pair or not total else "auto"
        self.picture.remove_class("close") if pair or not total else self.picture.add_class("close")
        self.picture.tooltip = " beside ".join(map(plain, names)) or "No suspect"
        self.told.value = self.mark.value = self.details.value = ""
        if not total:
            none = "No suspect matches these filters; change one of them."
            none = "There are no suspects to review." if self.cases.empty else none
            self.picture.value = encode(compose([], message=none))
            return
        if pair:
            sides = compose_pair(self.thumbnails, *names, str(case["transform"]))
            self.picture.value = encode(sides)
        else:
            self.picture.value = encode(self.thumbnails.get(names[0]))
        told = case.drop(["image_id", "other_id", "label", "issue"]).dropna().map(plain)
        heading = f"<b>{escape(plain(case['issue']))}</b> · " * (not pd.isna(case["issue"]))
        self.told.value = heading + " · ".join(
            f'<span class="quiet">{escape(plain(name))}:</span> {escape(what)}'
            for name, what in told[told != ""].items()
        )
        self.mark.value = " &nbsp; ".join(
            f"{side}{mark_html(self.standing, name)}"
            for side, name in zip(("left: ", "right: ") if pair else ("",), names, strict=True)
        )
        known = self.dataset.images.loc[names].dropna(axis="columns", how="all")
        self.details.value = selection.details_html(known, *names)


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
        label), other_id or partner (the image to show beside it), transform, why, score.
    log : DecisionLog, optional
        The dataset's own log where left out.

    Raises
    ------
    ValueError
        Where `suspects` names no image of the dataset.
    """
    return Reviewer(dataset, suspects, log)
