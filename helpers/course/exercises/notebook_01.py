"""How the answers of notebook 01 are judged."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from helpers.course.exercises.framework import Found, Unanswered, close
from helpers.descriptors import score_descriptor

LEAD = 0.05  # by which a number must beat our best family: less may be chance


def judge_01_1(answer: tuple[str, float], dataset: Any) -> Found:
    """The class with the fewest development images, and the ratio of the largest to it."""
    name, ratio = answer
    if not isinstance(name, str):
        return "swapped"
    ratio = float(ratio)
    counts = dataset.development.images["label"].value_counts()
    every = dataset.images["label"].value_counts()
    if name not in counts:
        name = {known.lower(): known for known in counts.index}.get(name.strip().lower(), name)
    if name not in counts:
        return "unknown", {"name": name[:40], "classes": ", ".join(sorted(counts.index))}
    with_test = every.get(name) == every.min() and close(ratio, every.max() / every.min())
    if with_test and not close(ratio, counts.max() / counts.min()):
        return "with_test"
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
    # Its brightest level is not 255, so that dividing by the picture's own brightest is told.
    # Blue is in a third of it, so that a median is told.
    rgb[..., 0], rgb[..., 1], rgb[:, 0, 2] = 204, 51, 153
    expected = np.array([0.8, 0.2, 0.2])
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
    readings += [("sum", found / 6), ("sum", found / 6 / 255), ("brightest", found * 0.8)]
    readings += [("of_256", found * 256 / 255), ("median", found + [0, 0, 0.2])]
    for name, value in readings:
        if np.allclose(value, expected, atol=0.002):
            return name
    return "other", {"found": ", ".join(f"{value:.2f}" for value in found)}


def judge_01_3(answer: str, dataset: Any, held: Any = None) -> Found:
    """The column that, held equal, takes away what texture knew of beech and hornbeam.

    `held` is the table of `helpers.descriptors.hold_equal`.
    """
    column = answer.strip().lower()
    if column not in ("background", "device", "season", "site"):
        raise ValueError
    if held is None:
        return "unmeasured"
    ours = (held["class_a"] == "beech") & (held["class_b"] == "hornbeam")
    rows = held[ours & (held["family"] == "texture")].set_index("column")
    if column not in rows.index:
        return "unmeasured"
    if rows["fall"].idxmax() == column:
        return None
    values = {name: f"{rows.loc[column, name]:.2f}" for name in ("auc", "within")}
    return "stays", {"column": column, **values}


def judge_01_4(
    answer: Callable[[np.ndarray, np.ndarray], Any],
    dataset: Any,
    pictures: Any = None,
    separation: Any = None,
) -> Found:
    """A function that tells two classes apart better than the best of our families.

    `pictures` is the table of `helpers.descriptors.find_foregrounds`, `separation` that of
    `helpers.descriptors.separability`.
    """
    if not callable(answer):
        raise TypeError
    if pictures is None or separation is None:
        return "unmeasured"
    rgb, foreground = pictures[["rgb", "foreground"]].iloc[0]
    try:
        found = answer(rgb.copy(), foreground.copy())
        if found is None or found is ...:
            raise Unanswered
        if np.size(found) != 1:
            return "many", {"shape": np.shape(found)}
        mine = score_descriptor(answer, pictures)
    except Unanswered:
        raise
    except Exception as error:
        return "raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"}
    if np.isnan(mine):
        return "no_number"
    of_pair = separation[["class_a", "class_b"]].isin([*pictures["label"].unique()]).all(axis=1)
    ours = separation[of_pair].sort_values("auc").iloc[-1]
    values = {"mine": f"{mine:.2f}", "ours": f"{ours['auc']:.2f}", "family": ours["family"]}
    # Of a family that is nearly perfect, half of what it leaves is enough.
    if mine >= min(ours["auc"] + LEAD, (ours["auc"] + 1) / 2):
        return None
    if mine > ours["auc"]:
        return "close", values
    found = _answers(answer, pictures)
    if (found == found[0]).all():
        return "same"
    sides = zip(pictures["rgb"], pictures["foreground"], strict=True)
    things = [np.where(foreground[..., None], rgb, 0) for rgb, foreground in sides]
    alone = np.allclose(_answers(answer, pictures.assign(rgb=things)), found)
    return ("poor" if alone else "worse"), values


def _answers(answer: Callable, pictures: pd.DataFrame, most: int = 20) -> np.ndarray:
    """What a function returns of the first pictures."""
    rows = pictures[["rgb", "foreground"]].head(most).itertuples(index=False)
    return np.array([float(answer(rgb.copy(), foreground.copy())) for rgb, foreground in rows])
