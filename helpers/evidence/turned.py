"""Photos that agree only where one of them is mirrored: copies turned over, or another side."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.audit.keyed import work_on
from helpers.datasets import Dataset
from helpers.datasets.steps import saved
from helpers.splits import chance, keypoints, neighbours

LEAST = 20
"""Keypoints that have to agree in the mirror."""

NEAREST, AT_ONCE, PAIRS = 8, 32, 512
COLUMNS = {"image_id": "str", "other_id": "str", "inliers": "int64"}


def find_turned(
    dataset: Dataset, features: pd.DataFrame, workers: int = 2, progress: bool = True
) -> pd.DataFrame:
    """Pairs that agree in a mirror alone, or better there, and too well for chance.

    `helpers.splits.suggest_groups` counts such pairs among those that it mirrors, and proposes none
    of them. Here each image is mirrored beside its nearest of the same class by embedding, which
    hardly changes in a mirror. Of photos of faces 24 of 24 pairs looked at (of 447) and 8 of 8 were
    one photo turned over; of 18 that agree in 10 to 18 keypoints none was: faces are alike on both
    sides. So these are left out.

    Parameters
    ----------
    features : DataFrame by image_id, as from `embed`
    workers : int
        Processes; 0 works in this one.
    progress : bool
        Draw a bar once a step has taken two seconds.

    Returns
    -------
    DataFrame of pairs, those with most keypoints first: image_id, other_id, inliers
    """

    def build() -> pd.DataFrame:
        return _find(dataset, features, workers, progress)

    code = (sys.modules[__name__], chance, keypoints, neighbours)
    return saved(dataset, "turned", build, inputs=[features], code=code, schema=COLUMNS)


def _find(dataset: Dataset, features: pd.DataFrame, workers: int, progress: bool) -> pd.DataFrame:
    run = {"title": "photos and their mirror images", "workers": workers, "progress": progress}
    ids = dataset.images.index.intersection(features.index, sort=False)
    described = work_on(
        ids, lambda one: str(dataset.path(one)), keypoints.describe_files, AT_ONCE, **run
    )
    kept = [row for row in range(len(ids)) if "picture" in described[row]]
    ids, pictures = ids[kept], [keypoints.Picture(*described[row]["picture"]) for row in kept]
    near = neighbours.standardise(features.loc[ids].to_numpy())
    labels = pd.factorize(dataset.images.loc[ids, "label"])[0]
    pairs = neighbours.find_neighbours(near, NEAREST, labels=labels)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        place = Path(folder) / "all"
        keypoints.store(place, pictures)

        def compare(pairs: np.ndarray, mirrored: bool) -> chance.Verified:
            tasks = [(*pair, mirrored) for pair in map(tuple, pairs.tolist())]
            rows = work_on(
                tasks, lambda task: (str(place), *task), keypoints.compare_stored, PAIRS,
                unit="pair", **run,
            )  # fmt: skip
            known = pd.DataFrame(rows, columns=["inliers", "likeness"]).fillna(0)
            return chance.Verified(
                pairs, known["inliers"].to_numpy(int), known["likeness"].to_numpy()
            )

        try:
            turned = compare(pairs, True)
            found = chance.is_turned(compare(pairs, False), turned) & (turned.inliers >= LEAST)
        finally:
            keypoints.close_stored()
    ends = ids.to_numpy(object)[pairs[found]].reshape(-1, 2)
    ends.sort(axis=1)
    table = pd.DataFrame(ends, columns=["image_id", "other_id"])
    table["inliers"] = turned.inliers[found]
    order = ["inliers", "image_id", "other_id"]
    return table.sort_values(order, ascending=[False, True, True], ignore_index=True).astype(
        COLUMNS
    )
