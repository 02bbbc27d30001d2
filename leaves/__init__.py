"""The bundled dataset: rendered photos of leaves with known faults.

The names below load their module on first use.
"""

from importlib import import_module

# Raised by every change that changes the pictures: figures measured on leaves belong to a version.
VERSION = 1

_HOMES = {
    "SPECIES": "leaves.species",
    "Scene": "leaves.photo",
    "build": "leaves.dataset",
    "generate": "leaves.dataset",
    "render_photo": "leaves.photo",
}

__all__ = ["VERSION", *_HOMES]


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'leaves' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
