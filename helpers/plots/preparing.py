"""How pictures look when they are prepared, what that changes, and how a dataset is divided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from PIL import Image

from helpers.datasets import Dataset
from helpers.datasets.words import some
from helpers.plots.names import drawable, short_name, short_names
from helpers.plots.style import (
    ACCENT,
    FAMILIES,
    INK,
    INNOCENT,
    MUTED,
    axes,
    nothing,
    styled,
    titled,
)

SIDES = {"train": FAMILIES["colour"], "valid": ACCENT, "test": INNOCENT}
_CELL, _GAP = 190, 14
METHODS = ("squish", "crop", "pad")
MOST = 30
"""Classes that are drawn, those with the most images."""
FEW = 10
"""Parts of fewer images are named, and not drawn: their intervals would hold nearly everything."""


@styled
def prepared(
    dataset: Dataset, image_ids: Iterable[str], methods: Iterable[str] = METHODS, title: str = "",
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Each image as it is, and brought to a square by each method, a row per image.

    Where no image shown is changed by any, the title says how many frames of the dataset are
    square, as each method leaves those as they are.
    """
    from helpers.training.decoding import fit

    columns = {method: _fitted(fit, method) for method in methods}
    image_ids = [*image_ids]
    title = title or _title_of_squares(dataset, image_ids) or "What is left of each frame?"
    return _sheet(dataset, image_ids, columns, title, ax)


def _title_of_squares(dataset: Dataset, image_ids: list[str]) -> str:
    """What to say where all frames shown are square; "" elsewhere."""
    from helpers.audit import scan

    def are_square(asked: Dataset) -> pd.Series:
        files = scan(asked)
        files = files[files["readable"].astype(bool)]
        return files["width"] == files["height"]

    shown = are_square(dataset.with_images(dataset.images.loc[image_ids]))
    if shown.empty or not shown.all():
        return ""  # nor are the other files opened
    square = are_square(dataset)
    if square.all():
        return f"Nothing to choose: all {len(square):,} frames are square, and stay as they are"
    return f"Square frames stay as they are: {square.sum():,} of {len(square):,}"


@styled
def enhanced(
    dataset: Dataset, image_ids: Iterable[str], names: Iterable[str] = (), title: str = "",
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Each image as it is, and after each enhancement, a row per image."""
    from helpers.preparing import ENHANCEMENTS, enhance

    names = tuple(names) or ENHANCEMENTS[1:]
    columns = {name: _enhanced(enhance, name) for name in names}
    return _sheet(dataset, image_ids, columns, title or "What does each do to a photo?", ax)


def _fitted(fit, method: str):
    return lambda image: fit(image, _CELL, method)


def _enhanced(enhance, name: str):
    return lambda image: enhance(np.asarray(_within(image)), name)


def _within(image: Image.Image) -> Image.Image:
    scale = _CELL / max(image.size)
    size = [max(1, round(side * scale)) for side in image.size]
    return image.resize(size, Image.Resampling.BILINEAR)


def _sheet(dataset: Dataset, image_ids, columns: dict, title: str, ax: Axes | None) -> Axes:
    pictures = []
    for image_id in image_ids:
        try:
            image = dataset.load(image_id, at_least=_CELL).convert("RGB")
            row = [_within(image), *(Image.fromarray(make(image)) for make in columns.values())]
        except Exception:  # a decoder may raise anything; the other rows still have to appear
            continue
        pictures.append(row)
    if not pictures:
        return nothing(f"{title} (no image could be read)", ax)
    wide, tall = len(columns) + 1, len(pictures)
    step = _CELL + _GAP
    canvas = Image.new("RGB", (wide * step - _GAP, tall * step - _GAP), "white")
    for top, row in enumerate(pictures):
        for left, picture in enumerate(row):
            inset = [(_CELL - side) // 2 for side in picture.size]
            canvas.paste(picture, (left * step + inset[0], top * step + inset[1]))
    ax = axes(ax, 0.9 + tall * 1.55)
    ax.imshow(np.asarray(canvas))
    middles = [place * step + _CELL / 2 for place in range(wide)]
    ax.set_xticks(middles, ["as it is", *columns])
    ax.xaxis.tick_top()
    ax.set_yticks([])
    return titled(
        ax, title, f"A row for each photograph ({tall}): as it is, {', '.join(columns)}.",
        bare=["left", "bottom", "top"],
    )  # fmt: skip


@styled
def effects(
    table: pd.DataFrame, title: str = "", against: str = "", guess: float | None = None,
    parts: Sequence[str] = (), ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Differences in accuracy in points, with their intervals, a row each; a line at no difference.

    Parameters
    ----------
    table : DataFrame
        arm, where, difference, low, high (−1 to 1); as from `helpers.preparing.compare_arms`.
    against : str
        What each is compared with, for the axis.
    guess : float, optional
        What the reader expected of the first row, in points; drawn as a hollow diamond.
    parts : list of str, optional
        Only rows of which `where` is one of these.
    """
    table = table[table["where"].isin(parts)] if len(parts) else table
    few = pd.Series(False, table.index)
    if "images" in table:
        few = table["where"].ne("all") & table["images"].lt(FEW)
    left_out, table = table.loc[few, "where"].unique(), table[~few]
    if table.empty:
        return nothing(title or "Nothing was compared", ax)
    names = [
        row.arm if row.where == "all" else f"{row.arm}, {row.where}" for row in table.itertuples()
    ]
    ax, y = axes(ax, 1.0 + 0.34 * len(table)), np.arange(len(table))
    points = 100 * table[["difference", "low", "high"]].to_numpy()
    told = (points[:, 1] > 0) | (points[:, 2] < 0)
    ax.axvline(0, color=MUTED, lw=1)
    around = np.abs(points[:, [0, 0]] - points[:, 1:]).T
    ax.errorbar(points[:, 0], y, xerr=around, fmt="none", ecolor=ACCENT, alpha=0.5, lw=2.5)
    ax.scatter(points[:, 0], y, 60, np.where(told, ACCENT, "white"), edgecolors=ACCENT, zorder=3)
    if guess is not None:
        ax.plot(guess, 0, "D", ms=11, mfc="none", mec=INK, mew=1.8, zorder=4)
        ax.annotate("your guess", (guess, 0), (0, 11), textcoords="offset points", ha="center")
    ax.set_yticks(y, [drawable(short_name(name, 52)) for name in names])
    beside = f" than {against}" if against else ""
    label = f"points more accurate{beside}, 95 % interval"
    if len(left_out):
        label += f"\nleft out, fewer than {FEW} images: {some(left_out, 9)}"
    ax.set(ylim=(len(table) - 0.5, -0.9), xlabel=label)
    ax.grid(axis="x")
    change = np.round(points[:, 0], 1) + 0.0  # its zero has no sign; that of an end tells its side
    facts = [
        f"{name} {by:+.1f} ({ends[1]:+.1f} to {ends[2]:+.1f})"
        for name, by, ends in zip(names, change, points, strict=True)
    ]
    if not title:
        among = np.flatnonzero(told) if told.any() else np.arange(len(table))
        most = among[np.argmax(np.abs(points[among, 0]))]
        change = f"{names[most]}, {points[most, 0]:+.1f} points"
        title = f"The largest change: {change}"
        if not told.any():
            title = "No change that these images can tell from chance"
            title += f"; the largest is {change}" * bool(round(points[most, 0], 1))
    note = "" if told.all() else " Hollow dots: the interval holds zero."
    return titled(ax, title, f"{'; '.join(facts)}.{note}", bare=["left"])


@styled
def sides(images: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """How the images of each class lie on the sides of a split, in shares, counts inside.

    Parameters
    ----------
    images : DataFrame with label and split; others are left out.
    """
    counts = pd.crosstab(images["label"], images["split"])
    counts = counts.reindex(columns=[side for side in SIDES if side in counts])
    if counts.empty:
        return nothing(title or "No labelled image is on a side of the split", ax)
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False).index][:MOST]
    shares = counts.div(counts.sum(axis=1), axis=0)
    ax, y = axes(ax, 1.0 + 0.28 * len(counts)), np.arange(len(counts))
    left = np.zeros(len(counts))
    for side, share in shares.items():
        ax.barh(y, share, left=left, color=SIDES[side], height=0.8, label=side)
        for at, (start, width, count) in enumerate(zip(left, share, counts[side], strict=True)):
            if width > 0.06:
                look = {"ha": "center", "va": "center", "color": "white", "fontsize": 9}
                ax.text(start + width / 2, at, f"{count:,}", **look)
        left = left + share
    ax.set_yticks(y, short_names(counts.index).values())
    ax.set(xlim=(0, 1), ylim=(len(counts) - 0.5, -0.5), xlabel="share of the images of a class")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    facts = [f"{side} {counts[side].sum():,}" for side in counts]
    title = title or f"Is every class on every side? {', '.join(facts)}"
    return titled(
        ax, title, f"Bars of shares by class: {', '.join(facts)}.", bare=["left", "bottom"]
    )


@styled
def splits_tried(tried: Sequence, title: str = "", ax: Axes | None = None) -> Axes:
    """Score over the share of validation images that training images give away, a dot per split.

    Parameters
    ----------
    tried : list
        Each with leaks (0 to 1) and score (accuracy, low, high); the last is the one on show.
    """
    ax = axes(ax, 3.4)
    for number, one in enumerate(tried):
        last = number == len(tried) - 1
        colour = INK if last else INNOCENT
        half = [[one.score.accuracy - one.score.low], [one.score.high - one.score.accuracy]]
        look = {"color": colour, "ms": 8, "capsize": 0, "zorder": 2 + last}
        ax.errorbar(one.leaks, one.score.accuracy, half, fmt="o", **look)
    now = tried[-1]
    ax.set(xlim=(-0.05, 1.05), xlabel="share of validation images known to be given away")
    ax.set_ylabel("accuracy, 95 % interval")
    ax.xaxis.set_major_formatter("{x:.0%}")
    ax.grid(axis="y")
    title = title or f"{now.leaks:.0%} given away, as far as is known: {now.score.accuracy:.2f}"
    facts = [f"{one.leaks:.0%} {one.score!r}" for one in tried]
    return titled(ax, title, f"Splits tried: {'; '.join(facts)}.", bare=["left"])
