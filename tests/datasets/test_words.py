"""The pieces that sentences are made of."""

import pandas as pd
import pytest

from helpers.datasets import DatasetError
from helpers.datasets.words import (
    count,
    is_or_are,
    require_column,
    shown,
    some,
    suggestion,
    sum_of_chances,
    tell_number,
)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b", "c"], "a, b, c"),
        (["a", "b", "c", "d"], "a, b, c and 1 more"),
        (range(1204), "0, 1, 2 and 1,201 more"),
        (iter("abcde"), "a, b, c and 2 more"),
    ],
)
def test_the_first_three_names_are_told_and_how_many_more(names, said):
    assert some(names) == said


def test_as_many_names_are_told_as_asked_for():
    assert some("abcd", 4) == "a, b, c, d"
    assert some("abcd", 1) == "a and 3 more"


@pytest.mark.parametrize(
    ("things", "said"), [(0, "0 images"), (1, "1 image"), (2, "2 images"), (1200, "1,200 images")]
)
def test_one_thing_is_no_plural(things, said):
    assert count(range(things), "image") == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(500.0, "500"), (1200, "1,200"), (1234567.0, "1,234,567"), (-0.0, "0"), (-1500.0, "-1,500"),
     (0.034, "0.034"), (72.46, "72.5"), (999.6, "1,000"), (1234.56, "1,235"), (0.333333, "0.333"),
     (float("nan"), "nan"), (float("inf"), "inf")],
)  # fmt: skip
def test_a_whole_number_is_told_in_full_and_another_to_three_digits(value, said):
    assert tell_number(value) == said


@pytest.mark.parametrize(
    ("name", "seen"),
    [("oak", "oak"), ("red oak", "red oak"), (" oak", "' oak'"), ("oak\n", r"'oak\n'"), ("", "''")],
)
def test_spaces_around_a_name_can_be_seen(name, seen):
    assert shown(name) == seen


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("Oak", ["ash", "oak"], "oak"),
        ("  OAK ", ["ash", "oak"], "oak"),
        ("oak", ["oaks", " oak "], " oak "),  # the same but for spaces, before what is only like it
        ("lable", ["split", "label"], "label"),
        ("abcde", ["abcyz"], "abcyz"),  # three letters of five in common
        (7, ["7"], "7"),
        ("abcde", ["abxyz"], None),
        ("oak", [], None),
    ],
)
def test_a_name_that_is_meant_is_found(word, known, meant):
    assert suggestion(word, known) == (f" (did you mean {meant!r}?)" if meant else "")


def test_a_missing_column_is_refused_with_those_there_are():
    table = pd.DataFrame(columns=["label", *"bcdefghijklmn", 2024])
    assert require_column(table, "label") is None
    assert require_column(table, 2024) is None
    said = (
        r"no column 'Label' \(columns: label, b, .*, l and 3 more\) \(did you mean 'label'\?\)\.$"
    )
    with pytest.raises(DatasetError, match=said):
        require_column(table, "Label")
    with pytest.raises(DatasetError, match=r"no column 'site' \(columns: none\)\.$"):
        require_column(pd.DataFrame(), "site")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (["label", "split"], "no table that says more of the images was read. Name one with --met"),
        (["label", "split", "sites"], "columns: label, split, sites) (did you mean 'sites'?)"),
    ],
)
def test_a_column_is_looked_for_in_the_table_that_there_is(columns, said):
    with pytest.raises(DatasetError, match="no column 'site'") as told:
        require_column(pd.DataFrame(columns=columns), "site")
    assert said in str(told.value)
    require_column(pd.DataFrame(columns=columns), "split")
    with pytest.raises(DatasetError, match=r"no column 'lable'.*\(did you mean 'label'\?\)"):
        require_column(pd.DataFrame(columns=columns), "lable")


@pytest.mark.parametrize(
    ("chances", "told"),
    [([0.8], "0.8"), ([0.98, 0.92, 0.85], "2.8"), ([1.0, 1.0], "2"), ([0.96] * 10, "10"),
     ([0.92] * 2000, "1,840"), ([0.5, float("nan")], "0.5"), ([], "0"), ([0.04], "0")],
)  # fmt: skip
def test_of_few_things_with_a_chance_each_a_decimal_is_told(chances, told):
    assert sum_of_chances(chances) == told
    assert sum_of_chances(pd.Series(chances, dtype=float)) == told


def test_one_and_less_is_and_all_else_are():
    told = ["0", "0.4", "1", "1.1", "2", "10"]
    assert [is_or_are(number) for number in told] == ["are", "is", "is", "are", "are", "are"]
