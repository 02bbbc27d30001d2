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

from helpers.regularisation.images import TURNS, Features
from helpers.regularisation.measuring import PATIENCE, score_probabilities, stop_epoch
from helpers.training.hardware import SpareThreads
from helpers.training.learning import Repeatable, StopAtNaN

RATE, IMAGES, EPOCHS, WIDTH, NARROW = 3e-3, 32, 12, 256, 16


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
        Share of a layer's units hidden from the next at each step.
    decay : float
        Weight decay of AdamW.
    depth : float
        How often a layer is skipped for an image (stochastic depth).
    mixup : float
        Parameter of MixUp's Beta distribution; 0 mixes nothing.
    width : int
        How many units a layer has.
    epochs : int
    """

    augment: bool = False
    smoothing: float = 0.0
    dropout: float = 0.0
    decay: float = 0.01
    depth: float = 0.0
    mixup: float = 0.0
    width: int = WIDTH
    epochs: int = EPOCHS


NONE = Recipe()
CURES = {
    "none": NONE,
    "augmentation": Recipe(augment=True),
    "label smoothing": Recipe(smoothing=0.2),
    "MixUp": Recipe(mixup=0.4),
    "dropout": Recipe(dropout=0.5),
    "weight decay": Recipe(decay=2.0),
    "stochastic depth": Recipe(depth=0.5),
    "fewer weights": Recipe(width=NARROW),
    "fewer epochs": Recipe(epochs=4),
    "all four": Recipe(augment=True, smoothing=0.2, dropout=0.5, decay=2.0),
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

    def predict(self, features: torch.Tensor, epoch: int | None = None) -> np.ndarray:
        """Probabilities, images × classes, by the weights after `epoch`: the last one's by default,
        else only `stopped`."""
        epoch = self.curves["epoch"].iloc[-1] if epoch is None else epoch
        self.model.load_state_dict(self.states[int(epoch)])
        return probabilities_of(self.model, features)


class Layer(nn.Module):
    """A linear layer and ReLU beside a shortcut, which stochastic depth may leave alone."""

    def __init__(self, recipe: Recipe):
        super().__init__()
        linear = nn.Linear(recipe.width, recipe.width)
        skip = StochasticDepth(recipe.depth, mode="row")
        self.inner = nn.Sequential(nn.Dropout(recipe.dropout), linear, nn.ReLU(), skip)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.inner(x)


def build_network(recipe: Recipe, features: int, classes: int) -> nn.Sequential:
    """Features → logits, by three hidden layers, two of them with shortcuts."""
    return nn.Sequential(
        *(nn.Linear(features, recipe.width), nn.ReLU(), Layer(recipe), Layer(recipe)),
        *(nn.Dropout(recipe.dropout), nn.Linear(recipe.width, classes)),
    )


class DrawVersions(Callback):
    """Gives the network features for the numbers of images; at a random turn if `augment`."""

    order = -10  # before MixUp mixes them

    def __init__(self, versions: torch.Tensor, augment: bool):
        self.versions, self.augment = versions, augment

    def before_batch(self):
        numbers = self.xb[0]
        turns = torch.randint(TURNS, numbers.shape) if self.augment else 0 * numbers
        self.learn.xb = (self.versions[numbers, turns],)


class Watch(Callback):
    """After each epoch: loss and accuracy on training and validation images, both as they are."""

    def __init__(self, features: Features, patience: int):
        self.features, self.patience, self.rows, self.states = features, patience, [], {}
        labels = features.labels
        self.given, self.truth = features.codes(labels["label"]), features.codes(features.truth)
        self.wrong = (labels["label"] != labels["right"]).to_numpy()
        self.stopped = 0

    def before_validate(self):
        raise CancelValidException  # measured below, on both sides in the same way

    def after_epoch(self):
        row = {"epoch": self.epoch}
        for name, images, codes in (
            ("train", self.features.train[:, 0], self.given),
            ("valid", self.features.valid, self.truth),
        ):
            found = probabilities_of(self.model, images)
            scores = score_probabilities(found, codes.numpy())
            row |= {f"{name}_{figure}": value for figure, value in scores.items()}
            if name == "train":
                back = (found.argmax(axis=1) == codes.numpy())[self.wrong]
                row["by_heart"] = back.mean() if len(back) else np.nan
        self.rows.append(row)
        if stop_epoch([row["valid_loss"] for row in self.rows], self.patience) == self.epoch:
            self.stopped, self.states = self.epoch, {self.epoch: _copy(self.model)}

    def after_fit(self):
        self.states[self.epoch] = _copy(self.model)


def train_recipe(
    features: Features, recipe: Recipe = NONE, seed: int = 0, patience: int = PATIENCE
) -> Training:
    """Train a network of three hidden layers on frozen features, by fastai's one-cycle policy.

    For one seed the order of the images, the schedule and, where there are as many, the first
    weights are the same whatever the recipe. Early stopping is followed beside: the training goes
    on, and both ends are kept.

    Parameters
    ----------
    features : Features
    recipe : Recipe
    seed : int
        Of the first weights, the order of the images and all that is random in training.
    patience : int
        Of early stopping, in epochs.
    """
    codes = features.codes(features.labels["label"])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build_network(recipe, features.valid.shape[1], len(features.classes))
    sets = [TensorDataset(torch.arange(len(y)), y) for y in (codes, codes[:1])]
    loaders = [DataLoader(s, bs=IMAGES, shuffle=i == 0, num_workers=0) for i, s in enumerate(sets)]
    smooth = LabelSmoothingCrossEntropyFlat(eps=recipe.smoothing)
    watch = Watch(features, patience)
    learner = Learner(
        DataLoaders(*loaders, device=torch.device("cpu")), model, wd=recipe.decay,
        loss_func=smooth if recipe.smoothing else CrossEntropyLossFlat(),
        opt_func=partial(OptimWrapper, opt=torch.optim.AdamW, fused=True),
        cbs=[Repeatable(seed), StopAtNaN(), DrawVersions(features.train, recipe.augment), watch],
    )  # fmt: skip
    mix = [MixUp(recipe.mixup)] if recipe.mixup else []
    with learner.no_bar(), learner.no_logging(), SpareThreads():
        learner.fit_one_cycle(recipe.epochs, lr_max=RATE, cbs=mix)
    return Training(pd.DataFrame(watch.rows), watch.stopped, model.eval(), watch.states)


@torch.no_grad()
def probabilities_of(model: nn.Module, features: torch.Tensor) -> np.ndarray:
    """What the model says, whatever mode it is in: images × classes, float64."""
    training = model.training
    logits = model.eval()(features)
    model.train(training)
    return torch.softmax(logits.double(), dim=1).numpy()


def vary(name: str, strength: float) -> Recipe:
    """A recipe with one regulariser at a strength, by its attribute's name."""
    return replace(NONE, **{name: strength})


def _copy(model: nn.Module) -> dict:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
