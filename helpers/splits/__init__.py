"""Dividing a dataset so that what is validated on is new: whole specimens, whole duplicates."""

from importlib import import_module

from helpers.splits.dividing import ensure_split, split

__all__ = ["apply_groups", "ensure_split", "split", "suggest_groups"]


def __getattr__(name: str):
    homes = {"apply_groups": "accepting", "suggest_groups": "suggesting"}
    if name not in homes:
        raise AttributeError(f"module 'helpers.splits' has no attribute {name!r}")
    return getattr(import_module(f"helpers.splits.{homes[name]}"), name)
