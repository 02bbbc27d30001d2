"""Datasets: one row per image, opened from anywhere, never changed on disk.

Names load their module on first use, so that worker processes import only what they need.
"""

from importlib import import_module

_HOMES = {
    "Dataset": "dataset",
    "DatasetError": "storage",
    "TestSplitClosed": "dataset",
    "work_folder": "storage",
    "open_dataset": "opening",
    "read_rgb": "pixels",
    "to_rgb": "pixels",
    "saved": "steps",
    "DecisionLog": "decisions",
    "apply_decisions": "decisions",
    "default_decisions": "course_decisions",
    "export": "exporting",
}

__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'helpers.datasets' has no attribute {name!r}")
    return getattr(import_module(f"helpers.datasets.{_HOMES[name]}"), name)
