"""What the messages about a table name, and where its labels and splits come from."""

import pandas as pd
import pytest

from helpers.datasets import DatasetError
from helpers.tables.matching import FileIndex
from helpers.tables.reading import table_of
from helpers.tables.rows import read_rows


def table(**columns):
    return table_of("t.csv", pd.DataFrame(columns))


INDEX = FileIndex(["1.jpg", "2.jpg"])
MANY = {f"c{number}": ["x", "y"] for number in range(14)}


def test_where_no_column_names_files_six_columns_and_the_first_row_are_shown():
    with pytest.raises(DatasetError) as caught:
        read_rows(table(**{name: [f"{name} a", f"{name} b"] for name in MANY}), INDEX, {})
    assert (
        "(columns: c0, c1, c2, c3, c4, c5 and 8 more; first row: c0 a, c1 a, c2 a, c3 a, c4 a, "
        "c5 a and 8 more)" in str(caught.value)
    )


def test_a_dozen_columns_are_named_where_one_is_missing_or_none_is_the_label():
    dozen = ", ".join(f"c{number}" for number in range(11))
    with pytest.raises(DatasetError) as caught:
        read_rows(table(file=["1.jpg", "2.jpg"], **MANY), INDEX, {"label": "kind"})
    assert f"no column 'kind' (columns: file, {dozen} and 3 more)" in str(caught.value)
    notes = read_rows(table(file=["1.jpg", "2.jpg"], **MANY), INDEX, {}).notes
    assert f"as the label (columns: {dozen}, c11 and 2 more)" in notes[0]


@pytest.mark.parametrize(
    ("columns", "label"),
    [
        ({"label": ["a", "b"]}, "label"),
        ({"cat": ["1", "0"], "dog": ["0", "1"]}, "cat+dog"),
        ({"site": ["a", "b"]}, None),
    ],
)
def test_the_label_comes_from_a_column_or_from_one_for_each_class(columns, label):
    assert read_rows(table(file=["1.jpg", "2.jpg"], **columns), INDEX, {}).label == label


@pytest.mark.parametrize(
    ("column", "cells", "told"),
    [
        ("split", ["first", "second"], True),
        ("split", [None, None], False),
        ("fold", ["1", "2"], False),
        ("isvalid", ["yes", "no"], False),
    ],
)
def test_a_split_column_that_names_none_is_told_unless_it_is_empty_or_of_folds(column, cells, told):
    columns = {"file": ["1.jpg", "2.jpg"], "label": ["a", "b"], column: cells}
    notes = " ".join(read_rows(table(**columns), INDEX, {}).notes)
    assert (f"Column {column!r} names no split (" in notes) is told
