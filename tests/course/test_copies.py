import json

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_raw_cell

from helpers.course import copies
from tests.notebooks.making import code, notebook, printed, write


@pytest.fixture
def folders(tmp_path):
    stored, learners = tmp_path / "notebooks", tmp_path / "work" / "notebooks"
    stored.mkdir()
    for name in ("00_start", "01_look"):
        write(stored / f"{name}.ipynb", code("1 + 1"))
    copies.copy(stored, learners)
    return stored, learners


def test_the_learner_gets_a_copy_of_each_notebook(folders):
    stored, learners = folders
    for path in stored.glob("*.ipynb"):
        assert (learners / path.name).read_bytes() == path.read_bytes()


def test_edits_survive_and_nothing_is_said_while_nothing_changed(folders, capsys):
    stored, learners = folders
    (learners / "00_start.ipynb").write_text("my answers")
    (learners / "mine.ipynb").write_text("my own")
    copies.copy(stored, learners)
    assert (learners / "00_start.ipynb").read_text() == "my answers"
    assert (learners / "mine.ipynb").read_text() == "my own"
    assert capsys.readouterr().out == ""


def test_an_untouched_copy_follows_the_stored_notebook(folders, capsys):
    stored, learners = folders
    for source in ("2 + 2", "3 + 3"):
        new = write(stored / "00_start.ipynb", code(source)).read_bytes()
        copies.copy(stored, learners)
        assert (learners / "00_start.ipynb").read_bytes() == new
    assert capsys.readouterr().out == ""


def test_when_both_changed_the_learners_stays_and_they_are_told_once_for_each_change(
    folders, capsys
):
    stored, learners = folders
    (learners / "00_start.ipynb").write_text("my answers")
    for source in ("2 + 2", "3 + 3"):
        write(stored / "00_start.ipynb", code(source))
        copies.copy(stored, learners)
        assert capsys.readouterr().out.startswith("00_start.ipynb has a new version; yours")
        copies.copy(stored, learners)
        assert capsys.readouterr().out == ""
    assert (learners / "00_start.ipynb").read_text() == "my answers"


@pytest.mark.parametrize("record", ["not json", "{}", None])
def test_without_a_record_of_what_was_copied_nothing_is_overwritten(folders, record):
    stored, learners = folders
    (learners / ".copied.json").unlink()
    if record:
        (learners / ".copied.json").write_text(record)
    (learners / "00_start.ipynb").write_text("my answers")
    write(stored / "00_start.ipynb", code("2 + 2"))
    copies.copy(stored, learners)
    assert (learners / "00_start.ipynb").read_text() == "my answers"
    assert json.loads((learners / ".copied.json").read_text())["00_start.ipynb"]["copied"] is None


def test_reset_gives_fresh_copies_and_keeps_every_old_one(folders, capsys):
    stored, learners = folders
    for answers in ("first", "second"):
        (learners / "00_start.ipynb").write_text(answers)
        copies.reset(stored, learners)
        fresh = (learners / "00_start.ipynb").read_bytes()
        assert fresh == (stored / "00_start.ipynb").read_bytes()
    old = [learners.with_name(f"notebooks-before-{number}") for number in (1, 2)]
    assert [(folder / "00_start.ipynb").read_text() for folder in old] == ["first", "second"]
    assert "notebooks-before-2" in capsys.readouterr().out


def _tagged(tag):
    return {"tags": [tag]}


BOTH = [
    "For both.",
    new_markdown_cell("Of the leaves.", metadata=_tagged("leaves")),
    code("leaves()", printed("480"), tags=["leaves", "measured"]),
    code("both()", printed("3600"), tags=["measured"]),
    new_markdown_cell("Of your own.", metadata=_tagged("own-data")),
    new_raw_cell("own()", metadata=_tagged("own-data")),
    new_raw_cell("Of yours.", metadata={"raw_mimetype": "text/markdown"} | _tagged("own-data")),
    new_raw_cell("Raw for both."),
]


def _cells(made):
    return [(cell.cell_type, cell.source) for cell in made.cells]


def test_the_copy_for_the_leaves_has_no_cells_for_other_data_and_keeps_its_outputs():
    stored = notebook(*BOTH)
    made = copies.for_leaves(stored)
    assert _cells(made) == [
        ("markdown", "For both."),
        ("markdown", "Of the leaves."),
        ("code", "leaves()"),
        ("code", "both()"),
        ("raw", "Raw for both."),
    ]
    assert [cell.outputs[0].text for cell in made.cells[2:4]] == ["480", "3600"]
    assert len(stored.cells) == 8


def test_the_copy_for_other_data_says_nothing_of_the_leaves_and_shows_no_output():
    made = copies.for_own_data(notebook(*BOTH))
    assert _cells(made) == [
        ("markdown", "For both."),
        ("code", "both()"),
        ("markdown", "Of your own."),
        ("code", "own()"),
        ("markdown", "Of yours."),
        ("raw", "Raw for both."),
    ]
    assert made.cells[4].metadata == {"tags": ["own-data"]}
    both, own = made.cells[1], made.cells[3]
    assert (both.id, own.id) == ("cell-3", "cell-5")
    assert both.outputs == own.outputs == []
    assert both.execution_count is own.execution_count is None
    assert both.metadata.tags == ["measured"]
    nbformat.validate(made)


@pytest.mark.parametrize("own_data", [False, True])
def test_copies_with_cells_left_out_follow_and_keep_edits_as_others_do(tmp_path, own_data, capsys):
    stored, learners = tmp_path / "notebooks", tmp_path / "mine"
    stored.mkdir()
    path = write(stored / "00_start.ipynb", *BOTH)
    copies.copy(stored, learners, own_data)
    mine = learners / path.name
    assert len(nbformat.read(mine, as_version=4).cells) == 5 + own_data
    write(path, *BOTH, "More.")
    copies.copy(stored, learners, own_data)
    assert len(nbformat.read(mine, as_version=4).cells) == 6 + own_data
    assert capsys.readouterr().out == ""
    mine.write_text("my answers")
    write(path, *BOTH)
    copies.copy(stored, learners, own_data)
    assert mine.read_text() == "my answers"
    command = "make reset DATA=…" if own_data else "make reset"
    assert f"`{command}` gives fresh copies" in capsys.readouterr().out
    copies.reset(stored, learners, own_data)
    assert len(nbformat.read(mine, as_version=4).cells) == 5 + own_data
