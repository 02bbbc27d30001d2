"""Several models that answer together, and what that costs."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "answering": ["answers_of"],
        "joining": ["Ensemble", "EightViews", "as_learner", "average_weights"],
        "voting": ["choose_weights", "disagreement", "losses", "score_pairs", "vote"],
        "distilling": ["distil"],
        "costs": ["measure_cost"],
    },
)
