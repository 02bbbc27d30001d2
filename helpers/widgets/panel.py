"""The frame the widgets share: look, status line, and callbacks that never fail unseen."""

from collections.abc import Callable
from html import escape

from ipywidgets import HTML, Button, Dropdown, HBox, Image, IntSlider, ToggleButtons, VBox
from traitlets import Unicode

STYLE = """<style>
.workbook {max-width: 900px; padding: 12px; border: 1px solid var(--jp-border-color2, #ddd);
  border-radius: 8px; box-sizing: border-box; gap: 8px}
.workbook .row {flex-flow: row wrap; gap: 8px; align-items: flex-end; overflow: visible}
.workbook .row.top {align-items: flex-start; gap: 16px}
.workbook .row > * {margin: 0}
.workbook .stack {flex-direction: column; height: auto; align-items: stretch}
.workbook .stack > label {text-align: left; height: 20px; line-height: 20px; font-size: 12px;
  width: auto; max-width: none; color: var(--jp-ui-font-color2, #555)}
.workbook .stack > :is(select, input) {flex: 0 0 28px; height: 28px}
.workbook .stack .jupyter-button.widget-toggle-button {margin: 0 2px 0 0}
.workbook .jupyter-button:focus-visible {outline: 2px solid #2f6fd0; outline-offset: 1px}
.workbook img {border-radius: 4px; height: auto; align-self: flex-start}
.workbook img.close {width: auto; max-width: 370px; max-height: 400px}
.workbook .widget-html-content {line-height: 1.5}
.workbook .details {max-height: 300px; overflow: auto}
.workbook .details table {border-collapse: collapse; font-size: 12px; margin: 0; width: 100%}
.workbook .details :is(th, td) {text-align: left; padding: 2px 10px 2px 0; vertical-align: top;
  border-bottom: 1px solid var(--jp-border-color3, #eee)}
.workbook .details td {overflow-wrap: anywhere}
.workbook .details th {font-weight: normal; color: var(--jp-ui-font-color2, #555); width: 1%;
  white-space: nowrap}
.workbook .details .differs td {font-weight: bold}
.workbook .problem {color: var(--jp-error-color0, #b42318); font-weight: 600}
.workbook .notice {background: #fff4d6; color: #5c4300; padding: 3px 8px; border-radius: 4px}
.workbook .quiet {color: var(--jp-ui-font-color2, #666)}
.workbook .mark {padding: 2px 10px; border-radius: 10px; color: #1f2328; background: #e7e7e3}
.workbook :is(.mark.keep, .keep.jupyter-button) {background: #cfe8d5; color: #1f2328}
.workbook :is(.mark.drop, .drop.jupyter-button) {background: #f6d0c8; color: #1f2328}
.workbook :is(.mark.relabel, .relabel.jupyter-button) {background: #cfe0f5; color: #1f2328}
.workbook .bar {height: 6px; border-radius: 3px; background: #e7e7e3; overflow: hidden}
.workbook .bar div {height: 6px; background: #4c8b6b}
</style>"""


class Panel(VBox):
    """A box of controls whose text form is one stable sentence.

    Attributes
    ----------
    status : HTML
        What has just happened, and any error.
    error : Exception or None
        What the last action raised; the status line shows it as well.
    """

    def __init__(self, summary: str):
        super().__init__()
        self._summary, self._busy, self.error = summary, False, None
        self.status = HTML()
        self.add_class("workbook")

    def __repr__(self) -> str:
        return self._summary

    def say(self, text: str, kind: str = "quiet") -> None:
        """Add to the status line; `kind` is "quiet", "notice" or "problem"."""
        self.status.value += f'<span role="status" class="{kind}">{escape(text)}</span> '

    def answer(self, function: Callable[[], None], *controls) -> None:
        """Call `function` when a button is clicked or a control changes its value.

        Changes that it makes to controls itself start nothing further.
        """
        for one in controls:
            if isinstance(one, Button):
                one.on_click(lambda _: self.act(function))
            else:
                one.observe(lambda _: self.act(function), "value")

    def act(self, function: Callable[[], None]) -> None:
        """Call `function` now, between `before` and `after`, and show what it raises."""
        if self._busy:
            return
        self._busy, self.error, self.status.value = True, None, ""
        try:
            self.before()
            function()
            self.after()
        except Exception as error:
            self.error = error
            self.say(f"{type(error).__name__}: {error}", "problem")
        finally:
            self._busy = False

    def before(self) -> None:
        """Prepare any action."""

    def after(self) -> None:
        """Finish any action that went well."""


class Picture(Image):
    """A picture with a text for those who cannot see it, set as `tooltip`.

    ipywidgets 8 reads an image's `description` in the browser before it shows a tooltip, and
    fails where there is none.
    """

    description = Unicode("").tag(sync=True)


def control(kind: type, description: str, tooltip: str, width: str = "148px", **settings):
    """Return a control with its label above it."""
    made = kind(description=description, tooltip=tooltip, **settings)
    made.layout.width = width
    return made.add_class("stack")


def choice(description: str, tooltip: str, options: list, width: str = "148px", **settings):
    """Return a dropdown with its label above it."""
    return control(Dropdown, description, tooltip, width, options=options, **settings)


def offer(dropdown: Dropdown, options: list) -> None:
    """Give a dropdown other options and choose the first."""
    dropdown.options = options
    dropdown.index = 0 if options else None


def toggle(description: str, tooltip: str, options: list) -> ToggleButtons:
    """Return a row of buttons of which one is down."""
    made = control(ToggleButtons, description, tooltip, "auto", options=options)
    made.style.button_width = "auto"
    return made


def slider(description: str, tooltip: str) -> IntSlider:
    """Return a slider from 1 that answers when it is let go."""
    made = IntSlider(1, 1, 1, description=description, tooltip=tooltip, continuous_update=False)
    made.layout.width, made.style.description_width = "380px", "auto"
    return made


def button(description: str, tooltip: str, icon: str, look: str = "plain") -> Button:
    """Return a button with an icon; `look` may be "keep", "drop" or "relabel"."""
    made = Button(description=description, tooltip=tooltip, icon=icon, layout={"width": "auto"})
    return made.add_class(look)


def row(*children, top: bool = False) -> HBox:
    """Return controls side by side, wrapping where they do not fit."""
    return HBox(children).add_class("row").add_class("top" if top else "bottom")
