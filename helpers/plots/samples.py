"""Pictures of the images themselves: contact sheets, pairs, suspects, one image taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from PIL import Image, ImageOps

from helpers.datasets import Dataset, read_rgb
from helpers.plots.style import FLAG, INNOCENT, MUTED, axes, styled, titled

WIDTH, GAP, LINE = 1350, 10, 24  # pixels of a sheet, between its images, per line of caption
NO_LABEL = "no label"


def thumbnail(dataset: Dataset, image_id: str, height: int) -> Image.Image:
    """The image at `height` px, in its own aspect ratio; a crossed-out box if it cannot be read."""
    try:
        image = read_rgb(dataset.path(image_id), at_least=height)
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
    title: str | None = None,
    frames: Mapping[str, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Images side by side, each at its own aspect ratio, at most 120 of them.

    Parameters
    ----------
    captions : image_id → text below the image (lines separated by a line break)
    columns : images in a row; by default 6 to 12 by their number
    frames : image_id → colour of a frame around the image
    """
    image_ids = list(image_ids)[:120]
    columns = columns or int(np.clip(np.ceil(np.sqrt(len(image_ids) * 1.6)), 6, 12))
    rows = [image_ids[i : i + columns] for i in range(0, len(image_ids), columns)]
    ax = _sheet(dataset, rows, captions or {}, frames or {}, ax=ax, columns=columns)
    return titled(ax, title or f"{len(image_ids)} images", "A contact sheet of photographs.")


@styled
def class_sheet(
    dataset: Dataset,
    per_class: int = 8,
    classes: Sequence[str] | None = None,
    seed: int = 0,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A row of random images for each class; by default the 12 classes with most images."""
    labels = dataset.images["label"].astype(object).fillna(NO_LABEL)
    shown = sorted(classes or labels.value_counts().index[:12])
    if len(counts := labels.value_counts()) == 1 and classes is None:
        per_class *= 4
    rng = np.random.default_rng(seed)
    rows, names = [], []
    for name in shown:
        ids = labels.index[labels == name].to_numpy()
        ids = rng.permutation(ids)[:per_class].tolist()
        for start in range(0, len(ids), 12):
            rows.append(ids[start : start + 12])
            names.append(f"{name}\n{counts[name]:,} images" if start == 0 else "")
    ax = _sheet(dataset, rows, {}, {}, ax=ax, columns=min(per_class, 12), names=names)
    some = "" if len(shown) == len(counts) else f" ({len(shown)} of {len(counts)} classes)"
    title = title or f"What distinguishes these classes?{some}"
    return titled(ax, title, f"Random photographs in rows by class: {', '.join(shown)}.")


@styled
def pairs(
    dataset: Dataset,
    found: pd.DataFrame,
    most: int = 12,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Pairs side by side, three to a row, with what relates them; labels that differ in red.

    Parameters
    ----------
    found : DataFrame with columns image_id and other_id and, where known, kind, transform, distance
    """
    labels = dataset.images["label"].astype(object).fillna(NO_LABEL)
    shown, captions, frames = found.head(most), {}, {}
    ids = []
    for i, pair in enumerate(shown.to_dict("records")):
        sides = [(i, pair["image_id"]), (i, pair["other_id"])]
        facts = [str(pair[c]) for c in ("kind", "transform") if pd.notna(pair.get(c)) and pair[c]]
        if pd.notna(pair.get("distance")) and pair.get("kind") != "exact":
            facts.append(f"{pair['distance']:g} bits apart")
        names = [labels.get(image_id, NO_LABEL) for _, image_id in sides]
        captions |= {sides[0]: f"{names[0]}\n{' · '.join(facts)}", sides[1]: f"{names[1]}\n"}
        if names[0] != names[1]:
            frames |= dict.fromkeys(sides, FLAG)
        ids += sides
    rows = [ids[i : i + 6] for i in range(0, len(ids), 6)]
    ax = _sheet(dataset, rows, captions, frames, ax=ax, columns=6, paired=True)
    apart = labels.reindex(found["image_id"]).to_numpy() != labels.reindex(found["other_id"])
    title = title or f"{len(found):,} pairs; {int(apart.sum())} disagree about the label"
    return titled(ax, title, f"The first {len(shown)} pairs of photographs, side by side.")


@styled
def suspects(
    dataset: Dataset,
    image_ids: Iterable[str],
    kinds: Iterable[str] = (),
    captions: Mapping[str, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Flagged images; where the truth is known, framed red if the flag is right and grey if not.

    Parameters
    ----------
    kinds : the planted kinds that make a flag right; by default any that is not innocent
    """
    image_ids, kinds = list(image_ids), list(kinds)
    title, frames = f"{len(image_ids)} images flagged: which are faults?", {}
    if (planted := dataset.planted) is not None:
        guilty = planted[~planted["innocent"].astype(bool)]
        guilty = set(guilty.loc[guilty["kind"].isin(kinds or guilty["kind"]), "image_id"])
        frames = {i: FLAG if i in guilty else INNOCENT for i in image_ids}
        right = sum(i in guilty for i in image_ids)
        title = f"{right} of {len(image_ids)} flags are right (red); the others are innocent (grey)"
    return contact_sheet(dataset, image_ids, captions, title=title, frames=frames, ax=ax)


@styled
def anatomy(dataset: Dataset, image_id: str, ax: Axes | None = None) -> Axes:
    """One image in four panels: photo, dominant colours, texture, foreground outline."""
    from skimage.feature import local_binary_pattern

    from helpers.descriptors import dominant_colours, find_foreground

    image = thumbnail(dataset, image_id, 240)
    rgb, grey = np.asarray(image), np.asarray(image.convert("L"))
    colours, shares = dominant_colours(rgb, 5)
    nearest = ((rgb[:, :, None].astype(int) - colours) ** 2).sum(axis=-1).argmin(axis=-1)
    codes = local_binary_pattern(grey, P=8, R=1, method="uniform")
    mask = find_foreground(rgb)
    ratio = image.width / image.height
    ax = axes(ax, 8.6 / 4 / ratio + 0.7)
    ax.axis("off")
    panels = [ax.inset_axes([i / 4 + 0.005, 0, 0.24, 1]) for i in range(4)]
    panels[0].imshow(rgb)
    posterised, strip = colours[nearest], image.height // 7
    posterised[-strip:] = np.repeat(
        colours, np.diff(np.round(np.cumsum([0, *shares]) * image.width).astype(int)), axis=0
    )
    panels[1].imshow(posterised)
    panels[2].imshow(codes, cmap="gray")
    panels[3].imshow((rgb * np.where(mask, 1, 0.45)[..., None]).astype(np.uint8))
    panels[3].contour(mask, [0.5], colors="white", linewidths=1.5)
    kept = f"colour: its {(shares > 0).sum()} dominant colours"
    names = (
        "the photo",
        kept,
        "texture: local binary patterns",
        "form: the foreground, as guessed",
    )
    for panel, name in zip(panels, names, strict=True):
        panel.set(xticks=[], yticks=[], anchor="N")
        panel.spines[:].set_visible(False)
        panel.set_xlabel(name, fontsize=9, color=MUTED)
    label = dataset.images["label"].get(image_id)
    name = image_id if pd.isna(label) else label
    return titled(ax, f"What three families of descriptors keep of one image ({name})", "")


def _sheet(dataset, rows, captions, frames, ax, columns, names=None, paired=False) -> Axes:
    """Rows of images as one picture; row heights make every full row equally wide."""
    side = 150 if names else 0
    inner = WIDTH - side
    lines = 1 + max((text.count("\n") for text in captions.values()), default=-1)
    gaps = [GAP * (3 if paired and i % 2 else 1) for i in range(columns)]
    laid, heights = [], []
    for row in rows:
        ids = [key[1] if isinstance(key, tuple) else key for key in row]
        probes = [thumbnail(dataset, image_id, 160) for image_id in ids]
        wide = sum(image.width for image in probes) / 160
        full = (inner - sum(gaps[: len(row)])) / wide
        usual = np.median(heights) if heights else inner / columns / 1.1
        height = full if len(row) == columns else min(full, usual)
        height = int(np.clip(height, 40, 1.5 * inner / columns))
        heights.append(height)
        laid.append([(key, i, image) for key, i, image in zip(row, ids, probes, strict=True)])
    total = sum(heights) + len(rows) * (GAP + lines * LINE)
    ax = axes(ax, total / WIDTH * 9 + 0.4)
    canvas = Image.new("RGB", (WIDTH, max(total, 1)), "white")
    top = 0
    for row, (height, images) in enumerate(zip(heights, laid, strict=True)):
        left = side
        if names:
            ax.text(side - 14, top + height / 2, names[row], ha="right", va="center", fontsize=9)
        scaled = []
        for key, image_id, image in images:
            sharp = image if height <= 160 else thumbnail(dataset, image_id, height)
            scaled.append((key, sharp.resize((max(1, image.width * height // 160), height))))
        for i, ((key, image), gap) in enumerate(zip(scaled, gaps, strict=False)):
            canvas.paste(image, (left, top))
            if colour := frames.get(key):
                corner, size = (left + 3, top + 3), (image.width - 6, height - 6)
                ax.add_patch(Rectangle(corner, *size, fill=False, ec=colour, lw=4))
            if text := captions.get(key):
                wide = image.width + gap + scaled[i + 1][1].width if paired and i % 2 == 0 else 0
                first, *rest = text.split("\n")
                text = "\n".join(
                    [_fit(first, image.width), *(_fit(t, wide or image.width) for t in rest)]
                )
                ax.text(left, top + height + 4, text, va="top", fontsize=8, color=MUTED)
            left += image.width + gap
        top += height + GAP + lines * LINE
    ax.imshow(np.asarray(canvas), extent=(0, WIDTH, total, 0), interpolation="antialiased")
    ax.set(xlim=(0, WIDTH), ylim=(total, 0))
    ax.axis("off")
    return ax


def _fit(line: str, width: int) -> str:
    most = max(4, int(width / 8.2))
    return line if len(line) <= most else line[: most - 1] + "…"
