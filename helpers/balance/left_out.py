"""Answers of heads that learned from no photo of a camera, beside those that learned as much."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd

from helpers.datasets import Dataset
from helpers.datasets.steps import saved
from helpers.training import heads, train_head

_ROUNDS = 5
"""A part that is drawn at random holds a fifth of a class at least, so that five hold all."""


def answer_left_out(
    dataset: Dataset, origin: pd.Series, features: pd.DataFrame, seed: int = 0
) -> pd.DataFrame:
    """Whether linear heads name each image rightly that learned from none of its day, and those
    that learned from as many images. Saved as a step.

    Of a day with a tenth of the photos the former learn from nine tenths, and so do the latter; of
    the day with nine tenths both learn from a tenth: their answers are only compared day by day.

    Parameters
    ----------
    dataset : Dataset
        Its labelled development images are learned from.
    origin : Series of str by image_id
        The day, say, of the images that are asked about, all of which have a label.
    features : DataFrame by image_id, numbers only, e.g. from `helpers.training.embed`
    seed : int
        Draws the parts (see `draw_like`).

    Returns
    -------
    DataFrame of bool by image_id, in the order of `origin`: new, control
    """
    labels = dataset.development.images["label"].dropna()
    labels = labels[labels.index.isin(features.index)].sort_index()
    groups = dataset.groups[labels.index].astype(str)

    def build() -> pd.DataFrame:
        found = pd.DataFrame(False, labels.index.intersection(origin.index), ["new", "control"])
        waiting = pd.Series(True, found.index)
        for value in sorted(origin.unique()):
            own = origin.index[origin == value].intersection(found.index).sort_values()
            found.loc[own, "new"] = _are_right(features, labels, own, own)
            for part in draw_like(own, labels, groups, seed):
                asked = own[own.isin(part) & waiting[own].to_numpy()]
                found.loc[asked, "control"] = _are_right(features, labels, part, asked)
                waiting[asked] = False
        return found

    return saved(
        dataset, "left out", build, inputs=[origin.to_frame(), features, seed],
        code=(sys.modules[__name__], heads),
    ).loc[origin.index]  # fmt: skip


def draw_like(
    own: pd.Index, labels: pd.Series, groups: pd.Series, seed: int = 0
) -> Iterator[pd.Index]:
    """Parts, each with as many images of every class as `own` has, or a fifth of the class where
    that is more, drawn at random from all images; each image of these classes is in one at least.

    Of each class the groups stand in random order, and a part is a window on them, so that a group
    is cut at its ends alone.
    """
    rng, rows = np.random.default_rng(seed), []
    for one in sorted(labels[own].unique()):
        ids = labels.index[labels == one]
        size = max(int((labels[own] == one).sum()), -(-len(ids) // _ROUNDS))
        names = groups[ids]
        places = pd.Series(rng.permutation(names.nunique()), sorted(names.unique()))
        rows.append((ids[np.argsort(names.map(places).to_numpy(), kind="stable")], size))
    for number in range(max(-(-len(ids) // size) for ids, size in rows)):
        windows = []
        for ids, size in rows:
            start = min(number % -(-len(ids) // size) * size, len(ids) - size)
            windows.append(ids[start : start + size])
        yield pd.Index(np.concatenate(windows))


def _are_right(
    features: pd.DataFrame, labels: pd.Series, out: pd.Index, asked: pd.Index
) -> np.ndarray:
    """Whether a head that learned from all but the images `out` names those `asked` rightly."""
    learned = labels.drop(out)
    if asked.empty or learned.nunique() < 2:
        return (labels[asked] == (learned.iloc[0] if len(learned) else None)).to_numpy()
    named = train_head(features, learned).predict_proba(features.loc[asked]).idxmax(axis=1)
    return (named == labels[asked]).to_numpy()
