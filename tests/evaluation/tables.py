"""Predictions tables drawn at random, for the tests of what is judged and decided by them."""

import numpy as np
import pandas as pd
from scipy.special import softmax

from helpers.evaluation import check_predictions

CLASSES = ["ash", "elm", "fir", "oak"]


def drawn(images=400, seed=0, shares=(0.4, 0.3, 0.2, 0.1), sharpness=1.0, signal=1.5):
    """A table whose probabilities are exactly right, or too sharp by a known temperature.

    Scores are normal about the class's corner, so that Bayes' rule gives the true probabilities;
    these to the power `sharpness`, normalised, need a temperature of `sharpness`.
    """
    rng, shares = np.random.default_rng(seed), np.asarray(shares, float)
    truth = rng.choice(len(shares), images, p=shares)
    scores = rng.normal(size=(images, len(shares)))
    scores[np.arange(images), truth] += signal
    with np.errstate(divide="ignore"):
        logits = scores * signal + np.log(shares)
    return table_of(softmax(sharpness * logits, axis=1), truth)


def table_of(chances, truth, names=None):
    """A checked table of these probabilities and numbers of classes."""
    names = names or CLASSES[: np.shape(chances)[1]]
    index = pd.Index([f"{number:04d}.jpg" for number in range(len(truth))], name="image_id")
    table = pd.DataFrame(chances, index, names)
    table.insert(0, "label", [None if one is None else names[one] for one in truth])
    return check_predictions(table)


def things(table, photos=4):
    """Four photos after each other show one thing."""
    return pd.Series([f"thing {n // photos}" for n in range(len(table))], table.index)
