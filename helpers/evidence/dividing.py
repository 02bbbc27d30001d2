"""A dataset as a report leaves it: matters of fact applied, what is one thing joined, divided."""

from __future__ import annotations

import contextlib
import io
import warnings

import pandas as pd

from helpers.datasets import Dataset, apply_decisions
from helpers.evidence.cannot_link import without_barred
from helpers.splits import apply_groups, check_leakage, ensure_split
from helpers.splits.joining import tie_copies


def clean(evidence, dataset: Dataset) -> Dataset:
    """`dataset` with the choices applied and the sure pairs of one thing in its groups: all
    development images, or the part of them that the budget pays for."""
    followed = without_barred(evidence.sure)
    grouped = apply_groups(dataset, followed) if len(followed) else dataset
    # A copy that is left out still ties what it belongs with, so they are tied before.
    return apply_decisions(tie_copies(grouped, evidence.pairs), evidence.choices)


def pairs_within(dataset: Dataset, pairs: pd.DataFrame) -> pd.DataFrame:
    """Those of the pairs of which both images are in `dataset`."""
    return pairs[pairs[["image_id", "other_id"]].isin(dataset.images.index).all(axis=1)]


def keeps_split(cleaned: Dataset, pairs: pd.DataFrame) -> bool:
    """Whether the given train and validation images can stay: both are there, and nothing surely
    leaks between them."""
    splits = cleaned.images["split"][cleaned.images["label"].notna()]
    if not (splits.isin(["train"]).any() and splits.isin(["valid"]).any()):
        return False
    leaks = check_leakage(cleaned, pairs_within(cleaned, pairs))
    held = cleaned.groups[splits.index].groupby(splits).unique()
    torn = set(held["train"]) & set(held["valid"])  # by a copy that was left out, too
    return not torn and not leaks["kind"].ne("probable").any()


def divide(cleaned: Dataset, given: bool, pairs: pd.DataFrame) -> tuple[Dataset, str]:
    """`cleaned` with a split into train and valid that lets nothing through, copies by `pairs`, and
    what `ensure_split` said of it, which a report tells in the section on the split."""
    cleaned.require_labels(classes=2)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of copies, the section on them speaks
        within = pairs_within(cleaned, pairs)
        return ensure_split(cleaned, given=given, duplicates=within), said.getvalue()


def divide_all(evidence) -> Dataset:
    """All development images, divided as those are that the models had: the same split where they
    had all, else one of all, since what leaks among all need not lie in the part."""
    development = evidence.dataset.development
    if len(evidence.part) == len(development):
        return evidence.divided
    cleaned = clean(evidence, development)
    stays = evidence.keeps_split and keeps_split(cleaned, evidence.pairs)
    return divide(cleaned, stays, evidence.pairs)[0]
