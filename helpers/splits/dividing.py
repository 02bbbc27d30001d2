"""`split`: train, validation and test images by share or by date, whole groups on one side.

`ensure_split`, which keeps a split that is there already, is in `given`.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.grouping import why_not_dividing
from helpers.datasets.words import count, some
from helpers.splits.joining import SIDES, earlier_sides, join_groups, sides_of_groups
from helpers.splits.ordering import place_by_order, read_order
from helpers.splits.searching import TOLERANCE, Problem, place_groups


def split(
    dataset: Dataset,
    valid: float = 0.2,
    test: float | None = None,
    seed: int = 0,
    groups: pd.Series | str | None = None,
    duplicates: pd.DataFrame | None = None,
    previous: pd.DataFrame | pd.Series | None = None,
    order: pd.Series | str | None = None,
) -> pd.DataFrame:
    """Train and validation split, stratified by label, whole groups on one side.

    The share of all images comes within 5 points of what is asked for wherever whole groups allow
    it with every class on every side, and as near as can be elsewhere, which a warning tells.
    Unlike a fold of scikit-learn's ``StratifiedGroupKFold``, any share can be asked for, and a
    class with two groups or more is always on both sides.

    Parameters
    ----------
    dataset : Dataset
        Rows that are "test" already stay so; other splits are decided anew.
    valid, test : float
        Shares of the images that are divided, each above 0 and together below 1. `test` only where
        the dataset has no test images yet.
    seed : int
        The same seed gives the same split; another one another of those that are equally good.
    groups : str, or Series by image_id, optional
        A metadata column, or a value for each image: images of one group stay together. By default
        ``dataset.groups``.
    duplicates : DataFrame, optional
        Pairs as from `find_duplicates` (image_id, other_id): both stay together, and so do their
        groups. Pairs that are only probable do not.
    previous : DataFrame with a column split, or Series by image_id, optional
        An earlier split of the same dataset: each of its images keeps its side, and new images go
        where others of their group are.
    order : str, or Series by image_id, optional
        A column of dates or numbers: the latest groups are test and then valid, so that no training
        image is later than the latest of any group validated on. Classes are not balanced then, and
        `seed` decides only between equal dates.

    Returns
    -------
    DataFrame by image_id
        split: "train", "valid", "test", or missing where there is no label. Apply it with
        ``dataset.with_images(dataset.images.assign(split=table["split"]))``.

    Raises
    ------
    DatasetError
        No labels, impossible shares, test images asked for where there are some, no such column, or
        groups so few that a side would be empty.

    Warns
    -----
    UserWarning
        A class has too few groups to be on every side; a share is more than 5 points off; a group
        was on several sides of `previous`; images have no date.
    """
    dataset.require_labels()
    _check_shares(dataset, valid, test, previous)
    before, ids = earlier_sides(previous), dataset.images.index
    column = groups if isinstance(groups, str) else dataset.group
    own = column is None or column == dataset.group
    names = (dataset if own else dataset.with_group(column)).groups
    if isinstance(groups, pd.Series):
        column, names = None, groups
    group = join_groups(names, duplicates, ids.append(before.index.difference(ids)))
    known = _known_sides(dataset, group, before)
    labels = dataset.images["label"].astype("str").dropna()
    if not test:  # what is test already is not divided
        labels = labels[~labels.index.isin(known.index[known == "test"])]
    if labels.empty:
        raise DatasetError(f"All labelled images of {dataset.name!r} are test images already.")
    shares = np.array([1 - valid - (test or 0), valid, *([test] if test else [])])
    free = labels.index.difference(known.index, sort=False)
    problem, rows = _tabulate(labels, group, known, free, shares)
    rng = np.random.default_rng(seed)
    if order is None or free.empty:
        _tell_rare(problem, labels)
        placed = place_groups(problem, rng)
    else:
        dates = read_order(dataset, order, free).groupby(rows).max()
        sizes, base = problem.counts.sum(1), problem.base.sum(1)
        placed = place_by_order(dates.to_numpy(), sizes, problem.wanted.sum(1) - base, rng)
    found = pd.Series(pd.NA, ids, dtype="str", name="split")
    found[known.index] = known
    found[free] = np.array(SIDES)[placed[rows]]
    if order is not None:
        _tell_late(found, labels)
    _check_sides(dataset, found[labels.index], labels, group, shares, column)
    return found.to_frame()


def _check_shares(dataset: Dataset, valid: float, test: float | None, previous) -> None:
    if not (valid > 0 and (test is None or test > 0) and valid + (test or 0) < 1):
        raise DatasetError(
            f"valid={valid} and test={test} are no shares; expected each above 0 and their sum "
            "below 1, e.g. valid=0.2, test=0.2."
        )
    closed = dataset.images["split"].eq("test").fillna(False)
    if test and closed.any() and previous is None:
        raise DatasetError(
            f"{dataset.name!r} has {closed.sum():,} test images already, which stay as they are; "
            "leave test= out."
        )


def _known_sides(dataset: Dataset, group: pd.Series, before: pd.Series) -> pd.Series:
    """The sides of images that are not to be divided, and of new ones of the same groups."""
    images = dataset.images
    closed = images.index[images["split"].eq("test").fillna(False).to_numpy(bool)]
    kept = before[before.index.isin(images.index)]
    if len(moved := kept[kept.index.isin(closed) & (kept != "test")]):
        warnings.warn(
            f"{count(moved, 'image')} of previous= on another side are test images of "
            f"{dataset.name!r} now, and stay so: {some(moved.index)}.",
            stacklevel=3,
        )
    fixed, torn = sides_of_groups(group, before)
    if len(torn):
        parts = torn.groupby(group[torn.index].to_numpy()).agg(_say_sides)
        warnings.warn(
            f"{count(parts, 'group')} of images that belong together now had been on several "
            "sides, and each image keeps its side, so that these leak (check_leakage lists them): "
            f"{some(parts)}.",
            stacklevel=3,
        )
    labelled = images.index[images["label"].notna()]
    inherited = group[labelled].map(fixed).dropna().astype("str")
    known = inherited.drop(kept.index, errors="ignore")
    known = pd.concat([kept, known]).drop(closed, errors="ignore")
    return pd.concat([known, pd.Series("test", closed, dtype="str")])


def _say_sides(sides: pd.Series) -> str:
    """ "3 in train such as a.jpg, 1 in valid such as b.jpg"."""
    parts = ((side, sides.index[sides == side]) for side in SIDES)
    return ", ".join(f"{len(ids):,} in {side} such as {ids[0]}" for side, ids in parts if len(ids))


def _tabulate(
    labels: pd.Series, group: pd.Series, known: pd.Series, free: pd.Index, shares: np.ndarray
) -> tuple[Problem, np.ndarray]:
    """What is to be placed beside what is known, and the row of each of the `free` images in it."""
    codes, classes = pd.factorize(labels, sort=True)
    codes = pd.Series(codes, labels.index)
    numbers, rows = np.unique(group[free].to_numpy(), return_inverse=True)
    ends = rows, codes[free].to_numpy()
    counts = csr_array((np.ones(len(free)), ends), shape=(len(numbers), len(classes)))
    counts.sum_duplicates()
    base = np.zeros((len(shares), len(classes)), int)
    told = labels.index[labels.index.isin(known.index)]
    np.add.at(base, ([SIDES.index(side) for side in known[told]], codes[told].to_numpy()), 1)
    return Problem(counts, base, shares), rows


def _tell_rare(problem: Problem, labels: pd.Series) -> None:
    groups = (problem.counts > 0).sum(0) + (problem.base > 0).sum(0)
    rare = np.flatnonzero(groups < len(problem.shares))
    if rare.size:
        classes, images = sorted(labels.unique()), problem.wanted.sum(0).round()
        names = [classes[c] for c in rare]
        sizes = (f"{images[c]:.0f} in {groups[c]}" for c in rare)
        warnings.warn(
            f"{some(names, 5)}: too few groups of images to be on every side of the split (images "
            f"in groups: {some(list(sizes), 5)}), so train comes first; collect images of other "
            "specimens, or leave the class out.",
            stacklevel=3,
        )


def _tell_late(found: pd.Series, labels: pd.Series) -> None:
    here = found[labels.index]
    if late := sorted(set(labels) - set(labels[here == "train"])):
        warnings.warn(
            f"{some(late, 5)}: only among the latest images, so not in train, and what is not "
            "learned cannot be told; leave the class out, or divide without order=.",
            stacklevel=3,
        )


def _check_sides(
    dataset: Dataset,
    found: pd.Series,
    labels: pd.Series,
    group: pd.Series,
    shares: np.ndarray,
    column: str | None,
) -> None:
    """Raise where a side came out empty, and tell of shares that are far from those asked for."""
    got = [(found == side).mean() for side in SIDES[: len(shares)]]
    if empty := [side for side, share in zip(SIDES, got, strict=False) if not share]:
        raise DatasetError(
            f"{dataset.name!r} cannot be divided, {' and '.join(empty)} would be empty: "
            f"{_why_empty(dataset, labels, group, column)}"
        )
    far = [
        f"{side} has {share:.0%} of the images, not {asked:.0%}"
        for side, share, asked in zip(SIDES[1:], got[1:], shares[1:], strict=False)
        if abs(share - asked) > TOLERANCE + 1e-9
    ]
    if far:
        sizes = group[labels.index].value_counts()
        warnings.warn(
            f"{', '.join(far)}: no nearer choice was found that keeps groups whole and every class "
            f"on every side ({count(sizes, 'group')}, the largest with "
            f"{sizes.iloc[0] / len(labels):.0%} of the images).",
            stacklevel=3,
        )


def _why_empty(dataset: Dataset, labels: pd.Series, group: pd.Series, column: str | None) -> str:
    """What stands in the way of dividing, and what to do about it."""
    groups = group[labels.index]
    if not labels.duplicated().any():
        return (
            "every class has one image only; expected two or more of most classes, so collect "
            "more, or take labels that several images share."
        )
    if not groups.duplicated().any():
        return f"{count(labels, 'image')} are too few for that; collect more."
    if column and (why := why_not_dividing(dataset.images, column)):
        return (
            f"images with the same {column!r} stay together, and {why}. If they need not stay "
            "together, dataset.with_group(None) does without that column, and "
            "dataset.with_group('…') takes another; else collect images with other values of it."
        )
    return (
        f"images that stay together, by group or as copies of each other, make "
        f"{count(groups.unique(), 'group')}, and every class is in too few of them. Collect images "
        "of other things; or, if they need not stay together, divide with "
        "dataset.with_group(None), and without groups= and duplicates=."
    )
