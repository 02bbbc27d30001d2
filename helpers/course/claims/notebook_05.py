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
    rate: float,
    over_lazy: float,
    after: pd.DataFrame,
) -> Iterator[Claim]:
    """The claims, in the order of the notebook.

    Parameters
    ----------
    before : predictions of the untrained network on validation
    curves : table of `helpers.training.train`
    rate : its learning rate
    over_lazy : by how much the network leads over the commonest class, on the same images
    after : predictions of the trained network on validation
    """
    untrained, last = before["loss"].mean(), curves.iloc[-1]
    even = np.log(dataset.images["label"].nunique())
    yield Claim("untrained loss over that of even guessing", untrained / even, low=0.99, high=1.02)
    fall = 1 - last["valid_loss"] / untrained
    yield Claim("share by which training lowered the validation loss", fall, low=0.15)
    yield Claim("validation less training loss", last["valid_loss"] - last["train_loss"], low=0.8)
    study = read_study("learning_rates")
    same = study[(study["rate"] == rate) & (study["epoch"] == len(curves) - 1)]
    distance = abs(last["valid_loss"] - same["valid_loss"].mean())
    yield Claim("distance of our validation loss from the study's", distance, high=0.15)
    yield Claim("lead of the network over the commonest class", over_lazy, low=0.1)
    pair = ["norway maple", "sycamore"]
    called = after.loc[~after["label"].isin(pair), "prediction"]
    ground = dataset.images["background"].reindex(called.index)
    for name, own in zip(pair, ["grass", "stone"], strict=True):
        lead = (called[ground == own] == name).mean() - (called[ground != own] == name).mean()
        yield Claim(f"share of other species called {name}, on {own} less elsewhere", lead, low=0.1)
