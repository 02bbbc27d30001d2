"""Small networks whose right explanations can be worked out by hand, and a folder of photos."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from helpers import open_dataset
from helpers.splits import split

SIDE = 16


@pytest.fixture(autouse=True)
def work(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # the other tests run beside these
    yield tmp_path / "work"
    torch.set_num_threads(before)


def make_linear(classes: int = 3, side: int = SIDE) -> nn.Module:
    """Logits are weighted sums of pixels: every method has a closed form."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * side * side, classes))


def make_convolutional(classes: int = 3) -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, 2, 1), nn.BatchNorm2d(6), nn.ReLU(),
        nn.Conv2d(6, 8, 3, 2, 1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, classes),
    )  # fmt: skip


def make_images(count: int = 4, side: int = SIDE) -> torch.Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def dataset(tmp_path):
    """Three classes, six photos each, of two things; a patch of the class's colour is the subject
    that masks mark."""
    rng, colours = np.random.default_rng(0), {"ash": 0, "elm": 1, "fir": 2}
    root, masks = tmp_path / "photos", tmp_path / "masks"
    for label, channel in colours.items():
        for number in range(6):
            pixels = rng.integers(90, 130, (24, 32, 3))
            top, left = rng.integers(0, 12, 2)
            pixels[top : top + 10, left : left + 12, channel] = 230
            mask = np.zeros((24, 32), np.uint8)
            mask[top : top + 10, left : left + 12] = 255
            for folder, array, name in (
                (root, pixels.astype(np.uint8), f"{label}/{number}.png"),
                (masks, mask, f"{label}/{number}.png.png"),
            ):
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(array).save(path)
    found = open_dataset(root, progress=False)
    things = [f"{i.split('/')[0]}{int(i.split('/')[1][0]) // 2}" for i in found.images.index]
    found = found.with_images(found.images.assign(thing=things)).with_group("thing")
    chosen = split(found, valid=0.34)["split"]
    from dataclasses import replace

    return replace(found.with_images(found.images.assign(split=chosen)), masks=masks)


@pytest.fixture
def learner():
    """A network of random weights that knows the three classes, as a learner holds it."""
    dls = SimpleNamespace(vocab=["ash", "elm", "fir"], device="cpu", size=SIDE, method="squish")
    return SimpleNamespace(model=make_convolutional(), dls=dls)
