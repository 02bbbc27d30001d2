"""What notebook 03 claims about preparing and splitting the leaves."""

from collections.abc import Iterator

import pandas as pd

from helpers.course.claims import Claim
from helpers.splits import score_groups


def claims(
    dataset, *, resized: pd.DataFrame, peeked: float, flattery: pd.DataFrame,
    found_leaks: pd.DataFrame, left: pd.DataFrame, moved: int, hidden, proposals: pd.DataFrame,
) -> Iterator[Claim]:  # fmt: skip
    """The claims in the order of the notebook.

    Parameters
    ----------
    resized, flattery : DataFrames from `helpers.preparing.compare_arms`
    peeked : accuracy on coin tosses of a model whose features were chosen on all images
    found_leaks : DataFrame from `score_leaks` of a random split
    left : DataFrame from `check_leakage` of a split by groups and copies
    moved : images that changed sides when the dataset grew
    hidden, proposals : the Dataset that was searched for groups, and what was proposed
    """
    yield Claim("largest change by the way into a square", _largest(resized), high=0.1)
    yield Claim("accuracy on coin tosses with features chosen on all", peeked, low=0.59)
    share = found_leaks["share"].min() if len(found_leaks) else None
    yield Claim("share of the planted leaks that is found, of each kind", share, low=0.9)
    sure = (left["kind"] != "probable").sum()
    yield Claim("leaks that a split by specimen and copy leaves", sure, high=0.01)
    yield Claim("images that change sides when the dataset grows", moved, high=0.01)
    added = flattery.set_index("arm")["difference"]
    yield Claim("what random folds add for the nearest neighbour", added["nearest"], low=0.015)
    more = added["nearest"] - added["linear"]
    yield Claim("what they add for it beyond the linear model", more, low=0.005)
    kinds = score_groups(hidden, proposals)
    recall = kinds.set_index("kind")["recall"]
    yield Claim("share of the proposed groups that is right", kinds.attrs["precision"], low=0.92)
    yield Claim("recall of pairs on another ground", recall["another ground"], high=0.3)


def _largest(table: pd.DataFrame) -> float:
    return float(table.loc[table["where"] == "all", "difference"].abs().max())
