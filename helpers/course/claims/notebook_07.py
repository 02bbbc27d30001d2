"""What notebook 07 says of the bundled leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from helpers.course.claims import Claim
from helpers.course.studies import read_study


def claims(
    dataset, *, right: Mapping[str, pd.Series], few_accuracy: float, answers: pd.DataFrame
) -> Iterator[Claim]:
    """The claims, in the order of the notebook.

    Parameters
    ----------
    right : features → whether a head on them has each validation image right
    few_accuracy : of fine-tuning with 25 images per class
    answers : table of `helpers.transfer.score_questions`
    """
    lead = right["pretrained"].mean() - right["random weights"].mean()
    yield Claim("lead of learned over random features", lead, low=0.2)
    study = read_study("transfer")
    mean = study.groupby(["backbone", "training", "per_class"])["accuracy"].mean()
    distance = abs(few_accuracy - mean["bundled", "fine-tuned", "25"])
    yield Claim("distance of our point from the study's", distance, high=0.1)
    table = answers.pivot_table("accuracy", "question", "features")
    camera = table["pretrained"].get("device") - table["random weights"].get("device")
    yield Claim("lead of learned features on the camera", camera, high=0.1)
    more = table["pretrained and descriptors"].get("device") - table["pretrained"].get("device")
    yield Claim("what descriptors add to learned features on the camera", more, low=0)
    behind = table["pretrained"].get("background") - table["pretrained"]["class"]
    yield Claim("lead of the background over the class", behind, low=0.1)
