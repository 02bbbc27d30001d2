"""Can the label be told from what should say nothing about it? Judged against shuffled labels."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from helpers.balance.association import as_categories, holm, shuffle_groups, worth_asking
from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import some

LANDMARKS = 300
FOLDS = 5
MOST_COLUMNS = 2000
FARTHEST = 4  # standard deviations: one odd file must not be the only thing that is seen
SURE, LEAD = 0.01, 0.1
"""A class is given away where p of its area under the ROC curve is below the first, and the area
lies above that of shuffled labels by the second: less is no shortcut that a network would take.
Fixed on seed 0 of leaves and six control sets; `studies/shortcuts.py` reports on others."""


class Probe(NamedTuple):
    """What a probe found, and what it finds where there is nothing to find.

    Attributes
    ----------
    recall : float
        Mean recall over classes (balanced accuracy), 0 to 1, out of fold.
    chance : float
        The same after the labels were shuffled, on average. Not one over the number of classes:
        a class of few specimens, or fewer folds than groups, moves it.
    highest : float
        The largest of the shuffled ones.
    p : float
        How probable so large a recall is by chance, from the spread of the shuffled ones.
    by_class : DataFrame by class
        recall, as above; auc: how well its images are ranked above all others (area under the
        ROC curve, 0.5 by chance), chance: the same with shuffled labels, and p of so large an auc,
        corrected for the number of classes (Holm, 1979); images; given (away): told not only
        because others are (where one of three classes is told, the other two are what is left).
    shuffled : DataFrame, a row for each time the labels were shuffled
        auc of each class then; the column "recall" holds the mean recall.
    """

    recall: float
    chance: float
    highest: float
    p: float
    by_class: pd.DataFrame
    shuffled: pd.DataFrame

    @property
    def shortcut(self) -> bool:
        """Whether these features give a class away."""
        return bool(self.gives_away)

    @property
    def gives_away(self) -> list[str]:
        """The classes that these features give away, the surest first."""
        sure = self.by_class[self.by_class["given"]]
        return sure.sort_values("auc", ascending=False, kind="stable").index.tolist()

    def __repr__(self) -> str:
        verdict = f"gives away {some(self.gives_away)}" if self.shortcut else "no class given away"
        return f"{self.recall:.2f} against {self.chance:.2f} with shuffled labels: {verdict}"


def probe(
    dataset: Dataset,
    features: pd.DataFrame,
    shuffles: int = 99,
    seed: int = 0,
    against: str = "label",
) -> Probe:
    """Try to tell the label from `features` alone: a background, facts of the file, metadata.

    Ridge regression on 300 kernel features (scikit-learn's `Nystroem`, Williams and Seeger, 2001)
    is trained and asked five-fold, whole groups in one fold. It is not the strongest of models, but
    takes any number of answers at once: the labels and, beside them, the labels of whole groups
    shuffled, which shows what it would score if the features said nothing.

    Parameters
    ----------
    dataset : Dataset
        Its development images with a label and features. Images of one group stay together, both
        in folds and when labels are shuffled.
    features : DataFrame by image_id
        Numbers, and text columns of few values (which become a 0/1 column each).
    shuffles : int, 2 or more
    seed : int
    against : str
        A metadata column to tell instead of the label, numbers in four bins.

    Raises
    ------
    DatasetError
        Fewer than two classes lie in two groups or more.
    """
    labels = as_categories(dataset.development, against).dropna()
    labels = labels[labels.index.isin(features.index)].sort_index()
    groups = dataset.groups[labels.index]
    spread = groups.groupby(labels).nunique()
    labels = labels[labels.map(spread) > 1]
    if labels.nunique() < 2:
        of = "classes" if against == "label" else f"values of {against!r}"
        raise DatasetError(
            f"{labels.nunique()} {of} of {dataset.name!r} lie in two groups or more "
            f"({some(spread.index[spread > 1]) or 'none'}); a probe needs at least 2."
        )
    values = _scaled(pd.get_dummies(features.loc[labels.index], dtype=float).to_numpy(float))
    codes, classes = pd.factorize(labels, sort=True)
    folds = folds_of(codes, groups[labels.index], seed)
    shuffled = shuffle_groups(codes, groups[labels.index], shuffles, seed)
    scores = _ask(values, [codes, *shuffled], folds, len(classes), seed)
    recalls, pairs = zip(*scores, strict=True)
    recalls = np.array(recalls)
    images = np.bincount(codes)
    above = _above(pairs, images)
    areas = above / (images.sum() - images)
    table = pd.DataFrame({"recall": recalls[0], "auc": areas[0]}, classes).rename_axis("class")
    table["chance"] = areas[1:].mean(axis=0)
    table["p"] = holm(_exceeds(areas[0], areas[1:]))
    table["images"] = images
    sure = _sure(table["auc"], table["chance"], table["p"]).to_numpy()
    table["given"] = _given(pairs, above, images, sure)
    means = recalls.mean(axis=1)
    p, others = float(_exceeds(means[0], means[1:])), means[1:]
    shuffled = pd.DataFrame(areas[1:], columns=classes)
    shuffled.insert(0, "recall", others, allow_duplicates=True)
    return Probe(float(means[0]), float(others.mean()), float(others.max()), p, table, shuffled)


def find_proxies(
    dataset: Dataset, sources: Mapping[str, pd.DataFrame], shuffles: int = 19, seed: int = 0
) -> pd.DataFrame:
    """Does what is left tell a column that was dropped? A probe of each metadata column.

    Parameters
    ----------
    sources : mapping of str to DataFrame by image_id
        What else is known of images, by its name: `file_facts`, `border_colours`. The other
        metadata columns are asked besides.

    Returns
    -------
    DataFrame, empty where no metadata column has 2 to 20 values (or numbers)
        column, values (that lie in two groups or more), source, recall (mean over values, 0 to 1),
        chance and highest (with shuffled values), and told: p below 0.01 after correction for all
        rows (Holm, 1979).
    """
    rows, columns = [], worth_asking(dataset.development, "label")
    for column in columns:
        others = [one for one in columns if one != column]
        known = {one: as_categories(dataset, one).fillna("(missing)") for one in others}
        asked = {"other columns": pd.DataFrame(known)} if others else {}
        for source, features in (asked | {**sources}).items():
            try:
                found = probe(dataset, features, shuffles, seed, against=column)
            except DatasetError:  # its values lie in one group each: nothing to ask
                continue
            values = len(found.by_class)
            rows.append((column, values, source, *found[:4]))
    names = ["column", "values", "source", "recall", "chance", "highest", "p"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(told=holm(table.pop("p").to_numpy(float)) < SURE)


def folds_of(
    codes: np.ndarray, groups: pd.Series, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Places of images to train on and to ask, five-fold, whole groups in one fold."""
    from sklearn.model_selection import StratifiedGroupKFold

    count = min(FOLDS, groups.nunique(), np.bincount(codes).max())
    cut = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a class in fewer groups than folds
        folds = [*cut.split(codes[:, None], codes, groups)]
    return [(train, asked) for train, asked in folds if len(asked)]


def _scaled(values: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and spread 1, those that never vary left out."""
    values = np.nan_to_num(values)
    spread = values.std(axis=0)
    varies = spread > 1e-8
    if not varies.any():
        return np.zeros((len(values), 1))
    values, spread = values[:, varies], spread[varies]
    return ((values - values.mean(axis=0)) / spread).clip(-FARTHEST, FARTHEST)


def _ask(
    values: np.ndarray, answers: list[np.ndarray], folds: list, classes: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each of `answers` (codes of classes) what `_score` says of them, out of fold."""
    from sklearn.kernel_approximation import Nystroem
    from sklearn.linear_model import Ridge

    prepared, scores = [], []
    for train, asked in folds:
        landmarks = min(LANDMARKS, len(train))
        kernel = Nystroem(gamma=0.5 / values.shape[1], n_components=landmarks, random_state=seed)
        prepared.append((kernel.fit_transform(values[train]), kernel.transform(values[asked])))
    at_once = max(1, MOST_COLUMNS // classes)
    for start in range(0, len(answers), at_once):
        block = answers[start : start + at_once]
        own = np.concatenate([np.eye(classes)[codes] for codes in block], axis=1)
        found = np.zeros_like(own)
        for (train, asked), (known, new) in zip(folds, prepared, strict=True):
            shares = own[train].mean(axis=0)
            answered = Ridge().fit(known, own[train]).predict(new)
            # So many standard deviations above its share, or the commonest would be all answers.
            spread = np.sqrt(np.maximum(shares * (1 - shares), 1e-9))
            found[asked] = (answered - shares) / spread
        each = np.split(found, len(block), axis=1)
        scores += [_score(one, codes) for one, codes in zip(each, block, strict=True)]
    return scores


def _score(found: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Recall of each class, and for each pair of classes the area under the ROC curve of the
    first one's score, images of the first against images of the second (0 against itself)."""
    classes = found.shape[1]
    right = found.argmax(axis=1) == codes
    counts = np.bincount(codes, minlength=classes)
    recalls = np.bincount(codes, right, minlength=classes) / counts
    pairs = np.zeros((classes, classes), np.float32)
    for one, scores in enumerate(found.T.round(9)):
        own = np.sort(scores[codes == one])
        below = np.searchsorted(own, scores, "left") + np.searchsorted(own, scores, "right")
        pairs[one] = 1 - np.bincount(codes, below, classes) / (2 * counts * len(own))
        pairs[one, one] = 0
    return recalls, pairs


def _above(pairs: Sequence[np.ndarray], images: np.ndarray) -> np.ndarray:
    """For each of the shuffles and each class, in how many comparisons of one of its images with
    one of another class, divided by its images, its own is ranked above."""
    return np.array([one @ images.astype(float) for one in pairs])


def _sure(area, chance, p):
    return (p < SURE) & (area > chance + LEAD)


def _given(
    pairs: Sequence[np.ndarray], above: np.ndarray, images: np.ndarray, sure: np.ndarray
) -> np.ndarray:
    """Which of the classes that are surely told are told from the others that are not.

    The class told best is set aside, and the next judged against what is left, and so on: beside
    one class that is told, all others are "not that one", which is no shortcut of theirs.
    """
    given, above, others = np.zeros(len(images), bool), above.copy(), images.sum()
    while (left := np.flatnonzero(sure & ~given)).size:
        if (~given).sum() == 1:  # told from each of the others, for each of them is told
            given[left] = True
            break
        areas = above[:, left] / (others - images[left])
        p = (~given).sum() * _exceeds(areas[0], areas[1:])
        told = np.where(_sure(areas[0], areas[1:].mean(axis=0), p), areas[0], -1)
        if told.max() < 0:
            break
        best = left[told.argmax()]
        given[best] = True
        above -= np.array([one[:, best] for one in pairs], float) * images[best]
        others -= images[best]
    return given


def _exceeds(value, others: np.ndarray):
    """One-sided p of a value beside `others` drawn by chance (Student's prediction interval), of
    several at once where they stand in columns."""
    spread = others.std(axis=0, ddof=1) * np.sqrt(1 + 1 / len(others))
    mean, flat = others.mean(axis=0), spread < 1e-12
    p = stats.t.sf((value - mean) / np.where(flat, 1, spread), len(others) - 1)
    return np.where(flat, (value <= mean + 1e-12).astype(float), p)
