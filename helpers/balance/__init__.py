"""Bias and class balance: how many of each, what goes with what, shortcuts, and weights."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "alike": ["area_among_alike"],
        "association": ["as_categories", "associate", "lifts"],
        "counting": ["effective_number", "imbalance"],
        "facts": ["border_colours", "file_facts"],
        "one_by_one": ["probe_each"],
        "origins": ["Origin", "judge_origin", "read_origins"],
        "probing": ["Probe", "find_proxies", "probe"],
        "remedies": [
            "accuracies",
            "answer_out_of_fold",
            "compare_recalls",
            "over_seeds",
            "recalls",
            "tail_and_head",
            "try_remedies",
            "who_pays",
        ],
        "sampling": ["oversample"],
        "weighting": ["adjust_logits", "class_weights", "image_weights"],
    },
)
