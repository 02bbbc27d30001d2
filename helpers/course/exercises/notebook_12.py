"""How answers to the exercises of notebook 12 are judged."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from helpers.course.exercises.framework import ACCEPTED, Found, call

DEAREST = 0.1
"""What a remedy may cost on validation images."""


def judge_12_1(answer: Callable, dataset: Any) -> Found:
    """A function that measures equal opportunity, and leaves small groups out."""
    for seed, fewest in ((0, 10), (1, 25)):
        is_class, named, groups = made_answers(seed)
        found = call(answer, is_class.copy(), named.copy(), groups.copy(), fewest)
        if isinstance(found, tuple):
            return found
        found = float(found)

        def gap(values, of, fewest=fewest, groups=groups, counted=None):
            counted = of if counted is None else counted
            kept = [g for g in np.unique(groups) if ((groups == g) & counted).sum() >= fewest]
            rates = [values[(groups == g) & of].mean() for g in kept]
            return max(rates) - min(rates)

        def gaps(values, of, is_class=is_class, gap=gap):
            """Of another rate, whichever groups were left out as too small."""
            return [gap(values, of), gap(values, of, fewest=1), gap(values, of, counted=is_class)]

        every = np.ones_like(is_class)
        few = int(is_class[groups == "dune"].sum())
        right = gap(named, is_class)
        readings = {
            None: [right],
            "small": [gap(named, is_class, fewest=1)],
            "whole": [gap(named, is_class, counted=every)],
            "parity": gaps(named, every),
            "accuracy": gaps(named == is_class, every),
            "alarms": gaps(named, ~is_class),
            "precision": gaps(is_class, named),
        }
        for name, values in readings.items():
            if np.isclose(values, found, rtol=0, atol=1e-9).any():
                if name is None:
                    break
                return name, {"few": few, "fewest": fewest}
        else:
            return "other", {"found": found, "right": right}
    return None


def made_answers(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether images are of a class, whether they are named so, and their group; of forty images
    of "dune" five are of the class, of eight of "reef" four."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(["meadow", "quarry", "dune", "reef"], [300, 200, 40, 8])
    is_class = rng.random(548) < np.where(groups == "meadow", 0.5, 0.2)
    named = rng.random(548) < np.where(is_class, np.where(groups == "meadow", 0.9, 0.6), 0.15)
    is_class[500:], is_class[500:505], is_class[540:544] = False, True, True
    named[500:505], named[540:544] = [True] + [False] * 4, False
    return is_class, named, groups


def judge_12_2(answer: Callable, dataset: Any) -> Found:
    """A function that draws as many images of each class on each ground."""
    labels, grounds = made_cells()
    drawn = [call(answer, labels.copy(), grounds.copy(), seed) for seed in (0, 1)]
    for one in drawn:
        if isinstance(one, tuple):
            return one
    ids = pd.Index([*drawn[0]])
    if len(strange := ids.difference(labels.index)):
        return "strange", {"found": strange[0]}
    if ids.duplicated().any():
        return "repeated", {"count": int(ids.duplicated().sum())}
    counts = pd.crosstab(labels, grounds) * 0
    counts += pd.crosstab(labels[ids], grounds[ids]).reindex_like(counts).fillna(0).astype(int)
    spread = counts.max(axis=1) - counts.min(axis=1)
    name = spread.idxmax()
    values = {"name": name, "most": counts.loc[name].max(), "least": counts.loc[name].min()}
    if spread.any():
        even = [len({*counts.sum(axis=axis)}) == 1 for axis in (1, 0)]
        return ("classes" if even[0] else "grounds" if even[1] else "other"), values
    right = int(pd.crosstab(labels, grounds).to_numpy().min())
    if counts.to_numpy().min() < right or counts.to_numpy().max() > right:
        return "few", {"found": int(counts.to_numpy().min()), "right": right}
    return "fixed" if {*drawn[0]} == {*drawn[1]} else None


def made_cells() -> tuple[pd.Series, pd.Series]:
    """Classes and grounds of 128 images; ash mostly on moss, elm mostly on sand."""
    sizes = {("ash", "moss"): 60, ("ash", "sand"): 4, ("elm", "moss"): 6, ("elm", "sand"): 58}
    rows = [cell for cell, count in sizes.items() for _ in range(count)]
    index = pd.Index([f"{number:03d}.jpg" for number in range(len(rows))], name="image_id")
    labels, grounds = zip(*rows, strict=True)
    return pd.Series(labels, index), pd.Series(grounds, index)


def judge_12_4(answer: Callable, dataset: Any, served: tuple | None = None) -> Found:
    """A remedy of the learner's own: what it buys the group served worst, and what it costs.

    `served`: features; the training images, the validation images and the test images with the
    columns of their groups; the column of the shortcut; and the plain model's answers to
    validation and to test images.
    """
    if not callable(answer):
        raise TypeError
    if served is None:
        return "unmeasured"
    from helpers.balance import as_categories
    from helpers.evaluation import compare_scores
    from helpers.fairness.groups import SHORTCUT
    from helpers.fairness.paying import judged_groups

    features, train, valid, named, shortcut, plain_valid, plain = served
    labels = train.images["label"].dropna()
    labels = labels[labels.index.isin(features.index)]
    grounds = as_categories(train, shortcut.by).reindex(labels.index)
    asked = features.loc[[*plain_valid.index, *plain.index]]
    found = call(answer, features.loc[labels.index], labels.copy(), grounds, asked.copy())
    if isinstance(found, tuple):
        return found
    if not isinstance(found, pd.Series) and len(found) == len(asked):
        found = pd.Series(np.asarray(found), asked.index)
    if not isinstance(found, pd.Series):
        return "short", {"found": len(found), "asked": len(asked)}
    said = found[~found.index.duplicated()].reindex(asked.index)
    if (lost := ~said.isin(labels.unique())).any():
        return "form", {"count": int(lost.sum())}
    if SHORTCUT not in named.images:  # no group is served worse by any ground of its images
        return ACCEPTED
    theirs, ours = (
        pd.concat([said[one.index] == one["label"] for one in (plain_valid, plain)]),
        pd.concat([one["prediction"] == one["label"] for one in (plain_valid, plain)]),
    )
    groups = judged_groups(named, plain.index, [SHORTCUT]) or {"all images": plain.index}
    group = min(groups, key=lambda name: ours[groups[name]].mean())
    ids = groups[group]
    gain = compare_scores(theirs[ids], ours[ids], named.groups[ids])
    home = plain_valid.index
    cost = 100 * (theirs[home].mean() - ours[home].mean())
    values = {"group": group, "images": len(ids), "theirs": theirs[ids].mean(), "cost": cost}
    values |= {"plain": ours[ids].mean(), "gain": repr(gain)}
    if gain.difference == 0:
        return "same", values
    if gain.low <= 0:
        return "worse", values
    return ("dear", values | {"cost": -cost}) if cost < -100 * DEAREST else (None, values)
