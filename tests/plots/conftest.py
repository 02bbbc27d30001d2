"""Two small classes of painted photos, and no figure left open behind a test."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from helpers import open_dataset


@pytest.fixture(autouse=True)
def _no_figure_left_open():
    before = dict(plt.rcParams)
    yield
    assert dict(plt.rcParams) == before, "a plot changed the global style"
    plt.close("all")


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """30 photos: 20 green "oak" and 10 red "rose", upright and lying."""
    root = tmp_path_factory.mktemp("plots") / "photos"
    rng = np.random.default_rng(0)
    for i in range(30):
        name, colour = ("oak", (40, 140, 60)) if i < 20 else ("rose", (200, 30, 50))
        size = (40, 30) if i % 2 else (30, 40)
        pixels = np.clip(rng.normal(colour, 12, (size[1], size[0], 3)), 0, 255).astype(np.uint8)
        (root / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(root / name / f"{i:02d}.png")
    return open_dataset(root, progress=False)


@pytest.fixture
def unlabelled(photos):
    return photos.with_images(photos.images.assign(label=None))
