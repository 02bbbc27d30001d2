"""Regularisation and search: curves that part, what closes the gap, and what a choice promises."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from helpers.datasets.words import count, some
from helpers.plots.names import short_name, short_names, with_guess
from helpers.plots.style import (
    ACCENT,
    FAMILIES,
    FLAG,
    INK,
    MUTED,
    axes,
    mark_guess,
    nothing,
    plain_log,
    styled,
    titled,
)
from helpers.plots.training import _label_ends, _panels

TRAINING = FAMILIES["colour"]
BETTER = {"accuracy": "better →"}


@styled
def overfitting(
    curves: pd.DataFrame, stopped: int | None = None, title: str = "", ax: Axes | None = None
) -> Axes:
    """Loss and accuracy on training and on validation images, epoch by epoch.

    Parameters
    ----------
    curves : DataFrame from `train_recipe`
        Of several seeds, their mean is drawn.
    stopped : int, optional
        The epoch that early stopping keeps, marked on the validation loss.
    """
    table = curves.groupby("epoch").mean(numeric_only=True)
    ax, left, right = _panels(ax, 3.2, [1, 1], 0.2)
    lines = {
        "training": ("train_loss", TRAINING), "validation": ("valid_loss", ACCENT),
    }, {
        "training": ("train_accuracy", TRAINING), "validation": ("valid_accuracy", ACCENT),
        "wrong labels": ("by_heart", FLAG),
    }  # fmt: skip
    for panel, drawn in zip((left, right), lines, strict=True):
        shown = {name: look for name, look in drawn.items() if table[look[0]].notna().any()}
        for column, colour in shown.values():
            panel.plot(table.index, table[column], color=colour, lw=2.5)
        panel.set(xlabel="epoch", ylim=(0, None if panel is left else 1))
        panel.xaxis.get_major_locator().set_params(integer=True)
        panel.grid(axis="y")
        ends = [(table.index[-1], table[c].iloc[-1], name, k) for name, (c, k) in shown.items()]
        _label_ends(panel, ends)
    left.set_title("log loss", fontsize=10, weight="normal", pad=6)
    right.set_title("share of images", fontsize=10, weight="normal", pad=6)
    last = table.iloc[-1]
    left.annotate(
        "", (table.index[-1], last["valid_loss"]), (table.index[-1], last["train_loss"]),
        arrowprops={"arrowstyle": "<->", "color": INK, "lw": 1},
    )  # fmt: skip
    if stopped is not None and stopped in table.index:
        spot = (stopped, table["valid_loss"][stopped])
        left.plot(*spot, "o", color=ACCENT, ms=8)
        look = {"textcoords": "offset points", "ha": "left", "color": ACCENT, "fontsize": 9}
        look["bbox"] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
        left.annotate("early stopping keeps this", spot, (2, -16), **look)
    gap = last["valid_loss"] - last["train_loss"]
    side = f"{gap:.2f} above" if gap >= 0 else f"{-gap:.2f} below"
    title = title or f"Validation ends {side} training: that is the gap"
    facts = f"Training loss {last['train_loss']:.2f}, validation loss {last['valid_loss']:.2f}; "
    facts += f"accuracy {last['train_accuracy']:.0%} and {last['valid_accuracy']:.0%}"
    if pd.notna(last["by_heart"]):
        facts += f"; {last['by_heart']:.0%} of the wrong labels given back"
    titled(ax, title, f"{facts}.").set_title(ax.get_title("left"), y=1.1)
    return ax


@styled
def generalisation_gaps(
    ends: pd.DataFrame, guess: str | None = None, live: tuple[str, float, float] | None = None,
    title: str = "", ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Training and validation loss under each cure, the gap between them as a line.

    Parameters
    ----------
    ends : DataFrame from `helpers.regularisation.gaps`
    guess : str, optional
        The cure that the reader expected to have the smallest gap.
    live : (cure, training loss, validation loss), optional
        A training done just now, drawn as diamonds.
    """
    means = ends.groupby("cure", sort=False)[["train_loss", "valid_loss", "gap"]].mean()
    if means.empty:
        return nothing(title or "No cure was tried", ax)
    means = means.sort_values("gap", ascending=False, kind="stable")
    rows = list(means.index)
    if live is not None and live[0] not in rows:
        rows.append(live[0])
    ax = axes(ax, 1.1 + 0.36 * len(rows))
    for y, row in enumerate(means.itertuples()):
        ax.plot([row.train_loss, row.valid_loss], [y, y], color=MUTED, lw=3, alpha=0.5)
        ax.plot(row.train_loss, y, "o", ms=8, color=TRAINING)
        ax.plot(row.valid_loss, y, "o", ms=8, color=ACCENT)
        beside = live[1:] if live is not None and live[0] == row.Index else ()
        right = max(row.train_loss, row.valid_loss, *beside)  # the diamonds would hide the number
        look = {"textcoords": "offset points", "va": "center", "color": MUTED, "fontsize": 9}
        ax.annotate(f"{row.gap:.2f}", (right, y), (8, 0), **look)
    if live is not None:
        y = rows.index(live[0])
        for loss, colour in zip(live[1:], (TRAINING, ACCENT), strict=True):
            ax.plot(loss, y, "D", ms=8, color=colour, mec=INK, zorder=5)
        look = {"textcoords": "offset points", "ha": "center", "va": "bottom", "fontsize": 9}
        ax.annotate("just now", (live[2], y), (0, 7), **look)
    for name, colour in (("training", TRAINING), ("validation", ACCENT)):
        column = "train_loss" if name == "training" else "valid_loss"
        look = {"textcoords": "offset points", "ha": "center", "color": colour, "fontsize": 9}
        ax.annotate(name, (means[column].iloc[0], 0), (0, 8), **look)
    names, note = with_guess(rows, guess)
    ax.set_yticks(range(len(rows)), names)
    ax.set(xlim=(0, None), ylim=(len(rows) - 0.5, -0.9))
    ax.set_xlabel(f"log loss, mean of {ends['seed'].nunique()} repeats; beside it the gap{note}")
    ax.grid(axis="x")
    first = means["gap"].get("none", means["gap"].iloc[0])
    default = f"The smallest gap is that of {means.index[-1]}: {means['gap'].iloc[-1]:.2f} "
    title = title or default + f"instead of {first:.2f}"
    facts = "; ".join(
        f"{row.Index} {row.train_loss:.2f} and {row.valid_loss:.2f}" for row in means.itertuples()
    )
    return titled(ax, title, f"Training and validation loss: {facts}.", bare=["left"])


@styled
def bought(
    effects: pd.DataFrame, figures: Iterable[str] = ("accuracy", "log loss", "calibration error"),
    where: str | None = None, title: str = "", ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """What each cure changes in several figures, side by side: filled where the sign is sure.

    Red where a cure surely costs.

    Parameters
    ----------
    effects : DataFrame from `helpers.regularisation.cure_effects`
    figures : list of str
        A panel for each.
    where : str, optional
        The images they were measured on, in words; by default what the table says.
    """
    figures = [figure for figure in figures if figure in effects.index.get_level_values(0)]
    if effects.empty or not figures:
        return nothing(title or "No cure was compared", ax)
    order = list(effects.loc["log loss", "difference"].sort_values(kind="stable").index)
    ax, *panels = _panels(ax, 1.1 + 0.34 * len(order), [1] * len(figures), 0.04)
    for number, (figure, panel) in enumerate(zip(figures, panels, strict=True)):
        panel.axvline(0, color=INK, lw=1)
        for cure, row in effects.loc[figure].iterrows():
            y, colour = order.index(cure), FLAG if row["verdict"] == "worse" else ACCENT
            panel.plot([row["low"], row["high"]], [y, y], color=colour, lw=2, alpha=0.6)
            fill = colour if row["sure"] else "white"
            panel.plot(row["difference"], y, "o", ms=8, mfc=fill, mec=colour, mew=1.6)
        names = short_names(order, 24).values() if number == 0 else [""] * len(order)
        panel.set_yticks(range(len(order)), names)
        panel.set_ylim(len(order) - 0.5, -0.5)
        panel.spines["left"].set_visible(False)
        panel.set_xlabel(BETTER.get(figure, "← better"))
        panel.locator_params(axis="x", nbins=5)
        panel.set_title(figure, fontsize=10, weight="normal", pad=6)
        panel.grid(axis="x")
    where = where or effects.attrs.get("where", "other images")
    title = title or f"On {where}: {_say(effects)}"
    changes = effects["difference"].map("{:+.3f}".format)
    facts = [f"{f}: " + ", ".join(map(" ".join, changes.loc[f].items())) for f in figures]
    titled(ax, title, f"Change against none, {'; '.join(facts)}.")
    ax.set_title(ax.get_title("left"), y=1.1)
    return ax


def _say(effects: pd.DataFrame) -> str:
    tried = count(effects.loc["log loss"], "cure")
    words = effects["verdict"].unstack("figure")  # noqa: PD010
    right, probable = (words.index[words[f] == "better"] for f in ("accuracy", "log loss"))
    costs = words.index[words["accuracy"] == "worse"]
    verb = "improves" if len(probable) == 1 else "improve"
    told = f"{len(probable)} of {tried} surely {verb} the log loss, "
    told += f"{len(right)} the accuracy" + (f" ({some(right, 3)})" if len(right) else "")
    return told + (f"; right answers are surely lost by {some(costs, 3)}" if len(costs) else "")


@styled
def search_history(
    values: Iterable[float] | pd.DataFrame, name: str = "validation loss", lower: bool = True,
    before: float | None = None, title: str = "", ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """The score of each trial of a search, and the best one so far.

    Parameters
    ----------
    values : list of float, or DataFrame
        In the order of the trials; those that failed may be missing. Of Optuna's
        ``study.trials_dataframe()`` those that were pruned are drawn hollow, at the last score
        before they were, and none of them is the best.
    lower : bool
        Whether less is better.
    before : float, optional
        The score without any search, drawn as a line to beat.
    """
    table = values if isinstance(values, pd.DataFrame) else pd.DataFrame({"value": [*values]})
    table = table.reindex(columns=["value", "state"])
    scores, pruned = table["value"].to_numpy(float), (table["state"] == "PRUNED").to_numpy()
    done = np.where(pruned, np.nan, scores)
    if not np.isfinite(done).any():
        return nothing(title or "No trial came to a score", ax)
    trials = np.arange(1, len(scores) + 1)
    best = np.fmin.accumulate(done) if lower else np.fmax.accumulate(done)
    ax = axes(ax, 3)
    ax.plot(trials, done, "o", color=MUTED, ms=6, alpha=0.8)
    if np.isfinite(scores[pruned]).any():
        ax.plot(trials[pruned], scores[pruned], "o", mfc="white", mec=MUTED, ms=6)
        room = 0.06 * np.ptp(scores[np.isfinite(scores)])
        clear = np.abs(scores - best) > room
        clear &= before is None or np.abs(scores - before) > room
        shown = np.flatnonzero(pruned & np.isfinite(scores))
        first = next((at for at in shown if clear[at]), shown[0])  # its name beside no line
        look = {"textcoords": "offset points", "va": "center", "color": MUTED, "fontsize": 9}
        ax.annotate("pruned", (trials[first], scores[first]), (7, 0), **look)
    if before is not None:
        ax.axhline(before, color=INK, lw=1, ls="--")
        under = before < best[0]  # away from the line of the best so far
        look = {"textcoords": "offset points", "color": INK, "fontsize": 9}
        look["va"] = "top" if under else "bottom"
        ax.annotate("without a search", (trials[0], before), (0, -3 if under else 2), **look)
        low, high = ax.get_ylim()
        ax.set_ylim(bottom=min(low, before - 0.12 * (high - low)) if under else low)
    ax.step(trials, best, where="post", color=ACCENT, lw=2.5)
    look = {"textcoords": "offset points", "va": "center", "color": ACCENT, "fontsize": 9}
    ax.annotate("best so far", (trials[-1], best[-1]), (6, 0), **look)
    ax.set(xlabel="trial", ylabel=name)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(axis="y")
    at = int((np.nanargmin if lower else np.nanargmax)(done)) + 1
    default = f"The best of {count(scores, 'trial')} is number {at}: {best[-1]:.2f}"
    default += f"; {pruned.sum()} pruned" if pruned.any() else ""
    if before is not None and (best[-1] > before if lower else best[-1] < before):
        default += f"; without a search {before:.2f}"
    facts = f"First {scores[0]:.2f}, best {best[-1]:.2f}"
    facts += f", without a search {before:.2f}" if before is not None else ""
    return titled(ax, title or default, f"{facts}.")


@styled
def winners_curse(
    table: pd.DataFrame, guess: float | None = None, title: str = "", ax: Axes | None = None
) -> Axes:
    """The best score by the number of tries, on the images chosen by and on others.

    What is promised is the score where the setting was chosen; what it holds, that on others.

    Parameters
    ----------
    table : DataFrame from `chosen_by_luck`
        With a column kind a panel for each; with seed each repeat thinly, and their mean.
    guess : float, optional
        The reader's guess at the last gap of the first kind, in points of accuracy.
    """
    if table.empty:
        return nothing(title or "There are too few settings to choose among", ax)
    table = table if "kind" in table else table.assign(kind="")
    kinds = list(table["kind"].unique())
    ax, *panels = _panels(ax, 3.4, [1] * len(kinds), 0.2)
    repeats = table["seed"].nunique() if "seed" in table else 1
    drawn = table[["chosen", "others", "best"]].to_numpy()
    room = 0.1 * max(np.ptp(drawn), 0.02)
    facts = []
    for panel, kind in zip(panels, kinds, strict=True):
        by = table[table["kind"] == kind].groupby("tries")
        means, ends = by[["chosen", "others", "gap"]].mean(), []
        looks = {"chosen": ("promised", TRAINING), "others": ("held", ACCENT)}
        for column, (name, colour) in looks.items():
            panel.plot(means.index, means[column], "o-", color=colour, lw=2.5, ms=5)
            if repeats > 1:
                each = table[table["kind"] == kind].pivot_table(column, "tries", "seed")
                panel.plot(each.index, each, color=colour, lw=0.8, alpha=0.4)
            ends.append((means.index[-1], means[column].iloc[-1], name, colour))
        panel.set_xscale("log")
        plain_log(panel.xaxis, (1, 2, 5))
        panel.set(xlabel="settings tried", ylim=(drawn.min() - room, drawn.max() + room))
        panel.set_ylabel("accuracy of the best" if panel is panels[0] else "")
        panel.grid(axis="y")
        if kind:
            panel.set_title(short_name(kind, 40), fontsize=10, weight="normal", pad=6)
        if guess is not None and panel is panels[0]:
            mark_guess(panel, means["others"].iloc[-1] + guess / 100, means.index[-1], None, guess)
        _label_ends(panel, ends)
        facts.append(f"{kind or 'settings'}: {means['chosen'].iloc[-1]:.3f} and "
                     f"{means['others'].iloc[-1]:.3f}")  # fmt: skip
    title = title or _optimism(table[table["kind"] == kinds[0]])
    titled(ax, title, f"With the most tries, where chosen and on others, {'; '.join(facts)}.")
    ax.set_title(ax.get_title("left"), y=1.1)
    return ax


def _half(groups) -> pd.Series:
    """Half the width of a 95 % interval over seeds; none where there is one seed."""
    counts = groups.count()
    return stats.t.ppf(0.975, (counts - 1).clip(lower=1)) * groups.sem().fillna(0)


def _optimism(table: pd.DataFrame) -> str:
    by = table.groupby("tries")["gap"]
    means, half = by.mean(), _half(by)
    most = means.index[-1]
    around = f" ± {100 * half[most]:.1f}" if half[most] else ""
    return f"The best of {most} promises {100 * means[most]:.1f}{around} points more than it holds"
