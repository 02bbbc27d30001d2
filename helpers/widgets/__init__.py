"""Interactives: thin shells over functions that tests and notebooks can call.

Names load their module on first use: one that explains or augments loads libraries for seconds,
which a notebook that only browses need not wait for.
"""

import lazy_loader

from helpers.quiet import load_quietly
from helpers.review import review as review

_load, _, _names = lazy_loader.attach(
    __name__,
    submod_attrs={
        "augment": ["explore_augmentation"],
        "balance": ["explore_balance"],
        "browser": ["browse"],
        "ensembles": ["compose_ensemble"],
        "evaluation": ["explore_errors"],
        "explaining": ["explore_explanations"],
        "fairness": ["explore_fairness"],
        "learning_rate": ["explore_rates"],
        "mapping": ["explore_map"],
        "regularising": ["explore_cures"],
        "splitting": ["explore_splits"],
        "thresholds": ["explore_decisions"],
        "transfer": ["explore_transfer"],
    },
)
__all__ = sorted([*_names, "review"])


def __dir__() -> list[str]:
    return __all__


__getattr__ = load_quietly(_load)
