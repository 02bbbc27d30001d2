"""The scoreboard as a figure: each model's accuracy with its interval, and which may be ranked."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.evaluation import Interval, comparability
from helpers.plots.names import short_names
from helpers.plots.results import dot
from helpers.plots.style import (
    ACCENT,
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
def scores(
    table: pd.DataFrame,
    flattering: Mapping[str, Interval] | None = None,
    guess: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """The scoreboard: accuracy and its 95 % interval per model; hollow dots flatter.

    Where lines are of different images, those of the images of the last line are ranked; the others
    are grey.

    An upright line is the balanced accuracy, where the scoreboard knows it.

    Parameters
    ----------
    table : DataFrame from `helpers.evaluation.scoreboard`
    flattering : name → Interval, scores that should not be believed
    guess : float, optional
        The reader's guess at the last honest score, 0 to 1.
    """
    lines = {f"{r.notebook}  {r.model}": (r.accuracy, r.low, r.high) for r in table.itertuples()}
    if not lines and not flattering:
        return nothing(title or _best(table), ax)
    honest, facts, ranked = len(lines), [], _ranked(table)
    balanced = table.reindex(columns=["balanced"])["balanced"].to_list()
    lines |= {f"{name} (flattering)": values for name, values in (flattering or {}).items()}
    ax = axes(ax, 0.42 * max(len(lines), 1) + 1.0)
    for y, (name, values) in enumerate(lines.items()):
        values = Interval._make(values)
        colour = INNOCENT if y >= honest else ACCENT if ranked[y] else MUTED
        dot(ax, y, values, colour, "o", y < honest)
        text, look = repr(values), {"va": "center", "fontsize": 9, "color": MUTED}
        if y < honest and pd.notna(balanced[y]):
            ax.plot(balanced[y], y, "|", color=INK, ms=14, mew=1.6, zorder=3)
            text += f", balanced {balanced[y]:.2f}"
        ax.annotate(text, (values.high, y), (8, 0), textcoords="offset points", **look)
        facts.append(f"{name} {text}")
    mark_guess(ax, guess, None, honest - 1)
    short = short_names(lines, 108)
    ax.set_yticks(range(len(lines)), [fill(short[name], 36) for name in lines])
    label = "accuracy with 95 % interval" + "; | balanced accuracy" * any(map(pd.notna, balanced))
    ax.set(xlim=(0, 1.2), ylim=(len(lines) - 0.4, -0.6), xlabel=label)
    ax.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    ax.grid(axis="x")
    facts = f"{'; '.join(facts)}. {comparability(table)}".strip()
    return titled(ax, title or _best(table), facts, bare=["left", "bottom"])


def _ranked(table: pd.DataFrame) -> np.ndarray:
    """Of each line, whether it may be ranked with the last one."""
    told = table.reindex(columns=["images", "measured_on", "labels"]).fillna("").astype(str)
    same = (told == told.tail(1).to_numpy()).all(axis=1) & (told["measured_on"] != "")
    return same.to_numpy() if comparability(table) else np.ones(len(table), dtype=bool)


def _best(table: pd.DataFrame) -> str:
    """Which model leads, if all were asked the same and the second lies outside its interval."""
    if comparability(table):
        same = table[_ranked(table)]
        if len(same) < 2:
            return "Not all scored on the same images: no ranking"
        said = _best(same)
        return f"Of {len(same)} on the same images, in blue, {said[0].lower()}{said[1:]}"
    best = table.sort_values("accuracy", ascending=False, kind="stable")
    first, second, *_ = *best.itertuples(), None, None
    if first is None:
        return "No score yet"
    # Two notebooks may call their networks the same.
    twice = set(table.loc[table["model"].duplicated(), "model"])
    names = [f"{row.notebook} {row.model}" if row.model in twice else row.model
             for row in (first, second) if row is not None]  # fmt: skip
    if second is None:
        return f"{names[0]}: {first.accuracy:.0%} right"
    if second.accuracy >= first.low:
        # Names have commas of their own.
        return f"Too close to call: {names[0]}; {names[1]}"
    return f"Best so far: {names[0]}, {first.accuracy:.0%} right"
