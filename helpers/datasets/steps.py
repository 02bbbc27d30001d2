"""Steps on disk: a table is built once, stored as Parquet, and loaded ever after.

A stored table is found again by the hash of everything it depends on, so a change of the images,
of an input or of the code makes a new file and never a wrong answer.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pandas as pd

from helpers.datasets.dataset import Dataset
from helpers.datasets.storage import DatasetError, locked


def saved(
    dataset: Dataset,
    name: str,
    build: Callable[[], pd.DataFrame],
    *,
    inputs: Iterable = (),
    code: Iterable = (),
    schema: Mapping[str, object] | None = None,
    table: bool = True,
) -> pd.DataFrame:
    """Load the table `name` of `dataset`, or build, store and return it.

    Parameters
    ----------
    name : str
        What the table is, e.g. "scan"; begins its file name under `dataset.work`.
    build : callable
        Takes nothing, returns a DataFrame with text column names.
    inputs : iterable
        All that the result depends on besides `dataset.images`, size and time of its files:
        tables and plain values.
    code : iterable of modules, classes or functions
        Their source is part of the key: change the code and the table is built again.
    schema : mapping of column to dtype, optional
        A stored table that does not meet it is built again.
    table : bool
        Whether labels, splits, metadata and group are part of the key. Turned off, only the image
        ids are, so that relabelling does not repeat a scan.

    Returns
    -------
    DataFrame
        Always as read back from disk, so that the first run and later ones agree.

    Raises
    ------
    ValueError
        When `build` returns a table that does not meet `schema`.
    """
    key = step_key(dataset, inputs=inputs, code=code, table=table)
    path = dataset.work / f"{name}-{key}.parquet"
    with locked(path):
        stored = read_table(path, schema)
        if stored is None:
            built = build()
            if unmet := _unmet(built, schema):
                raise ValueError(f"step {name!r} built a table without {unmet}")
            write_table(built, path)
            stored = read_table(path, schema)
    return stored


def step_key(dataset: Dataset, *, inputs: Iterable, code: Iterable, table: bool = True) -> str:
    """12 hex digits that change when anything a step depends on changes (see `saved`)."""
    own = [dataset.images, dataset.group] if table else [dataset.images.index]
    digest = hashlib.sha256(_fingerprint([*own, *inputs]))
    for thing in code:
        digest.update(inspect.getsource(thing).encode())
    digest.update(";".join(file_facts(dataset).fillna("gone")).encode())
    return digest.hexdigest()[:12]


def _fingerprint(item: object) -> bytes:
    if isinstance(item, (pd.DataFrame, pd.Series, pd.Index)):
        frame = item if isinstance(item, pd.DataFrame) else item.to_frame()
        rows = pd.util.hash_pandas_object(frame)
        return f"{type(item)}{dict(frame.dtypes)}".encode() + rows.to_numpy().tobytes()
    if isinstance(item, (list, tuple)):
        return b"(" + b"".join(map(_fingerprint, item)) + b")"
    if item is None or isinstance(item, (str, bytes, int, float, Path)):
        return f"{type(item).__name__} {item!r};".encode()
    raise TypeError(f"an input of a step must be a table or a plain value, not {item!r:.80}")


def file_facts(dataset: Dataset) -> pd.Series:
    """Size and time of the file behind each image, as text; missing where there is none."""
    facts = {}
    root, renamed = os.fspath(dataset.root) + os.sep, dataset.files
    for image_id in dataset.images.index.to_numpy(dtype=object):
        try:
            found = os.stat(root + renamed.get(image_id, image_id))
            facts[image_id] = f"{found.st_size} {found.st_mtime_ns}"
        except OSError:
            facts[image_id] = None
    return pd.Series(facts, dataset.images.index, dtype="str")


def _unmet(table: pd.DataFrame, schema: Mapping | None) -> dict:
    """The part of `schema` that `table` does not meet."""
    wanted = {name: pd.api.types.pandas_dtype(dtype) for name, dtype in (schema or {}).items()}
    return {name: dtype for name, dtype in wanted.items() if table.dtypes.get(name) != dtype}


def read_table(path: Path, schema: Mapping | None = None) -> pd.DataFrame | None:
    """The stored table, or None when it is missing, damaged or not as `schema` wants it."""
    if not path.exists():
        return None
    try:
        table = pd.read_parquet(path)
    except Exception:  # pyarrow raises many kinds on a damaged file
        return None
    return None if _unmet(table, schema) else table


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write Parquet so that a reader sees the old file or the whole new one, never half of it."""
    part = path.with_name(f".{path.name}-{os.getpid()}-{threading.get_ident()}")
    try:
        table.to_parquet(part)
        os.replace(part, path)
    except OSError as error:
        raise DatasetError(
            f"Nothing can be written to '{path.parent}' ({error.strerror or error}); set "
            "WORKBOOK_WORK to a folder you may write to."
        ) from error
    finally:
        part.unlink(missing_ok=True)
