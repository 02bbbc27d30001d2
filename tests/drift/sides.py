"""Two sides of a comparison without files, for the tests of what is counted and said of them."""

from pathlib import Path

import numpy as np
import pandas as pd

from helpers.datasets import Dataset


def side(labels, name="a", things=None, root=None, **columns) -> Dataset:
    """A dataset of these labels; each image is a thing of its own unless `things` says else."""
    ids = pd.Index([f"{name}/{number:03d}.jpg" for number in range(len(labels))], name="image_id")
    images = pd.DataFrame({"label": labels, "split": None}, ids).astype("str").assign(**columns)
    if things is not None:
        images["thing"] = np.asarray(things).astype(str)
    folder = Path(root or f"/nowhere/{name}")
    return Dataset(name, folder, images, group=None if things is None else "thing")
