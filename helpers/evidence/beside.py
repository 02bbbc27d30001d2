"""What border and file tell beside the subject, and whether a model goes by it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers import evaluation
from helpers.balance import answer_out_of_fold, area_among_alike, border_colours, file_facts

GAIN = 0.1
"""A score rests on what is beside the subject unless a model gains less of accuracy from it, by the
upper end of the interval. Chosen as what would change a verdict, and measured on no dataset."""


class Gap(NamedTuple):
    """Accuracy where something beside the subject points to the class, and where it does not (0 to
    1), and by how much the first is higher."""

    usual: float
    other: float
    difference: evaluation.Difference


def gap_where(evidence, source: str, classes: list[str]) -> Gap | None:
    """Which share of the images of these classes a linear head names rightly, out of fold,
    where what `source` ("border" or "file facts") tells alone is their class, and where not;
    None where it is so of all images of each, or of none. Class is held against class, and each
    counts by its images, so that an easy one that is told more often makes no gap."""
    labels, alone = evidence.divided.images["label"], _told_by(evidence, source)
    model = answer_out_of_fold(evidence.divided, evidence.features)
    asked = labels.index[labels.isin(classes)]
    asked = asked[asked.isin(alone.index) & asked.isin(model.index)]
    usual, right = (one.loc[asked].idxmax(axis=1) == labels[asked] for one in (alone, model))
    found = []
    for _, own in labels[asked].groupby(labels[asked]):
        sides = [own.index[usual[own.index]], own.index[~usual[own.index]]]
        if all(map(len, sides)):
            parts = [evaluation.accuracy_interval(right[i], evidence.things[i]) for i in sides]
            ends = [one.accuracy for one in parts]
            found.append((len(own), *ends, *evaluation.between_parts(*parts)))
    if not found:
        return None
    weights, first, second, off, low, high = np.array(found, float).T
    weights /= weights.sum()
    spread = [float(np.hypot.reduce(weights * (off - end))) for end in (low, high)]
    mean = float(weights @ off)
    difference = evaluation.Difference(mean, mean - spread[0], mean + spread[1])
    return Gap(float(weights @ first), float(weights @ second), difference)


def _told_by(evidence, source: str) -> pd.DataFrame:
    """Chances of the classes by the border or by facts of the file alone, out of fold."""
    if source == "border":
        return answer_out_of_fold(evidence.divided, border_colours(evidence.divided, False))
    facts = pd.get_dummies(file_facts(evidence.divided, False), dtype=float).fillna(0.0)
    return answer_out_of_fold(evidence.divided, facts)


def border_among_alike(evidence, classes: list[str]) -> dict[str, float]:
    """How well the border ranks the images of each of these classes above others whose files
    look alike (area under the ROC curve out of fold, 0.5 by chance)."""
    if not classes:
        return {}
    border, by_file = (_told_by(evidence, source) for source in ("border", "file facts"))
    labels = evidence.divided.images["label"].reindex(border.index.intersection(by_file.index))
    asked = (one.loc[labels.index] for one in (border, by_file))
    by_border, by_file = (one.to_dict("series") for one in asked)
    return {
        name: area_among_alike(labels == name, by_border[name], by_file[name]) for name in classes
    }
