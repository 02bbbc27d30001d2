"""Helpers behind the image-classification dataset workbook.

The names below load their module on first use, so that ``from helpers import open_dataset``
stays fast and loads neither torch nor matplotlib.
"""

from importlib import import_module

_HOMES = {
    "Dataset": "helpers.datasets",
    "DatasetError": "helpers.datasets",
    "open_dataset": "helpers.opening",
    "expect": "helpers.expectations",
}

__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'helpers' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
