"""What probabilities are worth, and what is decided by them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from helpers.datasets.words import count
from helpers.evaluation import Difference, calibration_error, calibration_floor, reliability
from helpers.plots.names import short_name, short_names
from helpers.plots.style import (
    ACCENT,
    FAMILIES,
    FLAG,
    INK,
    MUTED,
    axes,
    mark_guess,
    nothing,
    styled,
    titled,
)

COLOURS = (MUTED, ACCENT, FAMILIES["colour"], FAMILIES["form"], "#c77dff")
BINS, SURE, MOST_ROWS = 10, 0.9, 24
MARKERS = {"most accurate": "s", "cheapest": "D", "by the cost matrix": "^"}


@styled
def reliability_diagram(
    tables: Mapping[str, pd.DataFrame],
    guess: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """How often answers are right, by how sure the model was of them; a line per table.

    Beside each name stands its calibration error and, in brackets, what a perfectly calibrated
    model would have given on as many images.

    Parameters
    ----------
    tables : name → predictions table with labels
    guess : float, optional
        How often the reader expects answers to be right of which the model was surer than 0.9.
    """
    ax, facts = axes(ax, 4.6), []
    ax.plot([0, 1], [0, 1], color=INK, lw=1, ls=":", zorder=1)
    ax.annotate("as promised", (0.3, 0.31), rotation=35, color=INK, fontsize=9, ha="center")
    others = [name for name in tables if "validation" not in name]
    free = COLOURS[1:] if len(tables) == 1 else COLOURS[2:] if len(others) == 1 else COLOURS[::2]
    colours = dict(zip(others, free, strict=False))
    for name, table in tables.items():
        colour = colours.get(name, ACCENT)  # validation is blue through the whole course
        found = reliability(table, BINS)
        error, floor = calibration_error(table), calibration_floor(table)
        said = f"{short_name(name)}: ECE {error:.2f} (floor {floor.low:.2f} to {floor.high:.2f})"
        ax.plot(found["confidence"], found["accuracy"], color=colour, lw=2, label=said)
        area = 10 + 400 * found["images"] / found["images"].sum()
        ax.scatter(found["confidence"], found["accuracy"], area, color=colour, zorder=3)
        facts.append(said)
    mark_guess(ax, guess, (1 + SURE) / 2, None)
    ax.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="confidence (probability of the answer)")
    ax.set_ylabel("share of answers that are right")
    ax.grid()
    ax.legend(loc="upper left", title="area of a dot: number of images", alignment="left")
    default = f"No answer here is surer than {SURE:g}"
    if right := [one for one in map(_surest, tables, tables.values()) if one]:
        default = f"Right among answers surer than {SURE:g}: {', '.join(right)}"
    return titled(ax, title or default, f"{'; '.join(facts)}.", bare=["top"])


def _surest(name: str, table: pd.DataFrame) -> str:
    """How many of a table's surest answers are right, in words; nothing where there are none."""
    surest = table[(table["confidence"] > SURE) & table["label"].notna()]
    right = (surest["label"] == surest["prediction"]).mean()
    return f"{short_name(name)} {right:.0%} of {len(surest):,}" if len(surest) else ""


@styled
def paired(
    rows: Mapping[str, Difference],
    what: str,
    title: str = "",
    ax: Axes | None = None,
    than: str = "",
) -> Axes:
    """Paired differences of a mean loss or cost, with their intervals; left is better.

    A hollow dot is one whose interval holds zero.

    Parameters
    ----------
    rows : name → `Difference`
    what : str
        What is compared, for the axis: "log loss", "cost per image".
    than : str
        With what, where the names of the rows do not say it: "at one half".
    """
    lower, other = (f"{what} than {than}", f"{what} from that {than}") if than else (what, what)
    ax = axes(ax, 1.1 + 0.4 * len(rows))
    ends = [end for one in rows.values() for end in one if np.isfinite(end)]
    reach = 1.1 * max(1e-6, *map(abs, ends)) if ends else 1.0
    for y, one in enumerate(rows.values()):
        low, high = (np.clip(end, -reach, reach) for end in (one.low, one.high))
        ax.plot([low, high], [y, y], color=ACCENT, lw=2.5, alpha=0.5)
        fill = ACCENT if one.low > 0 or one.high < 0 else "white"
        ax.plot(one.difference, y, "o", color=ACCENT, mfc=fill, ms=8)
        text = f"{one.difference:+.3f} ({one.low:+.3f} to {one.high:+.3f})"
        ax.annotate(text, (1.02, y), xycoords=("axes fraction", "data"), va="center", fontsize=9,
                    color=MUTED)  # fmt: skip
    ax.axvline(0, color=INK, lw=1, zorder=1)
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set(xlim=(-reach, reach), ylim=(len(rows) - 0.5, -0.5))
    ax.set_xlabel(f"difference in {other}, 95 % interval (left: better; hollow: it holds zero)")
    better = [name for name, one in rows.items() if one.high < 0]
    worse = [name for name, one in rows.items() if one.low > 0]
    said = [f"lower {lower}: {'; '.join(better)}"] * bool(better)
    said += [f"higher: {'; '.join(worse)}"] * bool(worse)
    default = ". ".join(one[0].upper() + one[1:] for one in said) or f"No sure change in {other}"
    facts = "; ".join(f"{name} {one.difference:+.3f}" for name, one in rows.items())
    return titled(ax, title or default, f"{facts}.", bare=["left"])


@styled
def share_errors(table: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """How far estimated prevalences are off the planted ones: a row per way to estimate.

    Parameters
    ----------
    table : DataFrame from `helpers.evaluation.compare_estimates`
    """
    names = list(table["estimate"].unique())
    means = table.groupby("estimate")["error"].mean()
    ax = axes(ax, 1.0 + 0.42 * len(names))
    for y, name in enumerate(names):
        own = table.loc[table["estimate"] == name, "error"]
        ax.plot(own, np.full(len(own), y), "o", color=ACCENT, ms=5, alpha=0.25, mew=0)
        ax.plot(means[name], y, "|", color=INK, ms=20, mew=2.5)
        ax.annotate(f"{means[name]:.2f}", (1.02, y), xycoords=("axes fraction", "data"),
                    va="center", color=INK)  # fmt: skip
    ax.set_yticks(range(len(names)), names)
    ax.set(xlim=(0, None), ylim=(len(names) - 0.5, -0.5))
    ax.set_xlabel("share of images counted to a wrong class (a dot: one planting; stroke: mean)")
    ax.grid(axis="x")
    default = f"{means.idxmin()} comes nearest to what was planted"
    if close := _not_surely_farther(table, means.idxmin()):
        others = close[0] if len(close) == 1 else f"{len(close)} others"
        default += f", but not surely nearer than {others}"
    facts = "; ".join(f"{name} {means[name]:.2f}" for name in names)
    return titled(ax, title or default[0].upper() + default[1:], f"{facts}.", bare=["left"])


def _not_surely_farther(table: pd.DataFrame, best: str) -> list[str]:
    """Ways whose errors on the same plantings are not surely larger than those of the best."""
    from scipy import stats

    errors = table.pivot_table("error", "draw", "estimate")
    off = errors.drop(columns=best).sub(errors[best], axis=0)
    if len(off) < 2:
        return list(off)
    low = off.mean() - off.sem() * stats.t.ppf(0.975, len(off) - 1)
    return [name for name in table["estimate"].unique() if name != best and low[name] <= 0]


@styled
def cost_curve(
    sweep: pd.DataFrame,
    marks: Mapping[str, float],
    positive: str,
    guess: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Cost per image by threshold, and where some thresholds lie.

    Parameters
    ----------
    sweep : DataFrame from `helpers.evaluation.sweep_thresholds`
    marks : name → threshold
    positive : str
        The class that is reported.
    guess : float, optional
        The threshold that the reader would take.
    """
    ax = axes(ax, 3.8)
    x, y = sweep["up_to"].clip(0, 1), sweep["cost"]
    ax.step(x, y, where="pre", color=ACCENT, lw=2, zorder=2)
    for name, threshold in marks.items():
        height = y.iloc[np.searchsorted(sweep["up_to"], threshold)]
        said = f"{name}: {threshold:.3f}, costs {height:.2f}"
        look = {"color": INK, "mec": "white", "ms": 9, "ls": "", "zorder": 4, "label": said}
        ax.plot(min(threshold, 1), height, MARKERS.get(name, "o"), **look)
    if guess is not None:
        ax.axvline(guess, color=INK, ls="--", lw=1.2, label=f"your guess: {guess:g}")
    ax.legend(loc="best")  # the curve rises on either side, as the costs are
    # Most of what matters lies at small thresholds.
    ax.set_xscale("function", functions=(np.sqrt, np.square))
    ax.set_xticks([0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1])
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set(xlim=(0, 1.02), ylim=(0, None), xlabel="threshold", ylabel="cost per image")
    ax.grid(axis="y")
    best = sweep.loc[sweep["cost"].idxmin()]
    default = (
        f"Reporting {short_name(positive)} costs least from a probability of "
        f"{best['threshold']:.3f} on: {best['cost']:.2f} an image"
    )
    facts = "; ".join(f"{name} {threshold:.3f}" for name, threshold in marks.items())
    return titled(ax, title or default, f"{facts}.")


@styled
def precision_curve(
    at: pd.Series, here: Mapping[str, float], title: str = "", ax: Axes | None = None
) -> Axes:
    """Precision by prevalence, at one threshold's recall and rate of false alarms.

    Parameters
    ----------
    at : Series from `helpers.evaluation.at_threshold`
    here : name → prevalence
        To mark on the curve.
    """
    from helpers.evaluation.prevalence import precision_at, rate_behind_none

    ax, shares = axes(ax, 3.4), np.logspace(-4, 0, 200)
    recall, false_alarms = at["recall"], at["false_alarm_rate"]
    if pd.isna(recall) or pd.isna(false_alarms):
        return nothing("Without images of the class, and of others, there is no rate to carry", ax)
    others = at.get("false_alarms", np.nan) + at.get("passed", np.nan)
    reported, least = f"{false_alarms:.1%} of the others", ""
    if false_alarms == 0 and others > 0:
        # None among a few others is no proof that there never is one.
        false_alarms, least = rate_behind_none(others), "at least "
        reported = f"none of {count(round(others), 'other')}"
    line = precision_at(shares, recall, false_alarms)
    ax.plot(shares, line, color=ACCENT, lw=2)
    if least:
        ax.fill_between(shares, line, 1, color=ACCENT, alpha=0.15, lw=0)
    told, last = dict.fromkeys(here, ""), 0.0
    for name, share in sorted(here.items(), key=lambda item: item[1]):
        value = precision_at(share, recall, false_alarms)
        ax.plot(share, value, "o", color=INK, ms=8, zorder=4)
        shown = least + (f"{value:.0%}" if value >= 0.1 else f"{value:.1%}")
        beside = 0 < share < 4 * last  # the label before would lie under this one
        look = {"xytext": (8, -14), "ha": "left"} if beside else {"xytext": (-8, 6), "ha": "right"}
        ax.annotate(f"{name}: {shown}", (share, value), textcoords="offset points", color=INK,
                    **look)  # fmt: skip
        told[name], last = f"{shown} {name}", 0.0 if beside else share
    ax.set(xscale="log", ylim=(0, 1.08), xlabel="share of images that are of the class")
    ax.set_ylabel("precision")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.grid()
    default = (
        f"{recall:.0%} are found, and {reported} reported. "
        f"Right among the reports: {', '.join(told.values())}"
    )
    return titled(ax, title or default, f"{'; '.join(told.values())}.")


@styled
def risk_curves(
    curves: Mapping[str, pd.DataFrame],
    promised: float | None = None,
    paid: tuple[float, float] | None = None,
    guess: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Share of wrong answers by share of images answered.

    Parameters
    ----------
    curves : name → DataFrame from `helpers.evaluation.risk_coverage`
    promised : float, optional
        The risk that shall be kept, drawn as a line.
    guess : float, optional
        Which share of images the reader thinks can be answered at that risk.
    """
    ax, facts = axes(ax, 3.6), []
    for (name, curve), colour in zip(curves.items(), COLOURS[1:], strict=False):
        ax.plot(curve["coverage"], curve["risk"], color=colour, lw=2, label=name)
        said = f"{name}: {curve['risk'].iloc[-1]:.0%} wrong of all"
        if promised is not None:
            kept = curve.loc[curve["risk"] <= promised, "coverage"].max()
            kept = 0.0 if pd.isna(kept) else kept
            ax.plot(kept, promised, "o", color=colour, ms=8, zorder=4)
            said = f"{kept:.0%} of {name} images"
        facts.append(said)
    if promised is not None:
        ax.axhline(promised, color=INK, lw=1, ls=":")
        mark_guess(ax, guess, None, promised)
    if paid is not None:
        ax.plot(*paid, "D", color=INK, mec="white", ms=9, zorder=5)
        said = f"paid: {paid[0]:.0%} answered, {paid[1]:.0%} of them wrong"
        look = {"textcoords": "offset points", "color": INK, "ha": "right"}
        ax.annotate("paid", paid, (-8, 5), **look)
        facts.append(said)
    ax.set(xlim=(0, 1.01), ylim=(0, None), xlabel="share of images answered, the surest first")
    ax.set_ylabel("share of answers that are wrong")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.grid(axis="y")
    ax.legend(loc="upper left")
    default = "; ".join(facts)
    if promised is not None:
        default = f"With {promised:.0%} wrong at most could be answered: {default}"
    return titled(ax, title or default, f"{'; '.join(facts)}.")


@styled
def coverages(
    parts: Mapping[str, pd.DataFrame], promised: float, title: str = "", ax: Axes | None = None
) -> Axes:
    """How often sets hold the right class, a row per value of a column, columns below each other.

    Parameters
    ----------
    parts : name of the column → DataFrame from `helpers.evaluation.coverage`
    promised : float
        Drawn as a line; rows whose interval lies below it are red.
    """
    rows = [(column, value, *row) for column, table in parts.items()
            for value, *row in table.head(MOST_ROWS).itertuples()]  # fmt: skip
    if not rows:
        return nothing(title or "No column to ask for coverage by", ax)
    ax, y, ticks, names, broken = axes(ax, 1.2 + 0.24 * (len(rows) + len(parts))), 0, [], [], []
    shown = short_names(dict.fromkeys(row[1] for row in rows))
    before = rows[0][0]
    for column, value, images, covered, low, high, size in rows:
        y += 0.7 * (column != before)
        before = column
        colour = FLAG if high < promised else ACCENT
        broken += [shown[value]] * (high < promised)
        ax.plot([low, high], [y, y], color=colour, lw=2.5, alpha=0.5)
        ax.plot(covered, y, "o", color=colour, ms=7)
        note = f"{covered:.0%}, {size:.1f} classes, {count(int(images), 'image')}"
        ax.annotate(note, (1.02, y), xycoords=("axes fraction", "data"), va="center", fontsize=9,
                    color=MUTED, annotation_clip=False)  # fmt: skip
        ticks, names, y = [*ticks, y], [*names, shown[value]], y + 1
    ax.axvline(promised, color=INK, lw=1, ls=":")
    ax.set_yticks(ticks, names)
    ax.set(xlim=(0, 1.01), ylim=(y - 0.4, -0.6), xlabel="share of sets that hold the right class")
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.grid(axis="x")
    default = f"{promised:.0%} promised; surely fewer in {len(broken)} of {count(rows, 'row')}"
    facts = "; ".join(f"{value} {covered:.0%}" for _, value, _, covered, *_ in rows)
    return titled(ax, title or default, f"{facts}.", bare=["left"])


@styled
def coverage_draws(
    drawn: np.ndarray,
    promised: float,
    live: Mapping[str, float],
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Histogram of simulated coverages, the promise as a line, and coverages paid elsewhere.

    Parameters
    ----------
    live : name → coverage
    """
    ax = axes(ax, 2.8)
    values = [*drawn, *live.values(), promised]
    edges = np.linspace(min(values) - 0.01, min(1.0, max(values) + 0.01), 40)
    ax.hist(drawn, edges, color=ACCENT, alpha=0.4)
    ax.axvline(promised, color=INK, lw=1.2, ls=":")
    ax.axvline(drawn.mean(), color=ACCENT, lw=2)
    top = ax.get_ylim()[1]
    for number, (name, value) in enumerate(live.items()):
        ax.plot(value, 0.06 * top, "D", color=INK, ms=8, clip_on=False)
        ax.annotate(f"{name}: {value:.0%}", (value, 0.06 * top), (8, 6 + 14 * number),
                    textcoords="offset points", color=INK)  # fmt: skip
    ax.set(xlabel="share of sets that hold the right class", yticks=[])
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    default = (
        f"{promised:.0%} promised, {drawn.mean():.1%} kept on average where both halves are alike"
    )
    facts = "; ".join(f"{name} {value:.0%}" for name, value in live.items())
    return titled(ax, title or default, f"{facts}.", bare=["left"])
