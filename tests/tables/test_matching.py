"""Which file a cell means and which column names the files, on tables made by hand."""

import pandas as pd
import pytest

from helpers.tables.matching import FileIndex, choose_files, match_column, plain
from helpers.tables.reading import table_of
from helpers.tables.rows import PATH_WORDS

IDS = ["a/1.jpg", "a/2.JPG", "b/1.jpg", "b/3.png", "4.jpg", "c/Straße.jpg"]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("a/1.jpg", "a/1.jpg"),
        ("./a//1.jpg", "a/1.jpg"),
        ("a\\1.jpg", "a/1.jpg"),
        ("A/1.JPG", "a/1.jpg"),
        ("/data/set/a/1.jpg", "a/1.jpg"),
        ("a/1", "a/1.jpg"),
        ("1.jpg", None),  # two are called so
        ("1", None),
        ("2.jpg", "a/2.JPG"),
        ("2", "a/2.JPG"),
        ("3", "b/3.png"),
        ("3.jpg", None),
        ("4", "4.jpg"),
        ("b/4.jpg", "4.jpg"),  # as below another machine's root
        ("c/2.jpg", None),
        ("https://host/x/3.png?size=9", "b/3.png"),
        ("https://host/x/1.jpg", None),
        ("c/Strasse.jpg", None),
        ("c/STRAßE", "c/Straße.jpg"),
        ("", None),
    ],
)
def test_a_cell_means_the_one_image_that_its_path_fits(cell, found):
    assert FileIndex(IDS).find(cell) == found


def test_cells_below_a_folder_find_images_in_it_alone():
    index = FileIndex(IDS, "a/")
    assert [index.find(cell) for cell in ("1.jpg", "2", "3.png", "b/1.jpg")] == [
        "a/1.jpg", "a/2.JPG", None, "a/1.jpg"]  # fmt: skip
    assert index.find_by_name("elsewhere/1.jpg") == "a/1.jpg"
    assert FileIndex(IDS).find_by_name("elsewhere/1.jpg") is None


def test_of_several_that_fit_the_preferred_one_counts():
    index = FileIndex(IDS, preferred=["b/1.jpg", "b/3.png"])
    assert index.find("1.jpg") == "b/1.jpg" and index.find("2") == "a/2.JPG"
    assert FileIndex(IDS, preferred=["a/1.jpg", "b/1.jpg"]).find("1.jpg") is None
    assert FileIndex(IDS, preferred=["4.jpg"]).find("1.jpg") is None


def table(**columns):
    return table_of("t.csv", pd.DataFrame(columns))


def test_rows_that_name_files_are_counted_whole_or_without_extension():
    found = match_column(table(x=["a/1.jpg", "a/1.jpg", "3", None, "no"]), "x", FileIndex(IDS))
    assert found.ids == ["a/1.jpg", "a/1.jpg", "b/3.png", None, None]
    assert (found.whole, found.known, found.by_name) == (2, 3, False)
    web = match_column(
        table(x=["http://h/3.png", "http://h/3", "C:\\x\\4.jpg"]), "x", FileIndex(IDS)
    )
    assert (web.whole, web.known) == (2, 3)
    odd = match_column(
        table(x=["h://h/3.png?v=2", "/d/c/a#1.jpg"]), "x", FileIndex([*IDS, "c/a#1.jpg"])
    )
    assert (odd.ids, odd.whole) == (["b/3.png", "c/a#1.jpg"], 2)


@pytest.mark.parametrize(
    ("cells", "ids", "by_name"),
    [
        (["x/2.jpg", "x/3.png", "y/4.jpg"], ["a/2.JPG", "b/3.png", "4.jpg"], True),
        (["x/2.jpg", "b/3.png", "y/z/4.jpg"], [None, "b/3.png", "4.jpg"], False),
        (["x/2.jpg", "b/3.png"], [None, "b/3.png"], False),  # half of them fit by their folders
        (["x/2.jpg", "x/2.jpg", "y/2.jpg"], ["a/2.JPG"] * 3, True),
        (["no", "nor", "this"], [None] * 3, False),
    ],
)
def test_file_names_alone_are_compared_where_most_folders_are_unknown(cells, ids, by_name):
    found = match_column(table(x=cells), "x", FileIndex(IDS))
    assert (found.ids, found.by_name) == (ids, by_name)


NUMBERED = [f"{number}.jpg" for number in range(12)]


def chosen(**columns):
    match, notes = choose_files(table(**columns), FileIndex(NUMBERED), PATH_WORDS)
    return (match and match.column), " ".join(notes)


@pytest.mark.parametrize(
    ("columns", "column", "rival"),
    [
        ({"x": ["1.jpg", "2.jpg"], "file": ["1", "2"]}, "x", None),
        ({"x": ["1.jpg", "2.jpg"], "file": ["3.jpg", "4.jpg"]}, "file", "x"),
        ({"image": ["1.jpg", "2.jpg"], "path": ["3.jpg", "4.jpg"]}, "path", "image"),
        # Whole names count from half of the rows that the fullest column knows.
        ({"x": ["1.jpg", "2.jpg", "a", "b"], "file": [*"1234"]}, "x", None),
        ({"x": ["1.jpg", "a", "b", "c"], "file": [*"1234"]}, "file", None),
        ({"x": ["1.jpg", "2.jpg", "a", "b", "c"], "file": [*"12345"]}, "file", None),
        ({"file": [*"1234"], "image": [*"56"] + ["a", "b"]}, "file", "image"),
        ({"file": [*"1234"], "image": ["5", "a", "b", "c"]}, "file", None),
        ({"file": [*"12"], "same": [*"12"]}, "file", None),
        # A column of another name stands level with "name", behind "archivo" and before "id".
        ({"id": ["1.jpg", "2.jpg"], "x": ["3.jpg", "4.jpg"]}, "x", "id"),
        ({"x": ["1.jpg", "2.jpg"], "archivo": ["3.jpg", "4.jpg"]}, "archivo", "x"),
        ({"name": ["1.jpg", "2.jpg"], "x": ["3.jpg", "4.jpg"]}, "name", "x"),
        ({"x": ["1.jpg", "2.jpg"], "name": ["3.jpg", "4.jpg"]}, "x", "name"),
    ],
)
def test_the_column_that_names_most_whole_files_is_taken_and_its_rivals_said(
    columns, column, rival
):
    found, notes = chosen(**columns)
    assert found == column
    assert (f"not {rival!r}, whose" in notes) if rival else "whose cells" not in notes


def test_a_column_that_names_no_file_is_not_taken():
    assert chosen(x=["a", "b"]) == (None, "")
    assert chosen(x=[1.5, 2.5]) == (None, "")


@pytest.mark.parametrize(
    ("name", "cells", "taken"),
    [
        ("epoch", [1, 2, 3], False),
        ("age", [5, 6], False),
        ("id", [1, 2, 3], True),
        ("photo number", [5, 6], True),
        ("imageNr", [5, 6], True),
        ("PhotoCount", [5, 6], True),
        ("file", [5, 6], True),
        ("epoch", ["1.jpg", "2.jpg"], True),
        ("grid", [1, 2], False),
    ],
)
def test_numbers_name_files_only_in_a_column_called_like_one(name, cells, taken):
    assert chosen(**{name: cells})[0] == (name if taken else None)


@pytest.mark.parametrize(
    ("name", "cells", "told"),
    [
        ("id", ["0", "1", "2"], True),
        ("id", ["1", "2", "3"], True),
        ("id", ["2", "3", "4"], False),
        ("id", ["1", "2"], False),
        ("id", ["1", "3", "2"], False),
        ("id", ["1.jpg", "2.jpg", "3.jpg"], False),
        ("file", ["1", "2", "3"], False),
        ("archivo", ["1", "2", "3"], False),
        ("nr", ["1", "2", "3"], True),
    ],
)
def test_a_column_that_only_counts_the_rows_is_taken_and_that_is_said(name, cells, told):
    found, notes = chosen(**{name: cells})
    assert found == name and ("only counts the rows" in notes) is told


def test_names_compared_without_their_folders_are_said():
    found, notes = chosen(file=["x/1.jpg", "y/2.jpg"])
    assert found == "file" and notes == ""  # a path below the root of another machine
    match, notes = choose_files(table(file=["x/2.jpg", "x/3.png"]), FileIndex(IDS), PATH_WORDS)
    assert match.by_name and "the file names alone were compared" in notes[0]


def test_columns_are_called_alike_without_capitals_spaces_and_marks():
    assert [plain(name) for name in ("File Name", "file_name", "FileName ", 7)] == [
        "filename", "filename", "filename", "7"]  # fmt: skip


STEMS = ["p0.jpg", "p1.jpg", "p2.jpg", "p3.jpg", "p0_t.jpg", "p1_t.jpg", "p2_t.jpg", "p3_t.jpg"]
WORDS, MADE = [f"p{i}" for i in range(4)], [f"p{i}_t.jpg" for i in range(4)]


@pytest.mark.parametrize(
    ("columns", "column", "rival"),
    [
        ({"image_id": WORDS, "mask": MADE}, "image_id", "mask"),
        ({"mask": MADE, "x": WORDS}, "x", "mask"),
        ({"id": WORDS, "thumbnail": MADE}, "id", "thumbnail"),
        ({"image": WORDS, "duplicate_of": MADE[:2] + ["", ""]}, "image", "duplicate_of"),
        ({"image": WORDS, "duplicate_of": MADE[:1] + ["", "", ""]}, "image", None),
        ({"query": WORDS, "nearest_file": MADE}, "query", "nearest_file"),
        ({"x": WORDS, "y": MADE}, "y", "x"),  # whole names, where nothing else tells
        ({"x": ["p3.jpg", "p1.jpg"] + ["q"] * 2, "y": WORDS}, "y", "x"),
        ({"x": ["p0_t.jpg"] + ["q"] * 3, "y": WORDS}, "y", None),
    ],
)
def test_names_without_extension_are_names_as_whole_ones_are(columns, column, rival):
    match, notes = choose_files(table(**columns), FileIndex(STEMS), PATH_WORDS)
    assert match.column == column
    assert (f"not {rival!r}, whose" in " ".join(notes)) if rival else notes == []


@pytest.mark.parametrize(
    "columns",
    [
        {"id": [*"0123"], "photo": ["3.tif", "2.tif", "1.tif", "0.tif"]},
        {"id": [*"2013"], "dicom": ["3.dcm", "2.dcm", "1.dcm", "0.dcm"]},
        {"photo": ["3.jpeg", "2.JPEG", "x/1.png", "0.jpg"]},
        {"photo": ["3.png", "2.png", "99.png"]},
    ],
)
def test_files_of_another_extension_are_compared_without_it_and_that_is_said(columns):
    match, notes = choose_files(table(**columns), FileIndex(NUMBERED), PATH_WORDS)
    expected = ["3.jpg", "2.jpg", "1.jpg", "0.jpg"]
    if "99.png" in columns.get("photo", ()):
        expected = ["3.jpg", "2.jpg", None]
    assert match.ids == expected and match.converted
    assert "what stands before the extension was compared" in notes[-1]


@pytest.mark.parametrize(
    "cells",
    [
        ["1.tif", "2.tif", "77.tif", "78.tif", "79.tif"],  # fewer than half are there
        ["1.tif", "1.png"],  # one image for two files
        ["1.v", "2.v"],  # no extension
        ["v.1", "v.2"],
    ],
)
def test_other_extensions_are_not_compared_where_files_do_not_fit(cells):
    assert not match_column(table(x=cells), "x", FileIndex(NUMBERED)).converted


def test_one_stem_that_two_images_have_is_not_guessed():
    found = match_column(table(x=["1.tif", "3.tif"]), "x", FileIndex(["1.jpg", "1.png", "3.jpg"]))
    assert found.ids == [None, "3.jpg"]


def test_names_written_as_in_an_address_are_read():
    index = FileIndex(["my photo.jpg", "ü.jpg", "50%.jpg", "50%25.jpg"])
    cells = ["my%20photo.jpg", "%C3%BC.jpg", "50%.jpg", "50%25.jpg", "%20"]
    assert [index.find(cell) for cell in cells] == [
        "my photo.jpg", "ü.jpg", "50%.jpg", "50%25.jpg", None,
    ]  # fmt: skip
