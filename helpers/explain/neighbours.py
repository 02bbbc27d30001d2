"""The training images that a network finds most like an image: an explanation people understand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.datasets import Dataset, DatasetError


def nearest_images(
    features: pd.DataFrame, asked: pd.Index, dataset: Dataset, count: int = 5
) -> pd.DataFrame:
    """The labelled training images whose embeddings are nearest to those of other images.

    Each column is brought to mean 0 and spread 1 over the training images; near is a high cosine.

    Parameters
    ----------
    features : DataFrame by image_id
        Embeddings of the asked and of the training images, e.g. from `embed`.
    asked : image ids
    dataset : Dataset
        With a split; an image is never its own neighbour.
    count : int

    Returns
    -------
    DataFrame
        A row per asked image and neighbour, nearest first: image_id, neighbour, rank (from 1),
        similarity (−1 to 1), label (the neighbour's).

    Raises
    ------
    DatasetError
        An asked image, or every training image, has no features.
    """
    labels = dataset.part("train").images["label"].dropna()
    train = labels.index[labels.index.isin(features.index)]
    if len(gone := pd.Index(asked).difference(features.index)) or train.empty:
        what = f"{gone[0]!r} has" if len(gone) else "The training images have"
        raise DatasetError(f"{what} no features; embed the images that are asked about, too.")
    mean, scale = features.loc[train].mean(), features.loc[train].std().replace(0, 1)
    rows, known = [], _unit((features.loc[train] - mean) / scale)
    likeness = _unit((features.loc[asked] - mean) / scale) @ known.T
    for image_id, own in zip(asked, likeness, strict=True):
        own = np.where(train == image_id, -np.inf, own)
        for rank, at in enumerate(np.argsort(-own, kind="stable")[:count], 1):
            if np.isfinite(own[at]):
                rows.append((image_id, train[at], rank, own[at], labels[train[at]]))
    return pd.DataFrame(rows, columns=["image_id", "neighbour", "rank", "similarity", "label"])


def _unit(table: pd.DataFrame) -> np.ndarray:
    values = table.to_numpy(np.float64)
    return values / (np.linalg.norm(values, axis=1, keepdims=True) + 1e-12)
