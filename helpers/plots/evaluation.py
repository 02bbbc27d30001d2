"""What a model is worth: metrics with intervals, confusions, curves, parts, and shifts."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.datasets.words import count, some
from helpers.evaluation import order_classes
from helpers.plots.names import short_name, short_names
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

MOST_CLASSES = 30
SERIES = (ACCENT, "#e76300", "#1f9e89", INK)
MARKERS = "oDsv"


@styled
def metric_intervals(
    tables: Mapping[str, pd.DataFrame],
    guess: tuple[str, float | None] | None = None,
    title: str = "",
    xlabel: str = "score with 95 % interval",
    ax: Axes | None = None,
) -> Axes:
    """Metrics with their intervals, a row each; of several tables below each other in a row.

    Parameters
    ----------
    tables : name → DataFrame by metric: value (or difference), low, high
    guess : (metric, value), optional
        What the reader expects; a value of None draws nothing.
    """
    rows = list(dict.fromkeys(row for table in tables.values() for row in table.index))
    ax, facts = axes(ax, (0.2 + 0.22 * len(tables)) * len(rows) + 1.0), []
    lowest = 0.0
    for number, (name, table) in enumerate(tables.items()):
        colour, marker = SERIES[number % len(SERIES)], MARKERS[number % len(MARKERS)]
        values = table.get("value", table.get("difference"))
        shift = (number - (len(tables) - 1) / 2) * 0.27
        places = np.array([rows.index(row) for row in table.index]) + shift
        ax.hlines(places, table["low"], table["high"], color=colour, lw=2.5, alpha=0.5)
        ax.plot(values, places, marker, color=colour, ms=7, label=short_name(name), clip_on=False)
        ends = zip(table.index, values, table["low"], table["high"], places, strict=True)
        for row, value, low, high, place in ends:
            text = f"{value:.2f} ({low:.2f} to {high:.2f})"
            ax.annotate(text, (high, place), (8, 0), textcoords="offset points", va="center",
                        color=colour, fontsize=8.5)  # fmt: skip
            facts.append(f"{name}, {row}: {text}")
        lowest = min(lowest, table["low"].min())
    if guess is not None and guess[0] in rows:
        mark_guess(ax, guess[1], None, rows.index(guess[0]))
    ax.set_yticks(range(len(rows)), short_names(rows).values())
    ends = np.concatenate([table["high"] for table in tables.values()])
    room = 0.3 * (ends.max() - lowest)
    ax.set(xlim=(lowest, ends.max() + room), ylim=(len(rows) - 0.4, -0.6), xlabel=xlabel)
    if lowest < 0:
        ax.axvline(0, color=INK, lw=1)
    ax.grid(axis="x")
    if len(tables) > 1:
        ax.legend(loc="upper center", bbox_to_anchor=(0.4, -0.28 if len(rows) < 3 else -0.16),
                  ncols=len(tables))  # fmt: skip
    return titled(ax, title or "What is the model worth?", f"{'; '.join(facts)}.",
                  bare=["left", "bottom"])  # fmt: skip


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
    facts, ties = [], []
    for panel, (name, table) in zip(np.ravel(ax), compared.items(), strict=True):
        for place, row in enumerate(rows):
            one = table.loc[row]
            tie = one["low"] <= 0 <= one["high"]
            panel.plot([one["second"], one["first"]], [place] * 2, color=GRID, lw=5, zorder=1)
            panel.plot(one["first"], place, "o", color=ACCENT, ms=9, zorder=3, clip_on=False)
            look = {"mfc": "white", "mec": INK, "ms": 9, "mew": 1.6, "clip_on": False}
            panel.plot(one["second"], place, "o", zorder=2, **look)
            text = f"{one['difference']:+.2f} ({one['low']:+.2f} to {one['high']:+.2f})"
            panel.annotate("a tie: " * tie + text, (1.04, place), va="center", fontsize=8.5,
                           color=INK if tie else MUTED)  # fmt: skip
            facts.append(f"{name}, {row}: model {one['first']:.2f}, dummy {one['second']:.2f}")
            if row == "accuracy" and tie:
                ties.append(name)
        panel.set_title(name, fontsize=10.5)
        panel.set_yticks(range(len(rows)), rows)
        panel.set(xlim=(-0.05, 1.62), ylim=(len(rows) - 0.4, -0.6), xticks=[0, 0.5, 1])
        panel.spines[["left", "bottom"]].set_visible(False)
        panel.grid(axis="x")
    mark_guess(np.ravel(ax)[0], guess, None, 0)
    np.ravel(ax)[0].set_xlabel("● model   ○ dummy   then their difference, with interval")
    found = f"A dummy ties with the model in accuracy: {some(ties)}" if ties else (
        "The model beats the dummy in accuracy on every set")  # fmt: skip
    figure = np.ravel(ax)[0].figure
    figure.suptitle(title or found, x=0.01, ha="left", weight="bold", fontsize=13)
    figure.alt_text = f"{title or found}. {'; '.join(facts)}."
    return np.ravel(ax)[0]


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
            ax.text(column, row, f"{matrix.iloc[row, column]:g}", ha="center", va="center",
                    fontsize=8, color="white" if dark else INK)  # fmt: skip
    else:
        ax.set(xticks=[], yticks=[])
    ax.set(xlabel="the model says", ylabel="it is")
    off = matrix.to_numpy() * (1 - np.eye(len(order)))
    row, column = np.unravel_index(off.argmax(), off.shape)
    worst = f"{short_name(order[row])} called {short_name(order[column])}"
    found = f"Most often wrong: {worst}, {off[row, column]:g} images" if off.any() else "No error"
    total, right = matrix.to_numpy().sum(), np.trace(matrix.to_numpy())
    facts = (
        f"{right:,.0f} of {total:,.0f} images on the diagonal; order: {', '.join(map(str, order))}."
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
        panel.set(xlim=(0, 1.02), ylim=(len(shown) - 0.4, -0.6))
        panel.spines[["left", "bottom"]].set_visible(False)
        panel.grid(axis="x")
    ax[0].set_yticks(places, short_names(shown.index, 24).values())
    ax[1].set_xlabel("share, with 95 % interval")
    last = table.iloc[-1]
    way = "found too seldom" if last["recall"] < last["precision"] else "named too often"
    found = f"Hardest: {short_name(table.index[-1])}, F1 {last['F1']:.2f}, {way}"
    found += f" ({hidden} classes between are left out)" * bool(hidden)
    figure = ax[0].figure
    figure.suptitle(title or found, x=0.01, ha="left", weight="bold", fontsize=13)
    facts = "; ".join(
        f"{name} precision {row['precision']:.2f}, recall {row['recall']:.2f}, F1 {row['F1']:.2f}"
        for name, row in shown.iterrows()
    )
    figure.alt_text = f"{title or found}. {facts}."
    return ax[0]


@styled
def ranking_curves(
    curves: Mapping[str, Mapping[str, np.ndarray]], title: str = "", ax=None
) -> Axes:
    """Precision over recall, and the ROC curve, of one class against the rest, for several sets.

    Parameters
    ----------
    curves : name of the set → "precision" and "recall" as scikit-learn's `precision_recall_curve`
        returns them, "false" and "true" (rates) as `roc_curve` does, and "share" of the class
    """
    if ax is None:
        ax = plt.subplots(1, 2, figsize=(9, 3.7))[1]
    facts = []
    for number, (name, one) in enumerate(curves.items()):
        colour = SERIES[number % len(SERIES)]
        ax[0].plot(one["recall"], one["precision"], color=colour, lw=2, drawstyle="steps-post")
        ax[0].axhline(one["share"], color=colour, lw=1, ls=":")
        ax[1].plot(one["false"], one["true"], color=colour, lw=2, label=short_name(name))
        area = np.trapezoid(one["true"], one["false"])
        step = -np.sum(np.diff(one["recall"]) * np.asarray(one["precision"])[:-1])
        facts.append(f"{name}: average precision {step:.2f}, area under the ROC curve {area:.2f}")
    ax[1].plot([0, 1], [0, 1], color=MUTED, lw=1, ls=":")
    ax[0].set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.04))
    ax[1].set(xlabel="false positive rate", ylabel="recall (true positive rate)")
    ax[1].set(xlim=(0, 1.02), ylim=(0, 1.04))
    ax[1].legend(loc="lower right")
    found = "; ".join(fact.split(", area")[0].replace("average", "average") for fact in facts)
    figure = ax[0].figure
    figure.suptitle(title or found, x=0.01, ha="left", weight="bold", fontsize=13)
    figure.alt_text = f"{title or found}. Dotted: by chance. {'; '.join(facts)}."
    return ax[0]


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
            text = f"{row.accuracy:.2f} ({row.low:.2f} to {row.high:.2f}) of {row.images:,} images"
            ax.text(1.03, y, text, va="center", fontsize=8.5, color=colour if below else MUTED)
            if guess is not None and str(row.value) == guess[0]:
                mark_guess(ax, guess[1], None, y)
            facts.append(f"{column} {row.value} {text}")
            low += [f"{short_name(row.value)}, {row.accuracy:.2f}"] * below
            y += 1
        ax.plot([row.lowest] * 2, [first - 0.5, y - 0.5], color=INK, lw=1, ls=":")
        y += 0.5
    label = "accuracy with 95 % interval; dotted: luck alone puts the lowest below this in 1 of 20"
    ax.set(xlim=(0, 1), ylim=(y - 0.4, -0.7), yticks=[], xlabel=label)
    ax.grid(axis="x")
    found = f"Lower than luck explains: {some(low)}" if low else "No part lower than luck explains"
    if len(small):
        names = some([f"{row.value} ({row.images})" for row in small.itertuples()], 4)
        ax.annotate(f"Too small to be scored: {names}", (0, -0.2), xycoords="axes fraction",
                    color=MUTED, fontsize=8.5, annotation_clip=False, va="top")  # fmt: skip
        facts.append(f"not scored: {names}")
    return titled(ax, title or found, f"{'; '.join(facts)}.", bare=["left", "bottom"])


@styled
def shifts(found: Mapping[str, object], title: str = "", ax: Axes | None = None) -> Axes:
    """How well new images can be told from old ones, beside what shuffling them gives.

    Parameters
    ----------
    found : name of the new images → Shift from `helpers.evaluation.find_shift`
    """
    ax, facts = axes(ax, 0.55 * len(found) + 1.1), []
    for y, (name, one) in enumerate(found.items()):
        ax.plot(one.shuffled, np.full(len(one.shuffled), y), "|", color=INNOCENT, ms=14, alpha=0.4)
        sure = one.p < 0.01
        look = {"mfc": ACCENT if sure else "white", "mec": ACCENT, "ms": 9, "mew": 1.8}
        ax.plot(one.auc, y, "o", zorder=3, **look)
        p = "p < 0.001" if one.p < 0.001 else f"p = {one.p:.2g}"
        ax.text(1.02, y, f"{one.auc:.2f}, {p}", va="center", color=MUTED)
        facts.append(f"{name}: area {one.auc:.2f}, by chance up to {one.highest:.2f}, {p}")
    ax.axvline(0.5, color=GRID, zorder=0)
    ax.set_yticks(range(len(found)), short_names(found).values())
    ax.set(xlim=(0.2, 1), ylim=(len(found) - 0.4, -0.6))
    ax.set_xlabel("area under the ROC curve, new against old; grey: old and new shuffled")
    sure = [short_name(name) for name, one in found.items() if one.p < 0.01]
    default = f"Noticed without a label: {some(sure)}" if sure else "No shift is noticed"
    return titled(ax, title or default, f"{'; '.join(facts)}.", bare=["left", "bottom"])
