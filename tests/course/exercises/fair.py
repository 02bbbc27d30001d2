"""A dataset whose ground gives the class away, and plausible wrong answers for notebook 12."""

import numpy as np
import pandas as pd

from helpers.balance import image_weights
from helpers.fairness import answer, name_groups
from helpers.training import train_head
from tests.fairness.sets import TRAIN, both, made
from tests.fairness.test_groups import FOUND


def _served():
    train, test, features = both()
    valid, known = made(TRAIN, 2, "valid")
    features = pd.concat([features, known])
    head = train_head(features.loc[train.images.index], train.images["label"])
    told, plain = (
        answer({"plain": head}, features, one)["plain"] for one in (valid, test)
    )  # fmt: skip
    return features, train, valid, name_groups(train, test, FOUND), FOUND, told, plain


SERVED = _served()


def _gap(rates, most=max, least=min):
    return most(rates) - least(rates)


def _rates(values, of, groups, fewest=1):
    kept = [g for g in np.unique(groups) if ((groups == g) & of).sum() >= fewest]
    return [values[(groups == g) & of].mean() for g in kept]


def _small(is_class, named, groups, fewest=10):
    return _gap(_rates(named, is_class, groups))


def _whole(is_class, named, groups, fewest=10):
    kept = [g for g in np.unique(groups) if (groups == g).sum() >= fewest]
    return _gap([named[(groups == g) & is_class].mean() for g in kept])


def _parity(is_class, named, groups, fewest=10):
    return _gap(_rates(named, np.ones_like(is_class), groups))


def _accuracy(is_class, named, groups, fewest=10):
    return _gap(_rates(is_class == named, np.ones_like(is_class), groups))


def _alarms(is_class, named, groups, fewest=10):
    return _gap(_rates(named, ~is_class, groups))


def _of(rate):
    """Another rate than recall, of the groups that are large enough for it."""

    def gap(is_class, named, groups, fewest=10):
        kept = [g for g in np.unique(groups) if ((groups == g) & is_class).sum() >= fewest]
        return _gap([rate(is_class[groups == g], named[groups == g]) for g in kept])

    return gap


def _precision(is_class, named, groups, fewest=10):
    return _gap(_rates(is_class, named, groups))


def _draw(cells, size, seed, replace=False):
    rng = np.random.default_rng(seed)
    return np.concatenate([
        rng.choice(own.index.to_numpy(), min(size, len(own)) if not replace else size,
                   replace=replace)
        for _, own in cells.groupby(cells)
    ])  # fmt: skip


def _plain(known, labels, grounds, asked):
    return train_head(known, labels).predict(asked)


def _costly(known, labels, grounds, asked):
    """Names elm on moss and ash on sand, whatever the leaf."""
    moss = asked["stage4 3"] > asked["stage4 4"]
    said = _plain(known, labels, grounds, asked)
    return said.where(said == "fir", np.where(moss, "elm", "ash"))


WRONG_12 = {
    "12.1": [
        (_small, "small", "group of 5"),
        (_whole, "whole", "of the class"),
        (_parity, "parity", "demographic parity"),
        (_accuracy, "accuracy", "gap in accuracy"),
        (_alarms, "alarms", "false alarms"),
        (_precision, "precision", "gap in precision"),
        (_of(lambda own, named: named.mean()), "parity", "demographic parity"),
        (_of(lambda own, named: (own == named).mean()), "accuracy", "gap in accuracy"),
        (_of(lambda own, named: named[~own].mean()), "alarms", "false alarms"),
        (_of(lambda own, named: own[named].mean()), "precision", "gap in precision"),
        (lambda is_class, named, groups, fewest=10: 0.123, "other", "0.1230"),
        (lambda is_class, named, groups, fewest=10: named["x"], "raised", "IndexError"),
        (0.5, "malformed", "a function"),
    ],
    "12.2": [
        (lambda labels, grounds, seed: _draw(labels, 20, seed), "classes", "equally common"),
        (lambda labels, grounds, seed: _draw(grounds, 30, seed), "grounds", "within each class"),
        (lambda labels, grounds, seed: _draw(labels + grounds, 3, seed), "few", "there are 4"),
        (lambda labels, grounds, seed: _draw(labels + grounds, 4, 0), "fixed", "Another seed"),
        (
            lambda labels, grounds, seed: _draw(labels + grounds, 60, seed, replace=True),
            "repeated",
            "without replacement",
        ),
        (lambda labels, grounds, seed: [*labels.index[:70]], "other", "equal numbers"),
        (lambda labels, grounds, seed: ["oak.jpg"], "strange", "oak.jpg"),
        (lambda labels, grounds, seed: labels["x"], "raised", "KeyError"),
        (4, "malformed", "a function"),
    ],
    "12.3": [
        ("equal opportunity", "equal opportunity", "recall is 1"),
        ("equal accuracy", "equal accuracy", "accuracy is 1"),
        ("equal calibration", "equal calibration", "promises"),
        ("fairness", "malformed", "one of"),
    ],
    "12.4": [
        (_plain, "same", "as right as"),
        (lambda known, labels, grounds, asked: pd.Series("fir", asked.index), "worse", "no sure"),
        (_costly, "dear", "milder"),
        (lambda known, labels, grounds, asked: pd.Series("yew", asked.index), "form", "unknown"),
        (lambda known, labels, grounds, asked: labels.to_numpy()[:7], "short", "7 answers for"),
        (lambda known, labels, grounds, asked: known["ground"], "raised", "KeyError"),
        (lambda known, labels, grounds, asked: 0.5, "malformed", "Series of classes"),
        (image_weights, "raised", "TypeError"),
        (0.5, "malformed", "a function"),
    ],
}
UNMEASURED_12 = {"12.4": [(_plain, "unmeasured", "served=served", [])]}
