"""How the answers of notebook 13 are judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from helpers.course.exercises.framework import Found, Unanswered, call

# Where the slope changes along the way: what holds at the picture alone does not hold between.
_REFERENCE = 400
SIDE, CLOSE = 8, 0.05


def judge_13_1(answer: Callable, dataset: Any) -> Found:
    """A function of (model, image, baseline, target) to the integrated gradients of each pixel."""
    model, image, baseline = made_network()
    target = 1
    with torch.no_grad():
        gap = float(torch.sub(*(model(x[None])[0, target] for x in (image, baseline))))
    found = call(answer, model, image.clone(), baseline.clone(), target)
    if isinstance(found, tuple):
        return found
    found = _as_array(found)
    if found.shape == (3, SIDE, SIDE):
        return "colours"
    if found.shape != (SIDE, SIDE):
        return "form", {"found": found.shape}
    way = image - baseline

    def along(start: float, stop: float, count: int) -> torch.Tensor:
        at = start + (stop - start) * (torch.arange(count) + 0.5) / count
        return sum(slope(model, baseline + a * way, target) for a in at) / count

    end, mean = slope(model, image, target), along(0, 1, _REFERENCE)
    readings = {
        None: (mean * way).sum(0),
        "end": (end * way).sum(0),
        "no_difference": mean.sum(0),
        "only_slope": end.sum(0),
        "from_black": (slope_path(model, torch.zeros_like(image), image, target)).sum(0),
        "magnitude": (mean * way).abs().sum(0),
        "probability": slope_path(nn.Sequential(model, nn.Softmax(1)), baseline, image, target).sum(
            0
        ),
    }
    for name, values in readings.items():
        scale = float(values.abs().max())
        if np.abs(found - values.numpy()).max() <= CLOSE * scale:
            return (name, {"gap": gap}) if name is None else name
    return "other", {"found": float(found.sum()), "gap": gap}


def judge_13_2(answer: Callable, dataset: Any) -> Found:
    """A function of a heatmap and a mask to the share of the positive attribution inside."""
    rng = np.random.default_rng(13)
    heats = rng.normal(0.2, 1, (3, 6, 9))
    masks = rng.random((3, 6, 9)) < np.array([0.2, 0.5, 0.7])[:, None, None]
    found = []
    for heat, mask in zip(heats, masks, strict=True):
        given = call(answer, heat.copy(), mask.copy())
        if isinstance(given, tuple):
            return given
        found.append(float(given))
    positive = np.maximum(heats, 0)

    def share(values: np.ndarray, inside: np.ndarray) -> np.ndarray:
        return (values * inside).sum((1, 2)) / values.sum((1, 2))

    readings = {
        None: share(positive, masks),
        "outside": share(positive, ~masks),
        "absolute": share(np.abs(heats), masks),
        "signed": share(heats, masks),
        "pixels": share((heats > 0).astype(float), masks),
        "area": masks.mean((1, 2)),
        "of_subject": (positive * masks).sum((1, 2)) / masks.sum((1, 2)),
        "sum": (positive * masks).sum((1, 2)),
    }
    name = next((n for n, v in readings.items() if np.allclose(found, v, atol=1e-6)), "other")
    if name is not None:
        return name, {"found": found[0], "right": readings[None][0]}
    nothing = call(answer, np.full((4, 4), -1.0), np.ones((4, 4), bool))
    if isinstance(nothing, tuple):
        return nothing
    return None if float(nothing) == 0 else "nothing"


def judge_13_4(
    answer: Callable, dataset: Any, learner=None, mended=None, photos=None, moved=None, rival=None
) -> Found:
    """An attribution of one's own, a function of (model, images, targets) to a value per pixel.

    It is asked about two models whose use of the ground is known: for each photo the model whose
    answer changes more on another ground should have more of its attribution off the subject, and
    on average more must lie on it for the mended one. The first is asked of noise in its place,
    too.
    """
    if not callable(answer):
        raise TypeError
    if photos is None or moved is None:
        return "unmeasured"
    from helpers.evaluation import compare_losses
    from helpers.explain import tell_truth

    rights, models = {}, {"plain": learner, "mended": mended}
    for name, method in (("own", answer), ("random", "random")):
        try:
            if name == "own" and _untouched(answer, learner, photos):
                raise Unanswered
            found = tell_truth(models, photos, moved, method, "label", rival)
        except Unanswered:
            raise
        except Exception as error:
            return "raised", {"error": f"{type(error).__name__}: {str(error)[:150]}"}
        rights[name] = found
    own, noise = rights["own"], rights["random"]
    told = {
        "told": own["right"].mean(),
        "noise": noise["right"].mean(),
        "share": own["share"].mean(),
        "area": own["area"].mean(),
        "images": len(own),
    }
    if (own["share"].isna()).mean() > 0.2:
        return "silent", told
    share = (1 - own[[f"off {name}" for name in models]]).dropna()
    beside = compare_losses(share["off mended"], share["off plain"], photos.groups[share.index])
    told |= {"beside": repr(beside)}
    if told["told"] <= 0.5:
        return "reversed", told
    if beside.low <= 0:
        return "no_better", told
    return ("off_subject" if told["share"] <= told["area"] else None), told


def _untouched(answer: Callable, learner, photos) -> bool:
    from helpers.explain.heatmaps import as_tensor, shown

    one = photos.with_images(photos.images.iloc[:1])
    images = as_tensor(shown(learner, one)[1], learner)
    return answer(learner.model.eval(), images, torch.zeros(1, dtype=torch.long)) in (None, ...)


def made_network() -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """A small network whose slope changes along the way, a picture and a baseline."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(13)
        model = nn.Sequential(
            nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 12), nn.Tanh(), nn.Linear(12, 3)
        )
        with torch.no_grad():
            model[1].weight.mul_(4)
        image, baseline = torch.rand(2, 3, SIDE, SIDE)
    return model.eval(), image, 0.3 + 0.2 * baseline


def slope(model: nn.Module, image: torch.Tensor, target: int) -> torch.Tensor:
    """How steeply the logit of a class rises with each number of a picture."""
    asked = image[None].clone().requires_grad_()
    return torch.autograd.grad(model(asked)[0, target], asked)[0][0]


def slope_path(model, start, image, target) -> torch.Tensor:
    at = (torch.arange(_REFERENCE) + 0.5) / _REFERENCE
    slopes = sum(slope(model, start + a * (image - start), target) for a in at)
    return slopes / _REFERENCE * (image - start)


def _as_array(found: Any) -> np.ndarray:
    found = found.detach().numpy() if isinstance(found, torch.Tensor) else found
    return np.asarray(found, float)
