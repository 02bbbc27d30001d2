"""Metrics by group with intervals, and by how much each definition of fairness is missed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import suggestion
from helpers.evaluation.comparing import compare_losses
from helpers.evaluation.confusions import answer_codes, groups_of
from helpers.evaluation.intervals import accuracy_interval
from helpers.evaluation.parts import score_parts
from helpers.fairness.groups import group_values

FEWEST_IMAGES, FEWEST_THINGS = 20, 10
"""A rate of fewer images, or of images of fewer things, is not judged."""

DEFINITIONS = {
    "demographic parity": ["named"],
    "equal opportunity": ["recall"],
    "equalised odds": ["recall", "false alarms"],
    "equal accuracy": ["accuracy"],
    "equal calibration": ["too sure"],
}
"""What each definition of fairness wants to be equal in all groups."""


def group_metrics(
    predictions: pd.DataFrame, dataset: Dataset, column: str, positive: str
) -> pd.DataFrame:
    """Five metrics of each group, with intervals that respect which images show one thing.

    The values are those of fairlearn's ``MetricFrame``.

    Parameters
    ----------
    predictions : predictions table
        Images without a label are passed over, and so are those without a value in `column`.
    dataset : Dataset
        Has the column; several at once with " × " between.
    positive : str
        The class that "named", "recall" and "false alarms" are about; of groups that are the
        classes themselves (column "label") these three have no meaning, and are left out.

    Returns
    -------
    DataFrame
        group, metric, images (that the metric is a share of), things, value, low, high, shown.
        "accuracy"; "named": the share called `positive`; "recall": of those that are; "false
        alarms": of those that are not; "too sure": mean confidence less accuracy. Not shown, and
        without a value, where fewer than 20 images or 10 things would have to speak for a group.
    """
    index, labels, answers, classes = answer_codes(predictions)
    if positive not in classes:
        near = suggestion(positive, classes)
        raise DatasetError(f"The predictions table has no class {positive!r}{near}.")
    confidence = predictions["confidence"].loc[index].to_numpy(float)
    things, values = groups_of(dataset.groups, index), group_values(dataset, column)
    values, at, rows = values.reindex(index), classes.index(positive), []
    every, is_one, said = np.ones(len(index), bool), labels == at, answers == at
    right = labels == answers
    asked = {
        "accuracy": (right, every),
        "named": (said, every),
        "recall": (said, is_one),
        "false alarms": (said, ~is_one),
        "too sure": (None, every),
    }
    if column == "label":
        asked = {name: asked[name] for name in ("accuracy", "too sure")}
    for group in sorted(values.dropna().unique()):
        own = (values == group).to_numpy()
        for metric, (hits, of) in asked.items():
            chosen = own & of
            count = len(np.unique(things[chosen]))
            shown = chosen.sum() >= FEWEST_IMAGES and count >= FEWEST_THINGS
            score = (np.nan,) * 3
            if shown and hits is None:
                pair = (pd.Series(one[chosen]).astype(float) for one in (confidence, right))
                score = compare_losses(*pair, things[chosen])
            elif shown:
                score = accuracy_interval(hits[chosen], things[chosen])
            rows.append((group, metric, int(chosen.sum()), count, *score, shown))
    names = ["group", "metric", "images", "things", "value", "low", "high", "shown"]
    return pd.DataFrame(rows, columns=names).astype({"shown": bool})


def measure_gaps(metrics: pd.DataFrame) -> pd.Series:
    """How far each definition of fairness is missed: 0 where it holds, up to 1.

    The largest difference between two groups that are shown, of two metrics the larger; as
    fairlearn's ``demographic_parity_difference`` and its kin. Missing where fewer than two groups
    are shown.

    Parameters
    ----------
    metrics : DataFrame from `group_metrics`
    """
    found = metrics[metrics["shown"]].groupby("metric")["value"]
    ranges = (found.max() - found.min()).where(found.count() > 1)
    gaps = {name: ranges.reindex(of).max(skipna=False) for name, of in DEFINITIONS.items()}
    return pd.Series(gaps, name="gap", dtype=float).rename_axis("definition")


def compare_gaps(
    answers: Mapping[str, pd.DataFrame], dataset: Dataset, column: str | None, positive: str
) -> pd.DataFrame:
    """`measure_gaps` of several models, and of one that is always right and sure.

    Returns
    -------
    DataFrame by definition, a column for each of `answers` and "always right"; empty without
        a column.
    """
    if column is None:
        return pd.DataFrame(columns=[*answers], dtype=float)
    first = next(iter(answers.values()))
    ideal = first[first["label"].notna()]
    ideal = ideal.assign(prediction=ideal["label"], confidence=1.0)
    tables = {**answers, "always right": ideal}
    gaps = {n: measure_gaps(group_metrics(t, dataset, column, positive)) for n, t in tables.items()}
    return pd.DataFrame(gaps)


def group_columns(named: Dataset, index: pd.Index) -> list[str]:
    """The columns by which these images lie in groups, however many their values are.

    `name_groups` has left out what nobody named; two columns crossed have more values than either.
    """
    found = []
    for column in named.metadata:
        values = named.images.loc[index, column].dropna()
        marks = pd.api.types.is_bool_dtype(values)
        if column != named.group and not marks and values.nunique() >= 2:
            found.append(column)
    return found


def score_groups(predictions: pd.DataFrame, named: Dataset) -> pd.DataFrame:
    """`score_parts` of the named groups, or of the classes, where there are none."""
    known = predictions.index[predictions["label"].notna()]
    return score_parts(predictions, named, group_columns(named, known) or ["label"])
