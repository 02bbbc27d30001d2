"""Work on files that may crash or hang their decoders, in worker processes, and find the culprit.

Worker processes import this module: the standard library only.
"""

import contextlib
import faulthandler
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, ProcessPoolExecutor, wait

from helpers.processes import start_workers

_own_process = False
_lock, _depth, _saved = threading.Lock(), 0, -1


def run_batches(
    batches: list[list],
    task: Callable,
    work: Callable[[list, float], list[dict]],
    *,
    executor: Executor | None = None,
    workers: int = 2,
    seconds: float = 60.0,
) -> Iterator[tuple[list, list[dict]]]:
    """Yield (keys, rows) as batches finish, never more than a few ahead of the reader.

    Parameters
    ----------
    batches : list of lists of keys
    task : callable
        What `work` is given for a key; asked only when a batch is handed out.
    work : callable
        Takes a list of tasks and `seconds`, which it passes to `guard`; returns a dict for each.
    executor : concurrent.futures.Executor, optional
        By default a pool of `workers` new processes (0: this process). When a file kills one of
        those, the batches under way are done again one task at a time, and a task that kills its
        process once more yields ``{"readable": False, "problem": …}``.
    seconds : float
        After this long in one batch, a worker process of the default pool ends itself.
    """
    if executor is None and workers == 0:
        for batch in batches:
            yield batch, work([task(key) for key in batch], seconds)
        return
    waiting = list(reversed(batches))
    while waiting:
        suspects = yield from _run_until_broken(waiting, task, work, executor, workers, seconds)
        while suspects:
            yield from _run_singly(suspects, task, work, seconds)


def _run_until_broken(waiting, task, work, executor, workers, seconds):
    """Run batches until none is left or the pool dies; return the keys that may have killed it."""
    pool = executor or _start_pool(workers)
    ahead = 4 * (getattr(pool, "_max_workers", None) or workers or 2)
    running: dict = {}
    try:
        while waiting or running:
            while waiting and len(running) < ahead:
                batch = waiting.pop()
                running[pool.submit(work, [task(key) for key in batch], seconds)] = batch
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                batch = running.pop(future)
                yield batch, future.result()
    except BrokenExecutor:
        if executor is not None:
            raise
        return [key for left in [batch, *running.values()] for key in left]
    finally:
        if executor is None:
            pool.shutdown(wait=True, cancel_futures=True)


def _run_singly(suspects, task, work, seconds):
    """Do one task at a time in one process; what kills that process is the task's fault."""
    with _start_pool(1) as pool:
        while suspects:
            key = suspects.pop()
            try:
                rows = pool.submit(work, [task(key)], seconds).result()
            except BrokenExecutor:
                problem = f"makes its decoder crash, or run for more than {seconds:g} seconds"
                yield [key], [{"readable": False, "problem": problem}]
                return
            yield [key], rows


def _start_pool(workers: int) -> ProcessPoolExecutor:
    pool = start_workers(workers, _prepare_worker)
    pool.submit(os.getpid).result()  # processes that cannot start are no fault of a file
    return pool


def _prepare_worker() -> None:
    global _own_process
    _own_process = True


@contextlib.contextmanager
def guard(seconds: float):
    """Keep decoders silent and, in a worker process of `run_batches`, from running on for ever.

    Decoders written in C cannot be interrupted: after `seconds` the worker ends itself.
    """
    with _quiet():
        if _own_process:
            faulthandler.dump_traceback_later(seconds, exit=True)
        try:
            yield
        finally:
            if _own_process:
                faulthandler.cancel_dump_traceback_later()


@contextlib.contextmanager
def _quiet():
    """Send what C libraries write to file descriptor 2 to nowhere, counting nested threads."""
    global _depth, _saved
    with _lock:
        if _depth == 0:
            sys.stderr and sys.stderr.flush()
            try:
                _saved = os.dup(2)
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, 2)
                os.close(nowhere)
            except OSError:
                _saved = -1
        _depth += 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0 and _saved >= 0:
                os.dup2(_saved, 2)
                os.close(_saved)
