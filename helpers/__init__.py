"""Helpers behind the image-classification dataset workbook.

The names below load their module on first use, so that ``from helpers import open_dataset``
stays fast and loads neither torch nor matplotlib.
"""

import warnings

import lazy_loader

# Libraries on themselves, or on speed in a table of a few hundred rows: a reader can do nothing.
warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated")
warnings.filterwarnings("ignore", message="indexing past lexsort depth")

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "datasets": ["Dataset", "DatasetError"],
        "opening": ["open_dataset"],
        "course.expectations": ["expect"],
    },
)
