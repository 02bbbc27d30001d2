"""Datasets: one row per image, opened from anywhere, never changed on disk.

Names load their module on first use, so that worker processes import only what they need.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "dataset": ["Dataset", "TestSplitClosed"],
        "storage": ["DatasetError", "work_folder"],
        "opening": ["open_dataset"],
        "pixels": ["read_rgb", "to_rgb"],
        "steps": ["saved"],
        "decisions": ["DecisionLog", "apply_decisions", "default_decisions"],
    },
)
