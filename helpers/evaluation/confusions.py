"""Metrics of answers: of each class, and averaged over classes, from confusion counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.datasets import DatasetError
from helpers.evaluation.answers import group_codes, values_of
from helpers.evaluation.intervals import accuracy_interval
from helpers.evaluation.predictions import classes_of

AVERAGES = ("macro", "weighted")


def answer_codes(predictions: pd.DataFrame) -> tuple[pd.Index, np.ndarray, np.ndarray, list[str]]:
    """Of the images with a label: their ids, the places of their labels and of their predictions
    among the classes, and the classes."""
    known = predictions.loc[predictions["label"].notna(), ["label", "prediction"]]
    if known.empty:
        raise DatasetError("No image of the predictions table has a label: nothing to score.")
    classes = pd.Index(classes_of(predictions))
    codes = [classes.get_indexer(known[name]) for name in ("label", "prediction")]
    if (np.array(codes) < 0).any():
        raise DatasetError(
            "A label or prediction of the table has no column of probabilities; "
            "check_predictions(table) says which."
        )
    return known.index, *codes, list(classes)


def groups_of(groups, index: pd.Index) -> np.ndarray:
    """The number of each image's group; a Series by image_id may hold others too."""
    if groups is None:
        return np.arange(len(index))
    groups = values_of(groups, index, "groups") if isinstance(groups, pd.Series) else groups
    return group_codes(groups, len(index))


def class_metrics(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Precision, recall and F1 of each class, 0 where undefined, as scikit-learn has it.

    Parameters
    ----------
    confusion : array, (…, classes, classes)
        Images by label (rows) and prediction (columns), as scikit-learn's ``confusion_matrix``.

    Returns
    -------
    dict of arrays, (…, classes), 0 to 1
    """
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    labels, answers = confusion.sum(axis=-1), confusion.sum(axis=-2)
    return {
        "precision": _ratio(right, answers),
        "recall": _ratio(right, labels),
        "F1": _ratio(2 * right, labels + answers),
    }


def overall_metrics(confusion: np.ndarray, known: np.ndarray | None = None) -> dict:
    """Metrics over all classes, equal to those of scikit-learn.

    Macro averages count each class that occurs, as label or prediction, once; weighted ones by its
    images; balanced accuracy is the mean recall over classes that occur as label. The Matthews
    correlation coefficient (MCC) is that of several classes (Gorodkin, 2004), 0 where undefined.
    Micro averages over single labels are all the same number as accuracy.

    Parameters
    ----------
    confusion : array, (…, classes, classes)
    known : array of bool per class, optional
        Classes that occurred as labels before images were drawn; one that was not drawn is then
        left out of the averages.

    Returns
    -------
    dict of arrays, (…)
        accuracy, balanced accuracy, macro and weighted precision, recall and F1: 0 to 1; MCC: −1
        to 1.
    """
    labels, answers = confusion.sum(axis=-1), confusion.sum(axis=-2)
    right, total = np.diagonal(confusion, axis1=-2, axis2=-1).sum(axis=-1), labels.sum(axis=-1)
    known = (labels > 0).any(axis=tuple(range(labels.ndim - 1))) if known is None else known
    counted = np.where(known, labels > 0, answers > 0)
    of_class = class_metrics(confusion)
    balanced = _ratio((of_class["recall"] * (labels > 0)).sum(axis=-1), (labels > 0).sum(axis=-1))
    found = {"accuracy": _ratio(right, total), "balanced accuracy": balanced}
    for average, weights in zip(AVERAGES, (counted, labels), strict=True):
        for name, values in of_class.items():
            found[f"{average} {name}"] = _ratio((values * weights).sum(-1), weights.sum(-1))
    spread = [total**2 - (side**2).sum(axis=-1) for side in (labels, answers)]
    agreeing = right * total - (labels * answers).sum(axis=-1)
    found["MCC"] = _ratio(agreeing, np.sqrt(spread[0] * spread[1]))
    return found


def score_classes(predictions: pd.DataFrame, groups=None, level: float = 0.95) -> pd.DataFrame:
    """Precision, recall and F1 of each class with intervals, as `accuracy_interval` has them.

    Each is a share of images: precision, of those called so; recall, of those that are. F1, the
    harmonic mean of the two, is 2 J / (1 + J), where J is the share that is right of the images
    that are *or* are called so (Jaccard), and gets its interval from that of J.

    Parameters
    ----------
    predictions : DataFrame from `check_predictions` or `helpers.training.predict`
        Images without a label are passed over.
    groups : Series by image_id, or array in the order of the labelled images, optional
        Which images belong together, e.g. ``dataset.groups``.

    Returns
    -------
    DataFrame by class, those that occur as label or prediction
        images, groups (of that label), then for each of precision, recall and F1 its value (0 where
        undefined, as in scikit-learn) and its ends, such as "recall low" and "recall high" (0 and
        1 where undefined).
    """
    index, labels, answers, classes = answer_codes(predictions)
    codes, rows = groups_of(groups, index), {}
    for number, name in enumerate(classes):
        own, called = labels == number, answers == number
        if not (own | called).any():
            continue
        row = {"images": int(own.sum()), "groups": len(np.unique(codes[own]))}
        for metric, among in (("precision", called), ("recall", own), ("F1", own | called)):
            value, low, high = 0.0, 0.0, 1.0
            if among.any():
                found = accuracy_interval((own & called)[among], codes[among], level)
                value, low, high = (2 * x / (1 + x) if metric == "F1" else x for x in found)
            row |= {metric: value, f"{metric} low": low, f"{metric} high": high}
        rows[name] = row
    return pd.DataFrame.from_dict(rows, "index").rename_axis("class")


def order_classes(confusion: pd.DataFrame) -> list:
    """The classes of a confusion matrix, in an order in which those that are confused lie together.

    Average linkage on the share of images that two classes trade, leaves ordered to make
    neighbours as alike as possible (Bar-Joseph and others, 2001).
    """
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    if len(confusion) < 3:
        return list(confusion.index)
    counts = confusion.to_numpy(float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    distances = 1 - (shares + shares.T) / 2
    np.fill_diagonal(distances, 0)
    flat = squareform(distances, checks=False)
    tree = optimal_leaf_ordering(linkage(flat, "average"), flat)
    return [confusion.index[place] for place in leaves_list(tree)]


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """`above` over `below`, 0 where that is undefined."""
    above, below = np.asarray(above, float), np.asarray(below, float)
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
