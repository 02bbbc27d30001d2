"""What a network sees: its feature maps, what each depth knows, labels that it doubts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm

from helpers.datasets import Dataset
from helpers.datasets.words import sum_of_chances
from helpers.evaluation import Interval
from helpers.plots.names import short_name, short_names, wrapped
from helpers.plots.samples import _sheet, thumbnail
from helpers.plots.style import (
    ACCENT,
    FAMILIES,
    FLAG,
    INK,
    MUTED,
    axes,
    mark_guess,
    nothing,
    read_guess,
    styled,
    titled,
)

SIDE = 128  # pixels of the height at which the network is shown an image


@styled
def feature_maps(
    dataset: Dataset,
    image_id: str,
    backbone: str = "bundled",
    most: int = 3,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """One image beside what each stage of a network makes of it, from fine to coarse.

    Of the many maps of a stage those are shown that vary most over the picture and resemble one
    another least, each from its own least (dark) to its greatest value, cell by cell.

    Parameters
    ----------
    backbone : as in `helpers.training.build_learner`, with its pretrained weights
    most : int
        Maps per stage.
    """
    dataset.path(image_id)  # an unknown one is no unreadable one
    image = thumbnail(dataset, image_id, SIDE)
    stages = _look(image, backbone)
    wide, left = image.width / image.height, 2.0
    columns = left + 0.08 + len(stages)
    ax = axes(ax, 8.4 / columns / wide * most + 0.9)
    ax.axis("off")
    photo = ax.inset_axes([0, 0, left / columns, 1])
    photo.imshow(np.asarray(thumbnail(dataset, image_id, 3 * SIDE)))
    photo.set(anchor="N")
    facts = []
    for number, maps in enumerate(stages, start=1):
        count, high, across = maps.shape
        for row, channel in enumerate(_unlike(maps, most)):
            box = [1 - (len(stages) - number + 1) / columns, 1 - (row + 1) / most]
            panel = ax.inset_axes([*box, 0.95 / columns, 0.96 / most])
            shade = PowerNorm(0.6, maps[channel].min(), np.quantile(maps[channel], 0.995))
            panel.imshow(maps[channel], cmap="magma", norm=shade, extent=(0, wide, 1, 0))
            panel.set(anchor="N")
            if row == 0:
                panel.set_title(f"stage{number}", fontsize=10, loc="left", pad=16)
                size = f"{count} maps of {across} × {high}"
                panel.text(0, 1.05, size, fontsize=7.5, color=MUTED, transform=panel.transAxes)
                facts.append(f"stage{number} {size}")
    for panel in ax.child_axes:
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
    label = dataset.images["label"].get(image_id)
    name = short_name(image_id if pd.isna(label) else label)
    title = title or f"What does a network see in one image ({name})?"
    titled(ax, title, f"The photo, then a column of feature maps per stage: {'; '.join(facts)}.")
    ax.set_title(ax.get_title("left"), pad=36)
    return ax


@styled
def probes(
    scores: Mapping[str, Interval],
    chance: float | None = None,
    guess: float | None = None,
    balanced: Mapping[str, float] | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Accuracy of one simple model on several kinds of features; stages of a network in a line.

    Parameters
    ----------
    scores : name → Interval, in the order shown; "stage1", "stage2", … are joined by a line
    chance : float, optional
        Accuracy without any features.
    guess : float, optional
        The reader's guess at the last score, 0 to 1, drawn beside it.
    balanced : name → balanced accuracy, optional
        Drawn as a short line across.
    """
    ax = axes(ax, 3.6)
    deep = [x for x, name in enumerate(scores) if name.startswith("stage")]
    values = [interval.accuracy for interval in scores.values()]
    ax.plot(deep, [values[x] for x in deep], color=ACCENT, lw=1.5, alpha=0.5)
    for x, (name, (value, low, high)) in enumerate(scores.items()):
        colour = ACCENT if x in deep else FAMILIES.get(name, INK)
        ax.plot([x, x], [low, high], color=colour, lw=2.5, alpha=0.5)
        ax.plot(x, value, "o", color=colour, ms=8)
        look = {"textcoords": "offset points", "ha": "center", "va": "bottom", "color": INK}
        ax.annotate(f"{value:.2f}", (x, high), (0, 3), **look)
    for x, name in enumerate(scores):
        if name in (balanced or {}):
            ax.plot(x, balanced[name], "_", color=INK, ms=16, mew=1.6, zorder=3)
    mark_guess(ax, guess, len(scores) - 0.6, None)
    if chance is not None:
        ax.axhline(chance, color=MUTED, lw=1, ls=":")
        ax.text(len(scores) - 0.5, chance, "always the commonest class", color=MUTED, va="bottom",
                ha="right", fontsize=9)  # fmt: skip
    short, width = short_names(scores), max(6, 90 // max(len(scores), 1))
    names = [short[name].replace(" ", "\n") for name in scores]
    if any(name.count("\n") > 2 for name in names):
        names = [wrapped(short[name], width) for name in scores]
    ax.set_xticks(range(len(scores)), names)
    top = max([interval.high for interval in scores.values()] or [1])
    top = max(top, read_guess(guess)[0] or 0)
    label = "accuracy with 95 % interval" + "\n— balanced accuracy" * bool(balanced)
    ax.set(ylabel=label, ylim=(0, min(1.02, top + 0.08)))
    ax.set(xlim=(-0.5, len(scores) - 0.4))
    ax.grid(axis="y")
    facts = "; ".join(f"{name} {interval!r}" for name, interval in scores.items())
    facts += "".join(f"; {name} balanced {value:.2f}" for name, value in (balanced or {}).items())
    facts += f"; {read_guess(guess)[1]}" if guess is not None else ""
    return titled(ax, title or "Which features know the classes?", f"{facts}.", bare=["left"])


@styled
def label_issues(
    dataset: Dataset, found: pd.DataFrame, columns: int = 6, title: str = "", ax: Axes | None = None
) -> Axes:
    """The most suspicious labels, a row for each kind of evidence, an image for each group.

    The strongest evidence comes first: one file under two labels, then what differs from its
    group, then what a model alone says.

    Parameters
    ----------
    found : DataFrame from `helpers.audit.find_label_issues`
        Rows without an issue are left out; where none has one, those contradicted most are shown,
        if there are such. Where the truth is known, a frame marks labels that
        are wrong indeed.
    """
    from helpers.audit.doubts import caption_doubts, contradicted_most, name_none

    issues = found[found["issue"].astype(bool)].sort_values("rank")
    if issues.empty:
        note = name_none(found)
        if len(first := contradicted_most(found)):
            row = [[(image_id, image_id) for image_id in first.index[:columns]]]
            ax = _sheet(
                dataset, row, columns, ax, caption_doubts(first), {}, names=["contradicted"]
            )
            return titled(ax, title or f"{note}; look at these first", "A row of photographs.")
        return nothing(title or note.partition(". ")[0], ax)  # the reason is long
    strongest = ["same file", "within group", "image", "whole group"]
    kinds = [kind for kind in strongest if kind in set(issues["evidence"])]
    whole = issues["evidence"].isin(["whole group", "image"])
    several = (dataset.groups.reindex(issues.index).duplicated() & whole).to_numpy()
    rows = [issues.index[~several & (issues["evidence"] == kind)][:columns] for kind in kinds]
    captions = caption_doubts(issues)
    wrong = []
    if (planted := dataset.planted) is not None:
        facts = planted[planted["truth"].isin(dataset.classes)]
        sides = [facts.set_index(side)["truth"] for side in ("image_id", "partner")]
        truth = pd.concat(sides)
        truth = truth[truth.index.isin(issues.index)]
        wrong = truth.index[truth != issues["given"].reindex(truth.index)]
    wrong_of = (
        f", about {sum_of_chances(issues['wrong'])} of them wrong" if "wrong" in issues else ""
    )
    doubted = f"{len(issues):,} labels are in doubt{wrong_of}; these most of all"
    title = title or ("1 label is in doubt" if len(issues) == 1 else doubted)
    pictures = [[(image_id, image_id) for image_id in row] for row in rows]
    frames = dict.fromkeys(wrong, FLAG)
    ax = _sheet(dataset, pictures, columns, ax, captions, frames, names=kinds)
    return titled(ax, title, f"Rows of photographs, by evidence: {', '.join(kinds)}.")


def _look(image, backbone: str) -> list[np.ndarray]:
    """The feature maps of each stage: float32, channel × height × width."""
    import torch

    from helpers.training.networks import load_body

    x = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None] / 255
    with torch.inference_mode():
        return [maps[0].float().numpy() for maps in load_body(backbone).eval().stages(x)]


def _unlike(maps: np.ndarray, most: int) -> list[int]:
    """Channels that vary much and resemble one another little, the most varied one first."""
    flat = maps.reshape(len(maps), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    spread = flat.std(axis=1)
    flat = flat / (spread[:, None] * np.sqrt(flat.shape[1]) + 1e-9)
    likeness, chosen = np.zeros(len(maps)), []
    for _ in range(min(most, len(maps))):
        worth = spread * (1 - likeness)
        worth[chosen] = -1
        chosen.append(int(worth.argmax()))
        likeness = np.maximum(likeness, np.abs(flat @ flat[chosen[-1]]))
    return chosen
