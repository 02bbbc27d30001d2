"""How the answers of notebook 06 are judged."""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.course.exercises.framework import Found, Unanswered

SIDE, HUE_MOVED, REPEATS = 64, 0.04, 5
CASES = ("digits", "willows", "hands")
RIGHT = {"digits": "turn", "willows": "hue", "hands": "mirror"}


def judge_06_1(answer: dict[str, str], dataset: Any) -> Found:
    """The transform that takes the label away, for each of three tasks."""
    if not isinstance(answer, dict):
        raise TypeError
    given = {str(task): word for task, word in answer.items()}
    if set(given) != set(CASES):
        raise ValueError
    if any(word is ... or word is None for word in given.values()):
        raise Unanswered
    words = {task: str(word).strip().lower() for task, word in given.items()}
    if not set(words.values()) <= set(RIGHT.values()):
        raise ValueError
    return next((task for task in CASES if words[task] != RIGHT[task]), None)


def judge_06_2(answer: Callable[[np.ndarray, np.ndarray], Any], dataset: Any) -> Found:
    """A function that mirrors the chosen images of a batch."""
    images = np.random.default_rng(0).integers(0, 256, (5, 4, 6, 3))
    chosen = np.array([True, False, True, False, False])
    found, given, problem = _call(answer, images, chosen)
    if problem:
        return problem
    if not np.array_equal(given, images):
        return "in_place"
    found = np.asarray(found)
    if found.shape != images.shape:
        return "shape", {"shape": found.shape}
    for name, axes, at in (
        (None, 2, chosen), ("all", 2, slice(None)), ("others", 2, ~chosen), ("upright", 1, chosen),
        ("channels", 3, chosen), ("turned", (1, 2), chosen), ("nothing", 2, chosen & False),
        ("order", 0, slice(None)),
    ):  # fmt: skip
        right = images.copy()
        right[at] = np.flip(images[at], axes)
        if np.array_equal(found, right):
            return name
    return "other"


def judge_06_3(answer: Callable, dataset: Any) -> Found:
    """MixUp of images and of their targets."""
    rng = np.random.default_rng(1)
    images, targets = rng.random((3, 2, 2, 3)), np.eye(4)[[0, 2, 3]]
    share, partner = 0.7, np.array([1, 2, 0])
    found, _, problem = _call(answer, images, targets, share, partner)
    if problem:
        return problem
    if not isinstance(found, tuple | list) or len(found) != 2:
        return "pair"
    if any(part is ... or part is None for part in found):
        raise Unanswered
    pictures, said = (np.asarray(part, dtype=float) for part in found)
    if pictures.shape != images.shape or said.shape != targets.shape:
        return "shapes", {"pictures": pictures.shape, "targets": said.shape}

    def mixed(values: np.ndarray, weight: float) -> np.ndarray:
        return weight * values + (1 - weight) * values[partner]

    if np.allclose(pictures, mixed(images, 1 - share)):
        return "share"
    if not np.allclose(pictures, mixed(images, share)):
        return "images"
    readings = [(None, mixed(targets, share)), ("one_label", targets)]
    readings += [("opposite", mixed(targets, 1 - share)), ("half", mixed(targets, 0.5))]
    return next((name for name, right in readings if np.allclose(said, right)), "targets")


def judge_06_4(answer: Callable[[int], Any], dataset: Any, compare: Any = None) -> Found:
    """Transforms that surely lower the validation loss at the same budget, over several repeats.

    `compare` trains with each of a list of policies, once for each of `seeds`, and returns what
    they say of the validation images. One repeat is not enough: a policy that changes next to
    nothing draws other numbers, and may come out better by luck.
    """
    from helpers.augment import Policy, paired_effects, score_answers
    from helpers.augment.policies import NONE

    found, _, problem = _call(answer, SIDE)
    if problem:
        return problem
    steps = [*found] if isinstance(found, list | tuple) else [found]
    if not steps:
        return "nothing"
    if problem := _try_out(steps):
        return problem
    if dataset is not None and dataset.is_bundled and _moves_hue(steps):
        return "hue"
    if compare is None:
        return "unmeasured"
    mine = Policy("mine", "several at random", lambda size: steps)
    answers = compare([NONE, mine], seeds=range(REPEATS))
    gain = paired_effects(score_answers(answers), "log_loss").loc["mine"]
    said = {"change": f"{gain['difference']:+.2f}", "low": f"{gain['low']:+.2f}"}
    said |= {"high": f"{gain['high']:+.2f}", "repeats": REPEATS}
    if gain["high"] < 0:
        return None, said
    return ("worse" if gain["low"] > 0 else "unsure"), said


def _call(answer: Callable, *values: Any) -> tuple[Any, Any, Found]:
    """What a learner's function returns for copies of `values`, the first copy afterwards, and
    what it raised."""
    if not callable(answer):
        raise TypeError
    copies = [value.copy() if isinstance(value, np.ndarray) else value for value in values]
    try:
        found = answer(*copies)
    except Exception as error:
        return None, None, ("raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"})
    if found is None or found is ...:
        raise Unanswered
    return found, copies[0], None


def _try_out(steps: list) -> Found:
    """Whether transforms keep images of 8 bits what they are, and change them at all."""
    import torch

    from helpers.augment import EachImage

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        batch = torch.randint(256, (16, 3, SIDE, SIDE), dtype=torch.uint8)
        try:
            made = EachImage(*steps).change(batch)
        except Exception as error:
            return "raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"}
    if made.shape != batch.shape or made.dtype != batch.dtype:
        kind = str(made.dtype).removeprefix("torch.")
        return "kind", {"shape": tuple(made.shape[1:]), "dtype": kind}
    return "nothing" if torch.equal(made, batch) else None


def _moves_hue(steps: list) -> bool:
    """Whether green comes out as another colour: by more than `HUE_MOVED` of the circle."""
    import torch
    from skimage.color import rgb2hsv

    from helpers.augment import EachImage

    green = torch.tensor([60, 150, 40], dtype=torch.uint8).view(1, 3, 1, 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made = EachImage(*steps).change(green.expand(64, 3, SIDE, SIDE))
    middle = made[:, :, SIDE // 2, SIDE // 2].numpy() / 255
    hue, saturation, value = np.moveaxis(rgb2hsv(middle.reshape(1, -1, 3))[0], -1, 0)
    plain = rgb2hsv(np.array([[[60, 150, 40]]]) / 255)[0, 0, 0]
    coloured = (saturation > 0.2) & (value > 0.1)
    away = np.abs((hue - plain + 0.5) % 1 - 0.5)[coloured]
    return bool(len(away)) and bool((away > HUE_MOVED).mean() > 0.25)
