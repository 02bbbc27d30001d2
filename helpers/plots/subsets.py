"""Parts of the images: where a model fails, and whether new images are unlike the old ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.datasets import Dataset
from helpers.datasets.words import count, some
from helpers.evaluation.shift import Shift
from helpers.plots.names import short_name, short_names
from helpers.plots.samples import _sheet
from helpers.plots.style import (
    ACCENT,
    FLAG,
    GRID,
    INK,
    INNOCENT,
    MUTED,
    axes,
    mark_guess,
    nothing,
    styled,
    titled,
)


@styled
def parts(
    table: pd.DataFrame, guess: tuple[str, float | None] | None = None, title: str = "",
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Accuracy of parts of the images, and in each column the lowest that luck would give.

    Parameters
    ----------
    table : DataFrame from `helpers.evaluation.score_parts`
        Parts too small to be scored are named below.
    guess : (value, accuracy), optional
        What the reader expects of one part.
    """
    shown, small = table[table["shown"]], table[~table["shown"]]
    if shown.empty:
        what = f"{count(small, 'part')}, all too small to be scored" if len(small) else (
            "No metadata column with 2 to 12 values")  # fmt: skip
        return nothing(title or what, ax)
    ax, y, facts, low = (
        axes(ax, 0.24 * (len(shown) + 1.6 * shown["column"].nunique()) + 1),
        0.0,
        [],
        [],
    )
    for column, rows in shown.groupby("column", sort=False):
        ax.text(-0.02, y, short_name(column), ha="right", va="center", weight="bold")
        first = y = y + 1
        for row in rows.sort_values("accuracy", ascending=False, kind="stable").itertuples():
            below = row.accuracy < row.lowest
            colour = FLAG if below else ACCENT
            ax.plot([row.low, row.high], [y, y], color=colour, lw=2.5, alpha=0.5)
            ax.plot(row.accuracy, y, "o", color=colour, ms=7)
            ax.text(-0.02, y, short_name(row.value), ha="right", va="center", color=MUTED)
            text = f"{row.accuracy:.2f} ({row.low:.2f} to {row.high:.2f}) of "
            text += count(int(row.images), "image")
            ax.text(1.03, y, text, va="center", fontsize=8.5, color=colour if below else MUTED)
            if guess is not None and str(row.value) == guess[0]:
                mark_guess(ax, guess[1], None, y)
            facts.append(f"{column} {row.value} {text}")
            low += [f"{short_name(row.value)} ({row.accuracy:.2f})"] * below
            y += 1
        ax.plot([row.lowest] * 2, [first - 0.5, y - 0.5], color=INK, lw=1, ls=":")
        y += 0.5
    label = "accuracy with 95 % interval; dotted: luck alone puts the lowest below this in 1 of 20"
    ax.set(xlim=(0, 1), ylim=(y - 0.4, -0.7), yticks=[], xlabel=label)
    ax.grid(axis="x")
    found = f"Lower than luck explains: {some(low)}" if low else "No part lower than luck explains"
    if shown["column"].value_counts().max() < 2:
        found = "No two parts of a column are large enough to be compared"
    if len(small):
        names = some([f"{row.value} ({row.images:,})" for row in small.itertuples()], 4)
        ax.set_xlabel(f"{label}\ntoo small to be scored: {names}")
        facts.append(f"not scored: {names}")
    return titled(ax, title or found, f"{'; '.join(facts)}.", bare=["left", "bottom"])


@styled
def shifts(
    found: Mapping[str, Shift], intervals: bool = False, title: str = "", ax: Axes | None = None
) -> Axes:
    """How well new images can be told from old ones, beside what shuffling them gives.

    Parameters
    ----------
    found : name of the new images → Shift from `helpers.evaluation.find_shift`
    intervals : bool
        Draw the interval of each area as a line.
    """
    ax, facts = axes(ax, 0.55 * len(found) + 1.1), []
    for y, (name, one) in enumerate(found.items()):
        if np.isnan(one.auc):
            ax.text(0.5, y, repr(one), ha="center", va="center", color=MUTED)
            facts.append(f"{name}: {one!r}")
            continue
        ax.plot(one.shuffled, np.full(len(one.shuffled), y), "|", color=INNOCENT, ms=14, alpha=0.4)
        if intervals:
            ax.plot([one.low, one.high], [y, y], color=ACCENT, lw=2.5, alpha=0.5)
        sure = one.p < 0.01
        look = {"mfc": ACCENT if sure else "white", "mec": ACCENT, "ms": 9, "mew": 1.8}
        ax.plot(one.auc, y, "o", zorder=3, **look)
        p = "p < 0.001" if one.p < 0.001 else f"p = {one.p:.2g}"
        ax.text(1.02, y, f"{one.auc:.2f}, {p}", va="center", color=MUTED)
        facts.append(f"{name}: area {one.auc:.2f}, by chance up to {one.highest:.2f}, {p}")
    ax.axvline(0.5, color=GRID, zorder=0)
    ax.set_yticks(range(len(found)), short_names(found).values())
    ax.set(xlim=(0.2, 1), ylim=(len(found) - 0.4, -0.6))
    traded = "95 % interval; grey: by chance, whole groups having traded folders"
    told = traded if intervals else "new against old; grey: old and new shuffled"
    ax.set_xlabel(f"area under the ROC curve, {told}")
    sure = [short_name(name) for name, one in found.items() if one.p < 0.01]
    default = f"Noticed without a label: {some(sure)}" if sure else "No shift is noticed"
    return titled(ax, title or default, f"{'; '.join(facts)}.", bare=["left", "bottom"])


@styled
def most_unlike(
    dataset: Dataset, sides: Mapping[str, Sequence[str]], title: str = "", ax: Axes | None = None
) -> Axes:
    """A row of images for each folder: those that look least like the other one.

    Parameters
    ----------
    dataset : Dataset
        Has the images of both, from `helpers.drift.join_datasets`.
    sides : name of a folder → image ids
    """
    rows = [[(one, one) for one in ids] for ids in sides.values()]
    ax = _sheet(dataset, rows, max(map(len, rows)), ax, names=list(short_names(sides).values()))
    title = title or "Which images look least like those of the other folder?"
    return titled(ax, title, f"Photographs in rows: {', '.join(map(str, sides))}.")
