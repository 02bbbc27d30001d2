"""Noisy pictures of a few plain colours: what a small network learns in a second."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from helpers.datasets import Dataset


def draw_planes(
    root: Path,
    colours: Mapping[str, tuple[int, int, int]],
    each: int,
    noise: float,
    side: Callable[[int], str],
    photos: int = 1,
) -> Dataset:
    """`each` pictures a class; the n-th lies on `side(n)`, `photos` after another on a specimen."""
    rows = []
    for number, (name, colour) in enumerate(colours.items()):
        (root / name).mkdir()
        for n in range(each):
            rng = np.random.default_rng([number, n])
            pixels = np.clip(rng.normal(colour, noise, (24, 32, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{n:02d}.png")
            rows.append((f"{name}/{n:02d}.png", name, side(n), f"{name} {n // photos}"))
    images = pd.DataFrame(rows, columns=["image_id", "label", "split", "specimen"])
    return Dataset("planes", root, images.set_index("image_id"), group="specimen")
