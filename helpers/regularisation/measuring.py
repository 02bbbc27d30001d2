"""How good probabilities are, and when to stop."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

PATIENCE, BINS = 3, 15


def score_probabilities(probabilities: np.ndarray, codes: np.ndarray) -> dict[str, float]:
    """Log loss, accuracy and calibration error of probabilities.

    Parameters
    ----------
    probabilities : float, images × classes, rows sum to 1
    codes : int, the right class of each image

    Returns
    -------
    dict
        loss (mean of minus the logarithm of the right class's probability), accuracy, ece (see
        `calibration_error`).
    """
    right = probabilities[np.arange(len(codes)), codes]
    hits = probabilities.argmax(axis=1) == codes
    return {
        "loss": float(-np.log(np.maximum(right, np.finfo(float).tiny)).mean()),
        "accuracy": float(hits.mean()),
        "ece": calibration_error(probabilities.max(axis=1), hits),
    }


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """Expected calibration error (Naeini et al., 2015): how far confidence is from accuracy.

    Images are put into bins of equal width by their confidence; the error is the distance between
    mean confidence and accuracy in a bin, averaged over images.
    """
    number = np.minimum((np.asarray(confidence) * bins).astype(int), bins - 1)
    off = np.bincount(number, np.asarray(right, float) - confidence, minlength=bins)
    return float(np.abs(off).sum() / len(number))


def stop_epoch(losses: Sequence[float], patience: int = PATIENCE) -> int:
    """The epoch whose weights early stopping keeps (Prechelt, 1998).

    Training goes on until `patience` epochs in a row have not lowered the validation loss; kept are
    the weights of the epoch with the lowest loss up to there, the first of equal ones. A loss that
    is no number lowers nothing.

    Parameters
    ----------
    losses : validation losses, one per epoch
    """
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best] or np.isnan(losses[best]):
            best = epoch
        elif epoch - best >= patience:
            break
    return best
