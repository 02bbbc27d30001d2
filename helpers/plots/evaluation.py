"""What a model is worth: metrics with intervals, confusions and ranking curves.

The scoreboard is drawn in `scoreboards`.
"""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.datasets.words import count, some
from helpers.evaluation import order_classes, probabilities
from helpers.evaluation.comparing import tell
from helpers.plots.names import drawable, short_name, short_names, told_name
from helpers.plots.style import ACCENT, GRID, INK, MUTED, alt, axes, mark_guess, styled, titled

MOST_CLASSES = 30
SERIES = (ACCENT, "#e76300", "#1f9e89", INK)
MARKERS = "oDsv"


@styled
def metric_intervals(
    tables: Mapping[str, pd.DataFrame],
    guess: tuple[str, float | None] | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Metrics with their intervals, a row each; of several tables below each other in a row.

    A difference whose interval holds zero is hollow.

    Parameters
    ----------
    tables : name → DataFrame by metric: value (or difference), low, high
    guess : (metric, value), optional
        What the reader expects; a value of None draws nothing.
    """
    rows = list(dict.fromkeys(row for table in tables.values() for row in table.index))
    ax, facts = axes(ax, (0.2 + 0.22 * len(tables)) * len(rows) + 1.0), []
    lowest, scored = 0.0, all("value" in table for table in tables.values())
    sign = "" if scored else "+"
    for number, (name, table) in enumerate(tables.items()):
        colour, marker = SERIES[number % len(SERIES)], MARKERS[number % len(MARKERS)]
        values = table.get("value", table.get("difference"))
        shift = (number - (len(tables) - 1) / 2) * 0.27
        places = np.array([rows.index(row) for row in table.index]) + shift
        ax.hlines(places, table["low"], table["high"], color=colour, lw=2.5, alpha=0.5)
        ax.plot(values, places, marker, color=colour, ms=7, label=short_name(name), clip_on=False)
        if not scored:
            open_ = table["low"].le(0) & table["high"].ge(0)
            ax.plot(values[open_], places[open_], marker, mec=colour, mfc="white", ms=7)
        ends = zip(table.index, values, table["low"], table["high"], places, strict=True)
        for row, value, low, high, place in ends:
            text = tell(value, low, high, sign)
            # Beside the axes: within, a number would lie under another table's interval or a guess.
            look = {"va": "center", "color": colour, "fontsize": 8.5}
            ax.text(1.02, place, text, transform=ax.get_yaxis_transform(), **look)
            facts.append(f"{name}, {row}: {text}")
        lowest = min(lowest, table["low"].min())
    if guess is not None and guess[0] in rows:
        mark_guess(ax, guess[1], None, rows.index(guess[0]))
    ax.set_yticks(range(len(rows)), short_names(rows).values())
    ends = np.concatenate([table["high"] for table in tables.values()])
    room = 0.05 * (ends.max() - lowest)
    left = lowest - room if lowest < 0 else 0
    ax.set(xlim=(left, ends.max() + room), ylim=(len(rows) - 0.4, -0.6))
    xlabel = f"{'score' if scored else 'difference on the same images'}, with 95 % interval"
    ax.set_xlabel(xlabel + " (hollow: it holds zero)" * (not scored))
    if lowest < 0:
        ax.axvline(0, color=INK, lw=1)
    ax.grid(axis="x")
    if len(tables) > 1:
        ax.figure.legend(loc="outside lower center", ncols=len(tables))
    return titled(ax, title or "What is the model worth?", f"{'; '.join(facts)}.",
                  bare=["left", "bottom"])  # fmt: skip


@styled
def baselines(
    scores: Mapping[str, pd.DataFrame], best: str, guess: float | None = None, title: str = "",
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Balanced accuracy of several models with intervals, a row each.

    Parameters
    ----------
    scores : name → DataFrame from `helpers.evaluation.bootstrap_metrics`
    best : str
        The model that the guess is about.
    guess : float, 0 to 1, optional
    """
    rows = {name: table.loc["balanced accuracy"] for name, table in scores.items()}
    table = pd.DataFrame.from_dict(rows, "index").rename_axis("metric")
    value = table.loc[best, "value"]
    found = f"Balanced accuracy: {short_name(best)} finds {value:.0%} of each class, on average"
    return metric_intervals({"balanced accuracy": table}, (best, guess), title or found, ax)


@styled
def against_dummy(
    compared: Mapping[str, pd.DataFrame],
    guess: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """A model beside one that always gives the same answer, by metric; a panel for each set.

    Parameters
    ----------
    compared : name of the set → DataFrame from `helpers.evaluation.compare_metrics`, the model
        first and the dummy second
    guess : float, optional
        The reader's guess of the dummy's accuracy in the first set.
    """
    rows = ["accuracy", "balanced accuracy", "macro F1", "MCC"]
    if ax is None:
        ax = plt.subplots(1, len(compared), figsize=(9, 2.9), sharey=True, squeeze=False)[1]
    facts, ties, beaten = [], [], []
    for panel, (name, table) in zip(np.ravel(ax), compared.items(), strict=True):
        for place, row in enumerate(rows):
            one = table.loc[row]
            tie = bool(one["low"] <= 0 <= one["high"])
            panel.plot([one["second"], one["first"]], [place] * 2, color=GRID, lw=5, zorder=1)
            panel.plot(one["first"], place, "o", color=ACCENT, ms=9, zorder=3, clip_on=False)
            look = {"mfc": "none", "mec": INK, "ms": 13, "mew": 1.4, "clip_on": False}
            panel.plot(one["second"], place, "o", zorder=2, **look)
            text = tell(one["difference"], one["low"], one["high"], "+")
            panel.annotate("a tie: " * tie + text, (1.1, place), va="center", fontsize=8.5,
                           color=INK if tie else MUTED)  # fmt: skip
            facts.append(f"{name}, {row}: model {one['first']:.2f}, dummy {one['second']:.2f}")
            if row == "accuracy":
                ties += [name] * tie
                beaten += [name] * bool(one["high"] < 0)
        panel.set_title(name, fontsize=10.5)
        panel.set_yticks(range(len(rows)), rows)
        panel.set(xlim=(-0.07, 1.7), ylim=(len(rows) - 0.4, -0.6), xticks=[0, 0.5, 1])
        panel.spines[["left", "bottom"]].set_visible(False)
        panel.grid(axis="x")
    mark_guess(np.ravel(ax)[0], guess, None, 0)
    np.ravel(ax)[0].set_xlabel("● model   ○ dummy   then their difference, with interval")
    if beaten:
        found = f"A dummy beats the model in accuracy: {some(beaten)}"
    elif ties:
        found = f"A dummy ties with the model in accuracy: {some(ties)}"
    else:
        found = "The model beats the dummy in accuracy" + " on every set" * (len(compared) > 1)
    return _headed(np.ravel(ax)[0], title or found, f"{'; '.join(facts)}.")


@styled
def confusion(matrix: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """A confusion matrix, shares of each row, with classes that are confused beside each other.

    Parameters
    ----------
    matrix : DataFrame, classes × classes
        Images by label (rows) and prediction (columns).
    """
    order = order_classes(matrix)
    matrix = matrix.loc[order, order]
    shares = matrix.div(matrix.sum(axis=1).clip(lower=1), axis=0).to_numpy()
    size = min(max(0.42 * len(order), 3), 8.5)
    ax = axes(ax, size + 0.9)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    names = short_names(order, 18)
    few = len(order) <= MOST_CLASSES
    if few:
        ax.set_xticks(range(len(order)), names.values(), rotation=40, ha="right")
        ax.set_yticks(range(len(order)), names.values())
        for row, column in zip(*np.nonzero(matrix.to_numpy()), strict=True):
            dark = shares[row, column] > 0.5
            ax.text(column, row, f"{matrix.iloc[row, column]:,.0f}", ha="center", va="center",
                    fontsize=8, color="white" if dark else INK)  # fmt: skip
    else:
        ax.set(xticks=[], yticks=[])
    beside = "\n(classes that are confused stand side by side)" * (len(order) > 2)
    ax.set(xlabel=f"the model says{beside}", ylabel="it is")
    off = matrix.to_numpy() * (1 - np.eye(len(order)))
    row, column = np.unravel_index(off.argmax(), off.shape)
    worst = f"{told_name(order[row])} called {told_name(order[column])}"
    often = count(round(off[row, column]), "image")
    found = f"Most often wrong: {worst}, {often}" if off.any() else "No error"
    if off.any() and (others := int((off == off.max()).sum()) - 1):
        found += f", and {count(others, 'other pair')} of classes as often"
    total, right = matrix.to_numpy().sum(), np.trace(matrix.to_numpy())
    facts = (
        f"{right:,.0f} of {count(round(total), 'image')} on the diagonal; "
        f"order: {', '.join(map(str, order))}."
    )
    return titled(ax, title or found, facts, bare=["left", "bottom", "top", "right"])


@styled
def class_metrics(table: pd.DataFrame, title: str = "", ax=None) -> Axes:
    """Precision, recall and F1 of each class with intervals, three panels, the lowest F1 last.

    Parameters
    ----------
    table : DataFrame from `helpers.evaluation.score_classes`
    """
    table = table.sort_values("F1", ascending=False, kind="stable")
    hidden = max(len(table) - MOST_CLASSES, 0)
    shown = table if not hidden else pd.concat([table[:15], table[-15:]])
    if ax is None:
        size = (9, 0.27 * len(shown) + 1.4)
        ax = plt.subplots(1, 3, figsize=size, sharex=True, sharey=True)[1]
    places = np.arange(len(shown))
    for panel, metric in zip(ax, ("precision", "recall", "F1"), strict=True):
        panel.hlines(places, shown[f"{metric} low"], shown[f"{metric} high"], color=ACCENT, lw=2.5,
                     alpha=0.5)  # fmt: skip
        panel.plot(shown[metric], places, "o", color=ACCENT, ms=7, clip_on=False)
        panel.set_title(metric, fontsize=10.5)
        panel.set(xlim=(-0.07, 1.09), ylim=(len(shown) - 0.4, -0.6))
        panel.spines[["left", "bottom"]].set_visible(False)
        panel.grid(axis="x")
    ax[0].set_yticks(places, short_names(shown.index, 24).values())
    ax[1].set_xlabel("share, with 95 % interval")
    last = table.iloc[-1]
    way = "found too seldom" if last["recall"] < last["precision"] else "named too often"
    way = "found as often as named" if np.isclose(last["recall"], last["precision"]) else way
    way = way if last["recall"] > 0 else "never found"
    ends = f"{last['F1']:.2f} ({last['F1 low']:.2f} to {last['F1 high']:.2f})"
    found = f"Lowest F1: {told_name(table.index[-1])}, {ends}, {way}"
    if table["F1"].min() == 1:
        found = "Each class is always found, and never named wrongly"
    if hidden:
        found += f" ({count(hidden, 'class')} between {'is' if hidden == 1 else 'are'} left out)"
    facts = "; ".join(
        f"{name} precision {row['precision']:.2f}, recall {row['recall']:.2f}, F1 {row['F1']:.2f}"
        for name, row in shown.iterrows()
    )
    return _headed(ax[0], title or found, f"{facts}.")


@styled
def ranking_curves(
    answers: Mapping[str, pd.DataFrame], name: str, title: str = "", ax=None
) -> Axes:
    """Precision over recall, and the ROC curve, of one class against the rest, for several sets.

    Parameters
    ----------
    answers : name of the set → DataFrame from `helpers.evaluation.one_against_rest`
        A dot marks the answers that the model gave.
    name : str
        The class.
    """
    from sklearn import metrics

    if ax is None:
        ax = plt.subplots(1, 2, figsize=(9, 3.8))[1]
    facts, found = [], []
    for number, (part, table) in enumerate(answers.items()):
        colour, own = SERIES[number % len(SERIES)], table["label"] == name
        score, said = probabilities(table)[name], table["prediction"] == name
        precision, recall, _ = metrics.precision_recall_curve(own, score)
        false, true, _ = metrics.roc_curve(own, score)
        average, area = metrics.average_precision_score(own, score), metrics.auc(false, true)
        ax[0].step(recall, precision, color=colour, lw=2, where="post", label=short_name(part))
        ax[0].axhline(own.mean(), color=colour, lw=1, ls=":")
        ax[1].plot(false, true, color=colour, lw=2)
        dot = {"marker": "o", "color": colour, "ms": 8, "mec": "white", "clip_on": False}
        hits = said[own].mean()
        ax[0].plot(hits, metrics.precision_score(own, said, zero_division=0), **dot)
        ax[1].plot(said[~own].mean(), hits, **dot)
        facts.append(
            f"{part}: average precision {average:.2f}, area under the ROC curve {area:.2f}"
        )
        found.append((average, area))
    ax[1].plot([0, 1], [0, 1], color=MUTED, lw=1, ls=":")
    ax[0].set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.04))
    ax[1].set(xlabel="false positive rate", ylabel="recall (true positive rate)")
    ax[1].set(xlim=(0, 1.02), ylim=(0, 1.04))
    if len(answers) > 1:
        ax[0].legend(loc="upper right", fontsize=9)
    for panel, what, values in zip(
        ax, ("average precision", "area"), zip(*found, strict=True), strict=True
    ):
        told = " and ".join(f"{value:.2f}" for value in values)
        panel.set_title(f"{what} {told}", fontsize=10.5)
    title = title or f"How well is {told_name(name)} ranked above the rest?"
    return _headed(ax[0], title, f"Dotted: by chance. {'; '.join(facts)}.")


def _headed(ax: Axes, title: str, facts: str) -> Axes:
    """Give the figure of several panels its title and alt text."""
    title = fill(drawable(title), 84)
    ax.figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=13)
    alt(ax.figure, f"{title}. {facts}".replace("?.", "?"))
    return ax
