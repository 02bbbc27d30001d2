"""Whether new images are unlike the old ones, without any label of theirs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.datasets import Dataset
from helpers.evaluation.answers import group_codes
from helpers.evaluation.intervals import grouped_variance

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
    low, high : float
        The 95 % interval of the area, by whole groups (see `area_interval`).
    scores : Series by image_id, or None
        The greater, the more an image looks like a new one to a classifier that has not seen its
        group.
    """

    auc: float
    chance: float
    highest: float
    p: float
    shuffled: np.ndarray
    left_out: int
    low: float = np.nan
    high: float = np.nan
    scores: pd.Series | None = None

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
    folds = rng.permutation(codes.max() + 1)[codes] % FOLDS
    found = _answers(values, tags.astype(float), folds)
    areas = _rank(found, tags)
    auc, drawn = float(areas[0]), areas[1:]
    p = (1 + (drawn >= auc).sum()) / (1 + shuffles)
    scores = pd.Series(found[:, 0], index[0].append(index[1]))
    _, low, high, _ = area_interval(scores[index[0]], scores[index[1]], *groups)
    by_chance = float(drawn.mean()), float(drawn.max())
    return Shift(auc, *by_chance, float(p), drawn, left_out, low, high, scores)


def area_interval(
    old: pd.Series, new: pd.Series, old_groups: pd.Series, new_groups: pd.Series
) -> tuple[float, float, float, float]:
    """How often a new value is above an old one (ties count half), with an interval.

    The standard error is that of DeLong and others (1988) for images in groups (Obuchowski, 1997,
    "Nonparametric analysis of clustered ROC curve data"); the interval is of 95 %, on the logit
    scale. Where all of one side are above all of the other it is Wilson's of as many images as
    there are groups on the side with fewer. That folds were trained on one another's images is
    not part of it.

    Parameters
    ----------
    old, new : Series by image_id, numbers
    old_groups, new_groups : Series by image_id
        What is on both sides is taken for two groups.

    Returns
    -------
    area, low, high, standard error
    """
    from scipy.stats import rankdata

    sides = [old.to_numpy(float), new.to_numpy(float)]
    ranks = rankdata(np.concatenate(sides))
    placed = [
        1 - (ranks[: len(old)] - rankdata(sides[0])) / len(new),
        (ranks[len(old) :] - rankdata(sides[1])) / len(old),
    ]
    area = float(placed[1].mean())
    codes = [
        group_codes(one[side.index], len(side))
        for side, one in ((old, old_groups), (new, new_groups))
    ]
    fewest = min(int(one.max()) + 1 for one in codes)
    if fewest < 2:
        return area, 0.0, 1.0, np.inf
    error = np.sqrt(
        sum(grouped_variance(one - area, code) for one, code in zip(placed, codes, strict=True))
    )
    if not 0 < area < 1 or error == 0:
        bound = fewest / (fewest + 1.96**2)
        low, high = (bound, 1.0) if area == 1 else (0.0, 1 - bound) if area == 0 else (area, area)
        return area, low, high, float(error)
    at, half = np.log(area / (1 - area)), 1.96 * error / (area * (1 - area))
    low, high = (float(1 / (1 + np.exp(-end))) for end in (at - half, at + half))
    return area, low, high, float(error)


def _areas(values: np.ndarray, tags: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Area under the ROC curve of each column of `tags` (1 new, 0 old), asked out of fold."""
    return _rank(_answers(values, tags, folds), tags)


def _rank(found: np.ndarray, tags: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    new = tags.sum(axis=0)
    above = (rankdata(found, axis=0) * tags).sum(axis=0) - new * (new + 1) / 2
    return above / (new * (len(tags) - new))


def _answers(values: np.ndarray, tags: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """What ridge regression says of each row out of fold, for each column of `tags`."""
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import StandardScaler

    values, found = StandardScaler().fit_transform(values), np.zeros_like(tags)
    for fold in range(FOLDS):
        asked = folds == fold
        # As strong as the number of features, or hundreds of them would fit anything.
        model = Ridge(alpha=values.shape[1]).fit(values[~asked], tags[~asked])
        # Where a fold has more new images, the others have fewer, and would be scored lower.
        found[asked] = model.predict(values[asked]) - tags[~asked].mean(axis=0)
    return found
