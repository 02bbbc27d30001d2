"""`ensure_split`: the split a dataset came with, looked at for leaks, or else one of our own."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pandas as pd

from helpers.datasets import Dataset
from helpers.datasets.words import count
from helpers.splits.dividing import split
from helpers.splits.joining import (
    SIDES,
    join_groups,
    search_copies,
    sure_pairs,
    tell_by_hashes,
    tie_copies,
)
from helpers.splits.leaks import check_leakage, describe_leakage

ONLY_COPIES = "only copies were looked for"
"""What the note says of a given split without groups."""


def ensure_split(
    dataset: Dataset, valid: float = 0.2, seed: int = 0, given: bool = True,
    duplicates: pd.DataFrame | None = None,
) -> Dataset:  # fmt: skip
    """The dataset with train and valid images: those it came with, else those of `split`.

    Copies are looked for (`search_copies`), so that a picture and its copy stay on one side,
    together with the groups of both, and are of one of the `groups` of the dataset that is returned
    (`tie_copies`). A split that the dataset came with is kept as it is, and images and groups on
    two sides of it are counted. What was done with a dataset of your own is printed.

    Parameters
    ----------
    valid, seed
        As in `split`.
    given : bool
        False divides train and valid anew even where the dataset came with both. Test images stay.
    duplicates : DataFrame of pairs, optional
        As from `find_duplicates`. Where they are not given, they are searched with the embedding
        or, of a dataset with a group for every image, by hashes alone.

    Raises
    ------
    DatasetError
        No labels, or groups so few that a side would be empty.

    Warns
    -----
    UserWarning
        Copies, or images of one group, lie on two sides of the split that is returned.
    """
    dataset.require_labels()
    splits = dataset.images["split"][dataset.images["label"].notna()]
    pairs = duplicates
    if pairs is None:
        pairs = search_copies(dataset)
        tell_by_hashes(dataset, "duplicates")
    keep = given and splits.isin(["train"]).any() and splits.isin(["valid"]).any()
    if not keep:
        chosen = split(dataset, valid, seed=seed, duplicates=pairs)["split"]
        sure = sure_pairs(pairs)
        here = sure[["image_id", "other_id"]].isin(dataset.images.index).all(axis=1)
        _tell_own(dataset, splits, sure[here])
        dataset = dataset.with_images(dataset.images.assign(split=chosen))
    leaks = check_leakage(dataset, pairs)
    if keep:
        _tell_given(dataset, splits, leaks)
    leaks = leaks[leaks["kind"] != "probable"]
    if len(leaks):
        name, more = "divided", " (divided being what ensure_split returned)"
        if keep:
            name, more = "dataset", ", or divide anew: ensure_split(dataset, given=False)"
        warnings.warn(
            f"{describe_leakage(leaks)} Scores there flatter; check_leakage({name}) lists them. "
            f"Leave out what leaks: {name}.with_images({name}.images.drop(check_leakage({name})"
            f"['image_id'])){more}.",
            stacklevel=2,
        )
    return tie_copies(dataset, pairs)


def _tell_given(dataset: Dataset, splits: pd.Series, leaks: pd.DataFrame) -> None:
    sizes = splits.value_counts()
    said = ", ".join(f"{side} {sizes[side]:,}" for side in SIDES if side in sizes)
    print(f"The split this dataset came with: {said}.")
    if undecided := splits.isna().sum():
        print(
            f"{undecided:,} labelled images are on no side and stay out; split(dataset, "
            "previous=dataset.images) places them too."
        )
    if not dataset.has_groups:
        unsure = leaks["kind"].eq("probable")
        found = "" if len(leaks) > unsure.sum() else "; no pair lies on two sides"
        if unsure.any():
            found += f"; {count(leaks[unsure], 'probable pair')} on two sides, to be looked at"
        print(f"No column says which images belong together, so {ONLY_COPIES}{found}.")


def _tell_own(dataset: Dataset, splits: pd.Series, pairs: pd.DataFrame) -> None:
    if splits.isin(["train", "valid"]).any():
        stay = splits.eq("test").sum()
        print(
            "Train and validation images are divided anew"
            + (f"; the {stay:,} test images stay." if stay else ".")
        )
    if not dataset.has_groups:
        found = "among those divided no sure copies were found, so each went by itself"
        if len(pairs):
            stay = "stays" if len(pairs) == 1 else "stay"
            copies = "near copies" if pairs["kind"].eq("near").all() else "copies"
            found = f"{count(pairs, 'pair')} of {copies} {stay} on one side of the split"
        print(f"No column says which images belong together; {found}.")
        return
    alone = join_groups(replace(dataset, copies=None).groups, None, dataset.images.index)
    ends = [alone.reindex(pairs[end]).to_numpy() for end in ("image_id", "other_id")]
    across = pairs[ends[0] != ends[1]]
    if len(across):
        lie = "lies" if len(across) == 1 else "lie"
        print(
            f"{count(across, 'pair')} of copies {lie} in two groups of {dataset.group!r} each; "
            "those groups stay on one side together."
        )
