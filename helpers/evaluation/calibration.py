"""Whether probabilities mean what they say, and temperature scaling, which mends many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax, softmax

from helpers.datasets import DatasetError
from helpers.evaluation.comparing import Difference, compare_losses
from helpers.evaluation.predictions import FACTS, check_predictions, probabilities

BINS, BIASED = 15, "temperature and biases"
COLDEST, HOTTEST = 0.01, 100.0
HELD = 10.0
"""How many images' worth of doubt each class's bias has to overcome."""


class Floor(NamedTuple):
    """What a calibration error comes to where there is nothing to find: mean and 95 % range."""

    mean: float
    low: float
    high: float

    def __repr__(self) -> str:
        return f"{self.mean:.3f} ({self.low:.3f} to {self.high:.3f})"


class Labelled(NamedTuple):
    """The labelled rows of a predictions table as arrays."""

    chances: np.ndarray
    truth: np.ndarray
    classes: list[str]
    index: pd.Index


def checked(predictions: pd.DataFrame) -> pd.DataFrame:
    """The table as it is where it was checked before, else by `check_predictions`.

    To bring rows to a sum of 1 once more would move a last digit, and part what was equal.
    """
    if [*predictions.columns[: len(FACTS)]] == [*FACTS] and predictions.index.name == "image_id":
        return predictions
    return check_predictions(predictions)


def labelled(predictions: pd.DataFrame) -> Labelled:
    """Probabilities (images × classes), numbers of the labels' classes, classes and image ids.

    Raises
    ------
    DatasetError
        As `check_predictions`, or when no image has a label.
    """
    table = checked(predictions)
    table = table[table["label"].notna()]
    if table.empty:
        raise DatasetError("No image of the predictions table has a label to be held against.")
    found = probabilities(table)
    truth = found.columns.get_indexer(table["label"])
    if (truth < 0).any():
        check_predictions(table)  # says which label has no column
    return Labelled(found.to_numpy(float), truth, list(found.columns), table.index)


def with_chances(predictions: pd.DataFrame, chances: np.ndarray) -> pd.DataFrame:
    """A predictions table with other probabilities; prediction, confidence and loss follow."""
    columns = [column for column in predictions if column not in FACTS]
    made = pd.DataFrame(chances, predictions.index, columns)
    return check_predictions(pd.concat([predictions[["label"]], made], axis=1))


def reliability(predictions: pd.DataFrame, bins: int = BINS) -> pd.DataFrame:
    """How often the most probable class is right, by how sure the model is of it.

    Returns
    -------
    DataFrame by bin, those without images left out
        low, high (confidences above low, up to high), images, confidence (mean), accuracy.
    """
    sure, right, place = _binned(labelled(predictions), bins)
    table = pd.DataFrame({"confidence": sure, "accuracy": right.astype(float)}).groupby(place)
    found = table.mean().assign(images=table.size())
    edges = np.linspace(0, 1, bins + 1)
    found.insert(0, "low", edges[found.index])
    found.insert(1, "high", edges[found.index + 1])
    return found[["low", "high", "images", "confidence", "accuracy"]].rename_axis("bin")


def calibration_error(predictions: pd.DataFrame, bins: int = BINS) -> float:
    """Expected calibration error (ECE) of the most probable class, 0 to 1.

    The distance between confidence and accuracy in bins of equal width, each weighted by its
    images (Naeini and others, 2015; Guo and others, 2017). It is never 0 on a finite number of
    images, however good the model: hold it against `calibration_floor`.
    """
    return _error(*_binned(labelled(predictions), bins))


def confidence_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """`calibration_error` of confidences, 0 to 1, and whether each answer was right."""
    return _error(confidence, right, _places(confidence, bins))


def calibration_floor(
    predictions: pd.DataFrame, bins: int = BINS, draws: int = 200, seed: int = 0
) -> Floor:
    """The ECE that these images would give if the model were perfectly calibrated.

    Labels are drawn from the very probabilities, image by image, `draws` times. Photos of one
    thing err together, which the draws do not know: the true floor then lies a little higher.
    """
    found, rng = labelled(predictions), np.random.default_rng(seed)
    sure, _, place = _binned(found, bins)
    errors = [_error(sure, rng.random(len(sure)) < sure, place) for _ in range(draws)]
    return Floor(float(np.mean(errors)), *map(float, np.quantile(errors, [0.025, 0.975])))


def brier_scores(predictions: pd.DataFrame) -> pd.Series:
    """Brier score of each labelled image: squared distance to the truth, over classes, 0 to 2."""
    found = labelled(predictions)
    off = found.chances.copy()
    off[np.arange(len(off)), found.truth] -= 1
    return pd.Series((off**2).sum(1), found.index, name="brier")


def loss_changes(
    tables: Mapping[str, pd.DataFrame], against: pd.DataFrame, groups=None
) -> dict[str, Difference]:
    """By how much the log loss of each predictions table lies above that of another."""
    return {
        name: compare_losses(table["loss"], against["loss"], groups)
        for name, table in tables.items()
    }


def find_temperature(predictions: pd.DataFrame) -> float:
    """The temperature that these images' log loss is least at (Guo and others, 2017).

    One number, found on validation images: above 1 where the model is too sure of itself, below
    where it is not sure enough.
    """
    found = labelled(predictions)
    logits, rows = np.log(_floored(found.chances)), np.arange(len(found.truth))

    def loss(log_temperature: float) -> float:
        return -float(
            log_softmax(logits / np.exp(log_temperature), axis=1)[rows, found.truth].mean()
        )

    ends = np.log([COLDEST, HOTTEST])
    best = minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-8}).x
    return float(np.exp(best))


def find_biases(predictions: pd.DataFrame) -> tuple[float, pd.Series]:
    """A temperature, and a bias for each class, that these images' log loss is least at.

    Bias-corrected temperature scaling (Alexandari, Kundaje and Shrikumar, 2020, "Maximum likelihood
    with bias-corrected calibration is hard-to-beat at label shift adaptation"): a temperature keeps
    the order of classes, and with it a liking for some of them. Each bias is held near 0 as by ten
    further images (a normal prior of that precision), since a rare class has few images to find it
    by, and one without labels none.

    Returns
    -------
    (float, Series of float by class)
        For `apply_temperature`.
    """
    found = labelled(predictions)
    logits, images = np.log(_floored(found.chances)), len(found.truth)
    target = np.zeros_like(logits)
    target[np.arange(images), found.truth] = 1

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        scaled = logits * np.exp(-flat[0]) + flat[1:]
        scores = log_softmax(scaled, axis=1)
        off = np.exp(scores) - target
        loss = -(scores * target).sum() + HELD * (flat[1:] ** 2).sum() / 2
        steep = -np.exp(-flat[0]) * (off * logits).sum()
        return loss / images, np.append(steep, off.sum(0) + HELD * flat[1:]) / images

    start = np.append(np.log(find_temperature(predictions)), np.zeros(len(found.classes)))
    ends = [(np.log(COLDEST), np.log(HOTTEST))] + [(None, None)] * len(found.classes)
    options = {"maxiter": 1000, "ftol": 1e-12, "gtol": 1e-8}
    best = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=ends, options=options).x
    return float(np.exp(best[0])), pd.Series(best[1:], found.classes, name="bias")


def apply_temperature(
    predictions: pd.DataFrame, temperature: float, biases: pd.Series | None = None
) -> pd.DataFrame:
    """The table with logits divided by `temperature`: as sure as it should be, same answers.

    With `biases` by class, these are added to the logits, and answers may change.
    """
    if not 0 < temperature < np.inf:
        raise DatasetError(f"The temperature is {temperature}; expected a number above 0.")
    table = checked(predictions)
    values = probabilities(table)
    logits = np.log(_floored(values.to_numpy(float))) / temperature
    if biases is not None:
        logits += biases.reindex(values.columns).fillna(0.0).to_numpy()
    return with_chances(table, softmax(logits, axis=1))


def mend(predictions: pd.DataFrame, valid: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The predictions after each way to calibrate them, found on validation predictions.

    Returns
    -------
    dict
        "temperature" (see `find_temperature`) and "temperature and biases" (see `find_biases`).
    """
    return {
        "temperature": apply_temperature(predictions, find_temperature(valid)),
        BIASED: apply_temperature(predictions, *find_biases(valid)),
    }


def _floored(chances: np.ndarray) -> np.ndarray:
    return np.maximum(chances, np.finfo(float).tiny)


def _binned(found: Labelled, bins: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Confidence, whether right, and the number of the bin, of each image."""
    sure, right = found.chances.max(1), found.chances.argmax(1) == found.truth
    return sure, right, _places(sure, bins)


def _places(sure: np.ndarray, bins: int) -> np.ndarray:
    return np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)


def _error(sure: np.ndarray, right: np.ndarray, place: np.ndarray) -> float:
    return float(np.abs(np.bincount(place, weights=right - sure)).sum() / len(sure))
