"""Proposals that were accepted become a column of groups."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import some
from helpers.splits.naming import linked

GROUPS = "suggested_group"

_FIRM, _LINKS, _SHARE = 3, 2, 0.2
"""Groups of so many images or more are joined by so many pairs or more, which are such a share of
the pairs compared between the two (see `find_bridges`)."""


def apply_groups(dataset: Dataset, proposals: pd.DataFrame, column: str | None = None) -> Dataset:
    """The dataset with a metadata column of groups, which is its `group` from then on.

    Parameters
    ----------
    proposals : DataFrame of pairs image_id, other_id
        Those of `suggest_groups` that you accept: every row given is taken, but for those without
        an `expected`, whose labels differ; give them one to take them too.
    column : str, optional
        Its name; "suggested_group" if left out, with a number where that is there already, as in
        what a report exported. Where the dataset has a group column already, both are joined:
        images that share either are in one group.

    Raises
    ------
    DatasetError
        The column that you name is there already, or proposals name images that the dataset does
        not have.
    """
    taken = dataset.images.columns
    if column is None:
        numbered = (f"{GROUPS}_{number}" for number in itertools.count(2))
        column = next(name for name in itertools.chain([GROUPS], numbered) if name not in taken)
    elif column in taken:
        raise DatasetError(
            f"{dataset.name!r} has a column {column!r} already; name another: "
            "apply_groups(dataset, proposals, column='…')."
        )
    pairs = proposals[["image_id", "other_id"]]
    if "expected" in proposals:
        pairs = pairs[proposals["expected"].notna()]
    index = dataset.images.index
    named = pd.unique(pairs.to_numpy(dtype=object).ravel())
    if unknown := [one for one in named if one not in index]:
        raise DatasetError(
            f"The proposals name {some(unknown)}, which {dataset.name!r} does not have; "
            "suggest groups for this dataset."
        )
    links = [np.stack([index.get_indexer(pairs[each]) for each in pairs], axis=1)]
    if dataset.group is not None:
        links.append(linked(dataset.images[dataset.group], most=1))
    number = number_groups(np.concatenate(links), len(index))
    values = pd.Series(number, index).map(lambda one: f"group {one}", na_action="ignore")
    return dataset.with_images(dataset.images.assign(**{column: values.astype("str")})).with_group(
        column
    )


def number_groups(pairs: np.ndarray, count: int) -> pd.array:
    """For each of `count` images the number of its group, from 1 by first image; missing alone."""
    graph = coo_array((np.ones(len(pairs)), tuple(pairs.T)), shape=(count, count))
    part = connected_components(graph, directed=False)[1]
    together = pd.Series(part).duplicated(keep=False).to_numpy()
    numbers = pd.array(np.zeros(count), "Int64")
    numbers[together] = pd.factorize(part[together])[0] + 1
    numbers[~together] = pd.NA
    return numbers


def find_bridges(pairs: np.ndarray, compared: np.ndarray, count: int) -> np.ndarray:
    """Pairs that would join two groups which otherwise do not agree, a bool for each.

    One wrong pair in a hundred is enough to chain all groups of a class into one. So pairs are
    followed from the first, which should be the surest; but two groups of three images or more are
    joined only where two pairs at least say so, and a fifth of the pairs between them that were
    compared; the two that agree most come first. Of 11,184 pairs of 3,946 photos of leaves 80
    are left out so; the largest group then is one leaf, 190 photos, and would be 320 of several.

    Parameters
    ----------
    pairs : int array, n × 2
        The surest first.
    compared : int array, m × 2
        All pairs that were compared, `pairs` among them.
    count : int
        Images.
    """
    parent, size = np.arange(count), np.ones(count, int)

    def root(one):
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    def join(one, other):
        parent[other] = one
        size[one] += size[other]

    waiting = []
    for row, ends in enumerate(pairs.tolist()):
        here, there = map(root, ends)
        if here != there and min(size[here], size[there]) < _FIRM:
            join(here, there)
        elif here != there:
            waiting.append(row)
    while waiting:
        roots = np.array([root(one) for one in range(count)])
        asked, links = _between(roots[pairs[waiting]], count)
        whole, total = _between(roots[compared], count)
        share = links / total[np.searchsorted(whole, asked)]
        share[(links < _LINKS) | (share < _SHARE)] = 0
        if not share.any():
            break
        join(*divmod(asked[share.argmax()], count))
    roots = np.array([root(one) for one in range(count)])
    left = np.zeros(len(pairs), bool)
    left[waiting] = np.not_equal(*roots[pairs[waiting]].T)
    return left


def _between(ends: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Each two groups that pairs lie between, as one number, and how many pairs do."""
    ends = np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1)
    return np.unique(ends[:, 0] * count + ends[:, 1], return_counts=True)
