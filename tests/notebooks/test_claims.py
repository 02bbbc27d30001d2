"""Every claim that a stored notebook makes was measured on five seeds, and held on each."""

import re

import nbformat
import pandas as pd
import pytest

from helpers.course.notebooks import STORED
from studies.claims import TABLE

FEWEST_SEEDS = 5

NOTEBOOKS = sorted(STORED.glob("[0-9][0-9]_*.ipynb"))


@pytest.fixture(scope="module")
def claims():
    return pd.read_csv(TABLE)


def claimed(path) -> list[tuple[str, str]]:
    cells = nbformat.read(path, as_version=4).cells
    text = "".join(o.get("text", "") for cell in cells for o in cell.get("outputs", []))
    return re.findall(r"^Checked: (.+) is ((?:above|below|between) .+)\.$", text, re.MULTILINE)


def bound(row) -> str:
    if pd.isna(row.below):
        return f"above {row.above:g}"
    return (
        f"below {row.below:g}" if pd.isna(row.above) else f"between {row.above:g} and {row.below:g}"
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_claim_was_measured_with_its_bound_on_five_seeds(path, claims):
    rows = claims[claims["notebook"] == path.stem]
    measured = {
        (row.claim, bound(row)): rows.loc[rows["claim"] == row.claim, "seed"].nunique()
        for row in rows.itertuples()
    }
    assert claimed(path)
    found = {claim: measured.get(claim, 0) for claim in claimed(path)}
    assert {claim: seeds for claim, seeds in found.items() if seeds < FEWEST_SEEDS} == {}


def test_each_claim_held_on_every_seed(claims):
    low, high = claims["above"].fillna(-float("inf")), claims["below"].fillna(float("inf"))
    broken = claims[~((claims["value"] > low) & (claims["value"] < high))]
    assert broken.to_dict("records") == []
