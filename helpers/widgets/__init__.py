"""Interactives: thin shells over functions that tests and notebooks can call."""

from helpers.review import review
from helpers.widgets.augment import explore_augmentation
from helpers.widgets.balance import explore_balance
from helpers.widgets.browser import browse
from helpers.widgets.ensembles import compose_ensemble
from helpers.widgets.evaluation import explore_errors
from helpers.widgets.explaining import explore_explanations
from helpers.widgets.fairness import explore_fairness
from helpers.widgets.learning_rate import explore_rates
from helpers.widgets.mapping import explore_map
from helpers.widgets.regularising import explore_cures
from helpers.widgets.splitting import explore_splits
from helpers.widgets.thresholds import explore_decisions
from helpers.widgets.transfer import explore_transfer

__all__ = [
    "browse",
    "compose_ensemble",
    "explore_augmentation",
    "explore_balance",
    "explore_cures",
    "explore_decisions",
    "explore_errors",
    "explore_explanations",
    "explore_fairness",
    "explore_map",
    "explore_rates",
    "explore_splits",
    "explore_transfer",
    "review",
]
