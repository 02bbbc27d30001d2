"""How common classes are: where a model learned, where it is used, and what that changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import some
from helpers.evaluation.calibration import checked, loss_changes, with_chances
from helpers.evaluation.comparing import Difference
from helpers.evaluation.predictions import probabilities

MOST_ROUNDS, SMALL = 20_000, 1e-10


def class_shares(labels: pd.Series, classes: Sequence[str] | None = None) -> pd.Series:
    """The share of each class among the labels, 0 to 1, sorted by name; missing ones passed over.

    Parameters
    ----------
    classes : list of str, optional
        All classes there are, so that one without labels has the share 0.
    """
    shares = labels.dropna().astype("str").value_counts(normalize=True).sort_index()
    shares = shares.rename("share").rename_axis("class")
    return shares if classes is None else shares.reindex([*classes], fill_value=0.0)


def correct_prevalence(
    predictions: pd.DataFrame, before: pd.Series, after: pd.Series
) -> pd.DataFrame:
    """What a calibrated model would say if classes were as common as `after` says.

    Bayes' rule: each probability times ``after / before`` of its class, and to a sum of 1 again.

    Parameters
    ----------
    before, after : Series of float by class
        Shares where the model learned, and where it is used.

    Raises
    ------
    DatasetError
        A class of the table has no share, or one of 0 `before`.
    """
    table = checked(predictions)
    values = probabilities(table)
    ratio = _shares(after, values.columns, "after") / _known(before, values.columns)
    weighed = values.to_numpy(float) * ratio
    total = weighed.sum(1, keepdims=True)
    if not (total > 0).all():
        raise DatasetError(
            f"{(total == 0).sum():,} images are given only to classes that `after` says do not "
            "occur; give each class that may occur a small share."
        )
    return with_chances(table, weighed / total)


def estimate_prevalence(
    predictions: pd.DataFrame, before: pd.Series, further: float = 1.0
) -> pd.Series:
    """How common the classes are among these images, without any of their labels.

    The shares under which the probabilities of all images are most likely, found by expectation
    maximisation (Saerens, Latinne and Decaestecker, 2002). It takes two things for granted: that
    within a class, images look as they did where the model learned, and that the model was
    calibrated there, class by class; see `helpers.evaluation.find_biases`.

    Parameters
    ----------
    predictions : predictions table; its labels are not looked at
    before : Series of float by class
        Shares where the model learned, e.g. ``class_shares(train.images["label"])``.
    further : float
        As many further images of each class are taken as seen (a Dirichlet prior), so that none is
        estimated to be impossible. 0 gives the method as it was published.

    Returns
    -------
    Series of float by class, in the table's order; sums to 1.
    """
    values = probabilities(checked(predictions))
    if not 0 <= further < np.inf:
        raise DatasetError(f"further is {further}; expected 0 or a number above.")
    weights = values.to_numpy(float) / _known(before, values.columns)
    weights /= weights.max(1, keepdims=True)
    shares = np.full(values.shape[1], 1 / values.shape[1])
    for _ in range(MOST_ROUNDS):
        told = weights * shares
        following = (told / told.sum(1, keepdims=True)).sum(0) + further
        following /= following.sum()
        moved, shares = np.abs(following - shares).max(), following
        if moved < SMALL:
            break
    return pd.Series(shares, values.columns, name="share").rename_axis("class")


def plant_prevalences(
    predictions: pd.DataFrame, draws: int = 20, images: int = 400, seed: int = 0
) -> list[pd.DataFrame]:
    """Images drawn from these, with replacement, so that classes have random, known shares.

    Within a class images look as they did: only how common classes are has changed. The shares are
    drawn from a Dirichlet distribution with parameter 2, and what was drawn is in the labels.

    Returns
    -------
    list of `draws` predictions tables of `images` rows each
    """
    table, rng = checked(predictions), np.random.default_rng(seed)
    table = table[table["label"].notna()]
    places = {name: np.flatnonzero(table["label"] == name) for name in sorted({*table["label"]})}
    made = []
    for _ in range(draws):
        shares = rng.dirichlet(np.full(len(places), 2.0))
        counts = rng.multinomial(images, shares)
        drawn = [rng.choice(own, n) for own, n in zip(places.values(), counts, strict=True)]
        one = table.iloc[np.concatenate(drawn)]
        ids = [f"{number} {name}" for number, name in enumerate(one.index)]
        made.append(one.set_axis(pd.Index(ids, name="image_id")))
    return made


def compare_estimates(
    kinds: Mapping[str, pd.DataFrame], before: pd.Series, draws: int = 20, seed: int = 0
) -> pd.DataFrame:
    """Ways to estimate prevalences, against planted ones: `plant_prevalences` of the same images.

    Parameters
    ----------
    kinds : name → predictions table
        The same images and labels, with probabilities as trained, calibrated, …
    before : Series of float by class
        Shares where the model learned.

    Returns
    -------
    DataFrame
        draw, estimate, error (see `share_error`). Estimates are "as in training" (`before` itself),
        "answers counted" (of the first of `kinds`), and "EM, …" (`estimate_prevalence`) for each.
    """
    rows = []
    for name, table in kinds.items():
        for draw, drawn in enumerate(plant_prevalences(table, draws, seed=seed)):
            true, classes = class_shares(drawn["label"]), probabilities(drawn).columns
            estimates = {f"EM, {name}": estimate_prevalence(drawn, before)}
            if name == next(iter(kinds)):
                counted = class_shares(drawn["prediction"], classes)
                estimates = {"as in training": before, "answers counted": counted} | estimates
            rows += [(draw, key, share_error(one, true)) for key, one in estimates.items()]
    return pd.DataFrame(rows, columns=["draw", "estimate", "error"])


def prevalence_gains(
    predictions: pd.DataFrame, before: pd.Series, groups=None
) -> dict[str, Difference]:
    """What correcting for other prevalences does to log loss, by estimated and by true shares."""
    true = class_shares(predictions["label"], before.index)
    # A class that does not occur here keeps a trace, so that a wrong label is no infinite loss.
    shares = {
        "estimated without labels": estimate_prevalence(predictions, before),
        "true shares": true.clip(lower=1e-4),
    }
    tables = {name: correct_prevalence(predictions, before, one) for name, one in shares.items()}
    return loss_changes(tables, predictions, groups)


def share_error(estimated: pd.Series, true: pd.Series) -> float:
    """The share of images that would have to change class for the one to become the other."""
    return float(estimated.sub(true, fill_value=0.0).abs().sum() / 2)


def marked_rows(predictions: pd.DataFrame, dataset: Dataset, column: str) -> pd.DataFrame:
    """The rows of images that a column of the dataset marks as true; all if there is none such."""
    if column not in dataset.images:
        return predictions
    marks = dataset.images[column].reindex(predictions.index)
    return predictions[marks.fillna(False).astype(bool).to_numpy()]


def precision_at(prevalence, recall: float, false_alarms: float):
    """The share of alarms that are right, where a share `prevalence` of images is of the class.

    Bayes' rule. Recall (of those of the class, the share that is reported) and the rate of false
    alarms (of the others, the share that is reported, too) stay what they are when a class becomes
    rarer; precision does not.

    Returns
    -------
    float or array, 0 to 1; missing where nothing is ever reported
    """
    share = np.asarray(prevalence, float)
    if ((share < 0) | (share > 1)).any():
        raise DatasetError(f"A prevalence of {prevalence} is none; expected 0 to 1.")
    right, wrong = share * recall, (1 - share) * false_alarms
    with np.errstate(invalid="ignore"):
        found = right / (right + wrong)
    return found if found.ndim else float(found)


def rate_behind_none(images: float) -> float:
    """The highest rate of false alarms that none among so many images leaves open: with a higher
    one there would be none less often than once in twenty times (Hanley and Lippman-Hand, 1983)."""
    return 1 - 0.05 ** (1 / images)


def _shares(shares: pd.Series, classes: pd.Index, name: str) -> np.ndarray:
    found = pd.Series(shares, dtype=float).reindex(classes)
    if unknown := [*found.index[~(found >= 0)]]:
        raise DatasetError(f"`{name}` has no share of {some(map(repr, unknown))}; expected 0 to 1.")
    return (found / found.sum()).to_numpy()


def _known(before: pd.Series, classes: pd.Index) -> np.ndarray:
    found = _shares(before, classes, "before")
    if (found == 0).any():
        raise DatasetError(
            f"`before` says that {some(map(repr, classes[found == 0]))} did not occur where the "
            "model learned, so nothing it says of it can be corrected."
        )
    return found
