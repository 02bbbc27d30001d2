"""Who is served worse: groups named beforehand, metrics by group, and remedies with their price."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "groups": ["Shortcut", "find_shortcut", "group_values", "name_groups", "trade_groups"],
        "metrics": [
            *("DEFINITIONS", "compare_gaps", "group_metrics", "measure_gaps", "score_groups"),
        ],
        "offsets": ["CONSTRAINTS", "Margins", "Offsets", "find_offsets"],
        "paying": [
            *("change_by_chance", "count_groups", "lowest_part", "over_seeds", "standing"),
            "who_pays",
        ],
        "remedies": [
            *("REMEDIES", "answer", "cross_fit", "fit_remedies", "group_dro"),
            "retrain_last_layer",
        ],
        "thresholds": ["add_offsets", "optimise_thresholds", "values_at_use"],
    },
)
