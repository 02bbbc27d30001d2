import numpy as np
import pandas as pd
import pytest

from helpers.panels.filters import RANGE, VALUES, WORDS, Filter, kind_of, within
from helpers.panels.selection import Only


@pytest.fixture
def rows():
    count = 100
    return pd.DataFrame(
        {
            "label": "oak",
            "split": None,
            "bytes": pd.array([None, *range(1, count)], dtype="Int64"),
            "site": ["north", "south"] * 50,
            "note": [f"Photo {n} by <b>Ann</b>" for n in range(count)],
            "box": [[n, n] for n in range(count)],
            "bright": [n > 50 for n in range(count)],
        },
        index=[f"{n:02}.jpg" for n in range(count)],
    )


@pytest.mark.parametrize(
    "values, kind",
    [
        (range(12), VALUES),
        (range(13), RANGE),
        (np.linspace(0, 1, 13), RANGE),
        ([True, False] * 20, VALUES),
        ([f"v{n}" for n in range(60)], VALUES),
        ([f"v{n}" for n in range(61)], WORDS),
        ([[1], [2]], WORDS),
        ([None, None], VALUES),
        (pd.date_range("2020-01-01", periods=80), WORDS),
    ],
)
def test_a_column_is_filtered_by_what_fits_its_values(values, kind):
    assert kind_of(pd.Series(list(values))) == kind


def test_every_column_is_offered_and_the_control_that_fits_it_is_shown(rows):
    one = Filter(rows)
    names = [value for _, value in one.column.options]
    assert names == ["", "bytes", "site", "note", "box", "bright"]
    assert one.keeps(rows).all() and one.children == (one.column,)
    kinds = {"bytes": one.range, "site": one.value, "note": one.words, "box": one.words}
    for name, control in kinds.items():
        one.column.value = name
        one.offer()
        assert one.children == (one.column, control)
        assert one.keeps(rows).all(), "a column alone leaves nothing out"


def test_a_range_keeps_its_ends_and_leaves_out_what_has_no_number_only_once_narrowed(rows):
    one = Filter(rows)
    one.column.value = "bytes"
    one.offer()
    assert one.range.value == (1.0, 99.0) and one.keeps(rows).sum() == 100
    one.range.value = (10.0, 99.0)
    assert list(rows.index[one.keeps(rows)]) == [f"{n:02}.jpg" for n in range(10, 100)]
    one.range.value = (1.0, 3.0)
    assert list(rows.index[one.keeps(rows)]) == ["01.jpg", "02.jpg", "03.jpg"]


@pytest.mark.parametrize(
    "asked, kept",
    [((0, 9), [0, 4, 9, 99, np.nan]), ((4, 9), [4, 9, 99]), ((0, 4), [0, 4]), ((1, 3), [])],
)
def test_at_an_end_of_the_range_nothing_is_left_out_on_that_side(asked, kept):
    # 99 lies beyond the end: a slider's last step may fall short of the greatest number.
    column = pd.Series([0, 4, 9, 99, np.nan])
    found = column[within(column, *asked, (0, 9))]
    np.testing.assert_array_equal(found, kept)


def test_infinite_and_missing_numbers_do_not_break_a_range():
    values = [np.inf, -np.inf, np.nan, *np.arange(20.0)]
    rows = pd.DataFrame({"score": values})
    one = Filter(rows)
    one.column.value = "score"
    one.offer()
    assert (one.range.min, one.range.max) == (0.0, 19.0)
    one.range.value = (5.0, 19.0)
    assert list(rows["score"][one.keeps(rows)]) == [np.inf, *np.arange(5.0, 20.0)]


def test_another_column_moves_the_range_to_where_its_numbers_lie():
    rows = pd.DataFrame({"a": np.arange(20.0), "b": 1000 + np.arange(20.0), "c": -np.arange(20.0)})
    one = Filter(rows)
    for name, ends in {"a": (0, 19), "b": (1000, 1019), "c": (-19, 0), "a ": (0, 19)}.items():
        one.column.value = name.strip()
        one.offer()
        assert (one.range.min, one.range.max) == one.range.value == ends


def test_words_are_sought_in_any_case_and_values_are_matched_whole(rows):
    one = Filter(rows)
    one.column.value = "note"
    one.offer()
    one.words.value = " photo 9"
    assert one.keeps(rows).sum() == 11
    one.column.value = "box"
    one.offer()
    assert one.words.value == ""
    one.words.value = "[7, 7]"
    assert list(rows.index[one.keeps(rows)]) == ["07.jpg"]
    one.column.value = "site"
    one.offer()
    one.value.value = "north"
    assert one.keeps(rows).sum() == 50
    one.clear()
    assert one.column.value == "" and one.value.value is Only.ALL and one.keeps(rows).all()
