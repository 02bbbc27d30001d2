"""Explanations of what a network answers, and what each of them is worth.

Heatmaps (`explain`), nearest training images, and the tests that a heatmap should pass before it is
believed: does it change with the network's weights, does it lie on the subject, does the answer
change where it says so? Names load their module on first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "layers": ["find_layers", "last_layer"],
        "methods": ["CONTROLS", "METHODS", "attribute"],
        "heatmaps": ["Heatmaps", "choose_cases", "explain", "subject_masks"],
        "looking": ["did_it_look", "look", "look_by", "over_seeds"],
        "checking": [
            *("agreement", "area_under", "check_weights", "deletion", "judge_weights"),
            *("half_of", "randomise", "similarity"),
        ],
        "grounds": [
            *("ground_effect", "mend_head", "other_answers", "redraw", "swap_grounds"),
            "tell_truth",
        ],
        "neighbours": ["nearest_images"],
    },
)
