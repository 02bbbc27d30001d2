"""How a folder, a table or another library's dataset becomes a `Dataset`.

Names load their module on first use, so that opening loads only what it needs.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={"opening": ["open_dataset", "open_folder"]}
)
