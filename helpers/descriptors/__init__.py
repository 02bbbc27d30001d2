"""Hand-made descriptors of colour, texture and form, for one image or for a whole dataset."""

from importlib import import_module

_HOMES = {
    "colour": ("colour_histogram", "colour_moments", "dominant_colours"),
    "texture": ("grey_cooccurrence", "local_binary_patterns"),
    "form": ("find_foreground", "oriented_gradients", "region_shape"),
    "table": ("describe", "separability"),
}
__all__ = [name for names in _HOMES.values() for name in names]


def __getattr__(name: str):
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"helpers.descriptors.{module}"), name)
    raise AttributeError(f"module 'helpers.descriptors' has no attribute {name!r}")
