"""Photos to validate on that were taken within seconds of one that is learned from."""

from __future__ import annotations

import pandas as pd

from helpers.evidence.effects import told_flattery
from helpers.evidence.learned import Learned
from helpers.findings.sections import Finding
from helpers.splits.accepting import number_groups
from helpers.splits.captures import SECONDS, find_bursts
from helpers.splits.sessions import read_times

LEAST, WIDER = 0.05, 3
"""Of so many validation images it is told; of photos that stay together by their times, at so many
times the pause."""
CODE = """from helpers.splits import ensure_split, group_by_time

grouped = group_by_time(dataset.development, pause={})
divided = ensure_split(grouped, given=False)"""


def near_in_time(evidence: Learned) -> Finding | None:
    """What one camera took within four seconds, on two sides of the split; None where that is a
    twentieth of the validation images or less."""
    images = evidence.divided.images
    groups = _bursts(evidence, images.index)
    across, valid = _across(images, groups)
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
    return Finding(what, len(across), len(valid), act, "split", CODE.format(SECONDS), **worth)


def beyond_the_pause(evidence: Learned) -> str | None:
    """Where photos stay together by their times: how many to validate on would be of one series
    with a training image, were longer pauses in one; None where that is a twentieth or less."""
    if not (pause := evidence.opened.opened.get("pause")):
        return None
    images, longer = evidence.divided.images, WIDER * pause
    across, valid = _across(images, _bursts(evidence, images.index, longer))
    if len(across) <= LEAST * len(valid):
        return None
    return (
        f"Photos of one camera with pauses of up to {pause:g} s stay together. Were those of up to "
        f"{longer:g} s in one series, too, {len(across):,} of {len(valid):,} validation images "
        "would be of one series with a training image: where one thing or person was photographed "
        f"with such pauses, scores flatter, and --pause {longer:g} keeps it together."
    )


def _across(images: pd.DataFrame, groups: pd.Series) -> tuple[pd.Index, pd.Index]:
    """The validation images of a group that training images are of, and all of them."""
    train = set(groups[images["split"] == "train"].dropna())
    valid = images.index[images["split"] == "valid"]
    return valid[groups[valid].isin(train)], valid


def _bursts(evidence: Learned, index: pd.Index, seconds: float = SECONDS) -> pd.Series:
    """The burst of each image, missing where it was taken alone or does not say when."""
    if evidence.files["taken"].reindex(index).isna().all():
        return pd.Series(None, index, dtype="Int64")
    pairs, _ = find_bursts(
        read_times(evidence.divided, workers=evidence.workers, progress=evidence.progress),
        seconds,
        crowded=True,
    )
    return pd.Series(number_groups(pairs, len(index)), index)
