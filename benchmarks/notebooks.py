"""Processor seconds of each notebook: its kernel and all processes that it starts.

    python benchmarks/notebooks.py [00 04 …] [--work FOLDER] [--dataset PATH] [--keep FOLDER]

The notebooks are executed in order in one work folder, as a learner runs them, so a later one
finds what an earlier one stored. The bundled dataset is rendered before anything is measured.
Seconds of the clock depend on what else the machine does; processor seconds hardly do, and what
fits in `MOST` of them fits in 45 s on two quiet cores, if both can be kept busy.
"""

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import psutil

from helpers.course import notebooks

MOST = 90
MOMENT = 0.2
"""Seconds between two looks at the processes; what one did after the last look at it is missed."""


def processor_seconds(call: Callable) -> tuple[object, float]:
    """What `call` returns, and the processor seconds of the processes that it started.

    A process that has ended can no longer be asked, so all are asked again and again.
    """
    me, used, done = psutil.Process(), {}, threading.Event()

    def look() -> None:
        while not done.wait(MOMENT):
            for process in me.children(recursive=True):
                try:
                    spent = process.cpu_times()
                except psutil.Error:
                    continue
                used[process.pid, process.create_time()] = spent.user + spent.system

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        return call(), sum(used.values())
    finally:
        done.set()
        watcher.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="*", help="notebooks; all if absent")
    parser.add_argument("--work", type=Path, help="work folder; a fresh one if absent")
    parser.add_argument("--dataset", type=Path, help="run the copies for other data on this folder")
    parser.add_argument("--keep", type=Path, help="write the executed notebooks to this folder")
    options = parser.parse_args()
    stored = sorted(notebooks.STORED.glob("*.ipynb"))
    chosen = [one for one in stored if not options.numbers or one.name[:2] in options.numbers]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as fresh:
        work = options.work or Path(fresh)
        if options.dataset is None:
            os.environ["WORKBOOK_WORK"] = str(work)
            from helpers import open_dataset

            open_dataset("leaves", progress=False)
        for path in chosen:
            start = time.monotonic()
            executed, used = processor_seconds(lambda: run(path, work, options.dataset))  # noqa: B023
            clock = time.monotonic() - start
            verdict = "more than" if used > MOST else "within"
            print(
                f"{path.name}: {used:.0f} processor s, {verdict} {MOST}; {clock:.0f} s", flush=True
            )
            if options.keep is not None:
                options.keep.mkdir(parents=True, exist_ok=True)
                nbformat.write(executed, options.keep / path.name)


def run(path: Path, work: Path, dataset: Path | None) -> object:
    """The executed notebook, up to the cell that raised, if one did."""
    from nbclient.exceptions import CellExecutionError

    try:
        return notebooks.run(path, work, dataset)
    except CellExecutionError as error:
        print(f"{path.name} stopped: {str(error)[-2000:]}")
        return nbformat.v4.new_notebook()


if __name__ == "__main__":
    main()
