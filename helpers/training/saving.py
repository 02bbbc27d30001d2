"""Trained learners on disk: weights and settings in one safetensors file, no code in it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from helpers.datasets.words import some
from helpers.training import checkpoints
from helpers.training.caching import Pixels
from helpers.training.learning import build_learner
from helpers.training.loading import make_dataloaders

_KNOWN = ("settings", "classes", "size", "method", "batch_size", "model")


def save_learner(learner, path: str | os.PathLike) -> Path:
    """Write weights, classes and settings of a learner from `build_learner`; returns the file.

    Not saved: data, callbacks of your own, a loss or optimizer of your own.
    """
    path = Path(path).with_suffix(".safetensors")
    path.parent.mkdir(parents=True, exist_ok=True)
    dls = learner.dls
    facts = {"classes": list(dls.vocab), "size": dls.size, "method": dls.method}
    facts |= {"batch_size": dls.batch_size, "settings": learner.settings}
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
        When there is no such file or it is something else.
    """
    path = Path(path).with_suffix(".safetensors")
    try:
        saved = checkpoints.read(path)
        absent = [name for name in _KNOWN if name not in saved]
    except Exception as error:  # safetensors raises its own kinds
        why = "there is no such file" if not path.exists() else f"cannot be read: {error}"
        raise ValueError(
            f"'{path}' is no learner of ours ({why}); expected a file from save_learner."
        ) from error
    if absent:
        raise ValueError(
            f"'{path}' is no learner of ours (it lacks {some(absent)}); expected a file from "
            "save_learner."
        )
    size, blank = saved["size"], Image.new("RGB", (8, 8))
    rows = pd.DataFrame(
        {"label": saved["classes"][:1] * 2, "split": ["train", "valid"]}, list("tv")
    )
    pixels = Pixels({"t": 0, "v": 0}, np.asarray(blank.resize((size, size)))[None])
    dls = make_dataloaders(
        rows, pixels, size, saved["batch_size"], method=saved["method"], vocab=saved["classes"]
    ).new_empty()
    dls.size, dls.method, dls.batch_size, dls.seed = size, saved["method"], saved["batch_size"], 0
    settings = saved["settings"]
    learner = build_learner(dls, **settings | {"pretrained": False}, **learner_kwargs)
    learner.model.load_state_dict(saved["model"])
    learner.settings = settings
    return learner
