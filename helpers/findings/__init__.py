"""What a report says: a section for each question, with its findings, from the evidence.

Names load their module on first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "needs": ["read_needs", "Need", "Needs"],
        "sections": ["Finding", "Section"],
    },
)
