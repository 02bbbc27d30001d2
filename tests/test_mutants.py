"""The mutants that measure our tests are what they say they are."""

import ast
import csv
import os
import subprocess
import sys

import pytest

from studies.mutants import in_child, measure, mirrored, mutate, statements, store

SOURCE = '''"""Ten."""

LIMIT: int | None = 3


def small(x: int | None, y: bool) -> bool | int:
    """Whether both are."""
    if x < LIMIT and not y:
        return x + 1
    return True
'''


def test_every_mutant_changes_one_thing_and_none_the_docstrings():
    mutants = list(mutate(SOURCE))
    assert sorted(became for _, was, became, _ in mutants if "LIMIT" in became) == [
        "LIMIT: int | None = 4",
        "LIMIT: int | None = 6",
        "if not (x < LIMIT and (not y))",
        "x < LIMIT or not y",
        "x <= LIMIT",
        "x >= LIMIT",
    ]
    assert {line for line, *_ in mutants} == {3, 8, 9, 10}
    sources = [source for *_, source in mutants]
    assert len(set(sources)) == len(sources) == 9
    for source in sources:
        assert ast.get_docstring(ast.parse(source)) == "Ten."


def test_a_note_stays_with_its_mutant_when_the_module_is_measured_again(tmp_path):
    row = {"module": "a.py", "seed": 0, "line": 1, "was": "x < 1", "became": "x <= 1"}
    store([row | {"killed": False, "note": ""}], table := tmp_path / "table.csv")
    text = table.read_text().replace("False,", "False,equivalent: x is odd")
    table.write_text(text)
    store([row | {"line": 2, "killed": False, "note": ""}], table)
    assert table.read_text().splitlines()[1:] == [
        "a.py,0,2,x < 1,x <= 1,False,equivalent: x is odd"
    ]


MODULE = """
LIMIT = 3


def small(x):
    return x < LIMIT


def doubled(x):
    return x * 2


class Sum:
    def __init__(self, of):
        self.of = of

    def all(self):
        return self.of[0] + 1


def unused(x):
    return x + 1
"""
TESTS = """
from made import LIMIT, Sum, doubled, small


def test_small():
    assert small(2) and not small(LIMIT)


def test_doubled():
    assert doubled(2) == 4


def test_sum():
    assert Sum([2, 5]).all() == 3
"""


def test_a_mutant_is_killed_by_a_test_that_fails_and_survives_where_none_does(
    tmp_path, monkeypatch
):
    (tmp_path / "made.py").write_text(MODULE)
    (tmp_path / "test_made.py").write_text(TESTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    _, rows = in_child(lambda: measure("made.py", ["test_made.py"], 100, 0))
    assert sorted(row["became"] for row in rows if not row["killed"]) == [
        "LIMIT = 4",  # the test takes the number from the module
        "LIMIT = 6",
        "x + 2",
        "x - 1",
    ]
    assert {row["became"] for row in rows if row["killed"]} >= {
        "x <= LIMIT", "x / 2", "x * 3", "self.of[0] - 1", "self.of[1]"
    }  # fmt: skip
    assert (tmp_path / "made.py").read_text() == MODULE


def test_a_test_that_only_reads_a_constant_is_run_on_what_changes_it(tmp_path, monkeypatch):
    (tmp_path / "made.py").write_text(MODULE)
    more = "\n\ndef test_limit():\n    assert LIMIT == 3\n"
    (tmp_path / "test_made.py").write_text(TESTS + more)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    _, rows = in_child(lambda: measure("made.py", ["test_made.py"], 100, 0))
    assert sorted(row["became"] for row in rows if not row["killed"]) == ["x + 2", "x - 1"]


def test_how_much_a_cache_keeps_is_changed_too(tmp_path, monkeypatch):
    (tmp_path / "made.py").write_text(
        "from functools import lru_cache\n\n\n@lru_cache(2)\ndef same(x):\n    return x\n"
    )
    (tmp_path / "test_made.py").write_text(
        "from made import same\n\n\ndef test_two_are_kept():\n"
        "    assert [same(x) for x in 'abc'] == [*'abc'] and same.cache_info().currsize == 2\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    _, rows = in_child(lambda: measure("made.py", ["test_made.py"], 100, 0))
    assert [(row["became"], row["killed"]) for row in rows] == [
        ("lru_cache(3)", True), ("lru_cache(4)", True)
    ]  # fmt: skip


def test_what_ends_only_after_too_much_work_was_noticed():
    def forever():
        while True:
            pass

    assert in_child(forever, limit=0)[0] != 0
    assert in_child(lambda: [7], limit=1) == (0, [7])
    assert in_child(lambda: True)[0] == 1 and in_child(lambda: False)[0] == 0


def test_a_line_belongs_to_its_statement_and_not_to_what_that_holds():
    source = "def f(x):\n    if (x and\n            x):\n        y = 1\n    return y\nA = 1\n"
    spans = statements(source)
    assert [spans[line] for line in (2, 3, 4, 5)] == [(2, 3), (2, 3), (4, 4), (5, 5)]
    assert spans[1] == spans[6] and spans[6][1] > 1000


def test_the_tests_of_a_module_are_those_called_like_it():
    assert mirrored("helpers/audit/quality.py") == [
        "tests/audit/test_quality.py",
        "tests/audit/test_quality_rules.py",
    ]
    assert mirrored("helpers/transfer.py") == ["tests/test_transfer.py"]


def test_a_module_without_tests_is_told_and_others_are_not_run_in_their_place():
    assert mirrored("helpers/nothing.py") == []
    with pytest.raises(SystemExit, match="No tests are named after helpers/nothing.py; .*--tests"):
        measure("helpers/nothing.py", [], 1, 0)


def test_from_the_command_line_a_module_is_mutated_in_a_copy_and_its_rows_are_kept(tmp_path):
    for name, text in (("helpers/made.py", MODULE), ("tests/test_made.py", TESTS)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text.replace("from made", "from helpers.made"))
    (tmp_path / "helpers" / "__init__.py").write_text("")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    command = [sys.executable, "-m", "studies.mutants", "helpers/made.py", "--count", "3"]
    command += ["--table", "table.csv"]
    environment = os.environ | {"PYTHONPATH": os.getcwd()}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = [*csv.DictReader((tmp_path / "table.csv").open())]
    killed = sum(row["killed"] == "True" for row in rows)
    assert len(rows) == 3 and f"helpers/made.py: {killed} of 3 mutants killed" in done.stdout
    assert all(row["became"] in {one[2] for one in mutate(MODULE)} for row in rows)
    assert (tmp_path / "helpers" / "made.py").read_text() == MODULE
