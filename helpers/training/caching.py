"""Decoded images kept on disk: each file is decoded once per size and method."""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.audit.batches import run_batches
from helpers.datasets import Dataset, pixels
from helpers.datasets import decoding as reading
from helpers.datasets.steps import read_table, write_table
from helpers.datasets.storage import locked
from helpers.datasets.words import some, suggestion
from helpers.training import decoding

IN_MEMORY = 2**30
"""Bytes of decoded images up to which they are read into memory; above, they stay mapped."""

CHUNK = 64
_SCHEMA = {"facts": "str", "row": "int64"}


class Pixels:
    """Decoded images of one size.

    Attributes
    ----------
    rows : dict of image_id to row of `array`, readable images only
    array : uint8, row × height × width × 3
    facts : digest of the files they were decoded from
    levels : what was white in 16-bit pictures (see `Dataset.levels`)
    """

    def __init__(
        self, rows: dict[str, int], array: np.ndarray, facts: str = "", levels: int | None = None
    ):
        self.rows, self.array, self.facts, self.levels = rows, array, facts, levels

    def __reduce__(self):
        return Pixels, (
            {},
            np.array(self.array[:0]),
            "",
            self.levels,
        )  # an exported learner needs no images

    def __deepcopy__(self, memo):
        return self

    def take(self, image_ids: Iterable[str]) -> np.ndarray:
        """The pixels of these images: uint8, image × height × width × 3."""
        return self.array[[self.rows[image_id] for image_id in image_ids]]


def decode(
    dataset: Dataset, size: int, method: str = "squish", workers: int = 2, progress: bool = True
) -> Pixels:
    """Decode the images of `dataset` to squares of `size` pixels, or load them where that is done.

    Kept under ``dataset.work`` per file: subsets, relabelled and extended datasets of one folder
    share what is there, and only files whose size or time changed are decoded again. An image
    keeps its row of the file for ever, so that whoever has it mapped finds the others unmoved.

    Raises
    ------
    ValueError
        An unknown `method`, or a `size` outside 8 to 1,024.
    """
    if method not in decoding.METHODS or not 8 <= size <= 1024:
        raise ValueError(
            f"Images cannot be brought to size={size!r} by method={method!r}; expected 8 to 1,024 "
            f"pixels and one of {some(decoding.METHODS)}{suggestion(method, decoding.METHODS)}."
        )
    code = "".join(map(inspect.getsource, (decoding, pixels, reading)))
    key = hashlib.sha256(f"{code} {dataset.levels}".encode()).hexdigest()[:8]
    path = dataset.work / f"pixels-{size}-{method}-{key}.parquet"
    with locked(path):
        index = read_table(path, _SCHEMA)
        stored = path.with_suffix(".uint8")
        held = stored.stat().st_size if stored.exists() else 0
        if index is None or held < (index["row"].max() + 1) * size * size * 3:
            index = pd.DataFrame(columns=[*_SCHEMA]).astype(_SCHEMA)
        facts = pd.Series({i: _facts(dataset.path(i)) for i in dataset.images.index}, dtype="str")
        facts = facts.dropna()
        changed = facts[(index["facts"].reindex(facts.index) != facts)]
        if len(changed):
            index = _decode_into(path, index, changed, dataset, (size, method), workers, progress)
        rows = index["row"].reindex(facts.index)
        rows = rows[rows >= 0].astype("int64")
        shape = (int(rows.max()) + 1 if len(rows) else 0, size, size, 3)
        array = np.zeros(shape, np.uint8)
        if len(rows):
            array = np.memmap(stored, np.uint8, "r", shape=shape)
            array = np.array(array) if array.nbytes <= IN_MEMORY else array
    facts = hashlib.sha256(facts.to_csv().encode()).hexdigest()
    return Pixels(rows.to_dict(), array, facts, dataset.levels)


def _facts(path: Path) -> str | None:
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return f"{facts.st_size} {facts.st_mtime_ns}"


def _decode_into(path, index, changed, dataset, form, workers, progress) -> pd.DataFrame:
    """Decode the images of `changed` into the file beside `path`; returns the index with them.

    Rows behind those in the index, left by an interrupted run, are written over.
    """
    from tqdm.auto import tqdm

    rows, ids = index["row"].to_dict(), changed.index.to_list()
    free = max(rows.values(), default=-1) + 1
    form = (*form, dataset.levels)
    batches = [ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK)]
    workers = workers if len(batches) > 4 else 0  # processes take longer to start than these
    done = run_batches(
        batches, lambda i: (str(dataset.path(i)), *form), decoding.decode_files, workers=workers
    )
    path.with_suffix(".uint8").touch()
    bar = tqdm(total=len(ids), unit="image", desc="decode", delay=2, disable=not progress)
    with bar, open(path.with_suffix(".uint8"), "r+b") as file:
        for batch, found in done:
            for image_id, one in zip(batch, found, strict=True):
                if "later" in one:
                    rows.pop(image_id, None)
                    continue
                if "pixels" not in one:
                    rows[image_id] = -1
                    continue
                if rows.get(image_id, -1) < 0:
                    rows[image_id], free = free, free + 1
                file.seek(rows[image_id] * one["pixels"].nbytes)
                file.write(one["pixels"].tobytes())
            bar.update(len(batch))
    facts = index["facts"].to_dict() | changed.to_dict()
    facts = {image_id: facts[image_id] for image_id in rows}
    index = pd.DataFrame({"facts": facts, "row": rows}).astype(_SCHEMA)
    write_table(index, path)
    return index
