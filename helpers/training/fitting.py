"""`train`: one-cycle training that stops early, survives an interruption, and returns a table."""

from __future__ import annotations

import os
import re
import time
from copy import deepcopy
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback, CancelFitException
from fastai.learner import Learner
from tqdm.auto import tqdm

from helpers.datasets.storage import make_folder
from helpers.training import checkpoints
from helpers.training.fingerprint import fingerprint
from helpers.training.hardware import SpareThreads, TrainingError, plain_errors

FROM_SCRATCH, FINE_TUNING = 3e-3, slice(2e-3, 5e-3)


class LookAgain(Callback):
    """Takes as many threads as cores are free, epoch by epoch."""

    def __init__(self, threads: SpareThreads):
        self.threads = threads

    def after_epoch(self):
        self.threads.look_again()


class EpochTable(Callback):
    """Keeps a row per epoch, the best epoch's weights and, in `file`, all that is needed to go on
    after an interruption."""

    order = 70

    def __init__(self, patience: int | None, file: Path | None, progress: bool):
        self.patience, self.file, self.quiet = patience, file, not progress
        self.kept = checkpoints.read(file) if file and file.exists() else {}
        self.rows, self.best = self.kept.get("rows", []), self.kept.get("best")
        self.done, self.bar = len(self.rows), None

    def waited(self) -> int:
        """Epochs since the one with the lowest validation loss."""
        losses = [row["valid_loss"] for row in self.rows]
        return len(losses) - 1 - losses.index(min(losses))

    def before_fit(self):
        if self.kept:
            self.learn.model.load_state_dict(self.kept["model"])
            self.opt.load_state_dict(self.kept["opt"])
            for state in self.opt.state.values():
                moved = {k: v.to(self.dls.device) for k, v in state.items() if torch.is_tensor(v)}
                state.update(moved)
        batches = len(self.dls.train)
        self.bar = tqdm(total=self.n_epoch * batches, initial=len(self.rows) * batches, delay=2,
                        desc="train", unit="batch", disable=self.quiet)  # fmt: skip

    def before_train(self):
        self.started, self.total, self.seen = time.perf_counter(), 0.0, 0

    def after_batch(self):
        if self.training:
            self.total += self.loss.item() * len(self.yb[0])
            self.seen += len(self.yb[0])
            self.bar.update()

    def after_epoch(self):
        if self.epoch < self.done:  # before the interruption, or never as training stopped early
            return
        row = {"epoch": self.epoch, "train_loss": self.total / max(self.seen, 1)}
        names = self.recorder.metric_names[2:-1]
        row |= dict(zip(names, map(float, self.learn.final_record[1:]), strict=True))
        if not np.isfinite(row["valid_loss"]):
            raise TrainingError(
                f"The validation loss became {row['valid_loss']} in epoch {self.epoch}: build the "
                "learner again and train with a smaller lr, and look for what is odd in 'valid'."
            )
        self.rows.append(row | {"seconds": time.perf_counter() - self.started})
        self.bar.set_postfix({name: f"{row[name]:.3g}" for name in names}, refresh=False)
        if self.patience is not None and self.waited() == 0:
            self.best = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        if self.file:
            state = {"model": self.model.state_dict(), "opt": self.opt.state_dict()}
            checkpoints.write(self.file, state | {"rows": self.rows, "best": self.best})
        if self.patience is not None and self.waited() >= self.patience:
            raise CancelFitException


def train(
    learner: Learner, epochs: int, lr: float | slice | None = None, patience: int | None = None,
    resume: str | os.PathLike | None = None, progress: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Train by the one-cycle policy (Smith, 2018) and return what happened, epoch by epoch.

    On a CPU it takes as many threads as cores are free, looked at again every epoch. The last
    digits of the result depend on their number; after ``torch.set_num_threads(1)`` it repeats
    exactly.

    Parameters
    ----------
    learner : Learner
        From `build_learner`; it is trained in place.
    epochs : int
    lr : float or slice, optional
        The highest learning rate; ``slice(low, high)`` gives the first layers the low one and the
        head the high one (Howard and Ruder, 2018). By default `FINE_TUNING` for pretrained
        networks, else `FROM_SCRATCH`.
    patience : int, optional
        Stop when the validation loss has not improved for this many epochs. The weights of the
        epoch with the lowest validation loss are put back at the end, whether stopped or not.
    resume : str or Path, optional
        A name for this training, or a folder, where its state is kept after every epoch: the same
        call with the same learner, data and settings goes on where it was interrupted, with
        exactly the result it would have had on as many threads, and finished training is loaded at
        once. With other settings it begins anew (see `fingerprint`). An interruption puts the
        learner's first weights back, so that the same cell can be run again.
    progress : bool
        Show a bar once training has taken two seconds.

    Returns
    -------
    DataFrame
        One row per epoch: epoch (from 0), train_loss (mean over the epoch), valid_loss, one column
        per metric (accuracy), seconds.

    Raises
    ------
    TrainingError
        A loss became NaN, or a batch does not fit into memory.
    """
    usual = FINE_TUNING if learner.settings["pretrained"] else FROM_SCRATCH
    lr = usual if lr is None else lr
    file = None if resume is None else _state_file(learner, resume, [epochs, lr, patience])
    table = EpochTable(patience, file, progress)
    if table.rows and patience is not None and table.waited() >= patience:
        table.done = epochs
    start = file and deepcopy(
        [learner.model.state_dict(), learner.opt and learner.opt.state_dict()]
    )
    quiet, errors = (learner.no_bar(), learner.no_logging()), plain_errors(learner.dls)
    with quiet[0], quiet[1], errors, SpareThreads() as threads:
        try:
            cbs = [table, LookAgain(threads)]
            learner.fit_one_cycle(epochs, lr_max=lr, start_epoch=table.done, cbs=cbs)
        except BaseException:  # a stopped cell, too
            if start:
                _put_back(learner, *start)
            raise
        finally:
            if table.bar is not None:
                table.bar.close()
    if table.best is not None:
        learner.model.load_state_dict(table.best)
    return pd.DataFrame(table.rows)


def _put_back(learner: Learner, weights: dict, optimizer: dict | None) -> None:
    learner.model.load_state_dict(weights)
    if optimizer is None:
        learner.opt = None
    else:
        learner.opt.load_state_dict(optimizer)


def _state_file(learner: Learner, resume: str | os.PathLike, settings: list) -> Path:
    """Where the state of exactly this training is, so that no other goes on from it."""
    plain = isinstance(resume, str) and not re.search(r"[/\\]", resume)
    folder = make_folder(learner.path / "trainings" / resume if plain else Path(resume))
    return folder / f"{fingerprint(learner, settings)}.safetensors"
