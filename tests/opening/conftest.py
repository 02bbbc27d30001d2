"""Opening needs the same fixtures as the datasets that it makes."""

from tests.datasets.conftest import ordinary_user, picture, tree, work

__all__ = ["ordinary_user", "picture", "tree", "work"]
