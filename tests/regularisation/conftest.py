import numpy as np
import pandas as pd
import pytest
import torch

from helpers.regularisation.images import Features
from tests.planes import draw_planes
from tests.threads import one_thread  # noqa: F401

COLOURS = {"ash": (200, 60, 60), "elm": (60, 60, 200), "oak": (60, 160, 60)}


@pytest.fixture(scope="session")
def planes(tmp_path_factory):
    """72 noisy images of three colours, a third to validate with."""
    root = tmp_path_factory.mktemp("regularisation")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_WORK", str(root / "work"))
        yield draw_planes(root, COLOURS, 24, 60, lambda n: "valid" if n < 8 else "train")


@pytest.fixture(scope="session")
def noisy():
    """Two overlapping classes, few images, many features, a quarter of the labels wrong."""
    rng = np.random.default_rng(0)

    def draw(count):
        codes = np.arange(count) % 2
        return codes, torch.from_numpy(rng.normal(0.35 * (2 * codes[:, None] - 1), 1, (count, 40)))

    (codes, train), (other, valid) = draw(48), draw(200)
    names = np.array(["ash", "elm"])
    labels = pd.DataFrame({"right": names[codes]}, [f"{n}.jpg" for n in range(48)])
    labels["label"] = np.where(np.arange(48) % 8 < 2, names[1 - codes], names[codes])
    noise = torch.from_numpy(rng.normal(0, 1, (48, 8, 40)))
    noise[:, 0] = 0
    versions = (train[:, None] + noise).float()
    truth = pd.Series(names[other], [f"v{n}.jpg" for n in range(200)])
    zeros = np.zeros(40, np.float32)
    return Features(versions, valid.float(), labels, truth, ["ash", "elm"], zeros, zeros + 1)
