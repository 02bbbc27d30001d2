"""Which images stay together: those of one group, copies, and the groups that share copies."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import some

SIDES = ("train", "valid", "test")
BY_HASHES = (
    "Copies were compared by hashes alone, as every image is of a group of yours: those that are "
    "cut or turned far, and in another group, were not looked for. With from helpers.audit import "
    "find_duplicates and from helpers.training import embed, {}=find_duplicates(dataset, "
    "features=embed(dataset)) looks for them, too."
)


def search_copies(dataset: Dataset, progress: bool = True) -> pd.DataFrame:
    """Pairs as from `find_duplicates`, by which copies are kept together where none are given.

    Searched with the embedding, so that copies that are cut or turned far are found as well. Only
    where the dataset says of every image which group it is of, hashes alone are compared: cut and
    turned copies are taken to be in the group of their original, and those that are not are missed.
    What `find_duplicates` warns of is printed.
    """
    from helpers.audit import find_duplicates

    looks = None
    if not are_grouped(dataset) and len(dataset) > 1:
        from helpers.training import embed

        looks = embed(dataset, progress=progress)  # without a row for what cannot be read
        looks = looks if len(looks) else None
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        pairs = find_duplicates(dataset, features=looks, progress=progress)
    for one in told:  # as a sentence, since the line of this file says nothing to who divides
        if one.category is UserWarning:
            print(one.message)
        else:
            warnings.warn(one.message, one.category, stacklevel=2)
    return pairs


def are_grouped(dataset: Dataset) -> bool:
    """Whether the dataset says of every image which group it is of (see `search_copies`)."""
    return bool(
        dataset.group and dataset.images[dataset.group].notna().all() and dataset.has_groups
    )


def tell_by_hashes(dataset: Dataset, argument: str) -> None:
    """Print that hashes alone were compared, of a dataset of your own, and which `argument` takes
    the pairs of a search that compares more."""
    if are_grouped(dataset) and dataset.planted is None:
        print(BY_HASHES.format(argument))


def check_pairs(pairs: pd.DataFrame | None) -> pd.DataFrame:
    """Pairs with their columns image_id, other_id and kind ("near" where it is not told)."""
    if pairs is None or not len(pairs):
        return pd.DataFrame({"image_id": [], "other_id": [], "kind": []}, dtype="str")
    if missing := [name for name in ("image_id", "other_id") if name not in pairs]:
        raise DatasetError(
            f"The table of pairs has no column {some(map(repr, missing))} (columns: "
            f"{some(pairs.columns, 6)}); expected one as find_duplicates(dataset) returns it."
        )
    pairs = pairs if "kind" in pairs else pairs.assign(kind="near")
    return pairs[["image_id", "other_id", "kind"]].astype("str").reset_index(drop=True)


def sure_pairs(pairs: pd.DataFrame | None) -> pd.DataFrame:
    """As `check_pairs`, without those that are only probable copies."""
    pairs = check_pairs(pairs)
    return pairs[pairs["kind"] != "probable"]


def link(codes: np.ndarray, ends: list[np.ndarray]) -> np.ndarray:
    """`codes` (0 to n − 1, all of them there), those linked at both `ends` being one.

    Numbered by first appearance.
    """
    most = codes.max(initial=-1) + 1
    graph = coo_array((np.ones(len(ends[0])), ends), shape=(most, most))
    return connected_components(graph, directed=False)[1][codes] if most else codes


def join_groups(groups: pd.Series, duplicates: pd.DataFrame | None, index: pd.Index) -> pd.Series:
    """The number of the group of each image, groups that share copies being one.

    Parameters
    ----------
    groups : Series by image_id
        What says which images belong together; an image without a value is a group of its own.
    duplicates : DataFrame of pairs, or None
    index : Index of image ids

    Returns
    -------
    Series of int by image_id: `index` and after it the other images of `duplicates`
    """
    pairs = sure_pairs(duplicates)
    # An image that is not asked for itself may be what links others that are.
    every = index.append([pd.Index(pairs[end]) for end in ("image_id", "other_id")]).unique()
    codes = pd.factorize(groups.reindex(every))[0]
    codes = np.where(codes < 0, len(every) + np.arange(len(every)), codes)
    # Numbered as they come, so that a seed draws the same groups whatever they are called.
    codes = pd.factorize(codes)[0]
    ends = [codes[every.get_indexer(pairs[end])] for end in ("image_id", "other_id")]
    return pd.Series(link(codes, ends), every)


def tie_copies(dataset: Dataset, duplicates: pd.DataFrame | None) -> Dataset:
    """The dataset whose `groups` count sure copies as one thing, together with the groups of both;
    itself where none tie anything that was apart.

    A picture and its copy are right or wrong together, so that whoever counts both believes an
    interval too narrow, and whoever asks about one has learned from the other.
    """
    groups = dataset.groups
    joined = groups.groupby(join_groups(groups, duplicates, groups.index)[groups.index])
    tied = joined.transform("nunique") > 1
    if not tied.any():
        return dataset
    if dataset.copies is not None:
        tied |= groups.index.isin(dataset.copies.index)
    return replace(dataset, copies=joined.transform("first")[tied])


def earlier_sides(previous: pd.DataFrame | pd.Series | None) -> pd.Series:
    """Side by image_id as an earlier split had it; images without one are left out.

    Raises
    ------
    DatasetError
        No column split, an image with two rows, or a word that is no side.
    """
    if previous is None:
        return pd.Series(dtype="str")
    if isinstance(previous, pd.DataFrame):
        if "split" not in previous:
            raise DatasetError(
                f"previous= has no column 'split' (columns: {some(previous.columns, 6) or 'none'});"
                " expected what split(dataset) returned, or dataset.images."
            )
        previous = previous["split"]
    sides = previous.dropna().astype("str")
    if odd := sorted(set(sides) - set(SIDES)):
        raise DatasetError(f"previous= has sides {some(odd)}; expected {', '.join(SIDES)}.")
    if twice := list(sides.index[sides.index.duplicated()]):
        raise DatasetError(f"previous= has more than one row for an image: {some(twice)}.")
    return sides


def sides_of_groups(group: pd.Series, before: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The side that each group had, by group number; and the images of groups that had several.

    Where a group was on several sides, new images of it go to the first of train, valid and test,
    since there they make no further image one that is judged on what was learned.
    """
    rank = before.map({side: number for number, side in enumerate(SIDES)}).astype(int)
    by_group = rank.groupby(group.reindex(before.index).to_numpy())
    fixed = by_group.min().map(dict(enumerate(SIDES)))
    torn = before[by_group.transform("nunique") > 1]
    return fixed, torn
