"""Three voters for the exercises of notebook 09, and what learners get wrong about votes."""

import numpy as np
import pandas as pd
import torch


def make_voters(ids: list[str]) -> tuple[dict[str, pd.DataFrame], pd.Series, pd.Series]:
    """Models that are mostly right, half right and guessing; the truth, twice."""
    rng, turn = np.random.default_rng(3), np.arange(len(ids)) % 2
    truth = pd.Series(np.array(["oak", "birch"])[turn], ids)
    answers = {}
    for name, skill in {"good": 2.0, "fair": 1.0, "blind": 0.0}.items():
        logit = rng.normal(size=len(ids)) + skill * (2 * turn - 1)
        birch = 1 / (1 + np.exp(-logit))
        answers[name] = pd.DataFrame({"birch": birch, "oak": 1 - birch}, ids)
    return answers, truth, truth


def _raises(*given):
    raise KeyError("model")


def _shares(weights):
    return weights / weights.sum()


def _heads(chances):
    return np.eye(chances.shape[2])[chances.argmax(2)]


WRONG_VOTES = [
    (_raises, "raised", "KeyError"),
    (lambda chances, weights: np.average(chances, axis=1), "shape", "(3, 3)"),
    (lambda chances, weights: chances.argmax(2), "shape", "(3, 8)"),
    (lambda chances, weights: np.tensordot(weights, chances, 1), "sum", "sum of the weights"),
    (lambda chances, weights: chances.mean(0), "ignored", "plain mean"),
    (
        lambda chances, weights: (weights[:, None, None] * chances).mean(0),
        "third",
        "number of models",
    ),
    (lambda chances, weights: _heads(chances).mean(0), "hard", "most probable class"),
    (
        lambda chances, weights: np.tensordot(_shares(weights), _heads(chances), 1),
        "hard",
        "how sure",
    ),
    (
        lambda chances, weights: np.exp(np.tensordot(_shares(weights), np.log(chances), 1)),
        "logarithms",
        "geometric",
    ),
    (lambda chances, weights: chances.max(0), "other", "weighted mean"),
    (0.5, "malformed", "a function"),
]

WRONG_SPREADS = [
    (_raises, "raised", "KeyError"),
    (lambda chances: chances.var(0), "number", "(8, 3)"),
    (lambda chances: ((chances - chances.mean(0)) ** 2).mean(), "classes", "over classes"),
    (lambda chances: chances.var(0, ddof=1).sum(1).mean(), "sample", "ddof=1"),
    (lambda chances: len(chances) * chances.var(0).sum(1).mean(), "summed", "a sum over models"),
    (lambda chances: chances.var(0).sum(), "summed", "or images"),
    (lambda chances: len(chances) * chances.var(0).sum(), "summed", "the average is asked for"),
    (lambda chances: chances.std(0).mean(), "root", "Squares"),
    (lambda chances: np.abs(chances - chances.mean(0)).sum(2).mean(), "absolute", "squares"),
    (lambda chances: chances.var(1).sum(1).mean(), "images", "*images*"),
    (lambda chances: chances.mean(), "other", "expected"),
    ("0.2", "malformed", "a function"),
]


def _mean(states, whole=lambda stack, first: stack.float().mean(0).to(first.dtype)):
    return {
        name: whole(torch.stack([state[name] for state in states]), first)
        for name, first in states[0].items()
    }


def _in_place(states):
    for name, value in states[0].items():
        for other in states[1:]:
            value += other[name]
        states[0][name] = (value / len(states)).to(value.dtype)
    return states[0]


def _forgets(states):
    return {name: value for name, value in _mean(states).items() if "tracked" not in name}


def _sums_steps(states):
    steps = sum(state["norm.num_batches_tracked"] for state in states)
    return _mean(states) | {"norm.num_batches_tracked": steps}


WRONG_AVERAGES = [
    (_raises, "raised", "KeyError"),
    (lambda states: list(_mean(states).values()), "kind", "list"),
    (_forgets, "absent", "num_batches_tracked"),
    (_in_place, "changed", "in-place"),
    (
        lambda states: _mean(states, lambda stack, first: stack.sum(0)),
        "sum",
        "divide",
    ),
    (lambda states: dict(states[2]), "one", "network 3"),
    (
        lambda states: _mean(states, lambda stack, first: stack.float().mean(0)),
        "whole",
        "whole ones",
    ),
    (_sums_steps, "steps", "63"),
    (
        lambda states: _mean(states, lambda stack, first: stack.amax(0)),
        "other",
        "conv.weight",
    ),
    (7, "malformed", "a function"),
]

WRONG_WEIGHTS = [
    (_raises, "raised", "KeyError"),
    (lambda answers, labels: [1, 0, 0], "names", "list"),
    (lambda answers, labels: {"best": 1}, "names", "no other names"),
    (lambda answers, labels: {"good": "much"}, "numbers", "0 or more"),
    (lambda answers, labels: {"good": -1, "fair": 3}, "numbers", "0 or more"),
    (lambda answers, labels: dict.fromkeys(answers, 2), "alike", "plain mean"),
    (lambda answers, labels: {"blind": 1}, "worse", "worse by more than chance"),
    (0.5, "malformed", "a function"),
]
