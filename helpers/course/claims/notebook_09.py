"""What notebook 09 says of the bundled leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from helpers.course.claims import Claim
from helpers.ensembles import disagreement


def claims(
    dataset, *, answers: Mapping[str, pd.DataFrame], loss: Mapping[str, pd.Series], with_noise
) -> Iterator[Claim]:
    """The claims, in the order of the notebook.

    Parameters
    ----------
    answers : name → probabilities of validation images
    loss : name → losses of the same images
    with_noise : Difference
        Log loss of a vote with shuffled answers, less that of network 1.
    """
    networks = {name: answers[name] for name in answers if name.startswith("network")}
    unlike = disagreement(networks)
    yield Claim("share on which two networks differ", unlike.iloc[0, 1], low=0.15)
    mean = sum(loss[name].mean() for name in networks) / len(networks)
    yield Claim("log loss that voting saves", mean - loss["vote of three"].mean(), low=0.05)
    yield Claim("log loss that shuffled answers cost", with_noise.difference, low=0)
    soup = loss["averaged weights"].mean() - mean
    yield Claim("averaged weights less the mean network in log loss", soup, high=0)
