"""A fair comparison of augmentation policies: same images, same steps, several seeds, paired."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import stats
from tqdm.auto import tqdm

from helpers.augment.policies import NONE, Policy, find_policy
from helpers.augment.training import train_with
from helpers.datasets import Dataset
from helpers.training import predict


def compare_policies(
    dataset: Dataset, policies: Iterable[str | Policy], seeds: Iterable[int] = (0,),
    scored_on: Dataset | None = None, progress: bool = False, **setting,
) -> pd.DataFrame:  # fmt: skip
    """Train once per policy and seed, and keep what each network says of every scored image.

    Parameters
    ----------
    dataset : Dataset
        With labels and a split.
    policies, seeds
        All policies of a seed see the same training images.
    scored_on : Dataset, optional
        By default the validation images of `dataset`.
    progress : bool
        Show a bar.
    **setting
        Of `train_with`: per_class, epochs, pretrained, size.

    Returns
    -------
    DataFrame
        A row per policy, seed and image: policy, seed, image_id, label, prediction, loss, images
        (trained on).
    """
    asked = [(find_policy(policy), seed) for seed in seeds for policy in policies]
    scored, tables = scored_on or dataset.part("valid"), []
    for policy, seed in tqdm(asked, desc="train", delay=2, disable=not progress):
        learner = train_with(dataset, policy, seed=seed, **setting)
        answers = predict(learner, scored, progress=False)[["label", "prediction", "loss"]]
        facts = {"policy": policy.name, "seed": seed, "images": len(learner.dls.train_ds)}
        tables.append(answers.dropna(subset="label").reset_index().assign(**facts))
    first = ["policy", "seed", "image_id", "label", "prediction", "loss", "images"]
    return pd.concat(tables, ignore_index=True)[first]


def score_answers(answers: pd.DataFrame) -> pd.DataFrame:
    """Figures of each training from what it says of every image.

    Parameters
    ----------
    answers : DataFrame from `compare_policies`

    Returns
    -------
    DataFrame
        A row per policy and seed, in the order they came: policy, seed, images (trained on),
        accuracy, log_loss, and "recall of CLASS" for every class that was scored.
    """
    right = answers["prediction"] == answers["label"]
    by = [answers["policy"], answers["seed"]]
    groups = answers.assign(accuracy=right, log_loss=answers["loss"]).groupby(by, sort=False)
    found = groups.agg({"images": "first", "accuracy": "mean", "log_loss": "mean"})
    recalls = right.groupby([*by, answers["label"]]).mean().unstack()  # noqa: PD010
    return found.join(recalls.add_prefix("recall of ")).reset_index()


def paired_effects(
    scores: pd.DataFrame, figure: str = "accuracy", against: str = NONE, level: float = 0.95
) -> pd.DataFrame:
    """What each policy changes, seed by seed, against another one.

    What makes a seed's images hard or its training lucky is the same for both, and cancels. The
    interval is Student's over the differences of the seeds. Since one comparison in twenty looks
    sure by luck alone, `sure` asks for p < 1 − `level` after Holm's correction (1979) for as many
    comparisons as there are rows.

    Parameters
    ----------
    scores : DataFrame
        A row per policy and seed, as from `score_answers`.
    figure : str
        The column to compare.
    against : str
        The policy the others are compared with.

    Returns
    -------
    DataFrame by policy, without `against`, the greatest difference first
        value (mean over seeds), difference, low, high, seeds (how many both have), p, sure. With
        one seed only, the last columns say nothing: low, high and p are missing, sure is False.

    Raises
    ------
    ValueError
        `against` is not in the table, or a policy has two rows for one seed.
    """
    if (twice := scores[scores.duplicated(["policy", "seed"])]).size:
        one = twice.iloc[0]
        raise ValueError(
            f"{one['policy']!r} has more than one row for seed {one['seed']}; expected one for "
            "each policy and seed, so choose the rows of one setting first."
        )
    wide = scores.pivot_table(index="seed", columns="policy", values=figure, sort=False)
    if against not in wide:
        raise ValueError(f"No scores of the policy {against!r}; there are {list(wide)}.")
    rows = {}
    for policy in wide.columns.drop(against):
        off = (wide[policy] - wide[against]).dropna()
        rows[policy] = {"value": wide[policy].mean(), **_difference(off, level)}
    found = pd.DataFrame.from_dict(rows, "index").rename_axis("policy")
    found["sure"] = _holm(found["p"]) < 1 - level
    return found.sort_values("difference", ascending=False, kind="stable")


def class_effects(scores: pd.DataFrame, policy: str, against: str = NONE) -> pd.DataFrame:
    """What a policy changes in the recall of each class: as `paired_effects`, a row per class."""
    columns = [column for column in scores if column.startswith("recall of ")]
    two = scores[scores["policy"].isin([policy, against])]
    rows = [paired_effects(two, column, against).loc[[policy]] for column in columns]
    if not rows:
        return pd.DataFrame(columns=["value", "difference", "low", "high", "seeds", "p", "sure"])
    found = pd.concat(rows)
    found.index = pd.Index([column.removeprefix("recall of ") for column in columns], name="class")
    found["sure"] = _holm(found["p"]) < 0.05
    return found.sort_values("difference", kind="stable")


def _difference(off: pd.Series, level: float) -> dict[str, float]:
    n, mean = len(off), off.mean()
    error = off.std() / np.sqrt(n) if n > 1 else np.nan
    half = error * stats.t.ppf((1 + level) / 2, n - 1) if n > 1 else np.nan
    p = 2 * stats.t.sf(abs(mean) / max(error, 1e-12), n - 1) if n > 1 else np.nan
    return {"difference": mean, "low": mean - half, "high": mean + half, "seeds": n, "p": p}


def _holm(p: pd.Series) -> pd.Series:
    """Adjusted p-values: the smallest times their number, the next times one less, and so on."""
    ranked = p.sort_values()
    times = np.arange(len(ranked), 0, -1)
    return (ranked * times).cummax().clip(upper=1).reindex(p.index)
