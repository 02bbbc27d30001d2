"""What is wrong with a folder of images: scan it, flag it, find its duplicates, score the flags.

Names load their module on first use: the worker processes of `scan` import this package and must
stay at numpy and Pillow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "scanning": ["scan"],
        "duplicates": ["find_duplicates", "cluster_duplicates"],
        "truth": ["sweep_distance", "score_against_truth"],
        "quality": ["find_quality_issues", "Thresholds"],
        "outliers": ["find_outliers"],
        "labels": ["find_label_issues"],
    },
)
