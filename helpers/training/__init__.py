"""Training over fastai's Learner: a table in, a Learner out, predictions back as a table.

Names load their module on first use: the worker processes that decode images import this package
and must stay at numpy and Pillow.
"""

import lazy_loader

from helpers.quiet import load_quietly

_load, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "loading": ["build_dataloaders"],
        "augmentation": ["Augment"],
        "learning": ["build_learner"],
        "fitting": ["train"],
        "predicting": ["predict"],
        "embedding": ["embed"],
        "heads": ["train_head", "Head"],
        "saving": ["save_learner", "load_learner"],
        "anatomy": ["layer_table"],
        "hardware": ["TrainingError"],
    },
)

__getattr__ = load_quietly(_load)
