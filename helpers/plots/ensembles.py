"""Ensembles: what a vote gains, of which members, and what it costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from helpers.datasets.words import count
from helpers.plots.names import short_names
from helpers.plots.style import (
    ACCENT,
    FAMILIES,
    GRID,
    INK,
    MUTED,
    axes,
    mark_guess,
    nothing,
    styled,
    titled,
)

KINDS = {"alike": ACCENT, "of two kinds": FAMILIES["colour"]}
ALIKE = "two trainings of one kind"


@styled
def pair_gains(pairs: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """What two models gain by answering together, over how unlike they are.

    Parameters
    ----------
    pairs : DataFrame from `helpers.ensembles.score_pairs`
        With several rows per pair, such as one per seed, their means are drawn.
    """
    if pairs.empty:
        return nothing(title or "A pair takes two models", ax)
    found = pairs.groupby(["first", "second"], sort=False)[["disagreement", "gain"]].mean()
    kinds = [tuple(name.rstrip("0123456789 ") for name in pair) for pair in found.index]
    alike, ax = np.array([len(set(pair)) == 1 for pair in kinds]), axes(ax, 4.2)
    for name, rows, colour in (
        (ALIKE, alike, KINDS["alike"]),
        ("models of two kinds", ~alike, KINDS["of two kinds"]),
    ):
        if rows.any():
            ax.plot(*found[rows].to_numpy().T, "o", color=colour, ms=8, alpha=0.75, label=name)
    for pair in dict.fromkeys([found["gain"].idxmax(), found["gain"].idxmin()]):
        x, y = found.loc[pair]
        right = x > found["disagreement"].mean()
        look = {"textcoords": "offset points", "va": "center", "color": MUTED, "fontsize": 9}
        text = " + ".join(short_names(pair, 24).values())
        ax.annotate(text, (x, y), (-9 if right else 9, 0), ha="right" if right else "left", **look)
    ax.axhline(0, color=INK, lw=1)
    ax.set_xlabel("disagreement: share of images that the two answer differently")
    ax.set_ylabel("gain in log loss over the mean of the two")
    ax.grid(axis="y")
    if alike.any() and not alike.all():
        ax.legend(loc="upper left")
    likeness = stats.spearmanr(found["disagreement"], found["gain"]).statistic
    said = f"rank correlation {likeness:.2f}" if len(found) > 2 else count(found, "pair")
    title = title or f"Do models that disagree gain more together? {said[0].upper()}{said[1:]}"
    low, high = found["gain"].min(), found["gain"].max()
    facts = f"{count(found, 'pair')}; gains from {low:+.3f} to {high:+.3f}"
    return titled(ax, title, f"{facts}.", bare=["bottom"])


@styled
def recipe_gains(
    gains: pd.DataFrame, beside: pd.DataFrame | None = None, guess: tuple | None = None,
    title: str = "", ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """A forest plot: by how much each recipe lowers the log loss of one network.

    Parameters
    ----------
    gains : DataFrame from `helpers.augment.paired_effects`, by recipe
    beside : DataFrame of the same form, optional
        The same after temperature scaling; drawn in grey.
    guess : (recipe, change), optional
        What the reader expects; None as the change draws nothing.
    """
    if gains.empty:
        return nothing(title or "There is no recipe to compare", ax)
    order = list(gains["difference"].sort_values(kind="stable").index)
    ax, facts = axes(ax, 1.2 + 0.36 * len(order)), []
    ax.axvline(0, color=INK, lw=1)
    tables = [("as it comes", gains, ACCENT, -0.15)]
    if beside is not None:
        tables.append(("each as cautious as suits it best", beside, MUTED, 0.15))
    for name, table, colour, shift in tables:
        for y, recipe in enumerate(order):
            if recipe not in table.index:
                continue
            row = table.loc[recipe]
            ax.plot([row["low"], row["high"]], [y + shift] * 2, color=colour, lw=2, alpha=0.6)
            fill = colour if row["sure"] else "white"
            ax.plot(row["difference"], y + shift, "o", ms=8, mfc=fill, mec=colour, mew=1.6)
            facts.append(f"{recipe}, {name} {row['difference']:+.3f}")
        ax.plot([], [], "o", color=colour, label=name)
    if guess is not None and guess[0] in order:
        mark_guess(ax, guess[1], None, order.index(guess[0]), aside=True)
    ax.set_yticks(range(len(order)), short_names(order, 44).values())
    ax.set_ylim(len(order) - 0.5, -0.5)
    ax.set_xlabel(
        f"change of log loss against one network, 95 % interval, {int(gains['seeds'].max())} "
        "repeats (← better)\nfilled: the sign is sure, after Holm's correction"
    )
    ax.grid(axis="x")
    if beside is not None:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)
    best, most = order[0], -gains["difference"].min()
    default = f"{best[0].upper()}{best[1:]} lowers the log loss most, by {most:.2f}"
    drawn = titled(ax, title or default, f"{'; '.join(facts)}.", bare=["left"])
    if beside is not None:
        ax.set_title(ax.get_title("left"), y=1.09)
    return drawn


@styled
def bill(table: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """Log loss over the work that an answer takes; what nothing cheaper beats is in colour.

    Parameters
    ----------
    table : DataFrame by recipe
        passes, log_loss.
    """
    if table.empty:
        return nothing(title or "There is no recipe to pay for", ax)
    ordered = table.sort_values(["passes", "log_loss"], kind="stable")
    best = ordered["log_loss"].cummin()
    front = ordered[ordered["log_loss"].eq(best) & ~best.duplicated()]
    ax = axes(ax, 4.6)
    ax.step(front["passes"], front["log_loss"], where="post", color=GRID, lw=2, zorder=1)
    ax.plot(table["passes"], table["log_loss"], "o", color=MUTED, ms=8, alpha=0.8)
    ax.plot(front["passes"], front["log_loss"], "o", color=ACCENT, ms=9)
    look = {"textcoords": "offset points", "va": "center", "fontsize": 9}
    for name, row in table.iterrows():
        known = name in front.index
        spot, beside = (row["passes"], row["log_loss"]), (4, 11) if known else (9, 0)
        ax.annotate(name, spot, beside, color=INK if known else MUTED, **look)
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()
    ax.set_xlim(table["passes"].min() * 0.9, table["passes"].max() * 4)
    ax.set(
        xlabel="work per image, in passes of a picture of 64 pixels", ylabel="log loss (↓ better)"
    )
    ax.grid(axis="y")
    title = title or f"Nothing cheaper is better than these {len(front)}"
    facts = "; ".join(f"{name} {row.passes:g} {row.log_loss:.2f}" for name, row in table.iterrows())
    return titled(ax, title, f"{facts}.")
