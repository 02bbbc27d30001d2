"""The decisions that later notebooks start from: the course's about the leaves, else your own."""

from __future__ import annotations

import pandas as pd

from helpers.datasets.applying import with_notes
from helpers.datasets.dataset import Dataset
from helpers.datasets.decisions import COLUMNS, DecisionLog

DROPPED = {
    "corrupt": "cannot be decoded",
    "no_leaf": "shows no leaf",
    "exact_duplicate": "copy of another file",
    "near_duplicate": "altered copy of another file",
}
POOR = ("dark", "overexposed", "blurred")


def default_decisions(dataset: Dataset) -> pd.DataFrame:
    """What a careful reviewer who saw all that can be seen would decide about the bundled dataset.

    Made from the planted truth, without the faults nobody could see (strength "undetectable"), so
    that later notebooks do not depend on the learner's own marks. Any other dataset has no such
    reviewer but you: its decisions are your own, ``DecisionLog(dataset).current()``, empty where
    you made none. Same form either way.
    """
    if not dataset.is_bundled:
        return with_notes(DecisionLog(dataset))
    decided: dict[str, tuple] = {}
    planted, given = dataset.planted, dataset.images["label"]
    detectable = (planted["strength"] != "undetectable") & ~planted["innocent"].astype(bool)
    for row in planted[detectable].itertuples():
        if row.kind.startswith("label_error"):
            decided.setdefault(row.image_id, ("relabel", "label is wrong", row.truth))
        elif row.kind in DROPPED:
            decided[row.image_id] = ("drop", DROPPED[row.kind], None)
        elif row.kind in POOR and row.strength in ("obvious", "clear"):
            decided[row.image_id] = ("drop", "too poor to recognise", None)
        conflict = row.kind == "exact_duplicate" and isinstance(row.truth, str)
        if conflict and given.get(row.partner, row.truth) != row.truth:
            decided.setdefault(row.partner, ("relabel", "its copy's label is right", row.truth))
    table = pd.DataFrame.from_dict(
        decided, orient="index", columns=["action", "reason", "label"], dtype="str"
    )
    table.index = pd.Index(table.index, name="image_id", dtype="str")
    return table.assign(when=pd.Timestamp("2000-01-01", tz="UTC"))[COLUMNS[1:]]
