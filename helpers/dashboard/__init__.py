"""The workbook without its code: one page in the browser, from a folder to an export.

Names load their module on first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "page": ["Dashboard", "build_dashboard", "show_dashboard"],
        "serving": ["serve"],
    },
)
