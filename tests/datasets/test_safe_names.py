"""Names that every computer allows, and that stay apart on all of them."""

import pytest

from helpers.datasets.safe_names import distinct_names, safe_name


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
