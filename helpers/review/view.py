"""What the review shows and the controls it is used by; `reviewer` says what they do."""

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
from ipywidgets import HTML, HBox, Text, ToggleButtons

from helpers.datasets import DatasetError
from helpers.panels import selection
from helpers.panels.panel import Panel, button, choice, control, grid, row
from helpers.panels.pictures import Pictures
from helpers.panels.text import details_html, named, plain
from helpers.review import markup
from helpers.review.cases import as_cases, decided, images_of, mark_html, marks, rows, short, told
from helpers.review.examples import Examples
from helpers.review.keys import Keys
from helpers.review.suspect_grid import SIDE, SuspectGrid, thumbnail

FIELDS = {"n": {"at": ".note input", "enter": None}, "0": {"at": ".new-class input", "enter": "s"}}
KNOWN = [*"kdcsu?lrzga", *"123456789", "ArrowLeft", "ArrowRight", "Escape"]


class ReviewView(Panel):
    """The cases, the controls around them, and how a case or the grid is drawn."""

    def __init__(self, dataset, suspects: pd.DataFrame, features: pd.DataFrame | None):
        self.cases, self.case = as_cases(dataset, suspects), None
        super().__init__(f"Review of {dataset.name}: {len(self.cases):,} suspects")
        self.dataset, self.pictures = dataset, Pictures(dataset, 800, 12)
        self.thumbnails = Pictures(dataset, 200, 200)
        suspected = {*self.cases["image_id"], *self.cases["other_id"].dropna()}
        self._examples = Examples(dataset, suspected, features)
        self._given = dataset.images["label"].to_dict()
        self._ahead = ThreadPoolExecutor(1)
        self.standing = self._seen = pd.DataFrame()
        self.shown = self.cases.index
        self._make_controls()
        self._arrange()

    def _make_controls(self) -> None:
        labels = {*self.dataset.classes, *self.cases["suggestion"].dropna()}
        self.labels = sorted(labels, key=lambda label: (plain(label), label))
        self.numbered = self._most_asked() if len(labels) > 9 else list(self.labels)
        self.issue = choice("Issue", selection.choices(self.cases["issue"]))
        self.progress = choice("Progress", ["all", "undecided", "decided"])
        views = [("one at a time", "one"), ("grid", "grid")]
        self.view = control(ToggleButtons, "Show", options=views)
        self.target = control(ToggleButtons, "Decide about", options=[("left", 0), ("right", 1)])
        self.keep = button("Keep", "check", "keep", "It is right as it is (k)").add_class("key-k")
        self.drop = button("Drop", "ban", "drop", "Leave it out; the file itself stays (d)")
        self.new_label = choice("New label", self._label_options(), "148px")
        self.relabel = button("Relabel", "tag", "relabel", "Give it the new label (s)")
        self.unsure = button("Cannot tell", "question", "unsure", "Looked at, left as it is (c)")
        self.undo = button("Undo", "undo", tooltip="Take the last decision back (u)")
        for one, key in zip((self.drop, self.relabel, self.unsure, self.undo), "dscu", strict=True):
            one.add_class(f"key-{key}")
        typed = {"continuous_update": False}
        self.new_class = control(Text, "or a new class", "148px", **typed).add_class("new-class")
        note = "Note, kept with the decision (optional)"
        self.note = control(Text, note, "260px", **typed).add_class("note")
        self.select_all = button("All of these", "th", tooltip="Choose all that are shown (a)")
        self.select_all.add_class("key-a")
        self.claim, self.examples, self.zoomed, self.classes, self.chosen, self.help = (
            HTML() for _ in range(6)
        )
        self.grid = SuspectGrid(self._thumbnail, lambda number: self.open_case(number))
        label = f"Review of {self.dataset.name}; press ? for the keys"
        self.keyboard = Keys(
            lambda key, seen: self.press(key, seen),
            self._typed,
            known=KNOWN,
            fields=FIELDS,
            label=label,
        )

    def _typed(self, field: str, text: str) -> None:
        """Take the text that a field was left with by Enter or Escape."""
        {"n": self.note, "0": self.new_class}[field].value = text

    def _label_options(self) -> list[tuple[str, str]]:
        return [(named(name), name) for name in self.labels]

    def _most_asked(self) -> list[str]:
        """The nine classes that these suspects are about most often, in the order of all."""
        asked = pd.concat([self.cases["suggestion"], self.cases["label"]]).value_counts()
        return [name for name in self.labels if name in asked.index[:9]]

    def _arrange(self) -> None:
        self.picture.add_class("sides")
        self.examples.add_class("examples")
        self.zoomed.add_class("zoomed")
        self.status.add_class("status")
        self.beside = HBox([self.picture, self.examples]).add_class("beside")
        self.stepping = self.steps(lambda: self.show())
        choosing = row(self.select_all, self.chosen)
        self.single = (self.claim, self.beside, self.stepping, self.details)
        self.many = (choosing, self.grid)
        hidden = {"display": "none"}
        self.keyboard.layout = hidden
        self.zoomed.layout.display = self.help.layout.display = "none"
        self.fill(
            self.keyboard,
            grid(self.issue, self.progress, self.view, self.count),
            self.claim,
            self.zoomed,
            self.beside,
            choosing,
            self.grid,
            row(self.target, self.keep, self.drop, self.unsure, self.undo),
            row(self.new_label, self.new_class, self.relabel),
            self.classes,
            row(self.note, self.stepping),
            self.status,
            HTML(markup.HINT),
            self.help,
            self.details,
        )
        self.add_class("review")

    def _close(self) -> None:
        self.zoomed.value, self.zoomed.layout.display = "", "none"
        self.help.value, self.help.layout.display = "", "none"
        self.beside.layout.display = "none" if self.view.value == "grid" else None

    def _draw(self) -> None:
        self._seen, many = self.standing, self.view.value == "grid"
        for part in self.single:
            part.layout.display = "none" if many else None
        for part in self.many:
            part.layout.display = None if many else "none"
        self._close()
        total, done = len(self.shown), decided(self.cases.loc[self.shown], self.standing).sum()
        place = "" if many else f"<b>{self.position.value if total else 0:,}</b> of "
        self.count.value = (
            f"{place}{total:,}, {done:,} decided"
            f' <progress value="{done}" max="{max(total, 1)}" aria-label="decided"></progress>'
        )
        pairs = self.cases.loc[self.shown, "other_id"].notna().any() if many else False
        names = images_of(self.case)
        self.keep.description = "Keep both" if len(names) == 2 and not many else "Keep"
        self.target.layout.display = None if pairs or (len(names) == 2 and not many) else "none"
        for one in (self.keep, self.drop, self.relabel, self.unsure):
            one.disabled = not names
        given = None if self.case is None or many else self.case["label"]
        suggested = None if self.case is None or many else self.case["suggestion"]
        self.classes.value = markup.classes_html(self.numbered, len(self.labels), given, suggested)
        if many:
            self._draw_grid()
        else:
            self._draw_one(names)

    def _draw_grid(self) -> None:
        cases = self.cases.loc[self.shown]
        self.grid.at = -1 if self.case is None else int(self.case.name)
        self.grid.marks = marks(cases, self.standing)
        self.grid.cells = [
            {"number": int(number), "short": short(case), "told": told(case, self._given)}
            for number, case in zip(self.shown, rows(cases), strict=True)
        ]
        self._tell_chosen()

    def _tell_chosen(self) -> None:
        self.chosen.value = f"<b>{len(self.grid.selected):,}</b> of {len(self.shown):,} chosen"

    def _draw_one(self, names: list[str]) -> None:
        self.claim.value = markup.told_html(self.dataset, self.case) if names else ""
        words = [mark_html(self.standing, name) for name in names]
        self.picture.value = markup.pictures_html(
            self.pictures.figures(names, words), self.target.value if len(names) == 2 else None
        )
        self.examples.value = self._examples_html(self.case) if names else ""
        (self.beside.add_class if len(names) == 2 else self.beside.remove_class)("pair")
        known = self.dataset.images.loc[names].dropna(axis="columns", how="all")
        self.details.value = details_html(known, *names) if names else ""
        following = self.shown[self.position.value : self.position.value + 1]
        for number in following:  # so that it is there when it is asked for
            self._ahead.submit(self._prepare, self.cases.loc[number])

    def _prepare(self, case) -> None:
        for name in images_of(case):
            self.pictures.image_html(name)
        self._examples_html(case)

    def _examples_html(self, case) -> str:
        labels = [case["suggestion"], *(self._given[name] for name in images_of(case))]
        parts = []
        for label in dict.fromkeys(one for one in labels[::-1] if not pd.isna(one)):
            found, nearest = self._examples.find(images_of(case), label)
            figures = self.thumbnails.figures(found, [""] * len(found))
            role = "suggested" if label == case["suggestion"] else "given"
            parts.append(markup.examples_html(label, role, nearest, figures))
        return "".join(parts)

    def _thumbnail(self, number: int) -> bytes:
        """A JPEG of a case; raises DatasetError where none of its files can be read."""
        images, problem = [], None
        for name in images_of(self.cases.loc[number]):
            try:
                images.append(self.dataset.load(name, at_least=SIDE))
            except DatasetError as error:
                problem = error
        if not images:
            raise problem
        return thumbnail(images)
