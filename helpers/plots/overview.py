"""The dataset at a glance: the workflow, counts, groups, sizes, issues."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.datasets import Dataset
from helpers.datasets.words import count, require_column
from helpers.plots.names import short_names
from helpers.plots.samples import NO_LABEL
from helpers.plots.style import ACCENT, GRID, INK, MUTED, axes, nothing, palette, styled, titled

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
FADED = "#a3adb5"  # of notebooks that are not written yet
STAGES = {
    "Begin": "00 Start here",
    "Look and clean": "01 Look at the data|02 Find its faults",
    "Prepare": "03 Prepare and split|04 Bias and balance",
    "Train": "05 A first network|06 Augmentation|07 Transfer learning|08 Regularise, tune"
    "|09 Ensembles",
    "Judge": "10 Evaluate|11 Decisions|12 Fairness|13 Explanations",
    "Yours": "14 Your own dataset",
}


@styled
def workflow(here: str | None = None, title: str = "", ax: Axes | None = None) -> Axes:
    """The whole workflow on one page, with notebooks that are not written yet in grey.

    Parameters
    ----------
    here : str, optional
        Number of the notebook that is marked "you are here": "00" to "14".
    """
    written = {path.name[:2] for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")}
    ax, missing = axes(ax, 3.0), []
    ax.set(xlim=(0, len(STAGES)), ylim=(-6.6, 1.5))
    ax.axis("off")
    for left, (stage, notebooks) in enumerate(STAGES.items()):
        names = notebooks.split("|")
        colour = ACCENT if here in (None, *(name[:2] for name in names)) else MUTED
        ax.text(left + 0.04, 0.3, stage, fontsize=11, weight="bold", color=colour)
        ax.plot([left + 0.04, left + 0.86], [0, 0], color=colour, lw=2)
        if left:
            ax.text(left - 0.06, 0, "→", fontsize=13, color=MUTED, ha="center", va="center")
        for y, name in enumerate(names):
            marked, ready = name[:2] == here, name[:2] in written
            missing += [] if ready else [name[:2]]
            box = {"boxstyle": "round,pad=0.45", "fc": ACCENT if marked else "none", "ec": "none"}
            ink = "white" if marked else INK if ready else FADED
            look = {"fontsize": 9, "va": "center", "color": ink}
            ax.text(left + 0.06, -0.85 - 1.15 * y, name, bbox=box, **look)
            if marked:
                look = {"fontsize": 8.5, "va": "bottom", "color": ACCENT}
                ax.text(left + 0.04, 1.05, "↓ you are here", **look)
    stages = "; ".join(f"{s}: {names.replace('|', ', ')}" for s, names in STAGES.items())
    facts = f"{stages}." + (f" You are in {here}." if here else "")
    if missing:
        ax.text(0.04, -6.4, "grey: not written yet", fontsize=8.5, color=MUTED)
        facts += f" Not written yet: {', '.join(missing)}."
    return titled(ax, title or "From a folder of images to an honest score", facts)


@styled
def class_counts(
    dataset: Dataset | pd.DataFrame, column: str = "label", title: str = "", ax: Axes | None = None
) -> Axes:
    """Images per value of `column`, as sorted bars; of more than 30, the first and last 15."""
    table = getattr(dataset, "images", dataset)
    require_column(table, column)
    values = table[column].astype(object).fillna(NO_LABEL)
    counts = values.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    if counts.empty:
        return nothing(title or "Nothing to count", ax)
    colours = palette(counts.index) if column == "label" and len(counts) <= 12 else {}
    hidden = max(len(counts) - 30, 0)
    shown = pd.concat([counts[:15], counts[15:][-15:]])
    places = np.arange(len(shown)) + (np.arange(len(shown)) >= 15) * (hidden > 0)
    ax = axes(ax, 0.27 * (places[-1] + 1) + 0.6)
    bars = ax.barh(places, shown, 0.72, color=[colours.get(name, ACCENT) for name in shown.index])
    ax.bar_label(bars, [f"{count:,}" for count in shown], padding=5, color=MUTED)
    if hidden:
        ax.text(0, 15, f"… {hidden} more", va="center", color=MUTED)
    names = short_names(counts.index)
    ax.set_yticks(places, [names[name] for name in shown.index])
    ax.set(ylim=(places[-1] + 0.6, -0.6), xlim=(0, counts.max() * 1.08), xticks=[])
    ratio = counts.iloc[0] / counts.iloc[-1]
    default = f"{names[counts.index[0]]} has {ratio:,.{0 if ratio >= 10 else 1}f} times as many "
    default += f"images as {names[counts.index[-1]]}"
    if ratio < 1.05:
        about = count(int(counts.iloc[0]) if ratio == 1 else round(counts.mean()), "image")
        about = about if ratio == 1 else f"About {about}"
        default = f"{about} {'in each class' if len(counts) > 1 else 'in all'}"
    numbers = ", ".join(f"{name} {count:,}" for name, count in shown.items())
    alt = f"Bars, images per {column}: {numbers}."
    return titled(ax, title or default, alt, bare=["left", "bottom"])


@styled
def sizes(scanned: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """Width against height in px, one bubble per size, with common aspect ratios; logarithmic."""
    known = scanned.dropna(subset=["width", "height"]).astype({"width": float, "height": float})
    counts = known.groupby(["width", "height"]).size().sort_values(ascending=False, kind="stable")
    if counts.empty:
        return nothing(title or "No image has a size that can be read", ax)
    ax = axes(ax, 4.8)
    width, height = (counts.index.get_level_values(i).to_numpy() for i in range(2))
    share = counts.to_numpy() / counts.sum()
    ax.scatter(width, height, 15 + 900 * share, color=ACCENT, alpha=0.55, ec="white", lw=0.7)
    low, high = min(*width, *height) / 1.25, max(*width, *height) * 1.3
    beside = {"textcoords": "offset points", "fontsize": 9}
    for x, y in ((9, 16), (3, 4), (1, 1), (4, 3), (16, 9)):
        end = min(high, high * x / y)
        ax.plot([low, end], [low * y / x, end * y / x], color=GRID, lw=1, zorder=0)
        ax.annotate(f"{x}:{y}", (end, end * y / x), (2, 2), color=MUTED, **beside)
    named: list[int] = []
    for i in range(min(9, len(counts))):
        apart = [abs(np.log(width[i] * height[j] / width[j] / height[i])) for j in named]
        if share[i] > 0.02 and min(apart, default=1) > 0.15:
            named.append(i)
            text = f"{width[i]:g} × {height[i]:g}: {counts.iloc[i]:,}"
            tall = height[i] > width[i]  # beside the bubble, away from the middle of the figure
            place = {"xytext": (-12, 10) if tall else (14, -14), "ha": "right" if tall else "left"}
            ax.annotate(text, (width[i], height[i]), **place, **beside)
    ticks = [t * 10**i for i in range(6) for t in (1, 2, 5) if low < t * 10**i < high]
    ax.set(xscale="log", yscale="log", xlabel="width in px", ylabel="height in px")
    ax.set(xlim=(low, high), ylim=(low, high))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks(ticks, [f"{tick:,}" for tick in ticks])
        axis.set_ticks([], minor=True)
    told = f"{share[0]:.0%}" if share[0] == 1 or share[0] < 0.995 else "more than 99%"
    commonest = f"{told} of images are {width[0]:g} × {height[0]:g} px"
    many = f"{len(counts):,} different sizes; " if len(counts) > 1 else ""
    return titled(ax, title or many + commonest, "Bubbles, width against height, area by count.")


def issues(
    found: pd.DataFrame, total: int | None = None, title: str = "", ax: Axes | None = None
) -> Axes:
    """How many images each check flags, of `total`; `found` has columns image_id and issue.

    Rows whose column ``rule`` is "not used" are no flags; the title names their checks.
    """
    flags, left = found.drop_duplicates(["image_id", "issue"]), []
    if "rule" in flags:
        unused = flags["rule"] == "not used"
        left, flags = flags.loc[unused, "issue"].unique(), flags[~unused]
    flagged, of = flags["image_id"].nunique(), f" of {total:,}" if total else ""
    told = "image is flagged" if flagged == 1 and not of else "images are flagged, each"
    title = title or f"{flagged:,}{of} {told} for a person to look at"
    if len(left):
        title += f". Not used, since too many break it: {', '.join(left)}"
    return class_counts(flags, "issue", title=title, ax=ax)
