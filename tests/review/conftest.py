"""The review is driven with the same small datasets as the other widgets."""

from tests.widgets.conftest import make_dataset, trees, work

__all__ = ["make_dataset", "trees", "work"]
