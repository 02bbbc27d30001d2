"""What lies on two sides of a split, told where more than copies may be searched for."""

from __future__ import annotations

import pandas as pd

from helpers.datasets import Dataset
from helpers.evidence.answered_pairs import knows_groups
from helpers.evidence.budget import SEARCH
from helpers.splits import check_leakage
from helpers.splits.given import ONLY_COPIES


def searches(evidence) -> bool:
    """Whether photos of one thing are searched for: the budget pays for it, and nobody has said
    what belongs together."""
    return SEARCH in evidence.plan.taken and not knows_groups(evidence.opened, evidence.answered)


def leaks_of(evidence, dataset: Dataset, pairs: pd.DataFrame) -> pd.DataFrame:
    """As from `check_leakage`, and told by `describe_leakage` as the report has searched."""
    leaks = check_leakage(dataset, pairs)
    leaks.attrs["searched"] = searches(evidence)
    return leaks


def notes_of(evidence, said: str) -> list[str]:
    """What `ensure_split` said, but that it looked for copies alone where the report did not."""
    lines = [line for line in said.splitlines() if line.strip()]
    return [line for line in lines if ONLY_COPIES not in line or not searches(evidence)]
