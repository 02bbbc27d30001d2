"""Weights, samplers and offsets that let a rare class count for more."""

from __future__ import annotations

import numpy as np
import pandas as pd


def class_weights(labels: pd.Series, power: float = 1.0) -> pd.Series:
    """A weight for each class that falls with its number of images: ``n ** -power``.

    With power 1 every class weighs the same in all ("balanced" in scikit-learn), with 0 every
    image does.

    Parameters
    ----------
    labels : Series of str; missing ones are passed over
    power : float

    Returns
    -------
    Series of float by class, sorted; the mean over images is 1.

    Raises
    ------
    ValueError
        There is no label.
    """
    counts = labels.dropna().value_counts().sort_index()
    if counts.empty:
        raise ValueError("class_weights got no labels; expected at least one.")
    weights = counts.astype(float) ** -power
    return (weights * counts.sum() / (weights * counts).sum()).rename("weight")


def image_weights(
    labels: pd.Series, groups: pd.Series | None = None, power: float = 1.0
) -> pd.Series:
    """A weight for each image, to sample it by or to multiply its loss with.

    Parameters
    ----------
    labels : Series by image_id; images without a label get none
    groups : Series by image_id, optional
        Values of a metadata column: then each class *on each value* weighs the same (group
        balancing, Sagawa et al., 2020), so that a maple on stone counts for as much as all the
        maples on grass.
    power : float
        As for `class_weights`.

    Returns
    -------
    Series of float by image_id, of mean 1.
    """
    labels = labels.dropna()
    cells = labels.astype("str")
    if groups is not None:
        cells = cells + "\0" + groups.reindex(labels.index).astype("str").fillna("")
    return cells.map(class_weights(cells, power)).astype(float).rename("weight")


def oversample(labels: pd.Series, seed: int = 0) -> np.ndarray:
    """Image ids, each class as often as the commonest, those of rarer ones drawn with replacement.

    Parameters
    ----------
    labels : Series by image_id; missing ones are passed over
    """
    labels, rng = labels.dropna(), np.random.default_rng(seed)
    most = labels.value_counts().max()
    drawn = [
        own.index.to_numpy() if len(own) == most else rng.choice(own.index.to_numpy(), most)
        for _, own in labels.groupby(labels)
    ]
    return np.concatenate(drawn)


def adjust_logits(
    probabilities: pd.DataFrame,
    labels: pd.Series,
    tau: float = 1.0,
    target: pd.Series | None = None,
) -> pd.DataFrame:
    """Take back what a model learned about how common the classes are (Menon et al., 2021).

    Probabilities are divided by the training shares to the power `tau`, and sum to 1 again: with
    tau 1, what the model would say if classes were equally common.

    Parameters
    ----------
    probabilities : DataFrame by image_id, one column per class, 0 to 1
    labels : Series of str
        The labels trained on, for their shares.
    tau : float
        0 changes nothing; above 1 overshoots.
    target : Series of float by class, optional
        Shares that the classes have where the model is used, instead of equal ones.

    Raises
    ------
    ValueError
        A class of the probabilities has no label, so that its share is not known.
    """
    counts = labels.dropna().value_counts().reindex(probabilities.columns)
    if unknown := [*counts.index[counts.isna()]]:
        raise ValueError(f"{unknown} have probabilities but no label to take their share from.")
    # What all classes have in common, such as the number of images, cancels out.
    logits = np.log(probabilities.clip(1e-12)) - tau * np.log(counts)
    if target is not None:
        logits += np.log(target.reindex(counts.index).to_numpy(float))
    raised = np.exp(logits.sub(logits.max(axis=1), axis=0))
    return raised.div(raised.sum(axis=1), axis=0)
