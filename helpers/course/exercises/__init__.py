"""The exercises of the notebooks: checks that name the mistake, hints that escalate, solutions.

``exercises.check("02.1", answer, dataset)`` prints what is right or wrong about an answer. What
is said about the exercises of notebook 02 is in ``notebook_02.toml``; how an answer that is not a
mere choice of words is judged is in ``notebook_02.py``.
"""

from helpers.course.exercises.framework import (
    Exercise,
    Verdict,
    check,
    find,
    hint,
    judge,
    keys,
    solution,
)

__all__ = ["Exercise", "Verdict", "check", "find", "hint", "judge", "keys", "solution"]
