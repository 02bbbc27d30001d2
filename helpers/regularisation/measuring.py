"""How good probabilities are, and when to stop."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from helpers.evaluation.calibration import confidence_error
from helpers.evaluation.predictions import label_losses

PATIENCE = 3


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
        `helpers.evaluation.calibration_error`).
    """
    hits = probabilities.argmax(axis=1) == codes
    return {
        "loss": float(label_losses(probabilities, codes).mean()),
        "accuracy": float(hits.mean()),
        "ece": confidence_error(probabilities.max(axis=1), hits),
    }


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
