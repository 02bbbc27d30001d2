"""Who is served worse, what definitions of fairness say of it, and who pays for a remedy."""

from __future__ import annotations

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from helpers.datasets.words import some
from helpers.plots.names import short_name, short_names
from helpers.plots.style import (
    ACCENT,
    FAMILIES,
    FLAG,
    GRID,
    INK,
    MUTED,
    axes,
    mark_guess,
    nothing,
    styled,
    titled,
)

COLOURS = (ACCENT, FAMILIES["colour"], FAMILIES["form"], "#c77dff", "#ffa90e")
PANELS = {
    "accuracy": "accuracy",
    "named": "called",
    "recall": "recall",
    "false alarms": "false alarms",
    "too sure": "too sure",
}

ABOUT_ONE = ("named", "recall", "false alarms")
NAMES_APART = 0.12
"""How far apart names beside the axes stand at least, of their height."""


@styled
def group_metrics(table: pd.DataFrame, positive: str, title: str = "") -> Axes:
    """The five metrics of each group with their intervals, side by side.

    Parameters
    ----------
    table : DataFrame from `helpers.fairness.group_metrics`
        What is too small to be judged is named below.
    positive : str
        The class that three of them are about.

    Returns
    -------
    The first Axes.
    """
    if not table["shown"].any():
        return nothing(title or "No group is large enough to be judged")
    groups = list(table["group"].unique())
    first = axes(None, 0.34 * len(groups) + 1.6)
    figure, facts = first.figure, []
    figure.clear()
    drawn = {metric: name for metric, name in PANELS.items() if metric in set(table["metric"])}
    panels = figure.subplots(1, len(drawn), sharey=True)
    for ax, (metric, name) in zip(panels, drawn.items(), strict=True):
        own = table[table["metric"] == metric].set_index("group")
        for y, group in enumerate(groups):
            one = own.loc[group]
            if not one["shown"]:
                ax.text(0.5, y, "–", ha="center", va="center", color=MUTED,
                        transform=ax.get_yaxis_transform())  # fmt: skip
                continue
            ax.plot([one["low"], one["high"]], [y, y], color=ACCENT, lw=2.5, alpha=0.5)
            ax.plot(one["value"], y, "o", color=ACCENT, ms=6)
            facts.append(f"{group} {name} {one['value']:.2f}")
        of = "" if metric == "named" else "of "
        about = f"\n{of}{short_name(positive)}" if metric in ABOUT_ONE else ""
        ax.set_title(f"{name}{about}", fontsize=10, weight="normal", loc="left")
        ax.grid(axis="x")
        ax.set_xlim((-0.5, 0.5) if metric == "too sure" else (-0.03, 1.03))
        ax.spines["left"].set_visible(False)
        if metric == "too sure":
            ax.axvline(0, color=INK, lw=0.8)
    first = panels[0]
    first.set_yticks(range(len(groups)), short_names(groups, 22).values())
    first.set_ylim(len(groups) - 0.5, -0.5)
    small = table[~table["shown"]]
    if len(small):
        names = some(
            [f"{PANELS[o.metric]} of {o.group} ({o.images:,})" for o in small.itertuples()]
        )
        figure.supxlabel(f"–: too few images or things to judge: {names}", fontsize=9, color=MUTED)
    recalls = table[(table["metric"] == "recall") & table["shown"]].set_index("group")["value"]
    one = f"{short_name(positive)} served in each group" if len(drawn) > 2 else "each class served"
    said = f"How is {one}?"
    if len(recalls) > 1:
        low, high = recalls.idxmin(), recalls.idxmax()
        said = (
            f"Of {short_name(positive)}, {recalls[high]:.0%} are found with {short_name(high)}, "
            f"{recalls[low]:.0%} with {short_name(low)}"
        )
    figure.suptitle(title or said, x=0.01, ha="left", weight="bold", fontsize=13)
    figure.alt_text = f"{title or said}. {'; '.join(facts)}.".replace("?.", "?")
    return first


@styled
def definitions(
    gaps: pd.DataFrame, changes: pd.DataFrame | None = None, title: str = "", ax: Axes | None = None
) -> Axes:
    """How far each model misses each definition of fairness, which is best by it, and who pays.

    Parameters
    ----------
    gaps : DataFrame from `helpers.fairness.compare_gaps`
        The model that is always right is drawn as a stroke.
    changes : DataFrame from `helpers.fairness.who_pays`, optional
        Drawn in a second panel: what each model changes on each group.
    """
    known = gaps.dropna()
    if known.empty:
        said = "No two groups are large enough to compare: no definition can be asked"
        if gaps.empty:
            said = "There are no groups beside the classes: no definition can be asked"
        return nothing(title or said, ax)
    models = [name for name in known.columns if name != "always right"]
    ax, facts, best = axes(ax, 0.66 * len(known) + 1.6), [], {}
    beside = None
    if changes is not None and len(changes):
        place = ax.get_subplotspec().subgridspec(1, 2, width_ratios=[3, 2])
        ax.set_subplotspec(place[0])
        beside = ax.figure.add_subplot(place[1])
    for y, (definition, row) in enumerate(known.iterrows()):
        best[definition] = row[models].idxmin()
        ax.axhline(y, color=GRID, lw=1, zorder=0)
        for number, name in enumerate(models):
            colour = MUTED if number == 0 else COLOURS[(number - 1) % len(COLOURS)]
            chosen = name == best[definition]
            place = y + 0.14 * (number - (len(models) - 1) / 2)
            ax.plot(row[name], place, "o", color=colour, ms=8, mfc=colour if chosen else "white",
                    mew=1.8, label=name if y == 0 else None)  # fmt: skip
        if "always right" in known:
            ax.plot(row["always right"], y, "|", color=INK, ms=26, mew=2,
                    label="always right" if y == 0 else None)  # fmt: skip
        facts.append(f"{definition}: " + ", ".join(f"{n} {row[n]:.2f}" for n in known.columns))
    ax.set_yticks(range(len(known)), known.index)
    ax.set(xlim=(-0.02, min(1.02, 1.1 * max(0.1, known.max().max()))))
    ax.set_ylim(len(known) - 0.4, -0.6)
    ax.set_xlabel("largest difference between two groups (filled: least; no intervals)")
    if beside is None:
        _filled_legend(ax)
    else:
        colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(models[1:])}
        facts.append(_payers(beside, changes, colours))
    winners = list(dict.fromkeys(best.values()))
    said = f"{winners[0]} has the least difference by every definition here"
    if len(winners) > 1:
        few = f"{len(winners)} of {len(models)} have it by some"
        said = f"No model has the least difference by every definition; {few}"
    return titled(ax, title or said[0].upper() + said[1:], f"{'; '.join(facts)}.", bare=["left"])


@styled
def group_changes(
    table: pd.DataFrame, guess: float | None = None, like: pd.DataFrame | None = None,
    title: str = "", ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """By how much each remedy changes accuracy, on all images and on each group, in points.

    Parameters
    ----------
    table : DataFrame from `helpers.fairness.who_pays` or `helpers.fairness.over_seeds`
    guess : float, optional
        What the reader thinks that the first remedy costs over all images, in points.
    like : DataFrame, optional
        Another such table, whose scale is taken, so that the two figures can be compared.
    """
    remedies, asked = list(table["remedy"].unique()), list(table["of"].unique())
    if not remedies:
        return nothing("There are no groups beside the classes: nothing to compare here", ax)
    ax, facts = axes(ax, 0.2 * len(remedies) * len(asked) + 0.3 * len(asked) + 1.1), []
    places = {}
    for i, of in enumerate(asked):
        start = i * (len(remedies) + 1)
        places[of] = start + (len(remedies) - 1) / 2
        for j, name in enumerate(remedies):
            row = table[(table["remedy"] == name) & (table["of"] == of)]
            if row.empty:
                continue
            value, low, high = (100 * row[["difference", "low", "high"]].iloc[0]).tolist()
            colour, y = COLOURS[j % len(COLOURS)], start + j
            sure = low > 0 or high < 0
            ax.plot([low, high], [y, y], color=colour, alpha=0.5, lw=2.5)
            ax.plot(value, y, "o", color=colour, mfc=colour if sure else "white", ms=7, ls="",
                    label=name if i == 0 else None)  # fmt: skip
            facts.append(f"{name}, {of} {value:+.0f} ({low:+.0f} to {high:+.0f})")
    mark_guess(ax, guess, None, 0)
    ax.axvline(0, color=INK, lw=1, zorder=1)
    if like is not None and len(like):
        reach = pd.concat([like, table])
        ax.set_xlim(100 * reach["low"].min() - 3, 100 * reach["high"].max() + 3)
    names = [f"{of} ({table.loc[table['of'] == of, 'images'].iloc[0]:,})" for of in places]
    ax.set_yticks([*places.values()], names)
    ax.set_ylim(len(asked) * (len(remedies) + 1) - 1.2, -0.8)
    ax.set_xlabel("change of accuracy, in points, 95 % interval (hollow: it holds zero)")
    ax.grid(axis="x")
    _filled_legend(ax)
    gain, pay = (
        some([of for of in asked if sure[table["of"] == of].any()]) or "nobody"
        for sure in (table["low"] > 0, table["high"] < 0)
    )
    default = f"Surely better by some remedy: {gain}. Surely worse: {pay}"
    return titled(ax, title or default, f"{'; '.join(facts)}.", bare=["left"])


@styled
def trade_off(
    curve: pd.DataFrame, before: pd.DataFrame, slack: float, title: str = "", ax: Axes | None = None
) -> Axes:
    """Accuracy and the lowest recall of a group, by how much the groups may differ.

    Parameters
    ----------
    curve : DataFrame from `helpers.fairness.Margins.trade_off`
    before : DataFrame from `helpers.fairness.Margins.outcome`, without offsets
    slack : float
        The slack on show.
    """
    ax, facts = axes(ax, 2.8), []
    images = before[["hits", "missed", "false_alarms", "passed"]].to_numpy().sum()
    lines = {"accuracy": (ACCENT, before["right"].sum() / images)}
    lines["lowest"] = (FAMILIES["colour"], before["recall"].min())
    ends = []
    for column, (colour, plain) in lines.items():
        if curve[column].isna().all():
            continue  # no group is constrained, or none can be
        name = {"accuracy": "accuracy of all", "lowest": "recall of the worst group"}[column]
        ax.plot(curve["slack"], curve[column], color=colour, lw=2)
        ax.axhline(plain, color=colour, lw=1, ls=":")
        last = curve[column].dropna()
        if len(last):
            ends.append((last.iloc[-1], name, colour))
        now = np.interp(slack, curve["slack"], curve[column])
        ax.plot(slack, now, "o", color=colour, ms=8)
        facts.append(f"{name} {now:.2f}, without offsets {plain:.2f}")
    ends.sort()
    # Names of lines that end close together are moved apart.
    apart = max(0.0, NAMES_APART - (ends[-1][0] - ends[0][0])) / 2 if len(ends) > 1 else 0.0
    for (value, name, colour), way in zip(ends, (-1, 1), strict=False):
        ax.annotate(name, (1.01, value + way * apart), xycoords=("axes fraction", "data"),
                    color=colour, va="center", annotation_clip=False)  # fmt: skip
    ax.axvline(slack, color=FLAG if curve["accuracy"].isna().all() else MUTED, lw=1)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="slack: by how much rates may differ between groups")
    ax.grid(axis="y")
    said = f"With a slack of {slack:.2f}: {'; '.join(facts) or 'no offsets keep the constraint'}"
    return titled(ax, title or said, "Dotted: without offsets.")


def _payers(ax: Axes, changes: pd.DataFrame, colours: dict[str, str]) -> str:
    """A dot for each model on each group; what was drawn, in words."""
    asked, facts = list(changes["of"].unique()), []
    for row in changes.itertuples():
        place = list(colours).index(row.remedy) - (len(colours) - 1) / 2
        y, ends = asked.index(row.of) + 0.14 * place, [100 * row.low, 100 * row.high]
        colour = colours[row.remedy]
        ax.plot(ends, [y, y], color=colour, lw=2, alpha=0.5)
        ax.plot(100 * row.difference, y, "o", color=colour, ms=6)
        facts.append(f"{row.remedy}, {row.of} {100 * row.difference:+.0f} points")
    ax.axvline(0, color=INK, lw=1, zorder=1)
    ax.set_yticks(range(len(asked)), [fill(of, 12) for of in asked])
    ax.set(ylim=(len(asked) - 0.4, -0.6), xlabel="change of accuracy, in points")
    ax.grid(axis="x")
    ax.spines["left"].set_visible(False)
    labels = [("plain", MUTED), *colours.items(), ("always right", INK)]
    marks = [Line2D([], [], color=c, marker="|" if n == "always right" else "o", ls="", label=n)
             for n, c in labels]  # fmt: skip
    ax.figure.legend(handles=marks, loc="outside lower center", ncol=3)
    return "; ".join(facts)


def _filled_legend(ax: Axes) -> None:
    """A legend beside the axes whose dots are filled, whatever those of the first row are."""
    for handle in ax.legend(loc="upper left", bbox_to_anchor=(1, 1)).legend_handles:
        handle.set_markerfacecolor(handle.get_color())
