"""What the exercises of notebook 08 need, and plausible wrong answers to them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy.special import log_softmax, logsumexp, softmax

from helpers.regularisation import Recipe, stop_epoch

CODES = np.arange(40) % 2
LABELS = pd.Series(np.array(["ash", "elm"])[CODES], [f"{n}.jpg" for n in range(40)])


def train_it(recipe, seed=0):
    """A training whose validation loss and probabilities follow from its recipe."""
    assert isinstance(recipe.mixup, float)  # fastai's MixUp takes no whole number
    loss = 2.0 - recipe.augment * 0.5 - recipe.dropout * 0.2 + recipe.depth
    loss += recipe.width < 256
    # MixUp promises much and holds nothing; label smoothing helps some images and harms others.
    loss -= recipe.mixup
    truly = np.full(40, 1.0 - 0.4 * recipe.augment - 0.2 * recipe.dropout + recipe.depth)
    truly += recipe.mixup + recipe.smoothing * np.where(np.arange(40) % 4 < 2, 1, -1)
    # Weight decay helps in two of three trainings, and on average on each image.
    truly += (recipe.decay == 1) * (0.1 if seed == 2 else -0.3)
    right = np.exp(-truly)
    found = np.column_stack([np.where(side == CODES, right, 1 - right) for side in (0, 1)])
    curves = pd.DataFrame({"epoch": [0, 1], "valid_loss": [9.0, loss]})
    return SimpleNamespace(curves=curves, predict=lambda maps: found)


GIVEN = {"train": train_it, "train_it": train_it, "others": lambda: (None, LABELS)}


def _best(curves, patience):
    return curves["valid_loss"].idxmin()


def _missed(curves, patience, later=0, more=0):
    kept = stop_epoch(curves["valid_loss"], patience + more)
    return min(kept + later * patience, len(curves) - 1)


def _smooth(target_of, reduce=None):
    def loss(logits, label, share):
        target, logs = target_of(len(logits), label, share), log_softmax(logits)
        return -(target @ logs) if reduce is None else reduce(target, logs)

    return loss


def _right(k, label, share):
    return np.eye(k)[label] * (1 - share) + share / k


def _others(k, label, share):
    return np.where(np.arange(k) == label, 1 - share, share / (k - 1))


def _extra(k, label, share):
    return np.where(np.arange(k) == label, 1 - share, share / k)


def _overflows(logits, label, share):
    with np.errstate(all="ignore"):
        odds = np.exp(logits)
        return -(_right(len(logits), label, share) * np.log(odds / odds.sum())).sum()


def _best_of(reduce, repeats=3000, unit=1):
    def best(tries, images, accuracy, rng):
        drawn = rng.binomial(images, accuracy, size=(repeats, tries)) / images
        return reduce(drawn).mean() * (images if unit == "images" else unit)

    return best


def _tries(*recipes, then=0):
    """Scores recipes and returns one of them."""

    def choose(score):
        for recipe in recipes:
            score(recipe)
        return recipes[then]

    return choose


def _waited(curves, patience, what):
    """Early stopping that takes heart too soon."""
    best, before, kept, waited = float("inf"), float("inf"), 0, 0
    for epoch, loss in zip(curves["epoch"], curves["valid_loss"], strict=True):
        better = loss < best or (what == "equal" and loss == best)
        best, kept = (loss, epoch) if better else (best, kept)
        fell = loss < before if what == "before" else better
        if not fell:
            waited += 1
        elif what != "sum":
            waited = 0
        before = loss
        if waited == patience:
            break
    return kept


NONE, TURNED = Recipe(), Recipe(augment=True)
WRONG = {
    "08.1": [
        (lambda curves, patience: curves["loss"], "raised", "KeyError"),
        (lambda curves, patience: [1, 2], "many", "2 values"),
        (lambda curves, patience: curves["valid_loss"][4], "loss", "number of its epoch"),
        (_best, "patience", "before it came"),
        (lambda curves, patience: _missed(curves, patience, 1), "stopped", "before the wait"),
        (lambda curves, patience: curves["train_loss"].idxmin(), "last", "training loss"),
        (lambda curves, patience: _missed(curves, patience, more=-1), "early", "too soon"),
        (lambda curves, patience: _missed(curves, patience, more=1), "late", "too long"),
        (lambda curves, patience: _waited(curves, patience, "before"), "before", "*best* ends"),
        (lambda curves, patience: _waited(curves, patience, "equal"), "equal", "earlier epoch"),
        (lambda curves, patience: _waited(curves, patience, "sum"), "sum", "begins the wait again"),
        (lambda curves, patience: 0, "other", "expected 4"),
        (3, "malformed", "a function"),
    ],
    "08.2": [
        (lambda logits, label, share: logits["a"], "raised", "IndexError"),
        (lambda logits, label, share: -logits, "many", "4 values"),
        (_smooth(_right, lambda target, logs: target @ logs), "sign", "sign is turned"),
        (lambda logits, label, share: -log_softmax(logits)[label], "hard", "without smoothing"),
        (_smooth(_others), "others", "*other* classes"),
        (_smooth(_extra), "unsummed", "add up to 1"),
        (_smooth(_right, lambda t, logs: -logsumexp(logs, b=t)), "mixture", "logarithms instead"),
        (_smooth(_right, lambda t, logs: -(t * logs).mean()), "mean", "so sum"),
        (_smooth(_right, lambda t, logs: -(t * logs)[t.argmax()]), "only_label", "other classes"),
        (_overflows, "overflow", "800"),
        (lambda logits, label, share: 1 - softmax(logits)[label], "other", "torch's"),
        ("log", "malformed", "a function"),
    ],
    "08.3": [
        (lambda tries, images, accuracy, rng: rng.binom(), "raised", "AttributeError"),
        (lambda tries, images, accuracy, rng: [accuracy] * 2, "many", "2 values"),
        (_best_of(lambda drawn: drawn.max(axis=1), repeats=1), "once", "thousands"),
        (_best_of(lambda drawn: drawn), "mean", "0.6"),
        (_best_of(lambda drawn: drawn.max(axis=1), unit="images"), "counts", "divide"),
        (_best_of(lambda drawn: drawn.min(axis=1)), "worst", "worst"),
        (_best_of(lambda drawn: drawn.max(axis=1), unit=9), "impossible", "more than all"),
        (_best_of(lambda drawn: drawn.max(axis=0)), "more", "best of 10 scores 0.67"),
        (_best_of(lambda drawn: drawn.max()), "more", "within each search"),
        (_best_of(lambda drawn: drawn[:, :2].max(axis=1)), "other", "expected 0.67"),
        (0.7, "malformed", "a function"),
    ],
    "08.4": [
        (lambda score: score(NONE) / 0, "raised", "ZeroDivisionError"),
        (lambda score: score({"augment": True}), "recipe", "got a dict"),
        (lambda score: score(TURNED), "recipe", "got a float"),
        (_tries(*[Recipe(depth=n / 10) for n in range(6)]), "budget", "more than 5"),
        (lambda score: TURNED, "untried", "0 others"),
        (_tries(NONE, TURNED), "not_best", "2.00, though you tried one with 1.50"),
        (_tries(Recipe(mixup=0.5)), "worse", "promised 1.50"),
        (_tries(Recipe(mixup=1)), "worse", "promised 1.00"),
        (_tries(Recipe(smoothing=0.3)), "unsure", "0 lies between"),
        (_tries(Recipe(decay=1)), "unsure", "not each of three"),
        ("augment", "malformed", "a function"),
    ],
}  # fmt: skip
WRONG_ELSEWHERE = {"08.4": [(_tries(TURNED), "unmeasured", "train=train_it", [])]}
NEEDS = {"08.4": ["train", "others"]}
