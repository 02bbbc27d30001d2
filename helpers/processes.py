"""Worker processes that start afresh: neither forked, nor running the user's script again."""

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import SpawnContext, SpawnProcess
from threading import Lock
from types import ModuleType

_starting = Lock()


class _Worker(SpawnProcess):
    def start(self) -> None:
        # What a new process would run again is the module called "__main__" at this moment.
        with _starting:
            script = sys.modules["__main__"]
            sys.modules["__main__"] = ModuleType("__main__")
            try:
                super().start()
            finally:
                sys.modules["__main__"] = script


class _Workers(SpawnContext):
    Process = _Worker


def start_workers(
    count: int, initializer: Callable[[], object] | None = None
) -> ProcessPoolExecutor:
    """A pool of `count` new processes, for scripts with or without a main guard and for notebooks.

    Forked processes may deadlock once torch has started threads. Spawned ones first run the user's
    script again, which a script without ``if __name__ == "__main__"`` does not survive; these do
    not, so what they are given must come from a module that can be imported.

    Parameters
    ----------
    count : int
        The most processes at a time; they start as work comes in.
    initializer : callable, optional
        Called once in each process before its first work.

    Returns
    -------
    ProcessPoolExecutor
        Use it in a ``with`` block, which waits for its work and ends its processes.
    """
    return ProcessPoolExecutor(count, _Workers(), initializer)
