"""Which learning rates were too low, good, or too high, read off repeated trainings."""

from __future__ import annotations

import pandas as pd

from helpers.datasets import DatasetError


def judge_rates(rates: pd.DataFrame) -> pd.DataFrame:
    """Compare learning rates by the validation loss of the last epoch.

    A rate is good where one of its trainings at least ended as low as one of the best rate's: what
    lies between the two may then be luck. A training that diverged counts as infinite loss.

    Parameters
    ----------
    rates : DataFrame
        A row per epoch of each training: rate, seed, epoch, valid_loss, accuracy; as in
        ``studies/learning_rates.csv``.

    Returns
    -------
    DataFrame by rate
        loss (mean over the seeds), low, high, accuracy (mean), and verdict: "too low", "good" or
        "too high".

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
    best = found["loss"].idxmin()
    good = found["low"] <= found["high"][best]
    found["verdict"] = "good"
    found.loc[~good & (found.index < best), "verdict"] = "too low"
    found.loc[~good & (found.index > best), "verdict"] = "too high"
    return found
