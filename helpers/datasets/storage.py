"""Where our own files lie, and logs in SQLite that several processes may use at once."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


class DatasetError(ValueError):
    """Something about the data stops us: one sentence that says what, where, and what to do."""


def expand_home(path: str | os.PathLike) -> Path:
    """The path, with the home folder for a ``~`` or ``~name`` that it begins with.

    Raises
    ------
    DatasetError
        There is no such user, or none is known.
    """
    text, path = os.fspath(path), Path(path)
    if not text.startswith("~"):  # Path("./~name") forgets that it began otherwise
        return path
    try:
        return path.expanduser()
    except RuntimeError as error:
        first = path.parts[0]
        raise DatasetError(
            f"'{path}' begins with '{first}', the home folder of a user that this computer does "
            f"not know; write the whole path, also for what is called '{first}' in the present "
            "folder."
        ) from error


def work_folder() -> Path:
    """Where everything we write goes: ``WORKBOOK_WORK``, or ``work`` beside the package."""
    chosen = os.environ.get("WORKBOOK_WORK")
    return expand_home(chosen).absolute() if chosen else Path(__file__).parents[2] / "work"


def make_folder(folder: Path) -> Path:
    """Create `folder` in the work folder, or say in one sentence why that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(
            f"The work folder '{folder}' cannot be created ({error.strerror}); results need a "
            "place to stay, so set WORKBOOK_WORK to a folder you may write to."
        ) from error
    return folder


def locked(path: Path):
    """A lock beside `path`; another process that wants the same waits until it is free."""
    from filelock import FileLock

    return FileLock(f"{path}.lock")


@contextmanager
def writing_to(path: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """One transaction on the log `path`, made by the statement `schema` when it is new.

    It begins at once, so that nobody writes between our read and our write, and waits up to 30 s
    for others. SQLite's rollback journal is used: network folders do not support WAL.
    """
    make_folder(path.parent)
    try:
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as log:
            log.execute("BEGIN IMMEDIATE")
            log.execute(schema)
            yield log
            log.execute("COMMIT")  # closing without it rolls back
    except sqlite3.Error as error:
        raise DatasetError(
            f"The log '{path}' cannot be written ({error}), so nothing was done; use a folder you "
            "may write to (WORKBOOK_WORK), or for decisions another file: DecisionLog(path)."
        ) from error


def read_log(path: Path, query: str) -> list[tuple]:
    """The rows that `query` finds in the log `path`, none while nothing was ever written."""
    if not path.exists() or not path.stat().st_size:
        return []
    try:
        with closing(sqlite3.connect(path, timeout=30)) as log:
            return log.execute(query).fetchall()
    except sqlite3.Error as error:
        raise DatasetError(
            f"The log '{path}' cannot be read ({error}); if it is damaged, move it away."
        ) from error
