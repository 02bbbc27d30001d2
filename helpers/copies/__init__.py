"""The search for pictures that occur more than once, and what tells two copies from two photos.

Names load their module on first use: the worker processes that compare pictures import this package
and must stay at numpy and Pillow.
"""

from importlib import import_module

_HOMES = {
    "find_duplicates": "helpers.copies.duplicates",
    "cluster_duplicates": "helpers.copies.duplicates",
    "confirmed": "helpers.copies.duplicates",
}

__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'helpers.copies' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
