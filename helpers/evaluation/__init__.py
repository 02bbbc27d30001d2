"""How good a model's answers are, how sure we can be of it, and the scoreboard."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "intervals": [
            "Interval",
            "Difference",
            "accuracy_interval",
            "compare_losses",
            "compare_scores",
            "score_each",
        ],
        "bootstrap": ["bootstrap_metrics", "compare_metrics"],
        "confusions": ["class_metrics", "overall_metrics", "score_classes"],
        "metrics": ["balanced_accuracy"],
        "parts": ["order_classes", "score_parts", "surest_errors"],
        "questions": [
            "against_dummy",
            "always",
            "held_out",
            "one_against_rest",
            "select_marked",
        ],
        "shift": ["find_shift"],
        "predictions": ["check_predictions", "classes_of", "probabilities", "read_predictions"],
        "scoreboards": ["SCORE_COLUMNS", "add_score", "comparability", "scoreboard"],
    },
)
