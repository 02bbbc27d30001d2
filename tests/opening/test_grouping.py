"""Which column is taken to say what belongs together, and which are passed over with a word."""

import pandas as pd
import pytest

from helpers.datasets import open_dataset
from helpers.opening.grouping import choose_group, tell_of_alone


def images(**columns):
    table = pd.DataFrame({"label": ["cat", "dog"] * 3, "split": None, **columns})
    return table.set_axis([f"{number}.jpg" for number in range(6)])


DIVIDES, ONE, BY_CLASS = list("aabbcc"), ["Canon"] * 6, ["a", "b"] * 3


@pytest.mark.parametrize(
    ("columns", "first", "group", "passed"),
    [
        ({"site": DIVIDES}, None, None, []),
        ({"age": DIVIDES, "patient": DIVIDES}, None, "patient", []),
        ({"patient": DIVIDES, "site": DIVIDES}, "site", "site", []),
        ({"patient": DIVIDES}, "site", "patient", []),
        ({"camera": ONE, "patient_id": DIVIDES}, None, "patient_id", ["camera"]),
        ({"patient": DIVIDES, "site": ONE}, "site", "patient", ["site"]),
        ({"camera": ONE, "user": BY_CLASS}, None, None, ["camera", "user"]),
    ],
)
def test_the_first_column_that_is_called_so_and_leaves_something_to_divide(
    columns, first, group, passed
):
    found, notes = choose_group(images(**columns), first)
    assert (found, [note.split("'")[1] for note in notes]) == (group, passed)


def test_a_column_that_is_passed_over_is_told_with_the_reason_and_the_way_to_take_it():
    assert choose_group(images(camera=ONE), None)[1] == [
        "Column 'camera' is called like one that says which images show the same thing, but all 6 "
        "images have the value 'Canon', so nothing could be validated; it is not taken "
        "(dataset.with_group('camera') takes it all the same)."
    ]


def test_label_and_split_are_no_groups():
    table = images().rename(columns={"label": "patient", "split": "user"})
    assert choose_group(table, "patient") == (None, [])


def test_images_without_a_value_in_the_group_are_told():
    table = images(patient=["a", "a", None, None, "b", "c"])
    assert tell_of_alone(table, "patient") == [
        "2 images of 6 without a value in column 'patient' stand alone, since nothing says what "
        "belongs together there: 2.jpg, 3.jpg."
    ]
    one = images(patient=["a", "a", None, "b", "b", "c"])
    assert "1 image of 6 without a value in column 'patient' stands alone" in tell_of_alone(
        one, "patient"
    )[0]  # fmt: skip
    assert tell_of_alone(images(patient=DIVIDES), "patient") == []
    assert tell_of_alone(images(patient=[None] * 6), "patient") == []
    assert tell_of_alone(images(patient=DIVIDES), None) == []


def test_gaps_in_a_group_from_names_are_told_once(tree):
    dataset = open_dataset(tree("p1_1.jpg", "p1_2.jpg", "x.jpg"), pattern="(?P<group>p[0-9]+)_")
    assert sum("alone" in note for note in dataset.notes) == 1


@pytest.mark.parametrize("options", [{}, {"group": "patient"}])
def test_a_group_with_gaps_is_told_on_opening_whether_asked_for_or_not(tree, options):
    root = tree(*(f"{i}.jpg" for i in range(6)))
    rows = "".join(f"{i}.jpg,{'xy'[i % 2]},{'ppqq'[i : i + 1]}\n" for i in range(6))
    (root / "t.csv").write_text(f"file,label,patient\n{rows}")
    dataset = open_dataset(root, **options)
    assert dataset.group == "patient"
    assert dataset.notes[-1].startswith("2 images of 6 without a value in column 'patient' stand")
