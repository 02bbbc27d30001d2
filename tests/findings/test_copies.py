"""What the section on copies says of the classes that they lie in."""

import pandas as pd
import pytest

from helpers.findings.auditing import _say_copied_classes, _say_kinds
from helpers.findings.pictures import in_turn
from helpers.findings.sections import Section
from tests.balance.sets import table


def confirmed(*pairs):
    made = [(f"{one:04}.jpg", f"{other:04}.jpg") for one, other in pairs]
    return pd.DataFrame(made, columns=["image_id", "other_id"], dtype="str")


def test_a_class_of_which_a_tenth_are_copies_is_told_with_its_number_of_different_pictures():
    trees = table(label=["ash"] * 10 + ["elm"] * 11 + ["oak"] * 4)
    found = Section("copies", "")
    # Three of one picture are two copies; the elm's one copy is less than a tenth of eleven.
    pairs = confirmed((21, 22), (21, 23), (22, 23), (0, 1), (10, 11))
    assert _say_copied_classes(found, trees, pairs) == (
        "oak holds 2 different pictures, not 4; ash holds 9 different pictures, not 10; copies "
        "count twice, in training and in scores."
    )
    listed = found.tables["Copies by class"]
    assert listed.index.tolist() == ["oak", "elm", "ash"]
    assert listed["copies"].tolist() == [2, 1, 1]
    assert listed["different pictures"].tolist() == [2, 10, 9]


def test_pictures_that_others_link_count_as_one_whichever_of_them_is_named_first():
    trees = table(label=["ash"] * 4)
    found = Section("copies", "")
    # 1 and 2 are each a copy of 3 alone: one picture in three files, not two in one pair each.
    _say_copied_classes(found, trees, confirmed((1, 3), (2, 3)))
    assert found.tables["Copies by class"]["different pictures"].tolist() == [2]


def test_where_no_class_has_many_copies_only_the_table_tells():
    trees = table(label=["ash"] * 11 + ["elm"] * 3)
    found = Section("copies", "")
    assert _say_copied_classes(found, trees, confirmed((0, 1))) == ""
    assert found.tables["Copies by class"].index.tolist() == ["ash"]
    assert _say_copied_classes(found := Section("copies", ""), trees, confirmed()) == ""
    assert found.tables == {}


@pytest.mark.parametrize("index", [range(9), [0] * 9])
def test_pairs_to_look_at_are_some_of_each_kind_in_turn_and_all_of_them_are_counted(index):
    kinds = ["exact"] * 5 + ["near"] * 3 + ["probable"]
    pairs = pd.DataFrame({"image_id": [*"abcdefghi"], "other_id": "z", "kind": kinds}, index=index)
    turn = in_turn(pairs)
    assert "".join(turn["image_id"]) == "afi" + "cg" + "eh" + "bd"
    assert in_turn(pairs[:1])["image_id"].to_list() == ["a"]


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((60, 1104, 0), "60 exact, 1,104 near pairs"),
        ((1, 0, 1), "1 exact pair, 1 probable pair"),
        ((0, 1, 0), "1 near pair"),
        ((1, 20, 3), "1 exact pair, 20 near pairs, 3 probable pairs"),
    ],
)
def test_pairs_of_each_kind_are_told_in_their_number(numbers, said):
    assert _say_kinds(pd.Series(numbers, ["exact", "near", "probable"])) == said
