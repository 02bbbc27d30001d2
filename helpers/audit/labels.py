"""Find labels that are probably wrong, by confident learning (Northcutt, Jiang & Chuang 2021)."""

import warnings

import numpy as np
import pandas as pd

from helpers.audit.tables import require_features
from helpers.copies.duplicates import cluster_duplicates, confirmed
from helpers.datasets import DatasetError

COMPONENTS = 128
STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1)
"""How many principal components the head sees, and the inverse regularisations of which it takes
the one with the least log loss."""

DOUBT, SURE, AGREEMENT = 0.1, 0.7, 0.8
"""What a class counts for that no label in the group votes for, the probability above which
predictions are equally sure, and the agreement within groups from which it is expected of them.
The first two were fixed on seed 0 of leaves; `studies/label_errors.py` reports others."""


def find_label_issues(
    dataset, features: pd.DataFrame, groups=None, pairs: pd.DataFrame | None = None, *,
    seed: int = 0, folds: int = 5, one_label: bool | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Labels that neither a model nor the other images of the same thing agree with.

    A regularised multinomial logistic head on `features` predicts each image out of fold, from
    images of other groups, so that a wrong label that a whole specimen shares, or a copy of the
    image, cannot teach its own prediction. cleanlab then decides, twice: on each image, given
    the mean prediction for its group and the labels of the others in it; and on each group as a
    whole, given the prediction alone. An image in no group is judged by its prediction.

    Parameters
    ----------
    dataset : Dataset
        Its test images are left out: what trains here must not see them.
    features : DataFrame by image_id, numeric columns
        Embeddings or descriptors; labelled images without features are left out.
    groups : Series by image_id, or False, optional
        What belongs together; by default ``dataset.groups``. False treats every image alone.
    pairs : DataFrame with image_id and other_id, optional
        Duplicates, from `find_duplicates`: they are grouped, too, but for the probable ones.
    seed : int
        Draws the folds.
    folds : int, 2 or more
    one_label : bool, optional
        Whether all images of a group must have one label, as those of one leaf, but not those of
        one patient with several moles. By default so where at least 80 % of labels within groups
        agree. Duplicates must in any case.

    Returns
    -------
    DataFrame by image_id, the most suspicious first: given, suggested (the most probable label),
    quality (probability of the given label, 0–1), issue (bool), evidence of an issue ("within
    group": it differs from the others of its group; "whole group": the group looks like another
    class; "image": no group helped; "" where there is no issue), rank (from 1). Images of a class
    that is in one group alone cannot be judged and are left out.

    Raises
    ------
    DatasetError
        Nothing is labelled, or fewer than two classes can be judged.
    """
    dataset.require_labels()
    numbers = require_features(features, "find_label_issues")
    given = dataset.development.images["label"].dropna()
    given = given[given.index.isin(numbers.index)].sort_index()
    if groups is None:
        groups = dataset.groups
    own = given.index.to_series()
    groups = own if groups is False else groups.reindex(given.index).fillna(own)
    linked = _link(groups, pairs)
    spread = linked.groupby(given).nunique()
    given = given[given.map(spread) > 1]
    if given.nunique() < 2:
        raise DatasetError(
            f"{given.nunique()} classes of {dataset.name!r} have features of images in two groups "
            "or more; expected at least 2, so give features of more images."
        )
    linked = linked[given.index].to_numpy()
    y, classes = pd.factorize(given, sort=True)
    logs = _out_of_fold(numbers.loc[given.index].to_numpy(float), y, linked, seed, folds)
    if one_label is None:
        one_label = _agreement(y, linked) >= AGREEMENT
    if not one_label:
        linked = _link(own, pairs)[given.index].to_numpy()
    return _judge(given, y, classes, logs, pd.factorize(linked)[0])


def _link(groups: pd.Series, pairs) -> pd.Series:
    """A number for all that groups and pairs join, directly or through any other images."""
    links = pd.DataFrame({"image_id": groups.index, "other_id": "\0" + groups.astype(str)})
    if pairs is not None:
        links = pd.concat([links, confirmed(pairs)[["image_id", "other_id"]]])
    return cluster_duplicates(links)["cluster"].reindex(groups.index)


def _out_of_fold(values, y, linked, seed, folds) -> np.ndarray:
    """Log probability of each class for each image, from a head that saw none of its group."""
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    folds = min(folds, len({*linked}), np.bincount(y).max())
    cut = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    best, least = None, np.inf
    # Threads cost products this small more than they save, and on a busy machine minutes.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a class in fewer groups than folds
        values = np.nan_to_num(StandardScaler().fit_transform(values.astype(np.float32)))
        size = min(COMPONENTS, *values.shape)
        values = PCA(size, svd_solver="randomized", random_state=0).fit_transform(values)
        cuts = list(cut.split(values, y, linked))
        for strength in STRENGTHS:
            chances = np.zeros((len(y), y.max() + 1))
            for train, valid in cuts:
                head = LogisticRegression(C=strength, max_iter=300, tol=1e-3)
                head.fit(values[train].astype(float), y[train])
                found = head.predict_proba(values[valid].astype(float))
                chances[np.ix_(valid, head.classes_)] = found
            chances = np.clip(chances, 1e-6, None)
            loss = log_loss(y, chances / chances.sum(axis=1, keepdims=True))
            if loss > least:
                break
            best, least = chances, loss
    return np.log(best)


def _sums(values, linked):
    return pd.DataFrame(values).groupby(linked).sum().to_numpy()


def _agreement(y, linked) -> float:
    """Share of the other images of its group that have an image's label, on average."""
    own = np.eye(y.max() + 1)[y]
    votes = _sums(own, linked)[pd.factorize(linked, sort=True)[0]]
    total = votes.sum(axis=1)
    share = ((votes * own).sum(axis=1) - 1)[total > 1] / (total[total > 1] - 1)
    return share.mean() if len(share) else 1.0


def _judge(given, y, classes, logs, linked) -> pd.DataFrame:
    from cleanlab.filter import find_label_issues as decide
    from cleanlab.rank import get_label_quality_scores

    labels, size = np.eye(len(classes))[y], np.bincount(linked)
    votes = _sums(labels, linked)
    pooled = _chances(_sums(logs, linked) / size[:, None])
    alone = _chances(np.log(pooled[linked]) + np.log(votes[linked] - labels + DOUBT))
    # Confident learning asks for more than a class's average confidence, which, where all agree,
    # half of the clear cases would miss by a hair.
    issue = decide(y, np.minimum(alone, SURE), filter_by="confident_learning", n_jobs=1)
    evidence = np.where(issue, np.where(size[linked] > 1, "within group", "image"), "")
    most = votes.argmax(axis=1)
    several, whole = size > 1, np.zeros(len(size), bool)
    if len({*most[several]}) > 1:
        most_sure = np.minimum(pooled[several], SURE)
        whole[several] = decide(most[several], most_sure, filter_by="confident_learning", n_jobs=1)
    shared = whole[linked] & (most[linked] == y) & ~issue
    evidence[shared] = "whole group"
    believed = np.where(shared[:, None], pooled[linked], alone)
    table = pd.DataFrame({"given": given, "suggested": classes[believed.argmax(axis=1)]})
    table["quality"] = get_label_quality_scores(y, believed)
    table["issue"], table["evidence"] = evidence != "", evidence
    order = np.lexsort([table["quality"], ~table["issue"]])
    return table.iloc[order].assign(rank=np.arange(1, len(table) + 1))


def _chances(logs: np.ndarray) -> np.ndarray:
    chances = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.clip(chances / chances.sum(axis=1, keepdims=True), 1e-9, None)
