"""What each notebook claims about its results, in one call at its end: ``claims.check("02", …)``.

The claims of notebook 02 are in ``notebook_02.py``, a function ``claims(dataset, …)`` that takes
the notebook's tables and numbers by name and yields a `Claim` for each statement of the prose.
``studies/claims.py`` measures all of them on five collections of leaves.
"""

from helpers.course.claims.framework import check, loose, measured_range, notebooks
from helpers.course.expectations import Claim

__all__ = ["Claim", "check", "loose", "measured_range", "notebooks"]
