"""How the answers of notebook 03 are judged."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from helpers.course.exercises.framework import Found, Unanswered

# Nine photos: two specimens that share a copy, one of which has another; two copies of a photo of
# which nobody knows the specimen; a specimen by itself.
SPECIMENS = {"a": "S1", "b": "S1", "c": "S2", "d": "S2", "g": "S3", "h": "S3"}
PAIRS = [("b", "c"), ("d", "e"), ("f", "i")]
RIGHT = ["abcde", "fi", "gh"]
FAR = {"a": "d"}  # linked by two steps, from specimen to copy to specimen

SHARE, TOLERANCE = 0.2, 0.05


def judge_03_1(answer: Callable, dataset: Any) -> Found:
    """A function of specimens and pairs of copies that names what has to stay together."""
    ids = pd.Index(list("abcdefghi"), name="image_id")
    specimen = pd.Series(SPECIMENS, dtype="str").reindex(ids)
    pairs = pd.DataFrame(PAIRS, columns=["image_id", "other_id"])
    found, problem = _call(answer, specimen.copy(), pairs.copy())
    if problem:
        return problem
    if not isinstance(found, pd.Series) or sorted(found.index) != sorted(ids):
        return "form"
    if found.isna().any():
        return "unnamed", {"count": int(found.isna().sum())}
    linked = {pair for pair in combinations(ids, 2) if found[pair[0]] == found[pair[1]]}
    right = {pair for part in RIGHT for pair in combinations(part, 2)}
    if linked == right:
        return None
    unknown = {pair for pair in linked if not set(pair) & set(SPECIMENS)} - {("f", "i")}
    if unknown:
        return "unknown_together"
    copies, own = set(PAIRS), {("a", "b"), ("c", "d"), ("g", "h")}
    if not linked & copies:
        return "specimen_only"
    if not linked & own:
        return "copies_only"
    if linked < right:
        return "one_step"
    one, other = min(linked - right)
    return "other", {"one": one, "other": other}


def judge_03_2(answer: Callable, dataset: Any) -> Found:
    """A function that returns mean and standard deviation of the training pictures' channels."""
    rng, split = np.random.default_rng(0), np.array(["train", "valid", "train", "test", "train"])
    low = np.array([0, 20, 60, 110, 140])[:, None, None, None]
    pictures = (low + rng.integers(0, 40, (5, 3, 4, 3)) * [1, 2, 3]).clip(0, 255).astype(np.uint8)
    found, problem = _call(answer, pictures.copy(), split.copy())
    if problem:
        return problem
    try:
        mean, std = (np.asarray(part, float) for part in found)
    except (TypeError, ValueError):
        return "form"
    if mean.shape != (3,) or std.shape != (3,):
        return "axis", {"mean": mean.shape, "std": std.shape}
    if np.abs(mean).max() > 2:
        return "levels"

    def told(by: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        chosen = pictures[by] / 255
        return chosen.mean(axis=(0, 1, 2)), chosen.std(axis=(0, 1, 2))

    expected = told(split == "train")
    for name, (its_mean, its_std) in {
        "all": told(split != ""),
        "valid_too": told(split != "test"),
        "exchanged": expected[::-1],
    }.items():
        if np.allclose(mean, its_mean, atol=1e-3) and np.allclose(std, its_std, atol=1e-3):
            return name
    if not np.allclose(mean, expected[0], atol=1e-3):
        return "other", {"found": mean[0], "expected": expected[0][0]}
    # Over pixels, with n or n - 1 below: both are standard deviations.
    if np.allclose(std, expected[1], rtol=0.02):
        return None
    return "variance" if np.allclose(std, expected[1] ** 2, rtol=0.02) else "spread"


def judge_03_4(answer: Callable, dataset: Any) -> Found:
    """A function that divides a table, judged by what it lets through."""
    images, pairs = make_collection()
    found, problem = _call(answer, images.copy(), pairs.copy())
    if problem:
        return problem
    words = {"train", "valid"}
    if not isinstance(found, pd.Series) or sorted(found.index) != sorted(images.index):
        return "form"
    if not set(found.dropna()) <= words or found.isna().any():
        return "words"
    found = found[images.index]
    share = (found == "valid").mean()
    if abs(share - SHARE) > TOLERANCE:
        return "share", {"share": share}
    copies = (pairs["image_id"].map(found) != pairs["other_id"].map(found)).sum()
    torn = pd.crosstab(images["specimen"], found).all(axis=1).sum()
    if torn:
        return "specimens", {"torn": torn, "copies": copies}
    if copies:
        return "copies", {"copies": copies}
    if (lost := pd.crosstab(images["label"], found).eq(0).any(axis=1)).any():
        return "class", {"label": lost.idxmax()}
    again, _ = _call(answer, images.copy(), pairs.copy())
    return None if again is not None and found.equals(again[images.index]) else "changes"


def make_collection() -> tuple[pd.DataFrame, pd.DataFrame]:
    """300 photos of 60 specimens of five species, and ten pairs of copies, each filed
    under two specimens."""
    rng = np.random.default_rng(3)
    species = np.repeat(["beech", "birch", "linden", "oak", "olive"], [16, 13, 12, 10, 9])
    specimens = pd.Series(species, [f"S{number}" for number in rng.permutation(60)])
    names = np.repeat(specimens.index.to_numpy(), 5)
    ids = [f"IMG_{number:04d}.jpg" for number in rng.permutation(300)]
    index = pd.Index(ids, name="image_id")
    images = pd.DataFrame({"label": specimens[names].to_numpy(), "specimen": names}, index)
    images = images.sort_index()
    firsts = images.groupby("label").sample(4, random_state=0)
    pairs = []
    for _, some in firsts.groupby("label"):
        for one, other in (some.index[:2], some.index[2:]):
            pairs.append((one, other))
    return images, pd.DataFrame(pairs, columns=["image_id", "other_id"])


def _call(answer: Any, *arguments: Any) -> tuple[Any, Found]:
    """What a learner's function returns, or the name of the mistake that it raised."""
    if not callable(answer):
        raise TypeError
    try:
        found = answer(*arguments)
    except Exception as error:
        return None, ("raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"})
    if found is None or found is ...:
        raise Unanswered
    return found, None
