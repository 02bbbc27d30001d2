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
        kind ("exact", "near", and "group" where groups are known), planted (pairs of copies, or
        groups, on two sides), found, share (missing where none is planted). Without planted truth,
        how many were found alone.
    """
    if dataset.planted is None:
        counts = leaks["kind"].value_counts().reindex([*_KINDS], fill_value=0)
        if dataset.has_groups:  # where none are known, none are looked for: 0 would say otherwise
            counts["group"] = leaks.loc[leaks["kind"] == "group", "group"].nunique()
        table = pd.DataFrame({"kind": counts.index, "planted": pd.NA, "found": counts.to_numpy()})
        return table.assign(share=float("nan"))
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
    return table.assign(share=table["found"] / table["planted"])


def score_groups(
    dataset: Dataset, proposals: pd.DataFrame, group: str = "specimen"
) -> pd.DataFrame:
    """Which pairs of one thing are proposed, by how different the two photos are.

    Parameters
    ----------
    dataset : Dataset
        The images that were searched; of the bundled leaves, so that the truth is known.
    proposals : DataFrame
        As from `suggest_groups`; those without an `expected` are left out, as `apply_groups` does.
    group : str
        The column that says what each image shows.

    Returns
    -------
    DataFrame, a row each for "burst" (a moment apart), "same ground" and "another ground"
        kind, pairs (that show one thing), found, recall; ``attrs["precision"]``, the share of the
        proposals that are right. Without planted truth it is empty.
    """
    names = ["kind", "pairs", "found", "recall"]
    if dataset.planted is None or group not in dataset.images:
        return pd.DataFrame(columns=names)
    images = dataset.images.dropna(subset=[group])
    ids = images.index.to_series()
    one, other = (pd.DataFrame({group: images[group], end: ids}) for end in ("a", "b"))
    both = one.merge(other, on=group)
    both = both[both["a"] < both["b"]]
    bursts = dataset.planted[dataset.planted["kind"] == "burst"]
    bursts = set(map(frozenset, bursts[["image_id", "partner"]].to_numpy().tolist()))
    sure = proposals[proposals["expected"].notna()]
    told = set(map(frozenset, sure[["image_id", "other_id"]].to_numpy().tolist()))
    pairs = [frozenset(pair) for pair in both[["a", "b"]].to_numpy().tolist()]
    ground = images["background"]
    alike = (both["a"].map(ground) == both["b"].map(ground)).tolist()
    kinds = [
        "burst" if pair in bursts else "same ground" if same else "another ground"
        for pair, same in zip(pairs, alike, strict=True)
    ]
    table = pd.DataFrame({"kind": kinds, "found": [pair in told for pair in pairs]})
    table = table.groupby("kind")["found"].agg(["size", "sum"]).astype(int)
    table = table.reindex(["burst", "same ground", "another ground"], fill_value=0).reset_index()
    table.columns = names[:3]
    table["recall"] = table["found"] / table["pairs"]
    table.attrs["precision"] = len(told & set(pairs)) / len(told) if told else float("nan")
    return table
