"""Leaves that nobody has seen, to score a choice on."""

from __future__ import annotations

import shutil
from uuid import uuid4

import pandas as pd
import torch

from helpers.datasets import work_folder
from helpers.datasets.storage import locked, make_folder
from helpers.regularisation.images import SIZE, Features


def fresh_leaves(
    features: Features, count: int = 200, seed: int = 8, size: int = SIZE
) -> tuple[torch.Tensor, pd.Series]:
    """Features and labels of clean leaves that no training or choice has met.

    They are rendered on first use, which takes some seconds, and kept in the work folder.

    Parameters
    ----------
    features : Features
        Of the bundled leaves.
    count, seed : int
        How many, as many of each species, and which.
    size : int
        Side of the images, in pixels, as for `features`.

    Returns
    -------
    As `Features` has them for validation, and labels by image_id.
    """
    import leaves
    from helpers import open_dataset
    from helpers.training.caching import decode

    folder = make_folder(work_folder() / "fresh") / f"leaves-v{leaves.VERSION}-{count}-{seed}"
    with locked(folder):
        if not folder.exists():  # it appears whole or not at all
            part = folder.with_name(uuid4().hex)
            try:
                leaves.generate(part, count, seed=seed)
                part.rename(folder)
            finally:
                shutil.rmtree(part, ignore_errors=True)
    fresh = open_dataset(folder)
    labels = fresh.images["label"]
    labels = labels[labels.isin(features.classes)]
    pixels = decode(fresh, size, progress=False)
    return features.of(pixels.take(labels.index)), labels
