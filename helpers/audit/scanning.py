"""Scan a dataset: one pass over its files, in parallel, that nothing in them can stop."""

import hashlib
import inspect
import sys
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

import pandas as pd
from tqdm.auto import tqdm

from helpers.audit import batches, edges, hashes, measuring
from helpers.audit.measuring import measure_files
from helpers.datasets import containers, decoding, pixels, steps
from helpers.datasets.storage import locked, make_folder

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
    **dict.fromkeys(["highest", "levels"], "Int64"),
    **dict.fromkeys([*_LIGHT, *_CHANGE], "float64"),
    **dict.fromkeys(["phash", "dhash"], "str"),
    "thumbnail": "object",
}
PART_ROWS = 5_000
_STORED = COLUMNS | {"facts": "str"}
_READING = (containers, decoding, pixels)


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
    """Measure every file of a dataset once; rows are kept, and only new and changed files measured.

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
    - highest: the greatest value in a picture of 16-bit numbers; levels: what was taken for white
      in all of those, decided by the whole dataset (`Dataset.levels`); missing for other pictures
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

    Values that cannot be known are missing. ``attrs["notes"]`` says what was concluded about all.
    Files are never written. An interrupted scan resumes.
    """
    code = (batches, *_READING, edges, hashes, measuring, sys.modules[__name__], measure)
    source = "".join(inspect.getsource(thing) for thing in code)
    folder = dataset.work / f"scan-{hashlib.sha256(source.encode()).hexdigest()[:12]}"
    run = {"executor": executor, "workers": workers, "seconds": seconds}
    with locked(folder):
        rows = _Rows(dataset, make_folder(folder), chunk, progress, run)
        rows.measure(dataset.images.index.difference(rows.index, sort=False), measure)
        deep = rows.deep_elsewhere()
        if len(deep):
            rows.measure(deep, partial(measure, levels=dataset.levels))
        table = rows.keep()
    table.attrs["notes"] = say_levels(table)
    return table


def say_levels(scanned: pd.DataFrame) -> list[str]:
    """One sentence on what was taken for white in pictures of 16 bits; none where all 16 are used.

    Parameters
    ----------
    scanned : DataFrame
        What `scan` returned.
    """
    deep = scanned[scanned["highest"].notna()]
    if deep.empty or (level := int(deep["levels"].iloc[0])) == pixels.LEVELS[-1]:
        return []
    return [
        f"{len(deep):,} images hold numbers of 16 bits, none above {deep['highest'].max():,}: they "
        f"were taken for pictures of {level.bit_length()} bits, and {level:,} for white in each."
    ]


class _Rows:
    """What is known of each file, kept in `folder` with the size and time it had.

    An unchanged file is not measured twice, however many others came or went.

    Attributes
    ----------
    known : DataFrame by image_id, the columns of `_STORED`; images of other subsets as well
    """

    def __init__(self, dataset, folder: Path, chunk: int, progress: bool, run: dict):
        self.dataset, self.folder, self.chunk = dataset, folder, chunk
        self.progress, self.run = progress, run
        self.facts = steps.file_facts(dataset)
        self.passing = []
        self._read()

    def _read(self) -> None:
        self.parts = sorted(self.folder.glob("*.parquet"))
        tables = [steps.read_table(part, _STORED) for part in self.parts]
        known = pd.concat([_as_table([]), *tables])  # a damaged part is None, and passed over
        self.known = known[~known.index.duplicated(keep="last")]  # the newest

    @property
    def index(self) -> pd.Index:
        """Images of the dataset whose file is as it was when it was measured."""
        known = self.known[self.known.index.isin(self.facts.index)]
        return known.index[known["facts"] == self.facts[known.index]]

    def deep_elsewhere(self) -> pd.Index:
        """Images of 16 bits that were measured with another white than the dataset's."""
        known = self.known.loc[self.index]
        known = known[known["highest"].notna()]
        return known.index[known["levels"] != self.dataset.levels] if len(known) else known.index

    def measure(self, ids: pd.Index, measure: Callable[..., list[dict]]) -> None:
        """Measure these images; what was finished is kept when it is interrupted."""
        total = len(self.facts)
        bar = tqdm(total=total, initial=total - len(ids), unit="image", desc="scan", delay=2,
                   disable=not self.progress)  # fmt: skip
        todo = [list(ids[at : at + self.chunk]) for at in range(0, len(ids), self.chunk)]
        rows: list[dict] = []
        try:
            with bar:
                for batch, measured in batches.run_batches(
                    todo, lambda image_id: str(self.dataset.path(image_id)), measure, **self.run
                ):
                    rows += [{"image_id": i} | row for i, row in zip(batch, measured, strict=True)]
                    bar.update(len(batch))
                    if len(rows) >= PART_ROWS:
                        self._write(rows)
        finally:
            if rows:
                self._write(rows)
        if len(ids):
            self._read()

    def _write(self, rows: list[dict]) -> None:
        self.passing += [row for row in rows if "later" in row]
        kept = [row | {"facts": self.facts[row["image_id"]]} for row in rows if "later" not in row]
        rows.clear()
        if kept:
            self._write_part(_as_table(kept))

    def _write_part(self, table: pd.DataFrame) -> None:
        last = max((int(part.stem) for part in self.folder.glob("*.parquet")), default=0)
        steps.write_table(table, self.folder / f"{last + 1:09}.parquet")

    def keep(self) -> pd.DataFrame:
        """Join the parts into one, and return the rows of the dataset in its order."""
        if len(self.parts) > 1:
            old = self.parts
            self._write_part(self.known)
            for part in old:
                part.unlink()
        known = pd.concat([self.known.loc[self.index], _as_table(self.passing)])
        return known.reindex(self.facts.index)[[*COLUMNS]]


def _as_table(rows: list[dict]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["image_id", *_STORED]).set_index("image_id")
    table["taken"] = pd.to_datetime(table["taken"], format="%Y:%m:%d %H:%M:%S", errors="coerce")
    return table.astype(_STORED)
