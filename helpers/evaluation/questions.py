"""Other questions to the same predictions: one class against the rest, an answer that never
changes."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers.datasets import Dataset
from helpers.datasets.words import require_column
from helpers.evaluation.bootstrap import compare_metrics
from helpers.evaluation.predictions import check_predictions, probabilities


def one_against_rest(predictions: pd.DataFrame, name: str) -> pd.DataFrame:
    """The same predictions as answers to "is it a `name`?".

    Returns
    -------
    DataFrame, as from `check_predictions`
        Its classes are `name` and "not `name`"; the prediction is `name` where that was predicted,
        whatever its probability.
    """
    found, rest = probabilities(predictions), f"not {name}"
    require_column(found, name)
    table = pd.DataFrame({name: found[name], rest: 1 - found[name]})
    table.insert(0, "label", predictions["label"].where(predictions["label"].isin([name]), rest))
    table["label"] = table["label"].where(predictions["label"].notna())
    checked = check_predictions(table)
    said = predictions["prediction"] == name
    return checked.assign(prediction=said.map({True: name, False: rest}).astype("str"))


def always(predictions: pd.DataFrame, name: str) -> pd.DataFrame:
    """What a dummy says that answers `name` whatever it is shown, as scikit-learn's
    ``DummyClassifier(strategy="constant")``."""
    found = probabilities(predictions)
    require_column(found, name)
    table = pd.DataFrame({one: float(one == name) for one in found}, found.index)
    columns = {f"probability of {one}": one for one in found}
    labels = predictions[["label"]]
    return check_predictions(labels.join(table.set_axis([*columns], axis=1)), classes=columns)


def select_marked(
    predictions: pd.DataFrame, dataset: Dataset, marks: Mapping[str, str]
) -> dict[str, pd.DataFrame]:
    """The predictions of the images that columns of true and false mark, by name.

    Parameters
    ----------
    marks : name → column of ``dataset.images``
        Columns that are not there are passed over.

    Returns
    -------
    dict of DataFrames; with all predictions as "all images" where no such column is there.
    """
    images = dataset.images.loc[predictions.index]
    found = {
        name: predictions[images[column].fillna(False).astype(bool)]
        for name, column in marks.items()
        if column in images
    }
    return {name: part for name, part in found.items() if len(part)} or {"all images": predictions}


def against_dummy(
    asked: Mapping[str, pd.DataFrame], groups: pd.Series
) -> tuple[str, dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Whether images are of the rarest class: a model's answers, and a dummy's that is always no.

    Parameters
    ----------
    asked : name → predictions
        The class that is rarest in the first is asked about in all.
    groups : Series by image_id

    Returns
    -------
    rare : str, the class
    answers : name → DataFrame from `one_against_rest`
    compared : name → DataFrame from `compare_metrics`, the model first, the dummy second
    """
    counts = next(iter(asked.values()))["label"].value_counts()
    rare = min(counts.index, key=lambda name: (counts[name], name))
    answers = {name: one_against_rest(part, rare) for name, part in asked.items()}
    compared = {
        name: compare_metrics(part, always(part, f"not {rare}"), groups)
        for name, part in answers.items()
    }
    return rare, answers, compared
