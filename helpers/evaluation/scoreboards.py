"""The scoreboard that every notebook adds a line to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import numpy as np
import pandas as pd

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.steps import locked, read_table, write_table
from helpers.evaluation.answers import values_of
from helpers.evaluation.intervals import Interval, accuracy_interval
from helpers.evaluation.metrics import balanced_accuracy

_FIRST_COLUMNS = {
    "notebook": "str",
    "model": "str",
    "accuracy": "float64",
    "low": "float64",
    "high": "float64",
    "images": "int64",
}
SCORE_COLUMNS = _FIRST_COLUMNS | {
    "balanced": "float64",
    "measured_on": "str",
    "labels": "str",
}


def add_score(
    dataset: Dataset,
    notebook: str,
    model: str,
    correct,
    groups=None,
    level: float = 0.95,
    labels=None,
    ends: tuple[float, float] | None = None,
) -> Interval:
    """Add one line to the dataset's scoreboard; the same notebook and model replace their line.

    Parameters
    ----------
    notebook : str
        Its number: "00".
    model : str
        What was trained, in a few words.
    correct, groups, level
        As for `accuracy_interval`; out-of-fold or validation results, never the training images.
        A Series by image_id also says on which images.
    labels : Series by image_id, or array in the order of `correct`, optional
        The labels that answers were held against. With them the line has a balanced accuracy, and
        lines of differently cleaned labels are told apart.
    ends : (low, high), optional
        The ends of an interval that was found in another way, as by `bootstrap_metrics`, so that
        one score is shown with one interval; else those of `accuracy_interval`.

    Returns
    -------
    Interval
        The accuracy that was entered.

    Raises
    ------
    DatasetError (a ValueError)
        As `accuracy_interval`, or when the accuracy lies outside `ends`.
    """
    interval = accuracy_interval(correct, groups, level)
    if ends is not None:
        low, high = map(float, ends)
        if not 0 <= low <= interval.accuracy <= high <= 1:
            raise DatasetError(
                f"ends are {low:.3g} and {high:.3g}, and the accuracy is {interval.accuracy:.3g}; "
                "expected an interval of this very accuracy, which holds it."
            )
        interval = interval._replace(low=low, high=high)
    told = isinstance(correct, pd.Series) and not pd.api.types.is_numeric_dtype(correct.index)
    ids = correct.index.astype("str") if told else None
    balanced, of_images, of_labels = np.nan, "" if ids is None else _hash(ids), ""
    if labels is not None:
        if isinstance(labels, pd.Series) and told:
            labels = values_of(labels, correct.index, "labels")
        balanced = balanced_accuracy(correct, labels)
        of_labels = "" if ids is None else _hash(zip(ids, map(str, labels), strict=True))
    line = (notebook, model, *interval, len(correct), balanced, of_images, of_labels)
    path = dataset.work / "scoreboard.parquet"
    with locked(path):
        old = scoreboard(dataset)
        old = old[(old["notebook"] != notebook) | (old["model"] != model)]
        line = pd.DataFrame([line], columns=[*SCORE_COLUMNS])
        table = pd.concat([old, line]).astype(SCORE_COLUMNS)
        write_table(table.sort_values(["notebook", "accuracy", "model"], ignore_index=True), path)
    return interval


def scoreboard(dataset: Dataset, up_to: str | None = None) -> pd.DataFrame:
    """Every score entered so far; what can be ranked in it, `comparability` says.

    Parameters
    ----------
    up_to : str, optional
        Only notebooks up to and including this number, whatever was run since.

    Returns
    -------
    DataFrame
        notebook, model, accuracy, low, high, images, balanced (balanced accuracy, missing where no
        labels were given), measured_on (12 digits, the same for the same images; "" where not
        told), labels (the same for the same labels of these images; "" where not told)
    """
    path = dataset.work / "scoreboard.parquet"
    table = read_table(path, SCORE_COLUMNS)
    if table is None and (table := read_table(path, _FIRST_COLUMNS)) is not None:
        # A scoreboard from before lines said what they were measured on.
        table = table.assign(balanced=np.nan, measured_on="", labels="").astype(SCORE_COLUMNS)
    if table is None:
        table = pd.DataFrame(columns=[*SCORE_COLUMNS]).astype(SCORE_COLUMNS)
    return table if up_to is None else table[table["notebook"] <= up_to]


def comparability(table: pd.DataFrame) -> str:
    """Why the order of lines of a scoreboard is no ranking, in a sentence; "" where it may be.

    It is none where lines are of different images, of differently cleaned labels, or where it is
    not told of which images a line is (see `add_score`).
    """
    told = "measured_on" in table
    table = table.reindex(columns=["images", "measured_on", "labels"])
    images, labels = (table[column].replace("", None) for column in ("measured_on", "labels"))
    many = max(images.nunique(), table["images"].nunique())
    if many > 1:
        return (
            f"The lines were measured on {many} different sets of images, so their order is no "
            "ranking; compare_scores compares two models on the same images."
        )
    if told and len(table) > 1 and (unknown := images.isna().sum()):
        return (
            f"For {unknown:,} of {len(table):,} lines it is not told on which images they were "
            "measured, so their order may be no ranking; give add_score a Series by image_id."
        )
    if (sets := labels.nunique()) > 1:
        return (
            f"The lines were measured on the same images with {sets} different sets of labels, so "
            "their order is no ranking; score all models against the same labels."
        )
    return ""


def _hash(items: Iterable) -> str:
    """12 hex digits, the same for the same items in any order."""
    return hashlib.sha256(json.dumps(sorted(items)).encode()).hexdigest()[:12]
