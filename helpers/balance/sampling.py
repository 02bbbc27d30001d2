"""Images of rare classes drawn more often; `weighting` lets them count for more instead."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.balance import weighting


def oversample(labels: pd.Series, seed: int = 0) -> np.ndarray:
    """Image ids, each class as often as the commonest, those of rarer ones drawn with replacement.

    Parameters
    ----------
    labels : Series by image_id; missing ones are passed over
    seed : int

    Raises
    ------
    ValueError
        There is no label.
    """
    if labels.notna().sum() == 0:
        raise ValueError("oversample got no labels; expected at least one.")
    return weighting.oversample(labels, seed)
