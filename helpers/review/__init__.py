"""The review: suspects one at a time or as a grid, by key or by mouse, into the decision log."""

from helpers.review.reviewer import Reviewer, review, review_of

__all__ = ["Reviewer", "review", "review_of"]
