"""What notebook 01 says about the leaves: counts, families, shortcuts, depth, annotators."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from helpers.audit import measure_agreement
from helpers.course.expectations import Claim
from helpers.evaluation import compare_scores


def claims(
    dataset: Any,
    *,
    counts: pd.Series,
    separation: pd.DataFrame,
    fewer: pd.DataFrame,
    held: pd.DataFrame,
    right: pd.DataFrame,
    groups: pd.Series,
    labels: pd.Series,
    first: pd.Series,
    second: pd.Series,
    pair: tuple[str, str],
) -> Iterator[Claim]:
    """What is claimed, in the order of the notebook.

    Parameters
    ----------
    counts : images per class
    separation, fewer : from `separability`, with all descriptors and without HOG
    held : from `hold_equal`
    right : from `probe_parts`, with the groups of its images and their labels
    first, second : what two annotators say who confuse `pair`
    """
    yield Claim("ratio of the commonest class to the rarest", counts.max() / counts.min(), low=6.6)
    yield Claim("share of pairs that form tells apart best", _wins(separation), low=0.72)
    yield Claim("the same, form by its outline alone", _wins(fewer), low=0.8)
    shortcuts = [
        ("colour", "norway maple", "sycamore", "background", 0.84, 0.7),
        ("texture", "beech", "hornbeam", "device", 0.75, 0.62),
    ]
    for family, one, other, column, low, high in shortcuts:
        keys = {"class_a": one, "class_b": other, "family": family, "column": column}
        rows = held[(held[list(keys)] == pd.Series(keys)).all(axis=1)]
        row = rows.iloc[0] if len(rows) else pd.Series(dtype=float).reindex(held.columns)
        what = f"AUC of {family} for {one} and {other}"
        yield Claim(what, row["auc"], low=low)
        yield Claim(f"{what}, alike in {column}", row["within"], high=high)
        yield Claim(f"{what}, {column} shuffled", row["shuffled"], low=low)
    deep = compare_scores(right["stage5"], right["stage1"], groups)
    yield Claim("what the last stage knows more than the first, lower end", deep.low, low=0.25)
    lead = compare_scores(right["all stages"], right["all three"], groups)
    yield Claim("lead of the embedding over all descriptors, lower end", lead.low, low=0.06)
    tenth = measure_agreement(labels, [0.1]).iloc[0]
    yield Claim("agreement of two who err on a tenth", tenth["agreement"], 0.75, 0.87)
    yield Claim("their kappa", tenth["kappa"], 0.73, 0.85)
    parted = first[first != second]
    swapped = parted.isin(pair) & second[parted.index].isin(pair)
    yield Claim(
        "share of disagreements that lie in the pair both confuse", swapped.mean(), low=0.62
    )


def _wins(separation: pd.DataFrame) -> float:
    """The share of pairs of which form has the highest area under the ROC curve."""
    best = separation.loc[separation.groupby(["class_a", "class_b"])["auc"].idxmax()]
    return float(best["family"].eq("form").mean())
