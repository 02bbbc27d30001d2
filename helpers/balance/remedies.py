"""What the remedies against imbalance do: answers out of fold, recalls, and who gains or pays."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from helpers.balance import weighting
from helpers.balance.association import as_categories
from helpers.balance.probing import folds_of
from helpers.balance.weighting import adjust_logits, image_weights, oversample
from helpers.datasets import Dataset
from helpers.datasets.steps import saved
from helpers.evaluation import Difference, compare_scores
from helpers.training import heads, train_head

TAIL, HEAD = 0.4, 0.3
"""The rarest and the commonest share of classes that are told of together."""


def answer_out_of_fold(
    dataset: Dataset,
    features: pd.DataFrame,
    power: float = 0.0,
    oversampled: bool = False,
    column: str | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Probabilities of every development image, by linear heads that saw none of its group.

    Validation alone holds few images of the rarest classes; of five heads, each trained without a
    fifth of the groups and asked about it, all images get an honest answer. Saved as a step.

    Parameters
    ----------
    dataset : Dataset
        Its labelled development images, less those without features.
    features : DataFrame by image_id, numbers only, e.g. from `helpers.training.embed`
    power : float
        Images count in the loss as `image_weights` says: 0 all the same, 1 each class the same.
    oversampled : bool
        Images of rare classes are repeated instead, until each class has as many.
    column : str, optional
        Then each class with each value of this metadata column weighs the same, by `power`.
    seed : int
        Draws folds and repeated images.

    Returns
    -------
    DataFrame by image_id, one column of probabilities per class

    Raises
    ------
    DatasetError
        There are fewer than two classes.
    """
    dataset.require_labels(2)
    labels = dataset.development.images["label"].dropna()
    labels = labels[labels.index.isin(features.index)].sort_index()
    groups = dataset.groups[labels.index]
    values = None if column is None else as_categories(dataset, column)

    def build() -> pd.DataFrame:
        codes, classes = pd.factorize(labels, sort=True)
        found = pd.DataFrame(0.0, labels.index, classes)
        for train, asked in folds_of(codes, groups, seed):
            own, known = labels.iloc[train], features
            if own.nunique() < 2:  # so few groups that all others are of one class
                found.loc[labels.index[asked], own.iloc[0]] = 1.0
                continue
            weights = None
            if oversampled:
                drawn = oversample(own, seed)
                names = pd.RangeIndex(len(drawn)).astype(str)
                own, known = own[drawn].set_axis(names), features.loc[drawn].set_axis(names)
            elif power:
                weights = image_weights(own, values, power)
            head = train_head(known, own, weights=weights)
            answers = head.predict_proba(features.loc[labels.index[asked]])
            found.loc[answers.index, answers.columns] = answers
        return found

    inputs = [features, power, str(oversampled), column, seed]
    code = (sys.modules[__name__], weighting, heads)
    return saved(dataset, "out-of-fold", build, inputs=inputs, code=code)


def try_remedies(
    dataset: Dataset, features: pd.DataFrame, seed: int = 0
) -> dict[str, pd.DataFrame]:
    """Out-of-fold answers without any remedy, and with each.

    Returns
    -------
    dict
        "nothing", "oversampling", "class weights", "logit adjustment" → probabilities, as from
        `answer_out_of_fold`. The third adjusts the answers of the first and trains nothing.
    """
    plain = answer_out_of_fold(dataset, features, seed=seed)
    labels = dataset.images["label"].reindex(plain.index)
    return {
        "nothing": plain,
        "oversampling": answer_out_of_fold(dataset, features, oversampled=True, seed=seed),
        "class weights": answer_out_of_fold(dataset, features, 1.0, seed=seed),
        "logit adjustment": adjust_logits(plain, labels),
    }


def recalls(answers: Mapping[str, pd.DataFrame], labels: pd.Series) -> pd.DataFrame:
    """Recall of each class under each remedy.

    Returns
    -------
    DataFrame by class, the commonest first
        images, and a column for each of `answers`: the share of the class's images that is named
        rightly, 0 to 1.
    """
    labels = labels.reindex(next(iter(answers.values())).index).dropna()
    table = labels.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    table = table.rename("images").to_frame().rename_axis("class")
    for name, chances in answers.items():
        right = chances.loc[labels.index].idxmax(axis=1) == labels
        table[name] = right.groupby(labels).mean()
    return table


def accuracies(answers: Mapping[str, pd.DataFrame], labels: pd.Series) -> pd.Series:
    """Share of all images that is named rightly under each remedy, as common as classes are."""
    labels = labels.reindex(next(iter(answers.values())).index).dropna()
    right = {
        name: told.loc[labels.index].idxmax(axis=1) == labels for name, told in answers.items()
    }
    return pd.Series({name: one.mean() for name, one in right.items()}, name="accuracy")


def tail_and_head(labels: pd.Series) -> tuple[list[str], list[str]]:
    """The rarest classes (four of ten), the rarest first, and the commonest (three of ten)."""
    counts = labels.dropna().value_counts().sort_index().sort_values(kind="stable")
    names = counts.index.tolist()
    tail, head = (max(1, round(share * len(names))) for share in (TAIL, HEAD))
    return names[:tail], names[::-1][:head]


def compare_recalls(
    first: pd.Series, second: pd.Series, labels: pd.Series, groups=None, classes=None
) -> Difference:
    """By how much the mean recall of some classes is higher, on the same images.

    Each class is compared as by `helpers.evaluation.compare_scores`, and the intervals of the
    classes, which share no image, are put together by the method of variance estimates recovery
    (Zou and Donner, 2008): distances from the difference to its ends, squared, add up.

    Parameters
    ----------
    first, second : Series by image_id of bool
        Whether each model has an image right.
    labels, groups : Series by image_id
    classes : iterable of str, optional
        All of them, if absent, so that the difference is one of macro recall.
    """
    labels = labels.reindex(first.index)
    chosen = sorted(labels.dropna().unique()) if classes is None else [*classes]
    each = []
    for name in chosen:
        own = labels.index[labels == name]
        kept = None if groups is None else groups.reindex(own)
        each.append(compare_scores(first[own], second[own], kept))
    values, low, high = np.array(each, float).T
    down, up = (np.sqrt(((values - end) ** 2).sum()) / len(each) for end in (low, high))
    value = values.mean()
    return Difference(float(value), float(max(value - down, -1)), float(min(value + up, 1)))


def who_pays(
    answers: Mapping[str, pd.DataFrame], labels: pd.Series, groups: pd.Series | None = None
) -> pd.DataFrame:
    """What each remedy changes against the first of `answers`, for whom, paired.

    Returns
    -------
    DataFrame
        remedy; of ("rarest classes", "commonest classes", "worst class", "all classes"), each with
        names; difference of mean recall with low and high, −1 to 1. The worst class is the one that
        was worst without a remedy. Where the rarest are but one, `of` is "rarest class, NAME", and
        so for the commonest.
    """
    plain, *others = answers
    labels = labels.reindex(answers[plain].index).dropna()
    right = {
        name: chances.loc[labels.index].idxmax(axis=1) == labels
        for name, chances in answers.items()
    }
    rarest, commonest = tail_and_head(labels)
    worst = [right[plain].groupby(labels).mean().idxmin()]
    asked = {
        _who("rarest", rarest): rarest,
        _who("commonest", commonest): commonest,
        "worst class": worst,
        "all classes": sorted(labels.unique()),
    }
    rows = [
        (name, who, ", ".join(classes),
         *compare_recalls(right[name], right[plain], labels, groups, classes))
        for name in others for who, classes in asked.items()
    ]  # fmt: skip
    columns = ["remedy", "of", "classes", "difference", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def _who(which: str, classes: list[str]) -> str:
    return f"{which} class, {classes[0]}" if len(classes) == 1 else f"{which} classes"


def over_seeds(table: pd.DataFrame, remedies: Iterable[str] | None = None) -> pd.DataFrame:
    """The study's differences from no remedy, the mean over its seeds with Student's interval.

    Parameters
    ----------
    table : DataFrame from ``read_study("balance")``
    remedies : iterable of str, optional
        Those to keep, in this order; all, if absent.

    Returns
    -------
    DataFrame as from `who_pays`, and two further values of `of`: "reversed grounds", Norway maples
        and sycamores on the other's usual ground, and "usual grounds", those on their own.
    """
    from scipy import stats

    asked = {
        "rarest classes": "tail",
        "commonest classes": "head",
        "worst class": "worst",
        "all classes": "macro",
        "reversed grounds": "reversed",
        "usual grounds": "usual",
    }
    plain = table[table["remedy"] == "none"].set_index("seed")
    names = [name for name in table["remedy"].unique() if name != "none"]
    rows = []
    for name in names if remedies is None else remedies:
        own = table[table["remedy"] == name].set_index("seed")
        for who, column in asked.items():
            gain = (own[column] - plain[column]).dropna()
            half = stats.sem(gain) * stats.t.ppf(0.975, len(gain) - 1)
            rows.append((name, who, "", gain.mean(), gain.mean() - half, gain.mean() + half))
    columns = ["remedy", "of", "classes", "difference", "low", "high"]
    return pd.DataFrame(rows, columns=columns)
