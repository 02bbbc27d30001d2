"""What checks achieve: a measurement and its threshold, detectors, annotators who agree.

Scores of models are drawn in `scoreboards` and `evaluation`, their answers to images in `samples`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.datasets import Dataset
from helpers.datasets.words import count, require_column, tell_number
from helpers.evaluation import Interval, accuracy_interval
from helpers.plots.names import drawable, short_name
from helpers.plots.samples import thumbnail
from helpers.plots.style import (
    ACCENT,
    FAMILIES,
    FLAG,
    INK,
    INNOCENT,
    MUTED,
    axes,
    mark_guess,
    nothing,
    plain_log,
    styled,
    titled,
)

NO_TRUTH = "No truth is known for this dataset"
REACH = {"all detectable": "within reach", "undetectable": "beyond reach"}


@styled
def measurement(
    table: pd.DataFrame,
    column: str,
    thresholds: float | Mapping[str, float],
    flagged: str = "below",
    dataset: Dataset | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Histogram of a measurement with its threshold, the flagged side red, examples above it.

    Parameters
    ----------
    thresholds : one value, or name → value; the first decides what is flagged
    flagged : "below" or "above"
    dataset : Dataset, optional
        Shows seven images from low to high above the histogram.
    """
    thresholds = thresholds if isinstance(thresholds, Mapping) else {"threshold": thresholds}
    limit = next(iter(thresholds.values()))
    require_column(table, column)
    values = table[column].dropna().astype(float)
    if values.empty:
        return nothing(title or f"No image has a value of {column}", ax)
    bad = values < limit if flagged == "below" else values > limit
    skewed = values.min() > 0 and limit > 0 and values.quantile(0.995) > 5 * values.median()
    scale, unscale = (np.log10, lambda x: 10**x) if skewed else (np.asarray, np.asarray)
    ends = [0.001, 0.995] if len(values) > 1000 else [0, 1]
    shown = [*values.quantile(ends), *thresholds.values()]
    low, high = scale(min(shown)), scale(max(shown))
    width = (high - low) / 60 or 1
    # Bins start at the threshold, so that no bar is half flagged.
    first = scale(limit) - np.ceil((scale(limit) - low) / width) * width
    edges = unscale(np.arange(first, high + 1.01 * width, width))
    # What lies on the threshold itself is not flagged, on either side.
    edges[np.abs(edges - limit).argmin()] = (
        limit if flagged == "below" else np.nextafter(limit, 9e99)
    )
    counts, _ = np.histogram(values.clip(edges[0], edges[-1]), edges)
    side = (unscale(scale(edges[:-1]) + width / 2) < limit) == (flagged == "below")
    ax = axes(ax, 4.4 if dataset is not None else 3.2)
    colours = np.where(side, FLAG, ACCENT)
    ax.bar(edges[:-1], counts, np.diff(edges) * 0.9, align="edge", color=colours)
    top = counts.max() * 1.22
    for i, (name, value) in enumerate(thresholds.items()):
        ax.plot([value, value], [0, top], color=INK, lw=1.2, ls="-" if i == 0 else ":")
        right = value > unscale((low + high) / 2)
        look = {"va": "top", "ha": "right" if right else "left", "textcoords": "offset points"}
        ax.annotate(
            f"{short_name(name)} {tell_number(value)}",
            (value, top),
            (-5 if right else 5, -14 * i),
            **look,
        )
    if dataset is not None and len(values):
        left = values.copy()
        for i, spot in enumerate(unscale(np.linspace(low, high, 9)[1:-1][: len(values)])):
            image_id = (left - spot).abs().idxmin()
            left = left.drop(image_id)
            inset = ax.inset_axes([(i + 0.02) / 7, 1.12, 0.96 / 7, 0.45])
            inset.imshow(np.asarray(thumbnail(dataset, image_id, 120)))
            inset.set(xticks=[], yticks=[], anchor="S")
            inset.spines[:].set(visible=True, lw=2.5, color=FLAG if bad[image_id] else "white")
            inset.set_xlabel(f"{values[image_id]:.2f}", fontsize=8, color=MUTED, labelpad=2)
    ax.set_xscale("log" if skewed else "linear")
    if skewed:
        plain_log(ax.xaxis, (1, 2, 5))
    ax.set(xlabel=drawable(column), ylabel="images", ylim=(0, top), xlim=(edges[0], edges[-1]))
    of, lies = count(values, "image"), "lies" if bad.sum() == 1 else "lie"
    default = f"{column}: {bad.sum():,} of {of} {lies} {flagged} {tell_number(limit)}"
    title = title or default
    titled(ax, title, f"Histogram of {column}, flagged side in red.")
    if dataset is not None:
        ax.set_title(ax.get_title("left"), y=1.62)
    return ax


@styled
def detectors(score_table: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """Recall by kind and strength (dots) and precision by kind (diamonds), 95 % intervals.

    Parameters
    ----------
    score_table : DataFrame from `helpers.audit.score_against_truth`: kind, strength, planted,
        found, flagged, false
    """
    kinds = score_table.groupby("kind", sort=False)
    if score_table.empty:
        return nothing(NO_TRUTH, ax)
    ax = axes(ax, max(0.3 * (len(score_table) + kinds.ngroups) + 1.0, 1.0))
    y, facts = 0.0, []
    for kind, part in kinds:
        ax.text(
            -0.02, y, short_name(kind).replace("_", " "), weight="bold", ha="right", va="center"
        )
        flagged, false = part[["flagged", "false"]].astype(float).max()
        if flagged > 0:
            share = dot(ax, y, _wilson(flagged - false, flagged), INNOCENT, "D")
            ax.text(1.03, y, f"precision {share:.0%} of {flagged:,.0f}", va="center", color=MUTED)
        for line in part[part["planted"] > 0].itertuples():
            y += 1
            decoys = line.strength == "innocent"
            colour = MUTED if decoys else ACCENT
            share = dot(ax, y, _wilson(line.found, line.planted), colour, "o", not decoys)
            strength = REACH.get(line.strength, line.strength)
            ax.text(-0.02, y, strength, ha="right", va="center", color=MUTED)
            text = f"{'flagged' if decoys else 'recall'} {share:.0%} of {line.planted:,.0f}"
            ax.text(1.03, y, text, va="center", color=colour)
            facts.append(f"{kind} {strength} {text}")
        y += 1.4
    ax.set(xlim=(0, 1), ylim=(max(y, 1) - 0.8, -0.8), yticks=[], xticks=[0, 0.25, 0.5, 0.75, 1])
    ax.set_xlabel("share, with 95 % interval; a hollow dot is a false alarm")
    ax.grid(axis="x")
    title = title or "How much of what was planted does each detector find?"
    return titled(ax, title, f"{'; '.join(facts)}.", bare=["left", "bottom"])


@styled
def sweep(
    swept: pd.DataFrame,
    beside: pd.DataFrame | None = None,
    guess: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Recall, precision and bursts paired over the distance; pairs found where no truth is known.

    Parameters
    ----------
    swept : DataFrame from `helpers.audit.sweep_distance`: distance, pairs, recall, precision,
        bursts
    beside : DataFrame, optional
        Another sweep, whose recall (pairs where no truth is known) is drawn dotted.
    guess : float, optional
        The reader's threshold, in bits, drawn as a line across.
    """
    note = swept.attrs.get("note", "")
    if note and not swept["pairs"].any():
        return nothing(f"No pairs: {note}", ax)
    ax = axes(ax, 3.6)
    known = swept["recall"].notna().any()
    lines = {"recall": ACCENT, "precision": FAMILIES["colour"], "bursts": MUTED}
    lines = lines if known else {"pairs": ACCENT}
    for name, colour in lines.items():
        line = swept.dropna(subset=[name])
        ax.plot(line["distance"], line[name], color=colour, lw=2.5)
        label = {"bursts": "innocent bursts"}.get(name, name)
        end = (line["distance"].iloc[-1], line[name].iloc[-1])
        va = "top" if name == "bursts" else "bottom"
        ax.annotate(label, end, (6, 0), textcoords="offset points", va=va, color=colour)
    if beside is not None:
        first, colour = next(iter(lines.items()))
        ax.plot(beside["distance"], beside[first], color=colour, lw=1.5, ls=":")
        end = (beside["distance"].iloc[-1], beside[first].iloc[-1])
        look = {"textcoords": "offset points", "va": "center", "color": colour}
        ax.annotate(f"{first} before", end, (6, 0), **look)
    if guess is not None:
        ax.axvline(guess, color=INK, lw=1.2, ls="--")
        place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        ax.annotate("your guess", (guess, 0.02), (5, 0), color=INK, **place)
    ax.set(xlabel="largest distance that counts as a duplicate, in bits of 64")
    ax.set(ylabel="share" if known else "pairs", ylim=(0, 1.03 if known else None))
    ax.grid(axis="y")
    form = ".3g" if known else ",.0f"
    facts = [f"{name} {swept[name].iloc[-1]:{form}}" for name in lines if swept[name].notna().any()]
    last = count(int(swept["distance"].iloc[-1]), "bit")
    facts = f"Lines over the distance; at {last}: {', '.join(facts)}. {note}"
    default = "Where do we stop finding copies and start finding lookalikes?" if known else NO_TRUTH
    return titled(ax, title or default, facts, bare=["left"])


@styled
def agreement(
    table: pd.DataFrame,
    rate: float = 0.1,
    guess: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Agreement and kappa of two annotators over the rate at which both err.

    Parameters
    ----------
    table : DataFrame from `helpers.audit.measure_agreement`: rate, agreement, kappa
    rate : float
        The rate that the title tells of, and at which the guess was made.
    guess : float, optional
        The reader's guess at the agreement, 0 to 1.
    """
    ax = axes(ax, 3.4)
    for name, colour in (("agreement", ACCENT), ("kappa", FAMILIES["colour"])):
        line = table.dropna(subset=[name])
        ax.plot(line["rate"], line[name], "o-", color=colour, lw=2, ms=5)
        if len(line):
            end = (line["rate"].iloc[-1], line[name].iloc[-1])
            look = {"textcoords": "offset points", "color": colour, "va": "center"}
            ax.annotate(name if name == "agreement" else "Cohen's kappa", end, (8, 0), **look)
    mark_guess(ax, guess, rate, None)
    ax.set(xlabel="share of images that each annotator gets wrong", ylabel="on all images")
    ax.set(ylim=(min(0, table[["agreement", "kappa"]].min().min()), 1.03))
    ax.grid(axis="y")
    at = table.iloc[(table["rate"] - rate).abs().argmin()]
    default = f"Two who each err on {at['rate']:.0%} of the images agree on {at['agreement']:.0%}"
    facts = "; ".join(
        f"at {row.rate:g} agreement {row.agreement:.2f}, kappa {row.kappa:.2f}"
        for row in table.itertuples()
    )
    return titled(ax, title or default, f"{facts}.", bare=["left"])


def _wilson(right: int, total: int) -> Interval:
    return accuracy_interval(np.arange(int(total)) < int(right))


def dot(ax: Axes, y: float, interval: Interval, colour: str, marker: str, full=True) -> float:
    """Draw a share and its interval, hollow where not `full`; return the share."""
    ax.plot(interval[1:], [y, y], color=colour, lw=2.5, alpha=0.5, ls="-" if full else ":")
    look = {"mfc": colour if full else "white", "mec": colour, "ms": 8, "mew": 1.8}
    ax.plot(interval.accuracy, y, marker, zorder=3, clip_on=False, **look)
    return interval.accuracy
