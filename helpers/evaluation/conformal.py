"""Sets of classes that hold the right one as often as promised (split conformal prediction)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from helpers.datasets import Dataset, DatasetError
from helpers.evaluation.answers import group_codes
from helpers.evaluation.calibration import Labelled, checked, labelled
from helpers.evaluation.intervals import accuracy_interval
from helpers.evaluation.predictions import probabilities

METHODS = ("lac", "aps")


def conformal_limit(predictions: pd.DataFrame, miss: float = 0.1, method: str = "lac") -> float:
    """The score up to which a class belongs into the set, from images that were not trained on.

    The ⌈(n + 1)(1 − miss)⌉-th smallest score of the right classes of n images (Vovk and others,
    2005): the next image's lies below it with a probability of 1 − miss at least, and at most
    1 / (n + 1) more, *if* the next image is drawn as these were.

    Parameters
    ----------
    predictions : predictions table with labels, of validation images
    miss : float, between 0 and 1
        The share of sets that may lack the right class.
    method : "lac" or "aps"
        A class scores 1 − its probability (least ambiguous sets; Sadinle and others, 2019), or the
        sum of the probabilities down to and including its own (adaptive sets, here without their
        random part; Romano and others, 2020).

    Returns
    -------
    float; infinite where so few images cannot keep the promise, so that every class is in each set.
    """
    if not 0 < miss < 1:
        raise DatasetError(f"miss is {miss}; expected between 0 and 1, such as 0.1.")
    found = labelled(predictions)
    scores = class_scores(found.chances, method)[np.arange(len(found.truth)), found.truth]
    return finite_quantile(scores, miss)


def finite_quantile(scores: np.ndarray, miss: float) -> float:
    """The ⌈(n + 1)(1 − miss)⌉-th smallest of n scores; infinite where there are not so many."""
    # Rounded first, since 1 − miss is not exact to a computer, and a hair above 9 makes 10.
    rank = int(np.ceil(np.round((len(scores) + 1) * (1 - miss), 9)))
    return float(np.sort(scores)[rank - 1]) if rank <= len(scores) else float("inf")


def class_scores(chances: np.ndarray, method: str = "lac") -> np.ndarray:
    """How little each class conforms, images × classes; the smaller, the sooner in the set."""
    if method == "lac":
        return 1 - chances
    if method == "aps":
        order = np.argsort(-chances, axis=1, kind="stable")
        sums = np.cumsum(np.take_along_axis(chances, order, 1), 1)
        found = np.empty_like(sums)
        np.put_along_axis(found, order, sums, 1)
        return found
    raise DatasetError(f"There is no method {method!r}; expected one of {', '.join(METHODS)}.")


def conformal_sets(predictions: pd.DataFrame, limit: float, method: str = "lac") -> pd.DataFrame:
    """Which classes are in the set of each image: bool, by image_id, a column per class.

    A set may be empty: then no class is probable enough, and the image is an odd one.
    """
    values = probabilities(checked(predictions))
    inside = class_scores(values.to_numpy(float), method) <= limit + 1e-12
    return pd.DataFrame(inside, values.index, values.columns)


def coverage(
    sets: pd.DataFrame, labels: pd.Series, by: pd.Series | None = None, groups=None
) -> pd.DataFrame:
    """How often the sets hold the right class, in all or by the values of `by`.

    Parameters
    ----------
    sets : DataFrame from `conformal_sets`
    labels : Series by image_id; images without a label are passed over
    by : Series by image_id, optional
        The label itself, or a metadata column.
    groups : Series by image_id, optional
        Which images belong together, for the interval.

    Returns
    -------
    DataFrame by value of `by` ("all" where there is none)
        images, coverage, low, high (95 % interval), size (classes in a set, on average).
    """
    labels = labels.reindex(sets.index).dropna()
    known = sets.loc[labels.index]
    held = known.to_numpy()[np.arange(len(known)), known.columns.get_indexer(labels)]
    held = pd.Series(held & (known.columns.get_indexer(labels) >= 0), labels.index)
    keys = pd.Series("all", labels.index) if by is None else by.reindex(labels.index)
    rows = {}
    for value, own in held.groupby(keys):
        interval = accuracy_interval(own, None if groups is None else groups.reindex(own.index))
        rows[value] = [len(own), *interval, known.loc[own.index].sum(axis=1).mean()]
    names = ["images", "coverage", "low", "high", "size"]
    return pd.DataFrame.from_dict(rows, "index", columns=names).astype({"images": int})


def coverage_by(
    predictions: pd.DataFrame, limit: float, dataset: Dataset, columns: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """`coverage` of the sets up to `limit`, by the values of each column that the dataset has."""
    sets, labels = conformal_sets(predictions, limit), predictions["label"]
    values = dataset.images.reindex(predictions.index)
    return {
        column: coverage(sets, labels, values[column], dataset.groups)
        for column in columns
        if column in values
    }


def simulate_coverage(
    predictions: pd.DataFrame,
    miss: float = 0.1,
    method: str = "lac",
    repeats: int = 200,
    share: float = 0.5,
    seed: int = 0,
    groups=None,
) -> np.ndarray:
    """Coverages where the promise must hold: images parted at random into two, again and again.

    The limit is taken from the one part and paid on the other, so that both are drawn alike.

    Parameters
    ----------
    groups : Series by image_id, optional
        Which images belong together and stay on one side, as in use: a new thing is not one of
        those that the limit was found on. Where all are of one group, images are parted.

    Returns
    -------
    float array of `repeats` coverages, 0 to 1
    """
    found: Labelled = labelled(predictions)
    rows, rng = np.arange(len(found.truth)), np.random.default_rng(seed)
    if len(rows) < 2:
        raise DatasetError("One labelled image cannot be parted into two; expected at least two.")
    scores = class_scores(found.chances, method)[rows, found.truth]
    codes = rows if groups is None else group_codes(groups.reindex(found.index), len(rows))
    codes = codes if codes.any() else rows
    sizes = np.bincount(codes)
    coverages = np.empty(repeats)
    for number in range(repeats):
        places = rng.permutation(len(sizes))
        ends = np.cumsum(sizes[places])[:-1]
        first = ends[np.abs(ends - share * len(rows)).argmin()]
        order = np.argsort(np.argsort(places)[codes], kind="stable")
        limit = finite_quantile(scores[order[:first]], miss)
        coverages[number] = (scores[order[first:]] <= limit).mean()
    return coverages
