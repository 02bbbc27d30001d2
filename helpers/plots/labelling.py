"""Which images to label next: accuracy by images looked at."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from helpers.datasets.words import count
from helpers.plots.style import ACCENT, FAMILIES, INK, MUTED, axes, mark_guess, styled, titled

COLOURS = (MUTED, ACCENT, FAMILIES["colour"], FAMILIES["form"], "#c77dff")


@styled
def labelling_curves(
    table: pd.DataFrame,
    guess: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Accuracy by images looked at, a line per way to choose them, mean and interval over seeds.

    Parameters
    ----------
    table : DataFrame, as from ``read_study("labelling")``, of one pool
    guess : float, optional
        With how many images the reader thinks that the best way reaches what random choice has in
        the end.
    """
    ax, facts, ends = axes(ax, 4.2), [], []
    means = table.pivot_table("accuracy", ["strategy", "images"], "seed")
    for name, colour in zip(table["strategy"].unique(), COLOURS, strict=False):
        own = means.loc[name]
        mean, half = own.mean(axis=1), _half_width(own)
        ax.plot(own.index, mean, color=colour, lw=2.2, marker="o", ms=5)
        # No accuracy lies outside 0 to 1, whatever three seeds let Student's interval say.
        reach = [half.clip(upper=mean), half.clip(upper=1 - mean)]
        ax.errorbar(own.index, mean, reach, fmt="none", ecolor=colour, alpha=0.5)
        ends.append((mean.iloc[-1], name, colour))
        facts.append(f"{name} {mean.iloc[-1]:.3f}")
    low, high = ax.get_ylim()
    place = -np.inf
    most = round(table["images"].max())
    for value, name, colour in sorted(ends):
        place = max(value, place + 0.06 * (high - low))
        ax.annotate(name, (most, value), (1.02 * most, place), textcoords="data", va="center",
                    color=colour, annotation_clip=False)  # fmt: skip
    ax.set_ylim(low, max(high, place + 0.05 * (high - low)))
    best, aim = max(ends)[1], {name: value for value, name, _ in ends}.get("random")
    default = f"{best[0].upper()}{best[1:]} leads with {count(most, 'image')}"
    if aim is not None:
        ax.axhline(aim, color=INK, lw=1, ls=":", zorder=1)
        mark_guess(ax, guess, None, aim)
        default = f"With {count(most, 'image')} no way is surely ahead of random choice"
        lead = (means.loc[best] - means.loc["random"]).iloc[[-1]]  # seed by seed
        if lead.mean(axis=1).item() > _half_width(lead).item():
            enough = _reaches(means.loc[best].mean(axis=1), aim)
            default = (
                f"{best[0].upper()}{best[1:]} needs about {count(round(enough), 'image')} for what "
                f"random choice reaches with {most:,}"
            )
    seeds = table["seed"].nunique()
    ax.set_xlabel(f"images looked at (mean of {count(seeds, 'seed')})")
    ax.set_ylabel("accuracy on other images")
    ax.set_xlim(None, 1.28 * most)
    ax.grid(axis="y")
    return titled(ax, title or default, f"{'; '.join(facts)}.")


def _reaches(line: pd.Series, aim: float) -> float:
    """At how many images a line first comes up to `aim`, between those measured; it does."""
    end = int(np.argmax(line.to_numpy() >= aim))
    last = line.iloc[max(end - 1, 0) : end + 1]
    return float(np.interp(aim, last, last.index))


def _half_width(values: pd.DataFrame) -> pd.Series:
    """Half of Student's 95 % interval of the mean over columns."""
    number = values.notna().sum(axis=1)
    return stats.t.ppf(0.975, number - 1) * values.std(axis=1) / np.sqrt(number)
