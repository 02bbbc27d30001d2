"""Small datasets to drive the widgets with."""

import pandas as pd
import pytest
from PIL import Image

from helpers.datasets import Dataset

COLOURS = {"ash": (200, 40, 40), "elm": (40, 160, 40), "fir": (40, 40, 200)}


@pytest.fixture
def work(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))
    return tmp_path / "work"


@pytest.fixture
def make_dataset(tmp_path, work):
    """A function of {image_id: label} that writes one-coloured files and opens them."""

    def make(labels: dict[str, str | None], split: dict[str, str] | None = None, size=(40, 30)):
        root = tmp_path / "photos"
        for image_id, label in labels.items():
            path = root / image_id
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", size, COLOURS.get(label, (120, 120, 120))).save(path, "JPEG")
        images = pd.DataFrame({"label": labels}, dtype=object).rename_axis("image_id").sort_index()
        images["split"] = pd.Series(split or {}, dtype=object).reindex(images.index)
        return Dataset("photos", root, images)

    return make


@pytest.fixture
def trees(make_dataset):
    """Nine images: three of each class, one of each in the test split."""
    labels = {f"{label}/{n}.jpg": label for label in COLOURS for n in (1, 2, 3)}
    return make_dataset(labels, {f"{label}/3.jpg": "test" for label in COLOURS})
