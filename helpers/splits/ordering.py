"""Splitting by date: the latest groups are what is tested and validated on."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import count, some

# Day and month can be told apart only in these: ISO 8601, and dates as cameras write them.
_DATE = r"\d{4}[-:/]\d{1,2}[-:/]\d{1,2}(?:[T ].*)?"


def read_order(dataset: Dataset, order: pd.Series | str, index: pd.Index) -> pd.Series:
    """A number by image_id that grows with date (or frame, or year), missing where not told.

    Raises
    ------
    DatasetError
        No such column, no value for any image, or text that is neither a number nor a date that can
        be read in one way only.
    """
    if isinstance(order, str):
        if order not in dataset.images:
            there = some(dataset.metadata, 12) or "none"
            raise DatasetError(
                f"{dataset.name!r} has no metadata column {order!r} to order by; it has: {there}."
            )
        name, values = order, dataset.images[order]
    else:
        name, values = order.name or "order", order
    values = values.reindex(index)
    known = values.dropna()
    if known.empty:
        raise DatasetError(f"{name!r} has no date for any image that is to be divided.")
    numbers = _as_numbers(known, name)
    if unknown := len(values) - len(known):
        warnings.warn(
            f"{unknown:,} images have no {name!r}; their groups count as the earliest, if no other "
            "image of the group has one.",
            stacklevel=3,
        )
    return numbers.reindex(index)


def _as_numbers(values: pd.Series, name: str) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values):
        return _seconds(pd.to_datetime(values, utc=True))
    numbers = pd.to_numeric(values.astype(object), errors="coerce").astype(float)
    if numbers.notna().all():
        return numbers
    text = values.astype("str").str.strip()
    fits = text.str.fullmatch(_DATE)
    dates = text.str.replace(r"^(\d{4})[:/](\d{1,2})[:/]", r"\1-\2-", regex=True)
    dates = pd.to_datetime(dates.where(fits), errors="coerce", utc=True, format="ISO8601")
    if dates.isna().any():
        odd = text[dates.isna().to_numpy()]
        raise DatasetError(
            f"{count(odd, 'value')} of {name!r} cannot be read as a date in one way only, such as "
            f"{odd.iloc[0]!r}; expected numbers, or dates like 2024-05-31 or 2024-05-31 14:30:00."
        )
    return _seconds(dates)


def _seconds(dates: pd.Series) -> pd.Series:
    return (dates - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)


def place_by_order(
    latest: np.ndarray, sizes: np.ndarray, wanted: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The side of each group, the latest being test (2) and then valid (1), the others train (0).

    Parameters
    ----------
    latest : float array (groups), the date of the latest image of each; missing counts as earliest
    sizes : int array (groups), images
    wanted : float array (sides), how many images each side still wants
    rng : decides between equal dates

    Returns
    -------
    int array (groups); each cut is where its side comes nearest to what it wants
    """
    dates = np.where(np.isnan(latest), -np.inf, latest)
    waiting = np.lexsort((rng.permutation(len(dates)), -dates))
    placed = np.zeros(len(dates), int)
    for side in range(len(wanted) - 1, 0, -1):
        images = np.r_[0, np.cumsum(sizes[waiting])]
        cut = int(np.abs(images - wanted[side]).argmin())
        if wanted[side] > 0:  # one group at least, and one left for each side to come
            cut = max(min(max(cut, 1), len(waiting) - side), 0)
        placed[waiting[:cut]] = side
        waiting = waiting[cut:]
    return placed
