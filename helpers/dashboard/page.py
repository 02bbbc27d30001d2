"""The page: steps on one side, and the one that is open beside them, made when first opened."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path

import pandas as pd
from anywidget import AnyWidget
from ipywidgets import HTML, Box, VBox, Widget
from traitlets import Int, List, Unicode

from helpers.dashboard import learning, looking
from helpers.dashboard.study import Study
from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import count, some
from helpers.panels.panel import STYLE, button, row
from helpers.panels.text import plain, safe

ASKED = "WORKBOOK_DASHBOARD"
"""The environment variable by which the command tells the page what to open, as JSON."""
HERE = Path(__file__).parent
BUSY, DONE, FAILED = "busy", "done", "failed"

PARTS = {part.name: part for part in (*looking.PARTS, *learning.PARTS, looking.EXPORT)}
"""All steps, in their order."""


class Steps(AnyWidget):
    """The list of steps; see ``steps.js``."""

    _esm = (HERE / "steps.js").read_text(encoding="utf-8")
    names = List(Unicode()).tag(sync=True)
    states = List(Unicode()).tag(sync=True)
    selected = Int(0).tag(sync=True)


class Dashboard(VBox):
    """The whole page.

    Parameters
    ----------
    dataset, groups, home, background
        As for `build_dashboard`.
    report_command : str
        What to type for a report on the same images.

    Attributes
    ----------
    study : Study
        The tables behind it.
    steps : Steps
        Their names and states, and which is open.
    bodies : dict of name → VBox
        What stands below the heading of each step.
    widgets : dict of name → Widget
        What was made for each step that was opened.
    errors : dict of name → Exception
        What stopped a step.
    suspects : (str, DataFrame) or None
        A name and the suspects that Review shows; None for all.
    """

    def __init__(
        self,
        dataset: Dataset,
        groups: Sequence[str] | None,
        home: Path,
        background: bool,
        report_command: str,
    ):
        super().__init__()
        self.study, self.home = Study(dataset, groups), home.absolute()
        self.report_command = report_command
        self._pool = ThreadPoolExecutor(1) if background else None
        self._made_for: dict[str, object] = {}
        self.suspects: tuple[str, pd.DataFrame] | None = None
        self.widgets: dict[str, Widget] = {}
        self.errors: dict[str, Exception] = {}
        parts = [one for one in PARTS.values() if self.study.trainable or not one.labels]
        self.bodies = {one.name: VBox() for one in parts}
        names = [*self.bodies]
        self.steps = Steps(names=names, states=[""] * len(names)).add_class("steps")
        self.boxes = {name: VBox([_heading(name), body]) for name, body in self.bodies.items()}
        style = f"<style>{(HERE / 'page.css').read_text(encoding='utf-8')}</style>{STYLE}"
        top, hidden = HTML(_top(dataset, self.study.trainable)), {"display": "none"}
        rest = VBox([HTML(style, layout=hidden), *self.boxes.values()])
        self.children = [top.add_class("top"), self.steps, rest.add_class("open")]
        self.add_class("dashboard")
        self.steps.observe(lambda _: self._show(), "selected")
        self._show()

    def __repr__(self) -> str:
        return f"Dashboard of {self.study.dataset.name}: {some(self.bodies, 12)}"

    @property
    def selected(self) -> str:
        """The name of the step that is open."""
        return [*self.bodies][self.steps.selected]

    def go_to(self, name: str) -> None:
        """Go to a step; it is made where it is new, or what it rests on has changed."""
        self.steps.selected = [*self.bodies].index(name)
        self._show()

    def review(self, image_ids: list[str]) -> None:
        """Review these images alone."""
        rows = pd.DataFrame({"image_id": list(image_ids), "issue": looking.CHOSEN})
        self.review_suspects(looking.CHOSEN, rows)

    def review_suspects(self, name: str, suspects: pd.DataFrame) -> None:
        """Review a table of suspects, as `helpers.widgets.review` takes it, under a name."""
        self.suspects = (name, suspects)
        self._made_for.pop("Review", None)
        self.go_to("Review")

    def _show(self) -> None:
        name = self.selected
        for other, box in self.boxes.items():
            box.layout.display = None if other == name else "none"
        if self.state(name) == BUSY:
            return
        key = PARTS[name].key(self)
        if self._made_for.get(name, self) != key:
            self._made_for[name] = key
            self.run(name, lambda: PARTS[name].build(self))

    def state(self, name: str) -> str:
        """ "busy", "done", "failed", or nothing where a step was not opened yet."""
        return self.steps.states[[*self.bodies].index(name)]

    def run(self, name: str, job: Callable[[], Widget]) -> None:
        """Show what `job` returns as the step `name`; until then, that it is busy."""
        self._set_state(name, BUSY)
        self.say(name, "One moment")
        if self._pool is None:
            self._work(name, job)
        else:
            self._pool.submit(self._work, name, job)

    def wait(self) -> None:
        """Return when nothing is being computed any more."""
        if self._pool is not None:
            self._pool.submit(lambda: None).result()

    def say(self, name: str, words: str, share: float | None = None) -> None:
        """Tell in a step how far its making is; `share` is 0 to 1, or None for not known."""
        value = "" if share is None else f' value="{share:.3f}"'
        bar = f'<progress aria-label="{escape(words)}"{value}></progress>'
        told = f'<div class="busy" role="status">{escape(words)} …{bar}</div>'
        shown = self.bodies[name].children
        if len(shown) == 1 and isinstance(shown[0], HTML) and "busy" in shown[0]._dom_classes:
            shown[0].value = told
        else:
            self.bodies[name].children = [HTML(told).add_class("busy")]

    def _work(self, name: str, job: Callable[[], Widget]) -> None:
        self.errors.pop(name, None)
        try:
            made = job()
            self.widgets[name], state = made, DONE
        except Exception as error:  # a step that fails must leave the others alone, and say why
            self.errors[name], state = error, FAILED
            made = self._problem(name, error, job)
        self.bodies[name].children = [made]
        self._set_state(name, state)

    def _problem(self, name: str, error: Exception, job: Callable[[], Widget]) -> Box:
        again = button("Try again", "refresh")
        again.on_click(lambda _: self.run(name, job))
        known = isinstance(error, DatasetError)
        told = plain(str(error)) if known else f"{type(error).__name__}: {plain(str(error))}"
        first = "This step cannot be shown." if known else "An error stopped this step."
        words = f'<p class="problem" role="alert">{first}</p><p>{escape(told)}</p>'
        return VBox([HTML(words), row(again)])

    def _set_state(self, name: str, state: str) -> None:
        states = list(self.steps.states)
        states[[*self.bodies].index(name)] = state
        self.steps.states = states


def _heading(name: str) -> HTML:
    part = PARTS[name]
    return HTML(f'<h2>{escape(part.name)}</h2><p class="lead">{escape(part.question)}</p>')


def _top(dataset: Dataset, trainable: bool) -> str:
    images = dataset.images
    classes = f", {count(dataset.classes, 'class')}" if dataset.labelled else ", without labels"
    notes = "".join(f"<li>{escape(plain(note))}</li>" for note in dataset.notes)
    noted = f"<details><summary>What was concluded on opening it ({len(dataset.notes)})</summary>"
    noted = f"{noted}<ul>{notes}</ul></details>" if notes else ""
    less = "" if trainable else (
        "<p>Training needs labels of two classes or more, so only steps that do without are here."
        "</p>")  # fmt: skip
    return (
        f"<h1>{safe(dataset.name)}</h1><p>{count(images, 'image')}{classes}. Nothing in its folder "
        f"is changed; what you decide is kept in the log that the notebooks use.</p>{less}{noted}"
    )


def build_dashboard(
    source: Dataset | str | os.PathLike | None = None,
    named: Mapping[str, str] | None = None,
    groups: Sequence[str] | None = None,
    home: str | os.PathLike | None = None,
    background: bool = True,
) -> Dashboard:
    """Return the page for a dataset; leave it on a cell's last line to show it.

    Parameters
    ----------
    source : Dataset, name or path
        As for `helpers.open_dataset`.
    named : dict, optional
        What else that is told: label, split, group.
    groups : list of str, optional
        Columns whose parts are scored by themselves; all of few values if left out.
    home : str or Path, optional
        Where exports are written unless another folder is typed; the present one if left out.
    background : bool
        Compute beside the page, so that other steps can be used meanwhile. Off: at once, in tests.
    """
    from helpers import open_dataset

    if isinstance(source, Dataset):
        dataset, named = source, None
        source = dataset.name if dataset.name == "leaves" else dataset.root
    else:
        dataset = open_dataset(source, progress=False, **(named or {}))
    report = looking.report_command(source, named, groups)
    return Dashboard(dataset, groups, Path(home or "."), background, report)


def show_dashboard() -> Dashboard | HTML:
    """What ``dashboard.ipynb`` shows: the page of what the command was given."""
    import matplotlib as mpl

    from helpers.plots.style import use_style

    mpl.use("agg")
    use_style()
    try:
        return build_dashboard(**json.loads(os.environ.get(ASKED, "{}")))
    except Exception as error:  # it would be lost: the server shows no traces
        kind = "" if isinstance(error, DatasetError) else f"{type(error).__name__}: "
        return HTML(f'<p role="alert">{safe(kind + str(error))}</p>')
