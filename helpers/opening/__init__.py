"""How a folder, a table or another library's dataset becomes a `Dataset`.

Names load their module on first use, so that opening loads only what it needs.
"""

from importlib import import_module

_HOMES = {"open_dataset": "opening", "open_folder": "opening"}

__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'helpers.opening' has no attribute {name!r}")
    return getattr(import_module(f"helpers.opening.{_HOMES[name]}"), name)
