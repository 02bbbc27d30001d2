"""What several Learners answer, as tables that can vote."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from fastai.learner import Learner

from helpers.datasets import Dataset
from helpers.training import predict


def answers_of(learners: Mapping[str, Learner], photos: Dataset) -> dict[str, pd.DataFrame]:
    """What several Learners answer: name → probabilities by image_id, a column per class.

    Images that cannot be read have no row.
    """
    tables = {name: predict(one, photos, progress=False) for name, one in learners.items()}
    return {
        name: table.iloc[:, -len(learners[name].dls.vocab) :].set_axis(
            list(learners[name].dls.vocab), axis=1
        )
        for name, table in tables.items()
    }
