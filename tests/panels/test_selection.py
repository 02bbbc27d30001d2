import unicodedata

import pandas as pd
import pytest

from helpers.panels.selection import (
    Only,
    choices,
    filterable,
    join_table,
    select,
    sort_images,
)


def frame(**columns):
    ids = pd.Index([f"{n}.jpg" for n in range(len(next(iter(columns.values()))))], name="image_id")
    return pd.DataFrame(columns, index=ids)


@pytest.mark.parametrize("as_column", [True, False])
def test_a_table_joins_by_its_column_or_its_index(trees, as_column):
    table = pd.DataFrame({"score": [0.5]}, index=pd.Index(["elm/2.jpg"], name="image_id"))
    rows = join_table(trees, table.reset_index() if as_column else table)
    assert len(rows) == 9
    assert rows["score"].dropna().to_dict() == {"elm/2.jpg": 0.5}


def test_a_table_about_other_images_is_refused_with_what_was_expected(trees):
    with pytest.raises(ValueError, match=r"'elsewhere.jpg'.*expected.*'ash/1.jpg'"):
        join_table(trees, pd.DataFrame({"score": [1]}, index=["elsewhere.jpg"]))


def test_repeated_columns_are_left_out_and_conflicting_ones_renamed(trees):
    same = trees.images[["label"]]
    assert list(join_table(trees, same)) == ["label", "split"]
    other = same.assign(label="oak")
    assert list(join_table(trees, other)) == ["label", "split", "label (table)"]


def test_several_rows_for_one_image_are_filtered_row_by_row_but_counted_once(trees):
    issues = pd.DataFrame(
        {"image_id": ["ash/1.jpg"] * 2, "issue": ["dark", "blurred"], "value": [0.1, 0.9]}
    )
    rows = join_table(trees, issues)
    assert dict(choices(rows["issue"]))["dark (1)"] == "dark"
    assert choices(rows["issue"])[0] == ("all (9)", Only.ALL)
    blurred = sort_images(select(rows, {"issue": "blurred"}), "value")
    assert blurred["value"].to_dict() == {"ash/1.jpg": 0.9}
    assert len(sort_images(rows)) == 9


@pytest.mark.parametrize(
    "search, found",
    [("ELM/", 3), ("1.jpg", 3), (".*", 0), ("(", 0), ("  ", 9), ("fir/2.jpg", 1)],
)
def test_search_is_plain_text_in_any_case(trees, search, found):
    assert len(select(trees.images, {}, search)) == found


def test_search_finds_an_accent_written_either_way():
    rows = pd.DataFrame({"label": ["a"]}, index=[unicodedata.normalize("NFD", "érable.jpg")])
    assert len(select(rows, {}, unicodedata.normalize("NFC", "É"))) == 1


def test_filters_tell_missing_present_and_not_test_apart(trees):
    assert len(select(trees.images, {"split": Only.MISSING})) == 6
    assert len(select(trees.images, {"split": Only.DEVELOPMENT})) == 6
    assert len(select(trees.images, {"split": Only.PRESENT})) == 3
    assert len(select(trees.images, {"split": "test", "label": "ash"})) == 1


@pytest.mark.parametrize("ascending, order", [(True, [2, 0, 1]), (False, [0, 2, 1])])
def test_missing_values_sort_last_both_ways(ascending, order):
    rows = sort_images(frame(score=[0.9, None, 0.1]), "score", ascending)
    assert list(rows.index) == [f"{n}.jpg" for n in order]


def test_a_column_of_mixed_types_still_sorts():
    rows = sort_images(frame(size=["b", 3, None, "a"]), "size")
    assert list(rows.index) == ["1.jpg", "3.jpg", "0.jpg", "2.jpg"]


def test_columns_worth_a_filter_are_those_with_few_values_or_gaps():
    many = [f"text {n}" for n in range(100)]
    rows = frame(
        label=["a"] * 100,
        score=[n / 7 for n in range(100)],
        text=many,
        problem=[*many[:5], *[None] * 95],
        device=["x", "y"] * 50,
        listed=[["unhashable"]] * 100,
    )
    assert filterable(rows) == ["problem", "device"]


def test_filters_offer_at_most_sixty_values_and_more_make_a_column_no_filter():
    sixty, more = [f"v{n % 60:02d}" for n in range(120)], [f"v{n % 61:02d}" for n in range(122)]
    assert filterable(frame(device=sixty)) == ["device"] and filterable(frame(device=more)) == []
    assert len(choices(frame(device=more)["device"])) == 1 + 60
    assert filterable(frame(one=["x"] * 4, two=["x", "y"] * 2, none=[None] * 4)) == ["two"]
    assert filterable(frame(count=[1, 2, 1, 2], share=[0.5, 1.5, 0.5, 1.5])) == ["count"]
    assert filterable(frame(gap=["x", None], label=["a", "b"], split=["train", "test"])) == ["gap"]


def test_choices_count_images_with_and_without_a_value():
    told = [text for text, _ in choices(frame(site=["b", None, "a", "b", None])["site"])]
    assert told == ["all (5)", "has a value (3)", "none (2)", "a (1)", "b (2)"]
    assert [text for text, _ in choices(frame(site=[None, None])["site"])] == [
        "all (2)",
        "none (2)",
    ]


def test_a_column_called_image_id_that_names_none_is_kept_under_another_name(trees):
    shares = pd.DataFrame({"image_id": [0.5, 0.2]}, index=["ash/1.jpg", "gone.jpg"])
    rows = join_table(trees, shares)
    assert rows["image_id (table)"].dropna().tolist() == [0.5]
    both = pd.DataFrame({"image_id": ["elm/1.jpg"], "score": [1]}, index=["ash/1.jpg"])
    assert join_table(trees, both)["score"].dropna().to_dict() == {"elm/1.jpg": 1}


def test_images_are_sorted_by_name_and_ascending_unless_told(trees):
    names = sorted(trees.images.index)
    assert list(sort_images(trees.images.iloc[::-1]).index) == names
    assert list(sort_images(trees.images, ascending=False).index) == names[::-1]
    ties = sort_images(frame(score=[1, 0, 1, 0]), "score")
    assert list(ties.index) == ["1.jpg", "3.jpg", "0.jpg", "2.jpg"]
