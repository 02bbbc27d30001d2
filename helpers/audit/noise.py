"""How many labels are wrong, and which: label noise fitted to out-of-fold predictions."""

import numpy as np

TEMPERATURES = np.geomspace(0.15, 2, 14)
"""What the logits are divided by: under 1 where a head is surer than it says."""

STEPS, GAIN = 60, 2.0
"""Steps of the fit, and the log likelihood that noise has to gain, or there is none: about what a
share of noise gains by chance in one of fifty sets without any."""


def chance_of_noise(logs: np.ndarray, y: np.ndarray, gain: float = GAIN) -> np.ndarray:
    """The chance of each label to be wrong, given what was predicted without it.

    A label is taken for noise with one probability throughout, and otherwise drawn from the
    prediction; noise goes where predictions and labels disagree most, half evenly. That probability
    (by expectation maximisation, as Dawid & Skene 1979) and the temperature of the predictions (as
    Guo et al. 2017) are those that make the labels most likely. A class that the head cannot tell
    is thereby uncertain and no error: what counts is how much oftener sure predictions are
    contradicted than sure predictions should be. The chances are those for noise as assumed: even
    within a class, and not shared by lookalikes, which would teach the head.

    Parameters
    ----------
    logs : array, shape (images, classes)
        Log probabilities from a model that saw neither the image nor its label.
    y : array of int, shape (images,)
        The given labels.
    gain : float
        Log likelihood that noise has to add.

    Returns
    -------
    array of float, shape (images,), 0 to 1; all 0 where noise explains no more than chance
    """
    if len(y) == 0 or logs.shape[1] < 2:
        return np.zeros(len(y))
    goes, rows = _where_noise_goes(logs, y), np.arange(len(y))
    best, chances, clean = -np.inf, np.zeros(len(y)), -np.inf
    for temperature in TEMPERATURES:
        scaled = logs / temperature
        p = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        right = np.maximum(p[rows, y], 1e-12)
        noise = np.maximum((p * goes[:, y].T).sum(axis=1), 1e-12)
        share, found = 0.05, None
        for _ in range(STEPS):
            both = (1 - share) * right + share * noise
            found = share * noise / both
            share = found.mean()
        likely = np.log((1 - share) * right + share * noise).sum()
        clean = max(clean, np.log(right).sum())
        if likely > best:
            best, chances = likely, found
    return chances if best > clean + gain else np.zeros(len(y))


def _where_noise_goes(logs, y) -> np.ndarray:
    """Rows: the true class; columns: the share of its noise that each other class gets."""
    count = logs.shape[1]
    even = (1 - np.eye(count)) / (count - 1)
    goes = np.zeros((count, count))
    np.add.at(goes, (logs.argmax(axis=1), y), 1.0)
    np.fill_diagonal(goes, 0)
    goes += even / 2
    return goes / goes.sum(axis=1, keepdims=True)
