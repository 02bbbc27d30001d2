"""The Makefile and .ci/run, driven with stand-ins for Python that note what they are asked."""

import os
import re
import shutil
import subprocess

import pytest

from helpers.course.notebooks import ROOT
from helpers.opening.opening import NAMES

TOOLS = ["make", "sh", "cat", "cksum", "cut", "cp", "rm", "mkdir", "touch", "uname", "find"]
TOOLS += ["echo", "id", "dirname", "env"]
STAND_IN = """#!/bin/sh
[ -z "$WORKBOOK_DATASET" ] || echo "on $WORKBOOK_DATASET" >> "$CALLS"
echo "$*" >> "$CALLS"
case "$1 $2" in
    "-c "*version_info*) exit {old} ;;
    "-c "*ensurepip*) exit {bare} ;;
    "-m venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    "-m pip") exit ${{PIP_STATUS:-0}} ;;
    "-m pytest") exit ${{PYTEST_STATUS:-0}} ;;
    "-m helpers.course.notebooks") mkdir -p work/notebooks work/notebooks-own-data ;;
esac
"""


class Project:
    """A copy of the project's set-up files, with its own PATH."""

    def __init__(self, folder):
        self.folder, self.path = folder / "my workbook", folder / "bin"
        self.calls = folder / "calls.txt"
        self.folder.mkdir()
        self.path.mkdir()
        for name in ("Makefile", "requirements.txt", "requirements-dev.txt", "pyproject.toml"):
            shutil.copy(ROOT / name, self.folder)
        shutil.copytree(ROOT / ".ci", self.folder / ".ci")
        for tool in TOOLS:
            if found := shutil.which(tool):
                (self.path / tool).symlink_to(found)

    def add_python(self, name, old=False, bare=False):
        python = self.path / name
        python.write_text(STAND_IN.format(old=int(old), bare=int(bare)))
        python.chmod(0o755)

    def make(self, *arguments, **environment):
        """Run make; return how it went and what Python was asked, one line each."""
        return self.run("make", *arguments, **environment)

    def run(self, *command, **environment):
        self.calls.write_text("")
        environment = {"PATH": str(self.path), "CALLS": str(self.calls), **environment}
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True
        )
        return done, self.calls.read_text().splitlines()


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path)
    project.add_python("python3.12")
    return project


def _installs(calls):
    return [call for call in calls if call.startswith("-m pip install")]


def test_lab_makes_the_environment_copies_the_notebooks_and_opens_them(project):
    done, calls = project.make("lab", "LAB_ARGS=--no-browser --port=9")
    assert done.returncode == 0, done.stderr
    requirements, editable = _installs(calls)
    assert requirements.endswith("-r requirements.txt")
    assert editable.endswith("-e .")
    assert "--no-deps" in editable
    assert calls[-2:] == [
        "-m helpers.course.notebooks copy --data ",
        "-m jupyterlab --no-browser --port=9 00_start_here.ipynb",
    ]


def test_a_second_lab_installs_nothing(project):
    project.make("lab")
    os.utime(project.folder / "requirements.txt")
    _, calls = project.make("lab")
    assert _installs(calls) == []
    assert calls[-1].startswith("-m jupyterlab")


@pytest.mark.parametrize("by", ["argument", "variable"])
def test_the_lab_opens_on_the_dataset_asked_for_from_whichever_folder_it_runs_in(project, by):
    photos = project.folder / "my photos"
    photos.mkdir()
    for asked, opened in {"my photos": photos, str(photos): photos, "digits": "digits"}.items():
        if by == "argument":
            _, calls = project.make("lab", f"DATA={asked}")
        else:
            _, calls = project.make("lab", WORKBOOK_DATASET=asked)
        assert calls[-2] == f"on {opened}"
        assert f"-m helpers.course.notebooks copy --data {asked}" in calls
    assert not any(call.startswith("on ") for call in project.make("lab")[1])


def test_other_data_is_looked_at_in_notebooks_of_its_own(project):
    python = project.path / "python3.12"
    says_where = '#!/bin/sh\necho "in ${PWD##*/}" >> "$CALLS"\n'
    python.write_text(python.read_text().replace("#!/bin/sh\n", says_where))
    for data, folder in {"": "notebooks", "leaves": "notebooks", "x": "notebooks-own-data"}.items():
        assert f"in {folder}" in project.make("lab", f"DATA={data}")[1]
        calls = project.make("reset", f"DATA={data}")[1]
        assert calls[-1] == f"-m helpers.course.notebooks reset --data {data}"


def test_a_report_is_made_of_the_dataset_asked_for_with_the_options_given(project):
    done, calls = project.make("report", "DATA=my photos", "REPORT_ARGS=--need 'accuracy>=0.9'")
    assert done.returncode == 0, done.stderr
    assert calls[-1] == "-m helpers report my photos --need accuracy>=0.9"
    assert project.make("report")[1][-1].strip() == "-m helpers report"
    assert "make report" in project.make("help")[0].stdout


def test_the_dashboard_is_of_the_dataset_asked_for_with_the_options_given(project):
    asked = ["DATA=my photos", "DASHBOARD_ARGS=--group patient --groups 'site,sex'"]
    done, calls = project.make("dashboard", *asked)
    assert done.returncode == 0, done.stderr
    assert calls[-1] == "-m helpers dashboard my photos --group patient --groups site,sex"
    assert project.make("dashboard")[1][-1].strip() == "-m helpers dashboard"
    assert "make dashboard" in project.make("help")[0].stdout


def test_a_name_wins_over_a_folder_of_that_name_as_it_does_in_open_dataset(project):
    for name in NAMES:
        (project.folder / name).mkdir()
        assert project.make("lab", f"DATA={name}")[1][-2] == f"on {name}"
        path = f"{project.folder}/./{name}"
        assert project.make("lab", f"DATA=./{name}")[1][-2] == f"on {path}"


@pytest.mark.parametrize("command", ["lab", "test"])
@pytest.mark.parametrize("changed", ["requirements.txt", "pyproject.toml"])
def test_a_changed_requirement_or_package_is_installed_without_making_the_environment_anew(
    project, command, changed
):
    project.make("test")
    with open(project.folder / changed, "a") as file:
        file.write("# einops\n")
    _, calls = project.make(command)
    assert len(_installs(calls)) == 2
    assert not any(call.startswith("-m venv") for call in calls)


def test_what_only_the_tests_need_is_not_installed_for_the_lab_and_not_twice(project):
    project.make("lab")
    _, calls = project.make("test")
    assert "-r requirements-dev.txt" in _installs(calls)[0]
    for command in ("lab", "test", "reset", "notebooks"):
        assert _installs(project.make(command)[1]) == []
    with open(project.folder / "requirements-dev.txt", "a") as file:
        file.write("einops\n")
    assert _installs(project.make("lab")[1]) == []
    assert len(_installs(project.make("test")[1])) == 2


def test_a_moved_project_is_installed_where_it_now_lies(project):
    project.make("lab")
    project.folder = project.folder.rename(project.folder.with_name("moved"))
    assert len(_installs(project.make("lab")[1])) == 2


def test_a_failed_installation_stops_and_is_tried_again(project):
    done, calls = project.make("lab", PIP_STATUS="1")
    assert done.returncode != 0
    assert not any("jupyterlab" in call for call in calls)
    assert len(_installs(project.make("lab")[1])) == 2


def test_an_environment_whose_python_is_gone_is_made_anew(project):
    project.make("lab")
    (project.folder / ".venv/bin/python").unlink()
    done, calls = project.make("lab")
    assert done.returncode == 0
    assert "-m venv --clear .venv" in calls


def test_the_newest_python_that_can_make_environments_is_taken(project):
    project.add_python("python3.13", bare=True)
    project.add_python("python3", old=True)
    done, _ = project.make("lab")
    assert done.returncode == 0
    assert (project.folder / ".venv/bin/python").read_text() == STAND_IN.format(old=0, bare=0)


def test_without_a_recent_python_one_sentence_says_what_to_do(project):
    (project.path / "python3.12").unlink()
    project.add_python("python3", old=True)
    done, _ = project.make("lab")
    assert done.returncode != 0
    assert done.stderr.startswith("No Python 3.11 or newer was found")
    assert not (project.folder / ".venv").exists()


def test_without_the_venv_module_one_sentence_says_what_to_install(project):
    project.add_python("python3.12", bare=True)
    done, _ = project.make("test")
    assert done.returncode != 0
    assert done.stderr.startswith("python3.12 cannot make a virtual environment; install")
    assert "python3-venv" in done.stderr


def test_a_mac_with_an_intel_processor_is_told_before_anything_is_installed(project):
    (project.path / "uname").unlink()
    (project.path / "uname").write_text(
        '#!/bin/sh\ncase "$1" in -s) echo Darwin ;; *) echo x86_64 ;; esac\n'
    )
    (project.path / "uname").chmod(0o755)
    done, calls = project.make("lab")
    assert done.returncode != 0
    assert done.stderr.startswith("PyTorch is no longer built for Macs with an Intel processor")
    assert _installs(calls) == []


@pytest.mark.parametrize("command", [("make", "test"), (".ci/run",)])
@pytest.mark.parametrize("status", [0, 1])
def test_a_failing_test_fails_the_command(project, command, status):
    # A stand-in keeps .ci/run from installing a browser.
    (project.path / "chromium").symlink_to(shutil.which("true"))
    done, calls = project.run(*command, PYTEST_STATUS=str(status))
    assert (done.returncode != 0) == (status != 0)
    assert calls[-1].strip() == "-m pytest"


def test_clean_removes_what_can_be_made_again_and_nothing_else(project):
    project.make("lab")
    mine = project.folder / "work" / "notebooks" / "00_start_here.ipynb"
    mine.write_text("my answers")
    marks = project.folder / "work" / "leaves-12345678" / "decisions.sqlite"
    marks.parent.mkdir()
    marks.write_text("my marks")
    done, _ = project.make("clean")
    assert done.returncode == 0
    assert not (project.folder / ".venv").exists()
    assert (mine.read_text(), marks.read_text()) == ("my answers", "my marks")


def test_every_command_that_the_readme_names_is_there(project):
    named = set(re.findall(r"(?m)(?:^|`)make ([a-z]+)", (ROOT / "README.md").read_text()))
    assert {"lab", "test", "reset"} <= named
    for command in named:
        done, _ = project.make("--dry-run", command)
        assert done.returncode == 0, command


def test_help_lists_every_command(project):
    done, _ = project.make()
    for command in ("lab", "test", "reset", "notebooks", "clean"):
        assert f"make {command} " in done.stdout
