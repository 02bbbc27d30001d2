"""Tables need the same fixtures as the datasets that they describe."""

from tests.datasets.conftest import ordinary_user, picture, tree, work

__all__ = ["ordinary_user", "picture", "tree", "work"]
