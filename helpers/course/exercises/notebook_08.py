"""How the answers of notebook 08 are judged."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from helpers.course.exercises.framework import ACCEPTED, Found, Unanswered

BUDGET = 5
"""Trainings that the search of 08.4 may ask for."""
SEEDS = range(3)
"""Of the trainings by which its choice is judged: of one alone nobody knows what its seed did."""

# Losses that fall, rise for longer and longer, and fall again; and some that are no number. The
# training loss falls throughout.
WAVES = [2.0, 1.6, 1.7, 1.8, 1.5, 1.6, 1.7, 1.75, 1.45, 1.6, 1.7, 1.8, 1.9, 1.2, 1.3]
CASES = [(3, WAVES), (2, WAVES), (1, [1.9, 1.4, 1.6, 1.2]), (4, [1.9, 1.5, np.nan, 1.4, 1.45, 1.5])]
# Losses that fall without beating the best, and one that equals it: neither ends the wait.
CASES += [(3, [1.9, 1.2, 1.6, 1.5, 1.7, 1.1, 1.3, 1.4, 1.45, 0.9])]
CASES += [(3, [1.9, 1.4, 1.4, 1.5, 1.5, 1.6, 1.3])]
# A new best after each epoch or two in vain: the wait begins again.
CASES += [(3, [1.9, 1.5, 1.6, 1.4, 1.5, 1.3, 1.4, 1.2, 1.3, 1.35])]


def judge_08_1(answer: Callable[[pd.DataFrame, int], Any], dataset: Any) -> Found:
    """The epoch that early stopping keeps, for several tables of losses."""
    from helpers.regularisation import stop_epoch

    for patience, losses in CASES:
        table = pd.DataFrame({"epoch": range(len(losses)), "valid_loss": losses})
        table["train_loss"] = np.linspace(2, 0.1, len(losses))
        found, problem = _call(answer, table.copy(), patience)
        if problem:
            return problem
        right = stop_epoch(losses, patience)
        if np.size(found) != 1:
            return "many", {"count": np.size(found)}
        found = float(np.squeeze(found))
        if found == right:
            continue
        readings = {
            "loss": min(losses[: right + 1]),
            "patience": np.nanargmin(losses),
            "stopped": min(right + patience, len(losses) - 1),
            "last": len(losses) - 1,
            "early": stop_epoch(losses, patience - 1) if patience > 1 else -1,
            "before": _waits(losses, patience, lambda loss, best, before: loss < before),
            "equal": _waits(losses, patience, lambda loss, best, before: loss <= best),
            "late": stop_epoch(losses, patience + 1),
            "sum": _adds_up(losses, patience),
        }
        name = next((name for name, value in readings.items() if found == value), "other")
        said = {"found": f"{found:g}", "right": right, "patience": patience, "losses": losses}
        return name, said
    return None


def _waits(losses: list[float], patience: int, ends: Callable[..., bool]) -> int:
    """The epoch kept where the wait ends as soon as ``ends(loss, best, loss before)``."""
    best, before, kept, waited = np.inf, np.inf, 0, 0
    for epoch, loss in enumerate(losses):
        waited = 0 if ends(loss, best, before) else waited + 1
        if loss < best or (loss == best and waited == 0):
            best, kept = loss, epoch
        if waited >= patience:
            break
        before = loss
    return kept


def _adds_up(losses: list[float], patience: int) -> int:
    """The epoch kept where all epochs in vain are counted, whatever lies between them."""
    best, kept, vain = np.inf, 0, 0
    for epoch, loss in enumerate(losses):
        if loss < best:
            best, kept = loss, epoch
        else:
            vain += 1
        if vain == patience:
            break
    return kept


def judge_08_2(answer: Callable[[np.ndarray, int, float], Any], dataset: Any) -> Found:
    """Cross-entropy with label smoothing, held against torch's."""
    import torch

    for logits, label, share in (
        ([2.0, -1.0, 0.5, 0.0], 0, 0.2), ([0.3, 1.4, -2.0], 2, 0.1), ([800.0, 0.0], 1, 0.4),
    ):  # fmt: skip
        loss = torch.nn.CrossEntropyLoss(label_smoothing=share)
        right = float(loss(torch.tensor([logits], dtype=torch.float64), torch.tensor([label])))
        found, problem = _call(answer, np.array(logits), label, share)
        if problem:
            return problem
        if np.size(found) != 1:
            return "many", {"count": np.size(found)}
        found = float(np.squeeze(found))
        if np.isclose(found, right, rtol=1e-6):
            continue
        logs = torch.log_softmax(torch.tensor(logits, dtype=torch.float64), 0).numpy()
        target = np.full(len(logs), share / len(logs))
        target[label] += 1 - share
        others = np.full(len(logs), share / (len(logs) - 1))
        others[label] = 1 - share
        extra = np.full(len(logs), share / len(logs))
        extra[label] = 1 - share
        readings = {
            "sign": -right,
            "hard": -logs[label],
            "others": -others @ logs,
            "unsummed": -extra @ logs,
            "mixture": -np.log(target @ np.exp(logs)),
            "mean": right / len(logs),
            "only_label": -target[label] * logs[label],
        }
        if not np.isfinite(found):
            return "overflow"
        near = (name for name, value in readings.items() if np.isclose(found, value, rtol=1e-6))
        return next(near, "other"), {"found": f"{found:.4f}", "right": f"{right:.4f}"}
    return None


def judge_08_3(answer: Callable[[int, int, float, Any], Any], dataset: Any) -> Found:
    """A simulation of the best of several settings that are equal in truth."""
    from helpers.regularisation import expected_best

    for tries, images, accuracy in ((10, 100, 0.6), (40, 50, 0.3)):
        values = []
        for seed in range(8):
            found, problem = _call(answer, tries, images, accuracy, np.random.default_rng(seed))
            if problem:
                return problem
            if np.size(found) != 1:
                return "many", {"count": np.size(found)}
            values.append(float(np.squeeze(found)))
        right, mean = expected_best(tries, images, accuracy), float(np.mean(values))
        said = {"found": f"{mean:.3f}", "right": f"{right:.3f}", "spread": f"{np.std(values):.3f}"}
        said |= {"accuracy": accuracy, "tries": tries}
        error = np.sqrt(accuracy * (1 - accuracy) / images)
        near = error / 8
        if abs(mean - right) < near and np.std(values) < 2 * near:
            continue
        if abs(mean - right) < error and np.std(values) >= 2 * near:
            return "once", said
        readings = {"mean": accuracy, "counts": right * images, "worst": 2 * accuracy - right}
        for name, value in readings.items():
            if abs(mean - value) < near * (images if name == "counts" else 1):
                return name, said
        if mean > 1:
            return "impossible", said
        return ("more" if mean > right else "other"), said
    return None


def judge_08_4(
    answer: Callable[[Callable], Any], dataset: Any, train: Any = None, others: Any = None
) -> Found:
    """A search by validation that surely beats no regularisation on images it has not seen.

    `train` trains under a recipe; `others` gives features and labels of leaves that no choice was
    made by. On other data there are no such, and the search is taken as it is.
    """
    from helpers.regularisation import Recipe

    if not callable(answer):
        raise TypeError
    if train is None:
        return "unmeasured"
    tried: dict = {}

    def run(recipe: Recipe, **given: Any) -> Any:
        # The distribution that MixUp draws from takes no whole number for its parameter.
        return train(replace(recipe, mixup=float(recipe.mixup)), **given)

    def score(recipe: Any) -> float:
        if not isinstance(recipe, Recipe):
            raise NoRecipe(type(recipe).__name__)
        if recipe not in tried:
            if len(tried) == BUDGET:
                raise OverBudget
            tried[recipe] = run(recipe)
        return float(tried[recipe].curves["valid_loss"].iloc[-1])

    try:
        chosen = answer(score)
    except OverBudget:
        return "budget", {"budget": BUDGET}
    except NoRecipe as error:
        return "recipe", {"kind": str(error)}
    except Exception as error:
        return "raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"}
    if chosen is None or chosen is ...:
        raise Unanswered
    if not isinstance(chosen, Recipe):
        return "recipe", {"kind": type(chosen).__name__}
    if chosen not in tried:
        return "untried", {"tried": len(tried)}
    losses = {recipe: one.curves["valid_loss"].iloc[-1] for recipe, one in tried.items()}
    if losses[chosen] > min(losses.values()):
        said = {"chosen": f"{losses[chosen]:.2f}", "best": f"{min(losses.values()):.2f}"}
        return "not_best", said
    if others is None or dataset is None or not dataset.is_bundled:
        return ACCEPTED
    said = {"promised": f"{losses[chosen]:.2f}", "tries": len(tried)}
    return _beats_none(run, chosen, others(), said)


class OverBudget(Exception):
    """One training more than allowed."""


class NoRecipe(Exception):
    """Something else was to be trained."""


def _beats_none(train: Callable, chosen: Any, others: tuple, said: dict) -> Found:
    """Compare the choice with no cure, image by image, by their mean over trainings.

    Images are not all that is drawn: it is surely better where each seed's training is, too.
    """
    from helpers.evaluation import compare_losses
    from helpers.regularisation import Recipe

    features, labels = others
    codes = pd.factorize(labels, sort=True)[0]
    losses = [pd.DataFrame(index=labels.index) for _ in range(2)]
    for table, recipe in zip(losses, (chosen, Recipe()), strict=True):
        for seed in SEEDS:
            found = train(recipe, seed=seed).predict(features)
            table[seed] = -np.log(found[np.arange(len(codes)), codes])
    by_seed = losses[0].mean() - losses[1].mean()
    losses = [table.mean(axis=1) for table in losses]
    gain = compare_losses(*losses)
    said |= {"held": f"{losses[0].mean():.2f}", "change": f"{gain.difference:+.2f}"}
    said |= {"low": f"{gain.low:+.2f}", "high": f"{gain.high:+.2f}"}
    if gain.high < 0 and (by_seed < 0).all():
        return None, said
    return ("worse" if gain.low > 0 and (by_seed > 0).all() else "unsure"), said


def _call(answer: Callable, *values: Any) -> tuple[Any, Found]:
    """What a learner's function returns, and what it raised."""
    if not callable(answer):
        raise TypeError
    try:
        found = answer(*values)
    except Exception as error:
        return None, ("raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"})
    if found is None or found is ...:
        raise Unanswered
    return found, None
