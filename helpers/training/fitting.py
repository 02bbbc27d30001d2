"""`train`: one-cycle training that stops early, goes on after an interruption, and returns a
table."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

import pandas as pd
import torch
from fastai.callback.core import Callback, CancelFitException
from fastai.callback.schedule import Learner  # noqa: F401 - gives Learner fit_one_cycle and lr_find
from tqdm.auto import tqdm

from helpers.datasets.storage import make_folder
from helpers.training import checkpoints
from helpers.training.hardware import plain_errors

FROM_SCRATCH, FINE_TUNING = 3e-3, 2e-3


class _History(Callback):
    """Writes a row per epoch, keeps the best epoch's weights and, with `file`, all that is needed
    to go on after an interruption. The best epoch is the one with the lowest validation loss."""

    order = 70

    def __init__(self, patience: int | None, file: Path | None, progress: bool):
        self.patience, self.file, self.progress = patience, file, progress
        self.rows, self.best = [], None
        self.state = checkpoints.read(file) if file is not None and file.exists() else None
        if self.state:
            self.rows, self.best = self.state["rows"], self.state["best"]

    @property
    def best_epoch(self) -> int:
        return min(range(len(self.rows)), key=lambda i: self.rows[i]["valid_loss"])

    @property
    def finished(self) -> bool:
        waited = len(self.rows) - 1 - self.best_epoch if self.rows else 0
        return self.patience is not None and waited >= self.patience

    def before_fit(self):
        if self.state:
            self.learn.model.load_state_dict(self.state["model"])
            self.opt.load_state_dict(self.state["opt"])
            _move(self.opt.state, self.dls.device)
        total = self.n_epoch * len(self.dls.train)
        self.bar = tqdm(total=total, initial=len(self.rows) * len(self.dls.train), delay=2,
                        desc="train", unit="batch", disable=not self.progress)  # fmt: skip

    def before_train(self):
        self.started, self.sum, self.images = time.perf_counter(), 0.0, 0

    def after_batch(self):
        if self.training:
            self.sum, self.images = (
                self.sum + self.loss.item() * len(self.yb[0]),
                self.images + len(self.yb[0]),
            )
            self.bar.update()

    def after_epoch(self):
        if self.epoch < len(self.rows):  # skipped, since it was done before the interruption
            return
        names, values = self.recorder.metric_names[2:-1], self.learn.final_record[1:]
        row = {"epoch": self.epoch, "train_loss": self.sum / max(self.images, 1)}
        row |= dict(zip(names, map(float, values), strict=True))
        self.rows.append(row | {"seconds": time.perf_counter() - self.started})
        self.bar.set_postfix({name: f"{row[name]:.3g}" for name in names}, refresh=False)
        if self.patience is not None and self.best_epoch == len(self.rows) - 1:
            self.best = {k: v.detach().cpu().clone() for k, v in self.model.state_dict().items()}
        if self.file is not None:
            state = {"model": self.model.state_dict(), "opt": self.opt.state_dict()}
            checkpoints.write(self.file, state | {"rows": self.rows, "best": self.best})
        if self.finished:
            raise CancelFitException

    def after_fit(self):
        self.bar.close()


def train(
    learner,
    epochs: int,
    lr: float | slice | None = None,
    patience: int | None = None,
    resume: str | os.PathLike | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Train by the one-cycle policy (Smith, 2018) and return what happened, epoch by epoch.

    Parameters
    ----------
    learner : Learner
        From `build_learner`; it is trained in place.
    epochs : int
    lr : float or slice, optional
        The highest learning rate; ``slice(low, high)`` gives the first layers the low one and the
        head the high one (Howard and Ruder, 2018). By default 3e-3 from scratch, and
        ``slice(2e-4, 2e-3)`` for pretrained networks.
    patience : int, optional
        Stop when the validation loss has not improved for this many epochs. The weights of the
        epoch with the lowest validation loss are put back at the end, whether stopped or not.
    resume : str or Path, optional
        A name for this training (or a folder): its state is kept there after every epoch, and the
        same call with the same learner, data and settings goes on where it was interrupted, with
        exactly the result it would have had; finished training is loaded at once. Other settings
        begin anew.
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
        The loss became NaN, or a batch does not fit into memory.
    """
    if epochs < 1:
        raise ValueError(f"epochs={epochs} trains nothing; expected 1 or more.")
    rate = _usual_rate(learner) if lr is None else lr
    file = _file(learner, resume, (epochs, str(rate), patience)) if resume is not None else None
    history = _History(patience, file, progress)
    with learner.no_bar(), learner.no_logging(), plain_errors(learner):
        try:
            learner.fit_one_cycle(
                epochs,
                lr_max=rate,
                start_epoch=len(history.rows),
                cbs=history,
            )
        finally:
            if hasattr(history, "bar"):
                history.bar.close()
    if history.best is not None:
        learner.model.load_state_dict(history.best)
    return pd.DataFrame(history.rows)


def _usual_rate(learner) -> float | slice:
    pretrained = learner.settings["pretrained"]
    return slice(FINE_TUNING / 10, FINE_TUNING) if pretrained else FROM_SCRATCH


def _file(learner, resume: str | os.PathLike, settings: tuple) -> Path:
    """Where the state of exactly this training is kept: all that its result depends on is in the
    name, so that another one never goes on from it."""
    dls = learner.dls
    named = isinstance(resume, str) and not any(mark in resume for mark in "/\\")
    folder = make_folder(learner.path / "trainings" / resume if named else Path(resume))
    digest = hashlib.sha256()
    for key, value in learner.model.state_dict().items():
        digest.update(key.encode() + value.cpu().float().contiguous().numpy().tobytes())
    facts = [*settings, learner.repeatable.seed, learner.repeatable.fits, learner.bfloat16.on]
    facts += [dls.size, dls.method, dls.train.bs, dls.vocab, dls.train_ds.items, dls.valid_ds.items]
    facts += [str(dls.train.after_batch), str(learner.loss_func), str(learner.opt_func), learner.wd]
    digest.update(json.dumps(facts, default=list).encode())
    return folder / f"{digest.hexdigest()[:12]}.safetensors"


def _move(state: dict, device: torch.device) -> None:
    for values in state.values():
        for key, value in values.items():
            if isinstance(value, torch.Tensor):
                values[key] = value.to(device)
