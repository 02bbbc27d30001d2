"""A still picture of a panel, as HTML: what a saved notebook shows where no kernel runs.

It is an output of its own, below that of the live widget: of one output with both, JupyterLab takes
the widget, and writes "model not found" once its kernel is gone. Nbconvert, code hosts and a
reopened notebook show the still. Some of them drop every style, so it consists of text, tables and
images that read well without.
"""

import asyncio
import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from io import BytesIO
from secrets import token_hex
from typing import NamedTuple

from IPython.display import display
from ipywidgets import HTML, Box, Button, Widget
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image, ImageOps

from helpers.panels.text import safe
from helpers.plots.names import short_name
from helpers.plots.style import PAPER, alt, figure_html, styled

CAPTION = "A still picture of this widget as it was left; run the cell to use it."
FRAME = "border: 1px solid #ddd; border-radius: 8px; padding: 4px 12px; max-width: 900px"
COLUMNS, WIDTH, LARGEST_SIDE, GAP, LINE = 6, 600, 300, 8, 15
"""Of a sheet of images: how many side by side; in pixels its width, the most that an image is wide
and high, what lies between images, and a line of caption."""
MOST, QUALITY = 24, 65
"""Images on a sheet, and the quality of its JPEG; notebooks stay small."""
UNREADABLE = Image.new("RGB", (3, 3), "#e4e8ec")
PAUSE = 0.5
"""Seconds without a change after which the still is drawn again."""

_FIGURE = re.compile(r"<figure[^>]*>(.*?)<figcaption>(.*?)</figcaption></figure>", re.DOTALL)
_EMBEDDED = re.compile(r'src="data:image/\w+;base64,([^"]*)"')


class Picture(NamedTuple):
    """One of a panel's images, None where it cannot be read, with what stands below it."""

    image: Image.Image | None
    name: str
    lines: list[str]


def still_html(panel: Box) -> str:
    """What a panel shows, as HTML that needs neither kernel nor styles.

    Controls become their names and values, buttons keys, and all images that the panel shows in
    figures one small JPEG with alt text; other HTML stays as it is. A widget that draws in the
    browser says with a method ``still`` what takes its place.
    """
    parts, controls = [], []
    for one in _leaves(panel):
        if not isinstance(one, HTML) and not hasattr(one, "still"):
            controls.append(_control_html(one))
            continue
        shown = one.still() if hasattr(one, "still") else _content_html(one.value)
        if shown:
            parts += [_line(controls), f"<div>{shown}</div>"]
            controls = []
    parts.append(_line(controls))
    body = "".join(parts)
    return f'<figure class="still" style="{FRAME}"><p><em>{CAPTION}</em></p>{body}</figure>'


class LiveStill:
    """The still of a panel on a page, which follows what is done in the panel.

    Where the panel lives, the still is there, hidden; it shows up when the panel is gone.
    """

    def __init__(self, panel: Box):
        self.panel, self._name, self._shown, self._waiting = panel, f"w{token_hex(4)}", None, None
        panel.add_class(self._name)

    def style(self) -> str:
        """What a live panel holds, so that its still is hidden."""
        return f"<style>:has(.{self._name}) + :has(#still-{self._name}) {{display: none}}</style>"

    def show(self) -> None:
        """Put the still below what has been shown."""
        self._shown = display(self._output(), raw=True, display_id=True)

    def renew(self) -> None:
        """Draw the still again, once nothing has been done for a moment."""
        if self._waiting:
            self._waiting.cancel()
        if self._shown:
            with suppress(RuntimeError):  # in a terminal, where nothing is shown, no loop runs
                self._waiting = asyncio.get_running_loop().call_later(PAUSE, self._draw)

    def _draw(self) -> None:
        self._shown.update(self._output(), raw=True)

    def _output(self) -> dict[str, str]:
        name, still = f"still-{self._name}", still_html(self.panel)
        # What stands in the place of a widget that is gone holds words alone.
        dead = ".jp-OutputArea-child:has(> .jupyter-widgets):not(:has(> .jupyter-widgets > *))"
        style = f"<style>{dead}:has(+ * #{name}) {{display: none}}</style>"
        html = f'<div id="{name}">{style}{still}</div>'
        return {"text/plain": repr(self.panel), "text/html": html}


def _leaves(box: Box) -> Iterator[Widget]:
    for one in box.children:
        if one.layout.display == "none":
            continue
        if isinstance(one, Box):
            yield from _leaves(one)
        else:
            yield one


def _line(controls: list[str]) -> str:
    told = " · ".join(filter(None, controls))
    return f"<p>{told}</p>" if told else ""


def _control_html(one: Widget) -> str:
    """A control's name and value; nothing where it has no name or is empty."""
    name = safe(one.description) if one.description else ""
    if isinstance(one, Button):
        return f"<kbd>{name}</kbd>" if name and not one.disabled else ""
    # Not `label`, which is empty where a control was made with its first option as value.
    value = _chosen(one) if hasattr(one, "_options_full") else one.value
    if not name or value in (None, ""):
        return ""
    if hasattr(one, "readout_format"):
        ends = value if isinstance(value, tuple) else (value,)
        value = " to ".join(format(end, one.readout_format) for end in ends)
    return f"{name}: <b>{safe(value)}</b>"


def _chosen(one: Widget) -> str | None:
    return None if one.index is None else one._options_full[one.index][0]


def _content_html(html: str) -> str:
    """`html` with its figures, if it holds any, replaced by one image of all."""
    found = [_read(*one) for one in _FIGURE.findall(html)]
    if not found:
        return html
    rest = _FIGURE.sub("", html)
    return figure_html(sheet(found), QUALITY) + rest


def _read(image: str, caption: str) -> Picture:
    # The spans of a caption stand below each other.
    lines = [unescape(re.sub("<[^>]*>", "", part)) for part in re.split("<span[^>]*>", caption)]
    lines = [line.strip() for line in lines if line.strip()]
    name, data = re.search('alt="([^"]*)"', image), _EMBEDDED.search(image)
    if data is None:
        return Picture(None, "cannot be read", lines)
    read = Image.open(BytesIO(b64decode(data[1]))).convert("RGB")
    return Picture(read, unescape(name[1]) if name else "", lines)


@styled
def sheet(pictures: list[Picture]) -> Figure:
    """A figure of the first `MOST` pictures side by side, each with its lines below it."""
    shown = pictures[:MOST]
    columns = min(len(shown), COLUMNS)
    side = min(WIDTH // columns - GAP, LARGEST_SIDE)
    small = [ImageOps.contain(one.image or UNREADABLE, (side, side)) for one in shown]
    tall = max(image.height for image in small)
    wide, high = side + GAP, tall + GAP + LINE * max(len(one.lines) for one in shown)
    paper = Image.new("RGB", (wide * columns, high * -(-len(shown) // columns)), PAPER)
    figure = Figure(figsize=(paper.width / 100, paper.height / 100), dpi=100, layout="none")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.axis("off")
    for place, one in enumerate(shown):
        x, y = place % columns * wide, place // columns * high
        paper.paste(small[place], (x, y + tall - small[place].height))
        for number, line in enumerate(one.lines, 1):
            _write(ax, x, y + tall + LINE * number - 3, line, side)
    ax.imshow(paper, aspect="auto", interpolation="none")
    more = len(pictures) - len(shown)
    words = [", ".join(filter(None, [one.name, *one.lines])) for one in shown]
    words += [f"and {more} more that the still leaves out"] * (more > 0)
    return alt(figure, f"Images: {'; '.join(words)}.")


def _write(ax: Axes, x: int, y: int, line: str, side: int) -> None:
    """A line of a caption, cut until it is no wider than its image may be, in pixels.

    How many letters fit depends on which: an M is three times as wide as an i.
    """
    room = side // 5
    text = ax.text(x, y, short_name(line, room), fontsize=7.5)
    while room > 4 and text.get_window_extent().width > side:
        room -= 1
        text.set_text(short_name(line, room))
