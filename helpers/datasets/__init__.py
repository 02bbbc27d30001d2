"""Datasets: one row per image, opened from anywhere, never changed on disk.

Names load their module on first use, so that worker processes import only what they need.
"""

from importlib import import_module

import lazy_loader

_load, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "dataset": ["Dataset", "TestSplitClosed"],
        "storage": ["DatasetError", "work_folder"],
        "pixels": ["read_rgb", "to_rgb"],
        "steps": ["saved"],
        "decisions": ["DecisionLog"],
        "applying": ["apply_decisions"],
        "course_decisions": ["default_decisions"],
        "exporting": ["export"],
    },
)
__all__ += ["open_dataset"]


def __getattr__(name: str):
    if name == "open_dataset":  # opening stands on datasets, so it lives in a room of its own
        return import_module("helpers.opening").open_dataset
    return _load(name)
