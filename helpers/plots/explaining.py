"""Heatmaps beside photos, nearest training images, and what tests of heatmaps found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm

from helpers.datasets import Dataset
from helpers.datasets.words import count, some
from helpers.explain.heatmaps import Heatmaps
from helpers.explain.looking import look_by, over_seeds
from helpers.plots.names import short_name, short_names
from helpers.plots.samples import _sheet
from helpers.plots.style import (
    ACCENT,
    FLAG,
    INK,
    INNOCENT,
    MUTED,
    axes,
    mark_guess,
    nothing,
    styled,
    titled,
)

MOST_ROWS, FEWEST_COLUMNS = 6, 5
CONTROL = "random"
AREA = "noise: the subject's share of the picture"
QUESTIONS = {
    "likeness lost with the weights": (
        "likeness to the twin's maps above shuffled ones'",
        0,
    ),
    "rise of the share": ("rise of the share on the leaf when the model is mended", 0),
    "names the model that hangs on the ground": ("photos in which it names the right model", 0.5),
}
"""What `explanation_study` shows: question → what its axis says, where "nothing" is."""
LOOKS = [INNOCENT, ACCENT, "#e76300", "#0b5345"]


@styled
def explanations(
    heatmaps: Mapping[str, Heatmaps],
    answers: pd.DataFrame,
    image_ids: Iterable[str] | None = None,
    outlines: np.ndarray | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Photos in rows, and what each method says of each, side by side.

    Orange speaks for the answer, purple against it, each picture on its own scale.

    Parameters
    ----------
    heatmaps : name → Heatmaps, of the same images
    answers : DataFrame from `helpers.training.predict`
    image_ids : at most six are drawn
    outlines : bool array, one per image of the heatmaps, from `subject_masks`
        Where the subject is; its outline is drawn.
    """
    first = next(iter(heatmaps.values()))
    ids = list(first.targets.index if image_ids is None else image_ids)[:MOST_ROWS]
    if not ids:
        return nothing(title or "No image to explain", ax)
    columns = max(len(heatmaps) + 1, FEWEST_COLUMNS)
    ax = axes(ax, (len(ids) * 7.4 / columns) * 0.98 + 0.7)
    ax.axis("off")
    wrong = 0
    for row, image_id in enumerate(ids):
        at = first.targets.index.get_loc(image_id)
        photo, said = first.pictures[at], answers.loc[image_id]
        off = pd.notna(said["label"]) and said["label"] != said["prediction"]
        wrong += off
        for column, name in enumerate(["photo", *heatmaps]):
            width, height = 0.82 / columns, 1 / len(ids)
            box = [0.18 + column * width, 1 - (row + 1) * height, width * 0.96, height * 0.96]
            panel = ax.inset_axes(box)
            panel.imshow(photo if column == 0 else overlaid(photo, heatmaps[name][image_id]))
            if outlines is not None:
                panel.contour(outlines[at], [0.5], colors="white", linewidths=0.9)
            panel.set(xticks=[], yticks=[])
            panel.spines[:].set_visible(False)
            if row == 0:
                panel.set_title(name, fontsize=9, loc="left", pad=4, weight="normal")
        words = [f"{short_name(said['prediction'])}, {said['confidence']:.0%}"]
        words += [f"is {short_name(said['label'])}"] * off
        middle = 1 - (row + 0.5) / len(ids)
        look = {"ha": "right", "va": "center", "fontsize": 9, "color": FLAG if off else INK}
        ax.text(0.165, middle, "\n".join(words), transform=ax.transAxes, **look)
    title = title or f"What speaks for the answer? {count(ids, 'photo')}, {wrong} answered wrongly"
    text = f"Rows of a photo and heatmaps by {some(heatmaps, 9)}."
    titled(ax, title, text)
    ax.set_title(ax.get_title("left"), pad=26)
    return ax


def overlaid(photo: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """The photo in grey under the map's colours; float, height × width × 3."""
    from matplotlib import colormaps

    top = max(float(np.quantile(np.abs(heat), 0.995)), 1e-12)
    tint = colormaps["PuOr_r"](TwoSlopeNorm(0, -top, top)(heat))[..., :3]
    strength = np.clip(np.abs(heat) / top, 0, 1)[..., None] ** 0.7 * 0.85
    grey = photo.mean(2, keepdims=True) / 255 * 0.85 + 0.1
    return (1 - strength) * grey + strength * tint


@styled
def nearest_sheet(
    dataset: Dataset,
    found: pd.DataFrame,
    answers: pd.DataFrame,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Each photo, and beside it the training images that the network finds most like it.

    A red frame marks a photo that was answered wrongly.

    Parameters
    ----------
    found : DataFrame from `helpers.explain.nearest_images`
    answers : DataFrame from `helpers.training.predict`
    """
    asked = list(found["image_id"].unique())[:MOST_ROWS]
    if not asked:
        return nothing(title or "No image to explain", ax)
    rows, captions, frames, agree = [], {}, {}, []
    for image_id in asked:
        said, own = answers.loc[image_id], found[found["image_id"] == image_id]
        off = pd.notna(said["label"]) and said["label"] != said["prediction"]
        captions[image_id] = f"said: {said['prediction']}" + f"\nis {said['label']}" * off
        if off:
            frames[image_id] = FLAG
        cells = [(image_id, image_id)]
        for one in own.itertuples():
            key = (image_id, one.neighbour)
            captions[key] = str(one.label)
            cells.append((key, one.neighbour))
        rows.append(cells)
        agree.append((own["label"] == said["prediction"]).mean())
    columns = max(map(len, rows))
    ax = _sheet(dataset, rows, columns, ax, captions, frames)
    title = title or (
        f"Which training images are nearest? {np.mean(agree):.0%} of these bear the answer's label"
    )
    return titled(ax, title, "Each row: a photo, then its nearest training images.")


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
        control = name in (CONTROL, "edges")
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
    return titled(ax, f"What do heatmaps know? Leaves of {seeds} seeds", " ".join(facts))


@styled
def explanation_scores(
    table: pd.DataFrame,
    label: str,
    title: str,
    guess: float | None = None,
    against: float = 0.0,
    ax: Axes | None = None,
) -> Axes:
    """A figure per method, with its interval; controls are grey.

    Parameters
    ----------
    table : DataFrame by method
        mean, low, high.
    label : str
        Of the axis.
    guess : float, optional
        The reader's, at the first row.
    against : float
        Where the line stands that says "nothing".
    """
    if table.empty:
        return nothing(title, ax)
    ax = axes(ax, 0.38 * len(table) + 1.1)
    short = short_names(table.index, 40)
    for y, (name, row) in enumerate(table.iterrows()):
        control = any(word in str(name) for word in (CONTROL, "edges"))
        sure = row["low"] > against or row["high"] < against
        colour = INNOCENT if control else ACCENT
        ax.plot([row["low"], row["high"]], [y, y], color=colour, lw=2.5, alpha=0.6)
        ax.plot(row["mean"], y, "o", color=colour, mfc=colour if sure else "white", ms=8)
    mark_guess(ax, guess, None, 0)
    ax.axvline(against, color=MUTED, lw=1)
    ax.set_yticks(range(len(table)), [short[name] for name in table.index])
    ax.set(xlabel=label, ylim=(len(table) - 0.5, -0.6))
    ax.grid(axis="x")
    facts = "; ".join(
        f"{name} {row['mean']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f})"
        for name, row in table.iterrows()
    )
    facts += f"; your guess {guess:g}" if guess is not None else ""
    return titled(ax, title, f"{facts}.", bare=["left"])


@styled
def looked(
    looks: Mapping[str, pd.DataFrame],
    by: pd.Series,
    groups: pd.Series,
    guess: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """The share of what speaks for the answer that lies on the subject, by part, with intervals.

    Parameters
    ----------
    looks : name → DataFrame from `helpers.explain.look`, of the same images
        Beside them stands the subject's share of the picture, which noise would score.
    by : Series by image_id
        The part that an image belongs to.
    groups : Series by image_id
    guess : float, optional
        The reader's, at "all".
    """
    first = next(iter(looks.values()))
    parts = {AREA: look_by(first["area"], by, groups)}
    parts |= {name: look_by(table["share"], by, groups) for name, table in looks.items()}
    rows = list(parts[AREA].index)
    ax = axes(ax, 0.4 * len(rows) + 1.3)
    for number, (name, table) in enumerate(parts.items()):
        table = table.reindex(rows)
        y = np.arange(len(rows)) + (number - len(looks) / 2) * 0.2
        colour = LOOKS[number % len(LOOKS)]
        ax.hlines(y, table["low"], table["high"], color=colour, lw=2.5, alpha=0.6)
        ax.plot(table["mean"], y, "o" if number else "D", color=colour, ms=6, label=name)
    mark_guess(ax, guess, None, 0)
    short = short_names(rows, 40)
    images = parts[AREA]["images"]
    ax.set_yticks(range(len(rows)), [f"{short[row]} ({images[row]:,.0f})" for row in rows])
    ax.set(xlabel="share of what speaks for the answer that lies on the subject", xlim=(0, 1))
    ax.set(ylim=(len(rows) - 0.4, -0.6))
    ax.grid(axis="x")
    ax.legend(loc="upper right", fontsize=9)
    means = {name: table.loc["all", "mean"] for name, table in parts.items()}
    facts = "; ".join(f"{name} {value:.2f}" for name, value in means.items())
    told = ", ".join(f"{name} {means[name]:.0%}" for name in looks)
    title = title or f"Did it look at the subject? {told}; noise {means[AREA]:.0%}"
    return titled(ax, title, f"Over all images: {facts}.", bare=["left"])


@styled
def deletion_curves(
    curves: Mapping[str, pd.DataFrame], title: str = "", ax: Axes | None = None
) -> Axes:
    """How sure the network stays, on average, while the pixels a method names are painted grey.

    Parameters
    ----------
    curves : name → DataFrame from `helpers.explain.deletion`
    """
    ax = axes(ax, 3.4)
    for number, (name, table) in enumerate(curves.items()):
        colour = INNOCENT if name in (CONTROL, "edges") else ACCENT
        mean = table.mean()
        ax.plot(table.columns.to_numpy(float), mean, ["-", "--", "-.", ":"][number % 4],
                color=colour, lw=1.8, label=f"{name}: area {_area(mean):.2f}")  # fmt: skip
    ax.set(xlabel="share of the pixels painted grey", ylabel="probability of the answer")
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.grid(axis="y")
    ax.legend(fontsize=9)
    facts = "; ".join(f"{name} {_area(table.mean()):.2f}" for name, table in curves.items())
    title = title or "Does the answer go when what the heatmap names is taken away?"
    return titled(ax, title, f"Area under the mean curve: {facts}.")


def _area(mean: pd.Series) -> float:
    return float(np.trapezoid(mean, mean.index.to_numpy(float)))


@styled
def other_grounds(
    dataset: Dataset,
    redrawn: Dataset,
    before: pd.DataFrame,
    after: pd.DataFrame,
    most: int = 6,
    guess: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """The same subjects on their own and on another ground, and what is answered to each.

    Parameters
    ----------
    before, after : DataFrames from `helpers.training.predict`, of `dataset` and of `redrawn`
    guess : float, optional
        The reader's, at the share that gets another answer; told in the title.
    """
    ids = [i for i in before.index if i in after.index]
    if not ids:
        return nothing(title or "No photo on another ground", ax)
    turned = (before.loc[ids, "prediction"] != after.loc[ids, "prediction"]).mean()
    rows, captions, frames = [], {}, {}
    for kind, table in (("own", before), ("other", after)):
        row = []
        for image_id in ids[:most]:
            said = table.loc[image_id]
            captions[kind, image_id] = f"{said['prediction']}\n{said['confidence']:.0%} sure"
            if said["prediction"] != said["label"]:
                frames[kind, image_id] = FLAG
            row.append(((kind, image_id), image_id))
        rows.append(row)
    both = _Side(dataset, redrawn)
    pairs = [[(key, key) for key, _ in row] for row in rows]
    ax = _sheet(both, pairs, most, ax, captions, frames)
    title = title or f"On another ground, {turned:.0%} of {len(ids)} get another answer"
    title += f" (your guess: {guess:.0%})" if guess is not None else ""
    return titled(ax, title, "Above, photos as they are; below, redrawn on another ground.")


class _Side:
    """Loads ("own", id) from one dataset and ("other", id) from another."""

    def __init__(self, own: Dataset, other: Dataset):
        self.sides = {"own": own, "other": other}

    def load(self, key: tuple[str, str], at_least: int | None = None):
        return self.sides[key[0]].load(key[1], at_least)
