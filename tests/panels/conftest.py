"""Panels are driven with the same small datasets as the widgets made of them."""

from tests.widgets.conftest import make_dataset, trees, work

__all__ = ["make_dataset", "trees", "work"]
