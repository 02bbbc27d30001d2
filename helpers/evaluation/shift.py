"""Whether new images are unlike the old ones, without any label of theirs."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import some


class Shift(NamedTuple):
    """How well old and new images can be told apart.

    Attributes
    ----------
    auc : float
        How well a classifier that is asked about groups it has not seen ranks new images above old
        ones (area under the ROC curve): 0.5 if the two are alike, 1 if it always can.
    chance, highest : float
        Mean and largest area when whole groups have traded "old" and "new".
    p : float
        How probable so large an area is by chance.
    shuffled : Series
        The areas by chance.
    """

    auc: float
    chance: float
    highest: float
    p: float
    shuffled: pd.Series

    def __repr__(self) -> str:
        verdict = "not alike" if self.p < 0.01 else "no difference shown"
        return (
            f"area under the ROC curve {self.auc:.2f}, by chance {self.chance:.2f} (up to "
            f"{self.highest:.2f}): {verdict}"
        )


def find_shift(
    old: Dataset, new: Dataset, features: pd.DataFrame, shuffles: int = 99, seed: int = 0
) -> Shift:
    """Try to tell new images from old ones by their features alone (a classifier two-sample test,
    Lopez-Paz and Oquab, 2017), asked five-fold, whole groups in one fold.

    A difference need not hurt, and says nothing of its cause: other classes, another place, another
    camera all show. None shown is no proof that there is none.

    Parameters
    ----------
    old, new : Dataset
        Without an image or a group in common, such as validation images and those that came in
        since. Labels are not looked at.
    features : DataFrame by image_id
        E.g. from `helpers.training.embed`, of both.
    shuffles : int, 2 or more

    Raises
    ------
    DatasetError
        When an image or group is in both, or one of them lies in fewer than two groups.
    """
    from helpers.balance import probe

    both = [one.images[one.images.index.isin(features.index)] for one in (old, new)]
    groups = [one.groups[rows.index] for one, rows in zip((old, new), both, strict=True)]
    if shared := sorted({*groups[0]} & {*groups[1]}):
        raise DatasetError(
            f"Old and new images have {len(shared):,} groups in common ({some(shared)}), so that "
            "new ones would be known by sight; leave them out on one side."
        )
    images = pd.concat([rows.assign(split=pd.NA) for rows in both])
    images["label"] = ["old"] * len(both[0]) + ["new"] * len(both[1])
    images["group"] = pd.concat(groups)
    asked = old.with_images(images[["label", "split", "group"]]).with_group("group")
    found = probe(asked, features, shuffles, seed)
    auc, drawn = found.by_class["auc"]["new"], found.shuffled["new"].rename("auc")
    return Shift(
        float(auc), float(drawn.mean()), float(drawn.max()), found.by_class["p"]["new"], drawn
    )
