"""From a folder of images to a decision: one report, as data and as a page.

Names load their module on first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "building": ["build_report", "Report"],
    },
)
