"""Proposals that were accepted become a column of groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import some
from helpers.splits.naming import linked

_FIRM = 3
"""Groups of so many images or more are joined by two pairs, not by one (see `find_bridges`)."""


def apply_groups(
    dataset: Dataset, proposals: pd.DataFrame, column: str = "suggested_group"
) -> Dataset:
    """The dataset with a metadata column of groups, which is its `group` from then on.

    Parameters
    ----------
    proposals : DataFrame of pairs image_id, other_id
        Those of `suggest_groups` that you accept: every row given is taken, but for those without
        an `expected`, whose labels differ; give them one to take them too.
    column : str
        Its name. Where the dataset has a group column already, both are joined: images that share
        either are in one group.

    Raises
    ------
    DatasetError
        The column is there already, or proposals name images that the dataset does not have.
    """
    if column in dataset.images.columns:
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


def find_bridges(pairs: np.ndarray, count: int) -> np.ndarray:
    """Pairs that alone would join two groups of three images or more, a bool for each.

    One wrong pair in a hundred is enough to chain all groups of a class into one. So pairs are
    followed from the first, which should be the surest; one that joins two groups of three or more
    waits until a second pair joins the same two, by other images at both ends.

    Parameters
    ----------
    pairs : int array, n × 2
        The surest first.
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
    for row, (one, other) in enumerate(pairs.tolist()):
        here, there = root(one), root(other)
        if here != there and min(size[here], size[there]) < _FIRM:
            join(here, there)
        elif here != there:
            waiting.append(row)
    while waiting:
        links: dict[tuple, list] = {}
        for row in waiting:
            here, there = pairs[row].tolist()
            if root(here) > root(there):
                here, there = there, here
            if root(here) != root(there):
                links.setdefault((root(here), root(there)), []).append((here, there))
        firm = [ends for ends, found in links.items()
                if min(len({pair[side] for pair in found}) for side in (0, 1)) > 1]  # fmt: skip
        if not firm:
            break
        for here, there in firm:
            if root(here) != root(there):
                join(root(here), root(there))
    left = np.zeros(len(pairs), bool)
    left[[row for row in waiting if root(pairs[row, 0]) != root(pairs[row, 1])]] = True
    return left
