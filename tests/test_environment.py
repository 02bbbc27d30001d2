"""What conftest.py promises to every test, notebook and widget run."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from helpers.course.notebooks import ROOT, sealed_environment
from helpers.datasets import work_folder


def test_a_run_is_strict_offline_on_the_cpu_and_on_the_bundled_dataset():
    assert os.environ["WORKBOOK_STRICT"] == "1"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == ""
    assert "WORKBOOK_DATASET" not in os.environ
    assert "TORCH_HOME" not in os.environ


def test_the_work_folder_is_temporary_and_not_the_users():
    assert work_folder() == Path(os.environ["WORKBOOK_WORK"])
    assert ROOT not in work_folder().resolve().parents


def test_no_page_beyond_this_machine_can_be_fetched():
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen("http://example.org", timeout=5)


def test_this_machine_is_reached_without_the_dead_proxy():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises((urllib.error.URLError, TimeoutError)) as reached:
            urllib.request.urlopen(address, timeout=0.5)
        server.settimeout(1)
        server.accept()[0].close()
    assert "refused" not in str(reached.value)


def test_what_the_user_had_set_is_taken_out_and_the_rest_kept(tmp_path):
    theirs = {
        "PATH": "/bin",
        "TORCH_HOME": "/weights",
        "WORKBOOK_DATASET": "digits",
        "WORKBOOK_WORK": "/theirs",
        "https_proxy": "http://proxy:3128",
        "CUDA_VISIBLE_DEVICES": "0",
    }
    sealed = sealed_environment(tmp_path, theirs)
    assert sealed["PATH"] == "/bin"
    assert sealed["WORKBOOK_WORK"] == str(tmp_path)
    assert sealed["https_proxy"] == "http://127.0.0.1:9"
    assert not {"TORCH_HOME", "WORKBOOK_DATASET"} & set(sealed)
    assert theirs["WORKBOOK_WORK"] == "/theirs"


def test_a_plain_pytest_is_sealed_too():
    polluted = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    polluted |= {"WORKBOOK_DATASET": "digits", "TORCH_HOME": "/weights", "WORKBOOK_WORK": str(ROOT)}
    polluted |= {"WORKBOOK_STRICT": "0", "CUDA_VISIBLE_DEVICES": "0"}
    command = [sys.executable, "-m", "pytest", "-q", __file__, "-k", "strict or temporary"]
    outcome = subprocess.run(command, cwd=ROOT, env=polluted, capture_output=True, text=True)
    assert "2 passed" in outcome.stdout


SEEN = """
import warnings
from helpers.augment.applying import apply_policy
from helpers.course.studies import read_study
from helpers.preparing import study_effects
print(len(study_effects(read_study("preparing"), "resize")))
warnings.warn("theirs")
"""


def test_a_learner_who_silences_nothing_sees_no_library_warn_of_itself():
    theirs = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    asked = [sys.executable, "-c", SEEN]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, cwd=ROOT, env=theirs)
    assert done.stdout == "20\n"
    assert done.stderr.splitlines() == ["<string>:7: UserWarning: theirs"]
