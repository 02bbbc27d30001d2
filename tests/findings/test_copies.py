"""What the section on copies says of the classes that they lie in."""

import pandas as pd
import pytest

from helpers.findings.auditing import _say_copied_classes, _say_kinds, say_made_copies
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


def pairs_of(*pairs):
    return pd.DataFrame(pairs, columns=["image_id", "other_id"]).assign(kind="near")


def test_names_of_files_that_were_made_of_others_are_told():
    """Ten of eleven 'aug_' files are copies of originals, and two of these of each other."""
    own, made = [f"a/{n}.jpg" for n in range(30)], [f"b/aug_{n}.jpg" for n in range(11)]
    pairs = pairs_of(*zip(own[:10], made[:10], strict=True), (own[28], own[29]))
    said = say_made_copies(pairs, pd.Index(own + made))
    assert said == (
        "10 of 11 files named like 'aug_0.jpg' are copies, directly or through others, of files "
        "that are named otherwise (not so of b/aug_10.jpg: missed, perhaps); without these files "
        "1 of 11 pairs of copies would be left. If such names mark copies that were made, as "
        "augmentation makes them, leave those files out."
    )
    assert say_made_copies(pairs, pd.Index([*own, *made, "b/aug_11.jpg", "b/aug_12.jpg"])) == ""
    assert say_made_copies(pairs.iloc[1:], pd.Index(own + made)) == ""  # nine: too few


def test_where_each_of_two_forms_may_be_the_copies_both_are_named():
    own, made = [f"{n}.jpg" for n in range(12)], [f"{n} flipped.jpg" for n in range(12)]
    said = say_made_copies(pairs_of(*zip(own, made, strict=True)), pd.Index(own + made))
    assert said.count("12 of 12 files named like ") == 2
    assert said.count("without these files 0 of 12 pairs of copies would be left.") == 2
    assert said.endswith("If one of these forms of names marks copies that were made, as "
                         "augmentation makes them, leave those files out.")  # fmt: skip


@pytest.mark.parametrize("names", ["IMG_{}.jpg", "{}.png"])
def test_copies_that_are_named_like_all_files_tell_no_form(names):
    ids = [names.format(n) for n in range(40)]
    assert say_made_copies(pairs_of(*zip(ids[:20], ids[20:], strict=True)), pd.Index(ids)) == ""
    assert say_made_copies(pairs_of(), pd.Index(ids)) == ""
