"""What a model is needed for: as it is asked, and held against the answers of a model.

Names load their module on first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "asking": ["read_needs", "Need", "Needs"],
    },
)
