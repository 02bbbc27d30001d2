"""Heatmaps beside photos, nearest training images, and what tests of heatmaps found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm

from helpers.datasets import Dataset
from helpers.datasets.words import count, some
from helpers.explain.grounds import other_answers
from helpers.explain.heatmaps import Heatmaps
from helpers.explain.looking import look_by
from helpers.explain.methods import CONTROLS
from helpers.plots.names import short_name, short_names, wrapped
from helpers.plots.samples import _sheet, thumbnail
from helpers.plots.style import (
    ACCENT,
    FLAG,
    INK,
    INNOCENT,
    MUTED,
    axes,
    mark_guess,
    nothing,
    read_guess,
    styled,
    titled,
)

MOST_ROWS, FEWEST_COLUMNS = 6, 5
AREA = "noise: the subject's share of the picture"
LOOKS = [INNOCENT, ACCENT, "#e76300", "#0b5345"]


@styled
def explanations(
    heatmaps: Mapping[str, Heatmaps],
    answers: pd.DataFrame,
    image_ids: Iterable[str] | None = None,
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
    """
    first = next(iter(heatmaps.values()))
    ids = list(first.targets.index if image_ids is None else image_ids)[:MOST_ROWS]
    if not ids:
        return nothing(title or "No image to explain", ax)
    # Few maps of many photos stand in two blocks beside each other, and leave no half page empty.
    blocks, side = (2, 0.17) if len(heatmaps) < 3 and len(ids) > 3 else (1, 0.18)
    columns = len(heatmaps) + 1 if blocks > 1 else max(len(heatmaps) + 1, FEWEST_COLUMNS)
    rows, width = -(-len(ids) // blocks), (1 / blocks - side) / columns
    ax = axes(ax, rows * 9 * width * 0.98 + 0.7)
    ax.axis("off")
    wrong = 0
    for place, image_id in enumerate(ids):
        at = first.targets.index.get_loc(image_id)
        photo, said = first.pictures[at], answers.loc[image_id]
        off = pd.notna(said["label"]) and said["label"] != said["prediction"]
        wrong += off
        (block, row), height = divmod(place, rows), 1 / rows
        left = block / blocks + side
        for column, name in enumerate(["photo", *heatmaps]):
            box = [left + column * width, 1 - (row + 1) * height, width * 0.96, height * 0.96]
            panel = ax.inset_axes(box)
            panel.imshow(photo if column == 0 else overlaid(photo, heatmaps[name][image_id]))
            panel.set(xticks=[], yticks=[])
            panel.spines[:].set_visible(False)
            if row == 0:
                panel.set_title(name, fontsize=9, loc="left", pad=4, weight="normal")
        words = [f"{short_name(said['prediction'], 18)}, {said['confidence']:.0%}"]
        words += [f"is {short_name(said['label'], 18)}"] * off
        look = {"ha": "right", "va": "center", "fontsize": 9, "color": FLAG if off else INK}
        where = (left - 0.015, 1 - (row + 0.5) * height)
        ax.text(*where, "\n".join(words), transform=ax.transAxes, **look)
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
def explained_errors(
    dataset: Dataset, answers: pd.DataFrame, heatmaps: Heatmaps | None, nearest: pd.DataFrame,
    title: str = "", ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """A row for each wrong answer: photo, heatmap, and the training images that are nearest to it.

    Parameters
    ----------
    dataset : Dataset
        Has the images asked about and those trained on.
    answers : DataFrame from `helpers.training.predict`
    heatmaps : Heatmaps, optional
    nearest : DataFrame from `helpers.explain.nearest_images`
    """
    ids = list(nearest["image_id"].unique())[:MOST_ROWS]
    if not ids:
        return nothing(title or "No wrong answer to explain", ax)
    most = int(nearest["rank"].max())
    heads = ["photo", *["speaks for the answer"] * (heatmaps is not None)]
    heads += ["nearest in training", *[""] * (most - 1)]
    width, height = 0.84 / len(heads), 1 / len(ids)
    ax = axes(ax, len(ids) * 1.5 + 0.7)
    ax.axis("off")
    for row, image_id in enumerate(ids):
        said, near = answers.loc[image_id], nearest[nearest["image_id"] == image_id]
        cells = [(np.asarray(thumbnail(dataset, image_id, 200)), "")]
        if heatmaps is not None:
            at = heatmaps.targets.index.get_loc(image_id)
            cells.append((overlaid(heatmaps.pictures[at], heatmaps[image_id]), ""))
        for one in near.itertuples():
            photo = np.asarray(thumbnail(dataset, one.neighbour, 200))
            cells.append((photo, short_name(one.label, 18)))
        for column, (picture, caption) in enumerate(cells):
            box = [0.16 + column * width, 1 - (row + 0.86) * height, width * 0.94, height * 0.8]
            panel = ax.inset_axes(box)
            shape = cells[0][0].shape if column == 1 and heatmaps is not None else picture.shape
            panel.imshow(picture, extent=(0, shape[1], shape[0], 0))
            panel.set(xticks=[], yticks=[], anchor="NW")
            panel.spines[:].set_visible(False)
            panel.set_xlabel(caption, fontsize=8, loc="left", labelpad=2)
            if row == 0:
                panel.set_title(heads[column], fontsize=9, loc="left", pad=4, weight="normal")
        words = f"{short_name(said['prediction'], 18)}, {said['confidence']:.0%}\n"
        words += f"is {short_name(said['label'], 18)}"
        look = {"ha": "right", "va": "center", "fontsize": 9, "color": FLAG}
        ax.text(0.145, 1 - (row + 0.45) * height, words, transform=ax.transAxes, **look)
    told = (
        "Rows of a photo that was answered wrongly, what speaks for the answer, and the training "
    )
    titled(ax, title or "What speaks for these answers?", f"{told}images nearest to it.")
    ax.set_title(ax.get_title("left"), pad=26)
    return ax


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
    looks : name → DataFrame from `helpers.explain.look`, of the same images; controls are grey
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
        control = name == AREA or name in CONTROLS
        colour = LOOKS[number % len(LOOKS)] if not control else MUTED if number else INNOCENT
        marker = "o" if not control else "s" if number else "D"
        ax.hlines(y, table["low"], table["high"], color=colour, lw=2.5, alpha=0.6)
        ax.plot(table["mean"], y, marker, color=colour, ms=6, label=name)
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
    about = f", by {by.name}" if by.name else ""
    title = title or f"On the subject{about}: {told}; noise {means[AREA]:.0%}"
    return titled(ax, title, f"Over all images: {facts}.", bare=["left"])


@styled
def other_grounds(
    grounds: Mapping[str, Dataset],
    told: Mapping[str, pd.DataFrame],
    most: int = 6,
    guess: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """The same subjects on several grounds, a row each, and what is answered to them.

    A red frame marks a wrong answer.

    Parameters
    ----------
    grounds : name → Dataset of the same images; the first are the photos as they were taken
    told : name → DataFrame from `helpers.training.predict`
    guess : float, optional
        The reader's, at the share that gets another answer on the second; told in the title.
    """
    first = next(iter(told.values()))
    ids = [i for i in first.index if all(i in table.index for table in told.values())]
    if not ids:
        return nothing(title or "No photo on another ground", ax)
    rows, captions, frames = [], {}, {}
    shown = [ids[at] for at in np.unique(np.linspace(0, len(ids) - 1, most).round().astype(int))]
    for name, table in told.items():
        for image_id in shown:
            said = table.loc[image_id]
            captions[name, image_id] = f"{said['prediction']}\n{said['confidence']:.0%} sure"
            if said["prediction"] != said["label"]:
                frames[name, image_id] = FLAG
        rows.append([((name, image_id), (name, image_id)) for image_id in shown])
    names = [wrapped(name, 11) for name in grounds]
    ax = _sheet(_Sides(grounds), rows, len(shown), ax, captions, frames, names)
    shares = [f"{share:.0%} on {name}" for name, share in other_answers(told).items()]
    title = title or f"Of {count(ids, 'photo')} another answer is given to {', '.join(shares)}"
    share, words = read_guess(guess)
    title += f" ({words if share is None else f'your guess: {share:.0%}'})" if words else ""
    return titled(ax, title, f"The same photos in rows: {some(grounds, 9)}.")


class _Sides:
    """Loads (name, id) from the dataset of this name."""

    def __init__(self, sides: Mapping[str, Dataset]):
        self.sides = sides

    def load(self, key: tuple[str, str], at_least: int | None = None):
        return self.sides[key[0]].load(key[1], at_least)
