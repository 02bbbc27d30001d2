"""Find images whose features lie far from those of all others."""

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from helpers.audit.quality import robust_scores
from helpers.audit.tables import require_features
from helpers.datasets import DatasetError

METHODS = ("mahalanobis", "neighbours")


def find_outliers(
    features: pd.DataFrame, *, method: str = "mahalanobis", components: int = 16,
    neighbours: int = 5,
) -> pd.DataFrame:  # fmt: skip
    """Rank images by how far their features lie from the usual, for a person to look at the first.

    There is no limit beyond which an image is wrong: on leaves, and on photographs, what such a
    limit flagged was mostly rare and right. The first few dozen are worth a look.

    Parameters
    ----------
    features : DataFrame by image_id, numeric columns
        Embeddings or descriptors. Each column is centred on its median, divided by its standard
        deviation and clipped at ± 8, so that no unit and no single value rules; missing values
        count as the median.
    method : "mahalanobis" or "neighbours"
        The distance from the mean in the first `components` principal components, each in units of
        its standard deviation (Mahalanobis 1936), or the mean distance to the nearest images
        (Ramaswamy et al. 2000), which sees no outlier in what occurs several times.
    components, neighbours : int
        How many each method uses.

    Returns
    -------
    DataFrame by image_id, most unusual first: score (robust deviations of the log distance),
    rank (1 is the most unusual), nearest (image_id of the nearest other image)

    Raises
    ------
    DatasetError
        What is given is no table of numbers, or holds fewer images than neighbours + 2, or
        nothing that differs between images.
    ValueError
        An unknown method.
    """
    numbers = require_features(features, "find_outliers").astype(float)
    if method not in METHODS:
        raise ValueError(f"There is no method {method!r}; expected one of {', '.join(METHODS)}.")
    if len(numbers) < neighbours + 2:
        raise DatasetError(
            f"find_outliers got {len(numbers)} images with {numbers.shape[1]} numeric columns; "
            f"expected at least {neighbours + 2} images."
        )
    values = numbers.to_numpy()
    values = np.where(np.abs(values) < 1e100, values, np.nan)
    values = values[:, ~np.isnan(values).all(axis=0)]
    values = values - np.nanmedian(values, axis=0)
    spread = np.nanstd(values, axis=0)
    values = np.nan_to_num(values[:, spread > 0] / spread[spread > 0]).clip(-8, 8)
    if not values.any():
        raise DatasetError(
            f"find_outliers got {len(numbers)} images that are alike in all {numbers.shape[1]} "
            "numeric columns; expected features that differ between images."
        )
    search = NearestNeighbors(n_neighbors=neighbours + 1).fit(values)
    distance, other = search.kneighbors(values)
    # Duplicates may stand before the image itself among neighbours at distance 0.
    rows = np.arange(len(values))
    mine = other == rows[:, None]
    mine[~mine.any(axis=1), -1] = True
    distance, other = distance[~mine].reshape(len(rows), -1), other[~mine].reshape(len(rows), -1)
    distance = distance.mean(axis=1)
    if method == "mahalanobis":
        size = min(components, *values.shape)
        found = PCA(size, svd_solver="randomized", whiten=True, random_state=0)
        distance = np.linalg.norm(found.fit_transform(values), axis=1)
    score = robust_scores(np.log(distance + 1e-9))
    table = pd.DataFrame(
        {"score": score, "nearest": features.index[other[:, 0]]},
        index=features.index,
    ).sort_values("score", ascending=False, kind="stable")
    table.insert(1, "rank", np.arange(1, len(table) + 1))
    return table[["score", "rank", "nearest"]]
