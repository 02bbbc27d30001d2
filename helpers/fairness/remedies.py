"""Remedies for groups that are served worse: before training, in the last layer, and after."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from helpers.balance.association import MISSING
from helpers.balance.remedies import answer_out_of_fold
from helpers.balance.weighting import image_weights
from helpers.datasets import Dataset
from helpers.evaluation.predictions import check_predictions
from helpers.fairness.groups import group_values
from helpers.fairness.offsets import find_offsets
from helpers.training import train_head

PER_CELL, DRAWS = 5, 10
ROUNDS, STEP = 6, 0.5
CONSTRAINT, SLACK = "equal opportunity", 0.1
REMEDIES = ("plain", "group balance", "last layer retrained", "group DRO", "offsets by group")


class Average:
    """Several heads that answer by the mean of their probabilities."""

    def __init__(self, heads: list):
        self.heads = heads

    def predict_proba(self, features: pd.DataFrame) -> pd.DataFrame:
        first, *others = (head.predict_proba(features) for head in self.heads)
        for one in others:
            first = first.add(one, fill_value=0.0)
        return first / len(self.heads)


class Shifted:
    """A head whose answers are offset by group; it must be told each image's group."""

    def __init__(self, head, offsets):
        self.head, self.offsets = head, offsets

    def predict_proba(self, features: pd.DataFrame, values: pd.Series) -> pd.DataFrame:
        return self.offsets.apply(self.head.predict_proba(features), values)


def retrain_last_layer(
    features: pd.DataFrame, labels: pd.Series, values: pd.Series | None = None, seed: int = 0
) -> Average:
    """The mean of ten last layers, each trained on as many images of every class in every group.

    Deep feature reweighting (Kirichenko, Izmailov and Wilson, 2023): what a network sees is good
    enough; only the last layer leans on the shortcut. Each draws as many images of each class with
    each value as the rarest combination has, at least five (fewer, where there are no more).

    Parameters
    ----------
    features : DataFrame by image_id, numbers only, e.g. from `helpers.training.embed`
    labels, values : Series by image_id
        Without values classes alone are balanced.
    """
    labels, cells = _cells(features, labels, values)
    size = max(PER_CELL, int(cells.value_counts().min()))
    rng, ids = (
        np.random.default_rng(seed),
        [own.index.to_numpy() for _, own in cells.groupby(cells)],
    )
    heads = []
    for _ in range(DRAWS):
        drawn = np.concatenate([rng.permutation(own)[:size] for own in ids])
        # Restraint as strong as on all images: `C` counts for each of them.
        heads.append(train_head(features, labels[drawn], C=0.01 * len(labels) / len(drawn)))
    return Average(heads)


def group_dro(
    features: pd.DataFrame, labels: pd.Series, values: pd.Series | None = None
) -> Average:
    """The mean of six heads, each giving more weight to groups that the last one served badly.

    Group distributionally robust optimisation (Sagawa and others, 2020) looks for the model whose
    worst group has the least loss: the weight of each class with each value grows exponentially
    with its loss. Theirs takes a step of gradient descent between two changes of the weights; a
    last layer is trained in a moment, so here it is trained to the end.
    """
    labels, cells = _cells(features, labels, values)
    codes, names = pd.factorize(cells, sort=True)
    images = np.bincount(codes)
    share, known, heads = np.full(len(names), 1 / len(names)), features.loc[labels.index], []
    for _ in range(ROUNDS):
        weights = pd.Series((share / images)[codes] * len(labels), labels.index)
        head = train_head(known, labels, weights=weights)
        heads.append(head)
        chances = head.predict_proba(known)
        own = chances.to_numpy()[np.arange(len(labels)), chances.columns.get_indexer(labels)]
        loss = np.bincount(codes, -np.log(np.maximum(own, 1e-12))) / images
        share = share * np.exp(STEP * loss)
        share = share / share.sum()
    return Average(heads)


def fit_remedy(name: str, features: pd.DataFrame, labels: pd.Series, values, seed: int = 0):
    """A head trained with one of the first four `REMEDIES`."""
    if name == "plain":
        return train_head(features, labels)
    if name == "group balance":
        return train_head(features, labels, weights=image_weights(labels, values))
    if name == "group DRO":
        return group_dro(features, labels, values)
    return retrain_last_layer(features, labels, values, seed)


def cross_fit(train: Dataset, features: pd.DataFrame) -> pd.DataFrame:
    """The plain head's answers to every training image, by heads that saw none of its things.

    Counterexamples are few: to keep some of them aside would leave too few to learn from. So five
    heads are each trained without a fifth of the things, and asked about those. Saved as a step.

    Returns
    -------
    predictions table
    """
    known = features[features.index.isin(train.images.index)]
    found = answer_out_of_fold(train, known)
    return check_predictions(found, train.with_images(train.images.loc[found.index]))


def fit_remedies(
    train: Dataset, features: pd.DataFrame, column: str | None = None, seed: int = 0
) -> dict:
    """The plain head on frozen features, and one for each remedy.

    Parameters
    ----------
    train : Dataset
        Labelled training images.
    features : DataFrame by image_id
        From any network (`embed`); of other images, too.
    column : str, optional
        Whose values are the groups. Without one, classes are balanced, and there are no offsets.

    Returns
    -------
    dict of name → model, for `answer`
    """
    labels = train.images["label"].dropna()
    values = None if column is None else group_values(train, column).fillna(MISSING)
    known = features[features.index.isin(labels.index)]
    models = {name: fit_remedy(name, known, labels, values, seed) for name in REMEDIES[:-1]}
    if values is not None and len(values.unique()) > 1:
        unseen = cross_fit(train, known)
        offsets = find_offsets(unseen, values, CONSTRAINT, SLACK)
        models[REMEDIES[-1]] = Shifted(models["plain"], offsets)
    return models


def answer(
    models: Mapping, features: pd.DataFrame, asked: Dataset, column: str | None = None
) -> dict[str, pd.DataFrame]:
    """What each model says of the labelled images: name → predictions table."""
    ids = asked.images.index[
        asked.images["label"].notna() & asked.images.index.isin(features.index)
    ]
    asked, known = asked.with_images(asked.images.loc[ids]), features.loc[ids]
    values = None if column is None else group_values(asked, column)
    found = {}
    for name, model in models.items():
        given = (known, values) if isinstance(model, Shifted) else (known,)
        found[name] = check_predictions(model.predict_proba(*given), asked)
    return found


def _cells(
    features: pd.DataFrame, labels: pd.Series, values: pd.Series | None
) -> tuple[pd.Series, pd.Series]:
    """The labels of images with features, and each one's class with its value."""
    labels = labels.dropna()
    labels = labels[labels.index.isin(features.index)]
    if values is None:
        return labels, labels
    return labels, labels + "\0" + values.reindex(labels.index).astype("str").fillna("")
