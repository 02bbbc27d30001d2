"""How well frozen features of a backbone tell real photos apart, by one linear probe.

Features of all stages, averaged over the picture, standardised, then logistic regression: the
same for every backbone. ``WORKBOOK_TEST_DATA`` names a folder that holds ``data/clothing`` and
ImageNet weights.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image

from helpers.training import train_head
from studies.backbone.views import normalise


def read_photos(folder: Path, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Photos of ``folder/CLASS/*.jpg``, squeezed to uint8 (N, size, size, 3), and their classes."""
    paths = sorted(folder.rglob("*.jpg"))
    pictures = [np.asarray(Image.open(p).convert("RGB").resize((size, size), 2)) for p in paths]
    return np.stack(pictures), np.array([path.parent.name for path in paths])


@torch.no_grad()
def features(body, pictures: np.ndarray, prepare=normalise) -> np.ndarray:
    """Average over height and width of each stage's maps, (N, channels of all stages)."""
    body.eval()
    found = []
    for start in range(0, len(pictures), 128):
        x = torch.from_numpy(pictures[start : start + 128]).permute(0, 3, 1, 2).float() / 255
        found.append(torch.cat([one.mean((2, 3)) for one in body.stages(prepare(x))], 1))
    return torch.cat(found).numpy()


def probe(train: np.ndarray, classes: np.ndarray, test: np.ndarray, truth: np.ndarray) -> float:
    """Accuracy on `test` of logistic regression (C = 0.01) fitted on `train`."""
    head = train_head(pd.DataFrame(train), pd.Series(classes), C=0.01)
    return float((head.predict(pd.DataFrame(test)).to_numpy() == truth).mean())


def probe_photos(body, size: int = 96) -> float:
    """Accuracy on the clothing photos, or nan where they are not at hand."""
    root = os.environ.get("WORKBOOK_TEST_DATA")
    if not root:
        return float("nan")
    parts = [read_photos(Path(root, "data/clothing", part), size) for part in ("train", "test")]
    return probe(*(x for pictures, names in parts for x in (features(body, pictures), names)))
