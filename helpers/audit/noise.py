"""How many labels are wrong, and which: label noise fitted to out-of-fold predictions."""

import numpy as np

TEMPERATURES = np.geomspace(0.15, 8, 20)
"""What the logits are divided by: under 1 where a head is surer than it says."""

USUAL = 0.4
"""Standard deviation of the logarithm of a temperature above 1: a head that was chosen by its log
loss out of fold is hardly surer than it may be, though often less sure."""

MOST, STEPS, GAIN = 0.2, 60, 1.0
"""The largest share of noise looked for (more cannot be told from classes that are hard), steps of
the fit, and how much noise has to add to the log likelihood, or there is none."""


def chance_of_noise(logs: np.ndarray, y: np.ndarray, gain: float = GAIN) -> np.ndarray:
    """The chance of each label to be wrong, given what was predicted without it.

    A label is noise with one probability throughout, and else drawn from the prediction; noise goes
    where predictions and labels differ most. That probability (by expectation maximisation, as
    Dawid & Skene 1979) and the temperature of the predictions (as Guo et al. 2017) are those that
    make the labels most likely. A class that the head cannot tell is thereby uncertain, and no
    error: what counts is how much oftener sure predictions are contradicted than they should be.
    Wrong labels that lookalikes share are not counted: they have taught the head.

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
    array of float, shape (images,), 0 to 1; all 0 where noise explains no more than chance, or the
    predictions are no better than knowing how common each class is: these contradict no label
    """
    if len(y) == 0 or logs.shape[1] < 2:
        return np.zeros(len(y))
    rows = np.arange(len(y))
    # Each half of the images learns from the other where noise goes, or chance would look like it.
    towards = np.empty_like(logs)
    for half in (0, 1):
        other = rows % 2 != half
        towards[~other] = _where_noise_goes(logs[other], y[other])[:, y[~other]].T
    best, chances, clean = -np.inf, np.zeros(len(y)), -np.inf
    for temperature in TEMPERATURES:
        scaled = logs / temperature
        p = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        right = np.maximum(p[rows, y], 1e-12)
        noise = np.maximum((p * towards).sum(axis=1), 1e-12)
        share, found = 0.05, None
        for _ in range(STEPS):
            both = (1 - share) * right + share * noise
            found = share * noise / both
            share = min(found.mean(), MOST)
        prior = -((max(np.log(temperature), 0) / USUAL) ** 2) / 2
        likely = prior + np.log((1 - share) * right + share * noise).sum()
        clean = max(clean, prior + np.log(right).sum())
        if likely > best:
            best, chances = likely, found
    knows = clean > np.log(np.bincount(y)[y] / len(y)).sum() + gain
    return chances if knows and best > clean + gain else np.zeros(len(y))


def _where_noise_goes(logs, y) -> np.ndarray:
    """Rows: the true class; columns: the share of its noise that each other class gets."""
    count = logs.shape[1]
    even = (1 - np.eye(count)) / (count - 1)
    goes = np.zeros((count, count))
    np.add.at(goes, (logs.argmax(axis=1), y), 1.0)
    np.fill_diagonal(goes, 0)
    goes += even / 2
    return goes / goes.sum(axis=1, keepdims=True)
