"""Predictions tables: reading one, whoever wrote it, and checking that it can be scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import count, some, suggestion

FACTS = ("label", "prediction", "confidence", "loss")
_COLUMNS = {name: f"probability of {name}" for name in (*FACTS, "image_id")}
_CLASSES = {column: name for name, column in _COLUMNS.items()}
ROUNDING = 0.01
"""By how much probabilities that were rounded in a file may miss a sum of 1."""


def classes_of(predictions: pd.DataFrame) -> list[str]:
    """The classes of a checked table, or of one from `helpers.training.predict`, in its order."""
    return [_CLASSES.get(column, column) for column in predictions if column not in FACTS]


def probabilities(predictions: pd.DataFrame) -> pd.DataFrame:
    """The columns of probabilities alone, each by the name of its class.

    A class that is called as another column of the table has a column "probability of label".
    """
    columns = predictions.drop(columns=[c for c in FACTS if c in predictions])
    return columns.rename(columns=_CLASSES)


def check_predictions(
    table: pd.DataFrame,
    dataset: Dataset | None = None,
    classes: Sequence[str] | Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """A predictions table as all of `helpers.evaluation` takes it, or what is wrong with it.

    Nothing is guessed: a table that could be meant in two ways is refused, with the ways.

    Parameters
    ----------
    table : DataFrame
        A row per image: its image_id, as index or column; its label, unless `dataset` has it; a
        column of probabilities per class, in any order; perhaps prediction (else the most probable
        class). Columns of `dataset`'s metadata, and such as hold no numbers, are passed over.
    dataset : Dataset, optional
        All images that were to be predicted, e.g. ``test``, and their labels: every image must
        have its row, and labels in both must agree.
    classes : list of str, or mapping of column → class, optional
        The columns of probabilities, where others hold numbers too.

    Returns
    -------
    DataFrame by image_id, in the order of `table`
        label (missing where unknown), prediction, confidence (its probability), loss (minus the
        logarithm of the label's probability), then one column per class, sorted; each row sums
        to 1 exactly.

    Raises
    ------
    DatasetError (a ValueError)
        When an image is named twice, is not in `dataset`, or one of `dataset` has no row; a label
        has no column or is not the dataset's; a value is no probability, or a row does not sum
        to 1 within 0.01; `prediction` is not the most probable class.
    """
    table = _by_image(table)
    if dataset is not None:
        _check_images(table.index, dataset.images.index)
    found = _found_probabilities(table, dataset, classes)
    facts = pd.DataFrame(index=table.index)
    facts["label"] = _labels(table, dataset, found.columns)
    facts["prediction"] = _answers(table, found)
    at = [found.columns.get_indexer(facts[name]) for name in ("prediction", "label")]
    rows, values = np.arange(len(found)), found.to_numpy()
    facts["confidence"] = values[rows, at[0]]
    facts["loss"] = np.where(at[1] >= 0, label_losses(values, at[1]), np.nan)
    return pd.concat([facts, found.rename(columns=_COLUMNS)], axis=1)


def label_losses(chances: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Minus the logarithm of each image's probability (images × classes) at its label's place.

    Of a probability of 0 it is that of the smallest number, about 708, not infinite.
    """
    right = chances[np.arange(len(chances)), places]
    return -np.log(np.maximum(right, np.finfo(float).tiny))


def read_predictions(
    path: str | Path,
    dataset: Dataset | None = None,
    classes: Sequence[str] | Mapping[str, str] | None = None,
    files: str = "image_id",
    label: str = "label",
) -> pd.DataFrame:
    """Read predictions that any program wrote (CSV, TSV, Parquet, JSON lines), and check them.

    Parameters
    ----------
    dataset, classes
        As for `check_predictions`. With a dataset, `files` may hold paths on another machine, or
        names without folder or extension, as far as each fits one image.
    files, label : str
        The columns that name the images and hold their labels. The label may be absent where
        `dataset` has it.

    Raises
    ------
    DatasetError
        As for `check_predictions`, or when the file cannot be read, has no such column, or a row
        names no image.
    """
    from helpers.tables.matching import FileIndex
    from helpers.tables.reading import load

    read = load(Path(path))
    if files not in read.columns:
        near = suggestion(files, read.columns)
        raise DatasetError(
            f"'{read.name}' has no column {files!r} (columns: {some(read.columns, 6)}){near}; say "
            "which names the images with files='…'."
        )
    names = read.text(files)
    if dataset is not None:
        index = FileIndex(dataset.images.index)
        ids = names.map(index.find, na_action="ignore").astype("str")
        if len(lost := names[ids.isna()].fillna("an empty cell")):
            raise DatasetError(
                f"{count(lost, 'row')} of '{read.name}' name no image of {dataset.name!r}, or more "
                f"than one ({some(lost)}); drop these rows, or name files as in dataset.images."
            )
        names = ids
    columns = read.typed.drop(columns=files).rename(columns={label: "label"})
    if "label" in columns:
        columns["label"] = read.text(label)
    columns.index = pd.Index(names, name="image_id")
    return check_predictions(columns, dataset, classes)


def _by_image(table: pd.DataFrame) -> pd.DataFrame:
    by = "level=0"
    if "image_id" in table.columns:
        table, by = table.set_index("image_id"), "'image_id'"
    if table.empty:
        raise DatasetError("The predictions table has no rows; expected one per image.")
    if table.index.dtype.kind in "iuf":
        raise DatasetError(
            "The predictions table does not say of which images it is: its index counts rows; "
            "expected a column 'image_id', e.g. table.rename(columns={'file': 'image_id'})."
        )
    if table.index.isna().any():
        raise DatasetError(
            f"{table.index.isna().sum():,} rows of the predictions table name no image; "
            "drop them: table[table.index.notna()], where the index is image_id."
        )
    if repeated := list(dict.fromkeys(table.index[table.index.duplicated()])):
        raise DatasetError(
            f"The predictions table names {count(repeated, 'image')} more than once: "
            f"{some(repeated)}; keep one row of each, such as table.groupby({by}).first()."
        )
    if doubled := list(dict.fromkeys(table.columns[table.columns.duplicated()])):
        raise DatasetError(f"Two columns of the predictions table are called {some(doubled)}.")
    return table.rename_axis("image_id")


def _check_images(given: pd.Index, expected: pd.Index) -> None:
    strange, absent = given.difference(expected), expected.difference(given)
    if len(strange):
        raise DatasetError(
            f"The predictions table has {count(strange, 'image')} that the dataset has not: "
            f"{some(strange)}; table[table.index.isin(dataset.images.index)] leaves "
            "them out, where its index is image_id."
        )
    if len(absent):
        raise DatasetError(
            f"{count(absent, 'image')} of the dataset have no prediction: {some(absent)}. To score "
            "without them would flatter if they are the hard ones; predict them, or leave them "
            "out on purpose: dataset.with_images(dataset.images.loc[table.index]), where the "
            "table's index is image_id."
        )


def _found_probabilities(table, dataset, classes) -> pd.DataFrame:
    """The columns of probabilities by class, sorted, each row of sum 1."""
    if classes is None:
        others = [*FACTS, *(dataset.metadata if dataset is not None else ())]
        numbers = table.drop(columns=[c for c in others if c in table]).select_dtypes("number")
        classes = {column: _CLASSES.get(column, column) for column in numbers}
    names = dict(classes) if isinstance(classes, Mapping) else {c: c for c in classes}
    if absent := [column for column in names if column not in table]:
        near = suggestion(absent[0], map(str, table.columns))
        raise DatasetError(f"The predictions table has no column {some(map(repr, absent))}{near}.")
    if len(names) < 2 or len({*map(str, names.values())}) < len(names):
        raise DatasetError(
            f"The predictions table has {len(names)} columns of probabilities for "
            f"{len({*names.values()})} classes ({some(names) or 'none'}); expected one column for "
            "each of at least two classes; name them with classes=[…]."
        )
    try:
        found = table[[*names]].astype(float).set_axis(map(str, names.values()), axis=1)
    except (TypeError, ValueError) as error:
        raise DatasetError(f"Not all probabilities are numbers: {error}.") from error
    _check_probabilities(found)
    found = found.div(found.sum(axis=1), axis=0)
    return found[sorted(found.columns)]


def _check_probabilities(found: pd.DataFrame) -> None:
    values, taken = found.to_numpy(), f"(columns taken as classes: {some(found.columns, 12)})"
    named = "name the columns of probabilities with classes=[…] if these are not they"
    if not np.isfinite(values).all():
        rows = found.index[~np.isfinite(values).all(axis=1)]
        raise DatasetError(
            f"{count(rows, 'image')} lack a probability: {some(rows)} {taken}; predict them anew, "
            "or leave them out on purpose: table.dropna()."
        )
    sums = values.sum(axis=1)
    off = np.abs(sums - 1) > ROUNDING
    if (values < 0).any() or (off.any() and (values > 1 + ROUNDING).any()):
        if (values >= 0).all() and (np.abs(sums - 100) <= 100 * ROUNDING).all():
            raise DatasetError(f"These are per cent {taken}; divide them by 100.")
        raise DatasetError(
            f"Values from {values.min():.3g} to {values.max():.3g} are no probabilities {taken}. "
            "If they are scores before the softmax (logits), table[classes] = "
            f"scipy.special.softmax(table[classes], axis=1); {named}."
        )
    if off.any():
        rows = found.index[off]
        raise DatasetError(
            f"The probabilities of {count(rows, 'image')} do not sum to 1: {rows[0]} to "
            f"{sums[off][0]:.3g} {taken}. If each class was scored by itself, table[classes].div("
            f"table[classes].sum(axis=1), axis=0) makes them sum to 1; {named}."
        )


def _labels(table: pd.DataFrame, dataset: Dataset | None, classes: pd.Index) -> pd.Series:
    labels = table.get("label")
    if labels is not None:
        labels = labels.astype("str").where(labels.notna())
    if dataset is not None:
        known = dataset.images["label"].reindex(table.index)
        if labels is not None:
            differ = known.index[known.notna() & labels.notna() & (known != labels)]
            if len(differ):
                raise DatasetError(
                    f"{count(differ, 'image')} have another label in the predictions table than in "
                    f"the dataset: {differ[0]} {labels[differ[0]]!r}, there {known[differ[0]]!r}. "
                    "To score by the dataset's, drop the table's: table.drop(columns='label')."
                )
            known = known.where(known.notna(), labels)
        labels = known
    if labels is None:
        raise DatasetError(
            "The predictions table has no column 'label'; rename yours "
            "(table.rename(columns={'truth': 'label'})), or give the dataset that has the labels."
        )
    strange = labels[labels.notna() & ~labels.isin(classes)]
    if len(strange):
        name = strange.iloc[0]
        near = suggestion(name, classes)
        raise DatasetError(
            f"{count(strange, 'image')} have a label without a column of probabilities: "
            f"{some(map(repr, dict.fromkeys(strange)))}{near}. If it is another spelling, rename "
            f"the column; if the model cannot say it, table[{name!r}] = 0.0 counts it as wrong."
        )
    return labels.astype("str")


def _answers(table: pd.DataFrame, found: pd.DataFrame) -> pd.Series:
    """The most probable class; of equal ones that which the table names, else the first."""
    best = found.idxmax(axis=1).astype("str")
    if "prediction" not in table:
        return best
    said = table["prediction"].astype("str")
    at = found.columns.get_indexer(said)
    values = found.to_numpy()
    behind = (at < 0) | (values[np.arange(len(found)), at] < values.max(axis=1) - 1e-9)
    if behind.any():
        first = table.index[behind][0]
        raise DatasetError(
            f"{count(table.index[behind], 'image')} have a prediction that is not the most "
            f"probable class: {first} {said[first]!r}, most probable {best[first]!r}. To score the "
            "most probable class, drop it: table.drop(columns='prediction'); to score other "
            "decisions, put them in after the check: checked['prediction'] = …."
        )
    return said
