"""What every test run has: a fresh work folder, no network, no GPU, none of the user's settings.

It is set here rather than in the Makefile, so that a plain ``pytest`` does what ``make test`` does.
"""

import os
import shutil
import tempfile
from functools import partial
from pathlib import Path

from helpers.course.notebooks import MEASURED, NO_BARS, sealed_environment, without_numbers
from helpers.processes import count_free_cores

# The worker processes of pytest-xdist inherit the environment, hence the one work folder.
_OWNER = "PYTEST_XDIST_WORKER" not in os.environ
if _OWNER:
    _WORK = Path(tempfile.mkdtemp(prefix="workbook-tests-"))
    _SEALED = sealed_environment(_WORK)
    # Two processes with a thread each end long before two with two threads each on two cores.
    _SEALED.setdefault("OMP_NUM_THREADS", "1")
    for _name in set(os.environ) - set(_SEALED):
        del os.environ[_name]
    os.environ.update(_SEALED)

# Kernels of notebooks show no progress bar; tests of bars see those of their own process.
for _name in NO_BARS:
    os.environ.pop(_name, None)
import tqdm.auto  # noqa: E402, F401

os.environ.update(NO_BARS)


def pytest_xdist_auto_num_workers(config):
    # Two at the least: processes of one thread each do not wait for one another. Each takes about a
    # gigabyte, so that more than eight would be too much for some machines.
    return min(8, max(2, count_free_cores()))


def pytest_configure(config):
    # Given here, not in pyproject.toml, where it would hold only for runs from this folder.
    rules = Path(__file__).parent / "tests" / "notebooks" / "sanitize.cfg"
    if config.pluginmanager.has_plugin("nbval"):  # studies.mutants runs without it
        config.option.nbval_sanitize_with = config.option.nbval_sanitize_with or str(rules)


def pytest_collection_modifyitems(items):
    # What is measured differs in the last digits from one computer to the next: nbval compares the
    # words around it, and claims hold the numbers to their bounds.
    for item in items:
        if MEASURED in getattr(item, "cell", {}).get("metadata", {}).get("tags", []):
            item.sanitize = partial(_sanitize_measured, item.sanitize)


def _sanitize_measured(sanitize, output):
    return without_numbers(sanitize(output)) if isinstance(output, str) else output


def pytest_unconfigure(config):
    if _OWNER:
        shutil.rmtree(_WORK, ignore_errors=True)
