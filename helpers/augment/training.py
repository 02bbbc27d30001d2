"""Training with a policy: for one seed the same images, first weights, order and steps."""

from __future__ import annotations

from fastai.callback.core import Callback, CancelValidException
from fastai.learner import Learner

from helpers.augment.policies import Policy, find_policy
from helpers.datasets import Dataset
from helpers.training import build_dataloaders, build_learner, embed, train_head
from helpers.training.fitting import FINE_TUNING, FROM_SCRATCH
from helpers.training.hardware import SpareThreads
from helpers.transfer import limit_images

SIZE, BATCH = 64, 32


class SkipValidation(Callback):
    """Saves the time of scoring every epoch where only the last one counts."""

    def before_validate(self):
        raise CancelValidException


def train_with(
    dataset: Dataset, policy: str | Policy, per_class: int | str = 25, epochs: int = 15,
    pretrained: bool = True, seed: int = 0, size: int = SIZE, progress: bool = False,
) -> Learner:  # fmt: skip
    """Train the bundled network on augmented images, by a fixed number of epochs.

    Whatever the policy, the training images, the first weights, their order and the number of steps
    are the same for one seed, so that a difference is one of policies.

    Parameters
    ----------
    dataset : Dataset
        With labels and a split.
    policy : str or Policy
        A name in `POLICIES`, or a policy of your own (`make_policy`).
    per_class : int or "all"
        Training images per class, whole groups each (see `limit_images`).
    epochs : int
        How often each training image is shown, augmented anew each time.
    pretrained : bool
        Fine-tune the bundled weights from a head on its frozen features; off: random weights.
    seed : int
        Of the choice of images and of the training.
    size : int
        Side of the images, in pixels.
    """
    chosen, head = limit_images(dataset, per_class, seed), None
    augment, callbacks = find_policy(policy).build(size)
    if pretrained:
        features = embed(chosen, size=size, progress=progress)
        head = train_head(features, chosen.part("train").images["label"])
    dls = build_dataloaders(chosen, size, BATCH, augment=augment, seed=seed, progress=progress)
    learner = build_learner(dls, pretrained=pretrained, head=head, seed=seed)
    rates = FINE_TUNING if pretrained else FROM_SCRATCH
    with learner.no_bar(), learner.no_logging(), SpareThreads():
        learner.fit_one_cycle(epochs, lr_max=rates, cbs=[SkipValidation(), *callbacks])
    return learner
