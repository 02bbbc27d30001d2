"""Every figure of the workbook: takes a dataset or table, draws on the Axes given, returns it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "style": ["alt", "palette", "use_style"],
        "samples": ["anatomy", "answers", "class_sheet", "contact_sheet", "pairs"],
        "overview": ["class_counts", "issues", "sizes", "workflow"],
        "networks": ["feature_maps", "label_issues", "probes"],
        "balance": [
            "associations",
            "border_pictures",
            "class_recalls",
            "imbalance_bars",
            "probe_results",
            "proxies",
            "remedies",
        ],
        "groups": ["draw_proposals"],
        "preparing": ["effects", "enhanced", "prepared", "sides", "splits_tried"],
        "features": ["by_class", "class_colours", "dataset_map", "held_equal", "separability"],
        "audits": ["canaries", "flag_sheet", "held_out", "promise"],
        "results": ["agreement", "detectors", "measurement", "sweep"],
        "scoreboards": ["scores"],
        "training": ["convolution", "learning_curves", "rate_curves", "rate_finder"],
        "transfer": [
            *("backbones", "backbones_elsewhere", "compare_answers", "differences"),
            *("label_curve", "pretraining", "questions"),
        ],
        "ensembles": ["bill", "pair_gains", "recipe_gains"],
        "probabilities": [
            *("cost_curve", "coverage_draws", "coverages", "paired", "precision_curve"),
            *("reliability_diagram", "risk_curves", "share_errors"),
        ],
        "fairness": ["definitions", "group_changes", "group_metrics", "trade_off"],
        "labelling": ["labelling_curves"],
        "evaluation": [
            *("against_dummy", "baselines", "class_metrics", "confusion", "metric_intervals"),
            "ranking_curves",
        ],
        "explaining": [
            *("explained_errors", "explanations", "looked", "nearest_sheet"),
            "other_grounds",
        ],
        "explanation_tests": [
            *("agreements", "deletion_curves", "explanation_scores", "explanation_study"),
            "weights_check",
        ],
        "subsets": ["most_unlike", "parts", "shifts"],
        "telling": ["telling_features"],
        "augment": ["kept", "policies", "policy_effects", "recalls"],
        "regularising": [
            *("bought", "generalisation_gaps", "overfitting", "search_history", "winners_curse"),
        ],
    },
)
