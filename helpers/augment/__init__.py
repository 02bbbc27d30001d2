"""Augmentation: named policies for fastai, what they do to an image, and their comparison."""

import lazy_loader

from helpers.quiet import load_quietly

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

__getattr__ = load_quietly(_load)
