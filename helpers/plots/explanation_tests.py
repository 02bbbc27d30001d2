"""What tests of heatmaps found: agreement, shuffled weights, deletion, a study of them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.datasets.words import count
from helpers.explain.checking import area_under
from helpers.explain.looking import over_seeds
from helpers.explain.methods import CONTROLS
from helpers.plots.names import short_names
from helpers.plots.style import ACCENT, INNOCENT, MUTED, axes, mark_guess, nothing, styled, titled
from helpers.plots.training import _panels

LINES = ["-", "--", "-.", ":"]
QUESTIONS = {
    "likeness lost with the weights": ("likeness lost when the weights are shuffled", 0),
    "rise of the share": ("rise of the share on the leaf when the model is mended", 0),
    "names the model that hangs on the ground": ("photos in which it names the right model", 0.5),
}
"""What `explanation_study` shows: question → what its axis says, where "nothing" is."""


@styled
def weights_check(
    checked: pd.DataFrame, guess: float | None = None, title: str = "", ax: Axes | None = None
) -> Axes:
    """How alike a method's maps stay while more and more of the network is shuffled.

    Parameters
    ----------
    checked : DataFrame from `helpers.explain.check_weights`
    guess : float, optional
        The reader's, at the right end.
    """
    means = checked.pivot_table("similarity", "method", "network")
    means = means.loc[checked["method"].unique()]
    shares = sorted((name for name in means if name != "twin"), key=float)
    ax = axes(ax, 3.6)
    places = range(len(shares) + 1)
    ends = _spread_out(means[shares[-1]].to_numpy(), 0.075)
    for number, (name, row) in enumerate(means.iterrows()):
        control = name in CONTROLS
        colour = INNOCENT if control else ACCENT
        dash = ["-", "--", "-.", ":"][number % 4]
        values = [row["twin"], *row[shares]]
        ax.plot(places, values, dash, color=colour, lw=1.8, marker="o", ms=5)
        ax.text(len(shares) + 0.12, ends[number], name, color=colour, va="center", fontsize=9)
    labels = ["none: its twin", *(_told(share) for share in shares)]
    ax.set_xticks(places, labels)
    ax.set(ylabel="likeness of the maps\n(rank correlation)", xlabel="what is shuffled")
    ax.set(ylim=(-0.25, 1.05), xlim=(-0.2, len(shares) + 1.3))
    ax.axhline(0, color=MUTED, lw=0.8)
    mark_guess(ax, guess, len(shares), None)
    ax.grid(axis="y")
    facts = "; ".join(f"{n} {r['twin']:.2f}, then {r[shares[-1]]:.2f}" for n, r in means.iterrows())
    title = title or "Do heatmaps change when the network forgets?"
    return titled(ax, title, f"Likeness to the twin's maps, then all shuffled: {facts}.")


def _told(share: str) -> str:
    value = float(share)
    if value == 0:
        return "last layer"
    return "all layers" if value == 1 else f"last {value:.0%}"


def _spread_out(values: np.ndarray, apart: float) -> np.ndarray:
    """The values, moved up where they would be written over one another."""
    order, made = np.argsort(values), values.astype(float).copy()
    for before, after in zip(order, order[1:], strict=False):
        made[after] = max(made[after], made[before] + apart)
    return made


@styled
def agreements(
    table: pd.DataFrame, guess: float | None = None, title: str = "", ax: Axes | None = None
) -> Axes:
    """How alike the maps of each two methods are, as dots on a line.

    Parameters
    ----------
    table : DataFrame from `helpers.explain.agreement`
    guess : float, optional
        The reader's, from −1 to 1.
    """
    pairs = {f"{a} and {b}": table.loc[a, b] for a, b in combinations(table.index, 2)}
    ax = axes(ax, 0.36 * max(len(pairs), 1) + 1.1)
    for y, value in enumerate(pairs.values()):
        ax.plot([0, value], [y, y], color=ACCENT, lw=2.5, alpha=0.4)
        ax.plot(value, y, "o", color=ACCENT, ms=8)
        ax.annotate(f"{value:.2f}", (value, y), (8, 0), textcoords="offset points", va="center")
    mark_guess(ax, guess, None, -0.4)
    ax.axvline(0, color=MUTED, lw=1)
    ax.set_yticks(range(len(pairs)), list(pairs))
    ax.set(xlim=(-1, 1.05), ylim=(len(pairs) - 0.5, -0.7), xlabel="rank correlation of the maps")
    ax.grid(axis="x")
    facts = "; ".join(f"{name} {value:.2f}" for name, value in pairs.items())
    return titled(ax, title or "Do the methods agree?", f"{facts}.", bare=["left"])


@styled
def explanation_study(study: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """What a study found about each method, a panel for each question; controls are grey.

    Parameters
    ----------
    study : DataFrame
        ``read_study("explanations")``: seed, question, method, mean.
    """
    tables = {question: over_seeds(study, question) for question in QUESTIONS}
    ax = axes(ax, 3.4)
    ax.axis("off")
    facts, width = [], 0.83 / len(tables)
    for number, (question, table) in enumerate(tables.items()):
        panel = ax.inset_axes([0.17 + number * width, 0.16, width * 0.92, 0.8])
        label, against = QUESTIONS[question]
        explanation_scores(table, fill(label, 30), "", against=against, ax=panel)
        panel.set_title("")
        panel.tick_params(labelleft=number == 0)
        facts.append(f"{label}: {panel.alt_text.lstrip('. ')}")
    seeds = study["seed"].nunique()
    return titled(ax, f"What do heatmaps know? Leaves of {count(seeds, 'seed')}", " ".join(facts))


@styled
def explanation_scores(
    table: pd.DataFrame, label: str, title: str, against: float = 0.0, ax: Axes | None = None
) -> Axes:
    """A figure per method, with its interval; controls are grey.

    Parameters
    ----------
    table : DataFrame by method
        mean, low, high.
    label : str
        Of the axis.
    against : float
        Where the line stands that says "nothing".
    """
    if table.empty:
        return nothing(title, ax)
    ax = axes(ax, 0.38 * len(table) + 1.1)
    short = short_names(table.index, 40)
    for y, (name, row) in enumerate(table.iterrows()):
        control = any(word in str(name) for word in CONTROLS)
        sure = row["low"] > against or row["high"] < against
        colour = INNOCENT if control else ACCENT
        ax.plot([row["low"], row["high"]], [y, y], color=colour, lw=2.5, alpha=0.6)
        ax.plot(row["mean"], y, "o", color=colour, mfc=colour if sure else "white", ms=8)
    ax.axvline(against, color=MUTED, lw=1)
    ax.set_yticks(range(len(table)), [short[name] for name in table.index])
    ax.set(xlabel=label, ylim=(len(table) - 0.5, -0.6))
    ax.grid(axis="x")
    facts = "; ".join(
        f"{name} {row['mean']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f})"
        for name, row in table.iterrows()
    )
    return titled(ax, title, f"{facts}.", bare=["left"])


@styled
def deletion_curves(
    curves: Mapping[str, pd.DataFrame], inserted: Mapping[str, pd.DataFrame] | None = None,
    title: str = "", ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """How sure the network stays, on average, while the pixels a method names are painted grey.

    Parameters
    ----------
    curves : name → DataFrame from `helpers.explain.deletion`
    inserted : the same with ``insertion=True``, optional
        Drawn beside it, on the right.
    """
    kinds = {"painted grey": (curves, "less"), "brought back": (inserted, "more")}
    kinds = {kind: told for kind, told in kinds.items() if told[0] is not None}
    ax, *panels = _panels(ax, 3.4, [1] * len(kinds), 0.12)
    facts = []
    for panel, (kind, (tables, better)) in zip(panels, kinds.items(), strict=True):
        areas = {name: area_under(table).mean() for name, table in tables.items()}
        for number, (name, table) in enumerate(tables.items()):
            colour = INNOCENT if name in CONTROLS else ACCENT
            panel.plot(table.columns.to_numpy(float), table.mean(), LINES[number % 4],
                       color=colour, lw=1.8, label=f"{name}: {areas[name]:.2f}")  # fmt: skip
        panel.set(xlabel=f"share of the pixels {kind}", xlim=(0, 1), ylim=(0, 1))
        panel.set_ylabel("probability of the answer" if panel is panels[0] else "")
        panel.grid(axis="y")
        panel.legend(fontsize=9, title=f"area, {better} is better", title_fontsize=9, ncols=2,
                     loc="upper center", bbox_to_anchor=(0.5, -0.17))  # fmt: skip
        facts.append(f"{kind}: {', '.join(f'{name} {area:.2f}' for name, area in areas.items())}")
    title = title or "Does the answer go when what the heatmap names is taken away?"
    return titled(ax, title, f"Area under the mean curve, {'; '.join(facts)}.")
