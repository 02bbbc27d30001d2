"""Refuse in one sentence what is not the table that a step of the audit needs."""

import pandas as pd

from helpers.datasets import DatasetError


def require_scan(scanned, asking: str) -> pd.DataFrame:
    """`scanned`, if it is what `scan` returned; else raises DatasetError on behalf of `asking`."""
    if isinstance(scanned, pd.DataFrame) and {"readable", "sha256", "thumbnail"} <= {*scanned}:
        return scanned
    raise DatasetError(
        f"{asking} got {_described(scanned)} where it needs the table that scan returns: "
        "scanned = scan(dataset) makes it."
    )


def require_features(features, asking: str) -> pd.DataFrame:
    """The numeric columns of `features`; raises DatasetError on behalf of `asking` without any."""
    if isinstance(features, pd.DataFrame):
        numbers = features.select_dtypes("number")
        if numbers.shape[1] and features.index.is_unique:
            return numbers
    raise DatasetError(
        f"{asking} got {_described(features)} where it needs a table of numbers with one row per "
        "image, by image_id, as from describe(dataset) or embed(dataset)."
    )


def _described(thing) -> str:
    if isinstance(thing, pd.DataFrame):
        return f"a table of {len(thing):,} rows with columns {[*thing.columns[:4]]}…"
    name = getattr(thing, "name", None)
    return f"a {type(thing).__name__}" + (f" {name!r}" if isinstance(name, str) else "")
