"""The search for pictures that occur more than once, and what tells two copies from two photos.

Names load their module on first use: the worker processes that compare pictures import this package
and must stay at numpy and Pillow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={"duplicates": ["find_duplicates", "cluster_duplicates", "confirmed"]},
)
