"""How the answers of notebook 01 are judged."""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.course.exercises.framework import Found, Unanswered, close

# Of a picture 160 pixels wide: how wide the maps of stage4 are, and how many there are.
WIDE, MAPS = 10, 192
TOO_WIDE = {160: "pixels", 20: "stage3", 5: "stage5", 11: "shown", 8: "shown", MAPS: "swapped"}
TOO_MANY = {MAPS * WIDE**2: "cells", WIDE**2: "cells", 3: "drawn", 768: "all_stages"}


def judge_01_1(answer: tuple[str, float], dataset: Any) -> Found:
    """The class with the fewest development images, and the ratio of the largest to it."""
    name, ratio = answer
    if not isinstance(name, str):
        return "swapped"
    ratio = float(ratio)
    counts = dataset.development.images["label"].value_counts()
    if name not in counts:
        name = {known.lower(): known for known in counts.index}.get(name.strip().lower(), name)
    if name not in counts:
        return "unknown", {"name": name[:40], "classes": ", ".join(sorted(counts.index))}
    if counts[name] != counts.min():
        return "largest" if counts[name] == counts.max() else "larger", {"name": name}
    if close(ratio, counts.max() / counts.min()):
        return None
    if close(ratio, counts.min() / counts.max()):
        return "inverted"
    return "difference" if close(ratio, counts.max() - counts.min()) else "ratio"


def judge_01_2(answer: Callable[[np.ndarray], Any], dataset: Any) -> Found:
    """A function that returns mean red, green and blue between 0 and 1."""
    rgb = np.zeros((2, 3, 3), dtype=np.uint8)
    rgb[..., 0], rgb[..., 1], rgb[0, :, 2] = 255, 51, 102
    expected = np.array([1.0, 0.2, 0.2])
    if not callable(answer):
        raise TypeError
    try:
        found = answer(rgb.copy())
    except Exception as error:
        return "raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"}
    if found is None or found is ...:
        raise Unanswered
    found = np.asarray(found, dtype=float)
    if found.size == 1:
        return "one_number"
    if found.shape != (3,):
        return "axis", {"shape": found.shape}
    readings = [(None, found), ("exchanged", found[::-1]), ("levels", found / 255)]
    for name, value in [*readings, ("sum", found / 6), ("sum", found / 6 / 255)]:
        if np.allclose(value, expected, atol=0.005):
            return name
    return "other", {"found": ", ".join(f"{value:.2f}" for value in found)}


def judge_01_3(answer: str, dataset: Any, separation: Any = None) -> Found:
    """The family that tells olive from willow best; on other data the hardest pair, as measured.

    `separation` is the table of `helpers.descriptors.separability`.
    """
    family = answer.strip().lower()
    if family not in ("colour", "texture", "form"):
        raise ValueError
    if dataset.is_bundled:
        return None if family == "colour" else family
    if separation is None:
        return "unmeasured"
    pairs = separation.pivot_table("auc", ["class_a", "class_b"], "family")
    hardest = pairs.loc[pairs.max(axis=1).idxmin()]
    return None if hardest[family] >= hardest.max() - 0.01 else ("lower", {"family": family})


def judge_01_4(answer: tuple[int, int], dataset: Any) -> Found:
    """The width of a feature map in cells, and how many numbers its stage adds to an embedding."""
    wide, numbers = (float(part) for part in answer)
    if wide != WIDE:
        return TOO_WIDE.get(wide, "wide")
    return None if numbers == MAPS else TOO_MANY.get(numbers, "numbers")
