"""One table as it was written: its separator, its cells as text, codes and numbers."""

import json

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import DatasetError
from helpers.tables.reading import load, table_of


@pytest.fixture
def read(tmp_path):
    """The table that a file of this text or these bytes holds."""

    def made(text, called="t.csv", encoding=None):
        raw = text if isinstance(text, bytes) else text.encode()
        (tmp_path / called).write_bytes(raw)
        return load(tmp_path / called, encoding)

    return made


def cells(table, column):
    return [None if pd.isna(cell) else cell for cell in table.text(column)]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a,b\n1,2\n", ["a", "b"]),
        ("a\n1\n", ["a"]),
        ("a;b\n1;2\n", ["a", "b"]),
        ("a\tb, c\n1\t2\n", ["a", "b, c"]),
        ("a|b;c|d\n1|2|3;4\n", ["a", "b;c", "d"]),  # both cut all rows alike, | into more
        ("a|b;c|d\n1|2\n", ["a", "b;c", "d"]),  # neither does
        ("a;b,c,d\n1;2,x\n3;4\n", ["a", "b,c,d"]),  # only ; cuts all rows alike
        ('a;b\n"1;2";3\n', ["a", "b"]),
        ("sep=|\na|b,c\n1|2\n", ["a", "b,c"]),
        ('"sep=\\t"\na\tb\n1\t2\n', ["a", "b"]),
        ("sep=;x\n1;2\n", ["sep=", "x"]),  # no such line
    ],
)
def test_the_separator_is_told_by_the_first_line_or_by_all_rows(read, text, columns):
    assert read(text).columns == columns


def test_rows_longer_than_the_header_are_no_table(read):
    with pytest.raises(DatasetError, match="'t.csv' is no table we can read"):
        read("a,b\n1,2,3\n")


def test_cells_are_text_as_written_and_missing_where_empty(read):
    table = read("n,x,y\n 1.50 ,007,a \n2, ,NA\n")
    assert cells(table, "n") == ["1.50", "2"]
    assert cells(table, "x") == ["007", None]
    assert cells(table, "y") == ["a", "NA"]
    assert table.typed["n"].tolist() == [1.5, 2.0]
    assert table.typed["x"].tolist()[0] == "007" and pd.isna(table.typed["x"][1])


def test_a_tab_separates_even_beside_spaces_and_a_comma_takes_those_after_it(read):
    assert cells(read("a\tb\n\t x\n"), "a") == [None]
    assert read("a, b\n1, 2\n").typed.to_dict("list") == {"a": [1], "b": [2]}


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (["01", "2"], True),
        (["+01", "2"], True),
        (["0", "10"], False),
        (["0.5", "1"], False),
        (["1234567890123456", ""], True),  # 16 digits, which no float holds beside empty cells
        (["123456789012345", ""], False),
        (["-1234567890123456", "1"], True),
        (["1.2345678901234567", "1"], False),
    ],
)
def test_numbers_are_names_where_zeros_lead_or_digits_are_many(read, values, kept):
    table = read("x,y\n" + "".join(f"{value},1\n" for value in values))
    known = [value for value in table.typed["x"] if not pd.isna(value)]
    wanted = [value for value in values if value]
    assert known == (wanted if kept else [float(value) for value in wanted])


def test_nameless_columns_are_left_out(read):
    assert read(",a,\n0,x,1\n").columns == ["a"]
    assert table_of("t", pd.DataFrame({"": [1], "b": [2], "Unnamed: 0": [3]})).columns == ["b"]


def test_numbers_read_as_such_are_written_without_a_point_where_whole():
    table = table_of("t", pd.DataFrame({"x": [1.0, np.nan], "y": [1.5, 2.0], "z": ["a ", ""]}))
    assert cells(table, "x") == ["1", None]
    assert cells(table, "y") == ["1.5", "2.0"]
    assert cells(table, "z") == ["a", None]


def test_nested_cells_are_lists_with_bars_or_sorted_json():
    nested = pd.DataFrame({
        "tags": [["a", "b"], [1, [2, 3]]], "box": [{"w": 1, "h": [2]}, None],
        "array": [np.array([1, 2]), np.array([3])], "plain": ["x", "y"],
    })  # fmt: skip
    table = table_of("t", nested)
    assert cells(table, "tags") == ["a|b", "1|2|3"]
    assert cells(table, "box") == ['{"h": [2], "w": 1}', None]
    assert cells(table, "array") == ["1|2", "3"]
    assert table.typed["tags"].tolist() == ["a|b", "1|2|3"]
    assert table.typed["plain"].tolist() == ["x", "y"]
    assert cells(table_of("t", pd.DataFrame({"box": [{"name": "é"}]})), "box") == ['{"name": "é"}']


@pytest.mark.parametrize("called", ["t.jsonl", "T.NDJSON"])
def test_json_lines_keep_whole_numbers_whole_beside_missing_ones(read, called):
    rows = [{"a": 2**60 + 1, "b": 1, "c": 1.5, "d": True}, {"b": 2, "c": 2, "d": False}, {"b": 3}]
    table = read("\n\n".join(map(json.dumps, rows)), called)
    assert table.typed["a"].tolist()[0] == 2**60 + 1 and table.typed["a"].isna().sum() == 2
    assert [str(table.typed[c].dtype) for c in "abcd"] == ["Int64", "int64", "float64", "object"]
    assert cells(table, "a") == [str(2**60 + 1), None, None]


def test_a_parquet_file_has_its_named_index_as_columns_and_no_other(tmp_path):
    rows = pd.DataFrame({"b": [1, 2]}, index=pd.Index(["x", "y"], name="a"))
    rows.to_parquet(tmp_path / "named.PARQUET")
    rows.rename_axis(None).to_parquet(tmp_path / "bare.parquet")
    assert load(tmp_path / "named.PARQUET").columns == ["a", "b"]
    assert load(tmp_path / "bare.parquet").columns == ["b"]


def test_a_first_line_that_names_a_file_is_a_row_and_no_header(read):
    with pytest.raises(DatasetError, match=r"no header, its first line is already a row \(x.JPG, "):
        read("x.JPG,cat\ny.jpg,dog\n")
    assert read("photo.txt,b\n1,2\n").columns == ["photo.txt", "b"]


def test_what_cannot_be_read_is_told_in_the_words_of_the_system_or_the_reader(read, tmp_path):
    with pytest.raises(DatasetError, match=r"'no.csv' is no table .*\(No such file or directory\)"):
        load(tmp_path / "no.csv")
    with pytest.raises(DatasetError, match="'t.csv' has no rows; expected a column such as path"):
        read("a,b\n")
    with pytest.raises(DatasetError, match=r"'t.jsonl' is no table we can read \(Expecting value"):
        read("oops", "t.jsonl")
    for encoding in ("klingon", "a\0b"):
        with pytest.raises(DatasetError, match=r"encoding='.*': Python knows no such encoding"):
            read("a\n1\n", encoding=encoding)


@pytest.mark.parametrize(
    ("text", "above"),
    [
        ("Results of 2021,,\nimage,label,x\n1.jpg,a,3\n2.jpg,b,4\n", ["Results of 2021"]),
        ("# by a tool\n# CC0\nimage,label\n1.jpg,a\n", ["# by a tool", "# CC0"]),
        ("Field book\nimage;label\n1.jpg;a\n2.jpg;b\n", ["Field book"]),
        ("Field book\n\nimage,label\n1.jpg,a\n2.jpg,b\n", ["Field book"]),
        ("\nField book\nimage,label\n1.jpg,a\n2.jpg,b\n", ["Field book"]),
        ("image;label;cm\n1.jpg;a;3,5\n2.jpg;b;4,0\n", []),  # commas in numbers
        ("image|label\n1.jpg|[1, 0]\n2.jpg|[0, 1]\n", []),
        ("image,label\n1.jpg,a\n", []),
        (",label\n1.jpg,a\n2.jpg,b\n", []),  # a nameless first column
        ("#,image,label\n1,1.jpg,a\n", []),
        ("image\n1.jpg\n2.jpg\n", []),
        ("image,\n1.jpg,\n2.jpg,\n3.jpg,a\n", []),  # a note beside one row
        ("image,\n1.jpg,\n2.jpg,\n3.jpg,\n4.jpg,a\n5.jpg,b\n", []),  # beside two of five
    ],
)
def test_titles_above_the_header_are_passed_over_and_told(read, text, above):
    table = read(text)
    assert [name for name in table.columns if name in ("image", "label")]
    told = f"Lines above the header were passed over: {', '.join(map(repr, above))}."
    assert table.notes == ([told] if above else [])


def test_a_title_and_a_header_alone_are_a_table_without_rows(read):
    for text in ("image,label", "Field book\nimage,label"):
        with pytest.raises(DatasetError, match="^'t.csv' has no rows; expected a column such as"):
            read(text)


def test_up_to_twenty_lines_of_titles_are_passed_over(read):
    titles = [f"title {number}" for number in range(21)]
    rows = ["image,label", *(f"{number}.jpg,a" for number in range(40))]
    table = read("\n".join([*titles[:20], *rows]))
    assert table.columns == ["image", "label"] and len(table.typed) == 40
    assert table.notes == [
        "Lines above the header were passed over: 'title 0', 'title 1', 'title 2' and 17 more."
    ]
    with pytest.raises(DatasetError, match="is no table we can read"):
        read("\n".join([*titles, *rows]))


def test_whether_a_line_is_a_title_is_told_by_the_first_two_hundred(read):
    """Of the 199 lines after it 100 have several cells; of 200 that would be no more than half."""
    lines = ["a title", "image,label", *(f"{number}.jpg,a" for number in range(99))]
    lines += [f"{number}.jpg," for number in range(99, 199)]
    assert len(lines) == 201 and read("\n".join(lines)).notes == [
        "Lines above the header were passed over: 'a title'."
    ]
    lines = [lines[0], *lines[1:100], *lines[101:]]  # one row less that has several
    with pytest.raises(DatasetError, match="is no table we can read"):
        read("\n".join(lines))


def test_lines_may_end_in_carriage_returns_alone(read):
    for end in ("\r", "\r\n", "\n"):
        table = read(f"a,b{end}1,2{end}3,4{end}")
        assert cells(table, "b") == ["2", "4"]


def test_columns_of_one_name_are_told_where_their_cells_differ(read):
    assert read("image,label,label\n1.jpg,a,b\n2.jpg,b,b\n").notes == [
        "Several columns are called 'label', and their cells differ; the first keeps the name, the "
        "next is called 'label.1'."
    ]
    assert read("image,label,label\n1.jpg,a,a\n2.jpg,b,b\n").notes == []
    assert read("image,label,label.1\n1.jpg,a,b\n").notes == []
