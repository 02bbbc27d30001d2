"""Go through suspects by key or mouse, one at a time or many, and record what is decided."""

from functools import partial

import pandas as pd

from helpers.datasets import DecisionLog
from helpers.datasets.decisions import DecidedMeanwhile
from helpers.datasets.words import some, suggestion
from helpers.panels import selection
from helpers.panels.text import named, plain
from helpers.review import markup
from helpers.review.cases import decided, decisions_about, describe, images_of, lost_pairs
from helpers.review.view import ReviewView

NO_CLASS = "There is no class to choose yet; type one under “or a new class”."
NOTHING_CHOSEN = (
    "Nothing is chosen: click images, shift-click a range, or press a for all of these."
)
SETTLING = ("keep", "drop", "cannot tell")


class Reviewer(ReviewView):
    """The widget that `review` returns.

    Attributes
    ----------
    issue, progress : Dropdown
        Filters; `progress` is "all", "undecided" or "decided". What is shown stays put while
        decisions are made, until a filter changes.
    view : ToggleButtons
        "one" suspect at a time, or a "grid" of all that are shown.
    keep, drop, relabel, unsure, undo, back, forward, select_all : Button
    new_label, new_class, target, note, position : controls
        The label for `relabel`, or a class that is new; which image of a pair is meant (0 or 1); a
        remark kept with the decision; the place among the suspects shown.
    count, claim, picture, examples, zoomed, details, help : HTML
        How far one is, what the detector said, the image or pair with its standing decision,
        images of the classes in question, the image at full size, its columns, the keys.
    grid : SuspectGrid
        Its `selected` are the numbers of the cases chosen.
    keyboard : Keys
    case : pd.Series or None
        The suspect on show.
    shown : pd.Index
        The numbers of the cases that the filters leave.
    standing : pd.DataFrame
        The standing decisions as last read from the log.
    """

    def __init__(
        self,
        dataset,
        suspects: pd.DataFrame,
        log: DecisionLog | None = None,
        features: pd.DataFrame | None = None,
    ):
        super().__init__(dataset, suspects, features)
        self.decision_log = DecisionLog(dataset) if log is None else log
        self.standing = self._seen = self.decision_log.current()
        self._asked = self._asks = (None, 0)
        self._pressed_at, self._stopped_at, self._outcome = None, 0, "moved"
        for note in self.decision_log.notes:
            self.say(note, "notice")
        self._filter()
        self._listen()

    def _listen(self) -> None:
        self.answer(self._filter, self.progress)
        self.answer(self._begin, self.issue)
        self.answer(self._draw, self.view)
        for action, one in zip(SETTLING, (self.keep, self.drop, self.unsure), strict=True):
            self.answer(partial(self._record, action), one)
        self.answer(self._relabel, self.relabel)
        self.answer(self._undo, self.undo)
        self.answer(self._aim, self.target)
        self.answer(self._select_all, self.select_all)
        self.grid.observe(lambda _: self._tell_chosen(), "selected")

    def press(self, key: str, seen: int) -> None:
        """Do what a key means; `seen` is the revision on show when it was pressed.

        Keys pressed ahead are for the cases to come; where one is answered by a question or a
        notice instead, or there is no further case, those after it are left out, which is said.
        """
        actions = {
            "k": partial(self._record, "keep"),
            "d": partial(self._record, "drop"),
            "c": partial(self._record, "cannot tell"),
            "s": self._relabel,
            "u": self._undo,
            "ArrowLeft": partial(self._step, -1),
            "ArrowRight": partial(self._step, 1),
            "l": partial(self._turn, 0),
            "r": partial(self._turn, 1),
            "z": self._zoom,
            "z0": partial(self._zoom, 0),
            "z1": partial(self._zoom, 1),
            "g": self._change_view,
            "a": self._select_all,
            "?": self._show_keys,
            "Escape": self._close,
        }
        if key in [str(number) for number in range(1, 1 + len(self.numbered))]:
            actions[key] = partial(self._relabel_to, self.numbered[int(key) - 1])
        if key not in actions:
            return None
        deciding = key in "kdcsu" or key.isdigit()
        if deciding and seen < self._stopped_at and (key != "u" or self._outcome == "stopped"):
            # It was meant for a case that never came on show.
            return self.say(f"“{key}” was pressed before this could be read and is left out.")
        self._pressed_at, self._outcome = seen, "stopped" if deciding else self._outcome
        self._act(actions[key])
        self._pressed_at = None
        if deciding:
            self._stopped_at = 0 if self._outcome == "moved" else self.keyboard.revision
        return None

    def _act(self, function) -> None:
        if self._busy:
            return
        super()._act(function)
        self.keyboard.revision += 1

    def before(self) -> None:
        """Read the log again: another notebook may have decided meanwhile."""
        self.standing = self.decision_log.current()
        self._asked, self._asks = self._asks, (None, 0)

    def _confirmed(self, question: tuple, words: str) -> bool:
        """Whether a question was answered by doing the same again; if not, ask it.

        A key pressed before the question could be seen is no answer.
        """
        asked, at = self._asked
        if asked == question and (self._pressed_at is None or self._pressed_at >= at):
            return True
        self._asks = question, self.keyboard.revision + 1
        self.say(words, "notice")
        return False

    def _filter(self) -> None:
        chosen = selection.matches(self.cases["issue"], self.issue.value)
        if self.progress.value != "all":
            chosen &= decided(self.cases, self.standing) == (self.progress.value == "decided")
        self.shown = self.cases.index[chosen]
        self.grid.selected = []
        self.position.max = max(1, len(self.shown))
        self._go_to(0 if self.case is None else self.case.name)

    def _begin(self) -> None:
        """Keep the case on show if it has the issue chosen; else begin with the first that has."""
        if (
            self.case is not None
            and not selection.matches(
                self.cases.loc[[self.case.name], "issue"], self.issue.value
            ).all()
        ):
            self.case = None
        self._filter()

    def _go_to(self, number: int) -> None:
        """Show the case of that number, or the next one that the filters leave."""
        self.position.value = int(self.shown.searchsorted(number)) + 1
        self.show()

    def show(self) -> None:
        place = self.position.value - 1
        self.case = self.cases.loc[self.shown[place]] if len(self.shown) else None
        self.target.value, self.new_class.value = 0, ""
        self._aim()

    def _step(self, by: int) -> None:
        self.position.value += by  # the slider stops at its ends
        self.show()

    def _turn(self, side: int) -> None:
        if len(images_of(self.case)) == 2:
            self.target.value = side
            self._aim()

    def _aim(self) -> None:
        """Put forward the suggested label, or else the other image's, for the one meant."""
        if self.case is not None:
            labels = [self._given[name] for name in images_of(self.case)]
            likely = labels if self.target.value else [self.case["suggestion"], *labels[::-1]]
            self.new_label.value = next((one for one in likely if not pd.isna(one)), None)
        self._draw()

    def _change_view(self) -> None:
        self.view.value = "one" if self.view.value == "grid" else "grid"
        self._draw()

    def open_case(self, number: int) -> None:
        """Show one case of the grid by itself."""

        def act() -> None:
            self.view.value = "one"
            self._go_to(number)

        self._act(act)

    def _select_all(self) -> None:
        if self.view.value == "one":
            return self.say("All of these are chosen in the grid; press g for it.")
        every = [int(number) for number in self.shown]
        self.grid.selected = [] if self.grid.selected == every else every
        return None

    def _meant(self) -> pd.DataFrame:
        """The cases that a decision is about."""
        if self.view.value == "grid":
            return self.cases.loc[[n for n in self.grid.selected if n in self.shown]]
        return self.cases.loc[[] if self.case is None else [self.case.name]]

    def _relabel(self) -> None:
        typed = self.new_class.value.strip()
        if not typed:
            return self._relabel_to(self.new_label.value)
        if typed in self.labels:
            return self._relabel_to(typed)
        hint = suggestion(typed, self.labels)
        words = f"There is no class {named(typed)} yet{hint}. Press Relabel (s) again to add it."
        if self._confirmed(("new class", typed), words):
            self._relabel_to(typed, new=True)
        return None

    def _relabel_to(self, label: str | None, new: bool = False) -> None:
        if label is None and self.case is not None:
            return self.say(NO_CLASS, "notice")
        self._record("relabel", label, new)
        return None

    def _record(self, action: str, label: str | None = None, new: bool = False) -> None:
        cases = self._meant()
        if cases.empty:
            return self.say(NOTHING_CHOSEN, "notice") if self.view.value == "grid" else None
        made = decisions_about(cases, action, self.target.value, label, self.note.value.strip())
        same = [action == "relabel" and self._given[name] == label for name in made.index]
        already = made.index[same]
        if len(already) == len(made):
            return self.say(f"Its label is {named(label)} already; choose another.", "notice")
        made = made.drop(already)
        if action == "drop" and not self._may_drop(list(made.index)):
            return None
        try:
            self.decision_log.record_all(made, new or label in self.labels, seen=self._seen)
        except DecidedMeanwhile as other:
            return self._tell_meanwhile(other.images)
        if new:
            self._add_class(label)
        self.standing, self.note.value = self.decision_log.current(), ""
        self._outcome = "recorded"
        self._tell_recorded(made, len(already))
        return self._go_on()

    def _may_drop(self, names: list[str]) -> bool:
        """Whether no pair loses its last image, or the person has said that it may."""
        lost = lost_pairs(self.cases, self.standing, names)
        if lost.empty:
            return True
        first = " and ".join(plain(name) for name in lost.iloc[0])
        what = f"the pair {first}" if len(lost) == 1 else f"{len(lost):,} pairs, the first {first}"
        words = f"That would leave neither image of {what}. Press Drop (d) again to drop both."
        return self._confirmed(("drop", *names), words)

    def _tell_recorded(self, made: pd.DataFrame, already: int) -> None:
        if len(made) <= 2:
            words = ", ".join(f"{describe(self.standing, n)} ({plain(n)})" for n in made.index)
            self.say(f"Recorded: {words}.")
        else:
            words = describe(self.standing, made.index[0])
            self.say(f"Recorded for {len(made):,} images: {words}. Undo (u) takes all of it back.")
        if already:
            self.say(f"{already:,} have that label already and are left as they are.")

    def _tell_meanwhile(self, images: list[str]) -> None:
        """Show what another notebook has decided about these images unseen."""
        self.standing = self.decision_log.current()
        words = some([f"{describe(self.standing, name)} ({plain(name)})" for name in images])
        self.say(f"Decided elsewhere meanwhile: {words}. Press again to overrule.", "notice")
        self._draw()

    def _add_class(self, label: str) -> None:
        self.labels = sorted([*self.labels, label], key=lambda one: (plain(one), one))
        value, self.new_label.options = self.new_label.value, self._label_options()
        self.new_label.value = value
        self.numbered += [label] * (len(self.numbered) < 9)

    def _go_on(self) -> None:
        """Show the next undecided case; in the grid, what was decided."""
        if self.view.value == "grid":
            self._outcome = "moved"
            self.grid.selected, self.new_class.value = [], ""
            return self._draw()
        left = self.shown[~decided(self.cases.loc[self.shown], self.standing).to_numpy()]
        if len(left):
            self._outcome = "moved"
            return self._go_to(left[left.searchsorted(self.case.name) % len(left)])
        self.say("Nothing shown is left undecided.")
        return self._draw()

    def _undo(self) -> None:
        try:
            undone = self.decision_log.undo_all(seen=self._seen)
        except DecidedMeanwhile as other:
            return self._tell_meanwhile(other.images)
        self._outcome = "moved"
        names = [one["image_id"] for one in undone]
        self.standing = self.decision_log.current()
        words = [f"{plain(name)} is back to “{describe(self.standing, name)}”" for name in names]
        if len(names) > 2:
            words = [f"{len(names):,} decisions are taken back: {undone[0]['action']}"]
        self.say("; ".join(words) or "There is nothing to undo.")
        numbers = self.shown[self.cases.loc[self.shown, "image_id"].isin(names)]
        return self._go_to(numbers[0]) if len(numbers) else self._draw()

    def _show_keys(self) -> None:
        shown = self.help.layout.display is None
        self.help.value = markup.KEYS
        self.help.layout.display = "none" if shown else None

    def _zoom(self, side: int | None = None) -> None:
        """Show the picture at full size, or go back to the usual one."""
        names = images_of(self.case)
        side = self.target.value if side is None else side
        if self.zoomed.value or side >= len(names) or self.view.value == "grid":
            return self._close()
        self.zoomed.value = markup.zoomed_html(self.dataset, names[side])
        self.zoomed.layout.display, self.beside.layout.display = None, "none"
        return None


def review(
    dataset,
    suspects: pd.DataFrame,
    log: DecisionLog | None = None,
    features: pd.DataFrame | None = None,
) -> Reviewer:
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
    features : pd.DataFrame by image_id, optional
        Columns of numbers, e.g. from `embed`: beside a suspect stand the images nearest by them
        of its given and of its suggested class. Without them, other images of these classes.

    Raises
    ------
    ValueError
        Where `suspects` names no image of the dataset, or `features` are no numbers.
    """
    return Reviewer(dataset, suspects, log, features)


def review_of(dataset, image_ids: list[str]) -> Reviewer:
    """Return the review of images that a person picked out."""
    return review(dataset, pd.DataFrame({"image_id": image_ids, "issue": "selected"}))
