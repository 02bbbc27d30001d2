"""The one house style: colours, type, and alt text."""

from __future__ import annotations

import colorsys
from base64 import b64encode
from collections.abc import Iterable
from html import escape
from io import BytesIO
from textwrap import fill

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import LogLocator, NullFormatter

from helpers.plots.names import drawable, font_families

INK, MUTED, GRID, PAPER = "#22303c", "#6b7680", "#e4e8ec", "#ffffff"
ACCENT, FLAG, INNOCENT = "#35618f", "#bd1f01", "#94a4a2"
FAMILIES = {"colour": "#e76300", "texture": "#1f77b4", "form": "#0b5345"}

# Chosen by search among published palettes: any two differ by at least 16 (CIEDE2000) to full
# colour vision and 11 under complete protanopia, deuteranopia or tritanopia (Machado et al., 2009).
CLASS_COLOURS = [
    *("#1f77b4", "#ffa90e", "#717581", "#0b5345", "#c77dff", "#9ad1f5"),
    # Red is for what is flagged or wrong, so a class gets it only where there are more than ten.
    *("#e76300", "#332288", "#b9ac70", "#a96b59", FLAG, "#94a4a2"),
]

STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.prop_cycle": plt.cycler(color=CLASS_COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlepad": 12,
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "figure.facecolor": PAPER,
    "figure.figsize": (9, 4),
    "font.family": font_families(),
    "font.size": 10,
    "grid.color": GRID,
    "legend.frameon": False,
    "text.color": INK,
    "text.parse_math": False,  # a class may be called $x_1$
    "xtick.color": MUTED,
    "xtick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.color": INK,
    "ytick.major.size": 0,
}
styled = plt.rc_context(STYLE)


def palette(classes: Iterable[str]) -> dict[str, str]:
    """A fixed colour for each class, by its place in the sorted list of all classes.

    Up to 12 classes get colours that stay apart under colour blindness; with more, colours only
    help, and figures name the classes.
    """
    classes = sorted(set(classes))
    if len(classes) <= len(CLASS_COLOURS):
        return dict(zip(classes, CLASS_COLOURS, strict=False))
    tones, found = ((0.75, 0.75), (0.45, 0.9), (0.9, 0.45)), {}
    for i, name in enumerate(classes):
        rgb = colorsys.hsv_to_rgb(i * 0.618034 % 1, *tones[i % 3])
        found[name] = "#" + "".join(f"{round(255 * channel):02x}" for channel in rgb)
    return found


def axes(ax: Axes | None, height: float) -> Axes:
    """The Axes given, or those of a new figure as wide as a notebook."""
    return plt.subplots(figsize=(9, height))[1] if ax is None else ax


def titled(ax: Axes, title: str, description: str = "", bare: Iterable[str] = ()) -> Axes:
    """Give `ax` its title and alt text, and hide the `bare` spines."""
    ax.set_title(fill(drawable(title), 84))
    for text in ax.findobj(Text):  # Axes that were made elsewhere read $…$ as mathematics
        text.set_parse_math(False)
    ax.spines[[*bare] or "top"].set_visible(False)
    return alt(ax, f"{title.rstrip('.')}. {description}".replace("?.", "?").strip())


def plain_log(axis: Axis, within: Iterable[float] = (1,)) -> None:
    """Label a logarithmic axis with plain numbers, `within` each power of ten."""
    axis.set_major_locator(LogLocator(subs=[*within]))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def mark_guess(
    ax: Axes, guess: float | None, x: float | None, y: float | None, told: float | None = None,
    aside: bool = False,
) -> None:  # fmt: skip
    """Mark the reader's guess, at `x` and `y`, of which the one that is None is the guess.

    Where there is no guess nothing is drawn. `told` is what the reader wrote, if it is not in the
    units of the axis. Among shares a guess may be in per cent; one that no place of the axis stands
    for is named in a corner, since its mark would stretch the figure beyond any page. `aside`
    writes right of the axes what else would hide something in a full row.
    """
    if guess is None:
        return
    axis = ax.xaxis if x is None else ax.yaxis
    low, high = axis.get_data_interval()
    shares = axis.get_scale() == "linear" and low >= -1 and high <= 1 and told is None
    place, words = read_guess(guess, (-1 if low < 0 else 0) if shares else None)
    look = {"textcoords": "offset points", "ha": "right", "va": "bottom", "color": INK}
    if place is None:
        ax.annotate(words, (1, 0), (-7, 3), xycoords="axes fraction", fontsize=9, **look)
        return
    spot = (place if x is None else x, place if y is None else y)
    ax.plot(*spot, "X", color=INK, mec="white", ms=10, zorder=4, clip_on=False)
    words = words if told is None else f"your guess {told:g}"
    if aside:
        look |= {"ha": "left", "va": "center", "xycoords": ax.get_yaxis_transform()}
        ax.annotate(words, (1, spot[1]), (4, 0), fontsize=9, **look)
        return
    ax.annotate(words, spot, (-7, 3), fontsize=9, **look)


def read_guess(guess: float | str | None, least: int | None = 0) -> tuple[float | None, str]:
    """Which share a reader means who may have written it in per cent, and the words for it.

    Parameters
    ----------
    guess : float, str or None
        0.6 and 60 are the same share.
    least : {0, -1, None}
        The least that the guess can be: 0 for a share, -1 for a difference of shares. None takes
        any number as it is.

    Returns
    -------
    place : float or None
        None where there is no guess, or one that can be none.
    words : str
    """
    if guess is None:
        return None, ""
    try:
        number = float(guess)
    except (TypeError, ValueError):
        return None, f"your guess {guess!r} is no number"
    if least is None:
        return number, f"your guess {number:g}"
    if 1 < abs(number) <= 100 and number >= 100 * least:
        return number / 100, f"your guess {number:g} %"
    if not least <= number <= 1:
        return None, f"your guess {number:g} is no share from {least} to 1"
    return number, f"your guess {number:g}"


def nothing(title: str, ax: Axes | None = None) -> Axes:
    """A line that says why there is nothing to draw."""
    if ax is None:
        ax = axes(None, 0.3)
        ax.figure.set_layout_engine("none")  # it cannot lay out Axes without height
    ax.set(xticks=[], yticks=[])
    return titled(ax, title, bare=["left", "bottom", "top", "right"])


def alt(figure: Axes | Figure, text: str):
    """Attach alt text to an Axes or to its whole figure; `use_style` makes notebooks carry it."""
    figure.alt_text = text
    return figure


def alt_text(figure: Figure) -> str:
    """The figure's own alt text, or those of its Axes one after the other."""
    parts = [getattr(ax, "alt_text", "") or ax.get_title("left") for ax in figure.axes]
    return getattr(figure, "alt_text", "") or " ".join(filter(None, parts))


def figure_html(figure: Figure, quality: int | None = None, crop: bool = True) -> str | None:
    """The figure as one HTML image with its alt text, or None where nothing is drawn on it.

    JupyterLab and nbconvert show PNG and JPEG outputs without any alt text, whatever their metadata
    say; of HTML both keep it. Figures made of photos become JPEG, a sixth of the size of PNG; all
    do where a `quality` is asked for. Without `crop` the image has the figure's own size: it is
    drawn once instead of twice, and where it takes another's place nothing moves.
    """
    if not figure.axes:
        return None
    jpeg, file = quality is not None or _is_photographic(figure), BytesIO()
    small = {"quality": quality or 85, "optimize": True, "progressive": True} if jpeg else {}
    edge = "tight" if crop else None
    figure.savefig(file, format="jpeg" if jpeg else "png", bbox_inches=edge, pil_kwargs=small)
    return image_html(file.getvalue(), alt_text(figure))


def image_html(content: bytes, description: str) -> str:
    """An HTML image of the bytes of a PNG or JPEG file, no wider than where it stands."""
    kind = "png" if content.startswith(b"\x89PNG") else "jpeg"
    words = " ".join(description.encode("utf-8", "replace").decode().split())
    source = f"data:image/{kind};base64,{b64encode(content).decode()}"
    return f'<img alt="{escape(words)}" style="max-width: 100%" src="{source}">'


def use_style() -> None:
    """Draw everything in the house style from here on, in a notebook with alt text.

    Calling it again changes nothing. Figures reach the notebook as `figure_html`.
    """
    plt.rcParams.update(STYLE)
    try:
        from IPython import get_ipython
    except ImportError:
        return
    if (shell := get_ipython()) is None:
        return
    plt.switch_backend(plt.get_backend())  # a notebook's backend sets its formatters only now
    formatters = shell.display_formatter.formatters
    formatters["text/html"].for_type(Figure, figure_html)
    for kind in ("png", "jpeg"):
        formatters[f"image/{kind}"].pop(Figure, None)


def _is_photographic(figure: Figure) -> bool:
    arrays = (image.get_array() for ax in figure.findobj(Axes) for image in ax.images)
    return sum(array.size for array in arrays if array.ndim == 3) > 200_000
