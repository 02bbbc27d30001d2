"""Dividing a dataset so that what is validated on is new: whole specimens, whole duplicates."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "dividing": ["split"],
        "given": ["ensure_split"],
        "joining": ["search_copies"],
        "leaks": ["check_fold", "check_leakage", "describe_leakage"],
        "suggesting": ["suggest_groups"],
        "accepting": ["apply_groups"],
        "planted": ["score_groups", "score_leaks"],
        "sessions": ["group_by_time"],
    },
)
