"""Find pictures that occur more than once: the same bytes, or the same photo changed a little."""

import numpy as np
import pandas as pd
from PIL import Image
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from helpers.audit import alignment, candidates, scanning
from helpers.audit.alignment import overlay
from helpers.audit.candidates import VARIANTS, find_candidates
from helpers.datasets import steps
from helpers.datasets.pixels import read_rgb

LIKENESS, DETAIL, MOVEMENT = 0.9, 0.75, 0.13
"""Limits for a verified pair: correlation, correlation of fine detail, and movement left after the
best fit, in pixels of a 96-pixel frame. Fixed on seed 0 of leaves; `studies/detectors.py` reports
other seeds."""

_ALL_PAIRS = 10
_MOST = 20_000
_SHORTEST_SIDE = 16
_COLUMNS = {"image_id": "str", "other_id": "str", "kind": "str", "distance": "int64",
            "transform": "str", "similarity": "float64", "movement": "float64"}  # fmt: skip


def find_duplicates(
    dataset, scanned: pd.DataFrame | None = None, *, distance: int = 10, verify: bool = True,
    progress: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Pairs of images that show the same exposure.

    Near pairs are searched by perceptual hash, each picture also mirrored, cropped and turned a
    little, and then verified: both files are opened again and laid over each other. A copy fits
    its original without anything moving against anything else; a second photo of the same scene
    does not, nor does one whose camera recorded another time.

    Parameters
    ----------
    dataset : Dataset
    scanned : DataFrame, optional
        What `scan` returned.
    distance : int
        Bits of 64 in which two hashes may differ, 0 to 24.
    verify : bool
        False returns every pair within `distance`, unopened, with similarity missing.
    progress : bool
        Draw the bar of a scan that has still to be made.

    Returns
    -------
    DataFrame of pairs: image_id, other_id (the former sorts first), kind ("exact": same bytes,
    "near"), distance (bits), transform ("mirror", "crop", "rotate", "resize", "brighten", joined
    by " and ", or "" for saved again), similarity (correlation after the best fit, 0–1), movement
    (what the fit leaves, in pixels of a 96-pixel frame), cluster (int). Of more than ten
    identical files only pairs with the first are listed. Near pairs are not searched among
    pictures under 16 px, and no more than the 20,000 nearest are verified.

    Raises
    ------
    ValueError
        The distance lies outside 0–24.
    """
    if not 0 <= distance <= 24:
        raise ValueError(f"distance is {distance}; expected 0 to 24 of the 64 bits of a hash.")
    if scanned is None:
        scanned = scanning.scan(dataset, progress=progress)

    def build() -> pd.DataFrame:
        exact = _exact_pairs(scanned)
        first = scanned[scanned["readable"] & ~scanned["sha256"].duplicated()]
        near = _near_pairs(dataset, first, distance, verify)
        return pd.concat([exact, near], ignore_index=True).astype(_COLUMNS)

    code = (find_duplicates, _near_pairs, _verify, _name_changes, alignment, candidates)
    facts = scanned[["sha256", "readable", "taken"]]
    pairs = steps.saved(dataset, "duplicates", build, inputs=(facts, distance, verify),
                        code=code, table=False)  # fmt: skip
    clusters = cluster_duplicates(pairs)["cluster"]
    return pairs.assign(cluster=clusters.reindex(pairs["image_id"]).to_numpy(int))


def cluster_duplicates(pairs: pd.DataFrame) -> pd.DataFrame:
    """Number the groups of images that are linked by pairs, directly or through others.

    Returns
    -------
    DataFrame by image_id: cluster (int, counted from 0 by first image_id), size (int)
    """
    ids = pd.Index(pd.unique(pairs[["image_id", "other_id"]].to_numpy().ravel())).sort_values()
    ends = [ids.get_indexer(pairs[column]) for column in ("image_id", "other_id")]
    links = coo_matrix((np.ones(len(pairs)), ends), shape=(len(ids), len(ids)))
    number = connected_components(links)[1] if len(ids) else np.empty(0, int)
    table = pd.DataFrame({"cluster": number}, index=ids.rename("image_id"))
    return table.assign(size=table.groupby("cluster")["cluster"].transform("size"))


def sweep_distance(dataset, scanned: pd.DataFrame, distances=range(25)) -> pd.DataFrame:
    """What every hash distance would find if nothing were verified.

    Returns
    -------
    DataFrame: distance, pairs (near pairs found), and on a dataset with planted truth recall
    (of detectable near duplicates), precision (share of the pairs that are true) and bursts
    (share of the innocent bursts that are paired); missing elsewhere.
    """
    from helpers.audit.truth import score_against_truth

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


def _exact_pairs(scanned: pd.DataFrame) -> pd.DataFrame:
    rows = []
    readable = scanned[scanned["readable"]].sort_index()
    same = readable[readable["sha256"].duplicated(keep=False)]
    for ids in same.groupby("sha256", sort=False).groups.values():
        sources = ids if len(ids) <= _ALL_PAIRS else ids[:1]
        rows += [(a, b) for k, a in enumerate(sources) for b in ids[k + 1 :]]
    pairs = pd.DataFrame(rows, columns=["image_id", "other_id"])
    return pairs.assign(kind="exact", distance=0, transform="", similarity=1.0, movement=0.0)


def _near_pairs(dataset, scanned: pd.DataFrame, distance: int, verify: bool) -> pd.DataFrame:
    scanned = scanned.sort_index()
    side = candidates.SIDE
    pixels = np.frombuffer(b"".join(scanned["thumbnail"]), np.uint8).reshape(-1, side, side)
    # Flat or tiny pictures have too little to compare: many would agree by chance.
    short = scanned[["width", "height"]].min(axis=1).to_numpy(int)
    rich = np.flatnonzero((pixels.std(axis=(1, 2)) > 3) & (short >= _SHORTEST_SIDE))
    found = find_candidates(pixels[rich], distance)
    found[:, :2] = rich[found[:, :2]]
    pairs = pd.DataFrame({
        "image_id": scanned.index[found[:, 0]],
        "other_id": scanned.index[found[:, 1]],
        "kind": "near",
        "distance": found[:, 2],
        "transform": np.array([name for name, *_ in VARIANTS], object)[found[:, 3]],
        "similarity": np.nan,
        "movement": np.nan,
    })  # fmt: skip
    if not verify or pairs.empty:
        return pairs
    taken = scanned["taken"].to_numpy()[found[:, :2]]
    same_time = (taken[:, 0] == taken[:, 1]) | np.isnat(taken).any(axis=1)
    nearest = np.argsort(found[:, 2], kind="stable")
    nearest = np.sort(nearest[same_time[nearest]][:_MOST])
    return _verify(dataset, scanned, pairs.iloc[nearest], found[nearest, 3])


def _verify(dataset, scanned, pairs, variants) -> pd.DataFrame:
    """Keep the pairs that lie over each other without movement, and say what was changed."""
    kept = []
    for at in range(0, len(pairs), 512):
        part, guesses = pairs.iloc[at : at + 512], candidates.start_maps(variants[at : at + 512])
        ids = pd.unique(part.iloc[:, :2].to_numpy().ravel())
        pictures = {i: _small_grey(dataset, i) for i in ids}
        first, second = (np.stack([pictures[i] for i in part[c]]) for c in part.columns[:2])
        fit = overlay(first, second, guesses, likeness=LIKENESS, detail=DETAIL)
        sizes = [
            scanned.loc[part[c], ["width", "height"]].to_numpy(float) for c in part.columns[:2]
        ]
        linear = fit["map"][:, :, :2].astype(float)
        in_pixels = linear * sizes[1][:, :, None] / sizes[0][:, None, :]
        long, short = np.linalg.svd(in_pixels, compute_uv=False).T
        # Turning and cropping keep shapes in pixels; resizing keeps the sides parallel.
        skew = np.minimum(long / short - 1, np.abs(linear[:, [0, 1], [1, 0]]).max(axis=1))
        # A skew displaces places by 0.29 of itself (root mean square) on either side.
        movement = np.hypot(fit["drift"], skew * 0.29 * alignment.SIDE / 2)
        part = part.assign(
            similarity=fit["likeness"], movement=movement,
            transform=_name_changes(linear, in_pixels, sizes, fit["gain"]),
        )  # fmt: skip
        good = (fit["likeness"] >= LIKENESS) & (fit["detail"] >= DETAIL) & (movement <= MOVEMENT)
        kept.append(part[good])
    return pd.concat(kept) if kept else pairs


def _small_grey(dataset, image_id: str) -> np.ndarray:
    side = alignment.SIDE
    # A JPEG decoded small shifts its blocks a little: keep twice the pixels that are compared.
    grey = read_rgb(dataset.path(image_id), at_least=2 * side).convert("L")
    return np.asarray(grey.resize((side, side), Image.Resampling.LANCZOS), np.float32)


def _name_changes(linear, in_pixels, sizes, gain) -> list[str]:
    zoom = np.sqrt(np.abs(np.linalg.det(linear)))
    angle = np.degrees(np.arctan2(in_pixels[:, 1, 0], in_pixels[:, 1, 1]))
    pixels = np.abs(np.log(np.sqrt(np.abs(np.linalg.det(in_pixels)))))
    changes = {
        "mirror": np.linalg.det(linear) < 0,
        "rotate": np.abs(angle) > 0.4,
        "crop": (np.abs(np.log(zoom)) > 0.01) & (np.abs(angle) <= 0.4),
        "resize": pixels > 0.02,
        "brighten": np.abs(np.log(gain)) > 0.04,
    }
    rows = zip(*changes.values(), strict=True)
    return [" and ".join(n for n, yes in zip(changes, row, strict=True) if yes) for row in rows]
