"""Compare what a detector found with what was planted."""

import numpy as np
import pandas as pd

from helpers.copies import duplicates
from helpers.copies.candidates import close_pairs
from helpers.copies.duplicates import cluster_duplicates, find_duplicates

_COLUMNS = ["kind", "strength", "planted", "found", "recall", "flagged", "false", "precision"]
STRENGTHS = ("obvious", "clear", "subtle", "undetectable")
REACH = {"all detectable": "within reach", "undetectable": "beyond reach"}
LABEL_ERRORS = ("random", "confusable", "specimen")


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


def score_detectors(dataset, found) -> pd.DataFrame:
    """Several detectors side by side: what each found of the faults within its reach, and beyond.

    Parameters
    ----------
    dataset : Dataset with `planted`
    found : dict of kind to image_ids or table, as in `score_against_truth`

    Returns
    -------
    DataFrame with the columns of `score_against_truth`, up to two rows a kind: "within reach", and
    "beyond reach" where faults are planted that the detector is not made to find. Beyond the reach
    of a detector is not out of a person's sight: half of a photo is plainly the same photo.
    """
    tables = [score_against_truth(dataset, what, kind) for kind, what in found.items()]
    scores = pd.concat([pd.DataFrame(columns=_COLUMNS), *filter(len, tables)], ignore_index=True)
    scores["strength"] = scores["strength"].replace(REACH)
    return scores[scores["strength"].isin(REACH.values())].reset_index(drop=True)


def score_label_lists(dataset, lists) -> pd.DataFrame:
    """What each of several lists of doubtful labels holds of each kind of planted label error.

    Parameters
    ----------
    dataset : Dataset with `planted`
    lists : dict of name to image_ids or a table by image_id

    Returns
    -------
    DataFrame with the columns of `score_against_truth`: kind is the name of the list, strength the
    kind of error, whatever its strength; precision is that of the list, whatever the kind of error.
    """
    if dataset.planted is None:
        return pd.DataFrame(columns=_COLUMNS)
    planted = set(dataset.planted["kind"])
    there = [kind for kind in LABEL_ERRORS if f"label_error_{kind}" in planted]
    scores = []
    for name, flagged in lists.items():
        for kind in there:
            table = score_against_truth(dataset, flagged, f"label_error_{kind}")
            every = table[table["strength"].isin(STRENGTHS)]
            row = table.iloc[:1].assign(kind=name, strength=kind)
            row[["planted", "found"]] = every[["planted", "found"]].sum().tolist()
            scores.append(row.assign(recall=row["found"] / row["planted"]))
    return pd.concat(scores, ignore_index=True) if scores else pd.DataFrame(columns=_COLUMNS)


def wrong_labels(dataset) -> pd.Index | None:
    """Image ids of all labels that are wrong, as planted; None where the truth is not known.

    Of two copies of one file with different labels, the one with the wrong label is among them.
    """
    return None if dataset.planted is None else _mislabelled(dataset)


def sweep_distance(
    dataset, scanned: pd.DataFrame, distances=range(0, 17, 2), variants: bool = True
) -> pd.DataFrame:
    """What every hash distance would find if nothing were verified.

    The 64 bits of a hash are above and below their median, so that 32 of them are set and two
    hashes nearly always differ in an even number of bits.

    Parameters
    ----------
    dataset : Dataset
    scanned : DataFrame
        What `scan` returned.
    distances : iterable of int, 0 to 24
    variants : bool
        Compare each hash with those of the other picture as it is, mirrored, cropped and turned a
        little, and count the least distance, as `find_duplicates` does; False compares the two
        hashes alone (the column `phash`).

    Returns
    -------
    DataFrame: distance, pairs (near pairs found), and on a dataset with planted truth recall
    (of detectable near duplicates), precision (share of the pairs that are true) and bursts
    (share of the innocent bursts that are paired); missing elsewhere. How many pictures are too
    small or too flat to be compared is in ``attrs["note"]``, where there are any.
    """
    if variants:
        found = find_duplicates(dataset, scanned, distance=max(distances), verify=False)
        found = found[found["kind"] == "near"]
    else:
        found = _plain_pairs(dataset, scanned, max(distances))
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
    table = pd.DataFrame(rows, columns=["distance", "pairs", "recall", "precision", "bursts"])
    readable = scanned[scanned["readable"] & scanned.index.isin(dataset.images.index)]
    if left_out := int((~_comparable(readable)).sum()):
        table.attrs["note"] = (
            f"{left_out:,} of {len(readable):,} pictures are too small or too flat to be compared"
        )
    return table


def _plain_pairs(dataset, scanned, distance) -> pd.DataFrame:
    """Pairs of different files whose hashes differ in at most `distance` bits."""
    known = scanned[scanned["readable"] & scanned.index.isin(dataset.images.index)]
    known = known[~known["sha256"].duplicated() & _comparable(known)].sort_index()
    hashes = np.array([int(bits, 16) for bits in known["phash"]], np.uint64)
    first, second, bits = close_pairs(hashes, hashes, distance)
    once = first < second
    ends = {"image_id": known.index[first[once]], "other_id": known.index[second[once]]}
    return pd.DataFrame(ends | {"distance": bits[once]})


def _comparable(scanned) -> pd.Series:
    """Whether there is as much in a picture as `find_duplicates` asks for."""
    spread = [
        np.frombuffer(one or b"", np.uint8).std() if one else 0 for one in scanned["thumbnail"]
    ]
    short = scanned[["width", "height"]].min(axis=1).astype(float)
    return (np.array(spread) > duplicates.FLAT) & (short >= duplicates.SHORTEST_SIDE)


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
