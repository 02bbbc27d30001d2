"""scikit-learn's 1,797 scans of handwritten digits, written once as image files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

NOTE = (
    "Real scans of 8 × 8 pixels by 43 people (UCI, 1998); who wrote which is not recorded, so "
    "they cannot be split by writer."
)


def write_digits(folder: Path) -> None:
    """Write ``folder/CLASS/digit-0000.png``, grey levels 0–16 scaled to 0–255."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    for label in digits.target_names:
        (folder / str(label)).mkdir()
    for i, (levels, label) in enumerate(zip(digits.images, digits.target, strict=True)):
        grey = np.round(levels * 255 / 16).astype(np.uint8)
        Image.fromarray(grey).save(folder / str(label) / f"digit-{i:04d}.png")
