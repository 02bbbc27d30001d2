"""The frame the widgets share: look, controls, and callbacks that never fail unseen."""

from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path

from anywidget import AnyWidget
from IPython.display import display
from ipywidgets import HTML, Button, Dropdown, GridBox, HBox, IntSlider, VBox

from helpers.datasets import DatasetError
from helpers.panels.still import LiveStill

STYLE = """<style>
.workbook {max-width: 900px; padding: 12px; border: 1px solid var(--jp-border-color2, #ddd);
  border-radius: 8px; box-sizing: border-box; gap: 8px;
  --jp-widgets-dropdown-arrow: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'\
 viewBox='0 0 18 18'%3E%3Cpath d='M5 7l4 4 4-4' fill='none' stroke='%238a8f94'\
 stroke-width='2'/%3E%3C/svg%3E")}
.workbook .row {flex-flow: row wrap; gap: 8px; align-items: flex-end; overflow: visible}
.workbook .grid {grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 8px}
.workbook :is(.row, .grid) > * {margin: 0; align-self: end}
.workbook .stack {flex-direction: column; height: auto; align-items: stretch; min-width: 0}
.workbook .stack > label {text-align: left; height: 20px; line-height: 20px; font-size: 12px;
  width: auto; max-width: none; color: var(--jp-ui-font-color2, #555)}
.workbook .stack > :is(select, input) {flex: 0 0 28px; height: 28px}
.workbook .stack > textarea {max-width: 100%; box-sizing: border-box}
.workbook .stack > .slider-container {flex: 0 0 28px}
.workbook .stack .noUi-horizontal {margin-top: 12px}
.workbook .stack.widget-slider {position: relative}
.workbook .stack > .widget-readout {position: absolute; top: 0; right: 0; margin: 0; height: 20px;
  line-height: 20px; min-width: 0; text-align: right; font-size: 12px; width: auto}
.workbook .stack.widget-toggle-buttons > div {display: flex; flex-wrap: wrap; gap: 2px}
.workbook .stack .widget-toggle-button {margin: 0; width: auto; height: 28px}
.workbook .stack .widget-toggle-button.mod-active {box-shadow: inset 0 0 0 2px #2f6fd0}
.workbook :is(.row, .grid) > .stack.widget-slider {margin-right: 10px}
.workbook:focus-visible {outline: 2px solid #2f6fd0; outline-offset: -2px}
.workbook .jupyter-button:focus-visible {outline: 2px solid #2f6fd0; outline-offset: 1px}
.workbook .widget-html-content {line-height: 1.5}
.workbook figure {margin: 0; min-width: 0}
.workbook figcaption {margin-top: 4px}
.workbook figure > :is(img, .unreadable) {display: block; width: 100%; height: 400px;
  max-height: none; object-fit: contain; border-radius: 4px; box-sizing: border-box;
  background: var(--jp-layout-color2, #f4f4f2)}
.workbook .unreadable {padding: 8px; font-size: 11px; overflow: hidden; overflow-wrap: anywhere}
.workbook .unreadable b {display: block}
.workbook .page .widget-html-content {display: grid; gap: 12px 10px;
  grid-template-columns: repeat(auto-fill, minmax(max(84px, (100% - 51px) / 6), 1fr))}
.workbook .page figure > :is(img, .unreadable) {height: auto; aspect-ratio: 1}
.workbook .page figcaption * {display: block; font-size: 11px; white-space: nowrap;
  overflow: hidden; text-overflow: ellipsis}
.workbook .sides .widget-html-content {display: flex; gap: 10px}
.workbook .sides figure {flex: 1}
.workbook .details {max-height: 400px; overflow: auto}
.workbook .details table {border-collapse: collapse; font-size: 12px; margin: 0; width: 100%}
.workbook .details :is(th, td) {text-align: left; padding: 2px 10px 2px 0; vertical-align: top;
  border-bottom: 1px solid var(--jp-border-color3, #eee); overflow-wrap: anywhere}
.workbook .details th {font-weight: normal; width: 1%; white-space: nowrap}
.workbook .details .differs td {font-weight: bold}
.workbook :is(.problem, .unreadable b) {color: var(--jp-error-color0, #b42318); font-weight: 600}
.workbook :is(.quiet, .details th) {color: var(--jp-ui-font-color2, #666)}
.workbook :is(.mark, .notice) {padding: 2px 10px; border-radius: 9px; color: #222; background: #eee}
.workbook :is(.mark.keep, .keep.jupyter-button) {background: #cfe8d5; color: #1f2328}
.workbook :is(.notice, .mark.drop, .drop.jupyter-button) {background: #f6d0c8; color: #1f2328}
.workbook :is(.mark.relabel, .relabel.jupyter-button) {background: #cfe0f5; color: #1f2328}
.workbook progress {display: block; width: 100%; height: 8px; accent-color: #4c8b6b}
@media (max-width: 480px) {
  .workbook .sides figure > img {height: auto; max-height: 400px}
  .workbook .wide > .widget-html-content {overflow-x: auto}
  .workbook .wide > .widget-html-content > img {max-width: none !important; width: 620px}
}
</style>"""


class Focus(AnyWidget):
    """Keeps the keys pressed in the panel around it from the notebook; see ``focus.js``."""

    _esm = Path(__file__).with_name("focus.js").read_text(encoding="utf-8")


class Panel(VBox):
    """A box of controls whose text form is one stable sentence.

    Where no kernel runs, it leaves a still picture behind (`LiveStill`).

    Attributes
    ----------
    status : HTML
        What has just happened, and any error.
    count, picture, details : HTML
        How many there are, the image or images, and what is known about them.
    position, back, forward : controls
        The page or suspect on show, counted from 1.
    error : Exception or None
        What the last action raised; the status line shows it as well.
    """

    def __init__(self, summary: str):
        super().__init__()
        self._summary, self._busy, self.error = summary, False, None
        self.position = IntSlider(1, 1, 1, continuous_update=False, layout={"flex": "1 1 150px"})
        self.back, self.forward = button("Back", "chevron-left"), button("Next", "chevron-right")
        self.status, self.count, self.picture, self.details = (HTML() for _ in range(4))
        self.add_class("workbook")
        self._still = LiveStill(self)

    def __repr__(self) -> str:
        return self._summary

    def fill(self, *parts) -> None:
        """Show `parts` below each other."""
        hidden = {"display": "none"}
        self.children = [
            HTML(STYLE + self._still.style(), layout=hidden),
            Focus(layout=hidden),
            *parts,
        ]

    def _ipython_display_(self) -> None:
        display(self._repr_mimebundle_(), raw=True)
        self._still.show()

    def say(self, text: str, kind: str = "quiet") -> None:
        """Add to the status line; `kind` is "quiet", "notice" or "problem"."""
        self.status.value += f'<span role="status" class="{kind}">{escape(text)}</span> '

    def answer(self, function: Callable[[], None], *controls) -> None:
        """Call `function` when a button is clicked or a control changes its value.

        Changes that it makes to controls itself start nothing further.
        """
        for one in controls:
            if isinstance(one, Button):
                one.on_click(lambda _: self._act(function))
            else:
                one.observe(lambda _: self._act(function), "value")

    def _act(self, function: Callable[[], None]) -> None:
        if self._busy:
            return
        self._busy, self.error, self.status.value = True, None, ""
        try:
            self.before()
            function()
        except Exception as error:
            self.error = error
            # What is meant for the person at the screen is told as it is.
            kind = "" if isinstance(error, DatasetError) else f"{type(error).__name__}: "
            self.say(f"{kind}{error}", "problem")
        finally:
            self._busy = False
            self._still.renew()

    def before(self) -> None:
        """Prepare any action."""

    def steps(self, show: Callable[[], None]) -> HBox:
        """Return the slider `position` between `back` and `forward`; each move calls `show`."""

        def step(by: int) -> None:
            self.position.value += by  # the slider stops at its ends
            show()

        self.answer(partial(step, -1), self.back)
        self.answer(partial(step, 1), self.forward)
        self.answer(show, self.position)
        return row(self.back, self.position, self.forward)


def control(kind: type, description: str, width: str = "auto", **settings):
    """Return a control with its label above it."""
    made = kind(description=description, **settings)
    made.layout.width = width
    return made.add_class("stack")


def choice(description: str, options: list, width: str = "auto", **settings) -> Dropdown:
    """Return a dropdown with its label above it.

    Raises
    ------
    ValueError
        Where a value is None, by which ipywidgets means that nothing is chosen: the list would be
        blank as long as that option is on show.
    """
    if any(isinstance(one, tuple) and one[1] is None for one in options):
        raise ValueError(f"{description}: no option may have the value None; give it another")
    return control(Dropdown, description, width, options=options, **settings)


def button(description: str, icon: str, look: str = "plain", tooltip: str = "") -> Button:
    """Return a button with an icon; `look` may be "keep", "drop" or "relabel"."""
    made = Button(description=description, icon=icon, tooltip=tooltip, layout={"width": "auto"})
    return made.add_class(look)


def row(*children) -> HBox:
    """Return controls side by side, wrapping where they do not fit."""
    return HBox(children).add_class("row")


def grid(*children) -> GridBox:
    """Return controls in columns of equal width, as many as fit."""
    return GridBox(children).add_class("grid")
