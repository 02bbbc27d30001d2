"""Dividing a dataset so that what is validated on is new: whole specimens, whole duplicates."""

from helpers.splits.dividing import split
from helpers.splits.given import ensure_split
from helpers.splits.leaks import check_leakage, describe_leakage

__all__ = ["check_leakage", "describe_leakage", "ensure_split", "split"]
