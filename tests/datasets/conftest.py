import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.datasets import DecisionLog
from tests.datasets.marks import FILES, made_of


@pytest.fixture(autouse=True)
def work(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("work")
    monkeypatch.setenv("WORKBOOK_WORK", str(folder))
    monkeypatch.delenv("WORKBOOK_DATASET", raising=False)
    return folder


@pytest.fixture
def picture():
    """Write a small picture in the format its extension asks for; parents are made."""

    def write(path, level=128, mode="RGB", **options):
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(np.full((6, 8, 3), level, np.uint8)).convert(mode)
        kinds = {".jpe": "JPEG", ".jfif": "JPEG", ".tif": "TIFF", ".pgm": "PPM"}
        kind = kinds.get(path.suffix.lower(), path.suffix[1:].upper().replace("JPG", "JPEG"))
        image.save(path, kind, **options)
        return path

    return write


@pytest.fixture
def tree(tmp_path):
    """Make empty files below a fresh root: names are all that opening looks at."""
    root = tmp_path / "photos"

    def make(*names):
        for name in names:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).touch()
        return root

    return make


@pytest.fixture
def ordinary_user():
    """A folder that a user without special rights owns, and that user's rights for the test."""
    folder = Path(tempfile.mkdtemp())
    if os.geteuid():
        yield folder
    else:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(0)
    for path, _, _ in os.walk(folder):
        os.chmod(path, 0o755)
    shutil.rmtree(folder)


@pytest.fixture
def marked(tmp_path):
    """A folder of four files, three of them marked."""
    dataset = made_of(tmp_path, "photos", FILES)
    log = DecisionLog(dataset)
    log.record("oak/1.jpg", "relabel", "an elm", "elm")
    log.record("elm/2.jpg", "drop", "blurred")
    log.record("elm/1.jpg", "keep")
    return dataset
