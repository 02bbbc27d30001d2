"""Scan a dataset: one pass over its files, in parallel, that nothing in them can stop."""

import shutil
import sys
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from uuid import uuid4

import pandas as pd
from tqdm.auto import tqdm

from helpers.audit import batches, decoding, edges, hashes, measuring
from helpers.audit.measuring import measure_files
from helpers.datasets import pixels, steps

_LIGHT = ["brightness", *measuring.PERCENTILES, "detail_brightness", "clipped", "contrast"]
_CHANGE = ["saturation", "colourfulness", "entropy", "sharpness", "edge_width"]
COLUMNS = {
    "readable": "bool",
    **dict.fromkeys(["problem", "note", "format", "mode"], "str"),
    **dict.fromkeys(["frames", "width", "height", "orientation"], "Int64"),
    "taken": "datetime64[ms]",
    "gps": "boolean",
    "bytes": "Int64",
    "sha256": "str",
    **dict.fromkeys([*_LIGHT, *_CHANGE], "float64"),
    **dict.fromkeys(["phash", "dhash"], "str"),
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
    - sharpness: variance of the Laplacian, grey levels²; edge_width: pixels over which the sharpest
      among the strongest edges rise, in the worse of two directions, from 1 for a step to 12;
      missing where nothing has an edge
    - phash, dhash: 64-bit hashes of the upright picture in hexadecimal, as in `imagehash`;
      thumbnail: 16 × 16 grey levels, 256 bytes

    Values that cannot be known are missing. Files are never written. An interrupted scan resumes.
    """
    code = (batches, decoding, edges, hashes, measuring, pixels, sys.modules[__name__], measure)
    key = steps.step_key(dataset, inputs=(), code=code, table=False)
    run = {"executor": executor, "workers": workers, "seconds": seconds}

    def build() -> pd.DataFrame:
        return _scan_files(
            dataset, dataset.work / f"scan-{key}.parts", progress, chunk, measure, run
        )

    return steps.saved(dataset, "scan", build, code=code, schema=COLUMNS, table=False)


def _scan_files(dataset, parts: Path, progress, chunk, measure, run) -> pd.DataFrame:
    parts.mkdir(parents=True, exist_ok=True)
    tables = [_as_table([])]
    tables += [steps.read_table(part, COLUMNS) for part in parts.glob("*.parquet")]
    done = pd.concat(tables)  # a damaged part is None, and passed over
    todo = dataset.images.index.difference(done.index, sort=False)
    tables, rows = [done], []

    def keep() -> None:
        tables.append(_as_table(rows))
        steps.write_table(tables[-1], parts / f"{uuid4().hex}.parquet")
        rows.clear()

    bar = tqdm(total=len(dataset.images), initial=len(done), unit="image", desc="scan", delay=2,
               disable=not progress)  # fmt: skip
    todo = [list(todo[at : at + chunk]) for at in range(0, len(todo), chunk)]
    try:
        with bar:
            for batch, measured in batches.run_batches(
                todo, lambda image_id: str(dataset.path(image_id)), measure, **run
            ):
                rows += [{"image_id": i} | row for i, row in zip(batch, measured, strict=True)]
                bar.update(len(batch))
                if len(rows) >= PART_ROWS:
                    keep()
    finally:
        if rows:
            keep()
    shutil.rmtree(parts, ignore_errors=True)
    return pd.concat(tables).reindex(dataset.images.index)


def _as_table(rows: list[dict]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["image_id", *COLUMNS]).set_index("image_id")
    table["taken"] = pd.to_datetime(table["taken"], format="%Y:%m:%d %H:%M:%S", errors="coerce")
    return table.astype(COLUMNS)
