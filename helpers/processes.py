"""Worker processes that start afresh: neither forked, nor running the user's script again; and how
many processor cores are free for them, or for threads."""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import SpawnContext, SpawnProcess
from threading import Lock
from types import ModuleType

import psutil

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


class FreeCores:
    """How many processor cores other programs leave free, at each look back to the one before.

    Threads that share every small operation all wait for the one that is not running: beside one
    busy program, two on two cores took longer than one (``benchmarks/threads.py`` measures it).
    """

    def __init__(self) -> None:
        self._me = psutil.Process()
        self._look()

    def _look(self) -> tuple[list[float], float]:
        """Per cent since the last look: of each core by all programs, and of one core by this."""
        return psutil.cpu_percent(percpu=True), self._me.cpu_percent()

    def count(self) -> int:
        """Cores that were free, or used by this process, since the last look; at least 1.

        A core that others use for less than a quarter counts as free.
        """
        every, own = self._look()
        allowed = (
            self._me.cpu_affinity() if hasattr(self._me, "cpu_affinity") else range(len(every))
        )
        busy = [every[core] for core in allowed if core < len(every)]
        others = max(0.0, sum(busy) - own)
        return max(1, int(len(busy) + 0.25 - others / 100))


def count_free_cores(seconds: float = 0.2) -> int:
    """How many cores are free, as looked at for some moments (see `FreeCores`)."""
    cores = FreeCores()
    time.sleep(seconds)
    return cores.count()
