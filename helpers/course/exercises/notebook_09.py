"""How the answers of notebook 09 are judged."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch

from helpers.course.exercises.framework import Found, Unanswered, call

# Three models, eight images, three classes.
_RNG = np.random.default_rng(9)
CHANCES = _RNG.dirichlet(np.full(3, 0.7), size=(3, 8))
WEIGHTS = np.array([3.0, 1.0, 2.0])


def judge_09_1(answer: Callable[[np.ndarray, np.ndarray], Any], dataset: Any) -> Found:
    """A function that makes one table of probabilities from several, by weights."""
    found = call(answer, CHANCES.copy(), WEIGHTS.copy())
    if isinstance(found, tuple):
        return found
    found = np.asarray(found, float)
    if found.shape != CHANCES.shape[1:]:
        return "shape", {"shape": found.shape}
    shares = WEIGHTS / WEIGHTS.sum()
    votes = np.eye(3)[CHANCES.argmax(2)]
    product = np.exp(np.tensordot(shares, np.log(CHANCES), 1))
    readings = [
        (None, np.tensordot(shares, CHANCES, 1)),
        ("sum", np.tensordot(WEIGHTS, CHANCES, 1)),
        ("ignored", CHANCES.mean(0)),
        ("third", np.tensordot(WEIGHTS, CHANCES, 1) / len(WEIGHTS)),
        ("hard", np.tensordot(shares, votes, 1)),
        ("hard", votes.mean(0)),
        ("logarithms", product),
        ("logarithms", product / product.sum(1, keepdims=True)),
    ]
    return next((name for name, value in readings if np.allclose(found, value)), "other")


def judge_09_2(answer: Callable[[np.ndarray], Any], dataset: Any) -> Found:
    """The mean squared distance of the members' probabilities from those of their vote."""
    found = call(answer, CHANCES.copy())
    if isinstance(found, tuple):
        return found
    found = np.asarray(found, float)
    if found.shape:
        return "number", {"shape": found.shape}
    off = CHANCES - CHANCES.mean(0)
    readings = [
        (None, (off**2).sum(2).mean()),
        ("classes", (off**2).mean()),
        ("sample", CHANCES.var(0, ddof=1).sum(1).mean()),
        ("root", np.sqrt((off**2).sum(2)).mean()),
        ("root", CHANCES.std(0).sum(1).mean()),
        ("root", CHANCES.std(0).mean()),
        ("absolute", np.abs(off).sum(2).mean()),
        ("images", ((CHANCES - CHANCES.mean(1, keepdims=True)) ** 2).sum(2).mean()),
        ("images", CHANCES.var(1).sum(1).mean()),
        *(("summed", (off**2).sum(axes).mean()) for axes in ((0, 2), (1, 2), (0, 1, 2))),
    ]
    mistake = next((name for name, value in readings if np.isclose(found, value)), "other")
    return mistake, {"found": float(found), "right": float(readings[0][1])}


def _states() -> list[dict[str, torch.Tensor]]:
    made = torch.Generator().manual_seed(0)
    return [
        {
            "conv.weight": torch.randn(2, 3, generator=made),
            "norm.running_var": torch.rand(2, generator=made) + 0.5,
            "norm.num_batches_tracked": torch.tensor(steps),
        }
        for steps in (10, 20, 33)
    ]


def judge_09_3(answer: Callable[[list], Any], dataset: Any) -> Found:
    """A function that averages the weights of networks, given as state dicts."""
    states, before = _states(), _states()
    found = call(answer, states)
    if isinstance(found, tuple):
        return found
    if any((old[key] != new[key]).any() for old, new in zip(before, states, strict=True)
           for key in old):  # fmt: skip
        return "changed"
    if not isinstance(found, Mapping):
        return "kind", {"kind": type(found).__name__}
    if absent := sorted(set(before[0]) - set(found)):
        return "absent", {"key": absent[0]}
    for key in ("conv.weight", "norm.running_var"):
        values = torch.as_tensor(found[key]).float()
        stack = torch.stack([state[key] for state in before])
        if values.shape == stack.shape[1:] and torch.allclose(values, stack.mean(0), atol=1e-6):
            continue
        if values.shape == stack.shape[1:] and torch.allclose(values, stack.sum(0), atol=1e-6):
            return "sum"
        single = [i for i, one in enumerate(stack) if values.shape == one.shape
                  and torch.allclose(values, one)]  # fmt: skip
        return ("one", {"number": single[0] + 1}) if single else ("other", {"key": key})
    steps = torch.as_tensor(found["norm.num_batches_tracked"])
    if steps.is_floating_point():
        return "whole", {"value": float(steps)}
    return None if 10 <= int(steps) <= 33 else ("steps", {"value": int(steps)})


def judge_09_4(
    answer: Callable[[dict, pd.Series], Any], dataset: Any, answers: Any = None,
    labels: Any = None, groups: Any = None,
) -> Found:  # fmt: skip
    """Weights of a vote, chosen on half of the groups and scored on the other half, both ways."""
    if not callable(answer):
        raise TypeError
    if answers is None or labels is None or groups is None:
        return "unmeasured"
    from helpers.ensembles import choose_weights, losses, vote
    from helpers.evaluation import compare_losses

    first = next(iter(answers.values()))
    labels = labels[labels.index.isin(first.index) & labels.isin(first.columns)]
    halves = pd.factorize(groups[labels.index].astype("str"), sort=True)[0] % 2
    if len(set(halves)) < 2:  # all of one thing
        halves = np.arange(len(labels)) % 2
    found = {name: [] for name in ("theirs", "alike", "ours")}
    for side in (0, 1):
        chosen, asked = labels.index[halves == side], labels.index[halves != side]
        known = {name: table.loc[chosen] for name, table in answers.items()}
        try:
            weights = answer({name: table.copy() for name, table in known.items()}, labels[chosen])
        except Exception as error:
            return "raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"}
        if weights is None or weights is ...:
            raise Unanswered
        if not isinstance(weights, Mapping) or not set(weights) <= set(answers):
            return "names", {"kind": type(weights).__name__}
        try:
            numbers = {name: float(weights.get(name, 0)) for name in answers}
        except (TypeError, ValueError):
            return "numbers"
        if min(numbers.values()) < 0 or not 0 < sum(numbers.values()) < np.inf:
            return "numbers"
        others = {name: table.loc[asked] for name, table in answers.items()}
        for name, how in (
            ("theirs", numbers), ("alike", None), ("ours", choose_weights(known, labels[chosen])),
        ):  # fmt: skip
            found[name].append(losses(vote(others, how), labels))
    found = {name: pd.concat(parts) for name, parts in found.items()}
    beside = compare_losses(found["theirs"], found["alike"], groups)
    values = {name: one.mean() for name, one in found.items()} | {"beside": repr(beside)}
    if np.allclose(found["theirs"], found["alike"]):
        return "alike", values
    return (None if beside.low <= 0 else "worse"), values
