import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from helpers.datasets import Dataset

COLOURS = {"ash": (200, 60, 60), "elm": (60, 60, 200)}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # the other tests run beside these
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def planes(tmp_path_factory):
    """60 noisy images of two colours; specimens of three photos each, a third to validate with."""
    root, rows = tmp_path_factory.mktemp("augment"), []
    patch = pytest.MonkeyPatch()
    patch.setenv("WORKBOOK_WORK", str(root / "work"))
    for number, (name, colour) in enumerate(COLOURS.items()):
        (root / name).mkdir()
        for n in range(30):
            rng = np.random.default_rng([number, n])
            pixels = np.clip(rng.normal(colour, 40, (24, 32, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{n:02d}.png")
            side = "valid" if n < 9 else "test" if n < 12 else "train"
            rows.append((f"{name}/{n:02d}.png", name, side, f"{name} {n // 3}"))
    images = pd.DataFrame(rows, columns=["image_id", "label", "split", "specimen"])
    yield Dataset("planes", root, images.set_index("image_id"), group="specimen")
    patch.undo()
