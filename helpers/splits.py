"""Splitting a dataset so that what is validated on is new: whole specimens, whole duplicates."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from helpers.copies import confirmed
from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import count, some


def split(
    dataset: Dataset,
    valid: float = 0.2,
    test: float | None = None,
    seed: int = 0,
    groups: pd.Series | None = None,
    duplicates: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Train and validation split, stratified by label, whole groups on one side.

    Groups are visited in random order and join validation while that brings its classes nearer to
    their shares. Unlike a fold of scikit-learn's ``StratifiedGroupKFold``, any share can be asked
    for, and a class with two groups or more is always on both sides.

    Parameters
    ----------
    dataset : Dataset
        Rows that are "test" already stay so; other splits are decided anew.
    valid, test : float
        Shares of the images, each above 0 and together below 1. `test` only where the dataset has
        no test images yet; its share is taken first.
    seed : int
    groups : Series by image_id, optional
        Images of one group stay together; by default ``dataset.groups``.
    duplicates : DataFrame, optional
        Pairs as from `find_duplicates` (image_id, other_id): both stay together, and so do their
        groups. Probable copies (kind) do not.

    Returns
    -------
    DataFrame by image_id
        split: "train", "valid", "test", or missing where there is no label. Apply it with
        ``dataset.with_images(dataset.images.assign(split=table["split"]))``.

    Raises
    ------
    DatasetError
        No labels, impossible shares, or test images asked for where there are some.

    Warns
    -----
    UserWarning
        A class has one group only, so that all of it has to be in train.
    """
    dataset.require_labels()
    images = dataset.images
    closed = images["split"].eq("test").fillna(False).to_numpy(bool)
    if not (0 < valid < 1 and 0 < valid + (test or 0) < 1 and (test is None or test > 0)):
        raise DatasetError(
            f"valid={valid} and test={test} are no shares; expected each above 0 and their sum "
            "below 1, e.g. valid=0.2, test=0.2."
        )
    if test and closed.any():
        raise DatasetError(
            f"{dataset.name!r} has {closed.sum():,} test images already, which stay as they are; "
            "leave test= out."
        )
    open_rows = images[~closed & images["label"].notna().to_numpy()]
    group = _join(dataset.groups if groups is None else groups, duplicates, open_rows.index)
    counts = pd.crosstab(group, open_rows["label"].astype("str"))
    if single := list(counts.columns[(counts > 0).sum() < (3 if test else 2)]):
        warnings.warn(
            f"{some(single, 5)}: too few groups of images to be on every side of the split, so "
            "train comes first; collect images of other specimens, or leave the class out.",
            stacklevel=2,
        )
    rng = np.random.default_rng(seed)
    side = pd.Series("train", counts.index)
    for name, share in (("test", test), ("valid", valid)):
        if share:
            rest = counts[side == "train"]
            side[_choose(rest, share * counts.sum(), rng)] = name
    found = pd.Series(pd.NA, images.index, dtype="str", name="split")
    found[closed] = "test"
    found[open_rows.index] = group.map(side)
    return found.to_frame()


def ensure_split(dataset: Dataset, valid: float = 0.2, seed: int = 0) -> Dataset:
    """The dataset with train and valid images: those it came with, else those of `split`.

    Where no column says which images belong together, copies are looked for (`find_duplicates`),
    so that a picture and its copy stay on one side. What was done with a dataset of your own is
    printed.

    Raises
    ------
    DatasetError
        No labels.
    """
    dataset.require_labels()
    splits = dataset.images["split"][dataset.images["label"].notna()]
    train, valids = ((splits == side).sum() for side in ("train", "valid"))
    if train and valids:
        print(f"The split this dataset came with: train {train:,}, valid {valids:,}.")
        return dataset
    pairs = None
    if not dataset.has_groups:
        from helpers.audit import find_duplicates

        pairs = find_duplicates(dataset)
        print(
            f"No column says which images belong together; {count(confirmed(pairs), 'pair')} of "
            "copies stay on one side of the split."
        )
    chosen = split(dataset, valid, seed=seed, duplicates=pairs)["split"]
    return dataset.with_images(dataset.images.assign(split=chosen))


def _choose(counts: pd.DataFrame, wanted: pd.Series, rng: np.random.Generator) -> pd.Index:
    """Groups (rows of `counts`, per class) that together come near to the `wanted` counts."""
    table, wanted = counts.to_numpy(float), wanted.to_numpy(float)
    weight = 1 / np.maximum(wanted, 1)
    taken, left, have = [], (table > 0).sum(0), np.zeros(len(wanted))
    for i in rng.permutation(len(table)):
        shows = table[i] > 0
        gain = (weight * ((have - wanted) ** 2 - (have + table[i] - wanted) ** 2)).sum()
        first = (shows & (have == 0) & (left > 1)).any()  # or a large group would end a class
        if (gain > 0 or first) and (left[shows] > 1).all():
            taken.append(i)
            have, left = have + table[i], left - shows
    return counts.index[taken]


def _join(groups: pd.Series, duplicates: pd.DataFrame | None, index: pd.Index) -> pd.Series:
    """The number of the group of each image, groups that share duplicates being one."""
    linked = duplicates is not None and len(duplicates := confirmed(duplicates))
    pairs = [duplicates["image_id"], duplicates["other_id"]] if linked else []
    # An image that is not split itself may be what links others that are.
    every = index.append([pd.Index(ids) for ids in pairs]).unique()
    known = groups.reindex(every)
    codes, names = pd.factorize(known.where(known.notna(), every.to_series()))
    if pairs:
        ends = [codes[every.get_indexer(ids)] for ids in pairs]
        graph = coo_array((np.ones(len(duplicates)), ends), shape=(len(names), len(names)))
        codes = connected_components(graph, directed=False)[1][codes]
    return pd.Series(codes[: len(index)], index)
