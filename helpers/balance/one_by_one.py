"""Which of several features tells a class by itself, where all together give it away."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.balance.probing import folds_of
from helpers.datasets import Dataset

LEAVES, SMALLEST = 8, 5
"""A tree has at most so many leaves, of so many images each at least: a feature that tells a class
by a few values is followed, and one odd file is not."""


def probe_each(
    dataset: Dataset, features: pd.DataFrame, classes: list[str], seed: int = 0
) -> pd.DataFrame:
    """How well each feature alone tells each of `classes` from all others.

    A small decision tree (scikit-learn's) is trained and asked five-fold, whole groups in one fold,
    so that what only names a group tells nothing. Nothing is held against chance here: ask `probe`
    first whether a class is given away at all. A class that no feature tells alone may be told by
    several together, as by width and height the shape.

    Parameters
    ----------
    dataset : Dataset
        Its development images with a label and features are asked.
    features : DataFrame by image_id
        Numbers, and text columns of few values (which become a 0/1 column each).
    classes : list of str
        Such as `Probe.gives_away`.
    seed : int
        Draws the folds.

    Returns
    -------
    DataFrame, a row per class and feature that varies; of each class the best feature first
        class, feature; auc (area under the ROC curve out of fold, 0.5 where it tells nothing);
        own, others (the median of the class, and of all other images; of a 0/1 column the share
        of ones).
    """
    from sklearn.metrics import roc_auc_score

    labels = dataset.development.images["label"].dropna()
    labels = labels[labels.index.isin(features.index)].sort_index()
    values = pd.get_dummies(features.loc[labels.index], dtype=float).fillna(0.0)
    values = values.loc[:, values.min() < values.max()]
    codes = pd.factorize(labels, sort=True)[0]
    folds = folds_of(codes, dataset.groups[labels.index], seed)
    rows = []
    for one in classes:
        own = (labels == one).to_numpy()
        for name, column in values.items():
            told = _answer(column.to_numpy(), own, folds, seed)
            middle = "mean" if column.isin([0, 1]).all() else "median"
            found = [float(column[part].agg(middle)) for part in (own, ~own)]
            rows.append((one, name, float(roc_auc_score(own, told)), *found))
    table = pd.DataFrame(rows, columns=["class", "feature", "auc", "own", "others"])
    table["place"] = table["class"].map({one: place for place, one in enumerate(classes)})
    table = table.round({"auc": 9}).sort_values(
        ["place", "auc"], ascending=[True, False], kind="stable"
    )
    return table.drop(columns="place").reset_index(drop=True)


def _answer(values: np.ndarray, own: np.ndarray, folds: list, seed: int) -> np.ndarray:
    """How probably each image is the class's, out of fold, less how common it was in training."""
    from sklearn.tree import DecisionTreeClassifier

    told = np.zeros(len(own))
    for train, asked in folds:
        share = own[train].mean()
        if 0 < share < 1:
            tree = DecisionTreeClassifier(
                max_leaf_nodes=LEAVES, min_samples_leaf=SMALLEST, random_state=seed
            )
            tree.fit(values[train, None], own[train])
            # The share differs from fold to fold, and would rank images where nothing tells them.
            told[asked] = tree.predict_proba(values[asked, None])[:, 1] - share
    return told
