import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from helpers.processes import start_workers

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
