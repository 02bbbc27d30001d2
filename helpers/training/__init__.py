"""Training over fastai's Learner: a table in, a Learner out, predictions back as a table.

Names load their module on first use: the worker processes that decode images import this package
and must stay at numpy and Pillow.
"""

import warnings
from importlib import import_module

_HOMES = {
    "build_dataloaders": "helpers.training.loading",
    "Augment": "helpers.training.augmentation",
    "build_learner": "helpers.training.learning",
    "train": "helpers.training.fitting",
    "predict": "helpers.training.predicting",
    "embed": "helpers.training.embedding",
    "train_head": "helpers.training.heads",
    "Head": "helpers.training.heads",
    "save_learner": "helpers.training.saving",
    "load_learner": "helpers.training.saving",
    "TrainingError": "helpers.training.hardware",
}

__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'helpers.training' has no attribute {name!r}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fastai and torchvision warn about themselves on import
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
