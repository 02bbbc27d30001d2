"""Find pictures that occur more than once."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from helpers.audit.candidates import SIDE, VARIANTS, find_candidates

ALL_PAIRS = 10


def find_duplicates(
    dataset, scanned=None, *, distance: int = 8, verify: bool = True, progress: bool = True
) -> pd.DataFrame:
    """Pairs of images that are the same file, or the same photo changed a little."""
    if scanned is None:
        if isinstance(dataset, pd.DataFrame):
            scanned = dataset
        else:
            from helpers.audit.scanning import scan

            scanned = scan(dataset, progress=progress)
    known = scanned[scanned["readable"]]
    exact = _exact_pairs(scanned[scanned["sha256"].notna() & (scanned["bytes"] > 0)])
    first = known[~known["sha256"].duplicated()]
    near = _near_pairs(first, distance)
    pairs = pd.concat([exact, near], ignore_index=True)
    clusters = cluster_duplicates(pairs)
    pairs["cluster"] = clusters["cluster"].reindex(pairs["image_id"]).to_numpy()
    return pairs


def cluster_duplicates(pairs: pd.DataFrame) -> pd.DataFrame:
    """Number the groups of images that are linked by pairs, directly or through others.

    Returns
    -------
    DataFrame by image_id: cluster (int, counted from 0 by first image_id), size (int)
    """
    ids = pd.Index(np.unique(pairs[["image_id", "other_id"]].to_numpy(str)), name="image_id")
    ends = [ids.get_indexer(pairs[column]) for column in ("image_id", "other_id")]
    links = coo_matrix((np.ones(len(pairs)), ends), shape=(len(ids), len(ids)))
    table = pd.DataFrame({"cluster": connected_components(links)[1]}, index=ids)
    return table.assign(size=table.groupby("cluster")["cluster"].transform("size"))


def _exact_pairs(scanned: pd.DataFrame) -> pd.DataFrame:
    rows = []
    same = scanned[scanned["sha256"].duplicated(keep=False)]
    for _, ids in same.groupby("sha256", sort=False).groups.items():
        ids = sorted(ids)
        sources = ids if len(ids) <= ALL_PAIRS else ids[:1]
        rows += [(a, b) for k, a in enumerate(sources) for b in ids[k + 1 :]]
    pairs = pd.DataFrame(rows, columns=["image_id", "other_id"], dtype="str")
    return pairs.assign(kind="exact", distance=0, transform="")


def _near_pairs(scanned: pd.DataFrame, distance: int) -> pd.DataFrame:
    pixels = np.frombuffer(b"".join(scanned["thumbnail"]), np.uint8).reshape(-1, SIDE, SIDE)
    # Flat pictures have no frequencies to compare: any two would agree by chance.
    rich = np.flatnonzero(pixels.std(axis=(1, 2)) > 4)
    found = find_candidates(pixels[rich], distance)
    ids = scanned.index[rich]
    names = np.array([name for name, *_ in VARIANTS], object)
    return pd.DataFrame(
        {
            "image_id": ids[found[:, 0]],
            "other_id": ids[found[:, 1]],
            "kind": "near",
            "distance": found[:, 2],
            "transform": names[found[:, 3]],
        }
    )
