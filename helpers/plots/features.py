"""What descriptors say: distributions, colours and separability by class, a map of the dataset."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from PIL import ImageOps
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.stats import gaussian_kde

from helpers.datasets import Dataset
from helpers.datasets.words import count, require_column, tell_number
from helpers.plots.names import short_name, short_names
from helpers.plots.samples import NO_LABEL, thumbnail
from helpers.plots.style import FAMILIES, GRID, INK, MUTED, axes, nothing, palette, styled, titled

NOTHING = "No image has descriptors: there are none, or none that can be read"
LINE = 80  # letters of class names in a row below a map


def _by_class(features: pd.DataFrame, labels: pd.Series, most: int) -> tuple[pd.Series, list]:
    labels = labels.reindex(features.index).astype(object).fillna(NO_LABEL)
    return labels, list(labels.value_counts().index[:most])


@styled
def by_class(
    features: pd.DataFrame, labels: pd.Series, column: str, title: str = "", ax: Axes | None = None
) -> Axes:
    """How one column is distributed in each class: ridges in the order of their medians (dots)."""
    if features.empty:
        return nothing(title or NOTHING, ax)
    require_column(features, column)
    labels, shown = _by_class(features, labels, 24)
    colours, short = palette(labels), short_names(shown)
    values = features[column].astype(float)
    medians = values.groupby(labels).median()[shown].sort_values()
    low, high = values[labels.isin(shown)].quantile([0.002, 0.998])
    if low == high:  # one image, or one value
        low, high = low - 0.5, high + 0.5
    x = np.linspace(low, high, 300)
    ax = axes(ax, 0.36 * len(shown) + 1.3)
    for y, (name, median) in enumerate(medians.items()):
        own = values[labels == name].to_numpy()
        spread = max((high - low) / 200, 1e-9)
        noisy = own + np.random.default_rng(0).normal(0, spread, len(own))  # KDE needs variance
        ridge = gaussian_kde(noisy)(x) if len(own) > 2 else np.zeros_like(x)
        ridge *= 1.35 / max(ridge.max(), 1e-9)
        ax.fill_between(x, y, y + ridge, color=colours[name], lw=0, zorder=99 - y)
        ax.plot(x, y + ridge, color="white", lw=1.2, zorder=99 - y)
        ax.plot(median, y, "o", ms=6, mfc="white", mec=INK, mew=1.2, zorder=100)
    ax.set_yticks(range(len(medians)), [short[name] for name in medians.index])
    ax.set(xlabel=column, ylim=(-0.4, len(medians) + 0.8), xlim=(low, high))
    first, last = (f"{medians.iloc[at]:.3g} ({short[medians.index[at]]})" for at in (0, -1))
    ends = f"medians from {first} to {last}"
    title = title or (f"{column}: {ends}" if len(medians) > 1 else f"{column} over all images")
    numbers = ", ".join(f"{name} {tell_number(median)}" for name, median in medians.items())
    return titled(ax, title, f"Ridgelines by class; medians: {numbers}.", bare=["left"])


@styled
def class_colours(
    features: pd.DataFrame, labels: pd.Series, title: str = "", ax: Axes | None = None
) -> Axes:
    """The mean foreground colour of up to 80 images per class, sorted by hue, as a strip each."""
    from matplotlib.colors import rgb_to_hsv

    if features.empty:
        return nothing(title or NOTHING, ax)
    labels, shown = _by_class(features, labels, 24)
    short = short_names(shown)
    names = [f"colour foreground mean {c}" for c in ("red", "green", "blue")]
    for name in names:
        require_column(features, name)
    ax = axes(ax, 0.34 * len(shown) + 0.6)
    for y, name in enumerate(sorted(shown)):
        own = features.loc[labels == name, names].clip(0, 1).to_numpy(float)
        own = own[np.linspace(0, len(own) - 1, min(80, len(own))).round().astype(int)]
        order = np.lexsort(rgb_to_hsv(own).T[[2, 0]])
        ax.imshow(own[order][None], extent=(0, 1, y + 0.42, y - 0.42), aspect="auto")
    ax.set_yticks(range(len(shown)), [short[name] for name in sorted(shown)])
    ax.set(xlim=(0, 1), ylim=(len(shown) - 0.5, -0.5), xticks=[])
    title = title or "Which classes does colour tell apart?"
    alt = "Mean colours of each class's images as strips, sorted by hue."
    return titled(ax, title, alt, bare=["left", "bottom"])


@styled
def separability(
    table: pd.DataFrame, most: int = 12, title: str = "", ax: Axes | None = None
) -> Axes:
    """For each pair of classes: the family that separates it best, and how well.

    Parameters
    ----------
    table : DataFrame from `helpers.descriptors.separability`
    most : int
        With more classes than this, those of the hardest pairs are shown.
    """
    if table.empty:
        why = "No two classes have enough images, or groups, to be told apart"
        return nothing(title or why, ax)
    best = table.sort_values("auc", ascending=False).drop_duplicates(["class_a", "class_b"])
    hardest = best.sort_values("auc")[["class_a", "class_b"]].to_numpy().ravel()
    classes = sorted(pd.unique(hardest)[:most])
    best = best[best["class_a"].isin(classes) & best["class_b"].isin(classes)]
    ax = axes(ax, max(0.42 * len(classes) + 0.8, 2.6))  # room for the captions in the corner
    for pair in best.itertuples():
        x, y = classes.index(pair.class_a), classes.index(pair.class_b)
        strength = np.clip((pair.auc - 0.5) / 0.5, 0, 1) ** 2
        box = Rectangle((x - 0.47, y - 0.45), 0.94, 0.9, fc=FAMILIES[pair.family], alpha=strength)
        ax.add_patch(box)
        dark = strength > 0.6
        ax.text(x, y, f"{pair.auc:.2f}", ha="center", va="center", color="white" if dark else INK)
    short = short_names(classes, 24)
    for i, name in enumerate(classes):
        ax.text(i - 0.45, i, short[name], va="center", weight="bold", fontsize=9)
    ax.set(xlim=(-0.6, len(classes) + 0.4), ylim=(len(classes) - 0.4, -0.6))
    ax.axis("off")
    corner = {"transform": ax.transAxes, "ha": "right"}
    for i, (family, colour) in enumerate(FAMILIES.items()):
        text = f"{family}: best for {(best['family'] == family).sum()} of {len(best)} pair"
        text += "s" * (len(best) > 1)
        ax.text(0.98, 0.94 - 0.09 * i, text, color=colour, weight="bold", **corner)
    ax.text(0.98, 0.66, "1 is perfect, 0.5 is chance", color=MUTED, **corner)
    worst = best.loc[best["auc"].idxmin()]
    pair = " and ".join(short_names([worst["class_a"], worst["class_b"]]).values())
    only = f"{pair}: told apart best by {worst['family']}, {worst['auc']:.2f}"
    title = title or (f"The hardest pair: {pair}" if len(best) > 1 else only)
    return titled(
        ax, title, "Triangle of class pairs, area under the ROC curve of the best family."
    )


@styled
def held_equal(table: pd.DataFrame, most: int = 8, title: str = "", ax: Axes | None = None) -> Axes:
    """How far the area under the ROC curve falls where one column is held equal, largest first.

    Full dots stand for all images, hollow ones for images that are alike in the column, a small
    upright line for values that were shuffled.

    Parameters
    ----------
    table : DataFrame from `helpers.descriptors.hold_equal`
    """
    if table.empty:
        why = "No column of few values says how the pictures came to be: nothing to compare"
        return nothing(title or why, ax)
    shown = table.head(most)
    short, texts = short_names(pd.unique(shown[["class_a", "class_b"]].to_numpy().ravel()), 24), []
    ax = axes(ax, 0.46 * len(shown) + 1.1)
    for y, row in enumerate(shown.itertuples()):
        colour = FAMILIES[row.family]
        ax.plot([row.auc, row.within], [y, y], color=colour, lw=2, alpha=0.4)
        ax.plot(row.auc, y, "o", color=colour, ms=8)
        ax.plot(row.within, y, "o", mfc="white", mec=colour, mew=1.8, ms=8)
        ax.plot(row.shuffled, y, "|", color=INK, ms=12, mew=1.5)
        pair = f"{short[row.class_a]}, {short[row.class_b]}"
        texts.append(f"{pair}\n{row.family}, same {short_name(row.column, 24)}")
    ax.axvline(0.5, color=MUTED, lw=1, ls=":")
    low = min(shown[["auc", "within", "shuffled"]].min().min() - 0.04, 0.46)
    ax.set_yticks(range(len(shown)), texts, fontsize=9)
    label = "area under the ROC curve: ● all images, ○ alike in the column, | column shuffled"
    ax.set(xlim=(low, 1.01), ylim=(len(shown) - 0.4, -0.6), xlabel=label)
    ax.grid(axis="x")
    first = shown.iloc[0]
    pair = " and ".join(short[first[name]] for name in ("class_a", "class_b"))
    default = f"{pair} by {first['family']}: {first['auc']:.2f}, "
    default += f"within one {short_name(first['column'], 24)} {first['within']:.2f}"
    facts = zip(texts, shown.itertuples(), strict=True)
    facts = "; ".join(f"{t} {r.auc:.2f} to {r.within:.2f}".replace("\n", ", ") for t, r in facts)
    return titled(ax, title or default, f"{facts}.", bare=["left", "bottom"])


@styled
def dataset_map(
    dataset: Dataset,
    features: pd.DataFrame,
    most: int = 260,
    seed: int = 0,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """A map on which images with similar descriptors lie close; frames have the class colours.

    A random sample is standardised, reduced to 30 principal components and laid out by t-SNE (van
    der Maaten and Hinton, 2008); each image then takes the free grid cell nearest to its place.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from sklearn.preprocessing import StandardScaler

    if features.empty:
        return nothing(title or NOTHING, ax)
    shown = features.sample(min(most, len(features)), random_state=seed).sort_index()
    X = StandardScaler().fit_transform(shown)
    if len(X) > 1:
        X = PCA(min(30, *X.shape), random_state=seed, svd_solver="full").fit_transform(X)
    if len(X) > 5:
        near = min(20, (len(X) - 1) // 3)
        # For so few images the exact method is as quick, and no thread count changes it.
        tsne = TSNE(perplexity=near, init="pca", random_state=seed, method="exact", max_iter=500)
        X = tsne.fit_transform(X)
    # Halfway between the layout and its ranks, so that crowded parts spread out a little.
    X = X[:, :2]
    places = X.argsort(axis=0).argsort(axis=0) / max(len(X) - 1, 1)
    places = (places + (X - X.min(axis=0)) / np.ptp(X, axis=0).clip(1e-9)) / 2
    wide = max(3, round(np.sqrt(len(X) * 2.2)))
    high = int(np.ceil(len(X) * 1.35 / wide))
    cells = np.stack(np.meshgrid(np.arange(wide), np.arange(high)), -1).reshape(-1, 2)
    _, taken = linear_sum_assignment(cdist(places * (wide - 1, high - 1), cells, "sqeuclidean"))
    labels = dataset.images["label"].reindex(shown.index).astype(object).fillna(NO_LABEL)
    colours = palette(dataset.classes or [NO_LABEL])
    ax = axes(ax, 9 * high / wide + 0.7)
    for image_id, (x, y) in zip(shown.index, cells[taken], strict=True):
        image = ImageOps.fit(thumbnail(dataset, image_id, 64), (56, 56))
        box = (x - 0.42, x + 0.42, y + 0.42, y - 0.42)
        ax.imshow(np.asarray(image), extent=box, interpolation="bilinear")
        colour = colours.get(labels[image_id], GRID)
        ax.add_patch(Rectangle((x - 0.48, y - 0.48), 0.96, 0.96, fc=colour, zorder=-1))
    ax.set(xlim=(-0.6, wide - 0.4), ylim=(high - 0.4, -0.6), aspect="equal")
    ax.axis("off")
    if len(colours) <= 12:
        _class_names(ax, colours)
    title = title or "Do images of one class lie together?"
    photographs = count(shown, "photograph")
    return titled(ax, title, f"{photographs} on a grid, similar ones close together.")


def _class_names(ax: Axes, colours: dict[str, str]) -> None:
    """The names of the classes in their colours below `ax`, in as many rows as they need."""
    row, used, short = 0, 0, short_names(colours, 30)
    spread = sum(len(name) + 4 for name in short.values())
    for name, colour in colours.items():
        length = len(short[name]) + 4
        if used and used + length > LINE:
            row, used = row + 1, 0
        place = (used / min(max(spread, 1), LINE), 0)
        look = {"weight": "bold", "va": "top", "color": colour, "annotation_clip": False}
        ax.annotate(short[name], place, (0, -5 - 14 * row), ax.transAxes,
                    textcoords="offset points", **look)  # fmt: skip
        used += length
