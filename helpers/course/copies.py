"""Handing out the notebooks: copies that keep what the learner wrote, for the leaves or other data.

A stored notebook is one for both. Its cells tagged ``leaves`` speak of the bundled leaves alone and
are left out of the copies for other data. Its cells tagged ``own-data`` are only in those. They are
stored as *raw* cells, which nobody executes and pages made of the notebook leave out, so that who
reads the stored notebook reads of the leaves alone; the copy makes them markdown or code, as their
``raw_mimetype`` says. The tests execute the copies for other data on several datasets.
"""

import hashlib
import json
import os
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any

LEAVES, OWN_DATA = "leaves", "own-data"
PYTHON, MARKDOWN = "text/x-python", "text/markdown"
"""What a raw cell holds."""


def for_leaves(notebook: Any) -> Any:
    """A copy of a stored notebook for the bundled dataset: without cells tagged ``own-data``."""
    made = deepcopy(notebook)
    made.cells = [cell for cell in made.cells if OWN_DATA not in _tags(cell)]
    return made


def for_own_data(notebook: Any) -> Any:
    """A copy of a stored notebook for other data: without cells tagged ``leaves``, with those
    tagged ``own-data``, and without outputs, since they tell of the leaves."""
    made = deepcopy(notebook)
    made.cells = [_for_own_data(cell) for cell in made.cells if LEAVES not in _tags(cell)]
    return made


def _for_own_data(cell: Any) -> Any:
    own = cell.cell_type == "raw" and OWN_DATA in _tags(cell)
    if cell.cell_type != "code" and not own:
        return cell
    from nbformat.v4 import new_code_cell, new_markdown_cell

    metadata = {name: value for name, value in cell.metadata.items() if name != "raw_mimetype"}
    make = new_markdown_cell if own and holds_text(cell) else new_code_cell
    return make(cell.source, id=cell.id, metadata=metadata)


def store_raw(cell: Any) -> None:
    """Make a cell for other data, in place, the raw cell as which it is stored."""
    if cell.cell_type == "markdown" and OWN_DATA in _tags(cell):
        cell.cell_type, cell.metadata["raw_mimetype"] = "raw", MARKDOWN
    elif cell.cell_type == "raw":
        cell.metadata.setdefault("raw_mimetype", PYTHON)


def holds_text(cell: Any) -> bool:
    """Whether a cell is markdown, if stored raw."""
    return cell.cell_type == "markdown" or cell.metadata.get("raw_mimetype") == MARKDOWN


def _tags(cell: Any) -> list[str]:
    return cell.metadata.get("tags", [])


def copy(stored: Path, learners: Path, own_data: bool = False) -> None:
    """Give the learner a copy of each stored notebook without touching what they edited.

    A copy that was never changed follows the stored notebook. One that was stays as it is; when
    the stored notebook changes too, the learner is told, once for each change.

    Parameters
    ----------
    stored, learners : Path
        The folders copied from and to.
    own_data : bool
        Copy the notebooks as `for_own_data` makes them, else as `for_leaves` does.
    """
    learners.mkdir(parents=True, exist_ok=True)
    record = learners / ".copied.json"
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    for source in sorted(stored.glob("*.ipynb")):
        target, text = learners / source.name, _edition(source, own_data)
        now = _digest(text)
        given = known.setdefault(source.name, {"copied": None, "seen": now})
        own = _digest(target.read_bytes()) if target.exists() else None
        if own is None or own == given["copied"] != now:
            target.write_bytes(text)
            given["copied"] = now
        elif given["seen"] != now and own != now:
            command = "make reset DATA=…" if own_data else "make reset"
            print(
                f"{source.name} has a new version; yours has your changes in it and stays. "
                f"`{command}` gives fresh copies and keeps yours beside them."
            )
        given["seen"] = now
    write_atomically(record, json.dumps(known, indent=1))


def reset(stored: Path, learners: Path, own_data: bool = False) -> None:
    """Set the learner's notebooks aside as ``notebooks-before-1``, -2, … and copy fresh ones."""
    if learners.exists():
        names = (learners.with_name(f"{learners.name}-before-{number}") for number in count(1))
        kept = learners.rename(next(name for name in names if not name.exists()))
        print(f"Your notebooks are kept in {os.path.relpath(kept)}.")
    copy(stored, learners, own_data)
    print(f"Fresh copies are in {os.path.relpath(learners)}.")


def _edition(source: Path, own_data: bool) -> bytes:
    """The bytes of the copy; those of the stored notebook where nothing is left out of it."""
    import nbformat

    stored = nbformat.read(source, as_version=4)
    made = for_own_data(stored) if own_data else for_leaves(stored)
    return source.read_bytes() if made == stored else (nbformat.writes(made) + "\n").encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that it appears whole or not at all."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
