"""Trainings under any regulariser: fastai's and torch's own, put together by a recipe."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback, CancelValidException
from fastai.callback.mixup import MixUp
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from fastai.learner import Learner
from fastai.losses import CrossEntropyLossFlat, LabelSmoothingCrossEntropyFlat
from fastai.optimizer import OptimWrapper
from torch import nn
from torch.utils.data import TensorDataset
from torchvision.ops import StochasticDepth

from helpers.backbone import load_backbone
from helpers.regularisation.images import BATCH, TURNS, FeatureMaps
from helpers.regularisation.measuring import PATIENCE, score_probabilities
from helpers.training.hardware import SpareThreads
from helpers.training.heads import train_head
from helpers.training.learning import Repeatable, StopAtNaN

RATES, IMAGES, EPOCHS = slice(2e-3, 5e-3), 32, 8


@dataclass(frozen=True)
class Recipe:
    """How a training is regularised; by default hardly.

    Attributes
    ----------
    augment : bool
        Each time an image is shown it is mirrored and turned at random.
    smoothing : float
        Share of the target that is taken from the label and spread over all classes.
    dropout : float
        Share of the features hidden from the head at each step.
    decay : float
        Weight decay of AdamW.
    depth : float
        How often the last stage's convolutions are skipped for an image (stochastic depth).
    mixup : float
        Parameter of MixUp's Beta distribution; 0 mixes nothing.
    frozen : bool
        Train the head only, a network with fewer weights to set.
    epochs : int
    """

    augment: bool = False
    smoothing: float = 0.0
    dropout: float = 0.0
    decay: float = 0.01
    depth: float = 0.0
    mixup: float = 0.0
    frozen: bool = False
    epochs: int = EPOCHS


NONE = Recipe()
CURES = {
    "none": NONE,
    "augmentation": Recipe(augment=True),
    "label smoothing": Recipe(smoothing=0.2),
    "MixUp": Recipe(mixup=0.4),
    "dropout": Recipe(dropout=0.5),
    "weight decay": Recipe(decay=0.5),
    "stochastic depth": Recipe(depth=0.5),
    "fewer weights": Recipe(frozen=True),
    "fewer epochs": Recipe(epochs=3),
    "all four": Recipe(augment=True, smoothing=0.2, dropout=0.5, decay=0.5),
}
"""The cures of notebook 08, each at one strength, and four of them together."""


@dataclass
class Training:
    """What `train_recipe` returns.

    Attributes
    ----------
    curves : DataFrame
        A row per epoch: epoch, train_loss, train_accuracy, train_ece (the images as they are, by
        the labels trained on), by_heart (share of the wrong labels that it gives back; missing
        where there are none), valid_loss, valid_accuracy, valid_ece.
    stopped : int
        The epoch that early stopping would have kept.
    """

    curves: pd.DataFrame
    stopped: int
    model: nn.Module
    states: dict[int, dict] = field(repr=False)

    def predict(self, maps: torch.Tensor, epoch: int | None = None) -> np.ndarray:
        """Probabilities, images × classes, by the weights after `epoch`: the last one's by default,
        else only `stopped`."""
        epoch = self.curves["epoch"].iloc[-1] if epoch is None else epoch
        self.model.load_state_dict(self.states[int(epoch)])
        return probabilities_of(self.model, maps)


class LastStage(nn.Module):
    """Maps of the third stage → logits: the last stage, averages over the picture, a linear layer.

    The stage keeps the statistics of its batch normalisation, as in `build_learner`.
    """

    def __init__(self, recipe: Recipe, classes: int):
        super().__init__()
        self.stage = load_backbone().stage4.to(memory_format=torch.channels_last)
        before, after = self.stage.conv1.in_channels, self.stage.conv2.out_channels
        self.head = nn.Sequential(nn.Dropout(recipe.dropout), nn.Linear(before + after, classes))
        if recipe.depth:
            skip = StochasticDepth(recipe.depth, mode="row")
            self.stage.norm2 = nn.Sequential(self.stage.norm2, skip)
        self.stage.requires_grad_(not recipe.frozen)

    def pool(self, maps: torch.Tensor) -> torch.Tensor:
        return torch.cat([maps.mean((2, 3)), self.stage(maps).mean((2, 3))], 1)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return self.head(self.pool(maps))

    def train(self, mode: bool = True) -> LastStage:
        super().train(mode)
        for module in self.stage.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self


class DrawVersions(Callback):
    """Gives the network maps for the numbers of images; each at a random turn if `augment`."""

    order = -10  # before MixUp mixes them

    def __init__(self, maps: torch.Tensor, augment: bool):
        self.maps, self.augment = maps, augment

    def before_batch(self):
        numbers = self.xb[0]
        turns = torch.randint(TURNS, numbers.shape) if self.augment else 0 * numbers
        self.learn.xb = (self.maps[numbers, turns],)


class Watch(Callback):
    """After each epoch: loss and accuracy on training and validation images, both as they are."""

    def __init__(self, maps: FeatureMaps, patience: int):
        self.maps, self.patience, self.rows, self.states = maps, patience, [], {}
        self.given, self.truth = maps.codes(maps.labels["label"]), maps.codes(maps.truth)
        self.wrong = (maps.labels["label"] != maps.labels["right"]).to_numpy()
        self.stopped, self.over = 0, False

    def before_validate(self):
        raise CancelValidException  # measured below, on both sides in the same way

    def after_epoch(self):
        row = {"epoch": self.epoch}
        for name, images, codes in (
            ("train", self.maps.train[:, 0], self.given), ("valid", self.maps.valid, self.truth),
        ):  # fmt: skip
            found = probabilities_of(self.model, images)
            scores = score_probabilities(found, codes.numpy())
            row |= {f"{name}_{figure}": value for figure, value in scores.items()}
            if name == "train":
                back = (found.argmax(axis=1) == codes.numpy())[self.wrong]
                row["by_heart"] = back.mean() if len(back) else np.nan
        self.rows.append(row)
        if not self.over and row["valid_loss"] <= self.rows[self.stopped]["valid_loss"]:
            self.stopped = self.epoch
            self.states = {self.epoch: _copy(self.model)}
        self.over |= self.epoch - self.stopped >= self.patience

    def after_fit(self):
        self.states[self.epoch] = _copy(self.model)


def train_recipe(
    maps: FeatureMaps, recipe: Recipe = NONE, seed: int = 0, patience: int = PATIENCE
) -> Training:
    """Train the last stage and the head of the bundled network, the earlier stages frozen.

    It begins as a linear head on frozen features (`train_head`), whatever the recipe; then images,
    their order and the schedule are the same for one seed. Early stopping is followed beside: the
    training goes on, and both ends are kept.

    Parameters
    ----------
    maps : FeatureMaps
    recipe : Recipe
    seed : int
        Of the order of the images and of all that is random in training.
    patience : int
        Of early stopping, in epochs.
    """
    codes = maps.codes(maps.labels["label"])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LastStage(recipe, len(maps.classes))
    _start(model, maps)
    sets = [TensorDataset(torch.arange(len(y)), y) for y in (codes, codes[:1])]
    loaders = [DataLoader(s, bs=IMAGES, shuffle=i == 0, num_workers=0) for i, s in enumerate(sets)]
    smooth = LabelSmoothingCrossEntropyFlat(eps=recipe.smoothing)
    watch = Watch(maps, patience)
    learner = Learner(
        DataLoaders(*loaders, device=torch.device("cpu")), model, wd=recipe.decay,
        loss_func=smooth if recipe.smoothing else CrossEntropyLossFlat(),
        opt_func=partial(OptimWrapper, opt=torch.optim.AdamW, fused=True),
        splitter=lambda m: [[*m.stage.parameters()], [*m.head.parameters()]],
        cbs=[Repeatable(seed), StopAtNaN(), DrawVersions(maps.train, recipe.augment), watch],
    )  # fmt: skip
    mix = [MixUp(recipe.mixup)] if recipe.mixup else []
    with learner.no_bar(), learner.no_logging(), SpareThreads():
        learner.fit_one_cycle(recipe.epochs, lr_max=RATES, cbs=mix)
    return Training(pd.DataFrame(watch.rows), watch.stopped, model.eval(), watch.states)


@torch.inference_mode()
def probabilities_of(model: nn.Module, maps: torch.Tensor) -> np.ndarray:
    """What the model says of maps, whatever mode it is in: images × classes, float64."""
    training = model.training
    model.eval()
    parts = [model(maps[at : at + BATCH]) for at in range(0, len(maps), BATCH)]
    model.train(training)
    return torch.softmax(torch.cat(parts).double(), dim=1).numpy()


def vary(name: str, strength: float) -> Recipe:
    """A recipe with one regulariser at a strength, by its attribute's name."""
    return replace(NONE, **{name: strength})


def _start(model: LastStage, maps: FeatureMaps) -> None:
    """Make the head predict what `train_head` does on frozen features."""
    ids = maps.labels.index
    model.eval()
    with torch.inference_mode():
        parts = [model.pool(maps.train[at : at + BATCH, 0]) for at in range(0, len(ids), BATCH)]
    features = pd.DataFrame(torch.cat(parts).numpy(), ids).add_prefix("feature ")
    head, linear = train_head(features, maps.labels["label"]), model.head[-1]
    weights = head.weights[:-1] / head.scale[:, None]
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(weights.T.copy()))
        linear.bias.copy_(torch.from_numpy(head.weights[-1] - head.mean @ weights))


def _copy(model: nn.Module) -> dict:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
