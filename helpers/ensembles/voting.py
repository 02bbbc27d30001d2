"""Votes of models, from tables of what each of them answers."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from helpers.datasets import DatasetError
from helpers.datasets.words import count, some
from helpers.evaluation.predictions import label_losses


def vote(
    answers: Mapping[str, pd.DataFrame], weights: Mapping[str, float] | None = None,
    hard: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """The answer of several models together.

    Parameters
    ----------
    answers : name → DataFrame by image_id of probabilities, a column per class
        The same images and classes, in any order.
    weights : name → number, optional
        What each model counts for; all alike by default. Only their ratios matter.
    hard : bool
        Each model casts a whole vote for its most probable class, instead of sharing it out.

    Returns
    -------
    DataFrame by image_id
        Probabilities (shares of the votes), in the rows and columns of the first model.

    Raises
    ------
    DatasetError
        No model, models that answer different images or know different classes, or weights that
        are negative or all zero.
    """
    stack, first = _stack(answers), next(iter(answers.values()))
    shares = np.ones(len(stack))
    if weights is not None:
        shares = np.array([weights.get(name, 0.0) for name in answers], float)
        if (shares < 0).any() or not shares.sum() > 0:
            raise DatasetError(
                f"The weights are {dict(weights)}; expected numbers of 0 or more, one above 0."
            )
    if hard:
        stack = np.eye(stack.shape[2])[stack.argmax(2)]
    found = np.tensordot(shares / shares.sum(), stack, 1)
    return pd.DataFrame(found, first.index, first.columns)


def choose_weights(answers: Mapping[str, pd.DataFrame], labels: pd.Series) -> dict[str, float]:
    """The weights of a soft vote with the lowest log loss on these images.

    Found by expectation–maximisation (Dempster and others, 1977): a weight is the mean share that
    its model has in the probability of the right class. The loss is convex in the weights, so this
    is the best there is *on these images*; use other ones than the models were trained on.

    Parameters
    ----------
    answers
        As for `vote`.
    labels : Series by image_id
        Images without a label are passed over.

    Returns
    -------
    dict
        A weight per model, 0 to 1, their sum 1.
    """
    stack, first = _stack(answers), next(iter(answers.values()))
    labels = labels.reindex(first.index)
    at = first.columns.get_indexer(labels)
    rows = np.flatnonzero(at >= 0)
    if not len(rows):
        raise DatasetError(
            f"None of {count(labels, 'image')} has a label among the classes {some(first.columns)};"
            " weights are chosen on labelled images."
        )
    right = np.maximum(stack[:, rows, at[rows]], 1e-30)
    weights = np.full(len(right), 1 / len(right))
    for _ in range(2_000):
        shares = weights[:, None] * right
        new = (shares / shares.sum(0)).mean(1)
        moved, weights = np.abs(new - weights).max(), new
        if moved < 1e-7:
            break
    return dict(zip(answers, weights.tolist(), strict=True))


def disagreement(answers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The share of images that two models answer differently: a square table, 0 to 1."""
    said = _stack(answers).argmax(2)
    share = (said[:, None] != said[None]).mean(2)
    return pd.DataFrame(share, [*answers], [*answers])


def score_pairs(answers: Mapping[str, pd.DataFrame], labels: pd.Series) -> pd.DataFrame:
    """How unlike each two models are, and what they gain by answering together.

    Parameters
    ----------
    answers
        As for `vote`.
    labels : Series by image_id

    Returns
    -------
    DataFrame
        A row per pair: first, second, disagreement (share of images answered differently), errors
        (correlation of being wrong; missing where one is always right or always wrong), gain (mean
        log loss of the two alone, less that of their vote).
    """
    rows, unlike = [], disagreement(answers)
    alone = {name: losses(table, labels) for name, table in answers.items()}
    known = next(iter(alone.values())).index
    wrong = {name: _wrong(table.loc[known], labels) for name, table in answers.items()}
    for first, second in combinations(answers, 2):
        together = losses(vote({name: answers[name] for name in (first, second)}), labels)
        gain = (alone[first].mean() + alone[second].mean()) / 2 - together.mean()
        with np.errstate(divide="ignore", invalid="ignore"):
            errors = np.corrcoef(wrong[first], wrong[second])[0, 1]
        rows.append((first, second, unlike.loc[first, second], errors, gain))
    return pd.DataFrame(rows, columns=["first", "second", "disagreement", "errors", "gain"])


def _wrong(answers: pd.DataFrame, labels: pd.Series) -> np.ndarray:
    return (answers.idxmax(axis=1) != labels[answers.index]).to_numpy(float)


def losses(answers: pd.DataFrame, labels: pd.Series) -> pd.Series:
    """Minus the logarithm of the probability of each image's label, by image_id.

    Images without a label among the classes are passed over.
    """
    labels = labels.reindex(answers.index)
    at = answers.columns.get_indexer(labels)
    known = np.flatnonzero(at >= 0)
    found = label_losses(answers.to_numpy()[known], at[known])
    return pd.Series(found, answers.index[known], name="loss")


def _stack(answers: Mapping[str, pd.DataFrame]) -> np.ndarray:
    """Probabilities, model × image × class, in the order of the first model."""
    if not answers:
        raise DatasetError("No model was given; an ensemble needs one or more.")
    name, first = next(iter(answers.items()))
    for other, table in answers.items():
        if (unlike := table.columns.symmetric_difference(first.columns)).size:
            raise DatasetError(
                f"{name!r} and {other!r} do not know the same classes ({some(unlike)}), so their "
                "probabilities cannot be averaged; train both on the same ones."
            )
        if (unlike := table.index.symmetric_difference(first.index)).size:
            raise DatasetError(
                f"{name!r} and {other!r} do not answer the same images ({some(unlike)}); predict "
                "the same ones with both."
            )
    return np.stack(
        [table.loc[first.index, first.columns].to_numpy(float) for table in answers.values()]
    )
