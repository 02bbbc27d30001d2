"""What is wrong with a folder of images: scan it, flag it, find its duplicates, score the flags.

Names load their module on first use: the worker processes of `scan` import this package and must
stay at numpy and Pillow.
"""

from importlib import import_module

import lazy_loader

_load, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "scanning": ["scan"],
        "truth": [
            "sweep_distance",
            "score_against_truth",
            "score_detectors",
            "score_label_lists",
            "wrong_labels",
        ],
        "quality": ["find_quality_issues", "summarise_quality", "Thresholds"],
        "outliers": ["find_outliers"],
        "labels": ["find_label_issues", "find_conflicts"],
        "doubts": ["describe_doubts"],
        "sampling": ["draw_sample", "judge_sample"],
        "suspects": ["list_suspects"],
        "annotators": ["measure_agreement", "simulate_annotator"],
    },
)
_COPIES = ["find_duplicates", "cluster_duplicates"]
__all__ += _COPIES


def __getattr__(name: str):
    if name in _COPIES:  # a part of the audit that is large enough for a room of its own
        return getattr(import_module("helpers.copies"), name)
    return _load(name)
