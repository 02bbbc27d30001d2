"""Compare what a detector found with what was planted."""

import numpy as np
import pandas as pd

from helpers.copies.duplicates import cluster_duplicates, find_duplicates

_COLUMNS = ["kind", "strength", "planted", "found", "recall", "flagged", "false", "precision"]
STRENGTHS = ("obvious", "clear", "subtle", "undetectable")


def score_against_truth(dataset, found, kind) -> pd.DataFrame:
    """Precision and recall of a detector, per strength of the planted fault.

    Parameters
    ----------
    dataset : Dataset with `planted`
    found : image_ids, or a table with the column image_id (an issue) or image_id and other_id
        (pairs, in either order; images in one cluster count as paired with one another)
    kind : str or tuple of str
        The planted kinds that the detector is meant to find; every other image is an innocent.

    Returns
    -------
    DataFrame, a row for each strength, then "all detectable" (without undetectable) and
    "innocent" (the decoys): kind, strength, planted, found, recall, flagged, false, precision.
    flagged counts what the detector reported in all, false what of it was not planted (an
    undetectable fault that is found is not false), and precision is 1 − false / flagged. A label
    that is wrong is not false, of whichever kind the error is: precision belongs to the list of
    flags, recall to the kind.
    A dataset without planted truth gives an empty table.

    Raises
    ------
    ValueError
        No fault of this kind is planted.
    """
    if dataset.planted is None:
        return pd.DataFrame(columns=_COLUMNS)
    kinds = (kind,) if isinstance(kind, str) else tuple(kind)
    planted = dataset.planted[dataset.planted["kind"].isin(kinds)]
    if planted.empty:
        known = ", ".join(sorted(dataset.planted["kind"].unique()))
        raise ValueError(f"no {' or '.join(kinds)!r} is planted; expected one of {known}.")
    decoys = dataset.planted[dataset.planted["innocent"].astype(bool)]
    if isinstance(found, pd.DataFrame) and "other_id" in found:
        return _score_pairs(planted, decoys[decoys["partner"].notna()], found, kinds)
    ids = found["image_id"] if isinstance(found, pd.DataFrame) and "image_id" in found else found
    ids = set(ids.index if isinstance(found, pd.DataFrame) and "image_id" not in found else ids)
    real = planted[~planted["innocent"].astype(bool)]
    hit = real["image_id"].isin(ids)
    false = len(ids - set(real["image_id"]))
    if all(name.startswith("label_error") for name in kinds):
        false = len(ids - set(_mislabelled(dataset)))
    lured = decoys[decoys["partner"].isna()]
    return _table(kinds, real, hit, len(ids), false, lured["image_id"].isin(ids))


def sweep_distance(dataset, scanned: pd.DataFrame, distances=range(17)) -> pd.DataFrame:
    """What every hash distance would find if nothing were verified.

    Returns
    -------
    DataFrame: distance, pairs (near pairs found), and on a dataset with planted truth recall
    (of detectable near duplicates), precision (share of the pairs that are true) and bursts
    (share of the innocent bursts that are paired); missing elsewhere.
    """
    found = find_duplicates(dataset, scanned, distance=max(distances), verify=False)
    found = found[found["kind"] == "near"]
    rows = []
    for distance in distances:
        near = found[found["distance"] <= distance]
        row = {"distance": distance, "pairs": len(near)}
        score = score_against_truth(dataset, near, "near_duplicate").set_index("strength")
        if len(score):
            row["recall"] = score.loc["all detectable", "recall"]
            row["precision"] = score["precision"].iloc[0]
            row["bursts"] = score["recall"].get("innocent", np.nan)
        rows.append(row)
    return pd.DataFrame(rows, columns=["distance", "pairs", "recall", "precision", "bursts"])


def _score_pairs(planted, decoys, found, kinds):
    links, lures = (table.rename(columns={"partner": "other_id"}) for table in (planted, decoys))
    false = int((~_linked(found, links)).sum())
    return _table(kinds, planted, _linked(links, found), len(found), false, _linked(lures, found))


def _mislabelled(dataset) -> pd.Index:
    """Images whose given label is wrong, those of copies with conflicting labels included."""
    told = dataset.planted["kind"].str.startswith(("label_error", "exact_duplicate"))
    told = dataset.planted[told].dropna(subset="truth")
    truth = pd.concat([told.set_index(column)["truth"] for column in ("image_id", "partner")])
    given = dataset.images["label"].reindex(truth.index)
    return truth.index[given.notna() & (given != truth)]


def _linked(pairs, links):
    """Whether links join the two images of each pair, however many steps apart."""
    cluster = cluster_duplicates(links[["image_id", "other_id"]])["cluster"].to_dict()
    first = pairs["image_id"].map(cluster)
    return first.notna() & (first == pairs["other_id"].map(cluster))


def _table(kinds, planted, hit, flagged, false, lured) -> pd.DataFrame:
    precision = 1 - false / flagged if flagged else float("nan")
    groups = [(name, planted["strength"] == name) for name in STRENGTHS]
    groups.append(("all detectable", planted["strength"] != "undetectable"))
    rows = [(name, int(chosen.sum()), int(hit[chosen].sum())) for name, chosen in groups]
    rows = [row for row in [*rows, ("innocent", len(lured), int(lured.sum()))] if row[1]]
    table = pd.DataFrame(rows, columns=["strength", "planted", "found"])
    table["recall"] = table["found"] / table["planted"]
    table.insert(0, "kind", " or ".join(kinds))
    return table.assign(flagged=flagged, false=false, precision=precision)
