"""Whether a second folder of images is like a first one: files, light, content, classes, copies.

Names load their module on first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "comparing": ["compare_folders", "Comparison"],
        "joining": ["join_datasets"],
        "telling": ["describe_comparison", "describe_facts"],
    },
)
