"""The comparison itself: a stored output that is not true any more fails the run."""

import os
import re
import subprocess
import sys

import pytest
from nbformat.v4 import new_output

from helpers.course.notebooks import ROOT
from tests.notebooks.making import code, picture, printed, write

NOT_TRUE = ["98_changed", "97_raises", "95_missing", "93_shows", "89_measured", "88_numbers"]
TRUE = ["99_true", "96_ignored", "94_redrawn", "92_still", "91_live", "90_measured"]
PLAIN = {"text/plain": "<IPython.core.display.HTML object>"}


def _shown(source: str, stored: str):
    """A cell that shows one HTML and has stored another."""
    output = new_output("display_data", PLAIN | {"text/html": stored})
    return code(f"from IPython.display import HTML, display\ndisplay(HTML({source!r}))", output)


def _image(alt: str, png: str) -> str:
    return f'<img alt="{alt}" src="data:image/png;base64,{png}">'


def _still(words: str) -> str:
    return f'<figure class="still"><p>\n{words}</p>{_image(words, words)}</figure>'


def _run_nbval(folder):
    plain = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    arguments = [
        "-q",
        "-n",
        "0",
        "--color=no",
        "-c",
        str(ROOT / "pyproject.toml"),
        "-p",
        "conftest",
        "--rootdir",
        str(folder),
    ]
    command = [sys.executable, "-m", "pytest", *arguments, str(folder)]
    return subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nbval")
    ignored = ["measured", "nbval-ignore-output"]
    write(folder / "99_true.ipynb", code("print(1 + 1)", printed("2\n")))
    write(folder / "98_changed.ipynb", code("print(1 + 1)", printed("3\n")))
    write(folder / "97_raises.ipynb", code("print(1 / 0)", printed("2\n")))
    write(folder / "96_ignored.ipynb", code("print(1 + 1)", printed("3\n"), tags=ignored))
    write(folder / "95_missing.ipynb", code("print(1 + 1)", picture("aGk=")))
    write(folder / "94_redrawn.ipynb", _shown(_image("A leaf.", "aGk="), _image("A leaf.", "bG8=")))
    write(folder / "93_shows.ipynb", _shown(_image("A leaf.", "aGk="), _image("A stone.", "aGk=")))
    write(folder / "92_still.ipynb", _shown(_still("new"), _still("old")))
    live = f'<div id="still-w1"><style>x</style>{_still("new")}</div>'
    write(folder / "91_live.ipynb", _shown(live, _still("old")))
    table = "Oak  0.5 (0.41 to 0.6)\n"
    for number, source in ((90, "Oak  +0.48 (-0.4 to 1)"), (89, "Elm  0.5 (0.41 to 0.6)")):
        cell = code(f"print({source!r})", printed(table), tags=["measured"])
        write(folder / f"{number}_measured.ipynb", cell)
    write(folder / "88_numbers.ipynb", code("print('Oak  0.48')", printed("Oak  0.5\n")))
    return _run_nbval(folder)


@pytest.mark.parametrize("name", NOT_TRUE)
def test_a_notebook_that_does_not_say_what_it_said_fails(outcome, name):
    assert outcome.returncode == 1
    assert re.search(rf"FAILED \S*{name}.ipynb::Cell 0", outcome.stdout)


@pytest.mark.parametrize("name", TRUE)
def test_a_notebook_that_says_what_it_said_passes(outcome, name):
    assert not re.search(rf"FAILED \S*{name}", outcome.stdout)
    assert f"{len(NOT_TRUE)} failed, {len(TRUE)} passed" in outcome.stdout
