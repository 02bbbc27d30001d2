"""How the answers of notebook 02 are judged."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from helpers.course.exercises.framework import ACCEPTED, Found, Unanswered, close

# A flag marks 80 images, its precision is 0.75 and its recall 0.8: what is right for each of the
# three numbers, which mistake gives another one, and the mistake where it is none of these.
REVIEW = [
    (80, {60: "only_real"}, "review"),
    (60, {64: "exchanged", 20: "false_alarms"}, "real"),
    (15, {20: "not_missed", 16: "of_flagged", 12: "of_flagged", 75: "all_real"}, "missed"),
]

# The share of blurred photos that an answer to 02.5 must find among as many flags.
ENOUGH = 0.9
NO_BLUR = "shortcut|device|burst"
"""Planted kinds that say nothing about how a photo looks."""


def judge_02_1(answer: int, dataset: Any, sweep: Any = None) -> Found:
    """The distance whose precision and recall have the highest harmonic mean (F1).

    `sweep` is the table of `helpers.audit.sweep_distance`. Without truth in it, only distances
    that cannot be right are refused, and the others accepted unmeasured.
    """
    if isinstance(answer, bool) or answer != int(answer) or answer < 0:
        raise ValueError
    if sweep is None or sweep["recall"].isna().all():
        return "crops_unknown" if answer == 0 else "bursts_unknown" if answer > 16 else ACCEPTED
    f1 = 2 / (1 / sweep["precision"] + 1 / sweep["recall"])
    at = sweep[sweep["distance"] <= answer].iloc[-1]
    told = {"f1": f1[at.name], "best": f1.max(), **at[["recall", "precision"]]}
    if told["f1"] > told["best"] - 0.05:
        return None if told["f1"] > told["best"] - 1e-9 else "near", told
    low = answer < sweep["distance"][f1.idxmax()]
    return "crops" if low else "bursts", {"missed": 1 - at["recall"], "burst": at["bursts"]}


def judge_02_3(answer: tuple[float, float, float], dataset: Any) -> Found:
    """Images to review, real ones among them, and those missed."""
    for part, (right, wrong, otherwise) in zip(answer, REVIEW, strict=True):
        if not close(float(part), right):
            return next((wrong[value] for value in wrong if close(part, value)), otherwise)
    return None


def judge_02_4(answer: Any, dataset: Any, doubts: Any = None) -> Found:
    """Ten image ids of labels that a model alone speaks against, the most likely wrong first.

    `doubts` is the table of `helpers.audit.find_label_issues`; where no image alone is in doubt,
    any labels in doubt will do.
    """
    ids = list(answer.index if hasattr(answer, "columns") else answer)
    if not ids and doubts is not None and not doubts["issue"].any():
        return ACCEPTED
    if isinstance(answer, str) or not ids or not all(isinstance(one, str) for one in ids):
        raise ValueError
    if doubts is None:
        return "unmeasured"
    if not {*ids} <= {*doubts.index}:
        return "unknown"
    asked = doubts["evidence"].eq("image")
    asked = asked if asked.any() else doubts["issue"].astype(bool)
    if not asked.any():
        return ACCEPTED
    if not doubts.loc[ids, "issue"].all():
        return "unflagged"
    if not asked[ids].all():
        return "mixed"
    most = doubts.loc[asked, "wrong"].sort_values(ascending=False)
    if len(ids) != min(10, len(most)):
        return "count", {"count": len(ids)}
    found = doubts.loc[ids, "wrong"].to_numpy()
    if abs(found - most.to_numpy()[: len(ids)]).max() < 1e-6:
        return None
    return "order" if found.min() >= most.iloc[len(ids) - 1] - 1e-6 else "likely"


def judge_02_5(answer: Callable[[np.ndarray], Any], dataset: Any, flags: Any = None) -> Found:
    """A function of a grey picture that is least for blurred ones.

    It is scored on all photos planted as blurred, all decoys and all without a fault: as many as
    are blurred within reach are flagged, those with the least values. `flags` is what
    `find_quality_issues` flagged, scored on the same photos.
    """
    if not callable(answer):
        raise TypeError
    planted = dataset.planted
    blurred = planted[planted["kind"] == "blurred"].set_index("image_id")["strength"]
    values = {}
    for image_id in _photos(dataset):
        grey = np.asarray(dataset.load(image_id).convert("L"), dtype=float) / 255
        try:
            found = answer(grey)
        except Exception as error:
            return "raised", {"error": f"{type(error).__name__}: {str(error)[:80]}"}
        if found is None or found is ...:
            raise Unanswered
        if np.ndim(found):
            return "array", {"shape": np.shape(found)}
        values[image_id] = float(found)
    return _blur_found(pd.Series(values), blurred, dataset.images, planted, flags)


def _photos(dataset) -> list:
    """Those planted as blurred, the decoys, and all in which nothing is planted."""
    planted = dataset.planted
    shown = planted[~planted["kind"].str.contains(NO_BLUR)]
    decoys = planted["image_id"][planted["kind"].str.contains("decoy")]
    free = dataset.development.images.index
    free = free[~free.isin([*shown["image_id"], *shown["partner"].dropna()])]
    return [*planted["image_id"][planted["kind"] == "blurred"], *decoys, *free]


def _blur_found(values, blurred, images, planted, flags) -> Found:
    if values.isna().any():
        return "nan", {"count": int(values.isna().sum())}
    if values.max() == values.min():
        return "same"
    within = blurred[blurred != "undetectable"]
    order = values.sort_values(kind="stable").index
    flagged, total = order[: len(within)], len(within)
    found = within[within.index.isin(flagged)]
    false = flagged[~flagged.isin(blurred.index)]
    facts = {
        "found": len(found),
        "total": total,
        "false": len(false),
        "ours": _ours(values, within, blurred, flags),
    }
    facts["by_strength"] = ", ".join(
        f"{(found == name).sum()} of {(within == name).sum()} {name}"
        for name in ("obvious", "clear", "subtle")
        if (within == name).any()
    )
    if len(found) >= ENOUGH * total:
        return None, facts
    night = planted["image_id"][planted["kind"] == "night_decoy"]
    facts["night"] = int(false.isin(night).sum())
    if facts["night"] >= 3:
        return "light", facts
    if within.index.isin(order[-total:]).sum() >= total / 2:
        return "inverted", facts
    grounds = images["background"].reindex(false).value_counts()
    if len(false) and grounds.max() >= len(false) / 2:
        return "ground", facts | {"count": int(grounds.iloc[0]), "ground": grounds.index[0]}
    return "few", facts


def _ours(values, within, blurred, flags) -> str:
    if flags is None:
        return ""
    ids = {*flags.loc[flags["issue"] == "blurred", "image_id"]} & {*values.index}
    false = len(ids - {*blurred.index})
    right = within.index.isin(ids).sum()
    return f" On the same photos ours finds {right} (false alarms: {false})."
