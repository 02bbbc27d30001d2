"""Find pictures that occur more than once: the same bytes, or the same photo changed a little."""

import sys
import warnings

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from helpers.audit import scanning
from helpers.audit.tables import require_features, require_scan
from helpers.copies import comparing, verifying
from helpers.copies.candidates import SIDE, UPRIGHT, VARIANTS, find_candidates
from helpers.copies.crowds import ALIKE
from helpers.datasets import steps

KINDS = ("exact", "near")
"""Kinds of pairs that are taken for copies; a "probable" one is for a person to look at."""

SURE = 0.5
"""Share of the limits within which pixels must agree where the recorded times do not."""

FLAT, SHORTEST_SIDE = 3, 16
"""Pictures whose thumbnail spreads over no more grey levels (standard deviation), or whose short
side has fewer pixels, hold too little to compare: many would agree by chance."""

REACH = (
    "Copies turned by 20 to 47 degrees, cut to 50 to 80 % of each side or under noise of 20 to 60 "
    "of 255 levels are found in part (measured on drawn leaves; the more changed, the fewer), and "
    "none that were turned further (but by right angles), cut to less than half of each side, or "
    "changed in large parts."
)
"""What a reader should not think was searched for, even with embeddings; how much is found of it
says `studies/label_errors.py`."""

_ALL_PAIRS = 10
_BLOCK = 8192
"""Thumbnails whose spread is measured at a time, which takes eight bytes a pixel."""
_COLUMNS = {"image_id": "str", "other_id": "str", "kind": "str", "distance": "int64",
            "transform": "str", "similarity": "float64", "movement": "float64",
            "difference": "str",
            **dict.fromkeys(("left", "top", "right", "bottom"), "float64")}  # fmt: skip


def find_duplicates(
    dataset, scanned: pd.DataFrame | None = None, *, features: pd.DataFrame | None = None,
    distance: int = 10, verify: bool = True, workers: int = 2, progress: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Pairs of images that show the same exposure.

    Near pairs are searched by perceptual hash, each picture also mirrored, cropped and turned a
    little, and then verified: the thumbnails, and where these agree the pictures in the two files,
    are laid over each other. A copy fits its original without anything moving against anything
    else, and what is left then differs nowhere by more than saving again explains, in light or in
    colour. A second photo of the same scene does not fit; a lamp of another colour, another form or
    an animal before a fixed camera fits, and differs in one place.

    Parameters
    ----------
    dataset : Dataset
    scanned : DataFrame, optional
        What `scan` returned; images that `dataset` no longer has are left out.
    features : DataFrame by image_id, optional
        Embeddings. With them, copies turned by quarters or upside down are searched as well, and
        of each image's ten nearest by embedding, those of which it is a crop, down to half of each
        side, or which it is turned by up to 47 degrees, whatever fills its corners.
    distance : int
        Bits of 64 in which two hashes may differ, 0 to 24.
    verify : bool
        False returns every pair within `distance`, unopened, with similarity missing.
    workers : int
        Processes that verify, as in `scan`; 0 verifies in this process. What was found of two
        contents is kept as the search goes on: one that was interrupted continues, and without one
        image, or with ten more, only new pairs are opened.
    progress : bool
        Draw a bar once a step has taken two seconds.

    Returns
    -------
    DataFrame of pairs

    - image_id, other_id: the former sorts first
    - kind: "exact" (same bytes); "near" (the same exposure, a grey copy of it included);
      "probable", which nothing here takes for a copy: the same picture blurred or sharpened, with
      another cast or tint, or with a mark or caption, or a little beyond the limits of colour;
      for a person to look at
    - distance: bits
    - transform: "mirror", "crop", "rotate", "resize", "brighten", joined by " and ", or "" for
      saved again
    - similarity: correlation after the best fit, 0–1; movement: what the fit leaves, in pixels of
      a 96-pixel frame
    - difference: what differs beyond saving again: "colour (one is grey)", "colour (saturation)",
      "colour (cast)", "colour (tint)", "colour (slightly)", "sharpness", "a part of 4 % at the
      upper left", "recorded time differs by 3 s", or ""
    - left, top, right, bottom: where that part lies, as shares of the sides of `image_id`
    - cluster: int, from `cluster_duplicates`

    A pair whose cameras recorded different times stays near if its pixels agree twice as well as
    others must, and else is probable. Of more than ten identical files only pairs with the first
    are listed. Near pairs are not searched among pictures under 16 px, nor, without `features`,
    among copies turned by more than about 5 degrees or cropped by more than a tenth.

    Warns
    -----
    UserWarning
        More than 100,000 pairs resemble each other, of which only the nearest were verified; more
        than three pictures differ from one another in one place each, in colour or by their times,
        as forms or frames of one camera do, and these pairs are not listed; or a file can no longer
        be opened. The first two are also in ``attrs["notes"]`` of the table.

    Raises
    ------
    ValueError
        The distance lies outside 0–24.
    """
    if not 0 <= distance <= 24:
        raise ValueError(f"distance is {distance}; expected 0 to 24 of the 64 bits of a hash.")
    if scanned is None:
        scanned = scanning.scan(dataset, progress=progress)
    scanned = require_scan(scanned, "find_duplicates")
    if features is not None:
        features = require_features(features, "find_duplicates")
    scanned = scanned[scanned.index.isin(dataset.images.index)]

    def build() -> pd.DataFrame:
        exact = _exact_pairs(scanned)
        first = scanned[scanned["readable"] & ~scanned["sha256"].duplicated()].sort_index()
        near, notes = _near_pairs(dataset, first, features, distance, verify, workers, progress)
        pairs = pd.concat([exact, near], ignore_index=True).reindex(columns=[*_COLUMNS])
        pairs = pairs.fillna({"difference": ""}).astype(_COLUMNS)
        pairs.attrs["notes"] = notes
        return pairs

    facts = scanned[["sha256", "readable", "taken"]]
    pairs = steps.saved(dataset, "duplicates", build, inputs=(facts, features, distance, verify),
                        code=(*verifying.CODE, sys.modules[__name__]), table=False)  # fmt: skip
    for note in pairs.attrs.get("notes", []):
        warnings.warn(note, stacklevel=2)
    clusters = cluster_duplicates(pairs)["cluster"]
    return pairs.assign(cluster=clusters.reindex(pairs["image_id"]).to_numpy(int))


def confirmed(pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs that are taken for copies: all but the probable ones."""
    return pairs[pairs["kind"].isin(KINDS)] if "kind" in pairs else pairs


def cluster_duplicates(pairs: pd.DataFrame) -> pd.DataFrame:
    """Number the groups of images that are linked by pairs, directly or through others.

    A probable pair links nothing: its images are listed, each in the group that other pairs make.

    Returns
    -------
    DataFrame by image_id: cluster (int, counted from 0 by first image_id), size (int)
    """
    ids = pd.Index(pd.unique(pairs[["image_id", "other_id"]].to_numpy().ravel())).sort_values()
    linked = confirmed(pairs)
    ends = [ids.get_indexer(linked[column]) for column in ("image_id", "other_id")]
    links = coo_matrix((np.ones(len(linked)), ends), shape=(len(ids), len(ids)))
    number = connected_components(links)[1] if len(ids) else np.empty(0, int)
    table = pd.DataFrame({"cluster": number}, index=ids.rename("image_id"))
    return table.assign(size=table.groupby("cluster")["cluster"].transform("size"))


def _exact_pairs(scanned: pd.DataFrame) -> pd.DataFrame:
    rows = []
    readable = scanned[scanned["readable"]].sort_index()
    same = readable[readable["sha256"].duplicated(keep=False)]
    for ids in same.groupby("sha256", sort=False).groups.values():
        sources = ids if len(ids) <= _ALL_PAIRS else ids[:1]
        rows += [(a, b) for k, a in enumerate(sources) for b in ids[k + 1 :]]
    pairs = pd.DataFrame(rows, columns=["image_id", "other_id"])
    return pairs.assign(kind="exact", distance=0, transform="", similarity=1.0, movement=0.0)


def _near_pairs(dataset, scanned: pd.DataFrame, features, distance, verify, workers, progress):
    joined = b"".join(scanned["thumbnail"])
    thumbnails = np.frombuffer(joined, np.uint8).reshape(-1, SIDE, SIDE)
    short = scanned[["width", "height"]].min(axis=1).to_numpy(int)
    spread = np.empty(len(thumbnails))
    for at in range(0, len(spread), _BLOCK):
        spread[at : at + _BLOCK] = thumbnails[at : at + _BLOCK].std(axis=(1, 2))
    rich = np.flatnonzero((spread > FLAT) & (short >= SHORTEST_SIDE))
    variants = UPRIGHT if features is None else len(VARIANTS)
    found = find_candidates(thumbnails[rich], distance, progress, variants, max(1, workers))
    found[:, :2] = rich[found[:, :2]]
    left_out = 0
    if not verify:
        facts = [{"kind": "near", "transform": VARIANTS[number][0]} for number in found[:, 3]]
    else:
        checks = verifying.Verifying(dataset, scanned, thumbnails, workers, progress)
        found = checks.choose_nearest(found)  # and let go of the others, of which there are more
        found, facts = checks.keep_pairs(found)
        if features is not None:
            parts, more = checks.keep_parts(features, rich, found)
            found, facts = np.concatenate([found, parts]), facts + more
        left_out = checks.left_out
    ends = {"image_id": scanned.index[found[:, 0]], "other_id": scanned.index[found[:, 1]]}
    facts = pd.DataFrame(facts, columns=[*verifying.FACTS])
    pairs = pd.concat([pd.DataFrame(ends | {"distance": found[:, 2]}), facts], axis=1)
    return _weigh(pairs, scanned["taken"], left_out)


def _weigh(pairs, taken, left_out):
    """Pairs with what their times and one another say of them, and notes on those left out."""
    notes = []
    if left_out:
        notes.append(
            f"{left_out:,} of {left_out + verifying.MOST:,} pairs that resemble each other were "
            f"not verified, only the {verifying.MOST:,} nearest; a smaller distance= leaves fewer."
        )
    pairs = _doubt_times(pairs, taken)
    doubtful = pairs["kind"].eq("part") | pairs["difference"].str.contains("time", na=False)
    doubtful |= pairs["difference"].str.contains("colour", na=False)
    groups = cluster_duplicates(pairs.loc[doubtful, ["image_id", "other_id"]])
    crowded = doubtful & (pairs["image_id"].map(groups["size"]) > ALIKE)
    if crowded.any():
        first, pictures = pairs[crowded].iloc[0], (groups["size"] > ALIKE).sum()
        # Pictures are counted and not pairs, since most pairs of a crowd need not be compared.
        notes.append(
            f"{pictures:,} pictures belong to sets of more than {ALIKE} that fit over one another "
            "and yet differ in one place, in colour or by their times, as forms, variants of a "
            "product and frames of one camera do: such pairs are not listed as copies. The first "
            "are "
            f"'{first['image_id']}' and '{first['other_id']}' ({first['difference']})."
        )
    pairs = pairs[~crowded].reset_index(drop=True)
    return pairs.assign(kind=pairs["kind"].replace("part", "probable")), notes


def _doubt_times(pairs, taken):
    """Pairs whose cameras recorded another time are near only if their pixels agree very well."""
    if pairs.empty:  # of no readable image at all, no time can be taken from another
        return pairs
    apart = (pairs["image_id"].map(taken) - pairs["other_id"].map(taken)).abs()
    other = (apart > pd.Timedelta(0)) & pairs["similarity"].notna()
    told = pairs["difference"].astype("object").fillna("")
    told = [
        "; ".join(filter(None, (words, f"recorded time differs by {_in_words(time)}")))
        if doubt else words
        for words, time, doubt in zip(told, apart, other, strict=True)
    ]  # fmt: skip
    moved = pairs["movement"] / comparing.LIMITS["movement"]
    unsure = other & pairs["kind"].eq("near") & ~(np.maximum(pairs["excess"], moved) <= SURE)
    kind = pairs["kind"].where(~unsure, "probable")
    return pairs.assign(difference=pd.array(told, "str"), kind=kind)


def _in_words(apart: pd.Timedelta) -> str:
    seconds = apart.total_seconds()
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
