"""What a policy makes of images, outside of any training: to look at, or to ask a model about."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback
from fastai.learner import Learner
from fastai.vision.core import TensorImage

from helpers.augment.policies import Policy, find_policy
from helpers.datasets import Dataset
from helpers.training.caching import decode
from helpers.training.hardware import SpareThreads

BATCH = 128


def apply_policy(policy: str | Policy, images: np.ndarray, seed: int = 0) -> np.ndarray:
    """`images` as training with `policy` would show them, one random draw each.

    Parameters
    ----------
    policy : str or Policy
    images : uint8, images × side × side × 3
        Two at least for MixUp and CutMix, which mix each with another of them.
    seed : int
        The same seed gives the same draw; the random numbers of others are left alone.

    Returns
    -------
    uint8 of the same shape
    """
    augment, callbacks = find_policy(policy).build(images.shape[1])
    batch = TensorImage(torch.from_numpy(images.copy()).permute(0, 3, 1, 2))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for transform in augment:
            batch = transform(batch, split_idx=0)
        for callback in callbacks:
            batch = _mix(callback, batch)
    return np.ascontiguousarray(batch.permute(0, 2, 3, 1).numpy().astype(np.uint8))


class _Batch:
    """As much of a learner as MixUp and CutMix look at."""

    def __init__(self, images: torch.Tensor):
        self.xb, self.yb = (images,), (torch.zeros(len(images), dtype=torch.long),)

    x, y = property(lambda self: self.xb[0]), property(lambda self: self.yb[0])


def _mix(callback: Callback, batch: torch.Tensor) -> torch.Tensor:
    """What fastai's callback makes of a batch of 8 bits, without a training around it."""
    callback.learn = _Batch(batch.as_subclass(torch.Tensor).float())
    callback.stack_y = True
    callback.before_batch()
    return callback.learn.xb[0].round()


def ask_changed(
    learner: Learner, dataset: Dataset, policies: Iterable[str | Policy], seed: int = 0
) -> pd.DataFrame:
    """What a network says of images as they are, and as each policy would change them.

    Policies that mix two images (MixUp, CutMix) are passed over: their pictures have two labels.

    Parameters
    ----------
    learner : Learner
        As a rule trained without augmentation.
    dataset : Dataset
        Images to ask about, e.g. ``dataset.part("valid")``; those without a label are passed over.
    policies : list of str or Policy
    seed : int
        Of the draws.

    Returns
    -------
    DataFrame
        A row per policy and image: policy, image_id, label, before and after (its answers).
    """
    dls, tables = learner.dls, []
    labels = dataset.images["label"].dropna()
    pixels = decode(dataset.with_images(dataset.images.loc[labels.index]), dls.size, dls.method,
                    progress=False)  # fmt: skip
    labels = labels[labels.index.isin(pixels.rows)]
    images = pixels.take(list(labels.index))
    facts = pd.DataFrame({"label": labels, "before": _answers(learner, images)}).reset_index()
    for policy in map(find_policy, policies):
        if policy.callbacks():
            continue
        after = _answers(learner, apply_policy(policy, images, seed))
        tables.append(facts.assign(policy=policy.name, after=after))
    found = (
        pd.concat(tables, ignore_index=True) if tables else facts.assign(policy="", after="")[:0]
    )
    return found[["policy", "image_id", "label", "before", "after"]]


def _answers(learner: Learner, images: np.ndarray) -> list[str]:
    """The class that a network takes each image of uint8 for."""
    model, classes = learner.model.eval(), list(learner.dls.vocab)
    found = []
    with torch.no_grad(), SpareThreads():
        for at in range(0, len(images), BATCH):
            batch = torch.from_numpy(images[at : at + BATCH]).permute(0, 3, 1, 2).float() / 255
            found += model(batch.to(learner.dls.device)).argmax(1).tolist()
    return [classes[number] for number in found]
