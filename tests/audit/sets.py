"""Datasets for the tests of the audit."""

import os
from pathlib import Path

import pandas as pd
import pytest

from helpers.datasets import Dataset


def dataset_of(folder: Path, names: list[str], sort: bool = True, **more) -> Dataset:
    index = pd.Index(sorted(names) if sort else names, name="image_id", dtype="str")
    columns = {"label": pd.array([None] * len(index), "str"), "split": None}
    images = pd.DataFrame(columns, index=index).astype("str")
    return Dataset("test set", Path(folder), images, **more)


def real_photos(count: int) -> Dataset:
    """The first photos of the clothing set; skips where WORKBOOK_TEST_DATA does not say where."""
    folder = os.environ.get("WORKBOOK_TEST_DATA")
    if not folder or not (Path(folder) / "data" / "clothing").is_dir():
        pytest.skip("WORKBOOK_TEST_DATA does not name a folder with data/clothing")
    root = Path(folder) / "data" / "clothing"
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.jpg"))[:count]
    return dataset_of(root, names)
