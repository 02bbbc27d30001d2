"""What notebook 00 says about the leaves: the leak, its cure, and three models compared."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from helpers.course.expectations import Claim
from helpers.evaluation import balanced_accuracy, compare_scores


def claims(
    dataset: Any,
    *,
    models: Mapping[str, pd.Series],
    truth: pd.Series,
    groups: pd.Series,
    random_right: pd.Series,
    grouped_right: pd.Series,
    leaks: pd.DataFrame,
    hidden: Sequence[int],
) -> Iterator[Claim]:
    """What is claimed of the answers to the same images.

    Parameters
    ----------
    models : name → right or wrong by image_id, on the validation images
    truth : their labels
    groups : of all development images
    random_right, grouped_right : right or wrong by image_id, with random and with grouped folds
    leaks : DataFrame from `check_leakage`, of the first random fold
    hidden : places of the images of that fold
    """
    lazy, linear, tuned = (models[name] for name in list(models)[:3])
    share = leaks["other_id"].nunique() / len(hidden)
    yield Claim("share of hidden pictures of which another was learned from", share, low=0.9)
    flattery = compare_scores(random_right, grouped_right, groups)
    yield Claim("what random folds add", flattery.difference, low=0.01)
    over = compare_scores(tuned, lazy, groups)
    yield Claim("lead of the fine-tuned network over no skill, lower end", over.low, low=0.24)
    paid = compare_scores(tuned, linear, groups)
    yield Claim("what three epochs of fine-tuning add, upper end", paid.high, high=0.1)
    balanced = {name: balanced_accuracy(right, truth) for name, right in models.items()}
    rare = balanced[list(models)[1]] - linear.mean()
    yield Claim("balanced accuracy of the linear model less its accuracy", rare, high=-0.04)
