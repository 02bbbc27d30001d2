"""What the networks of notebook 08 are trained on: frozen features of images, also turned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import count
from helpers.training.caching import decode
from helpers.training.embedding import average_maps
from helpers.training.networks import load_body
from helpers.transfer import limit_images

SIZE, BATCH, TURNS = 64, 256, 8


@dataclass(frozen=True)
class Features:
    """Images as the frozen bundled network sees them, standardised by the training images.

    Attributes
    ----------
    train : float32 tensor, images × versions × features
        Version 0 is the image as it is, the other seven are it mirrored and turned by right angles.
    valid : float32 tensor, images × features
    labels : DataFrame by image_id of the training images: label (trained on), right (given)
    truth : Series by image_id, labels of the validation images
    classes : list of str, sorted
    mean, scale : float32 arrays, per feature, what was subtracted and divided by
    """

    train: torch.Tensor
    valid: torch.Tensor
    labels: pd.DataFrame
    truth: pd.Series
    classes: list[str]
    mean: np.ndarray
    scale: np.ndarray

    def codes(self, labels: pd.Series) -> torch.Tensor:
        """Labels as places in `classes`; -1 for one that is not among them."""
        return torch.from_numpy(pd.Index(self.classes).get_indexer(labels).astype(np.int64))

    def of(self, images: np.ndarray) -> torch.Tensor:
        """Features of other images (uint8, image × height × width × 3), standardised as these."""
        return torch.from_numpy((see(images) - self.mean) / self.scale)


def turned_features(
    dataset: Dataset, per_class: int | str = 50, wrong: float = 0.0, size: int = SIZE,
    seed: int = 0,
) -> Features:  # fmt: skip
    """Features of about `per_class` training images a class in all eight positions, and of
    validation.

    They are computed once: an epoch of a network on them then takes a moment.

    Parameters
    ----------
    dataset : Dataset
        With labels and a split.
    per_class : int or "all"
        As in `limit_images`.
    wrong : float
        Share of training labels to plant wrong ones for, 0 to 1 (see `plant_wrong_labels`).
    size : int
        Side of the images, in pixels.
    seed : int
        Of the choice of images and of the wrong labels.

    Raises
    ------
    DatasetError
        Fewer than two classes to train on, or nothing to validate with.
    """
    dataset.require_labels()
    chosen = limit_images(dataset, per_class, seed)
    pixels = decode(chosen, size, progress=False)
    parts = []
    for name in ("train", "valid"):
        labels = chosen.part(name).images["label"].dropna()
        parts.append(labels[labels.index.isin(pixels.rows)])
    given, truth = parts
    truth = truth[truth.isin(set(given))]
    if given.nunique() < 2 or truth.empty:
        raise DatasetError(
            f"{dataset.name!r} has {count(given.nunique(), 'class')} to train on and "
            f"{count(len(truth), 'image')} of them to validate with; expected two classes or more, "
            "and images of them in both splits."
        )
    images = pixels.take(given.index)
    train = np.stack([see(turn(images, number)) for number in range(TURNS)], axis=1)
    mean, scale = train[:, 0].mean(0), train[:, 0].std(0)
    scale[scale < 1e-6] = 1
    labels = pd.DataFrame({"label": plant_wrong_labels(given, wrong, seed), "right": given})
    valid = torch.from_numpy((see(pixels.take(truth.index)) - mean) / scale)
    train = torch.from_numpy((train - mean) / scale)
    return Features(train, valid, labels, truth, sorted(given.unique()), mean, scale)


def turn(images: np.ndarray, number: int) -> np.ndarray:
    """Square images, image × side × side × 3, in one of eight positions.

    0 leaves them as they are; 1 to 3 turn them by so many right angles; 4 to 7 mirror them first.
    """
    mirrored = images[:, :, ::-1] if number >= 4 else images
    return np.ascontiguousarray(np.rot90(mirrored, number % 4, (1, 2)))


def see(images: np.ndarray) -> np.ndarray:
    """What `embed` would give: averages of the bundled network's feature maps, all stages."""
    body = load_body().eval().to(memory_format=torch.channels_last)
    parts = [np.hstack(average_maps(body, images[a : a + BATCH])) for a in _starts(images)]
    return np.concatenate(parts)


def plant_wrong_labels(labels: pd.Series, share: float, seed: int = 0) -> pd.Series:
    """The same labels, but for a share of them another class drawn at random.

    Parameters
    ----------
    labels : Series of str by image_id
    share : float
        0 to 1; rounded to whole images.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"A share of {share!r} wrong labels: expected a number from 0 to 1.")
    classes, rng = sorted(labels.unique()), np.random.default_rng([seed, 8])
    planted = labels.copy()
    for image_id in rng.choice(labels.index, round(share * len(labels)), replace=False):
        planted[image_id] = rng.choice([one for one in classes if one != labels[image_id]])
    return planted


def _starts(images: np.ndarray) -> range:
    return range(0, len(images), BATCH)
