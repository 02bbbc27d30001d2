"""A line that says what is being done and for how long, where no bar can say how much is left."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from tqdm.auto import tqdm

FIRST, EVERY = 2.0, 1.0
"""Seconds after which the line appears, and between two of its changes."""


@contextlib.contextmanager
def waiting(words: str, progress: bool = True) -> Iterator[None]:
    """Show `words` and the time that has passed, while what stands inside takes its time.

    The line appears after two seconds, changes every second by itself, and is gone at the end; bars
    that are drawn inside appear below it.

    Parameters
    ----------
    words : str
        What is being done, for whoever waits for it.
    progress : bool
        Off: nothing is shown.
    """
    if not progress:
        yield
        return
    form = "{desc} ({elapsed})"
    bar = tqdm(desc=words, bar_format=form, delay=FIRST, leave=False)
    # tqdm's own names for these, so that whoever silences all bars by them silences this one.
    first, every = max(FIRST, bar.mininterval), max(EVERY, bar.mininterval)
    ended = threading.Event()

    def show() -> None:
        pause = first
        while not ended.wait(pause):
            bar.refresh()
            bar.delay = 0  # it is on the screen now, and is to be wiped away at the end
            pause = every

    shower = threading.Thread(target=show, daemon=True)
    shower.start()
    try:
        yield
    finally:
        ended.set()
        shower.join()
        bar.close()
