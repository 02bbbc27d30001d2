"""What notebook 08 claims, by its trainings and tables."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from helpers.course.claims import Claim
from helpers.course.studies import read_study


def claims(dataset: Any, *, plain: Any, cured: Any, luck: pd.DataFrame) -> Iterator[Claim]:
    """Claims about regularisation and search.

    Parameters
    ----------
    plain, cured : Training
        Without regularisation, and with four cures together.
    luck : DataFrame from `chosen_by_luck`
        On the validation images, divided again and again.
    """
    ends = [one.curves.iloc[-1] for one in (plain, cured)]
    gap, smaller = (end["valid_loss"] - end["train_loss"] for end in ends)
    yield Claim("share of wrong labels given back without cures", ends[0]["by_heart"], low=0.95)
    yield Claim("gap between the losses without cures", gap, low=1.5)
    yield Claim("share of the gap that four cures take away", 1 - smaller / gap, low=0.75)
    study = read_study("regularisation")
    study = study[study["setting"] == "a fifth of the labels wrong"]
    last = study[(study["cure"] == "none") & (study["epoch"] == plain.curves["epoch"].max())]
    distance = abs(gap - (last["valid_loss"] - last["train_loss"]).mean())
    yield Claim("distance of our gap from the study's", distance, high=0.65)
    points = 100 * luck["gap"].iloc[-1]
    yield Claim("points that the best of twenty settings flatters itself by", points, low=-0.01)
