"""Running and storing the notebooks; `copies` hands them out.

``python -m helpers.course.notebooks execute|copy|reset`` is what ``make notebooks``, ``make lab``
and ``make reset`` call.
"""

import argparse
import base64
import io
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helpers.course import copies

ROOT = Path(__file__).resolve().parents[2]
STORED, LEARNERS = ROOT / "notebooks", ROOT / "work" / "notebooks"
LARGEST_BYTES = 1_500_000
PICTURE = re.compile(r'(?<=src=")data:image/(?:png|jpeg);base64,([^"]*)(?=")')
"""An image inside HTML, as `helpers.plots.style.figure_html` writes it."""
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
STILL = re.compile(r'<div id="still-\w+">.*?(<figure class="still".*</figure>)</div>', re.DOTALL)
"""A widget's still, and what ties it to the live widget above it (`helpers.panels.still`)."""
MEASURED = "measured"
"""The tag of cells whose numbers differ from one computer to the next, and whose words do not."""
NO_BARS = dict.fromkeys(["TQDM_DELAY", "TQDM_MININTERVAL"], "1e9")
"""Progress bars that wait for ever; read by tqdm when it is imported."""
LOCAL = "127.0.0.1,localhost,::1"


def sealed_environment(work: Path, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`inherited`, changed so that a notebook says the same thing on every machine.

    No network beyond this machine, no GPU, no settings of the user's, strict expectations, the
    bundled dataset, no progress bar, and all that is written goes below `work`.
    """
    unwanted = {"TORCH_HOME", "WORKBOOK_DATASET", "JUPYTER_PATH", "PYTHONSTARTUP", "MPLBACKEND"}
    sealed = {name: value for name, value in inherited.items() if name not in unwanted}
    sealed = {name: value for name, value in sealed.items() if not name.lower().endswith("_proxy")}
    for scheme in ("http", "https", "ftp", "all"):
        sealed[f"{scheme}_proxy"] = sealed[f"{scheme.upper()}_PROXY"] = "http://127.0.0.1:9"
    for kind in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
        sealed[kind] = str(work / "settings" / kind.lower())
    sealed |= dict.fromkeys(["WORKBOOK_STRICT", "HF_HUB_OFFLINE"], "1")
    # When a progress bar shows up, and what it says, depends on the clock: these wait for ever.
    sealed |= NO_BARS
    sealed |= {"CUDA_VISIBLE_DEVICES": "", "PYTHONHASHSEED": "0", "PYTHONWARNINGS": "ignore"}
    return sealed | {"no_proxy": LOCAL, "NO_PROXY": LOCAL, "WORKBOOK_WORK": str(work)}


def run(path: Path, work: Path, dataset: str | Path | None = None, timeout: float = 600) -> Any:
    """Execute a stored notebook from its first cell to its last and return it executed.

    Parameters
    ----------
    path : Path
        The notebook; it is read, never written.
    work : Path
        Work folder of the run.
    dataset : str or Path, optional
        Value of ``WORKBOOK_DATASET``; the notebook is then executed as the reader with this data
        gets it (`copies.for_own_data`). The bundled dataset if absent.
    timeout : float
        Seconds that one cell may take.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        When a cell raises.
    """
    import nbformat
    from nbclient import NotebookClient

    environment, notebook = sealed_environment(Path(work)), nbformat.read(path, as_version=4)
    if dataset is not None:
        environment["WORKBOOK_DATASET"] = str(dataset)
        notebook = copies.for_own_data(notebook)
    client = NotebookClient(notebook, timeout=timeout, kernel_name="python3")
    folder = str(Path(path).resolve().parent)
    return client.execute(env=environment, cwd=folder, stderr=subprocess.DEVNULL)


def strip(notebook: Any) -> Any:
    """Remove, in place, what says nothing but where and when a notebook ran.

    Cells for other data become raw ones, marked as Python or as markdown: pages that are made of
    the notebook leave out such text, and would show it as prose otherwise.
    """
    notebook.metadata = type(notebook.metadata)(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        copies.store_raw(cell)
        for output in cell.get("outputs", []):
            # Without the kernel that made it, a widget's view is an error message; its still stays.
            data = output.get("data", {})
            data.pop(WIDGET_VIEW, None)
            if "text/html" in data:
                data["text/html"] = STILL.sub(r"\1", data["text/html"])
    return notebook


def keep_old_pictures(new: Any, old: Any) -> int:
    """Give cells of `new` that say what they said in `old` their old outputs; return how many.

    A picture drawn on another machine differs in some bytes; storing it each time would make the
    repository grow without a change that anybody sees. A cell keeps its outputs when its source
    and all that its outputs say are unchanged and its pictures look the same. In a cell tagged
    `MEASURED` the numbers and pictures may differ, but not the words. All measured cells keep
    theirs, or none does: the numbers of a notebook are those of one run.
    """
    before = {cell.get("id"): cell for cell in old.cells if cell.cell_type == "code"}
    cells = [cell for cell in new.cells if cell.cell_type == "code"]
    kept = [_says_the_same(cell, before.get(cell.get("id"))) for cell in cells]
    measured = [MEASURED in cell.metadata.get("tags", []) for cell in cells]
    one_run = all(same for same, told in zip(kept, measured, strict=True) if told)
    kept = [same and (one_run or not told) for same, told in zip(kept, measured, strict=True)]
    for cell, same in zip(cells, kept, strict=True):
        if same:
            cell.outputs = before[cell.get("id")].outputs
    return sum(kept)


def _says_the_same(new: Any, old: Any) -> bool:
    """Whether the outputs of a cell may be replaced by those that it had."""
    if old is None or new.source != old.source:
        return False
    measured = MEASURED in new.metadata.get("tags", [])
    same = _compared(new.outputs, measured) == _compared(old.outputs, measured)
    return same and (measured or _look_alike(new.outputs, old.outputs))


def _compared(outputs: list[Any], measured: bool) -> list[str]:
    """What a cell's outputs say: text and alt text, without numbers if `measured`."""
    parts = []
    for output in outputs:
        words = [output.get(name, "") for name in ("name", "text", "evalue", "metadata")]
        parts.append(" ".join(map(str, words)))
        for kind, content in sorted(output.get("data", {}).items()):
            parts.append(f"{kind} {PICTURE.sub('', str(content))}")
    return [*map(without_numbers, parts)] if measured else parts


def without_numbers(text: str) -> str:
    """`text` with each number, and what aligns it in a table, as one blank."""
    return re.sub(r"[\d.,:%\s+-]+", " ", text)


def _look_alike(outputs: list[Any], earlier: list[Any]) -> bool:
    """Whether the pictures are the same but for the edges of letters and lines."""
    from PIL import Image, ImageChops

    def pictures(of: list[Any]) -> list[Image.Image]:
        html = [one.get("data", {}).get("text/html", "") for one in of]
        drawn = [base64.b64decode(found) for one in html for found in PICTURE.findall(one)]
        return [Image.open(io.BytesIO(one)).convert("L") for one in drawn]

    for a, b in zip(pictures(outputs), pictures(earlier), strict=True):
        differing = sum(ImageChops.difference(a, b).histogram()[65:])
        if a.size != b.size or differing > 0.0002 * a.width * a.height:
            return False
    return True


def execute(paths: list[Path], fresh: bool = False) -> None:
    """Execute stored notebooks in one fresh work folder and store their outputs.

    Parameters
    ----------
    paths : list of Path
        Notebooks; each is replaced only when all of its cells ran.
    fresh : bool
        Take every new picture, even where the old one would do.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        When a cell raises.
    ValueError
        When a notebook with its outputs is larger than `LARGEST_BYTES`.
    """
    import nbformat

    with tempfile.TemporaryDirectory(prefix="workbook-", ignore_cleanup_errors=True) as work:
        for path in paths:
            start = time.monotonic()
            new = strip(run(path, Path(work)))
            kept = 0 if fresh else keep_old_pictures(new, nbformat.read(path, as_version=4))
            text = nbformat.writes(new) + "\n"
            if (size := len(text.encode())) > LARGEST_BYTES:
                raise ValueError(
                    f"{path.name} would take {size:,} bytes with its outputs, more than "
                    f"{LARGEST_BYTES:,}; draw fewer or smaller pictures"
                )
            copies.write_atomically(path, text)
            print(
                f"{path.name}: {time.monotonic() - start:.0f} s, {size / 1e6:.2f} MB, "
                f"outputs of {kept} cells unchanged"
            )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m helpers.course.notebooks")
    parser.add_argument("command", choices=["execute", "copy", "reset"])
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks to execute; all if absent")
    parser.add_argument("--fresh", action="store_true", help="take every new picture")
    parser.add_argument(
        "--data",
        default=os.environ.get("WORKBOOK_DATASET", ""),
        help="the dataset that the copies are for, as in open_dataset; the leaves if absent",
    )
    options = parser.parse_intermixed_args(arguments)  # options also stand before the paths
    if options.command == "execute":
        execute(options.paths or sorted(STORED.glob("*.ipynb")), options.fresh)
        return
    own_data = options.data.strip() not in ("", "leaves")
    learners = LEARNERS.with_name(f"{LEARNERS.name}-own-data") if own_data else LEARNERS
    if own_data and not learners.exists():
        print(f"The notebooks for data other than the leaves are in {os.path.relpath(learners)}.")
    {"copy": copies.copy, "reset": copies.reset}[options.command](STORED, learners, own_data)


if __name__ == "__main__":
    main()
