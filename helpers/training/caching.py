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
from helpers.datasets.steps import read_table, write_table
from helpers.datasets.storage import locked
from helpers.datasets.words import some, suggestion
from helpers.training import decoding

IN_MEMORY = 2**30
"""Bytes of decoded images up to which they are read into memory; above, they stay mapped."""

CHUNK = 64
_SCHEMA = {"facts": "str", "row": "int64"}


class Pixels:
    """Decoded images of one size: `rows` (image_id → row of `array`, readable images only) and
    `array` (uint8, row × height × width × 3)."""

    def __init__(self, rows: dict[str, int], array: np.ndarray):
        self.rows, self.array = rows, array

    def take(self, image_ids: Iterable[str]) -> np.ndarray:
        """The pixels of these images: uint8, image × height × width × 3."""
        return self.array[[self.rows[image_id] for image_id in image_ids]]


def decode(
    dataset: Dataset, size: int, method: str = "squish", workers: int = 2, progress: bool = True
) -> Pixels:
    """Decode the images of `dataset` to squares of `size` pixels, or load them where that is done.

    Kept under ``dataset.work`` per file: subsets, relabelled and extended datasets of one folder
    share what is there, and only files whose size or time changed are decoded again.

    Raises
    ------
    ValueError
        An unknown `method`, or a `size` outside 8 to 1,024.
    """
    if method not in decoding.METHODS:
        hint = suggestion(method, decoding.METHODS)
        raise ValueError(
            f"There is no method {method!r} of resizing; expected one of "
            f"{some(decoding.METHODS)}{hint}."
        )
    if not 8 <= size <= 1024:
        raise ValueError(f"Images cannot be trained on at size={size}; expected 8 to 1,024 pixels.")
    code = inspect.getsource(decoding) + inspect.getsource(pixels)
    key = hashlib.sha256(code.encode()).hexdigest()[:8]
    path = dataset.work / f"pixels-{size}-{method}-{key}.parquet"
    with locked(path):
        index = read_table(path, _SCHEMA)
        index = pd.DataFrame({"facts": [], "row": []}).astype(_SCHEMA) if index is None else index
        facts = pd.Series({i: _facts(dataset.path(i)) for i in dataset.images.index}, dtype="str")
        old = index["facts"].reindex(facts.index)
        todo = facts.index[(old != facts) & facts.notna()]
        if len(todo):
            index = _decode_into(
                dataset, path, index, facts[todo], (size, method), workers, progress
            )
            write_table(index, path)
        rows = index["row"].reindex(facts.index[facts.notna()])
        rows = rows[rows >= 0].astype("int64")
        shape = (int(index["row"].max()) + 1 if len(rows) else 0, size, size, 3)
        if not shape[0]:
            return Pixels({}, np.zeros(shape, np.uint8))
        array = np.memmap(path.with_suffix(".uint8"), np.uint8, "r", shape=shape)
        if array.nbytes <= IN_MEMORY:
            array = np.array(array)
    return Pixels(rows.to_dict(), array)


def _facts(path: Path) -> str | None:
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return f"{facts.st_size} {facts.st_mtime_ns}"


def _decode_into(dataset, path, index, facts, form, workers, progress) -> pd.DataFrame:
    """Decode the images of `facts` into the file of pixels; return `index` with them in it.

    An image keeps its row for ever, so whoever has the file open still finds the others in theirs.
    Rows beyond those in the index, left by an interrupted run, are written over.
    """
    from tqdm.auto import tqdm

    size = form[0]
    rows, free = index["row"].to_dict(), int(index["row"].max()) + 1 if len(index) else 0
    ids = facts.index.to_list()
    batches = [ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK)]
    workers = workers if len(ids) > 4 * CHUNK else 0
    bar = tqdm(total=len(ids), unit="image", desc="decode", delay=2, disable=not progress)
    with bar, open(path.with_suffix(".uint8"), "a+b"):
        pass
    with bar, open(path.with_suffix(".uint8"), "r+b") as file:
        tasks = run_batches(
            batches, lambda i: (str(dataset.path(i)), *form), decoding.decode_files, workers=workers
        )
        for batch, found in tasks:
            for image_id, one in zip(batch, found, strict=True):
                if "pixels" not in one:
                    rows[image_id] = -1
                    continue
                if rows.get(image_id, -1) < 0:
                    rows[image_id], free = free, free + 1
                file.seek(rows[image_id] * size * size * 3)
                file.write(one["pixels"].tobytes())
            bar.update(len(batch))
    new = pd.DataFrame({"facts": facts, "row": pd.Series({i: rows[i] for i in ids})})
    new.index.name = "image_id"
    kept = index[~index.index.isin(new.index)]
    return pd.concat([kept, new]).astype(_SCHEMA) if len(kept) else new.astype(_SCHEMA)
