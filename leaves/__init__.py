"""The bundled dataset: rendered photos of leaves with known faults.

The names below load their module on first use.
"""

import lazy_loader

# Raised by every change that changes the pictures: figures measured on leaves belong to a version.
VERSION = 1

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "species": ["SPECIES"],
        "photo": ["Scene", "render_photo"],
        "dataset": ["build", "generate"],
    },
)
__all__ += ["VERSION"]
