"""Augmentation: named policies for fastai, what they do to an image, and their comparison."""

import warnings
from typing import Any

import lazy_loader

_load, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "policies": [
            "POLICIES",
            "EachImage",
            "Policy",
            "QuarterTurn",
            "find_policy",
            "make_policy",
        ],
        "applying": ["apply_policy", "ask_changed"],
        "training": ["train_with"],
        "comparing": ["class_effects", "compare_policies", "paired_effects", "score_answers"],
    },
)


def __getattr__(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fastai and torchvision warn about themselves on import
        return _load(name)
