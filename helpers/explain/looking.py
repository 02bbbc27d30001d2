"""Did it look at the subject? A heatmap against a mask."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy import stats

from helpers.datasets import Dataset, DatasetError
from helpers.evaluation import compare_losses
from helpers.explain.heatmaps import explain, subject_masks


def look(
    learner, dataset: Dataset, method: str | Callable, target: str = "prediction",
    rival: str | Mapping[str, str] | None = None, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Explain the answers to images that have masks, and see how much lies on the subject.

    Parameters
    ----------
    learner, dataset, method, target, rival, seed : as for `helpers.explain.explain`

    Returns
    -------
    DataFrame by image_id
        As from `did_it_look`. An image of which no mask is kept has no row.
    """
    if dataset.masks is not None:
        marked = [(dataset.masks / f"{i}.png").exists() for i in dataset.images.index]
        dataset = dataset.with_images(dataset.images[marked])
    found = explain(learner, dataset, method, target, rival, seed=seed)
    masks = subject_masks(found, dataset, learner.dls.method)
    return did_it_look(found.maps, masks, found.targets.index)


def did_it_look(maps: np.ndarray, masks: np.ndarray, ids: pd.Index | None = None) -> pd.DataFrame:
    """How much of what speaks for the answer lies on the subject.

    Parameters
    ----------
    maps : float array, images × height × width
        As ``Heatmaps.maps``. What speaks against the class (below 0) is left out.
    masks : bool array of the same shape, True on the subject
    ids : Index, optional
        The images' ids.

    Returns
    -------
    DataFrame, a row per image
        share (of the attribution that lies on the subject, 0 to 1), area (share of the picture that
        the subject takes: what a map without preference scores), pointing (the pointing game,
        Zhang et al., 2018: whether the greatest value lies on the subject; where several pixels
        have it, the share of them that do). A map that speaks for the class nowhere has neither
        share nor pointing.

    Raises
    ------
    DatasetError
        Maps and masks differ in shape, or a map has values that are no numbers.
    """
    if maps.shape != masks.shape:
        raise DatasetError(f"Maps of shape {maps.shape} and masks of {masks.shape} do not fit.")
    if not np.isfinite(maps).all():
        raise DatasetError("A heatmap holds values that are no numbers, so nothing can be said.")
    flat = np.maximum(maps.reshape(len(maps), -1), 0).astype(np.float64)
    inside = masks.reshape(len(maps), -1).astype(bool)
    total, top = flat.sum(1), flat.max(1, initial=0)
    speaks = total > 0
    share = np.divide((flat * inside).sum(1), total, out=np.full(len(flat), np.nan), where=speaks)
    peak = flat == top[:, None]
    pointing = np.where(speaks, (peak & inside).sum(1) / np.maximum(peak.sum(1), 1), np.nan)
    found = {"share": share, "area": inside.mean(1), "pointing": pointing}
    return pd.DataFrame(found, pd.RangeIndex(len(maps)) if ids is None else ids)


def look_by(
    first: pd.Series, by: pd.Series, groups: pd.Series, second: pd.Series | None = None
) -> pd.DataFrame:
    """The mean of a figure per image in each part, or what it differs from a second one by.

    Parameters
    ----------
    first, second : Series by image_id
        E.g. the share on the leaf under two models; images without a value under either are left
        out.
    by : Series by image_id
        The part that an image belongs to.
    groups : Series by image_id
        Which images belong together, e.g. ``dataset.groups``.

    Returns
    -------
    DataFrame by part, and "all"
        mean (of the difference, where there is a second), low, high (95 %, by groups; missing for
        a part of a single group), images.
    """
    both = pd.DataFrame({"first": first, "second": 0.0 if second is None else second}).dropna()
    parts = {"all": both.index} | {
        str(name): both.index[by[both.index] == name] for name in sorted(by[both.index].unique())
    }
    rows = {}
    for name, ids in parts.items():
        found = compare_losses(both.loc[ids, "first"], both.loc[ids, "second"], groups[ids])
        low, high = (end if np.isfinite(end) else np.nan for end in found[1:])
        rows[name] = {"mean": found.difference, "low": low, "high": high, "images": len(ids)}
    return pd.DataFrame.from_dict(rows, "index")


def over_seeds(study: pd.DataFrame, question: str) -> pd.DataFrame:
    """What a study found for a question: the mean over its seeds, with its 95 % interval.

    Parameters
    ----------
    study : DataFrame
        ``read_study("explanations")``: seed, question, method, mean.

    Returns
    -------
    DataFrame by method, in the order of the study
        mean, low, high (Student's t over seeds).
    """
    own = study[study["question"] == question].groupby("method", sort=False)["mean"]
    found = own.agg(["mean", "sem", "count"])
    half = stats.t.ppf(0.975, (found["count"] - 1).clip(lower=1)) * found["sem"]
    ends = {"low": found["mean"] - half, "high": found["mean"] + half}
    return pd.DataFrame({"mean": found["mean"], **ends})


def rank_correlation(first, second) -> float:
    """Spearman's rank correlation of two lists; missing where one of them never changes."""
    first, second = np.ravel(first), np.ravel(second)
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(stats.spearmanr(first, second).statistic)
