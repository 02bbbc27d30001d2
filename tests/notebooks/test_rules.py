"""Every stored notebook keeps the rules, and each rule catches a notebook that does not."""

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_output, new_raw_cell

from helpers.course.notebooks import LARGEST_BYTES, ROOT, STORED
from tests.notebooks import rules
from tests.notebooks.making import (
    code,
    good_cells,
    notebook,
    picture,
    printed,
    renumber,
    write,
)

COUNT, DRAW, MEASURE, CLAIM, SAW = 3, 4, 6, 7, 8


@pytest.mark.parametrize("path", sorted(STORED.glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_stored_notebook_keeps_every_rule(path):
    assert rules.breaches(path) == []


def test_a_good_notebook_breaks_no_rule(tmp_path):
    assert rules.breaches(write(tmp_path / "99_leaves.ipynb", *good_cells())) == []


def _spoil(place, cell):
    cells = good_cells()
    cells[place] = cell
    return notebook(*cells)


def _without(place):
    cells = good_cells()
    del cells[place]
    return notebook(*cells)


def _with_attribute(place, **attributes):
    spoilt = notebook(*good_cells())
    spoilt.cells[place].update(attributes)
    return spoilt


def _with_metadata(place, metadata, without=None):
    spoilt = notebook(*good_cells()) if without is None else _without(without)
    holder = spoilt if place is None else spoilt.cells[place]
    holder.metadata.update(metadata)
    return spoilt


def _with_exercise(source, output, tags=("exercise",)):
    return notebook(*good_cells(), code(source, printed(output), tags=list(tags)))


def _with_claims(heading="## Does this still hold?", folded=True, number="99", after=()):
    cells = [*good_cells(), heading, code(f'claims.check("{number}", dataset)'), *after]
    made = notebook(*cells)
    if folded:
        made.cells[len(good_cells())].metadata[rules.FOLDED] = True
    return made


def test_claims_at_the_end_under_a_folded_heading_keep_every_rule_and_replace_expect(tmp_path):
    made = _with_claims()
    made.cells[CLAIM] = notebook("Nothing is claimed here.").cells[0]
    nbformat.write(renumber(made), tmp_path / "99_leaves.ipynb")
    assert rules.breaches(tmp_path / "99_leaves.ipynb") == []


def _own_data(source):
    return new_raw_cell(source, metadata={"tags": ["own-data"]})


def test_cells_for_one_kind_of_data_break_no_rule(tmp_path):
    leaves = code("draw(dataset)", picture("aGVsbG8="), tags=["leaves"])
    path = write(tmp_path / "99_leaves.ipynb", *good_cells(), leaves, _own_data("len(dataset)"))
    assert rules.breaches(path) == []


def test_cells_and_words_are_counted_as_each_reader_gets_them(tmp_path):
    text = {"raw_mimetype": "text/markdown", "tags": ["own-data"]}
    spare = rules.MOST_WORDS - sum(
        len(text.split()) for *_, text in rules.prose(notebook(*good_cells()))
    )
    both = [
        new_markdown_cell("word " * spare, metadata={"tags": ["leaves"]}),
        new_raw_cell("word " * spare, metadata=text),
    ]
    path = write(tmp_path / "99_leaves.ipynb", *good_cells(), *both)
    assert rules.breaches(path) == []
    both[1].source += "word"
    path = write(tmp_path / "99_leaves.ipynb", *good_cells(), *both)
    assert rules.breaches(path) == ["it_is_short: 1701 words for other data, more than 1700"]
    few = [new_raw_cell("Word.", metadata=text)] * (rules.MOST_CELLS - len(good_cells()))
    assert rules.breaches(write(path, *good_cells(), *few)) == []
    found = rules.breaches(write(path, *good_cells(), *few, few[0]))
    assert found == ["it_is_short: 51 cells for other data, more than 50"]


UNANSWERED = "02.2 is not answered yet."
BAD = {
    "not executed": (
        "every_code_cell_is_executed",
        lambda: _with_attribute(COUNT, execution_count=None, outputs=[]),
    ),
    "out of order": (
        "every_code_cell_is_executed",
        lambda: _with_attribute(COUNT, execution_count=9),
    ),
    "empty cell": ("every_code_cell_is_executed", lambda: _spoil(COUNT, code("  "))),
    "skipped": ("nothing_is_skipped", lambda: _with_metadata(COUNT, {"tags": ["nbval-skip"]})),
    "skipped by comment": (
        "nothing_is_skipped",
        lambda: _spoil(COUNT, code("# NBVAL_IGNORE_OUTPUT\nlen(dataset)")),
    ),
    "allowed to raise": (
        "nothing_is_skipped",
        lambda: _with_metadata(COUNT, {"tags": ["raises-exception"]}),
    ),
    "ignored, not measured": (
        "ignored_outputs_are_measured_and_claimed",
        lambda: _with_metadata(MEASURE, {"tags": ["nbval-ignore-output"]}),
    ),
    "measured, never claimed": (
        "ignored_outputs_are_measured_and_claimed",
        lambda: _without(CLAIM),
    ),
    "measured and compared, never claimed": (
        "ignored_outputs_are_measured_and_claimed",
        lambda: _with_metadata(MEASURE, {"tags": ["measured"]}, without=CLAIM),
    ),
    "claimed in an ignored cell": (
        "ignored_outputs_are_measured_and_claimed",
        lambda: _with_metadata(CLAIM, {"tags": ["measured", "nbval-ignore-output"]}),
    ),
    "claims of another notebook": (
        "its_claims_come_last_and_folded",
        lambda: _with_claims(number="98"),
    ),
    "claims in the open": ("its_claims_come_last_and_folded", lambda: _with_claims(folded=False)),
    "claims without their heading": (
        "its_claims_come_last_and_folded",
        lambda: _with_claims("## And now?"),
    ),
    "claims before the end": (
        "its_claims_come_last_and_folded",
        lambda: _with_claims(after=[code("len(dataset)", printed("3600"))]),
    ),
    "claims twice": (
        "its_claims_come_last_and_folded",
        lambda: _with_claims(after=[code('claims.check("99", dataset)')]),
    ),
    "code for other data that is executed on the leaves": (
        "cells_for_one_kind_of_data_are_stored_as_such",
        lambda: _with_metadata(COUNT, {"tags": ["own-data"]}),
    ),
    "raw text": (
        "cells_for_one_kind_of_data_are_stored_as_such",
        lambda: notebook(*good_cells(), new_raw_cell("len(dataset)")),
    ),
    "code marked as raw text is": (
        "metadata_say_nothing_of_the_run",
        lambda: _with_metadata(COUNT, {"raw_mimetype": "text/x-python"}),
    ),
    "code for other data that is no code": (
        "cells_for_one_kind_of_data_are_stored_as_such",
        lambda: notebook(*good_cells(), _own_data("len(dataset")),
    ),
    "text for other data that readers of the leaves see": (
        "cells_for_one_kind_of_data_are_stored_as_such",
        lambda: _with_metadata(2, {"tags": ["own-data"]}),
    ),
    "the dataset for the leaves alone": (
        "cells_for_one_kind_of_data_are_stored_as_such",
        lambda: _with_metadata(1, {"tags": ["parameters", "leaves"]}),
    ),
    "a cell for nobody": (
        "cells_for_one_kind_of_data_are_stored_as_such",
        lambda: _with_metadata(0, {"tags": ["own-data", "leaves"]}),
    ),
    "stored error": (
        "no_error_is_stored",
        lambda: _with_attribute(
            COUNT, outputs=[new_output("error", ename="KeyError", evalue="x", traceback=[])]
        ),
    ),
    "stored warning": (
        "no_error_is_stored",
        lambda: _with_attribute(COUNT, outputs=[new_output("stream", name="stderr", text="W")]),
    ),
    "test opened": (
        "the_test_split_stays_closed",
        lambda: _spoil(COUNT, code("dataset.open_test(chapter=10)")),
    ),
    "test part": (
        "the_test_split_stays_closed",
        lambda: _spoil(COUNT, code('dataset.part(split="test")')),
    ),
    "test rows": (
        "the_test_split_stays_closed",
        lambda: _spoil(COUNT, code('images[images["split"] == "test"]')),
    ),
    "too many cells": ("it_is_short", lambda: notebook(*good_cells(), *["A cell."] * 50)),
    "too many words": ("it_is_short", lambda: _spoil(2, "word " * 1701)),
    "long cells": (
        "it_is_short",
        lambda: notebook(*good_cells(), *[code("a = 1\n" * 4) for _ in range(9)]),
    ),
    "a very long cell": ("it_is_short", lambda: _spoil(COUNT, code("a = 1\n" * 16))),
    "a function": (
        "narrative_cells_define_nothing",
        lambda: _spoil(COUNT, code("def count(dataset):\n    return len(dataset)")),
    ),
    "a typed percentage": (
        "results_in_prose_are_computed",
        lambda: _spoil(2, "We find 78 % of them."),
    ),
    "a typed decimal": (
        "results_in_prose_are_computed",
        lambda: _spoil(2, "The accuracy is 0.52 here."),
    ),
    "no title": ("it_follows_the_template", lambda: _without(0)),
    "no minutes": (
        "it_follows_the_template",
        lambda: _spoil(0, "# 99 Leaves\nYou will be able to look. Prerequisites: none."),
    ),
    "no summary": ("it_follows_the_template", lambda: _without(SAW)),
    "sections in another order": (
        "it_follows_the_template",
        lambda: notebook(*good_cells()[:SAW], *good_cells()[:SAW:-1], "## What we saw"),
    ),
    "another dataset": (
        "its_dataset_is_a_parameter",
        lambda: _spoil(1, code('dataset = open_dataset("digits")', tags=["parameters"])),
    ),
    "untagged parameters": (
        "its_dataset_is_a_parameter",
        lambda: _spoil(1, code("dataset = open_dataset()")),
    ),
    "exercise without its tag": (
        "its_exercises_are_stubs",
        lambda: _with_exercise('exercises.check("02.2", ...)', UNANSWERED, tags=()),
    ),
    "an answered exercise": (
        "its_exercises_are_stubs",
        lambda: _with_exercise('exercises.check("02.2", "look")', "02.2: right."),
    ),
    "an exercise of another notebook": (
        "its_exercises_are_stubs",
        lambda: _with_exercise('exercises.check("02.2", ...)', UNANSWERED),
    ),
    "the project's folder": (
        "outputs_name_no_machine",
        lambda: _spoil(COUNT, code("dataset.root", printed(f"{ROOT}/work"))),
    ),
    "a user's folder": (
        "outputs_name_no_machine",
        lambda: _spoil(COUNT, code("dataset.root", printed("/home/ada/photos"))),
    ),
    "a user's folder on Windows": (
        "outputs_name_no_machine",
        lambda: _spoil(COUNT, code("dataset.root", printed(r"C:\Users\ada"))),
    ),
    "an address": (
        "outputs_name_no_machine",
        lambda: _spoil(COUNT, code("dataset", printed("<Dataset at 0x7f3a5c1d2e80>"))),
    ),
    "another kernel": (
        "metadata_say_nothing_of_the_run",
        lambda: _with_metadata(None, {"kernelspec": {"name": "venv", "display_name": "venv"}}),
    ),
    "a Python version": (
        "metadata_say_nothing_of_the_run",
        lambda: _with_metadata(None, {"language_info": {"name": "python", "version": "3.11.7"}}),
    ),
    "times of execution": (
        "metadata_say_nothing_of_the_run",
        lambda: _with_metadata(COUNT, {"execution": {"iopub.execute_input": "2026"}}),
    ),
    "a picture that keeps its alt text to itself": (
        "pictures_say_what_they_show",
        lambda: _spoil(DRAW, code("draw()", new_output("display_data", {"image/png": "aGk="}))),
    ),
    "a widget without a still": (
        "widgets_leave_a_still_picture",
        lambda: _spoil(DRAW, code("browse(dataset)", printed("Browser of leaves"))),
    ),
    "a figure that never appeared": (
        "what_is_drawn_is_shown",
        lambda: _spoil(DRAW, code("ax = plots.sizes(dataset)", printed("3 images"))),
    ),
    "a picture without alt text": (
        "pictures_say_what_they_show",
        lambda: _spoil(DRAW, code("draw()", picture("aGk=", alt=" "))),
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_notebook_is_caught_by_its_rule_alone(what, tmp_path, monkeypatch):
    name, make = BAD[what]
    path = tmp_path / "99_leaves.ipynb"
    if name == "the_test_split_stays_closed":
        path = tmp_path / "09_leaves.ipynb"
        known = rules.exercises.keys()
        others = [key for key in known if key[:2] != "09"]
        monkeypatch.setattr(rules.exercises, "keys", lambda: others)
    nbformat.write(make(), path)
    assert {breach.split(":")[0] for breach in rules.breaches(path)} == {name}


def test_every_rule_has_a_bad_notebook():
    assert {check.__name__ for check in rules.RULES} == {name for name, _ in BAD.values()}


def test_a_large_notebook_is_caught(tmp_path):
    path = write(tmp_path / "99_leaves.ipynb", *good_cells(), "<!--" + "x" * LARGEST_BYTES + "-->")
    assert [breach.split(":")[0] for breach in rules.breaches(path)] == ["size"]


def test_the_test_split_may_be_opened_from_notebook_10_on():
    opening = _spoil(COUNT, code("test = dataset.open_test(chapter=10)"))
    assert list(rules.the_test_split_stays_closed(opening, 10)) == []
    assert len(list(rules.the_test_split_stays_closed(opening, 9))) == 1


def test_an_exercise_that_its_notebook_forgets_is_named():
    forgotten = list(rules.its_exercises_are_stubs(notebook(*good_cells()), 2))
    assert forgotten == [
        f"exercise 02.{number} is not in the notebook" for number in (1, 2, 3, 4, 5)
    ]


def test_what_is_measured_need_not_be_ignored():
    cells = good_cells()
    cells[MEASURE].metadata["tags"] = ["measured"]
    assert list(rules.ignored_outputs_are_measured_and_claimed(notebook(*cells), 99)) == []


def test_a_widget_that_stores_no_number_needs_no_claim():
    tags = ["measured", "nbval-ignore-output"]
    cells = good_cells()[:CLAIM] + [code("x = 1")] + good_cells()[SAW:]
    cells[MEASURE] = code("browse(dataset)", printed("Run this cell."), tags=tags)
    assert list(rules.ignored_outputs_are_measured_and_claimed(notebook(*cells), 99)) == []
