"""What notebook 10 claims about the model that it opens the test set for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from helpers.course.claims import Claim

NATURAL = "as common as in life"


def claims(
    dataset,
    *,
    promised: pd.DataFrame,
    score: pd.DataFrame,
    drawn: Mapping[str, pd.DataFrame],
    compared: Mapping[str, pd.DataFrame],
    predictions: pd.DataFrame,
    shifts: Mapping,
) -> Iterator[Claim]:
    """The statements of the prose, each with bounds that follow its values on five seeds.

    Parameters
    ----------
    promised, score : metrics on validation and test images, from `bootstrap_metrics`
    drawn : the latter again, groups drawn and photos drawn
    compared : model and dummy on the rarest class, by set of images, from `compare_metrics`
    predictions : of the test images
    shifts : name → Shift
    """
    gap = promised.loc["accuracy", "value"] - score.loc["accuracy", "value"]
    yield Claim("accuracy on validation above that on the test", gap, low=0.15)
    lead = compared[NATURAL].loc["accuracy", "difference"]
    yield Claim("lead over a dummy in accuracy, as common as in life", lead, -0.02, 0.02)
    width = {name: table["high"] - table["low"] for name, table in drawn.items()}
    ratio = width["groups drawn"]["accuracy"] / width["photos drawn"]["accuracy"]
    yield Claim("width of the interval by specimen to that by photo", ratio, low=1.2)
    images = dataset.images.loc[predictions.index]
    right = predictions["prediction"] == predictions["label"]
    for name, ground in (("norway maple", "stone"), ("sycamore", "grass")):
        own = (images["label"] == name) & (images["background"] == ground)
        yield Claim(f"recall of {name} on {ground}", right[own].mean(), high=0.35)
    noticed = shifts["unseen site and camera"].auc
    yield Claim("area under the curve, unseen site against known ones", noticed, low=0.65)
    yield Claim(
        "area under the curve, test at known sites against validation",
        shifts["known sites"].auc,
        high=0.62,
    )
