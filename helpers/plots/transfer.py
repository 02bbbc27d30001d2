"""What transfer buys: accuracy by labelled images per class, and backbones to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle, permutations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from PIL import Image
from scipy import stats

from helpers.datasets.words import some
from helpers.evaluation import accuracy_interval, compare_scores
from helpers.plots.names import short_name, short_names
from helpers.plots.style import (
    ACCENT,
    CLASS_COLOURS,
    FAMILIES,
    INK,
    MUTED,
    axes,
    mark_guess,
    nothing,
    styled,
)
from helpers.plots.style import titled as title_it

LOOKS = {
    ("bundled", "fine-tuned"): (ACCENT, "-"),
    ("bundled", "frozen"): (ACCENT, "--"),
    ("random", "from scratch"): (FAMILIES["colour"], "-"),
    ("random", "frozen"): (MUTED, "--"),
}
ROWS = ["leaves", "textures", "outlines", "things", "more things", "strokes", "fractals"]
NAMES = {("random", "from scratch"): "from scratch", ("random", "frozen"): "random weights, frozen"}
OURS = ("bundled", "random", "random weights")  # all others are torchvision's, from ImageNet
KINDS = (ACCENT, MUTED, FAMILIES["colour"], FAMILIES["form"])
"""Pretrained features, random weights (grey, as in `label_curve`), and two more kinds."""
SIZES = (ACCENT, FAMILIES["colour"], MUTED, FAMILIES["form"])


def name_of(backbone: str, training: str = "") -> str:
    """A network by its name and the photos that it learned from, and what was trained on ours."""
    known = NAMES.get((backbone, training))
    source = backbone if backbone in OURS else f"ImageNet's {backbone}"
    return short_name(known or ", ".join(filter(None, (source, training))))


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
    guess: tuple[str, float | None] | None = None,
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
    guess : (per_class, accuracy), optional
        The reader's guess; none is drawn where the accuracy is None.
    """
    points, ax = summarise(table), axes(ax, 4.4)
    counts = sorted(table["per_class"].unique(), key=lambda n: (n == "all", n.zfill(9)))
    colours = cycle(CLASS_COLOURS[2:])  # lines carry their names as well
    ends, facts = [], []
    lines = list(points.groupby(level=[0, 1], sort=False))
    beside = np.linspace(-0.06, 0.06, len(lines))  # so that bars of equal points can be told apart
    for (key, line), shift in zip(lines, beside, strict=True):
        line = line.droplevel([0, 1]).reindex(counts).dropna(subset="mean")
        colour, dashes = LOOKS.get(key) or (next(colours), "--" if key[1] == "frozen" else "-")
        x = [counts.index(n) + shift for n in line.index]
        name = name_of(*key)
        faded = 0.25 if chosen and key != chosen[:2] else 1 if key in LOOKS else 0.6
        ax.plot(x, line["mean"], dashes, color=colour, lw=2.2, marker="o", ms=5, alpha=faded)
        # An accuracy beyond 0 or 1 is none that another repeat could have.
        ends_at = [np.minimum(line["half"], room) for room in (line["mean"], 1 - line["mean"])]
        ax.errorbar(x, line["mean"], ends_at, fmt="none", ecolor=colour, alpha=0.5 * faded)
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
    if guess is not None and guess[0] in counts:
        mark_guess(ax, guess[1], counts.index(guess[0]), None)
    low, high = ax.get_ylim()
    lowest = -np.inf
    for value, x, name, colour, faded in sorted(ends):
        lowest = max(value, lowest + 0.055 * (high - low))  # names that would overlap move up
        colour = MUTED if faded < 0.5 else colour  # a pale name is not legible
        look = {"textcoords": "data", "va": "center", "color": colour}
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
def questions(
    table: pd.DataFrame,
    guess: Mapping[str, float] | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """What features tell about images: a row per question, a dot per kind of features.

    Parameters
    ----------
    table : DataFrame from `helpers.transfer.score_questions`
    guess : question → accuracy, optional
        What the reader expects of the first kind of features.
    """
    if table.empty:
        return nothing("No column of this dataset is a question to ask", ax)
    asked, kinds = list(table["question"].unique()), list(table["features"].unique())
    ax, facts = axes(ax, 1.1 + 0.6 * len(asked)), []
    for number, (name, colour) in enumerate(zip(kinds, KINDS, strict=False)):
        rows = table[table["features"] == name].set_index("question").loc[asked]
        step = min(0.14, 0.4 / len(kinds))
        y = np.arange(len(asked)) + step * (2 * number - len(kinds) + 1)
        around = [rows["accuracy"] - rows["low"], rows["high"] - rows["accuracy"]]
        ax.errorbar(rows["accuracy"], y, xerr=around, fmt="none", ecolor=colour, alpha=0.5, lw=2.5)
        look = {"color": colour, "ms": 8, "label": short_name(name), "clip_on": False}
        ax.plot(rows["accuracy"], y, "o", **look)
        facts.append(f"{name}: " + ", ".join(f"{q} {v:.2f}" for q, v in rows["accuracy"].items()))
    for number, question in enumerate(asked):
        mark_guess(ax, (guess or {}).get(question), None, number)
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
    names, others = [name_of(name) for name in there.index], cycle(CLASS_COLOURS[2:])
    ours = {"bundled": ACCENT, "random": MUTED, "random weights": MUTED}  # as in `label_curve`
    colours = [ours.get(name) or next(others) for name in there.index]
    for name, row, colour in zip(names, there.itertuples(), colours, strict=True):
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


@styled
def backbones_elsewhere(
    table: pd.DataFrame,
    live: tuple[str, str, float] | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Accuracy of heads on frozen features, a panel per set of images, a row per backbone.

    Parameters
    ----------
    table : DataFrame, ``read_study("backbone/probes")``
        set, size (pixels), backbone, images (scored), accuracy; means over seeds are drawn, a dot
        per size.
    live : (set, backbone, accuracy), optional
        A result of our own, drawn as a diamond.
    """
    means = table.groupby(["set", "backbone", "size"], sort=False)["accuracy"].mean()
    images = table.groupby("set")["images"].first()
    sets, sizes = list(table["set"].unique()), sorted(table["size"].unique())
    order = means.groupby("backbone").mean().sort_values().index
    ax, facts = axes(ax, 1.1 + 0.45 * len(order)), []
    ax.set_axis_off()
    for number, name in enumerate(sets):
        panel = ax.inset_axes([number / len(sets), 0, 0.9 / len(sets), 1])
        for y, backbone in enumerate(order):
            known = means[name].get(backbone, pd.Series(dtype=float))
            panel.plot(known, [y] * len(known), color=MUTED, lw=1.5, zorder=1)
            for size, colour in zip(sizes, SIZES, strict=False):
                if size in known:
                    panel.plot(known[size], y, "o", color=colour, ms=8, label=f"{size} pixels")
            facts.append(f"{name}, {name_of(backbone)} {known.mean():.2f}")
        if live is not None and live[0] == name:
            panel.plot(live[2], list(order).index(live[1]), "D", ms=8, mfc=INK, mec="white")
        panel.set_title(name, fontsize=10, weight="normal", pad=6)
        panel.set(ylim=(-0.6, len(order) - 0.4), xlabel="accuracy")
        panel.set_yticks(range(len(order)), [name_of(b) for b in order] if not number else [])
        panel.grid(axis="x")
    handles = dict(zip(*reversed(panel.get_legend_handles_labels()), strict=True))
    panel.legend(handles.values(), handles, loc="upper right", bbox_to_anchor=(1, -0.2), ncols=2)
    drawn = title_it(ax, title or _leader(means, images), f"{'; '.join(facts)}.")
    ax.set_title(ax.get_title("left"), y=1.16)
    return drawn


def _leader(means: pd.Series, images: pd.Series) -> str:
    """Whether one backbone leads everywhere, and whether the order behind it holds.

    Each set is asked at each size: a mean over sizes would hide a lead that a size turns round.
    A lead that the luck of the images alone could make turns nothing round.
    """
    table = means.reset_index().pivot_table("accuracy", ["set", "size"], "backbone")
    best, tops = table.mean().idxmax(), table.idxmax(axis=1)
    ahead = {
        pair: {at for at, row in table.iterrows() if _beyond_luck(*row[[*pair]], images[at[0]])}
        for pair in permutations(table.columns, 2)
    }
    sure = tops.where([at in ahead.get((top, best), ()) for at, top in tops.items()], best)
    by_set, by_size = (sure.groupby(alike).nunique() for alike in ("size", "set"))
    changes = (("images", by_set), ("size of the pictures", by_size))
    causes = [cause for cause, leaders in changes if (leaders > 1).any()]
    if causes:
        return f"Which backbone leads depends on the {' and the '.join(causes)}"
    if (tops != best).any():
        return f"{name_of(best)} is nowhere behind by more than luck"
    behind = (
        "; behind it the order holds, too" if len(table.rank(axis=1).drop_duplicates()) == 1 else ""
    )
    if any(ahead[pair] and ahead[pair[::-1]] for pair in ahead):
        behind = "; behind it the order changes"
    return f"{name_of(best)} leads on all of these{behind}"


def _beyond_luck(first: float, second: float, images: int) -> bool:
    """Whether a share lies above another by more than chance makes one in forty times.

    As if each had been asked about other images; of the same, the difference varies less.
    """
    spread = (first * (1 - first) + second * (1 - second)) / images
    return first - second > 1.96 * spread**0.5


@styled
def differences(
    tables: Mapping[str, pd.DataFrame], first: str, title: str = "", ax: Axes | None = None
) -> Axes:
    """By how much one model is more accurate than others; hollow where the interval holds zero.

    Parameters
    ----------
    tables : name of another model → DataFrame from `helpers.transfer.difference_over_seeds`
    first : str
        The model, as the title shall call it.
    """
    rows = [(other, *row) for other, table in tables.items() for row in table.itertuples()]
    ax = axes(ax, 1.2 + 0.36 * len(rows))
    for y, (_, _, value, low, high, _) in enumerate(rows):
        ax.plot([low, high], [y, y], color=ACCENT, lw=2.5, alpha=0.5)
        fill = ACCENT if low > 0 or high < 0 else "white"
        ax.plot(value, y, "o", color=ACCENT, mfc=fill, ms=8)
        look = {"textcoords": "offset points", "va": "center", "color": MUTED, "fontsize": 9}
        ax.annotate(f"{value:+.3f} ({low:+.3f} to {high:+.3f})", (max(high, 0), y), (8, 0), **look)
    ax.axvline(0, color=INK, lw=1, zorder=1)
    reach = max(0.01, *(abs(end) for _, _, _, *ends, _ in rows for end in ends if end == end))
    ax.set(xlim=(-1.1 * reach, 1.9 * reach), ylim=(len(rows) - 0.5, -0.5))
    ax.set_yticks(range(len(rows)), [f"{other}, {count} per class" for other, count, *_ in rows])
    ax.set_xlabel(f"accuracy of {first} less that of the other, 95 % interval over seeds "
                  "(hollow: it holds zero)")  # fmt: skip
    title = title or f"{first[0].upper()}{first[1:]}: {_stand(tables)}"
    facts = "; ".join(f"{other} {count} {value:+.3f}" for other, count, value, *_ in rows)
    return title_it(ax, title, f"{facts}.", bare=["left"])


def _stand(tables: Mapping[str, pd.DataFrame]) -> str:
    """Which others a model is ahead of, or behind, by more than seeds alone could make."""
    said, level = [], []
    for other, table in tables.items():
        sides = {"ahead of": table["low"] > 0, "behind": table["high"] < 0}
        clear = [
            f"{side} {other} with {some(table.index[rows], 9)} images per class"
            for side, rows in sides.items()
            if rows.any()
        ]
        (said if clear else level).append(" and ".join(clear) or f"with {other}")
    said += [f"level {' and '.join(level)}, as far as seeds can tell"] if level else []
    return "; ".join(said)


@styled
def compare_answers(
    right: Mapping[str, pd.Series],
    groups: pd.Series,
    guess: Mapping[str, float | None] | None = None,
    commonest: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Accuracies of models on the same images, and how far the last is ahead of the first.

    Parameters
    ----------
    right : name → Series of bool by image_id
    groups : Series by image_id
        Which images belong together.
    guess : name → accuracy, optional
        What the reader expects; None draws nothing.
    commonest : float, optional
        What answering with the commonest class scores, drawn as an upright line.
    """
    ax, names, facts = axes(ax, 0.45 * len(right) + 1.0), list(right), []
    if commonest is not None:
        ax.axvline(commonest, color=INK, lw=1, zorder=0)
        ax.annotate("commonest class", (commonest, -0.6), (4, -4), textcoords="offset points",
                    va="top", color=INK, fontsize=9)  # fmt: skip
        facts.append(f"commonest class {commonest:.2f}")
    for y, (name, values) in enumerate(right.items()):
        found = accuracy_interval(values, groups[values.index])
        ax.plot([found.low, found.high], [y, y], color=ACCENT, lw=2.5, alpha=0.5)
        ax.plot(found.accuracy, y, "o", color=ACCENT, ms=8, clip_on=False)
        look = {"textcoords": "offset points", "va": "center", "color": MUTED, "fontsize": 9}
        ax.annotate(repr(found), (found.high, y), (8, 0), **look)
        mark_guess(ax, (guess or {}).get(name), None, y)
        facts.append(f"{name} {found!r}")
    lead = compare_scores(right[names[-1]], right[names[0]], groups)
    ax.set_yticks(range(len(names)), names)
    ax.set(xlim=(0, 1.2), ylim=(len(names) - 0.4, -0.6), xlabel="accuracy with 95 % interval")
    ax.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    ax.grid(axis="x")
    default = f"{names[-1]} over {names[0]}, on the same images: {lead!r}"
    return title_it(ax, title or default[0].upper() + default[1:], f"{'; '.join(facts)}.",
                    bare=["left", "bottom"])  # fmt: skip
