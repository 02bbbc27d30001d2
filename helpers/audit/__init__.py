"""What is wrong with a folder of images: scan it, flag it, find its duplicates, score the flags.

Names load their module on first use: the worker processes of `scan` import this package and must
stay at numpy and Pillow.
"""

from importlib import import_module

_HOMES = {
    "scan": "helpers.audit.scanning",
    "find_duplicates": "helpers.audit.duplicates",
    "cluster_duplicates": "helpers.audit.duplicates",
    "sweep_distance": "helpers.audit.truth",
    "find_quality_issues": "helpers.audit.quality",
    "summarise_quality": "helpers.audit.quality",
    "Thresholds": "helpers.audit.quality",
    "find_outliers": "helpers.audit.outliers",
    "find_label_issues": "helpers.audit.labels",
    "describe_doubts": "helpers.audit.labels",
    "score_against_truth": "helpers.audit.truth",
}

__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'helpers.audit' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
