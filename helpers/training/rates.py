"""Which learning rates were too low, good, or too high, read off repeated trainings."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from helpers.datasets import Dataset, DatasetError

LUCK = 0.1
"""How far apart the losses of one good rate lay on three seeds (studies/learning_rates.csv); where
there is one training per rate, less than this tells nothing."""


def guessing_loss(dataset: Dataset) -> float:
    """Validation loss of who knows nothing but how common each class is among training images.

    The probability of each class is its share of the training images, one image more added to each
    class (Laplace, 1814). An untrained network that gives all classes the same is a little worse
    off, by the logarithm of their number.

    Parameters
    ----------
    dataset : Dataset
        With labels, and with splits "train" and "valid".
    """
    labels = [dataset.part(part).images["label"].dropna() for part in ("train", "valid")]
    classes = sorted(set(labels[0]) | set(labels[1]))
    counts = labels[0].value_counts().reindex(classes, fill_value=0) + 1
    return float(-np.log((counts / counts.sum())[labels[1]]).mean())


def compare_rates(dls, rates: Iterable[float] = (1e-5, 1e-3, 3e-2), epochs: int = 2):
    """Train the bundled architecture from random weights once per learning rate.

    Parameters
    ----------
    dls : DataLoaders from `build_dataloaders`
    rates : list of float
    epochs : int

    Returns
    -------
    DataFrame
        As ``studies/learning_rates.csv``: a row per epoch of each training, with rate and seed; its
        values missing where the loss became no number.
    """
    from helpers.training import TrainingError, build_learner, train

    found = []
    for rate in rates:
        try:
            curves = train(build_learner(dls, pretrained=False), epochs, lr=rate, progress=False)
        except TrainingError:
            curves = pd.DataFrame({"epoch": range(epochs)})
        found.append(curves.assign(rate=rate, seed=0))
    columns = ["rate", "seed", "epoch", "train_loss", "valid_loss", "accuracy"]
    return pd.concat(found, ignore_index=True).reindex(columns=columns)


def find_rate(learner, low: float = 1e-5, high: float = 1.0, steps: int = 30) -> pd.DataFrame:
    """fastai's ``learner.lr_find`` (Smith, 2017) as a table: rate, and loss of the batch, smoothed.

    It suggests no rate: the reader takes one off `helpers.plots.rate_finder`. The learner comes out
    as it went in. The test stops early where the loss explodes.
    """
    with learner.no_bar():
        learner.lr_find(low, high, num_it=steps, show_plot=False, suggest_funcs=None)
    return pd.DataFrame({"rate": learner.recorder.lrs, "loss": learner.recorder.losses})


def judge_rates(rates: pd.DataFrame, guessing: float | None = None) -> pd.DataFrame:
    """Compare learning rates by the validation loss of the last epoch.

    A rate is good where one of its trainings at least ended as low as one of the best rate's: what
    lies between the two may then be luck. Where each rate was trained once, differences below
    `LUCK` count as luck. A training that diverged counts as infinite loss.

    Parameters
    ----------
    rates : DataFrame
        A row per epoch of each training: rate, seed, epoch, valid_loss, accuracy; as in
        ``studies/learning_rates.csv``.
    guessing : float, optional
        The loss of guessing. A rate none of whose trainings ended below it by `LUCK` taught the
        network nothing that holds, and is not called good.

    Returns
    -------
    DataFrame by rate
        loss (mean over the seeds), low, high, accuracy (mean), and verdict: "too low", "good" or
        "too high"; "learned nothing" for all of them where no rate taught anything, since it cannot
        be told then which side they are on.

    Raises
    ------
    DatasetError
        There is no training in the table.
    """
    if rates.empty:
        raise DatasetError("The table has no training; expected a row per epoch of at least one.")
    last = rates[rates["epoch"] == rates["epoch"].max()].fillna({"valid_loss": float("inf")})
    by_rate = last.groupby("rate")
    found = by_rate["valid_loss"].agg(["mean", "min", "max"])
    found.columns = ["loss", "low", "high"]
    found["accuracy"] = by_rate["accuracy"].mean()
    learned = found["low"] < (np.inf if guessing is None else guessing - LUCK)
    best = found["loss"].where(learned | ~learned.any()).idxmin()
    margin = LUCK if by_rate.size().max() == 1 else 0.0
    good = found["low"] <= found["high"][best] + margin
    found["verdict"] = "good"
    found.loc[~(good & learned) & (found.index < best), "verdict"] = "too low"
    found.loc[~(good & learned) & (found.index > best), "verdict"] = "too high"
    if not learned.any():
        found["verdict"] = "learned nothing"
    return found
