"""What notebook 05 says of the bundled leaves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from helpers.course.claims import Claim
from helpers.course.studies import read_study


def claims(
    dataset,
    *,
    before: pd.DataFrame,
    curves: pd.DataFrame,
    guessing: float,
    rate: float,
    few: pd.DataFrame,
    easy: pd.DataFrame,
    by_heart: float,
    over_lazy: float,
) -> Iterator[Claim]:
    """The claims, in the order of the notebook.

    Parameters
    ----------
    before : predictions of the untrained network on validation
    curves, few, easy : tables of `helpers.training.train`: on all images, on ten of each class, and
        on the digits
    guessing : loss of guessing by the classes' shares
    rate : learning rate of `curves`
    by_heart : accuracy of the network trained on few images, on these images
    over_lazy : by how much the network leads over the commonest class, on the same images
    """
    first, (last, few_last, easy_last) = curves.iloc[0], (t.iloc[-1] for t in (curves, few, easy))
    even = np.log(dataset.images["label"].nunique())
    yield Claim(
        "loss of the untrained network over that of even guessing",
        before["loss"].mean() / even,
        low=0.99,
        high=1.02,
    )
    fall = last["valid_loss"] / guessing
    yield Claim("validation loss after training over that of guessing", fall, high=0.9)
    gap = first["valid_loss"] - first["train_loss"]
    yield Claim("validation less training loss in the first epoch", gap, high=0.3)
    yield Claim("the same in the last epoch", last["valid_loss"] - last["train_loss"], low=0.8)
    study = read_study("learning_rates")
    same = study[(study["rate"] == rate) & (study["epoch"] == len(curves) - 1)]
    distance = abs(last["valid_loss"] - same["valid_loss"].mean())
    yield Claim("distance of our validation loss from the study's", distance, high=0.15)
    share = few_last["train_loss"] / guessing
    yield Claim("few images: training loss over that of guessing", share, high=0.1)
    lag = few_last["valid_loss"] - few_last["train_loss"]
    yield Claim("few images: validation less training loss", lag, low=1.5)
    share = easy_last["valid_loss"] / np.log(10)
    yield Claim("digits: validation loss over that of guessing", share, high=0.1)
    lag = easy_last["valid_loss"] - easy_last["train_loss"]
    yield Claim("digits: validation less training loss", lag, high=0.15)
    yield Claim("lead of the network over the commonest class", over_lazy, low=0.1)
    flattery = by_heart - few_last["accuracy"]
    yield Claim("few images: accuracy on them less that on others", flattery, low=0.6)
