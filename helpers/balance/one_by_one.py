"""Which of several features tells a class by itself, where all together give it away."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.balance.facts import NONE
from helpers.balance.probing import folds_of
from helpers.datasets import Dataset
from helpers.datasets.words import percents, tell_number

LEAVES, SMALLEST = 8, 5
"""A tree has at most so many leaves, of so many images each at least: a feature that tells a class
by a few values is followed, and one odd file is not."""

FEW = 8
"""A feature of so many values is told by one of them."""


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
        own, others (how the class and all other images differ in it, in words, as `tell_values`
        tells it).
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
            found = tell_values(name, column[own], column[~own])
            rows.append((one, name, float(roc_auc_score(own, told)), *found))
    table = pd.DataFrame(rows, columns=["class", "feature", "auc", "own", "others"])
    table["place"] = table["class"].map({one: place for place, one in enumerate(classes)})
    table = table.round({"auc": 9}).sort_values(
        ["place", "auc"], ascending=[True, False], kind="stable"
    )
    return table.drop(columns="place").reset_index(drop=True)


def tell_values(feature: str, own: pd.Series, others: pd.Series) -> tuple[str, str]:
    """How the values of a class and those of all other images differ, in words for each.

    Of a 0/1 column the share of ones; of up to `FEW` values the share that has one of them, or it
    or a higher one, whichever differs most; of more the medians, or, where these are the same, the
    share that has so much or more. Where a file can be without such a value, as many as are without
    it are told, too, and alone where they differ most.
    """
    parts = [np.sort(part.to_numpy(float)) for part in (own, others)]
    kinds, none = np.unique(np.concatenate(parts)), NONE.get(feature, np.nan)
    if np.isin(kinds, [0, 1]).all() and np.isnan(none):
        return _shares("yes", *(part.mean() for part in parts))
    if len(kinds) <= FEW:
        shares = np.array([[(part == kind).mean() for kind in kinds] for part in parts])
        gaps = np.abs(shares[0] - shares[1]).round(9)
        most = np.lexsort([shares[0], gaps])[-1]
        value, *reached = _threshold(parts)
        if abs(reached[0] - reached[1]) > gaps[most] + 0.02:
            return _shares(f"{value} or more", *reached)
        name = "none" if kinds[most] == none else _apart(kinds)[most]
        return _shares(name, *shares[:, most])
    there = [part[part != none] for part in parts]
    lacking = [1 - len(some) / len(part) for some, part in zip(there, parts, strict=True)]
    if not all(map(len, there)):
        return _shares("none", *lacking)
    value, *reached = _threshold(there)
    known = 1 - max(lacking)  # of so many of both parts, at least, the threshold speaks
    if abs(lacking[0] - lacking[1]) > known * abs(reached[0] - reached[1]):
        return _shares("none", *lacking)
    told = tuple(f"median {tell_number(np.median(part))}" for part in there)
    if told[0] == told[1]:
        told = _shares(f"{value} or more", *reached)
    if not any(lacking):
        return told
    one, other = _shares("none", *lacking)
    return f"{told[0]}; {one}", f"{told[1]}; {other}"


def _shares(what: str, one: float, other: float) -> tuple[str, str]:
    first, second = percents(one, other)
    return f"{what} in {first}", f"{what} in {second}"


def _apart(kinds: np.ndarray) -> list[str]:
    """Numbers with as many digits as tell them apart."""
    ways = ([tell_number(kind, digits) for kind in kinds] for digits in range(3, 17))
    return next((way for way in ways if len({*way}) == len(kinds)), [repr(k) for k in kinds])


def _threshold(parts: list[np.ndarray]) -> tuple[str, float, float]:
    """The number that as many as possible of one part, and as few of the other, come up to, and
    both shares; the parts are sorted."""

    def reach(number: float) -> list[float]:
        return [1 - np.searchsorted(part, number) / len(part) for part in parts]

    values = np.unique(np.concatenate(parts))
    gaps = np.abs(np.subtract(*reach(values)))
    best = values[gaps.argmax()]
    for digits in range(3, 17):
        told = tell_number(best, digits)
        shares = reach(float(told.replace(",", "")))
        if abs(shares[0] - shares[1]) >= gaps.max() - 0.005:
            break
    return told, *map(float, shares)


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
