import pandas as pd
import pytest

from helpers.tables.labels import read_labels


@pytest.mark.parametrize(
    ("cells", "lists"),
    [
        (["a b", "a c", "b c", "a b c", "a d", "b d", "c d", "a b d", "a c d"], True),
        (["a b", "a c", "b c", "a b c", "a d", "b d", "c d", "a b d"], False),  # half as many
        (["a b", "a c", "b c", "a b c", "a d", "b d", "c d", "a b d", "a e"], False),  # e is once
        (["a;b", "b;c", "a;c", "d;a"], True),
        (["a;b", "b;c", "a;d", "x"], False),
        (["a|b", "c|d", "e"], True),
        (["a,b", "c,d", "e"], False),
        (["a", "b", "c"], False),
    ],
)
def test_cells_are_lists_where_their_members_recur(cells, lists):
    labels, notes = read_labels(pd.Series(cells, dtype="str"), "tags")
    assert labels.tolist() == cells
    assert (len(notes) == 1) is lists


def test_the_commonest_order_names_a_combination():
    cells = ["b a", "b a", "a b", None, "a"]
    labels, notes = read_labels(pd.Series(cells, dtype="str"), "tags")
    assert labels[:3].tolist() == ["b a"] * 3 and pd.isna(labels[3])
    assert "for 3 of 4 rows" in notes[0]
