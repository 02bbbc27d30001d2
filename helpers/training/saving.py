"""Trained learners on disk: weights and settings in one safetensors file, no code in it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.training import checkpoints
from helpers.training.caching import Pixels
from helpers.training.learning import build_learner
from helpers.training.loading import make_dataloaders


def save_learner(learner, path: str | os.PathLike) -> Path:
    """Write weights, classes and settings of a learner from `build_learner`; returns the file.

    Not saved: images, and callbacks, a loss or an optimizer of your own.
    """
    path = _file(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    dls = learner.dls
    form = {"size": dls.size, "method": dls.method, "batch_size": dls.batch_size}
    facts = {"classes": list(dls.vocab), "form": form, "settings": learner.settings}
    checkpoints.write(path, facts | {"model": learner.model.state_dict()})
    return path


def load_learner(path: str | os.PathLike, **learner_kwargs):
    """A learner from `save_learner`, to predict with: `predict`, ``learner.predict(file)``.

    It has no images of its own. No pickle is read, so that a file from elsewhere can do no harm.

    Parameters
    ----------
    path : str or Path
    **learner_kwargs
        Passed to `build_learner`, e.g. ``bfloat16=False``.

    Raises
    ------
    ValueError
        There is no such file, or it is something else.
    """
    path = _file(path)
    try:
        saved = checkpoints.read(path)
        classes, form, settings = (saved[name] for name in ("classes", "form", "settings"))
    except Exception as error:  # safetensors raises its own kinds
        why = "there is no such file" if not path.exists() else f"{type(error).__name__}: {error}"
        raise ValueError(
            f"'{path}' is no saved learner ({why}); expected a file from save_learner."
        ) from error
    # fastai learns what an item is from the first one, so that an empty set begins with two.
    rows = pd.DataFrame({"label": classes[:2], "split": ["train", "valid"]}, ["0", "1"])
    pixels = Pixels({"0": 0, "1": 0}, np.zeros((1, form["size"], form["size"], 3), np.uint8))
    dls = make_dataloaders(rows, pixels, **form, vocab=classes, empty=True)
    learner = build_learner(dls, **settings | {"pretrained": False} | learner_kwargs)
    learner.model.load_state_dict(saved["model"])
    learner.settings = settings
    learner.model.keeps_statistics = settings["pretrained"]
    return learner


def _file(path: str | os.PathLike) -> Path:
    path = Path(path)  # what follows a dot in it may be part of a number
    return path if path.suffix == ".safetensors" else path.with_name(f"{path.name}.safetensors")
