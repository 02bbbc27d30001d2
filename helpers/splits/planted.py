"""How many of the leaks that were planted in the leaves `check_leakage` finds."""

from __future__ import annotations

import pandas as pd

from helpers.datasets import Dataset

_KINDS = {"exact": "exact_duplicate", "near": "near_duplicate"}
_COLUMNS = ["kind", "planted", "found", "share"]


def score_leaks(dataset: Dataset, leaks: pd.DataFrame) -> pd.DataFrame:
    """Of what was planted and lies on two sides of the split, how much is found.

    Parameters
    ----------
    dataset : Dataset
        With a split, and `planted` copies. Those that nobody could recognise ("undetectable") do
        not count.
    leaks : DataFrame
        As from `check_leakage`.

    Returns
    -------
    DataFrame, one row per kind
        kind ("exact", "near", "group"), planted (pairs of copies, or groups, on two sides), found,
        share (missing where none is planted). Without planted truth it is empty.
    """
    if dataset.planted is None:
        return pd.DataFrame(columns=_COLUMNS)
    sides, planted = dataset.images["split"].dropna(), dataset.planted
    planted = planted[~planted["innocent"].astype(bool) & planted["strength"].ne("undetectable")]
    kinds = leaks["kind"].isin([*_KINDS])
    found = set(map(frozenset, leaks.loc[kinds, ["image_id", "other_id"]].to_numpy().tolist()))
    rows = []
    for name, kind in _KINDS.items():
        pairs = planted.loc[planted["kind"] == kind, ["image_id", "partner"]]
        across = pairs[pairs.isin(sides.index).all(axis=1)]
        differ = across["image_id"].map(sides).ne(across["partner"].map(sides))
        pairs = [frozenset(pair) for pair in across[differ].to_numpy().tolist()]
        rows.append((name, len(pairs), sum(pair in found for pair in pairs)))
    if dataset.group is not None:
        groups = dataset.images.loc[sides.index, dataset.group].dropna().astype("str")
        places = pd.crosstab(groups, sides[groups.index]) > 0
        torn = set(places.index[places.sum(axis=1) > 1])
        told = set(leaks.loc[leaks["kind"] == "group", "group"])
        rows.append(("group", len(torn), len(torn & told)))
    table = pd.DataFrame(rows, columns=_COLUMNS[:-1])
    return table.assign(share=table["found"] / table["planted"].where(table["planted"] > 0))
