"""Dividing a dataset so that what is validated on is new: whole specimens, whole duplicates."""

from helpers.splits.dividing import ensure_split, split

__all__ = ["ensure_split", "split"]
