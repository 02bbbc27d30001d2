"""Small tables to divide, without files."""

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import Dataset
from helpers.splits.keypoints import describe
from tests.splits.scenes import shoot


@pytest.fixture
def picture(tmp_path):
    """What is kept of a drawn scene (see `shoot`)."""

    def take(*details, **more):
        path = tmp_path / "photo.png"
        shoot(*details, **more).save(path)
        return describe(str(path))

    return take


@pytest.fixture
def make(tmp_path):
    """A dataset from rows: columns by name, image ids counted unless given."""

    def build(group=None, ids=None, **columns):
        length = len(next(iter(columns.values())))
        ids = [f"{i:03d}.jpg" for i in range(length)] if ids is None else ids
        index = pd.Index(ids, name="image_id", dtype="str")
        images = pd.DataFrame(columns, index)
        for place, name in enumerate(("label", "split")):
            values = images.pop(name) if name in images else None
            images.insert(place, name, pd.Series(values, index, dtype="str"))
        return Dataset("made", tmp_path, images, group=group)

    return build


@pytest.fixture
def dataset(make):
    """300 images of specimens with 1 to 6 photos, a long tail of five classes."""
    rng = np.random.default_rng(1)
    rows = []
    for label, specimens in zip("abcde", (40, 20, 15, 8, 4), strict=True):
        for number in range(specimens):
            rows += [(label, f"{label}{number}") for _ in range(rng.integers(1, 7))]
    label, specimen = zip(*rows, strict=True)
    return make(label=label, specimen=pd.array(specimen, dtype="str"), group="specimen")
