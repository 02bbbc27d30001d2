"""Regularisation: a training that overfits, the cures one by one and together, and their table.

``recipes`` trains a network on frozen features under any of them in a second, ``measuring``
says how far it learned its images by heart, ``searching`` chooses settings by validation and
measures how far a choice flatters itself, ``tuning`` fine-tunes for a moment, to search by that.
"""

import lazy_loader

from helpers.quiet import load_quietly

_load, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "images": ["Features", "plant_wrong_labels", "turned_features"],
        "recipes": ["CURES", "Recipe", "Training", "train_recipe"],
        "measuring": ["PATIENCE", "score_probabilities", "stop_epoch"],
        "fresh": ["fresh_leaves"],
        "comparing": [
            *("compare_cures", "cure_effects", "cut_of_gap", "gaps", "lead_elsewhere"),
            *("mean_curves", "right_answers", "validation_loss", "verdicts"),
        ],
        "searching": ["chosen_by_luck", "expected_best", "make_settings", "score_settings"],
        "tuning": ["start_tuning", "tuned_loss"],
    },
)

__getattr__ = load_quietly(_load)
