"""What a report and a dashboard measure of a dataset, each table once and kept on disk: the audit,
the models, and what a time budget pays for.

Names load their module on first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "audited": ["Evidence"],
        "learned": ["Learned"],
    },
)
