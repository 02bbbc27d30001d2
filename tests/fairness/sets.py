"""Images whose ground gives their class away in training, as tables of numbers."""

from pathlib import Path

import numpy as np
import pandas as pd

from helpers.datasets import Dataset

TRAIN = {("ash", "moss"): 90, ("ash", "sand"): 12, ("elm", "moss"): 12, ("elm", "sand"): 90}
TRAIN |= {("fir", "moss"): 40, ("fir", "sand"): 40}
TEST = dict.fromkeys(TRAIN, 60)


def made(cells=None, seed=0, split="train", photos=2, **columns):
    """A dataset without files, and features: the class faintly, the ground plainly.

    `photos` of a cell after each other show one thing.
    """
    cells, rng = TRAIN if cells is None else cells, np.random.default_rng(seed)
    rows = [cell for cell, count in cells.items() for _ in range(count)]
    labels, grounds = (np.array(one) for one in zip(*rows, strict=True))
    ids = pd.Index([f"{split}/{n:04d}.jpg" for n in range(len(rows))], name="image_id", dtype="str")
    images = pd.DataFrame({"label": labels, "split": split, "ground": grounds}, ids).astype("str")
    images["thing"] = [f"{split} {n // photos}" for n in range(len(rows))]
    classes, places = np.unique(labels), np.unique(grounds)
    signal = 1.3 * (labels[:, None] == classes) + rng.normal(size=(len(rows), len(classes)))
    ground = 3 * (grounds[:, None] == places) + rng.normal(size=(len(rows), len(places)))
    features = pd.DataFrame(np.hstack([signal, ground]), ids).add_prefix("stage4 ")
    dataset = Dataset("made", Path("/nowhere"), images.assign(**columns), group="thing")
    return dataset, features


def both(seed=0):
    """Training and test images, where all is as common, and features of either."""
    (train, known), (test, asked) = made(seed=seed), made(TEST, seed + 1, "test")
    return train, test, pd.concat([known, asked])
