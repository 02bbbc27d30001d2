"""Whether new images are unlike the old ones, without any label of theirs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.datasets import Dataset
from helpers.evaluation.answers import group_codes

FOLDS, FEWEST_GROUPS = 5, 10


class Shift(NamedTuple):
    """How well old and new images can be told apart.

    Attributes
    ----------
    auc : float
        How well a classifier that is asked about groups it has not seen ranks new images above old
        ones (area under the ROC curve): 0.5 if the two are alike, 1 if it always can.
    chance, highest : float
        Mean and largest area when whole groups have traded "old" and "new".
    p : float
        Share of such trades, this one included, with an area as large.
    shuffled : array
        The areas by chance.
    left_out : int
        New images of things that are among the old ones: they would be known by sight.
    """

    auc: float
    chance: float
    highest: float
    p: float
    shuffled: np.ndarray
    left_out: int

    def __repr__(self) -> str:
        if np.isnan(self.auc):
            return f"not asked: fewer than {FEWEST_GROUPS} groups on one side"
        verdict = "not alike" if self.p < 0.01 else "no difference shown"
        return (
            f"area under the ROC curve {self.auc:.2f}, by chance {self.chance:.2f} (up to "
            f"{self.highest:.2f}): {verdict}"
        )


def find_shift(
    old: Dataset, new: Dataset, features: pd.DataFrame, shuffles: int = 199, seed: int = 0
) -> Shift:
    """Try to tell new images from old ones by their features alone (a classifier two-sample test,
    Lopez-Paz and Oquab, 2017): ridge regression, asked five-fold, whole groups in one fold.

    A difference need not hurt, and says nothing of its cause: other classes, another place, another
    camera all show. None shown is no proof that there is none.

    Parameters
    ----------
    old, new : Dataset
        Such as validation images and those that came in since. Labels are not looked at.
    features : DataFrame by image_id
        E.g. from `helpers.training.embed`, of both.
    shuffles : int, 1 or more
        How often whole groups, however many images they have, trade "old" and "new".

    Returns
    -------
    Shift
        Without an area where old or new images have fewer than 10 groups: chance alone could tell
        them apart.
    """
    index = [one.images.index[one.images.index.isin(features.index)] for one in (old, new)]
    groups = [one.groups[ids] for one, ids in zip((old, new), index, strict=True)]
    own = ~groups[1].isin(groups[0])
    left_out, groups[1], index[1] = int((~own).sum()), groups[1][own], index[1][own.to_numpy()]
    if min(one.nunique() for one in groups) < FEWEST_GROUPS:
        return Shift(np.nan, np.nan, np.nan, np.nan, np.zeros(0), left_out)
    values = features.loc[index[0].append(index[1])].to_numpy(float)
    codes = group_codes(pd.concat(groups), len(values))
    is_new = np.arange(codes.max() + 1) >= groups[0].nunique()  # groups are numbered old first
    rng = np.random.default_rng(seed)
    tags = np.array([is_new, *(rng.permutation(is_new) for _ in range(shuffles))]).T[codes]
    areas = _areas(values, tags.astype(float), rng.permutation(codes.max() + 1)[codes] % FOLDS)
    auc, drawn = float(areas[0]), areas[1:]
    p = (1 + (drawn >= auc).sum()) / (1 + shuffles)
    return Shift(auc, float(drawn.mean()), float(drawn.max()), float(p), drawn, left_out)


def _areas(values: np.ndarray, tags: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Area under the ROC curve of each column of `tags` (1 new, 0 old), asked out of fold."""
    from scipy.stats import rankdata
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import StandardScaler

    values, found = StandardScaler().fit_transform(values), np.zeros_like(tags)
    for fold in range(FOLDS):
        asked = folds == fold
        # As strong as the number of features, or hundreds of them would fit anything.
        model = Ridge(alpha=values.shape[1]).fit(values[~asked], tags[~asked])
        # Where a fold has more new images, the others have fewer, and would be scored lower.
        found[asked] = model.predict(values[asked]) - tags[~asked].mean(axis=0)
    new = tags.sum(axis=0)
    above = (rankdata(found, axis=0) * tags).sum(axis=0) - new * (new + 1) / 2
    return above / (new * (len(tags) - new))
