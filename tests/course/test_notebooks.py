import base64
import io
import re
from copy import deepcopy
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient.exceptions import CellExecutionError
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_output, new_raw_cell
from PIL import Image

from helpers.course import copies, notebooks
from tests.notebooks.making import code, notebook, picture, printed, write


def _png(level: int, marked: int = 0) -> str:
    pixels = np.full((100, 200), level, dtype=np.uint8)
    pixels.flat[:marked] = 255 - level
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def _outputs_after(old, new):
    """Which outputs are stored when a cell gave `old` before and gives `new` now."""
    before, after = notebook(deepcopy(old)), notebook(deepcopy(new))
    kept = notebooks.keep_old_pictures(after, before)
    assert kept == (after.cells[0].outputs == old.outputs)
    return after.cells[0].outputs


OLD = code("draw()", printed("3 leaves"), picture(_png(10)))


def test_a_picture_that_looks_the_same_is_kept():
    new = code("draw()", printed("3 leaves"), picture(_png(12, marked=3)))
    assert _outputs_after(OLD, new) == OLD.outputs


@pytest.mark.parametrize(
    "new",
    [
        code("draw()", printed("3 leaves"), picture(_png(200))),
        code("draw()", printed("3 leaves"), picture(_png(10, marked=100))),
        code("draw()", printed("4 leaves"), picture(_png(12))),
        code("draw()", printed("3 leaves"), picture(_png(12), "Another alt text.")),
        code("draw(1)", printed("3 leaves"), picture(_png(12))),
        code("draw()", printed("3 leaves")),
    ],
    ids=["brighter", "another word in it", "text", "alt text", "source", "no picture"],
)
def test_what_changed_is_stored_anew(new):
    assert _outputs_after(OLD, new) == new.outputs


@pytest.mark.parametrize("tags", [None, ["measured", "nbval-ignore-output"]])
def test_a_picture_whose_alt_text_nobody_was_shown_is_stored_anew(tags):
    metadata = {"image/png": {"alt": "A leaf on stone."}}
    bare = {"image/png": _png(10), "text/plain": "<Figure size 640x480 with 1 Axes>"}
    old = code("draw()", new_output("display_data", bare, metadata=metadata), tags=tags)
    new = code("draw()", picture(_png(10)), tags=tags)
    assert _outputs_after(old, new) == new.outputs


def test_a_widget_without_its_still_is_stored_anew():
    words = {"text/plain": "Browser of leaves"}
    tags = ["measured", "nbval-ignore-output"]
    old = code("browse()", new_output("display_data", words), tags=tags)
    still = words | {"text/html": '<figure class="still"></figure>'}
    new = code("browse()", new_output("display_data", still), tags=tags)
    assert _outputs_after(old, new) == new.outputs


def test_measured_numbers_alone_do_not_store_a_cell_anew():
    tags = ["measured", "nbval-ignore-output"]
    old = code("run()", printed("0.52 in 3.1 s"), picture(_png(10)), tags=tags)
    again = code("run()", printed("0.48 in 12 s"), picture(_png(99)), tags=tags)
    other = code("run()", printed("0.48 in 12 hours"), picture(_png(99)), tags=tags)
    assert _outputs_after(old, again) == old.outputs
    assert _outputs_after(old, other) == other.outputs


def _cells(*, numbers, words="right", colour=10):
    tags = ["measured", "nbval-ignore-output"]
    return [
        code("draw()", picture(_png(colour))),
        code("print(score)", printed(f"{numbers} {words}"), tags=tags),
        code("bar(score)", picture(_png(10), f"{numbers} in a figure."), tags=tags),
    ]


def test_the_measured_numbers_of_a_notebook_are_those_of_one_run():
    old = notebook(*_cells(numbers=1.6))
    again = notebook(*_cells(numbers=1.7, colour=11))
    assert notebooks.keep_old_pictures(again, deepcopy(old)) == 3
    assert [cell.outputs for cell in again.cells] == [cell.outputs for cell in old.cells]
    # One that must be stored anew takes the other with it, and leaves alone what is compared.
    other = notebook(*_cells(numbers=1.7, words="wrong", colour=11))
    new = deepcopy(other)
    assert notebooks.keep_old_pictures(new, deepcopy(old)) == 1
    assert [cell.outputs for cell in new.cells] == [
        old.cells[0].outputs, other.cells[1].outputs, other.cells[2].outputs
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("accuracy 0.52", "accuracy 0.481"),
        ("difference -0.01 (-0.1 to +0.0)", "difference +0.02 (+0.01 to 0.3)"),
        ("     a   b\n0  1.0 -2", "    a    b\n0 -1.5  2"),
        ("1,203 of 5 in 0:12", "7 of 1,203 in 1:02:03"),
        ("60% of 5", "5% of 60"),
    ],
)
def test_without_its_numbers_a_text_is_its_words(one, other):
    assert notebooks.without_numbers(one) == notebooks.without_numbers(other)
    assert not re.search(r"\d", notebooks.without_numbers(one))


def test_without_numbers_no_word_is_lost():
    assert notebooks.without_numbers("Oak 1, elm: -2 %; as-is.").split() == [
        "Oak", "elm", ";", "as", "is"
    ]  # fmt: skip


def test_strip_keeps_of_a_still_what_needs_no_live_widget():
    figure = '<figure class="still"><div>An <b>oak</b></div></figure>'
    output = new_output("display_data", {"text/html": f'<div id="still-w0">a<b>{figure}</div>'})
    (stripped,) = notebooks.strip(notebook(code("browse()", output))).cells
    assert stripped.outputs[0].data["text/html"] == figure


def test_no_progress_bar_is_shown_however_long_something_takes(tmp_path):
    bars = """
import time
from tqdm.auto import tqdm
def wait():
    with tqdm(total=2, delay=0, mininterval=0) if given else tqdm(total=2) as bar:
        for _ in range(2):
            time.sleep(0.06)
            bar.update()
"""
    quiet = write(tmp_path / "quiet.ipynb", code(f"{bars}given = False\nwait()"))
    assert notebooks.run(quiet, tmp_path / "work").cells[0].outputs == []
    loud = write(tmp_path / "loud.ipynb", code(f"{bars}given = True\nwait()"))
    assert notebooks.run(loud, tmp_path / "work").cells[0].outputs != []


def test_strip_leaves_nothing_of_the_run_and_no_dead_widget():
    view = {notebooks.WIDGET_VIEW: {"model_id": "1"}, "text/plain": "Browser of leaves"}
    ran = notebook(code("browse()", new_output("display_data", view), tags=["measured"]))
    ran.metadata.update(widgets={"state": {}}, language_info={"name": "python", "version": "3.11"})
    ran.cells[0].metadata["execution"] = {"iopub.execute_input": "2026"}
    notebooks.strip(ran)
    assert set(ran.metadata) == {"kernelspec", "language_info"}
    assert ran.metadata["language_info"] == {"name": "python"}
    assert ran.cells[0].metadata == {"tags": ["measured"]}
    assert ran.cells[0].outputs[0].data == {"text/plain": "Browser of leaves"}


OWN = {"tags": ["own-data"]}


@pytest.mark.parametrize(
    ("own", "kind"),
    [
        (new_raw_cell("own_words()", metadata=OWN), "code"),
        (new_markdown_cell("own_words()", metadata=OWN), "markdown"),
    ],
)
def test_what_is_for_other_data_is_on_no_page_that_is_made_of_the_notebook(own, kind):
    stored = notebook("Prose.", deepcopy(own))
    page, _ = HTMLExporter().from_notebook_node(stored)
    assert "own_words" in page
    for _ in range(2):  # what was stored is stored again
        notebooks.strip(stored)
        assert stored.cells[-1].cell_type == "raw"
        page, _ = HTMLExporter().from_notebook_node(stored)
        assert "own_words" not in page and "Prose." in page
        made = copies.for_own_data(stored)
        assert (made.cells[-1].cell_type, made.cells[-1].source) == (kind, "own_words()")
        assert made.cells[-1].metadata == {"tags": ["own-data"]}


def test_run_executes_against_the_dataset_given_and_leaves_the_file_alone(tmp_path):
    source = "import os\nprint(os.environ['WORKBOOK_DATASET'], os.environ['WORKBOOK_WORK'])"
    path = write(tmp_path / "50_asks.ipynb", code(source))
    before = path.read_bytes()
    ran = notebooks.run(path, tmp_path / "work", dataset=tmp_path / "photos")
    assert ran.cells[0].outputs[0].text == f"{tmp_path / 'photos'} {tmp_path / 'work'}\n"
    assert path.read_bytes() == before


def test_execute_stores_outputs_and_a_failing_notebook_stays_as_it_was(tmp_path, capsys):
    good = write(tmp_path / "50_good.ipynb", code("print(1 + 1)"))
    bad = write(tmp_path / "51_bad.ipynb", code("1 / 0"))
    before = bad.read_bytes()
    with pytest.raises(CellExecutionError):
        notebooks.execute([good, bad])
    stored = nbformat.read(good, as_version=4)
    assert stored.cells[0].outputs[0].text == "2\n"
    assert stored.cells[0].execution_count == 1
    assert capsys.readouterr().out.startswith("50_good.ipynb: ")
    assert bad.read_bytes() == before


def test_execute_refuses_a_notebook_that_grows_too_large(tmp_path):
    path = write(tmp_path / "50_large.ipynb", code("print('x' * 1_600_000)"))
    with pytest.raises(ValueError, match=r"50_large.ipynb would take 1,6.* draw fewer"):
        notebooks.execute([path])


def test_run_executes_what_a_reader_with_other_data_gets(tmp_path):
    own = new_raw_cell("print('own')", metadata={"tags": ["own-data"]})
    path = write(tmp_path / "50_tags.ipynb", code("print('leaves')", tags=["leaves"]), own)
    (cell,) = notebooks.run(path, tmp_path / "work", dataset="digits").cells
    assert cell.outputs[0].text == "own\n"
    on_leaves = notebooks.run(path, tmp_path / "work").cells
    assert [one.cell_type for one in on_leaves] == ["code", "raw"]
    assert on_leaves[0].outputs[0].text == "leaves\n"


@pytest.mark.parametrize(
    ("data", "folder"),
    [
        ("", "notebooks"),
        ("leaves", "notebooks"),
        (" leaves ", "notebooks"),
        ("./leaves", "notebooks-own-data"),
        ("digits", "notebooks-own-data"),
        ("my photos", "notebooks-own-data"),
    ],
)
@pytest.mark.parametrize("by", ["argument", "variable"])
def test_each_kind_of_data_has_copies_of_its_own(tmp_path, monkeypatch, capsys, data, folder, by):
    stored, learners = tmp_path / "stored", tmp_path / "work" / "notebooks"
    stored.mkdir()
    write(stored / "50_tags.ipynb", code("1", tags=["leaves"]), code("2"))
    monkeypatch.setattr(notebooks, "STORED", stored)
    monkeypatch.setattr(notebooks, "LEARNERS", learners)
    if by == "variable":
        monkeypatch.setenv("WORKBOOK_DATASET", data)
    for command in ("copy", "copy", "reset"):
        notebooks.main([command, *(["--data", data] if by == "argument" else [])])
        (made,) = (
            (tmp_path / "work").glob("notebooks*/50_tags.ipynb")
            if command == "copy"
            else [tmp_path / "work" / folder / "50_tags.ipynb"]
        )
        assert made.parent.name == folder
        sources = [cell.source for cell in nbformat.read(made, as_version=4).cells]
        assert sources == (["1", "2"] if folder == "notebooks" else ["2"])
    assert capsys.readouterr().out.count("notebooks for data other than the leaves are in") == (
        folder != "notebooks"
    )


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_option_may_stand_before_or_behind_the_notebooks(monkeypatch, place):
    asked = []
    monkeypatch.setattr(notebooks, "execute", lambda paths, fresh: asked.append((paths, fresh)))
    words = ["execute", "a.ipynb"]
    notebooks.main([*words[:place], "--fresh", *words[place:]])
    assert asked == [([Path("a.ipynb")], True)]
