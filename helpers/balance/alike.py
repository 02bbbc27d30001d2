"""Whether what tells a class tells more than something else that tells it, too."""

from __future__ import annotations

import numpy as np
import pandas as pd

STRATA = 10
"""Into how many parts, of as many images each, the other answers are cut."""


def area_among_alike(own: np.ndarray, answers: np.ndarray, others: np.ndarray) -> float:
    """How well `answers` rank the images of a class above those to which `others` give as much.

    Images are compared within each of ten parts of like `others` alone, and every comparison of one
    of the class with one that is not counts the same (after van Elteren, 1960). Where the area
    under the ROC curve falls to 0.5, `answers` say nothing of the class but what `others` say.

    Parameters
    ----------
    own : array of bool, shape (images,)
    answers, others : arrays of float, shape (images,)
        Two scores for the class, out of fold.

    Returns
    -------
    float, 0 to 1; nan where no image of the class shares a part with another
    """
    from sklearn.metrics import roc_auc_score

    table = pd.DataFrame({"own": np.asarray(own, bool), "answers": answers})
    table["part"] = pd.qcut(pd.Series(others).rank(method="first"), STRATA, labels=False)
    area = pairs = 0.0
    for _, part in table.groupby("part"):
        compared = part["own"].sum() * (~part["own"]).sum()
        if compared:
            area += compared * roc_auc_score(part["own"], part["answers"])
            pairs += compared
    return area / pairs if pairs else np.nan
