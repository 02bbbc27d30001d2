"""What a remedy costs, and whom: accuracy on average, of the worst group, and paired changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from helpers.datasets import Dataset
from helpers.evaluation.comparing import compare_scores
from helpers.evaluation.intervals import accuracy_interval
from helpers.evaluation.parts import FEWEST_GROUPS, FEWEST_IMAGES
from helpers.fairness.groups import (
    ALIGNED,
    NEITHER,
    REVERSED,
    SHORTCUT,
    Shortcut,
    trade_groups,
)
from helpers.fairness.metrics import group_columns
from helpers.fairness.remedies import answer, fit_remedies

ALL = "all images"
SIDES = {
    ALIGNED: "with the shortcut",
    REVERSED: "against the shortcut",
    NEITHER: "without a shortcut",
}
FEWEST_NAMED = 20
"""Of a group that was named beforehand a change is told from 20 images on, with its interval; among
many groups the lowest is sought from 50 on."""


def standing(
    answers: Mapping[str, pd.DataFrame], named: Dataset, columns: Iterable[str] | None = None
) -> pd.DataFrame:
    """Accuracy of each model, on average and of its worst named group.

    Parameters
    ----------
    answers : name → predictions table
    named : Dataset
        From `name_groups`; groups of fewer than 50 images or 10 things are not judged.
    columns : iterable of str, optional
        All columns of groups by default; the classes, where there are none.

    Returns
    -------
    DataFrame by model
        average, low, high; worst (missing where no group is judged), worst_low, worst_high, group
        (which it is), images (of it).
    """
    rows = {}
    for name, table in answers.items():
        right = _right(table)
        average = accuracy_interval(right, named.groups[right.index])
        scores = [
            (group, len(own), accuracy_interval(right[own], named.groups[own]))
            for group, own in judged_groups(named, right.index, columns).items()
        ]
        group, images, worst = min(scores, key=lambda one: one[2].accuracy, default=("", 0, _NONE))
        rows[name] = (*average, *worst, group, images)
    names = ["average", "low", "high", "worst", "worst_low", "worst_high", "group", "images"]
    return pd.DataFrame.from_dict(rows, "index", columns=names).rename_axis("model")


def who_pays(
    answers: Mapping[str, pd.DataFrame], named: Dataset, columns: Iterable[str] | None = None
) -> pd.DataFrame:
    """By how much each remedy is more accurate than the first model, image by image, and on whom.

    Returns
    -------
    DataFrame
        remedy; of ("all images", then each group that is judged, of the shortcut alone where there
        is one and no `columns` are given); images; difference of accuracy, low, high, −1 to 1.
    """
    plain, *others = answers
    if columns is None and SHORTCUT in named.images:
        columns = [SHORTCUT]
    base, rows = _right(answers[plain]), []
    groups = judged_groups(named, base.index, columns, FEWEST_NAMED)
    groups = {ALL: base.index, **groups}
    for name in others:
        right = _right(answers[name])
        for of, ids in groups.items():
            change = compare_scores(right[ids], base[ids], named.groups[ids])
            rows.append((name, of, len(ids), *change))
    return pd.DataFrame(rows, columns=["remedy", "of", "images", "difference", "low", "high"])


def judged_groups(
    named: Dataset,
    index: pd.Index,
    columns: Iterable[str] | None = None,
    fewest: int = FEWEST_IMAGES,
) -> dict[str, pd.Index]:
    """The images of each named group that is large enough to be judged, in order of columns."""
    found, columns = {}, group_columns(named, index) if columns is None else [*columns]
    for column in columns or ["label"]:
        values = named.images.loc[index, column]
        for value in sorted(values.dropna().unique()):
            ids = index[(values == value).to_numpy()]
            if len(ids) >= fewest and named.groups[ids].nunique() >= FEWEST_GROUPS:
                known = SIDES.get(value) if column == SHORTCUT else None
                found[known or f"{'class' if column == 'label' else column} {value}"] = ids
    return found


def count_groups(named: Dataset) -> pd.DataFrame:
    """How many images and things each named group has, before anybody looks at a score.

    Returns
    -------
    DataFrame by column and value
        images, things; judged: from 50 images and 10 things on, "changes only" from 20 images on
        (told with its interval, never sought for as the lowest of many), else "too small".
    """
    rows, index = [], named.images.index[named.images["label"].notna()]
    for column in group_columns(named, index) or ["label"]:
        values = named.images.loc[index, column]
        for value, own in values.dropna().groupby(values):
            things = named.groups[own.index].nunique()
            words = "yes" if len(own) >= FEWEST_IMAGES else "changes only"
            small = len(own) < FEWEST_NAMED or things < FEWEST_GROUPS
            rows.append((column, value, len(own), things, "too small" if small else words))
    table = pd.DataFrame(rows, columns=["column", "value", "images", "things", "judged"])
    return table.set_index(["column", "value"])


def change_by_chance(
    train: Dataset, features: pd.DataFrame, asked: Dataset, named: Dataset, shortcut: Shortcut
) -> pd.DataFrame:
    """`who_pays` for remedies that were given traded groups (`trade_groups`).

    Empty where no column goes with the class, so that there are no groups to trade.
    """
    if shortcut.column is None:
        return pd.DataFrame(columns=["remedy", "of", "images", "difference", "low", "high"])
    models = fit_remedies(trade_groups(train, shortcut.column), features, shortcut.column)
    return who_pays(answer(models, features, asked, shortcut.column), named)


def lowest_part(parts: pd.DataFrame) -> str:
    """The value of the part of the lowest accuracy (of `score_parts`); "" where none is judged."""
    shown = parts[parts["shown"]]
    return "" if shown.empty else str(shown.loc[shown["accuracy"].idxmin(), "value"])


def over_seeds(
    table: pd.DataFrame, groups: str = "named", of: Iterable[str] | None = None
) -> pd.DataFrame:
    """The study's changes, their mean over seeds with Student's 95 % interval, as `who_pays` has.

    Parameters
    ----------
    table : DataFrame from ``read_study("fairness")``
    groups : "named" or "traded"
        With the groups that are meant, or with the same values traded between things.
    of : iterable of str, optional
        The sets of images to keep, in this order; all, if absent.
    """
    from scipy import stats

    own = table[(table["groups"] == groups) & (table["remedy"] != "plain")]
    if of is not None:
        own = pd.concat([own[own["of"] == one] for one in of])
    rows = []
    for (name, who), part in own.groupby(["remedy", "of"], sort=False):
        gain = part["difference"].to_numpy(float)
        half = stats.sem(gain) * stats.t.ppf(0.975, len(gain) - 1)
        images = int(part["images"].mean())
        rows.append((name, who, images, gain.mean(), gain.mean() - half, gain.mean() + half))
    return pd.DataFrame(rows, columns=["remedy", "of", "images", "difference", "low", "high"])


_NONE = (np.nan,) * 3


def _right(table: pd.DataFrame) -> pd.Series:
    known = table[table["label"].notna()]
    return known["prediction"] == known["label"]
