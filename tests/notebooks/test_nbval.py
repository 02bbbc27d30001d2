"""The comparison itself: a stored output that is not true any more fails the run."""

import os
import re
import subprocess
import sys

import pytest

from helpers.course.notebooks import ROOT
from tests.notebooks.making import code, picture, printed, write


def _run_nbval(folder):
    plain = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    arguments = [
        "-q",
        "-n",
        "0",
        "--color=no",
        "-c",
        str(ROOT / "pyproject.toml"),
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
    return _run_nbval(folder)


@pytest.mark.parametrize("name", ["98_changed", "97_raises", "95_missing"])
def test_a_notebook_that_does_not_say_what_it_said_fails(outcome, name):
    assert outcome.returncode == 1
    assert re.search(rf"FAILED \S*{name}.ipynb::Cell 0", outcome.stdout)


@pytest.mark.parametrize("name", ["99_true", "96_ignored"])
def test_a_notebook_that_says_what_it_said_passes(outcome, name):
    assert not re.search(rf"FAILED \S*{name}", outcome.stdout)
    assert "3 failed, 2 passed" in outcome.stdout
