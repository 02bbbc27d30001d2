"""Scan a dataset: one pass over its files, in parallel, that nothing in them can stop."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, ProcessPoolExecutor, wait
from pathlib import Path

import pandas as pd
from tqdm.auto import tqdm

from helpers.audit import decoding, hashes, measuring
from helpers.audit.measuring import measure_files, prepare_worker
from helpers.datasets import pixels, steps
from helpers.processes import start_workers

COLUMNS = {
    "readable": "bool",
    "problem": "str",
    "note": "str",
    "format": "str",
    "mode": "str",
    "frames": "Int64",
    "width": "Int64",
    "height": "Int64",
    "orientation": "Int64",
    "taken": "datetime64[ms]",
    "gps": "boolean",
    "bytes": "Int64",
    "sha256": "str",
    "brightness": "float64",
    "darkest": "float64",
    "shadows": "float64",
    "midtones": "float64",
    "highlights": "float64",
    "brightest": "float64",
    "detail_brightness": "float64",
    "clipped": "float64",
    "contrast": "float64",
    "saturation": "float64",
    "colourfulness": "float64",
    "entropy": "float64",
    "sharpness": "float64",
    "local_sharpness": "float64",
    "phash": "str",
    "dhash": "str",
    "thumbnail": "object",
}
PART_ROWS = 5_000


def scan(
    dataset,
    *,
    executor: Executor | None = None,
    workers: int = 2,
    progress: bool = True,
    chunk: int = 64,
    seconds: float = 60.0,
    measure: Callable[..., list[dict]] = measure_files,
) -> pd.DataFrame:
    """Measure every file of a dataset once; the result is kept as a step and reloaded.

    Parameters
    ----------
    dataset : Dataset
    executor : concurrent.futures.Executor, optional
        Where batches run; by default a pool of `workers` new processes, in which a file that
        crashes or hangs its decoder is found and reported. On threads or a cluster such a file
        is the executor's to deal with.
    workers : int
        Processes of the default pool; 0 measures in this process.
    progress : bool
        Draw a bar once the scan has taken two seconds.
    chunk : int
        Files in a batch.
    seconds : float
        A batch that takes longer is taken apart, and a single file that does is given up.
    measure : callable
        What measures a batch of paths; for tests.

    Returns
    -------
    DataFrame indexed by image_id, one row per image, in the order of ``dataset.images``:

    - readable (bool); problem: why not, continuing "this file …"; note: what is odd about a file
      that can be read (its extension, its checksums)
    - format, mode (``RGB;16`` for 16-bit colour), frames, width, height (pixels as stored),
      orientation (EXIF, 1–8), taken (EXIF DateTimeOriginal), gps (whether a position is recorded),
      bytes, sha256
    - from a grey copy of 128 to 255 px, 0 (black) to 1 (white): brightness (mean),
      darkest, shadows, midtones, highlights, brightest (1st, 5th, 50th, 95th, 99th percentile),
      contrast (standard deviation); detail_brightness: mean where the picture changes, weighted by
      how much, so that a plain background does not count; clipped: share of pixels
      above 250/255; entropy: of the grey levels, 0–8 bits
    - saturation: mean HSV saturation, 0–1; colourfulness: Hasler & Süsstrunk (2003), about 0–110
    - sharpness: variance of the Laplacian, grey levels²; local_sharpness: change over one pixel
      against change over four, in the sharpest tenth of tiles and the worse of two directions,
      about 1 for a crisp edge and 0.3 for one blurred over 3 px; missing where nothing has edges
    - phash, dhash: 64-bit hashes of the upright picture in hexadecimal, as in `imagehash`;
      thumbnail: 16 × 16 grey levels, 256 bytes

    Values that cannot be known are missing. Files are never written. An interrupted scan resumes.
    """
    code = (decoding, hashes, measuring, pixels, sys.modules[__name__], measure)
    parts = (
        dataset.work / f"scan-{steps.step_key(dataset, inputs=(), code=code, table=False)}.parts"
    )

    def build() -> pd.DataFrame:
        return _scan_files(dataset, parts, executor, workers, progress, chunk, seconds, measure)

    return steps.saved(dataset, "scan", build, code=code, schema=COLUMNS, table=False)


def _scan_files(dataset, parts, executor, workers, progress, chunk, seconds, measure):
    parts.mkdir(parents=True, exist_ok=True)
    done = _read_parts(parts)
    todo = dataset.images.index.difference(done, sort=False)
    paths = {image_id: str(dataset.path(image_id)) for image_id in todo}
    batches = [list(todo[at : at + chunk]) for at in range(0, len(todo), chunk)]
    bar = tqdm(total=len(dataset.images), initial=len(done), unit="image", desc="scan", delay=2,
               disable=not progress)  # fmt: skip
    rows: list[dict] = []
    runner = _run_batches(batches, paths, executor, workers, seconds, measure)
    try:
        with bar:
            for batch, measured in runner:
                rows += [{"image_id": i} | row for i, row in zip(batch, measured, strict=True)]
                bar.update(len(batch))
                if len(rows) >= PART_ROWS:
                    _write_part(parts, rows)
                    rows = []
    finally:
        if rows:
            _write_part(parts, rows)
    table = _join_parts(parts).reindex(dataset.images.index)
    shutil.rmtree(parts, ignore_errors=True)
    return table


def _run_batches(batches, paths, executor, workers, seconds, measure) -> Iterator[tuple]:
    """Yield (ids, rows) as they finish, never more than a few batches ahead of the reader."""
    if executor is None and workers == 0:
        for batch in batches:
            yield batch, measure([paths[i] for i in batch], seconds)
        return
    waiting = list(reversed(batches))
    while waiting:
        suspects = yield from _run_until_broken(waiting, paths, executor, workers, seconds, measure)
        for image_id in suspects:
            yield [image_id], [_measure_alone(paths[image_id], seconds, measure)]


def _run_until_broken(waiting, paths, executor, workers, seconds, measure):
    """Run batches until none is left or the pool dies; return the ids that may have killed it."""
    pool = executor or _start_pool(workers)
    ahead = 4 * (getattr(pool, "_max_workers", None) or workers or 2)
    running: dict = {}
    suspects: list[str] = []
    try:
        while waiting or running:
            while waiting and len(running) < ahead:
                batch = waiting.pop()
                running[pool.submit(measure, [paths[i] for i in batch], seconds)] = batch
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                batch = running.pop(future)
                yield batch, future.result()
    except BrokenExecutor:
        if executor is not None:
            raise
        suspects = [i for left in [batch, *running.values()] for i in left]
    finally:
        if executor is None:
            pool.shutdown(wait=True, cancel_futures=True)
    return suspects


def _measure_alone(path: str, seconds: float, measure) -> dict:
    """Give one file a process of its own; what kills that process is the file's fault."""
    with _start_pool(1) as pool:
        try:
            return pool.submit(measure, [path], seconds).result()[0]
        except BrokenExecutor:
            reason = f"makes its decoder crash, or run for more than {seconds:g} seconds"
            return {"readable": False, "problem": reason}


def _start_pool(workers: int) -> ProcessPoolExecutor:
    pool = start_workers(workers, prepare_worker)
    pool.submit(os.getpid).result()  # processes that cannot start are no fault of a file
    return pool


def _as_table(rows: list[dict]) -> pd.DataFrame:
    table = pd.DataFrame(rows).set_index("image_id").reindex(columns=list(COLUMNS))
    table["taken"] = pd.to_datetime(table["taken"], format="%Y:%m:%d %H:%M:%S", errors="coerce")
    return table.astype(COLUMNS)


def _write_part(parts: Path, rows: list[dict]) -> None:
    name = f"{len(list(parts.glob('*.parquet'))):05d}.parquet"
    unfinished = parts / f"{name}.{os.getpid()}"
    _as_table(rows).to_parquet(unfinished)
    os.replace(unfinished, parts / name)


def _read_parts(parts: Path) -> pd.Index:
    ids = []
    for part in sorted(parts.glob("*.parquet")):
        try:
            ids.append(pd.read_parquet(part, columns=["bytes"]).index)
        except Exception:
            part.unlink()
    return pd.Index([], name="image_id").append(ids) if ids else pd.Index([], name="image_id")


def _join_parts(parts: Path) -> pd.DataFrame:
    tables = [pd.read_parquet(part) for part in sorted(parts.glob("*.parquet"))]
    table = pd.concat(tables) if tables else _as_table([{"image_id": "none"}]).iloc[:0]
    return table[~table.index.duplicated()]
