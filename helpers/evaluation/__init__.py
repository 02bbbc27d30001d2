"""How good a model's answers are, how sure we can be of it, and the scoreboard."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "abstaining": ["confidence_for", "risk_at", "risk_coverage"],
        "calibration": [
            *("apply_temperature", "brier_scores", "calibration_error", "calibration_floor"),
            *("find_biases", "find_temperature", "loss_changes", "mend"),
            "reliability",
        ],
        "conformal": [
            *("conformal_limit", "conformal_sets", "coverage", "coverage_by"),
            "simulate_coverage",
        ],
        "comparing": ["Difference", "between_parts", "compare_losses", "compare_scores"],
        "intervals": ["Interval", "accuracy_interval", "score_each"],
        "bootstrap": ["bootstrap_metrics", "compare_metrics"],
        "confusions": ["class_metrics", "order_classes", "overall_metrics", "score_classes"],
        "metrics": ["balanced_accuracy"],
        "needed": ["groups_needed", "groups_needed_of_metric"],
        "parts": ["score_parts", "surest_errors"],
        "questions": [
            "against_dummy",
            "always",
            "one_against_rest",
            "select_marked",
        ],
        "shift": ["find_shift"],
        "predictions": ["check_predictions", "classes_of", "probabilities", "read_predictions"],
        "prevalence": [
            *("class_shares", "compare_estimates", "correct_prevalence", "estimate_prevalence"),
            *("marked_rows", "plant_prevalences", "precision_at", "prevalence_gains"),
            "share_error",
        ],
        "thresholds": [
            *("at_threshold", "choose_threshold", "cost_changes", "cost_matrix"),
            *("decision_costs", "mark_thresholds", "rarest", "sweep_thresholds", "threshold_of"),
        ],
        "scoreboards": ["SCORE_COLUMNS", "add_score", "comparability", "scoreboard"],
    },
)
