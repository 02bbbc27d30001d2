"""Pictures of the images themselves: contact sheets, answers to them, pairs, one taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from PIL import Image, ImageOps

from helpers.datasets import Dataset
from helpers.datasets.words import count
from helpers.plots.names import drawable, fold_to_width, short_name, short_names, wrapped
from helpers.plots.style import FLAG, MUTED, axes, nothing, styled, titled

WIDTH, GAP, LINE = 1350, 10, 24  # pixels of a sheet, between its images, per line of caption
LETTERS = 8  # points of a caption
NAME = 15  # letters of a class name in a line beside its row
NO_LABEL = "no label"


def thumbnail(dataset: Dataset, image_id: str, height: int) -> Image.Image:
    """The image at `height` px, in its own aspect ratio; a crossed-out box if it cannot be read."""
    try:
        image = dataset.load(image_id, at_least=height)
    except Exception:  # a decoder may raise anything; the figure still has to appear
        cross = np.full((64, 64), 235, np.uint8) - 60 * (np.eye(64) + np.eye(64)[::-1] > 0)
        image = Image.fromarray(cross.astype(np.uint8)).convert("RGB")
    width = round(height * min(max(image.width / image.height, 0.4), 2.5))
    if 0.4 <= image.width / image.height <= 2.5:
        return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2)
    return ImageOps.pad(image, (width, height), color=(235, 235, 235))


@styled
def contact_sheet(
    dataset: Dataset,
    image_ids: Iterable[str],
    captions: Mapping[str, str] | None = None,
    columns: int | None = None,
    frames: Mapping[str, str] | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Images side by side, each at its own aspect ratio, at most 120 of them.

    Parameters
    ----------
    captions : image_id → text below the image (lines separated by a line break)
    columns : images in a row; by default 6 to 12 by their number
    frames : image_id → colour of a frame around the image
    """
    ids = list(image_ids)[:120]
    if not ids:
        return nothing(title or "No image to show", ax)
    columns = columns or int(np.clip(np.ceil(np.sqrt(len(ids) * 1.6)), 6, 12))
    rows = [[(i, i) for i in ids[k : k + columns]] for k in range(0, len(ids), columns)]
    ax = _sheet(dataset, rows, columns, ax, captions or {}, frames or {})
    return titled(ax, title or count(ids, "image"), "A contact sheet of photographs.")


@styled
def answers(
    dataset: Dataset,
    predictions: pd.DataFrame,
    told: bool = True,
    frames: bool = True,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Images with what a model says they are, and how sure it is.

    Parameters
    ----------
    predictions : DataFrame from `helpers.training.predict`, the images to show in their order
        label, prediction, confidence.
    told : bool
        Write the label below a wrong answer.
    frames : bool
        Frame wrong answers red, where they are told.
    """
    captions, colours = {}, {}
    for image_id, row in predictions.iterrows():
        said = f"{row['prediction']}\n{row['confidence']:.0%} sure"
        wrong = told and pd.notna(row["label"]) and row["prediction"] != row["label"]
        captions[image_id] = f"{said}\nis {row['label']}" if wrong else said
        if wrong and frames:
            colours[image_id] = FLAG
    title = title or "What the model says"
    if not captions:
        return nothing(f"{title}: no such answer", ax)
    return contact_sheet(dataset, captions, captions, frames=colours, title=title, ax=ax)


@styled
def class_sheet(
    dataset: Dataset,
    per_class: int = 8,
    seed: int = 0,
    classes: Iterable[str] | None = None,
    title: str = "",
    ax: Axes | None = None,
    kind: str = "class",
) -> Axes:
    """A row of random images for each class, or for the 12 with most images.

    Parameters
    ----------
    classes : iterable of str, optional
        Only these.
    kind : str
        What the labels are, such as "camera" where they were made so.
    """
    labels = dataset.images["label"].astype(object).fillna(NO_LABEL)
    if classes is not None:
        labels = labels[labels.isin([*classes])]
    if labels.empty:
        return nothing(title or "No image to show", ax)
    counts, rng = labels.value_counts(), np.random.default_rng(seed)
    shown = sorted(counts.index[:12])
    ids = {name: rng.permutation(labels.index[labels == name]) for name in shown}
    if len(shown) == 1:
        what = f"these {len(labels):,} images" if len(labels) > 1 else "this image"
        title = title or f"What is in {what} ({short_name(shown[0])})?"
        return contact_sheet(dataset, ids[shown[0]][: 4 * per_class], title=title, ax=ax)
    rows = [[(i, i) for i in ids[name][:per_class]] for name in shown]
    short = short_names(shown, 3 * NAME)
    names = [f"{wrapped(short[name], NAME)}\n{count(int(counts[name]), 'image')}" for name in shown]
    ax = _sheet(dataset, rows, per_class, ax, names=names)
    some = "" if len(shown) == len(counts) else f" ({len(shown)} of {len(counts)})"
    title = title or f"What distinguishes these classes{some}?"
    return titled(ax, title, f"Random photographs in rows by {kind}: {', '.join(shown)}.")


@styled
def pairs(
    dataset: Dataset, found: pd.DataFrame, most: int = 12, title: str = "", ax: Axes | None = None
) -> Axes:
    """Pairs side by side, three to a row, with what relates them; labels that differ in red.

    Parameters
    ----------
    found : DataFrame with columns image_id and other_id and, where known, kind, transform, distance
    """
    if found.empty:
        return nothing(f"{title}: no such pair" if title else "No such pair", ax)
    labels = dataset.images["label"].astype(object).fillna(NO_LABEL)
    cells, captions, frames = [], {}, {}
    for i, pair in enumerate(found.head(most).to_dict("records")):
        sides = [((i, side), pair[side]) for side in ("image_id", "other_id")]
        facts = [pair.get("kind"), pair.get("transform")]
        if pair.get("kind") != "exact" and pd.notna(pair.get("distance")):
            facts.append(f"{count(int(pair['distance']), 'bit')} apart")
        names = [labels.get(image_id, NO_LABEL) for _, image_id in sides]
        first, second = (short_name(name, 999) for name in names)
        facts = " · ".join(str(fact) for fact in facts if pd.notna(fact) and fact)
        captions |= {sides[0][0]: f"{first}\n{facts}", sides[1][0]: second}
        frames |= {key: FLAG for key, _ in sides if names[0] != names[1]}
        cells += sides
    rows = [cells[k : k + 6] for k in range(0, len(cells), 6)]
    ax = _sheet(dataset, rows, 6, ax, captions, frames, paired=True)
    first, second = (labels.reindex(found[side]).to_numpy() for side in ("image_id", "other_id"))
    differ = int((first != second).sum())
    verb = "disagrees" if differ == 1 else "disagree"
    title = title or f"{count(found, 'pair')}; {differ:,} {verb} about the label"
    shown = len(cells) // 2
    first = "The first pair" if shown == 1 else f"The first {shown} pairs"
    return titled(ax, title, f"{first} of photographs, side by side.")


@styled
def anatomy(dataset: Dataset, image_id: str, title: str = "", ax: Axes | None = None) -> Axes:
    """One image in four panels: photo, dominant colours, texture, foreground outline."""
    from skimage.feature import local_binary_pattern

    from helpers.descriptors import dominant_colours, find_foreground

    dataset.path(image_id)  # an unknown one is no unreadable one
    image = thumbnail(dataset, image_id, 240)
    rgb, mask = np.asarray(image), find_foreground(np.asarray(image))
    colours, shares = dominant_colours(rgb, 5)
    flat = colours[((rgb[:, :, None].astype(int) - colours) ** 2).sum(axis=-1).argmin(axis=-1)]
    which = np.searchsorted(np.cumsum(shares), np.linspace(0, 0.999, image.width))
    flat[-image.height // 7 :] = colours[which]
    codes = local_binary_pattern(np.asarray(image.convert("L")), P=8, R=1, method="uniform")
    dimmed = (rgb * np.where(mask, 1, 0.45)[..., None]).astype(np.uint8)
    panels = {
        "the photo": rgb,
        "colour: its 5 dominant colours": flat,
        "texture: local binary patterns": codes,
        "form: the foreground, as guessed": dimmed,
    }
    ax = axes(ax, 2.15 * image.height / image.width + 0.7)
    ax.axis("off")
    for i, (name, picture) in enumerate(panels.items()):
        panel = ax.inset_axes([i / 4 + 0.005, 0, 0.24, 1])
        panel.imshow(picture, cmap="gray")
        panel.set(xticks=[], yticks=[], anchor="N")
        panel.spines[:].set_visible(False)
        panel.set_xlabel(name, fontsize=9)
    panel.contour(mask, [0.5], colors="white", linewidths=1.5)
    label = dataset.images["label"].get(image_id)
    name = short_name(image_id if pd.isna(label) else label)
    title = title or f"What three families of descriptors keep of one image ({name})"
    return titled(ax, title, f"Four panels: {'; '.join(panels)}.")


def _sheet(
    dataset, rows, columns, ax, captions=MappingProxyType({}), frames=MappingProxyType({}),
    names=None, paired=False,
) -> Axes:  # fmt: skip
    """Rows of (key, image_id) as one picture; full rows are made equally wide."""
    side = 150 if names else 0
    lines = 1 + max((text.count("\n") for text in captions.values()), default=-1)
    gaps = [GAP * (3 if paired and i % 2 else 1) for i in range(columns)]
    usual, top, placed = (WIDTH - side) / columns / 1.1, 0, []
    for y, row in enumerate(rows):
        shapes = [thumbnail(dataset, image_id, 160).width / 160 for _, image_id in row]
        height = (WIDTH - side - sum(gaps[: len(row) - 1])) / sum(shapes)
        height = height if len(row) == columns else min(height, usual)
        usual = height = round(np.clip(height, 40, 1.5 * (WIDTH - side) / columns))
        left, most = side, lines
        for i, (key, image_id) in enumerate(row):
            image = thumbnail(dataset, image_id, height)
            room = image.width
            if paired and i % 2 == 0 and i + 1 < len(row):
                room = round((shapes[i] + shapes[i + 1]) * height)
            text = _folded(captions.get(key), image.width, room)
            most = max(most, len(text))
            placed.append((left, top, image, "\n".join(text), frames.get(key)))
            left += image.width + gaps[i]
        if names:
            placed.append((side - 14, top + height / 2, None, names[y], None))
        top += height + GAP + most * LINE
    ax = axes(ax, top / WIDTH * 9 + 0.4)
    canvas = Image.new("RGB", (WIDTH, max(top, 1)), "white")
    for x, y, image, text, colour in placed:
        if image is None:
            ax.text(x, y, text, ha="right", va="center", fontsize=9, linespacing=1.1)
            continue
        canvas.paste(image, (x, y))
        if colour:
            inside = ((x + 3, y + 3), image.width - 6, image.height - 6)
            ax.add_patch(Rectangle(*inside, fill=False, ec=colour, lw=4))
        if text:
            look = {"va": "top", "fontsize": LETTERS, "color": MUTED}
            ax.text(x, y + image.height + 4, text, **look)
    ax.imshow(np.asarray(canvas), extent=(0, WIDTH, top, 0), interpolation="antialiased")
    ax.set(xlim=(0, WIDTH), ylim=(max(top, 1), 0))
    ax.axis("off")
    return ax


def _folded(text: str | None, first: int, room: int) -> list[str]:
    """The lines of a caption, the first of them `first` px wide and the rest `room`."""
    if not text:
        return []
    wide = [first, *[room] * text.count("\n")]
    return [
        part
        for line, most in zip(drawable(text).split("\n"), wide, strict=True)
        for part in fold_to_width(line, (most - GAP) / WIDTH * 9, LETTERS)
    ]
