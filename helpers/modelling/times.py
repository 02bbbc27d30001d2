"""Photos to validate on that were taken within seconds of one that is learned from."""

from __future__ import annotations

import pandas as pd

from helpers.evidence.effects import told_flattery
from helpers.evidence.learned import Learned
from helpers.findings.sections import Finding
from helpers.splits.accepting import number_groups
from helpers.splits.captures import SECONDS, find_bursts
from helpers.splits.sessions import read_times

LEAST = 0.05
"""Of so many validation images it is told."""
CODE = """from helpers.splits import ensure_split, group_by_time

grouped = group_by_time(dataset.development, pause={})
divided = ensure_split(grouped, given=False)"""


def near_in_time(evidence: Learned) -> Finding | None:
    """What one camera took within four seconds, on two sides of the split; None where that is a
    twentieth of the validation images or less."""
    images = evidence.divided.images
    groups = _bursts(evidence, images.index)
    train = set(groups[images["split"] == "train"].dropna())
    valid = images.index[images["split"] == "valid"]
    across = valid[groups[valid].isin(train)]
    if len(across) <= LEAST * len(valid):
        return None
    what = (
        f"{len(across):,} of {len(valid):,} validation images were taken within {SECONDS} s of a "
        "training image by the same camera: perhaps of one thing, place or person."
    )
    worth = told_flattery(evidence, groups, "the photos taken with them")
    first = f"Such as {across[0].rpartition('/')[2]}."
    worth["more"] = " ".join(filter(None, [first, worth.get("more")]))
    act = "look at some that follow each other; if they show one thing or person, keep photos "
    act += "together by their times: the same command with --pause 4, or with as many seconds as "
    act += "the longest pause while one thing was photographed"
    return Finding(what, len(across), len(images), act, "split", CODE.format(SECONDS), **worth)


def _bursts(evidence: Learned, index: pd.Index) -> pd.Series:
    """The burst of each image, missing where it was taken alone or does not say when."""
    if evidence.files["taken"].reindex(index).isna().all():
        return pd.Series(None, index, dtype="Int64")
    pairs, _ = find_bursts(
        read_times(evidence.divided, workers=evidence.workers, progress=evidence.progress),
        crowded=True,
    )
    return pd.Series(number_groups(pairs, len(index)), index)
