"""Choosing by a validation score, and how much of the best score was luck.

Notebook 08 searches with Optuna itself; what it minimises is `comparing.validation_loss`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from helpers.balance import image_weights
from helpers.training import train_head

STRENGTHS, TRIES = (1e-4, 10.0), (1, 2, 5, 10, 20, 50, 100)


def make_settings(number: int, seed: int = 0) -> list[dict]:
    """Settings for heads, drawn at random: what a search without a plan tries.

    Returns
    -------
    list of dict
        C (log-uniform in `STRENGTHS`), stages (which of the five stages' features the head sees),
        power (of the class weights, 0 to 1).
    """
    rng, low, high = np.random.default_rng([seed, 5]), *np.log(STRENGTHS)
    found = []
    for _ in range(number):
        stages = np.flatnonzero(rng.random(5) < 0.6) + 1
        stages = stages if len(stages) else np.array([5])
        strength = float(np.exp(rng.uniform(low, high)))
        found.append({"C": strength, "stages": [*map(int, stages)], "power": float(rng.random())})
    return found


def train_setting(
    features: pd.DataFrame, labels: pd.Series, C: float = 0.01,
    stages: Iterable[int] = (1, 2, 3, 4, 5), power: float = 0.0,
):  # fmt: skip
    """A head (`train_head`) under one setting of `make_settings`."""
    known = [column for column in features if int(column.split()[0][5:]) in {*stages}]
    return train_head(features[known], labels, C, image_weights(labels, power=power))


def score_settings(
    settings: Iterable[dict], features: pd.DataFrame, labels: pd.Series, scored: pd.DataFrame,
    truth: pd.Series,
) -> pd.DataFrame:  # fmt: skip
    """Train a head under each setting and say which answers are right.

    Parameters
    ----------
    settings : list of dict, as from `make_settings`
    features, labels : by image_id, to train on
    scored, truth : features and labels by image_id of other images

    Returns
    -------
    DataFrame of bool
        A row per image of `truth`, a column per setting.
    """
    heads = [train_setting(features, labels, **setting) for setting in settings]
    answers = {n: head.predict(scored.loc[truth.index]) == truth for n, head in enumerate(heads)}
    return pd.DataFrame(answers, truth.index)


def chosen_by_luck(
    right: pd.DataFrame, groups: pd.Series, tries: Sequence[int] = TRIES,
    images: int | None = None, repeats: int = 200, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """What the best of several settings scores on the images it was chosen by, and on others.

    Again and again the images are divided by group in two, and some of the settings drawn. The best
    of these on the first part is scored on the second, which the choice has not seen: what it
    scores less there is the optimism of the choice, the *winner's curse*.

    Parameters
    ----------
    right : DataFrame of bool, images × settings, from `score_settings`
    groups : Series by image_id
        Which images stay together.
    tries : list of int
        How many settings are tried; numbers above those there are, are left out.
    images : int, optional
        About how many to choose by; half of them by default.
    repeats : int
        How often it is done for each number.

    Returns
    -------
    DataFrame
        A row per number: tries, chosen (score of the best on the images it was chosen by), others
        (of the same one on the others), best (the highest score on the others of any that was
        tried), gap (chosen less others). Means over the repeats, 0 to 1.

    Raises
    ------
    ValueError
        All images are of one group: there are no others to score on.
    """
    values = right.to_numpy(float)
    codes = pd.factorize(groups.reindex(right.index))[0]
    sizes = np.bincount(codes)
    if len(sizes) < 2:
        raise ValueError(
            f"All {len(right):,} images belong to one group, so none is left to score the chosen "
            "setting on; expected two groups or more."
        )
    rng, most, rows = np.random.default_rng(seed), right.shape[1], []
    for number in (one for one in tries if one <= most):
        found = []
        for _ in range(repeats):
            first = _part(rng, codes, sizes, images or len(right) / 2)
            drawn = rng.choice(most, number, replace=False)
            seen, others = values[first][:, drawn].mean(0), values[~first][:, drawn].mean(0)
            best = int(seen.argmax())  # drawn in random order, so of equals any
            found.append((seen[best], others[best], others.max()))
        rows.append((number, *np.mean(found, axis=0)))
    table = pd.DataFrame(rows, columns=["tries", "chosen", "others", "best"])
    return table.assign(gap=table["chosen"] - table["others"])


def best_so_far(scores: Sequence[float]) -> np.ndarray:
    """The highest score up to each try."""
    return np.maximum.accumulate(np.asarray(scores, float))


def expected_best(tries: int, images: int, accuracy: float) -> float:
    """Expected highest score of so many settings that are all equally accurate, each scored on
    images of its own: of binomials, exactly."""
    counts = np.arange(images + 1)
    below = stats.binom.cdf(counts, images, accuracy) ** tries
    return float((counts * np.diff(below, prepend=0)).sum() / images)


def _part(rng, codes: np.ndarray, sizes: np.ndarray, images: float) -> np.ndarray:
    """True for the images of groups that are drawn until there are about so many; at least one
    group is drawn, and one is left."""
    order = rng.permutation(len(sizes))
    before = np.cumsum(sizes[order]) - sizes[order]
    taken = np.clip((before + sizes[order] / 2 <= images).sum(), 1, len(sizes) - 1)
    return np.isin(codes, order[:taken])
