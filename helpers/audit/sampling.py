"""A random sample of labels for a person to judge, and the share of wrong ones it tells of."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.datasets import Dataset
from helpers.evaluation.intervals import Interval, accuracy_interval

SAMPLED = "random sample"
"""What an image of the sample is asked about."""

NUMBER = 100
"""Images that tell a share of 5 % to within about 4 points."""


class ErrorRate(NamedTuple):
    """What the verdicts about a random sample say.

    Attributes
    ----------
    judged : int
        Images looked at, from the first of the sample on without a gap: these are random, too.
    beyond : int
        Verdicts about later images, which are not counted: a list of suspects may have led to them.
    dropped : int
        Of the judged, those that show nothing to label, or of which nobody could tell; they are in
        neither of the next two.
    wrong : list of str
        Those whose label was wrong.
    rate : Interval or None
        The share of wrong labels, 0 to 1, with Wilson's 95 % interval, by whole groups.
    """

    judged: int
    beyond: int
    dropped: int
    wrong: list[str]
    rate: Interval | None


def draw_sample(dataset: Dataset, number: int = NUMBER, seed: int = 0) -> pd.DataFrame:
    """Draw labelled images at random, for `helpers.widgets.review`.

    The order is that of a hash of each image's id: ten more images in the folder change the sample
    by about ten in their share, and verdicts that were given stay worth something.

    Parameters
    ----------
    dataset : Dataset
        As it was opened: with decisions applied, the share would be that of what is left. Test
        images are not drawn.
    number : int
        At most so many.
    seed : int
        Another one draws others.

    Returns
    -------
    DataFrame by image_id, in the order in which they are to be looked at
        given (the label), issue (`SAMPLED`).
    """
    labels = dataset.development.images["label"].dropna()
    keys = [
        hashlib.sha256(f"{seed} {i}".encode(errors="surrogatepass")).digest() for i in labels.index
    ]
    order = sorted(range(len(keys)), key=keys.__getitem__)[:number]
    return labels.iloc[order].to_frame("given").assign(issue=SAMPLED)


def judge_sample(dataset: Dataset, sample: pd.DataFrame, decisions: pd.DataFrame) -> ErrorRate:
    """The share of wrong labels, from what a person decided about a random sample.

    "keep" says that the label is right, "relabel" that another is, "drop" that the image shows
    nothing to label; "cannot tell" says neither. Counted are the images before the first without a
    decision: of the rest only some were looked at, perhaps because a detector suspected them.

    Parameters
    ----------
    dataset : Dataset
    sample : DataFrame from `draw_sample`
    decisions : DataFrame by image_id: action, label
        From ``DecisionLog(dataset).current()``.
    """
    actions = decisions["action"].reindex(sample.index)
    decided = actions.notna().to_numpy()
    judged = int(np.argmin(decided)) if not decided.all() else len(decided)
    seen = actions.iloc[:judged]
    seen = seen[~seen.isin(["drop", "cannot tell"])]  # neither a right label nor a wrong one
    named = decisions["label"].reindex(seen.index)
    off = (seen == "relabel") & (named != sample["given"].reindex(seen.index))
    groups = dataset.groups[off.index] if dataset.has_groups else None
    rate = accuracy_interval(off, groups) if len(off) else None
    return ErrorRate(
        judged, int(decided.sum()) - judged, judged - len(seen), list(off.index[off]), rate
    )
