"""`build_learner`: a fastai Learner around a backbone by name."""

from __future__ import annotations

import random
from contextlib import nullcontext
from functools import partial

import fastai.callback.all  # noqa: F401  which gives learners lr_find, summary and more
import numpy as np
import torch
from fastai.callback.core import Callback
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.losses import CrossEntropyLossFlat
from fastai.metrics import accuracy
from fastai.optimizer import OptimWrapper
from torch import nn

from helpers.datasets.words import some
from helpers.training.hardware import TrainingError, gains_from_bfloat16
from helpers.training.heads import Head
from helpers.training.networks import BUNDLED, Body, count_channels, load_body


class Classifier(nn.Sequential):
    """A backbone and a head: images of 0 to 1 → logits, float32.

    The head sees the maps of all stages, averaged over the picture, as `embed` returns them.

    With `bfloat16`, convolutions are computed in it where `torch.autocast` deems that safe; weights
    and loss stay in float32. (fastai's own `to_bf16` has no effect on a CPU.)
    """

    bfloat16 = False

    def __init__(self, body: Body, classes: int, dropout: float = 0.0):
        channels = sum(count_channels(body))
        super().__init__(body, nn.Sequential(nn.Dropout(dropout), nn.Linear(channels, classes)))
        self.keeps_statistics = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # Where bfloat16 is off, an autocast around this, such as fastai's to_fp16, stays in force.
        with torch.autocast(x.device.type, torch.bfloat16) if self.bfloat16 else nullcontext():
            maps = self[0](x, every=True)
        return self[1](torch.cat([one.mean((2, 3), dtype=torch.float32) for one in maps], 1))

    def train(self, mode: bool = True) -> Classifier:
        """As in torch; a pretrained body keeps the statistics of its batch normalisation.

        They come from many more images than are trained on here: with those of small batches in
        their place, fine-tuning was measured to start far below the frozen features.
        """
        super().train(mode)
        if self.keeps_statistics:
            for module in self[0].modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        return self

    def start_from(self, head: Head, classes: list[str]) -> None:
        """Make the linear layer predict what `head` does, standardisation included."""
        linear = self[1][-1]
        weights = head.weights[:-1] / head.scale[:, None]
        if len(weights) != linear.in_features or head.classes != classes:
            raise ValueError(
                f"The head knows {len(weights)} features and the classes {some(head.classes)}, the "
                f"network {linear.in_features} and {some(classes)}; train it on features from "
                "embed, of all stages of the same backbone, with the same classes."
            )
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weights.T.copy()))
            linear.bias.copy_(torch.from_numpy(head.weights[-1] - head.mean @ weights))


class Repeatable(Callback):
    """Makes every fit repeat exactly: what is random in an epoch follows from the seed, the number
    of fits before this one, and the epoch, whatever else was drawn in between."""

    order = -20

    def __init__(self, seed: int):
        self.seed, self.fits, self.fitting = seed, 0, False

    def before_fit(self):
        self.fitting = False  # fastai calls this before mere validation, too

    def before_train(self):
        self.fitting = True
        state = np.random.SeedSequence([self.seed, self.fits, self.epoch]).generate_state(1)[0]
        random.seed(int(state))
        np.random.seed(state)  # noqa: NPY002 - fastai's transforms draw from it
        torch.manual_seed(int(state))
        for dl in self.dls.loaders:
            dl.rng = random.Random(int(state))

    def after_cancel_epoch(self):
        self.fitting = True  # an epoch done before an interruption is passed over so

    def after_fit(self):
        self.fits += self.fitting and not hasattr(self.learn, "lr_finder")


class StopAtNaN(Callback):
    """Ends training as soon as the loss is no number, and says why that happens."""

    order = 45

    def after_batch(self):
        if self.training and not hasattr(self.learn, "lr_finder") and not self.loss.isfinite():
            raise TrainingError(
                f"The loss became {self.loss.item()} in epoch {self.epoch} at a learning rate of "
                f"{self.opt.hypers[-1]['lr']:.1e}: training diverged and its weights are lost; "
                "build the learner again and train with a smaller lr (learner.lr_find() suggests "
                "one)."
            )


def build_learner(
    dls: DataLoaders, backbone: str = BUNDLED, pretrained: bool = True, frozen: bool = False,
    dropout: float = 0.0, head: Head | None = None, metrics=accuracy, seed: int = 0,
    bfloat16: bool | None = None, **learner_kwargs,
) -> Learner:  # fmt: skip
    """A fastai Learner: the backbone, averages of its feature maps, one linear layer on them.

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
        Off: random weights, that is training from scratch. On: batch normalisation keeps its
        statistics in training.
    frozen : bool
        Train the head (and, as fastai does, batch normalisation) only, until
        ``learner.unfreeze()``.
    dropout : float
        Share of pooled features hidden from the head in training, 0 to 1.
    head : Head, optional
        From `train_head` on the features `embed` gives of images of the same size: training starts
        with its predictions instead of random ones, so that fine-tuning does not spoil the
        backbone while the head is still wild (Kumar et al., 2022).
    metrics
        As in fastai.
    seed : int
        Of the new weights and of all that is random in training.
    bfloat16 : bool, optional
        Compute in bfloat16, which changes results slightly; by default where it is faster (see
        `gains_from_bfloat16`). Later by ``learner.model.bfloat16 = …``.
    **learner_kwargs
        Passed to fastai's Learner: loss_func, opt_func, wd, cbs, …

    Raises
    ------
    ValueError
        An unknown backbone, or weights that cannot be had; never another network in its place. A
        head for other features or classes.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Classifier(load_body(backbone, pretrained), len(dls.vocab), dropout)
    model.keeps_statistics = pretrained
    if head is not None:
        model.start_from(head, list(dls.vocab))
    # fastai moves it there only once it trains, and what is asked of it before would fail.
    model.to(dls.device, memory_format=torch.channels_last)
    model.bfloat16 = gains_from_bfloat16(model, dls.device) if bfloat16 is None else bfloat16
    # fastai's own Adam goes through the weights one by one, which shows with a small network.
    adam = partial(OptimWrapper, opt=torch.optim.AdamW, fused=True)
    known = {"loss_func": CrossEntropyLossFlat(), "splitter": split_parameters}
    known |= {"opt_func": adam, "path": dls.path}
    learner = Learner(dls, model, metrics=metrics, **known | learner_kwargs)
    learner.add_cbs([Repeatable(seed), StopAtNaN()])
    learner.settings = {"backbone": backbone, "pretrained": pretrained, "dropout": dropout}
    if frozen:
        learner.freeze()
    return learner


def split_parameters(model: Classifier) -> list[list[nn.Parameter]]:
    """Three groups: the first and the second half of the backbone's parts, and the head."""
    parts = [list(part.parameters()) for part in model[0].network.children()]
    parts = [part for part in parts if part]
    middle = (len(parts) + 1) // 2
    return [sum(parts[:middle], []), sum(parts[middle:], []), list(model[1].parameters())]
