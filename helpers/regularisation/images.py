"""What the last stage of the bundled network is trained on: maps of the stages before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import count
from helpers.training.caching import decode
from helpers.training.networks import Body, load_body
from helpers.transfer import limit_images

SIZE, BATCH, TURNS = 64, 256, 8


@dataclass(frozen=True)
class FeatureMaps:
    """Images as the last stage of the bundled network gets them.

    Attributes
    ----------
    train : float32 tensor, images × versions × channels × height × width
        Version 0 is the image as it is, the other seven are it mirrored and turned by right angles.
    valid : float32 tensor, images × channels × height × width
    labels : DataFrame by image_id of the training images: label (trained on), right (given)
    truth : Series by image_id, labels of the validation images
    classes : list of str, sorted
    """

    train: torch.Tensor
    valid: torch.Tensor
    labels: pd.DataFrame
    truth: pd.Series
    classes: list[str]

    def codes(self, labels: pd.Series) -> torch.Tensor:
        """Labels as places in `classes`; -1 for one that is not among them."""
        return torch.from_numpy(pd.Index(self.classes).get_indexer(labels).astype(np.int64))


def feature_maps(
    dataset: Dataset, per_class: int | str = 25, wrong: float = 0.0, size: int = SIZE,
    seed: int = 0,
) -> FeatureMaps:  # fmt: skip
    """Maps of the third stage for about `per_class` training images a class, and for validation.

    What does not change in training is computed once: an epoch then takes a fifth of the time.

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
    body = load_body().eval().to(memory_format=torch.channels_last)
    train = torch.stack([third_stage(body, pixels.take(given.index), t) for t in range(TURNS)], 1)
    labels = pd.DataFrame({"label": plant_wrong_labels(given, wrong, seed), "right": given})
    valid = third_stage(body, pixels.take(truth.index))
    return FeatureMaps(train, valid, labels, truth, sorted(given.unique()))


@torch.inference_mode()
def third_stage(body: Body, images: np.ndarray, turn: int = 0) -> torch.Tensor:
    """Maps that the bundled network's last stage starts from.

    Parameters
    ----------
    body : Body
        From ``load_body()``, in evaluation mode.
    images : uint8, image × height × width × 3
    turn : int
        0 leaves them as they are; 1 to 3 turns them by so many right angles; 4 to 7 mirrors first.
    """
    network, parts = body.network, []
    for at in range(0, len(images), BATCH):
        x = torch.from_numpy(images[at : at + BATCH]).permute(0, 3, 1, 2) / 255
        x = torch.rot90(x.flip(-1) if turn >= 4 else x, turn % 4, (-2, -1))
        x = (x.contiguous(memory_format=torch.channels_last) - body.mean) / body.std
        parts.append(network.stage3(network.stage2(network.stage1(network.stem(x)))))
    return torch.cat(parts).clone()


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
