"""Every claim that a stored notebook makes was measured on five seeds, and held on each."""

import re

import nbformat
import pandas as pd
import pytest

from helpers.course.claims import loose, notebooks
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
    line = r"^Checked: (.+?) is ((?:above|below|between) [^;]+?)(?:; .+)?\.$"
    return re.findall(line, text, re.MULTILINE)


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


def test_no_bound_of_a_list_of_claims_is_too_near_to_its_range_or_too_far_to_say_anything(claims):
    listed = claims[claims["notebook"].str[:2].isin(notebooks())]
    # How many seconds something takes is another matter on every computer.
    listed = listed[~listed["claim"].str.contains("seconds")]
    wrong = {}
    for (notebook, claim), rows in listed.groupby(["notebook", "claim"]):
        low, high = (None if pd.isna(end) else end for end in rows[["above", "below"]].iloc[0])
        wrong[notebook, claim] = loose(rows["value"].tolist(), low, high)
    assert {claim: what for claim, what in wrong.items() if what} == {}
