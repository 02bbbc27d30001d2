"""Whether a column of the table can say which images stay together, and leave two sides."""

from __future__ import annotations

import pandas as pd

_MOST = 0.9  # of the images in one group: what is left is no share to validate on


def can_divide(images: pd.DataFrame, column: str) -> bool:
    """Whether keeping equal values of `column` together leaves something to divide."""
    return not why_not_dividing(images, column)


def why_not_dividing(images: pd.DataFrame, column: str) -> str:
    """Why no useful split keeps equal values of `column` together, or "" where one can.

    That is so where one value has more than 90 % of the images, or where every class lies within
    one value, so that no class could be both learned and validated. Images without a value are
    groups of their own. Test images, and where there are labels those without one, do not count.

    Parameters
    ----------
    images : DataFrame
        As ``dataset.images``: label, split and `column`.

    Returns
    -------
    str
        Part of a sentence: "all 20 images have the value 'Canon'".
    """
    rows = images[images["split"].ne("test").fillna(True).to_numpy(bool)]
    labels = rows["label"].dropna()
    if len(labels):
        rows = rows.loc[labels.index]
    if len(rows) < 2 or (len(labels) and not labels.duplicated().any()):
        return ""  # nothing can be divided, whatever the column
    sizes = rows[column].value_counts()
    largest = sizes.iloc[0] if len(sizes) else 0
    if largest == len(rows):
        return f"all {largest:,} images have the value {str(sizes.index[0])!r}"
    if largest > _MOST * len(rows):
        return f"{largest:,} of {len(rows):,} images have the value {str(sizes.index[0])!r}"
    known = rows[column].astype("str").where(rows[column].notna(), rows.index.to_series())
    if len(labels) and (known.groupby(labels).nunique() < 2).all():
        return "every class has one value only, so that it cannot be on two sides"
    return ""
