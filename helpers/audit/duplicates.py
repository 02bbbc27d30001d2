"""Find pictures that occur more than once: the same bytes, or the same photo changed a little."""

import sys
import warnings
from functools import partial

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from tqdm.auto import tqdm

from helpers.audit import alignment, batches, candidates, comparing, neighbours, scanning
from helpers.audit.candidates import SIDE, UPRIGHT, VARIANTS, find_candidates, hash_variant
from helpers.audit.tables import require_features, require_scan
from helpers.datasets import decoding, pixels, steps

_ALL_PAIRS = 10
_MOST = 100_000
_BATCH = 128
_SHORTEST_SIDE = 16
_COLUMNS = {"image_id": "str", "other_id": "str", "kind": "str", "distance": "int64",
            "transform": "str", "similarity": "float64", "movement": "float64"}  # fmt: skip


def find_duplicates(
    dataset, scanned: pd.DataFrame | None = None, *, features: pd.DataFrame | None = None,
    distance: int = 10, verify: bool = True, workers: int = 2, progress: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Pairs of images that show the same exposure.

    Near pairs are searched by perceptual hash, each picture also mirrored, cropped and turned a
    little, and then verified: the thumbnails, and where these agree the pictures in the two files,
    are laid over each other. A copy fits its original without anything moving against anything
    else; a second photo of the same scene does not, nor does one whose camera recorded another
    time.

    Parameters
    ----------
    dataset : Dataset
    scanned : DataFrame, optional
        What `scan` returned; images that `dataset` no longer has are left out.
    features : DataFrame by image_id, optional
        Embeddings. With them, copies turned by quarters or upside down are searched as well, and
        of each image's ten nearest by embedding, those of which it is a crop, down to half of each
        side.
    distance : int
        Bits of 64 in which two hashes may differ, 0 to 24.
    verify : bool
        False returns every pair within `distance`, unopened, with similarity missing.
    workers : int
        Processes that verify, as in `scan`; 0 verifies in this process.
    progress : bool
        Draw a bar once a step has taken two seconds.

    Returns
    -------
    DataFrame of pairs: image_id, other_id (the former sorts first), kind ("exact": same bytes,
    "near"), distance (bits), transform ("mirror", "crop", "rotate", "resize", "brighten", joined
    by " and ", or "" for saved again), similarity (correlation after the best fit, 0–1), movement
    (what the fit leaves, in pixels of a 96-pixel frame), cluster (int). Of more than ten
    identical files only pairs with the first are listed. Near pairs are not searched among
    pictures under 16 px, nor, without `features`, among copies turned by more than about 5 degrees
    or cropped by more than a tenth, and no more than the 100,000 nearest are verified.
    Pairs with a file that can no longer be opened are left out, with a warning.

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
        near = _near_pairs(dataset, first, features, distance, verify, workers, progress)
        return pd.concat([exact, near], ignore_index=True).astype(_COLUMNS)

    code = (alignment, batches, candidates, comparing, decoding, neighbours, pixels,
            sys.modules[__name__])  # fmt: skip
    facts = scanned[["sha256", "readable", "taken"]]
    pairs = steps.saved(dataset, "duplicates", build, inputs=(facts, features, distance, verify),
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
    # Flat or tiny pictures have too little to compare: many would agree by chance.
    short = scanned[["width", "height"]].min(axis=1).to_numpy(int)
    rich = np.flatnonzero((thumbnails.std(axis=(1, 2)) > 3) & (short >= _SHORTEST_SIDE))
    variants = UPRIGHT if features is None else len(VARIANTS)
    found = find_candidates(thumbnails[rich], distance, progress, variants)
    found[:, :2] = rich[found[:, :2]]
    changes = [{"transform": VARIANTS[number][0]} for number in found[:, 3]]
    if verify:
        verifying = _Verifying(dataset, scanned, workers, progress)
        found, changes = verifying.keep_pairs(found, thumbnails)
        if features is not None:
            parts, more = verifying.keep_parts(features, thumbnails, rich, found)
            found, changes = np.concatenate([found, parts]), changes + more
    first, second, bits, _ = found.T
    ends = {"image_id": scanned.index[first], "other_id": scanned.index[second]}
    changes = pd.DataFrame(changes, columns=["transform", "similarity", "movement"])
    return pd.concat([pd.DataFrame(ends | {"kind": "near", "distance": bits}), changes], axis=1)


class _Verifying:
    """Keep the pairs that lie over each other without movement, and say what was changed."""

    def __init__(self, dataset, scanned, workers, progress):
        self.dataset, self.workers, self.progress = dataset, workers, progress
        self.ids, self.taken = scanned.index, scanned["taken"].to_numpy()
        self.sizes = scanned[["width", "height"]].to_numpy(int)
        levels = scanned["levels"].dropna()
        self.levels = int(levels.iloc[0]) if len(levels) else None
        turned = (scanned["orientation"] > 4).to_numpy(bool)
        self.sizes[turned] = self.sizes[turned, ::-1]

    def keep_pairs(self, found, thumbnails):
        found = found[self._together(found)]
        found = found[np.sort(np.argsort(found[:, 2], kind="stable")[:_MOST])]

        def task(number: int) -> tuple:
            pair = found[number, :2]
            return self._paths(pair), thumbnails[pair], self.sizes[pair], found[number, 3]

        kept, changes = self._run(found, task, comparing.compare_pairs)
        return found[kept], changes

    def keep_parts(self, features, thumbnails, rich, found):
        rich = rich[self.ids[rich].isin(features.index)]
        numbers = np.nan_to_num(features.loc[self.ids[rich]].to_numpy(float))
        pairs, boxes = neighbours.find_parts(numbers, thumbnails[rich])
        pairs, known = rich[pairs], {*map(tuple, found[:, :2].tolist())}
        new = [tuple(sorted(pair)) not in known for pair in pairs.tolist()]
        kept = np.flatnonzero(self._together(pairs) & np.array(new, bool))
        pairs, boxes = pairs[kept], [boxes[number] for number in kept]

        def task(number: int) -> tuple:
            return self._paths(pairs[number]), self.sizes[pairs[number]], boxes[number]

        kept, changes = self._run(pairs, task, comparing.compare_parts)
        pairs = np.sort(pairs[kept], axis=1)
        hashes = hash_variant(thumbnails, 0)
        bits = np.bitwise_count(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]]).astype(int)
        return np.column_stack([pairs, bits, np.zeros(len(pairs), int)]), changes

    def _together(self, found):
        taken = self.taken[found[:, :2]]
        return (taken[:, 0] == taken[:, 1]) | np.isnat(taken).any(axis=1)

    def _paths(self, pair):
        return tuple(str(self.dataset.path(image_id)) for image_id in self.ids[pair])

    def _run(self, found, task, compare):
        parts = [[*range(at, min(at + _BATCH, len(found)))] for at in range(0, len(found), _BATCH)]
        if self.levels is not None:
            compare = partial(compare, levels=self.levels)
        work = batches.run_batches(parts, task, compare, workers=self.workers)
        bar = tqdm(total=len(found), unit="pair", desc="verify", delay=2, disable=not self.progress)
        changes, problems = {}, {}
        with bar:
            for numbers, rows in work:
                for number, row in zip(numbers, rows, strict=True):
                    if row:
                        (problems if "problem" in row else changes)[number] = row
                bar.update(len(numbers))
        for number in sorted(problems)[:1]:
            first, second = self.ids[found[number, :2]]
            warnings.warn(
                f"{len(problems)} pairs were left out because a file changed after the scan, such "
                f"as '{first}' or '{second}', which {problems[number]['problem']}. Scan again.",
                stacklevel=2,
            )
        kept = sorted(changes)
        return kept, [changes[number] for number in kept]
