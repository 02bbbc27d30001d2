"""Short fine-tunings to search by, and given up where a search sees no hope in them."""

from __future__ import annotations

from dataclasses import dataclass

import optuna
import pandas as pd
from fastai.callback.core import Callback
from fastai.data.core import DataLoaders
from torch import nn

from helpers.datasets import Dataset
from helpers.evaluation.predictions import label_losses
from helpers.training import (
    Augment,
    TrainingError,
    build_dataloaders,
    build_learner,
    embed,
    train,
    train_head,
)
from helpers.training.heads import Head
from helpers.transfer import limit_images

SIZE, BATCH, EPOCHS = 48, 32, 3


@dataclass(frozen=True)
class TuningStart:
    """What every trial begins with.

    Attributes
    ----------
    dls : DataLoaders
    head : Head
        Trained on the frozen features of the training images.
    loss : float
        Its log loss on the validation images: what there is before any fine-tuning.
    """

    dls: DataLoaders
    head: Head
    loss: float


class ReportLoss(Callback):
    """Tells a trial of Optuna the validation loss of each epoch, and stops where its pruner says.

    Raises
    ------
    optuna.TrialPruned
    """

    order = 80  # once the epoch's losses are in its row

    def __init__(self, trial: optuna.Trial):
        self.trial = trial

    def after_epoch(self):
        self.trial.report(float(self.learn.final_record[1]), self.epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned(f"given up after epoch {self.epoch}")


def start_tuning(
    dataset: Dataset, per_class: int | str = 20, size: int = SIZE, seed: int = 0
) -> TuningStart:
    """Some training images of each class and all of validation, small, for `tuned_loss`.

    Parameters
    ----------
    dataset : Dataset
        With labels and a split. Validation images of a class that no training image has are left
        out, as they are by `turned_features`.
    per_class : int or "all"
        As in `limit_images`.
    size : int
        Side of the images, in pixels.
    seed : int
        Of the choice of images.
    """
    dataset.require_labels()
    chosen = limit_images(dataset, per_class, seed)
    images, given = chosen.images, chosen.part("train").images["label"].dropna()
    unknown = (images["split"] == "valid") & ~images["label"].isin(given)
    chosen = chosen.with_images(images[~unknown.fillna(False)])
    turns = Augment(flip_vertical=True, turn=True, rotate=0, zoom=0, stretch=0, shift=0)
    dls = build_dataloaders(chosen, size, BATCH, augment=[turns], seed=seed, progress=False)
    features = embed(chosen, size=size, progress=False)
    labels = {part: rows["label"] for part, rows in dls.rows.groupby("split")}
    head = train_head(features.loc[labels["train"].index], labels["train"])
    said = head.predict_proba(features.loc[labels["valid"].index]).to_numpy()
    places = pd.Index(head.classes).get_indexer(labels["valid"])
    return TuningStart(dls, head, float(label_losses(said, places).mean()))


def tuned_loss(
    start: TuningStart, trial: optuna.Trial, rate: float, frozen: int, epochs: int = EPOCHS,
    seed: int = 0,
) -> float:  # fmt: skip
    """The validation loss after a short fine-tuning of the bundled network, to search by.

    Parameters
    ----------
    start : TuningStart
        Images and head; a trial leaves them as they are.
    trial : optuna.Trial
        Is told the loss of each epoch, and may end the training.
    rate : float
        The highest learning rate of all parts that are trained.
    frozen : int
        How many of the network's stages, from the first on, keep their weights: 0 to 5 in the
        bundled one; then the head alone is trained.
    epochs, seed : int
        Of the training.

    Raises
    ------
    optuna.TrialPruned
        The trial's pruner sees no hope, or the training diverged: the search goes on.
    """
    parts = {"splitter": split_stages, "train_bn": False}
    learner = build_learner(start.dls, head=start.head, seed=seed, **parts)
    learner.freeze_to(frozen)
    try:
        with learner.added_cbs(ReportLoss(trial)):
            return float(train(learner, epochs, lr=rate, progress=False)["valid_loss"].iloc[-1])
    except TrainingError as error:
        raise optuna.TrialPruned(str(error)) from error


def split_stages(model: nn.Sequential) -> list[list[nn.Parameter]]:
    """A group of parameters for each stage of the backbone, and one for the head."""
    parts = [list(part.parameters()) for part in (*model[0].network.children(), model[1])]
    return [part for part in parts if part]
