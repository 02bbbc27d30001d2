"""Loading modules on first use without what libraries say of themselves when they are imported."""

import warnings
from collections.abc import Callable
from typing import Any


def load_quietly(load: Callable[[str], Any]) -> Callable[[str], Any]:
    """A package's ``__getattr__``: `load`, as from ``lazy_loader.attach``, without warnings.

    fastai and torchvision warn about themselves, which a notebook would show above its first cell.
    """

    def getattr_quietly(name: str) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load(name)

    return getattr_quietly
