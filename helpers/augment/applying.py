"""What a policy makes of images, outside of any training: to look at, or to ask a model about."""

from __future__ import annotations

import numpy as np
import torch
from fastai.callback.core import Callback
from fastai.vision.core import TensorImage

from helpers.augment.policies import Policy, find_policy


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
