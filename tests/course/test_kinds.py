"""The table of kinds counts tests with inputs of their own, and what came of them."""

import csv
from pathlib import Path

import pytest

from studies import kinds

REPORT = """<testsuites><testsuite>
<testcase classname="tests.a" name="test_one[x]"/>
<testcase classname="tests.a" name="test_one[y]"><failure>assert</failure></testcase>
<testcase classname="tests.a" name="test_one[z]"><skipped>no photos</skipped></testcase>
<testcase classname="tests.b" name="test_one"><error>fixture</error></testcase>
</testsuite></testsuites>"""


def test_a_case_is_a_test_with_its_inputs_and_passes_only_if_nothing_went_wrong():
    cases = kinds.outcomes(REPORT)
    assert cases == [
        ("tests.a::test_one[x]", "passed"),
        ("tests.a::test_one[y]", "failed"),
        ("tests.a::test_one[z]", "skipped"),
        ("tests.b::test_one", "failed"),
    ]
    assert kinds.tally("damage", cases) == {
        "kind": "damage", "tests": 2, "cases": 4, "passed": 1, "skipped": 1, "failed": 2,
    }  # fmt: skip


def test_each_kind_has_tests_and_none_counts_for_two():
    files = [path for kind in kinds.KINDS for path in kinds.files_of(kind)]
    assert len(files) == len(set(files)) > len(kinds.KINDS)


def test_a_kind_whose_tests_are_gone_is_named(monkeypatch):
    monkeypatch.setitem(kinds.KINDS, "damage", ["datasets/test_gone.py"])
    with pytest.raises(ValueError, match=r"no tests 'datasets/test_gone.py', .*'damage'"):
        kinds.files_of("damage")


def test_the_stored_table_has_every_kind_and_nothing_failed():
    with Path(kinds.__file__).with_suffix(".csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["kind"] for row in rows] == [*kinds.KINDS]
    for row in rows:
        tried, passed, skipped = (int(row[name]) for name in ("cases", "passed", "skipped"))
        assert (row["failed"], tried) == ("0", passed + skipped) and passed > 10
