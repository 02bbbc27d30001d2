"""Which images to label next: uncertain ones, different ones, or any."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
import pandas as pd

from helpers.datasets import DatasetError
from helpers.training import train_head

RANDOM, UNCERTAIN, DIVERSE, BOTH = "random", "uncertain", "diverse", "uncertain, then diverse"
STRATEGIES = (RANDOM, UNCERTAIN, DIVERSE, BOTH)
WIDER = 5
"""Of how many times as many uncertain images the different ones are taken."""


def margins(chances: pd.DataFrame) -> pd.Series:
    """By how much the most probable class leads the second, 0 to 1, by image_id.

    The smaller, the less certain (Scheffer and others, 2001, "Active hidden Markov models").
    """
    values = np.sort(chances.to_numpy(float), axis=1)
    if values.shape[1] < 2:
        raise DatasetError("Probabilities of one class leave nothing uncertain; expected two.")
    return pd.Series(values[:, -1] - values[:, -2], chances.index, name="margin")


def choose_random(images: pd.Index, number: int, seed: int = 0) -> list[str]:
    """`number` of the images, drawn without replacement; all where there are fewer."""
    rng = np.random.default_rng(seed)
    return list(rng.choice(images.to_numpy(object), min(number, len(images)), replace=False))


def choose_uncertain(chances: pd.DataFrame, number: int) -> list[str]:
    """The images with the smallest margins, the least certain first; the order settles ties."""
    return list(margins(chances).sort_values(kind="stable").index[:number])


def choose_diverse(
    features: pd.DataFrame, number: int, labelled: pd.DataFrame | None = None
) -> list[str]:
    """Images far from all that are labelled and from each other: greedy k-centre.

    Each is the one whose nearest labelled or chosen neighbour is farthest away (Gonzalez, 1985;
    Sener and Savarese, 2018, "Active learning for convolutional neural networks: a core-set
    approach"). Distances are Euclidean, between standardised features.

    Parameters
    ----------
    features : DataFrame by image_id, of the images to choose from
    labelled : DataFrame by image_id, optional
        The same features of the images that have labels. Without any, the first choice is the
        image nearest to the mean.

    Returns
    -------
    list of image_id, in the order of choice
    """
    raw = features.to_numpy(np.float32)
    mean, scale = raw.mean(0), raw.std(0)
    scale[scale < 1e-8] = 1.0
    x = (raw - mean) / scale
    if labelled is None or not len(labelled):
        near, chosen = np.full(len(x), np.inf, np.float32), []
        following = int((x**2).sum(1).argmin()) if len(x) else 0
    else:
        centres = (labelled[features.columns].to_numpy(np.float32) - mean) / scale
        near = np.full(len(x), np.inf, np.float32)
        for centre in centres:
            np.minimum(near, ((x - centre) ** 2).sum(1), out=near)
        chosen, following = [], int(near.argmax()) if len(x) else 0
    while len(chosen) < min(number, len(x)):
        chosen.append(following)
        np.minimum(near, ((x - x[following]) ** 2).sum(1), out=near)
        near[following] = -1.0
        following = int(near.argmax())
    return list(features.index[chosen])


def choose(
    strategy: str,
    number: int,
    features: pd.DataFrame,
    chances: pd.DataFrame,
    labelled: pd.DataFrame,
    seed: int = 0,
) -> list[str]:
    """The next `number` images by a strategy of that name.

    Parameters
    ----------
    strategy : one of `STRATEGIES`
        The last takes the least certain `WIDER` × `number` images, and of these different ones.
    features, chances : DataFrame by image_id
        Of the images to choose from: features, and what the model of now says about them.
    labelled : DataFrame by image_id
        Features of the images that have labels.
    """
    if strategy == RANDOM:
        return choose_random(features.index, number, seed)
    if strategy == UNCERTAIN:
        return choose_uncertain(chances, number)
    if strategy == DIVERSE:
        return choose_diverse(features, number, labelled)
    if strategy == BOTH:
        wider = choose_uncertain(chances, WIDER * number)
        return choose_diverse(features.loc[wider], number, labelled)
    known = ", ".join(map(repr, STRATEGIES))
    raise DatasetError(f"There is no strategy {strategy!r}; expected one of {known}.")


def label_in_rounds(
    strategy: str,
    features: pd.DataFrame,
    labels: pd.Series,
    asked: pd.DataFrame,
    truth: pd.Series,
    rounds: int = 7,
    batch: int = 50,
    seed: int = 0,
    groups: pd.Series | None = None,
    facts: Mapping[str, pd.Series] | None = None,
) -> pd.DataFrame:
    """Label a pool batch by batch, and score a head on other images after each.

    The first batch is random and, with one seed, the same for every strategy.

    Parameters
    ----------
    features : DataFrame by image_id, of the pool
    labels : Series by image_id
        What an annotator would say; a missing one was looked at in vain (no leaf, a copy), and
        counts as looked at.
    asked, truth : features and labels of the images to score on
    groups : Series by image_id, optional
        Which images of the pool show one thing.
    facts : name → Series of bool by image_id, optional
        Properties of images of the pool to count among the chosen.

    Returns
    -------
    DataFrame, a row per round
        strategy, seed, images (looked at so far), labelled (of these), accuracy and log_loss on
        the other images, seconds (to choose all of them), groups (different ones among the
        labelled), and a count per fact.
    """
    known = choose_random(features.index, batch, seed)
    rows, seconds = [], 0.0
    for step in range(rounds + 1):
        own = labels.reindex(known).dropna()
        head = train_head(features.loc[own.index], own)
        rows.append(
            {"strategy": strategy, "seed": seed, "images": len(known), "labelled": len(own)}
            | _score(head, asked, truth)
            | {"seconds": seconds}
            | ({} if groups is None else {"groups": groups.reindex(own.index).nunique()})
            | {name: int(fact.reindex(known).sum()) for name, fact in (facts or {}).items()}
        )
        left = features.drop(index=known)
        if step == rounds or left.empty:
            break
        started = time.perf_counter()
        chances = head.predict_proba(left)
        known += choose(strategy, batch, left, chances, features.loc[known], seed * 1000 + step)
        seconds += time.perf_counter() - started
    return pd.DataFrame(rows)


def _score(head, asked: pd.DataFrame, truth: pd.Series) -> dict[str, float]:
    """Accuracy and log loss; a class that was not labelled yet is taken as one in a thousand."""
    chances = head.predict_proba(asked).reindex(columns=sorted({*truth, *head.classes}))
    at = chances.columns.get_indexer(truth.reindex(asked.index))
    values = chances.fillna(0.0).to_numpy()
    said = np.maximum(values[np.arange(len(values)), at], 1e-3)
    return {
        "accuracy": float((values.argmax(1) == at).mean()),
        "log_loss": float(-np.log(said).mean()),
    }
