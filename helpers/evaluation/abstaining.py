"""Leaving the doubtful images to a person: how wrong the rest is, by how much is answered."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.datasets import DatasetError
from helpers.evaluation.calibration import labelled


def risk_coverage(predictions: pd.DataFrame) -> pd.DataFrame:
    """Share of wrong answers among the surest images, for every number of these.

    Images of the same confidence are answered together, or not at all (El-Yaniv and Wiener, 2010;
    Geifman and El-Yaniv, 2017).

    Returns
    -------
    DataFrame, confidence falling
        confidence (all images at least this sure are answered), coverage (their share), risk
        (share of wrong answers among them), 0 to 1.
    """
    found = labelled(predictions)
    sure, wrong = found.chances.max(1), found.chances.argmax(1) != found.truth
    order = np.argsort(-sure, kind="stable")
    ranked, errors = sure[order], np.cumsum(wrong[order])
    last = np.append(np.nonzero(np.diff(ranked))[0], len(ranked) - 1)
    answered = last + 1
    return pd.DataFrame(
        {
            "confidence": ranked[last],
            "coverage": answered / len(ranked),
            "risk": errors[last] / answered,
        }
    )


def confidence_for(risk: float, curve: pd.DataFrame) -> float:
    """The least confidence from which on no more than a share `risk` of answers is wrong.

    Parameters
    ----------
    risk : float, 0 to 1
    curve : DataFrame from `risk_coverage`, of validation images

    Returns
    -------
    float
        Infinite where even the surest images are wrong more often, so that none can be answered.
    """
    if not 0 <= risk <= 1:
        raise DatasetError(f"The risk is {risk}; expected a share of wrong answers, 0 to 1.")
    enough = curve.loc[curve["risk"] <= risk, "confidence"]
    return float(enough.min()) if len(enough) else float("inf")


def risk_at(predictions: pd.DataFrame, confidence: float) -> tuple[float, float]:
    """Share of images at least so sure, and share of wrong answers among them (0 of none)."""
    found = labelled(predictions)
    sure, wrong = found.chances.max(1), found.chances.argmax(1) != found.truth
    told = sure >= confidence
    return float(told.mean()), float(wrong[told].mean()) if told.any() else 0.0
