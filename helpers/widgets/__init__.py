"""Interactives: thin shells over functions that tests and notebooks can call."""

from helpers.widgets.browser import browse
from helpers.widgets.reviewer import review

__all__ = ["browse", "review"]
