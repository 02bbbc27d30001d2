"""What a report says of files and labels, and what every section of it is made of.

Names load their module on first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "sections": ["Finding", "Section"],
    },
)
