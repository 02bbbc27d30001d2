"""One answer for each of many keys, made in worker processes, with a progress bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tqdm.auto import tqdm

from helpers.audit import batches


def work_on(
    keys: Sequence,
    task: Callable,
    work: Callable[[list, float], list[dict]],
    size: int,
    *,
    title: str,
    unit: str = "image",
    workers: int = 2,
    progress: bool = True,
) -> list[dict]:
    """What `work` makes of the `task` of each key, in the order of the keys.

    Parameters
    ----------
    keys : sequence of hashables
    task, work, workers
        As for `helpers.audit.batches.run_batches`.
    size : int
        Keys that are handed out at once.
    title, unit : str
        What the bar says.
    progress : bool
        Draw a bar once two seconds have passed.
    """
    keys = list(keys)
    parts = [keys[at : at + size] for at in range(0, len(keys), size)]
    rows = {}
    with tqdm(total=len(keys), unit=unit, desc=title, delay=2, disable=not progress) as bar:
        for done, made in batches.run_batches(parts, task, work, workers=workers):
            rows.update(zip(done, made, strict=True))
            bar.update(len(done))
    return [rows[key] for key in keys]
