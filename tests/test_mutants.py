"""The mutants that measure our tests are what they say they are."""

import ast

from studies.mutants import mutate, store

SOURCE = '''"""Ten."""

LIMIT = 3


def small(x: int | None, y: bool) -> bool | int:
    """Whether both are."""
    if x < LIMIT and not y:
        return x + 1
    return True
'''


def test_every_mutant_changes_one_thing_and_none_the_docstrings():
    mutants = list(mutate(SOURCE))
    assert sorted(became for _, was, became, _ in mutants if "LIMIT" in became) == [
        "LIMIT = 4",
        "LIMIT = 6",
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
