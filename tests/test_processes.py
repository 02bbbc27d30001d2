import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from helpers import processes
from helpers.processes import FreeCores, count_free_cores, start_workers

SCRIPT = """
from helpers.processes import start_workers
print("ran")
with start_workers(2) as pool:
    print(sum(pool.map(abs, range(-50, 1))), "__main__" in __import__("sys").modules, __name__)
"""


def run(*command):
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=True, timeout=60
    ).stdout


def test_a_script_without_a_guard_runs_once(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    assert run(script) == "ran\n1275 True __main__\n"


def test_a_script_run_as_a_module_runs_once(tmp_path, monkeypatch):
    (tmp_path / "script.py").write_text(SCRIPT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert run("-m", "script") == "ran\n1275 True __main__\n"


def test_work_runs_in_other_processes_no_more_than_asked_for():
    with start_workers(2) as pool:
        ids = {pool.submit(os.getpid).result() for _ in range(6)}
    assert 1 <= len(ids) <= 2
    assert os.getpid() not in ids


def _prepare():
    os.environ["PREPARED"] = "there"


def test_the_initializer_runs_before_the_first_work_and_only_there():
    with start_workers(1, _prepare) as pool:
        assert pool.submit(os.getenv, "PREPARED").result() == "there"
    assert "PREPARED" not in os.environ


def test_pools_started_from_several_threads_leave_the_script_as_it_was():
    script = sys.modules["__main__"]

    def use(number):
        with start_workers(1) as pool:
            return pool.submit(abs, number).result()

    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(use, [-1, -2, -3])) == [1, 2, 3]
    assert sys.modules["__main__"] is script


def test_importing_it_loads_nothing_heavy():
    code = "import sys, helpers.processes; print({'numpy', 'pandas', 'PIL'} & {*sys.modules})"
    assert run("-c", code) == "set()\n"


@pytest.fixture
def machine(monkeypatch):
    """A machine that is as busy as it is told: per cent of each core, and of one core by us."""
    made = SimpleNamespace(every=[0.0, 0.0], own=0.0, allowed=None)
    process = SimpleNamespace(cpu_percent=lambda: made.own)
    monkeypatch.setattr(processes.psutil, "cpu_percent", lambda percpu: list(made.every))
    monkeypatch.setattr(processes.psutil, "Process", lambda: process)

    def be(every, own, allowed=None):
        made.every, made.own = every, own
        if allowed is not None:
            process.cpu_affinity = lambda: allowed

    return be


@pytest.mark.parametrize(
    ("every", "own", "allowed", "free"),
    [
        ([0, 0], 0, [0, 1], 2),
        ([100, 100], 200, [0, 1], 2),
        ([100, 100], 100, [0, 1], 1),
        ([100, 0], 100, [0, 1], 2),
        ([100, 100], 35, [0, 1], 1),
        ([100, 100, 100], 0, [0, 1, 2], 1),
        ([100, 25], 100, [0, 1], 2),
        ([100, 26], 100, [0, 1], 1),
        ([20.6] * 16, 0, [*range(16)], 12),
        ([50, 50, 100, 100], 100, [0, 1], 2),
        ([50, 50, 100, 100], 100, [0, 1, 2, 3], 2),
        ([99, 100], 203, [0, 1], 2),
        ([0, 0], 0, [0, 7], 1),
        ([0, 100, 0, 0], 0, None, 3),
    ],
)
def test_cores_are_free_where_others_leave_them(machine, every, own, allowed, free):
    machine([100.0] * len(every), 0, allowed)
    cores = FreeCores()
    machine(every, own)
    assert cores.count() == free
    machine([0.0] * len(every), 0)
    assert cores.count() == (
        len(every) if allowed is None else len({*allowed} & {*range(len(every))})
    )


def test_one_look_takes_as_long_as_it_is_told(machine, monkeypatch):
    slept = []
    monkeypatch.setattr(processes.time, "sleep", slept.append)
    machine([0, 100, 0], 0)
    assert count_free_cores(0.7) == 2
    assert slept == [0.7]


def test_this_machine_has_a_core_or_more_for_us():
    assert 1 <= count_free_cores(0.05) <= os.cpu_count()
