"""What transfer buys: accuracy by labelled images per class, and backbones to choose from."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from PIL import Image
from scipy import stats

from helpers.datasets.words import some
from helpers.plots.names import short_name, short_names
from helpers.plots.style import ACCENT, CLASS_COLOURS, FAMILIES, FLAG, INK, MUTED, axes, styled
from helpers.plots.style import titled as title_it

LOOKS = {
    ("bundled", "fine-tuned"): (ACCENT, "-"),
    ("bundled", "frozen"): (ACCENT, "--"),
    ("random", "from scratch"): (FAMILIES["colour"], "-"),
    ("random", "frozen"): (MUTED, "--"),
}
ROWS = ["leaves", "textures", "outlines", "things", "of parts", "strokes", "fractals"]
NAMES = {("random", "from scratch"): "from scratch", ("random", "frozen"): "random weights, frozen"}


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Mean accuracy and its 95 % interval over seeds (Student's t), one row per point.

    Parameters
    ----------
    table : DataFrame
        backbone, training, per_class, seed, accuracy; as from `helpers.course.studies.read_study`.

    Returns
    -------
    DataFrame by backbone, training and per_class, in the order of `table`
        mean, half (of the interval; missing where there is one seed only), seeds.
    """
    found = table.groupby(["backbone", "training", "per_class"], sort=False)["accuracy"]
    found = found.agg(["mean", "std", "count"]).rename(columns={"count": "seeds"})
    quantile = stats.t.ppf(0.975, (found["seeds"] - 1).clip(lower=1))
    return found.assign(half=quantile * found.pop("std") / np.sqrt(found["seeds"]))


@styled
def label_curve(
    table: pd.DataFrame,
    chosen: tuple[str, str, str] | None = None,
    live: tuple[str, float] | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Accuracy by labelled images per class, a line per network, 95 % intervals over seeds.

    Parameters
    ----------
    table : DataFrame
        As for `summarise`.
    chosen : (backbone, training, per_class), optional
        The point to ring; the other lines fade.
    live : (per_class, accuracy), optional
        A result of our own, drawn as a diamond.
    """
    points, ax = summarise(table), axes(ax, 4.4)
    counts = sorted(table["per_class"].unique(), key=lambda n: (n == "all", n.zfill(9)))
    colours = iter(CLASS_COLOURS[2:])
    ends, facts = [], []
    lines = list(points.groupby(level=[0, 1], sort=False))
    beside = np.linspace(-0.06, 0.06, len(lines))  # so that bars of equal points can be told apart
    for (key, line), shift in zip(lines, beside, strict=True):
        line = line.droplevel([0, 1]).reindex(counts).dropna(subset="mean")
        colour, dashes = LOOKS.get(key) or (next(colours), "--" if key[1] == "frozen" else "-")
        x = [counts.index(n) + shift for n in line.index]
        name = short_name(NAMES.get(key, ", ".join(key)))
        faded = 0.25 if chosen and key != chosen[:2] else 1 if key in LOOKS else 0.6
        ax.plot(x, line["mean"], dashes, color=colour, lw=2.2, marker="o", ms=5, alpha=faded)
        ax.errorbar(x, line["mean"], line["half"], fmt="none", ecolor=colour, alpha=0.5 * faded)
        ends.append((line["mean"].iloc[-1], x[-1], name, colour, faded))
        facts.append(f"{name}: " + ", ".join(f"{n} {v:.2f}" for n, v in line["mean"].items()))
        if chosen and key == chosen[:2] and chosen[2] in line.index:
            spot = counts.index(chosen[2]) + shift, line["mean"][chosen[2]]
            ax.plot(*spot, "o", ms=14, mfc="none", mec=INK, mew=2, zorder=9)
    if live is not None and live[0] in counts:
        ax.plot(counts.index(live[0]), live[1], "D", ms=9, mfc=INK, mec="white", zorder=10)
        here = (counts.index(live[0]), live[1])
        look = {"textcoords": "offset points", "color": INK, "va": "top", "zorder": 10}
        ax.annotate("just now", here, (8, -4), **look)
    low, high = ax.get_ylim()
    lowest = -np.inf
    for value, x, name, colour, faded in sorted(ends):
        lowest = max(value, lowest + 0.055 * (high - low))  # names that would overlap move up
        look = {"textcoords": "data", "va": "center", "color": colour, "alpha": faded}
        ax.annotate(name, (x, value), (len(counts) - 0.8, lowest), **look)
    ax.set_xticks(range(len(counts)), counts)
    label = "labelled images per class"
    if "images" in table and "all" in counts:
        label += f" (all: {table.loc[table['per_class'] == 'all', 'images'].mean():,.0f} in total)"
    ax.set(xlim=(-0.3, len(counts) + 0.4), xlabel=label)
    ax.set_ylabel("validation accuracy, 95 % interval")
    ax.grid(axis="y")
    title = title or "What is a label worth, with and without transfer?"
    return title_it(ax, title, f"{'; '.join(facts)}.", bare=["left"])


@styled
def questions(table: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """What features tell about images: a row per question, a dot per kind of features.

    Parameters
    ----------
    table : DataFrame from `helpers.transfer.score_questions`
    """
    asked, kinds = list(table["question"].unique()), list(table["features"].unique())
    ax, facts = axes(ax, 1.1 + 0.6 * len(asked)), []
    for number, (name, colour) in enumerate(zip(kinds, (ACCENT, MUTED, FLAG), strict=False)):
        rows = table[table["features"] == name].set_index("question").loc[asked]
        y = np.arange(len(asked)) + 0.14 * (2 * number - len(kinds) + 1)
        around = [rows["accuracy"] - rows["low"], rows["high"] - rows["accuracy"]]
        ax.errorbar(rows["accuracy"], y, xerr=around, fmt="none", ecolor=colour, alpha=0.5, lw=2.5)
        ax.plot(rows["accuracy"], y, "o", color=colour, ms=8, label=short_name(name))
        facts.append(f"{name}: " + ", ".join(f"{q} {v:.2f}" for q, v in rows["accuracy"].items()))
    lazy = table.drop_duplicates("question")["commonest"]
    ax.plot(lazy, range(len(asked)), "|", color=INK, ms=22, mew=1.5, label="commonest answer")
    ax.set_yticks(range(len(asked)), short_names(asked).values())
    ax.set(xlim=(0, 1), ylim=(len(asked) - 0.5, -0.5), xlabel="validation accuracy, 95 % interval")
    ax.grid(axis="x")
    drawn = [line for line in ax.lines if line.get_marker() in ("o", "|")]
    look = {"loc": "upper left", "bbox_to_anchor": (1, 1), "frameon": False}
    # Given one by one, since a legend of its own accord leaves out names that begin with "_".
    ax.legend(drawn, [line.get_label() for line in drawn], **look)
    title = title or "What does the network know of a picture?"
    return title_it(ax, title, f"{'; '.join(facts)}.", bare=["left"])


@styled
def pretraining(picture: Image.Image, title: str = "", ax: Axes | None = None) -> Axes:
    """The sheet of images from `helpers.backbone.sources`, as wide as the figure."""
    ax = axes(ax, 8.2 * picture.height / picture.width + 0.5)
    ax.imshow(np.asarray(picture))
    # Pictures are square, and 16 go into a row; names stand beside the rows there are.
    middles = np.arange(0.5, 7) * picture.width / 16
    rows = list(zip(middles, ROWS, strict=True))[: round(picture.height / picture.width * 16)]
    ax.set_yticks(*zip(*rows, strict=True))
    ax.tick_params(length=0)
    ax.set_xticks([])
    title = title or "What the bundled backbone was trained on: none of it was ever photographed"
    text = "Rendered leaves, textures, bodies, assemblies, strokes and fractals, two of each class."
    return title_it(ax, title, text, bare=["left", "bottom"])


@styled
def backbones(table: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """Accuracy over latency, the area of each dot the size of the weights.

    Parameters
    ----------
    table : DataFrame from `helpers.transfer.compare_backbones`
        Rows without figures are named below the axes.
    """
    ax, there = axes(ax, 3.8), table.dropna(subset="accuracy")
    names = [short_name(NAMES.get((name, "frozen"), name)) for name in there.index]
    for name, row, colour in zip(names, there.itertuples(), CLASS_COLOURS, strict=False):
        x, half = row.milliseconds, [[row.accuracy - row.low], [row.high - row.accuracy]]
        ax.errorbar(x, row.accuracy, half, color=colour, alpha=0.5, lw=2.5)
        ax.scatter(x, row.accuracy, 20 + 12 * row.megabytes, color=colour, zorder=3)
        text = f"{name}\n{row.megabytes:.0f} MB, {row.milliseconds:.1f} ms"
        ax.annotate(text, (x, row.accuracy), (12, 0), textcoords="offset points", va="center")
    label = "milliseconds per image (the area of a dot: size of the weights)"
    if absent := list(table.index[table["accuracy"].isna()]):
        label += f"\nno weights on this computer: {some(absent, 9)}"
    ax.set(xlabel=label, ylabel="validation accuracy, 95 % interval")
    ax.set_xlim(0, 1.4 * np.nanmax([1, *there["milliseconds"]]))
    ax.grid(axis="y")
    facts = [
        f"{name} {accuracy:.2f}" for name, accuracy in zip(names, there["accuracy"], strict=True)
    ]
    return title_it(
        ax, title or "Accuracy against what a backbone costs", f"{'; '.join(facts)}.", bare=["left"]
    )
