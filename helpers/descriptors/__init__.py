"""Hand-made descriptors of colour, texture and form, for one image or for a whole dataset."""

from importlib import import_module

_HOMES = {
    "colour_histogram": "colour",
    "colour_moments": "colour",
    "dominant_colours": "colour",
    "local_binary_patterns": "texture",
    "grey_cooccurrence": "texture",
    "oriented_gradients": "form",
    "find_foreground": "form",
    "region_shape": "form",
    "describe": "table",
    "separability": "table",
}

__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'helpers.descriptors' has no attribute {name!r}")
    return getattr(import_module(f"helpers.descriptors.{_HOMES[name]}"), name)
