"""How a training went: curves of loss and accuracy, learning rates, what a convolution does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes

from helpers.datasets.words import some
from helpers.plots.names import short_names
from helpers.plots.style import (
    ACCENT,
    FAMILIES,
    GRID,
    INK,
    MUTED,
    axes,
    mark_guess,
    plain_log,
    styled,
    titled,
)
from helpers.training.rates import judge_rates

LINES = {"train_loss": ("training", FAMILIES["colour"]), "valid_loss": ("validation", ACCENT)}


def _panels(ax: Axes | None, height: float, widths: Iterable[float], gap: float) -> list[Axes]:
    """The Axes given, emptied, and panels side by side in it."""
    ax = axes(ax, height)
    ax.set_axis_off()
    widths = np.array([*widths], float)
    widths *= (1 - gap * (len(widths) - 1)) / widths.sum()
    lefts = np.cumsum([0, *(widths + gap)])
    return [ax, *(ax.inset_axes([x, 0, w, 1]) for x, w in zip(lefts, widths, strict=False))]


def _label_ends(panel: Axes, ends: list[tuple[float, float, str, str]], apart: float = 13) -> None:
    """Write (x, y, text, colour) to the right of the ends of lines, `apart` points or more."""
    height = panel.get_window_extent().height * 72 / panel.figure.dpi
    low, high = panel.get_ylim()
    ends = sorted(ends, key=lambda end: end[1])
    shares = [(np.clip(y, low, high) - low) / (high - low) for _, y, _, _ in ends]
    heights = np.multiply(shares, height)
    # Pushed upwards, pushed downwards, and half way between: apart, and near their lines.
    steps = apart * np.arange(len(ends))
    upwards = np.maximum.accumulate(heights - steps) + steps
    downwards = np.minimum.accumulate((heights - steps)[::-1])[::-1] + steps
    spots = (upwards + downwards) / 2
    for (x, _, text, colour), share, at, spot in zip(ends, shares, heights, spots, strict=True):
        offset = (6, spot - at)
        look = {"textcoords": "offset points", "va": "center", "color": colour, "fontsize": 9}
        panel.annotate(text, (x, low + share * (high - low)), offset, **look)


def _finish(ax: Axes, panels: Mapping[str, Axes], title: str, description: str) -> Axes:
    """Name the panels, and give the whole its title and alt text."""
    short = short_names(panels, 100 // len(panels))
    for name, panel in panels.items():
        panel.set_title(short[name], fontsize=10, weight="normal", pad=6)
        panel.grid(axis="y")
    titled(ax, title, description).set_title(ax.get_title("left"), y=1.1)
    return ax


@styled
def learning_curves(
    curves: pd.DataFrame | Mapping[str, pd.DataFrame],
    guessing: float | Mapping[str, float] | None = None,
    guess: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Training and validation loss after each epoch.

    Parameters
    ----------
    curves : table from `helpers.training.train`, or name → table
        One is drawn beside its validation accuracy; of several each gets a panel, all with one
        scale. The lowest validation loss is marked.
    guessing : float, or name → float, optional
        The loss of guessing, drawn as a dotted line.
    guess : float, optional
        The reader's guess at the last accuracy, 0 to 1, drawn where one training is.
    """
    several = isinstance(curves, Mapping)
    tables = curves if several else {"Loss": curves, "Accuracy on validation images": curves}
    ax, *panels = _panels(ax, 3.2, [1] * len(tables), 0.16)
    losses = pd.concat(tables.values())[[*LINES]]
    top = 1.08 * losses.quantile(0.98).max()
    named = {}
    for panel, (name, table) in zip(panels, tables.items(), strict=True):
        x, last = table["epoch"], table.iloc[-1]
        lines = LINES if several or not named else {"accuracy": LINES["valid_loss"]}
        for column, (_, colour) in lines.items():
            panel.plot(x, table[column], color=colour, lw=2.5)
        if "valid_loss" in lines:
            lowest = table["valid_loss"].idxmin()
            panel.plot(x[lowest], table["valid_loss"][lowest], "o", color=ACCENT, ms=7)
            level = guessing.get(name) if isinstance(guessing, Mapping) else guessing
            if level is not None:
                panel.axhline(level, color=MUTED, lw=1, ls=":", zorder=1)
                spot = (x.mean(), level)
                panel.annotate("guessing", spot, (0, 3), color=MUTED, fontsize=9, ha="center",
                               textcoords="offset points")  # fmt: skip
        panel.set(xlabel="epoch", ylabel="" if named else "loss")
        panel.set_ylim(0, top if "valid_loss" in lines else 1)
        panel.xaxis.get_major_locator().set_params(integer=True)
        _label_ends(panel, [(x.iloc[-1], last[column], *look) for column, look in lines.items()])
        if lines is not LINES:
            mark_guess(panel, guess, x.iloc[-1], None)
        named[f"{name}, {last['accuracy']:.0%} right in the end" if several else name] = panel
    better = losses["valid_loss"].iloc[-1] > losses["train_loss"].iloc[-1]
    default = f"The network does {'better' if better else 'no better'} on what it was trained on"
    title = title or ("Which has learned what it should?" if several else default)
    return _finish(ax, named, title, f"Lines over the epochs: {', '.join(named)}.")


@styled
def rate_curves(
    rates: pd.DataFrame,
    chosen: float | None = None,
    guess: float | None = None,
    guessing: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Validation loss in the end over the learning rates, and over the epochs for each rate.

    Parameters
    ----------
    rates : DataFrame
        A row per epoch of each training: rate, seed, epoch, valid_loss, accuracy.
    chosen : float, optional
        The rate to bring forward; the others turn grey.
    guess : float, optional
        The reader's guess at the best rate.
    guessing : float, optional
        The loss of guessing, drawn as a dotted line; what ends no lower is not called good.
    """
    judged = judge_rates(rates, guessing)
    ax, left, right, margin = _panels(ax, 3.6, [1, 1.15, 0.1], 0.1)
    margin.set_axis_off()
    shades = colormaps["viridis"](np.linspace(0, 0.85, len(judged)))
    colours = dict(zip(judged.index, shades, strict=True))
    if chosen is not None:
        colours = {rate: ACCENT if rate == chosen else "#c3cad1" for rate in colours}
    top = 1.6 * judged["loss"].min() + 0.4 * rates["valid_loss"].median()
    top = max(top, 1.1 * (guessing or 0))  # where nothing was learned must be seen
    final, ends = rates["epoch"].max(), []
    for rate, part in rates.groupby("rate"):
        look = {"color": colours[rate], "zorder": 3 if rate == chosen else 2}
        mean = part.groupby("epoch")["valid_loss"].mean().fillna(np.inf)
        right.plot(mean.index, mean, lw=2.5, **look)
        named = colours[rate] if chosen in (None, rate) else MUTED  # a pale name is not legible
        ends.append((final, mean[final], f"{rate:g}", named))
        last = part.loc[part["epoch"] == final, "valid_loss"].fillna(np.inf)
        for marker, some_of in (("o", last[last <= top]), ("^", last[last > top].clip(upper=top))):
            if len(some_of):
                left.plot([rate] * len(some_of), some_of, marker, ms=7, clip_on=False, **look)
    low = 0.9 * judged["low"].min()
    left.plot(judged.index, judged["loss"].clip(upper=top), color=MUTED, lw=1, zorder=1)
    left.set(xscale="log", xlabel="learning rate", ylabel="validation loss", ylim=(low, top))
    left.set_xticks(judged.index, [f"{rate:g}" for rate in judged.index])
    left.set_xticks([], minor=True)
    if guess is not None:
        mark_guess(left, guess, None, low)
    if guessing is not None and guessing < top:
        for panel in (left, right):
            panel.axhline(guessing, color=MUTED, lw=1, ls=":", zorder=1)
        look = {"textcoords": "offset points", "color": MUTED, "fontsize": 9, "ha": "right"}
        right.annotate("guessing", (final, guessing), (0, 3), **look)
    right.set(xlabel="epoch", ylim=(low, top))
    right.xaxis.get_major_locator().set_params(integer=True)
    _label_ends(right, ends)
    words = list(judged["verdict"].unique())
    default = f"From left to right, rates are {some(words, 9)}"
    if words == ["learned nothing"]:
        epochs = f"{final + 1} epoch{'s' if final else ''}"
        default = f"After {epochs} no rate has taught the network anything that holds"
    facts = "; ".join(f"{rate:g} {verdict}" for rate, verdict in judged["verdict"].items())
    above = ", ▲: higher" * any(line.get_marker() == "^" for line in left.lines)
    panels = {f"In the end, each training a dot{above}": left, "After each epoch, means": right}
    return _finish(ax, panels, title or default, f"{facts}.")


@styled
def rate_finder(
    tables: pd.DataFrame | Mapping[str, pd.DataFrame],
    guess: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """The loss while the learning rate grows from batch to batch (Smith, 2017).

    Parameters
    ----------
    tables : DataFrame with columns rate and loss from `helpers.training.rates.find_rate`, or
        name → DataFrame for several
    guess : float, optional
        The rate that the reader would take.
    """
    tables = tables if isinstance(tables, Mapping) else {"": tables}
    ax, ends, tops, lows = axes(ax, 3.4), [], [], []
    for (name, table), colour in zip(tables.items(), (ACCENT, FAMILIES["colour"]), strict=False):
        ax.plot(table["rate"], table["loss"], color=colour, lw=2.5)
        start, low = table["loss"].iloc[:5].mean(), table["loss"].min()
        tops.append(start + max(0.6 * (start - low), 0.5 * start))
        lows.append(low)
        ends.append((table["rate"].iloc[0], table["loss"].iloc[0], name, colour))
    top = max(tops)
    low = min(lows) - 0.05 * top
    ax.set(ylim=(low, top), xscale="log")
    plain_log(ax.xaxis)
    ax.set(xlabel="learning rate", ylabel="loss of the batch, smoothed")
    highest, lowest = (find(y for _, y, *_ in ends) for find in (max, min))
    if len(ends) > 1:  # the lower curve's name needs room above the axis
        low = min(low, lowest - 0.15 * (top - lowest))
        ax.set_ylim(low, top)
    for x, y, name, colour in ends:  # a lower curve's name above it might lie on the higher one
        above, side = (8, "bottom") if y == highest else (-8, "top")
        look = {"textcoords": "offset points", "color": colour, "va": side}
        ax.annotate(name, (x, y), (0, above), **look)
    if guess is not None:
        mark_guess(ax, guess, None, low)
    ax.grid(axis="y")
    return titled(ax, title or "How fast may it learn?", "Loss over the learning rate.")


@styled
def convolution(
    picture: np.ndarray,
    kernel: np.ndarray,
    response: np.ndarray,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """A picture, the numbers of a kernel, and what the kernel answers at each place.

    Parameters
    ----------
    picture : height × width × 3, 0 to 1
    kernel : a few rows and columns of numbers
    response : height × width; purple is negative, orange positive
    """
    picture, kernel, response = (np.asarray(part) for part in (picture, kernel, response))
    ax, photo, numbers, answer = _panels(ax, 3.0, [1.2, 0.8, 1.2], 0.05)
    photo.imshow(picture)
    numbers.imshow(
        kernel, cmap="PuOr_r", vmin=-2.5 * abs(kernel).max(), vmax=2.5 * abs(kernel).max()
    )
    for (row, column), value in np.ndenumerate(kernel):
        numbers.text(column, row, f"{value:g}", ha="center", va="center", color=INK, fontsize=12)
    answer.imshow(response, cmap="PuOr_r", vmin=-abs(response).max(), vmax=abs(response).max())
    panels = {"picture": photo, "kernel": numbers, "its answers": answer}
    for panel in panels.values():
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set(visible=True, color=GRID)
    title = title or "A convolution asks one question at every place"
    return _finish(ax, panels, title, "A picture, a kernel's numbers, and its answers.")
