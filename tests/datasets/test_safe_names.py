"""Names that every computer allows, and that stay apart on all of them; and formulas."""

import csv
import re
from io import StringIO

import pandas as pd
import pytest

from helpers.datasets.safe_names import (
    as_csv,
    distinct_names,
    read_cells,
    read_text_csv,
    safe_name,
    say_formulas,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("oak", "oak"), ("a/b", "a_b"), ("../x", "__x"), ("..", "_"), ("", "_"), (" ", "_"),
        ("CON", "_CON"), ("con.txt", "_con.txt"), ("console", "console"), ("LPT9", "_LPT9"),
        ("COM0", "COM0"), ("x.", "x_"), ("x ", "x_"), (".x", "_x"), ("a:b", "a_b"),
        ("a\tb", "a_b"), ("a\u202eb", "a_b"), ("e\u0301", "é"), ("<b>", "_b_"), ("a b.c", "a b.c"),
        ("x" * 300, "x" * 120), ("x" * 300 + ".jpg", "x" * 116 + ".jpg"), ("橡" * 50, "橡" * 40),
    ],
)  # fmt: skip
def test_a_safe_name_is_one_that_every_computer_allows(name, expected):
    assert safe_name(name) == expected


def test_distinct_names_stay_apart_where_capitals_do_not_count():
    assert distinct_names(["Oak", "oak", "OAK", "a/b", "a_b", "a:b"]) == {
        "Oak": "Oak", "oak": "oak-2", "OAK": "OAK-3", "a/b": "a_b-2", "a_b": "a_b", "a:b": "a_b-3",
    }  # fmt: skip
    long = distinct_names(["x" * 200 + ".jpg", "x" * 201 + ".jpg"])
    assert [len(name) for name in long.values()] == [120, 120]
    assert len(set(long.values())) == 2
    assert all(name.endswith(".jpg") for name in long.values())


FORMULAS = [
    "=1+1.jpg",
    "+cmd|' /C calc'!A0",
    "-1/a.jpg",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "--1",
]


@pytest.mark.parametrize("cell", FORMULAS)
@pytest.mark.parametrize("column", ["image_id", "label", "=b"])
def test_a_cell_that_a_spreadsheet_computes_is_told_and_kept(cell, column):
    table = pd.DataFrame({"image_id": ["a"], "label": ["b"], "=b": pd.Categorical(["c"])})
    table = table.assign(**{column: [cell]}).set_index("image_id")
    (told,) = say_formulas(table, "images.csv")
    assert told.startswith(f"1 text in images.csv begins as a formula does (such as {cell!r}), ")
    assert "it is kept as it is, for programs to read" in told
    again = pd.read_csv(StringIO(as_csv(table, index=True)), dtype=str)
    assert again[column].tolist() == [cell]


@pytest.mark.parametrize(
    "cell", ["-5", "+5", "-0.5", "-1,5", "-.5e-3", "+12 %", "a=1", " =", "", None]
)
def test_numbers_and_what_begins_otherwise_are_no_formulas(cell):
    table = pd.DataFrame({"label": [cell], "number": [-1.5]}, index=pd.Index(["a/-b.jpg"]))
    assert say_formulas(table, "images.csv") == []


def test_cells_that_are_no_text_are_passed_over():
    table = pd.DataFrame({"boxes": [{"b": [1]}, None, ["=a"]], "seen": [pd.NaT, 2.5, "=b"]})
    (told,) = say_formulas(table, "images.csv")
    assert told.startswith("1 text in images.csv begins as a formula does (such as '=b')")


def test_a_column_of_the_name_of_the_index_is_looked_at_too():
    table = pd.DataFrame({"image_id": ["=b", "c"]}, pd.Index(["=a", "d"], name="image_id"))
    (told,) = say_formulas(table, "images.csv")
    assert told.startswith("2 texts in images.csv begin as a formula does (such as '=a')")


def test_each_text_is_counted_once_and_the_first_in_order_is_shown():
    table = pd.DataFrame(
        {"label": ["=b", "=b", "-a", "c"], "site": ["x", "@y" + "z" * 99, "x", "=b"]}
    )
    (told,) = say_formulas(table, "the tables")
    assert told.startswith("3 texts in the tables begin as a formula does (such as '-a'), which")
    assert "they are kept as they are" in told
    (told,) = say_formulas(table[1:2].drop(columns="label"), "the tables")
    assert f"'@y{'z' * 58}')" in told


def test_a_table_is_read_again_cell_by_cell_whatever_ends_lines_or_is_quoted_in_it():
    cells = ["a\rb", 'so "called"', "a,b", "a\r\nb", "a\nb", "=x", " a ", "'"]
    table = pd.DataFrame({"image_id": cells, "size": range(len(cells))})
    for part in (table, table[1:2]):
        text = as_csv(part)
        pd.testing.assert_frame_equal(
            pd.read_csv(StringIO(text, newline="")), part.reset_index(drop=True), check_dtype=False
        )
        assert [*csv.reader(StringIO(text, newline=""))][1:] == [
            [row.image_id, str(row.size)] for row in part.itertuples(name="row")
        ]
    assert as_csv(table[2:3]) == 'image_id,size\n"a,b",2\n'  # no more quotes than are needed
    assert as_csv(table[:1].set_index("image_id"), index=True) == '"image_id","size"\n"a\rb","0"\n'


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("text", "header", "rows"),
    [
        # A separator at the end of each row that the header lacks, or has, too.
        ("a,b\n1,2,\n3,4,,\n", ["a", "b"], {2: ["1", "2"], 3: ["3", "4"]}),
        ("a,b,,\n1,2,,\n", ["a", "b"], {2: ["1", "2"]}),
        ("a,b\n\n1\n", ["a", "b"], {3: ["1"]}),
        ("\n,a\n0,1\n", ["Unnamed: 0", "a"], {3: ["0", "1"]}),
        ('a,"b,;\tb,;\tb"\n"1\n2",3\n', ["a", "b,;\tb,;\tb"], {3: ["1\n2", "3"]}),
        ("a,b\r1,2\r", ["a", "b"], {2: ["1", "2"]}),
        ("a\n1\n", ["a"], {2: ["1"]}),
    ],
)
def test_cells_stay_in_their_columns(tmp_path, separator, text, header, rows):
    quoted = text.count('"') > 0
    plain = text if quoted and separator == "," else text.replace(",", separator)
    plain = plain.replace(f"b{separator};\tb{separator};\tb", "b,;\tb,;\tb")
    (tmp_path / "x.csv").write_text(plain, encoding="utf-8", newline="")
    assert read_cells(tmp_path / "x.csv") == (header, rows)
    table = read_text_csv(tmp_path / "x.csv")
    full = [row + [""] * (len(header) - len(row)) for row in rows.values()]
    assert ([*table], table.to_numpy().tolist()) == (header, full)
    assert table.index.tolist() == [*range(len(rows))]


SAVE = "save it anew, in Excel as 'CSV UTF-8 (Comma delimited)', elsewhere with the character set"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "^it is empty$"),
        (b"\n\n", "^it is empty$"),
        (
            "a,b\nBl\u00e4tter,1\n".encode("cp1252"),
            f"^its text is not in UTF-8: .* {re.escape(SAVE)} UTF-8$",
        ),
        (b"\xff\xfea", "^its text is not in UTF-8: "),
        (
            b"a,b\n1,2\n1,2,3\n",
            "^line 3 has 3 cells, and the header 2: put a cell that holds ',' it",
        ),
        (
            b"a\tb\n1\t2\t3\n",
            "^line 2 has 3 cells, and the header 2: put a cell that holds a tab i",
        ),
        (
            b"a,b,\n1,2,3\n",
            "^line 2 has 3 cells, and the header 2: .*, and give each column a name$",
        ),
        (b"a,b,a\n1,2,3\n", "^its header has two columns 'a': rename one, or leave it out$"),
        (b"a,b\n1," + b"x" * 200_000, "^line 2 is no row of a CSV: field larger than field limit"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_with_the_line_or_the_way_out(
    tmp_path, content, why
):
    (tmp_path / "x.csv").write_bytes(content)
    for read in (read_cells, read_text_csv):
        with pytest.raises(ValueError, match=why):
            read(tmp_path / "x.csv")
