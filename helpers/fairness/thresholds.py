"""Offsets under another constraint; for two classes, thresholds by group from fairlearn."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from helpers.balance.association import MISSING
from helpers.datasets import Dataset
from helpers.evaluation.predictions import probabilities
from helpers.fairness.groups import Shortcut, group_values
from helpers.fairness.offsets import OTHERS, find_offsets, pool_small
from helpers.fairness.remedies import SLACK, Shifted, cross_fit

EVERYBODY = "all images"


def values_at_use(dataset: Dataset, shortcut: Shortcut) -> pd.Series:
    """The group that each image's offsets go by: the shortcut's value, else all images alike."""
    if shortcut.column is None:
        return pd.Series(EVERYBODY, dataset.images.index)
    return group_values(dataset, shortcut.column)


def add_offsets(
    models: dict, train: Dataset, features: pd.DataFrame, shortcut: Shortcut, constraint: str
) -> dict:
    """The models and one more: the plain head with offsets by group under another constraint.

    Where no column goes with the class there are no groups to offset, and none is added.
    """
    if shortcut.column is None:
        return models
    unseen = cross_fit(train, features)
    offsets = find_offsets(unseen, values_at_use(train, shortcut), constraint, SLACK)
    return models | {f"offsets for {constraint}": Shifted(models["plain"], offsets)}


def optimise_thresholds(
    unseen: pd.DataFrame, seen_values: pd.Series, predictions: pd.DataFrame, values: pd.Series,
    constraint: str = "true_positive_rate_parity", seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """For two classes: thresholds by group from fairlearn's ``ThresholdOptimizer``.

    Between two thresholds it draws lots, so that the constraint can be met exactly; the lots are
    drawn by `seed`.

    Parameters
    ----------
    unseen : predictions table of images that the model has not learned from
    seen_values, values : Series by image_id
        The groups of these and of the images asked about. Those with fewer than 20 images of a
        class are put together.
    constraint : str, as fairlearn's

    Returns
    -------
    predictions table
        `predictions` with other answers; the probabilities are the model's.
    """
    from fairlearn.postprocessing import ThresholdOptimizer

    scores = probabilities(unseen)
    if len(scores.columns) != 2:
        raise ValueError(
            f"ThresholdOptimizer takes two classes, not {len(scores.columns)}; find_offsets takes "
            "any number."
        )
    positive, truth = scores.columns[1], (unseen["label"] == scores.columns[1]).to_numpy()
    groups = seen_values.reindex(unseen.index).fillna(MISSING).to_numpy(dtype=object)
    for needed in (truth, ~truth):
        groups = pool_small(groups, needed)
    model = ThresholdOptimizer(
        estimator=_Column(), constraints=constraint, prefit=True, predict_method="predict_proba"
    )
    asked = values.reindex(predictions.index)
    asked = asked.where(asked.isin({*groups}), OTHERS)
    there = asked.isin({*groups}).to_numpy()
    if not there.any():
        return predictions
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        model.fit(scores[[positive]], truth.astype(int), sensitive_features=groups)
        said = model.predict(
            probabilities(predictions).loc[there, [positive]],
            sensitive_features=asked[there].to_numpy(dtype=object),
            random_state=seed,
        )
    chances = probabilities(predictions)[[*scores.columns]].to_numpy()
    told = (predictions["prediction"] == positive).to_numpy(int)
    told[there] = said
    answers = scores.columns.to_numpy()[told]
    return predictions.assign(prediction=answers, confidence=chances[np.arange(len(told)), told])


class _Column(BaseEstimator):
    """An estimator whose probability of the second class is its only feature."""

    fitted_ = True

    def fit(self, X, y):
        return self

    def predict_proba(self, X) -> np.ndarray:
        scores = np.asarray(X, float)
        return np.hstack([1 - scores, scores])
