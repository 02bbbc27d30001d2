import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from helpers import open_dataset
from helpers.splits import split

COLOURS = {"blue": (40, 60, 200), "green": (50, 180, 60), "red": (200, 50, 40)}


@pytest.fixture(autouse=True)
def work(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # the other tests run beside these
    yield tmp_path / "work"
    torch.set_num_threads(before)


def draw(path, colour, seed):
    """A noisy picture of one colour, 40 × 30."""
    noise = np.random.default_rng(seed).normal(0, 30, (30, 40, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((noise + colour).clip(0, 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def photos(tmp_path):
    """A folder of three classes, twelve pictures each."""
    for label, colour in COLOURS.items():
        for number in range(12):
            draw(tmp_path / "photos" / label / f"{number:02d}.png", colour, number)
    return tmp_path / "photos"


@pytest.fixture
def dataset(photos):
    """The folder as a dataset with 27 images to train on and 9 to validate on."""
    found = open_dataset(photos, progress=False)
    chosen = split(found, valid=0.25)["split"]
    return found.with_images(found.images.assign(split=chosen))


@pytest.fixture
def imagenet(monkeypatch):
    """Real ImageNet weights on disk, as torch.hub stores them."""
    if "WORKBOOK_TEST_DATA" not in os.environ:
        pytest.skip("WORKBOOK_TEST_DATA is not set, so there are no ImageNet weights to test with")
    monkeypatch.setenv("TORCH_HOME", str(Path(os.environ["WORKBOOK_TEST_DATA"], "weights")))
