"""Pairs of photos that may show the same thing, with the keypoints that say so."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from PIL import Image

from helpers.datasets import Dataset
from helpers.datasets.words import count, is_or_are, sum_of_chances
from helpers.plots.samples import GAP, WIDTH, thumbnail
from helpers.plots.style import ACCENT, FLAG, MUTED, axes, nothing, styled, titled
from helpers.splits.telling import BRIDGE

_TALL, _LINE = 230, 30


@styled
def draw_proposals(
    dataset: Dataset, proposals: pd.DataFrame, most: int = 6, title: str = "",
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Two pairs in a row, each with its finding above and lines between the keypoints that agree.

    Parameters
    ----------
    proposals : DataFrame
        As from `suggest_groups`; the first `most` are drawn.
    """
    shown = proposals.head(most)
    if shown.empty:
        found = (
            "No two images are proposed to show the same thing, which does not show that none do"
        )
        return nothing(title or found, ax)
    blocks = [_Block(dataset, row) for _, row in shown.iterrows()]
    tops, top = [], 0
    for at in range(0, len(blocks), 2):
        tops += [top] * len(blocks[at : at + 2])
        top += _LINE + max(block.height for block in blocks[at : at + 2]) + GAP
    ax = axes(ax, top / WIDTH * 9 + 0.4)
    canvas = Image.new("RGB", (WIDTH, top), "white")
    for number, (block, above) in enumerate(zip(blocks, tops, strict=True)):
        block.draw(ax, canvas, (number % 2) * (WIDTH + GAP) // 2, above)
    ax.imshow(np.asarray(canvas), extent=(0, WIDTH, top, 0), interpolation="antialiased")
    ax.set(xlim=(0, WIDTH), ylim=(top, 0))
    ax.axis("off")
    expected = proposals["expected"].dropna()
    told = sum_of_chances(expected)
    right = f"{told} of {count(expected, 'pair')} {is_or_are(told)} expected to be right"
    title = title or f"One thing or one place, twice? {right}"
    first = "The first " if len(proposals) > len(blocks) else ""
    return titled(ax, title, f"{first}{count(blocks, 'pair')} of photographs, side by side.")


class _Block:
    """One pair: two pictures of one height that fill half the sheet at the most."""

    def __init__(self, dataset: Dataset, row: pd.Series):
        ids = [row["image_id"], row["other_id"]]
        pictures = [thumbnail(dataset, image_id, _TALL) for image_id in ids]
        room = (WIDTH - GAP) // 2 - GAP
        scale = min(1, room / sum(picture.width for picture in pictures))
        self.height = round(_TALL * scale)
        self.pictures = [
            picture.resize((max(1, int(picture.width * scale)), self.height))
            for picture in pictures
        ]
        self.lines = _find_lines([dataset.path(image_id) for image_id in ids])
        self.finding, self.colour = _say(row), MUTED if pd.notna(row["expected"]) else FLAG

    def draw(self, ax: Axes, canvas: Image.Image, left: int, top: int) -> None:
        ax.text(left, top + _LINE - 8, self.finding, fontsize=8, color=self.colour)
        one, other = self.pictures
        corners = [(left, top + _LINE), (left + one.width + GAP // 2, top + _LINE)]
        for picture, corner in zip(self.pictures, corners, strict=True):
            canvas.paste(picture, corner)
        if not len(self.lines):
            return
        sizes = np.array([picture.size for picture in self.pictures])
        ends = np.array(corners) + self.lines * sizes
        ax.add_collection(LineCollection(ends, colors=ACCENT, linewidths=0.5, alpha=0.7))
        ax.plot(*ends.reshape(-1, 2).T, "o", ms=1.8, color=ACCENT, mec="white", mew=0.3)


def _find_lines(paths: list) -> np.ndarray:
    """Ends of a line for each keypoint that agrees, lines × 2 × (x, y), 0 to 1 of each picture."""
    from helpers.splits.keypoints import describe, find_agreement

    try:
        pictures = [describe(str(path)) for path in paths]
    except Exception:  # a decoder may raise anything; the figure still has to appear
        return np.empty((0, 2, 2))
    found = find_agreement(*pictures)
    if found is None:
        return np.empty((0, 2, 2))
    ends = [
        picture.places[numbers, :2] / (2 * picture.half) + 0.5
        for picture, numbers in zip(pictures, (found.first, found.second), strict=True)
    ]
    return np.stack(ends, axis=1)


def _say(row: pd.Series) -> str:
    if pd.isna(row["expected"]):
        why = (
            "of groups that otherwise do not agree" if row.get("issue") == BRIDGE else "two labels"
        )
        return f"{why}; {row['inliers']} keypoints agree"
    words = f"{row['expected']:.0%} expected right: {row['evidence']}"
    return f"{words}, {row['inliers']} keypoints agree" if row["inliers"] else words
