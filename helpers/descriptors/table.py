"""Descriptors of a whole dataset, and how well each family tells the classes apart."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from contextlib import ExitStack
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from helpers.datasets import Dataset, decoding, pixels, read_rgb
from helpers.datasets.steps import saved
from helpers.descriptors import colour, form, texture
from helpers.processes import count_free_cores, start_workers

FAMILIES = ("colour", "texture", "form")
LARGEST, SMALL = 160, 96
CHUNK = 48


def describe(
    dataset: Dataset,
    kinds: str | Iterable[str] = FAMILIES,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: bool = True,
    largest: int = LARGEST,
) -> pd.DataFrame:
    """Colour, texture and form of every image, as numbers a simple model can use.

    Images are first reduced to at most `largest` px, and to 96 px where detail hardly matters
    (colour, region shape). The result is saved as a step, so that a second call loads it.

    Parameters
    ----------
    dataset : Dataset
    kinds : one or several of "colour", "texture", "form"
    workers : int, optional
        Processes to start, by default as many as cores are free; 1 computes in this one.
    executor : Executor, optional
        Any `concurrent.futures` executor, used instead of starting processes.
    progress : bool
        Show a progress bar.
    largest : int
        The longer side in pixels, at most; for a fair comparison with a network, those it sees.

    Returns
    -------
    DataFrame
        One row per readable image by ``image_id``; float32 columns "colour …" (histograms, moments
        of the whole and of the foreground, dominant colours as "dominant 1 red" … 0 to 1),
        "texture …" and "form …", explained by the functions of the same modules. Images that
        cannot be read have no row.

    Raises
    ------
    ValueError
        When a kind is unknown.
    """
    chosen = {kinds} if isinstance(kinds, str) else set(kinds)
    kinds = tuple(kind for kind in FAMILIES if kind in chosen)
    if unknown := chosen - set(FAMILIES):
        raise ValueError(f"There is no descriptor kind {sorted(unknown)}; expected {FAMILIES}.")
    files = [(image_id, str(dataset.path(image_id))) for image_id in dataset.images.index]
    levels = dataset.levels

    def build() -> pd.DataFrame:
        chunks = [
            (files[i : i + CHUNK], kinds, levels, largest) for i in range(0, len(files), CHUNK)
        ]
        rows = _run(chunks, workers, executor, progress)
        ids, values = zip(*rows, strict=True) if rows else ((), ())
        names = _described(Image.new("RGB", (8, 8)), kinds)
        index = pd.Index(ids, name="image_id", dtype=str)
        return pd.DataFrame(np.array(values, np.float32).reshape(-1, len(names)), index, [*names])

    code = (colour, texture, form, _described, pixels, decoding)
    key = {"inputs": (kinds, largest, SMALL, levels), "code": code}
    # Descriptors depend on pixels alone: relabelled images are not described again.
    return saved(dataset, "descriptors", build, table=False, **key)


def _run(chunks: list, workers: int | None, executor: Executor | None, progress: bool) -> list:
    from tqdm.auto import tqdm

    with ExitStack() as stack:
        if executor is None and len(chunks) > 1:
            workers = workers or count_free_cores()
            executor = stack.enter_context(start_workers(workers)) if workers > 1 else None
        found = executor.map(_describe_files, chunks) if executor else map(_describe_files, chunks)
        bar = tqdm(found, total=len(chunks), disable=not progress, unit="batch", leave=False)
        return [row for rows in bar for row in rows]


def _describe_files(chunk: tuple[list[tuple[str, str]], tuple[str, ...], int, int]) -> list:
    files, kinds, levels, largest = chunk
    rows = []
    for image_id, path in files:
        try:
            image = read_rgb(Path(path), largest, levels)
        except Exception:  # a decoder may raise anything; the scan says what is wrong with the file
            continue
        rows.append((image_id, [*_described(image, kinds, largest).values()]))
    return rows


def _described(
    image: Image.Image, kinds: tuple[str, ...], largest: int = LARGEST
) -> dict[str, float]:
    image.thumbnail((largest, largest), Image.Resampling.BOX)
    grey = np.asarray(image.convert("L"))
    image.thumbnail((SMALL, SMALL), Image.Resampling.BOX)
    rgb = np.asarray(image)
    found: dict[str, dict[str, float]] = {kind: {} for kind in kinds}
    foreground = form.find_foreground(rgb)
    if "colour" in kinds:
        inside = colour.colour_histogram(rgb, foreground) | colour.colour_moments(rgb, foreground)
        found["colour"] = colour.colour_histogram(rgb) | colour.colour_moments(rgb)
        found["colour"] |= {f"foreground {name}": value for name, value in inside.items()}
        for i, (mean, share) in enumerate(zip(*colour.dominant_colours(rgb), strict=True)):
            values = zip(("red", "green", "blue", "share"), (*mean / 255, share), strict=True)
            found["colour"] |= {f"dominant {i + 1} {name}": value for name, value in values}
    if "texture" in kinds:
        found["texture"] = texture.local_binary_patterns(grey) | texture.grey_cooccurrence(grey)
    if "form" in kinds:
        found["form"] = form.region_shape(foreground) | form.oriented_gradients(grey)
    return {f"{kind} {name}": v for kind, parts in found.items() for name, v in parts.items()}


def separability(
    features: pd.DataFrame, labels: pd.Series, groups: pd.Series | None = None, folds: int = 5
) -> pd.DataFrame:
    """How well each family of descriptors tells each pair of classes apart.

    One linear discriminant per family scores every image out of fold; a pair's figure is the area
    under the ROC curve of the difference of its two scores (Hand and Till, 2001).

    Parameters
    ----------
    features : DataFrame by image_id, columns prefixed by family as from `describe`
    labels, groups : Series by image_id
        Images of one group stay in one fold. Classes in fewer than `folds` groups are left out.

    Returns
    -------
    DataFrame
        One row per pair and family: class_a, class_b, family, auc (0.5 chance to 1 perfect).
    """
    from sklearn.metrics import roc_auc_score

    y, classes, scores = score_families(features, labels, groups, folds)
    rows = []
    for family, score in scores.items():
        for a, b in combinations(range(len(classes)), 2):
            pair = (y == a) | (y == b)
            auc = roc_auc_score(y[pair] == b, score[pair, b] - score[pair, a])
            rows.append((classes[a], classes[b], family, auc))
    return pd.DataFrame(rows, columns=["class_a", "class_b", "family", "auc"])


def hardest_pair(separation: pd.DataFrame) -> tuple[str, str] | None:
    """The two classes whose best family separates them least; None where no pair was asked."""
    if separation.empty:
        return None
    return separation.groupby(["class_a", "class_b"])["auc"].max().idxmin()


def score_families(
    features: pd.DataFrame, labels: pd.Series, groups: pd.Series | None = None, folds: int = 5
) -> tuple[pd.Series, list[str], dict[str, np.ndarray]]:
    """What a linear discriminant for each family makes of every image out of fold.

    Returns
    -------
    y : Series by image_id
        The number of each image's class, 0 and up.
    classes : list of str
        Those in at least `folds` groups, sorted; fewer than two are scored by nothing.
    scores : family → array, image × class
        Logarithms of probabilities.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    labels = labels.reindex(features.index).dropna()
    groups = labels.index.to_series() if groups is None else groups.reindex(labels.index)
    spread = groups.groupby(labels).nunique()
    labels = labels[labels.isin(spread.index[spread >= folds])]
    codes, classes = pd.factorize(labels, sort=True)
    y, scores = pd.Series(codes, labels.index), {}
    cv = StratifiedGroupKFold(folds, shuffle=True, random_state=0)
    model = make_pipeline(StandardScaler(), LinearDiscriminantAnalysis("lsqr", shrinkage="auto"))
    for family in FAMILIES if len(classes) > 1 else ():
        X = features.loc[labels.index].filter(regex=f"^{family} ")
        if X.empty:
            continue
        options = {"groups": groups[labels.index], "cv": cv, "method": "predict_log_proba"}
        scores[family] = np.maximum(cross_val_predict(model, X, codes, **options), -1e6)
    return y, list(classes), scores
