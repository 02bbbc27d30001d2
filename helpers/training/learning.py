"""`build_learner`: a fastai Learner around a backbone by name."""

from __future__ import annotations

import random

import numpy as np
import torch
from fastai.callback.core import Callback
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.losses import CrossEntropyLossFlat
from fastai.metrics import accuracy
from torch import nn

from helpers.training.hardware import Bfloat16, TrainingError, bfloat16_is_faster
from helpers.training.networks import BUNDLED, Body, load_body


class Repeatable(Callback):
    """Makes every fit repeat exactly: what is random in an epoch follows from the seed, the number
    of fits before this one, and the epoch, so that it does not matter what was drawn in between."""

    order = -20

    def __init__(self, seed: int = 0):
        self.seed, self.fits = seed, 0

    def before_train(self):
        state = np.random.SeedSequence([self.seed, self.fits, self.epoch]).generate_state(1)[0]
        random.seed(int(state))
        np.random.seed(state)  # noqa: NPY002 - fastai's transforms draw from it
        torch.manual_seed(int(state))
        for dl in self.dls.loaders:
            dl.rng = random.Random(int(state))

    def after_fit(self):
        if not hasattr(self.learn, "lr_finder"):
            self.fits += 1


class StopAtNaN(Callback):
    """Ends training as soon as the loss is no number, and says why that happens."""

    order = 45

    def after_batch(self):
        if self.training and not hasattr(self.learn, "lr_finder") and not self.loss.isfinite():
            rate = self.opt.hypers[-1]["lr"]
            raise TrainingError(
                f"The loss became {self.loss.item()} in epoch {self.epoch} at a learning rate of "
                f"{rate:.1e}: training diverged and its weights are lost; build the learner again "
                "and train with a smaller lr (learner.lr_find() suggests one)."
            )


def build_learner(
    dls: DataLoaders,
    backbone: str = BUNDLED,
    pretrained: bool = True,
    frozen: bool = False,
    dropout: float = 0.0,
    metrics=accuracy,
    seed: int = 0,
    bfloat16: bool | None = None,
    **learner_kwargs,
) -> Learner:
    """A fastai Learner: the backbone, average pooling, and one linear layer for the classes.

    What is known from fastai works: ``fit_one_cycle``, ``lr_find``, ``freeze_to``, ``get_preds``,
    callbacks. ``learner.model[0]`` is the backbone, ``learner.model[1]`` the head. There are three
    groups of parameters for discriminative rates: the backbone's first and second half, the head.

    Parameters
    ----------
    dls : DataLoaders
        From `build_dataloaders`.
    backbone : str
        "bundled" (its weights come with the workbook), or a network of torchvision ("resnet18") or
        timm ("timm:resnet10t"), with ImageNet weights.
    pretrained : bool
        Off: random weights, that is training from scratch.
    frozen : bool
        Train the head only (and the statistics of batch normalisation); undo by
        ``learner.unfreeze()``.
    dropout : float
        Share of pooled features hidden from the head in training, 0 to below 1.
    metrics
        As in fastai.
    seed : int
        Of the head's weights and all that is random in training.
    bfloat16 : bool, optional
        Compute in bfloat16; by default where that is known to be faster, see
        `hardware.bfloat16_is_faster`. Results differ slightly from those in float32.
    **learner_kwargs
        Passed to fastai's Learner: loss_func, opt_func, wd, cbs, …

    Raises
    ------
    ValueError
        An unknown backbone or weights that cannot be had; never another network in its place.
    """
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout={dropout} is no share of features; expected 0 to below 1.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build_model(backbone, pretrained, len(dls.vocab), dropout)
    model.to(memory_format=torch.channels_last)
    use_bfloat16 = bfloat16_is_faster(model, dls.device) if bfloat16 is None else bfloat16
    callbacks = [Repeatable(seed), StopAtNaN(), Bfloat16(dls.device.type, use_bfloat16)]
    options = {"loss_func": CrossEntropyLossFlat(), "splitter": split_parameters, "path": dls.path}
    options |= learner_kwargs | {"cbs": [*callbacks, *_listed(learner_kwargs.get("cbs"))]}
    learner = Learner(dls, model, metrics=metrics, **options)
    learner.settings = {"backbone": backbone, "pretrained": pretrained, "dropout": dropout}
    if frozen:
        learner.freeze()
    return learner


def build_model(backbone: str, pretrained: bool, classes: int, dropout: float) -> nn.Sequential:
    """The backbone and a head for this many classes."""
    body = load_body(backbone, pretrained)
    with torch.no_grad():
        channels = body.eval()(torch.zeros(1, 3, 64, 64)).shape[1]
    head = nn.Sequential(
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(channels, classes)
    )
    return nn.Sequential(body.train(), head)


def split_parameters(model: nn.Sequential) -> list[list[nn.Parameter]]:
    """Three groups: the first and second half of the backbone's parts, and the head."""
    body: Body = model[0]
    blocks = body.blocks()
    middle = (len(blocks) + 1) // 2
    halves = [nn.ModuleList(blocks[:middle]), nn.ModuleList(blocks[middle:]), model[1]]
    return [list(half.parameters()) for half in halves]


def _listed(callbacks) -> list:
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]
