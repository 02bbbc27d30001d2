"""Groups that are named before anybody looks at a score: by metadata, and by a shortcut."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.balance.association import MISSING, as_categories, associate, lifts, shuffle_groups
from helpers.datasets import Dataset
from helpers.datasets.words import require_column, some
from helpers.evaluation.parts import MOST_VALUES

ALIGNED, REVERSED, NEITHER = "aligned", "reversed", "neither"
SHORTCUT = "shortcut"
SURE, LEAST = 0.05, 1.5


class Shortcut(NamedTuple):
    """A column that goes with the classes of the training images, and where.

    Attributes
    ----------
    column : str or None
        None where no column does; then the classes themselves are the groups.
    usual : dict
        Class → values of the column that it comes with more often than the others do.
    positive : str
        The class whose groups are compared where a definition asks about one: the first of
        `usual`, else the rarest.
    """

    column: str | None
    usual: dict[str, list[str]]
    positive: str

    @property
    def by(self) -> str:
        """The column to compare groups by: that of the shortcut, else the label."""
        return self.column or "label"

    def __repr__(self) -> str:
        if self.column is None:
            return (
                "No metadata column goes surely with the classes, so there is no shortcut to name; "
                "remedies take the classes themselves for groups."
            )
        said = [f"{name} with {some(values)}" for name, values in self.usual.items()]
        return f"In training, {self.column} goes with the class: {some(said, 6)}."


def find_shortcut(train: Dataset, least: float = LEAST, seed: int = 0) -> Shortcut:
    """The column that goes most closely with the label, by counts alone: no model is asked.

    Parameters
    ----------
    train : Dataset
        Labelled training images.
    least : float
        A class is *usual* with a value if it comes with it at least so many times as often as if
        the two were independent, and more often than whole groups that trade labels (p < 0.05).
    """
    train.require_labels(2)
    counts = train.images["label"].value_counts().sort_index()
    found = associate(train, seed=seed)
    for column in found.index[found["p_corrected"] < SURE]:
        table = lifts(train, column, seed=seed)
        sure = (table["p"] < SURE) & (table["lift"] >= least) & (table["value"] != MISSING)
        usual = {name: sorted(own["value"]) for name, own in table[sure].groupby("class")}
        if usual:
            return Shortcut(column, usual, next(iter(usual)))
    return Shortcut(None, {}, str(counts.idxmin()))


def group_values(dataset: Dataset, column: str) -> pd.Series:
    """A column, or several with " × " between, as text; numbers of many values in bins.

    Returns
    -------
    Series of str by image_id, missing where any of the columns is.
    """
    names = column.split(" × ")
    for name in names:
        require_column(dataset.images, name)
    parts = pd.concat([as_categories(dataset, name) for name in names], axis=1)
    joined = parts.astype("str").fillna("").agg(" × ".join, axis=1)
    return joined.where(parts.notna().all(axis=1)).rename(column)


def name_groups(
    train: Dataset, asked: Dataset, shortcut: Shortcut, columns: Iterable[str] | None = None
) -> Dataset:
    """The images asked about with the columns of their groups as text, and no others.

    Parameters
    ----------
    train, asked : Dataset
        Numbers are binned by both together, so that bins are the same.
    shortcut : Shortcut
        From `find_shortcut`. Adds a column "shortcut": "aligned" (a class with a value that is
        usual for it), "reversed" (with one that is usual for another class; with any that is not
        its own, if no other class has one), else "neither".
    columns : iterable of str, optional
        By default all that have 2 to 12 values in training, numbers in bins; the column that says
        which images show the same thing excepted.

    Returns
    -------
    Dataset
        Of the same images; label, split, the group column and the named columns.
    """
    images = pd.concat([train.images, asked.images])
    both = asked.with_images(images[~images.index.duplicated(keep="last")])
    given = [c for c in train.metadata if c != train.group] if columns is None else [*columns]
    made = asked.images[["label", "split", *([asked.group] if asked.group else [])]].copy()
    if shortcut.column is not None:
        made[SHORTCUT] = _sides(group_values(both, shortcut.column)[made.index], made, shortcut)
    for column in given:
        values = group_values(both, column)
        known = values[values.index.isin(train.images.index)].nunique()
        if columns is not None or column == shortcut.column or 2 <= known <= MOST_VALUES:
            made[column] = values[made.index]
    return asked.with_images(made)


def _sides(values: pd.Series, images: pd.DataFrame, shortcut: Shortcut) -> pd.Series:
    """Aligned, reversed or neither, for each image with a label and a value."""
    sides = pd.Series(NEITHER, images.index, dtype="str")
    for name, own in shortcut.usual.items():
        others = {one for other in shortcut.usual if other != name for one in shortcut.usual[other]}
        against = values.isin(others - {*own}) if others - {*own} else ~values.isin(own)
        is_class = images["label"] == name
        sides[is_class & values.isin(own)] = ALIGNED
        sides[is_class & against] = REVERSED
    return sides.where(values.notna() & images["label"].notna())


def trade_groups(train: Dataset, column: str | None, seed: int = 0) -> Dataset:
    """The same images, with the column's values traded between whole things of one size.

    The values are as common as before and have nothing to do with the images: what a remedy does
    with these is owed to something else than the groups.
    """
    if column is None:
        return train
    codes, names = pd.factorize(as_categories(train, column).fillna(MISSING), sort=True)
    traded = shuffle_groups(codes, train.groups, 1, seed)[0]
    return train.with_images(train.images.assign(**{column: np.asarray(names)[traded]}))
