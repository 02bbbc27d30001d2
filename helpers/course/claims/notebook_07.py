"""What notebook 07 says of the bundled leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from helpers.course.claims import Claim
from helpers.course.studies import read_study
from helpers.evaluation import compare_scores


def claims(
    dataset,
    *,
    right: Mapping[str, pd.Series],
    tuned_right: pd.Series,
    groups: pd.Series,
    moved: pd.Series,
    few_accuracy: float,
    answers: pd.DataFrame,
) -> Iterator[Claim]:
    """The claims, in the order of the notebook.

    Parameters
    ----------
    right : features → whether a head on them has each validation image right
    tuned_right : the same of the fine-tuned network
    groups : which images belong together
    moved : relative change of each stage by fine-tuning
    few_accuracy : of fine-tuning with 25 images per class
    answers : table of `helpers.transfer.score_questions`
    """
    study, frozen = read_study("transfer"), right["pretrained"]
    mean = study.groupby(["backbone", "training", "per_class"])["accuracy"].mean()
    distance = abs(frozen.mean() - mean["bundled", "frozen", "all"])
    yield Claim("distance of our frozen head from the study's", distance, high=0.08)
    lead = compare_scores(frozen, right["random weights"], groups)
    yield Claim("lead of pretrained over random features", lead.difference, low=0.22)
    yield Claim("low end of its interval", lead.low, low=0.15)
    gain = compare_scores(tuned_right, frozen, groups)
    yield Claim("high end of the lead of fine-tuning over frozen", gain.high, low=0.0)
    yield Claim("change of stage1 over that of stage5", moved["stage1"] / moved["stage5"], high=0.8)
    distance = abs(few_accuracy - mean["bundled", "fine-tuned", "25"])
    yield Claim("distance of our fine-tuning with 25 from the study's", distance, high=0.1)
    table = answers.pivot_table("accuracy", "question", "features")
    lead = table["pretrained"] - table["random weights"]
    yield Claim("lead of pretrained features on the camera", lead.get("device"), high=0.12)
    lead = table["descriptors"] - table["pretrained"]
    yield Claim("lead of descriptors on the camera", lead.get("device"), low=0.0)
    lead = table["pretrained"].get("background") - table["pretrained"]["class"]
    yield Claim("lead of the background over the class", lead, low=0.2)
