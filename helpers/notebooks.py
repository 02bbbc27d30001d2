"""Running, storing and handing out the notebooks.

``python -m helpers.notebooks execute|copy|reset`` is what ``make notebooks``, ``make lab`` and
``make reset`` call.
"""

import argparse
import base64
import hashlib
import io
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STORED = ROOT / "notebooks"
LARGEST_BYTES = 1_500_000
PICTURES = ("image/png", "image/jpeg")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
DEAD_PROXY = "http://127.0.0.1:9"


def sealed_environment(
    work: Path, dataset: str | None = None, inherited: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Environment in which a notebook says the same thing on every machine.

    No network beyond this machine, no GPU, no settings of the user's, strict expectations, and
    all that is written goes below `work`.

    Parameters
    ----------
    work : Path
        Folder for everything that a notebook writes.
    dataset : str, optional
        What ``open_dataset()`` opens; the bundled dataset if absent.
    inherited : mapping, optional
        The environment to start from.
    """
    sealed = dict(inherited)
    unwanted = {"TORCH_HOME", "WORKBOOK_DATASET", "JUPYTER_PATH", "PYTHONSTARTUP", "MPLBACKEND"}
    for name in list(sealed):
        if name in unwanted or name.lower().endswith("_proxy"):
            del sealed[name]
    for scheme in ("http", "https", "ftp", "all"):
        sealed[f"{scheme}_proxy"] = sealed[f"{scheme.upper()}_PROXY"] = DEAD_PROXY
    sealed["no_proxy"] = sealed["NO_PROXY"] = "127.0.0.1,localhost,::1"
    sealed.update(
        CUDA_VISIBLE_DEVICES="",
        HF_HUB_OFFLINE="1",
        IPYTHONDIR=str(work / "settings" / "ipython"),
        JUPYTER_CONFIG_DIR=str(work / "settings" / "jupyter"),
        JUPYTER_DATA_DIR=str(work / "settings" / "jupyter-data"),
        JUPYTER_PLATFORM_DIRS="1",
        PYTHONHASHSEED="0",
        PYTHONWARNINGS="ignore",
        WORKBOOK_STRICT="1",
        WORKBOOK_WORK=str(work),
    )
    if dataset is not None:
        sealed["WORKBOOK_DATASET"] = str(dataset)
    return sealed


def run(
    path: Path, work: Path, dataset: str | None = None, timeout: float = 600, strict: bool = True
) -> Any:
    """Execute a notebook from its first cell to its last and return it executed.

    Parameters
    ----------
    path : Path
        The stored notebook; it is read, never written.
    work : Path
        Work folder of the run (see `sealed_environment`).
    dataset : str, optional
        A folder or dataset name for ``WORKBOOK_DATASET``; the bundled dataset if absent.
    timeout : float
        Seconds that one cell may take.
    strict : bool
        Whether a failed ``expect`` on the bundled dataset raises.

    Returns
    -------
    nbformat.NotebookNode

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        When a cell raises.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    environment = sealed_environment(Path(work), dataset)
    environment["WORKBOOK_STRICT"] = "1" if strict else "0"
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(Path(path).resolve().parent)}},
    )
    return client.execute(env=environment)


def strip(notebook: Any) -> Any:
    """Remove from an executed notebook, in place, what says nothing but where and when it ran."""
    notebook.metadata = type(notebook.metadata)(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            # Without the kernel that made it, a widget's view is an error message.
            if output.get("data", {}).pop(WIDGET_VIEW, None) is not None:
                output["data"]["text/plain"] = "Run this cell to use the widget."
    return notebook


def keep_old_pictures(new: Any, old: Any) -> int:
    """Take over the old outputs of cells that say what they said before, in place.

    A picture drawn anew differs by some bytes on another machine; storing it each time would
    make the repository grow without a change that anybody sees. The old outputs of a cell stay
    when its source and everything that nbval compares are unchanged and its pictures look the
    same. In a cell tagged ``measured`` the figures may differ, but not the words between them.

    Returns
    -------
    int
        The number of cells whose outputs were kept.
    """
    before = {cell.get("id"): cell for cell in old.cells if cell.cell_type == "code"}
    kept = 0
    for cell in new.cells:
        earlier = before.get(cell.get("id"))
        if cell.cell_type != "code" or earlier is None or cell.source != earlier.source:
            continue
        measured = "measured" in cell.metadata.get("tags", [])
        if compared(cell.outputs, measured) != compared(earlier.outputs, measured):
            continue
        if measured or _look_alike(cell.outputs, earlier.outputs):
            cell.outputs = earlier.outputs
            kept += 1
    return kept


def compared(outputs: list[Any], measured: bool = False) -> list[tuple[str, str]]:
    """What nbval compares of a cell's outputs: all but pictures; without numbers if `measured`."""
    parts = []
    for output in outputs:
        if output.output_type == "stream":
            parts.append((output.name, output.text))
        elif output.output_type == "error":
            parts.append((output.ename, output.evalue))
        else:
            for kind, content in sorted(output.data.items()):
                text = "" if kind in PICTURES or kind == WIDGET_VIEW else str(content)
                parts.append((kind, text))
    if measured:
        parts = [(kind, re.sub(r"[\d.,:%\s-]+", " ", text)) for kind, text in parts]
    return parts


def _look_alike(outputs: list[Any], earlier: list[Any]) -> bool:
    """Whether the pictures are the same but for the edges of letters and lines."""
    import numpy as np
    from PIL import Image

    def pictures(several: list[Any]) -> list[str]:
        return [
            one.data[kind]
            for one in several
            if "data" in one
            for kind in PICTURES
            if kind in one.data
        ]

    for now, then in zip(pictures(outputs), pictures(earlier), strict=True):
        if now == then:
            continue
        a, b = (
            np.asarray(Image.open(io.BytesIO(base64.b64decode(one))).convert("L"), dtype=int)
            for one in (now, then)
        )
        if a.shape != b.shape or (np.abs(a - b) > 64).mean() > 0.0002:
            return False
    return True


def execute(paths: list[Path], fresh: bool = False, say: Callable[[str], None] = print) -> None:
    """Execute stored notebooks in a fresh work folder and store their outputs.

    Parameters
    ----------
    paths : list of Path
        Notebooks to execute; each is replaced only when all of its cells ran.
    fresh : bool
        Take every new picture, even where the old one would do.
    say : callable
        Told one line per notebook.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        When a cell raises.
    ValueError
        When a notebook with its outputs is larger than `LARGEST_BYTES`.
    """
    import time

    import nbformat

    with tempfile.TemporaryDirectory(prefix="workbook-") as work:
        for path in paths:
            start = time.monotonic()
            old = nbformat.read(path, as_version=4)
            new = strip(run(path, Path(work)))
            kept = 0 if fresh else keep_old_pictures(new, old)
            text = nbformat.writes(new)
            if len(text.encode()) > LARGEST_BYTES:
                raise ValueError(
                    f"{path.name} would take {len(text.encode()):,} bytes, more than "
                    f"{LARGEST_BYTES:,}; draw fewer or smaller pictures"
                )
            path.write_text(text + "\n", encoding="utf-8")
            say(
                f"{path.name}: {time.monotonic() - start:.0f} s, "
                f"{len(text.encode()) / 1e6:.2f} MB, the outputs of {kept} cells kept"
            )


def copy(stored: Path, learner: Path, say: Callable[[str], None] = print) -> None:
    """Give the learner a copy of each stored notebook without touching what they edited.

    A copy that was never changed follows the stored notebook. One that was stays as it is; when
    the stored notebook changes too, the learner is told, once for each change.
    """
    learner.mkdir(parents=True, exist_ok=True)
    record = learner / ".copied.json"
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    for source in sorted(stored.glob("*.ipynb")):
        target, now = learner / source.name, _digest(source)
        given = known.get(source.name, {})
        if not target.exists() or (given.get("given") == _digest(target) != now):
            shutil.copyfile(source, target)
            known[source.name] = {"given": now, "seen": now}
        elif given.get("seen", now) != now and _digest(target) != now:
            say(
                f"{source.name} has a new version; yours has your changes in it and stays. "
                "`make reset` gives fresh copies and keeps yours beside them."
            )
            known[source.name]["seen"] = now
        elif not given:
            known[source.name] = {"given": "", "seen": now}
    _write_atomically(record, json.dumps(known, indent=1))


def reset(stored: Path, learner: Path, say: Callable[[str], None] = print) -> Path | None:
    """Set the learner's notebooks aside under a new name and copy the stored ones afresh.

    Returns
    -------
    Path or None
        Where the old notebooks are; None when there were none.
    """
    kept = None
    if learner.exists():
        number = 1
        while (kept := learner.with_name(f"{learner.name}-before-{number}")).exists():
            number += 1
        learner.rename(kept)
        say(f"Your notebooks are kept in {os.path.relpath(kept)}.")
    copy(stored, learner, say)
    say(f"Fresh copies are in {os.path.relpath(learner)}.")
    return kept


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write_atomically(path: Path, text: str) -> None:
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def main(arguments: list[str] | None = None) -> int:
    """Entry of ``python -m helpers.notebooks``; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m helpers.notebooks", description=__doc__)
    parser.add_argument("command", choices=["execute", "copy", "reset"])
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks to execute; all if absent")
    parser.add_argument("--fresh", action="store_true", help="take every new picture")
    options = parser.parse_args(arguments)
    learner = ROOT / "work" / "notebooks"
    if options.command == "execute":
        execute(options.paths or sorted(STORED.glob("*.ipynb")), fresh=options.fresh)
    elif options.command == "copy":
        copy(STORED, learner)
    else:
        reset(STORED, learner)
    return 0


if __name__ == "__main__":
    sys.exit(main())
