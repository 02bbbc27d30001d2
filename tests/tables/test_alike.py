"""Labels that may be one class under two names, or no class at all."""

import pandas as pd
import pytest

from helpers.datasets import open_dataset
from helpers.tables.alike import alike, bare, classes_apart, no_classes
from helpers.tables.labels import clean_labels, odd_labels


def told(*labels):
    """The labels that are said to be alike, over all notes."""
    return " ".join(alike(sorted(labels)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("red_fox", "red-fox"),
        ("red fox", "RedFox"),
        ("deer", "deer."),
        ("deer", "deer?"),
        ("Steller's jay", "Steller\u2019s jay"),
        ("1", "01"),
        ("1", "1."),
        ("2", "2,0"),
        ("0.50", "0,5"),
        ("100000", "1E+05"),
        ("3 kg", "3.0kg"),
        ("cat", "\u0441at"),
        ("dog", "d\u043eg"),
        ("\u0645\u06cc\u200c\u0631\u0648\u062f", "\u0645\u06cc\u0631\u0648\u062f"),
    ],
)
def test_labels_that_differ_in_what_is_overlooked_are_told(one, other):
    assert bare(one) == bare(other)
    assert "count as different classes" in told(one, other, "quite another")
    assert "quite another" not in told(one, other, "quite another")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C", "C++"), ("C", "C#"), ("A+", "A-"), ("A", "A-"), ("-1", "1"), ("1", "10"),
        ("1.5", "15"), ("1-2", "12"), ("<5", ">5"), ("0", "00 1"), ("1e5", "1e6"), ("p1", "p2"),
        ("0.1", "0.01"), ("fox (red)", "fox (grey)"), ("type (1)", "type (2)"),
        ("copy machine", "machine"),
    ],
)  # fmt: skip
def test_labels_that_mean_different_things_are_not(one, other):
    assert told(one, other) == ""


@pytest.mark.parametrize(
    "copy",
    ["cats - Copy", "cats - Kopie", "cats (2)", "cats copy 2", "cats - Copy (3)", "Cats - copia"],
)
def test_the_copy_of_a_folder_is_told_where_its_original_is_there(copy):
    pair = ", ".join(map(repr, sorted(["cats", copy])))
    assert f": {pair}; where" in told("cats", copy, "dogs")
    assert told("dogs", copy) == ""


def test_letters_that_look_alike_are_shown_by_their_codes():
    assert "'cat', '\\u0441at'" in told("cat", "\u0441at")


def test_letters_that_do_not_look_alike_are_shown_as_they_are():
    assert "'Élan', 'élan'" in told("Élan", "élan")
    assert "'über-fuß', 'über_fuß'" in told("über-fuß", "über_fuß")


def test_two_copies_of_a_folder_that_is_not_there_are_not_told():
    assert told("cats copy", "cats copy 2", "dogs") == ""


def test_what_is_told_of_capitals_is_not_told_again():
    assert len(alike(["Oak", "elm", "oak"])) == 1
    assert len(alike(["Oak", "elm", "oak", "oak."])) == 2


def test_words_for_nothing_are_told_beside_other_labels():
    assert no_classes(["N/A", "cat", "nan"]) == [
        "'N/A', 'nan' may mean that no label is known, yet count as classes here; leave such cells "
        "empty where they do."
    ]
    assert no_classes(["NULL", "cat"])[0].endswith("leave such cells empty where it does.")
    assert no_classes(["none"]) == [] and no_classes(["cat", "nothing"]) == []


@pytest.mark.parametrize(
    ("labels", "what"),
    [
        (["0.11", "0.52", "1"], "numbers with decimals"),
        (["1,5", "2,25"], "numbers with decimals"),
        (["-0.5", "1.2e-3"], "numbers with decimals"),
        (["2021-03-01", "2021-04-01"], "dates"),
        (["1.3.2021", "4.3.2021"], "dates"),
        (["2021-03-01 10:00", "2021-04-01 11:30"], "dates"),
        (["1", "2"], ""),
        (["0.5", "cat"], ""),
        (["2021-03-01", "cat"], ""),
        (["v1.0", "v1.5"], ""),
    ],
)
def test_measurements_and_dates_are_told(labels, what):
    notes = no_classes(labels)
    assert [note.startswith(f"All labels are {what} (") for note in notes] == (
        [True] if what else []
    )


def test_names_that_a_spreadsheet_made_dates_of_are_told():
    assert no_classes(["02-Jan", "3-4", "Mar-04"]) == [
        "Labels that look as if a spreadsheet had made dates of them: '02-Jan', 'Mar-04'."
    ]
    assert no_classes(["2-jan-x", "3-4", "janitor"]) == []


def test_a_folder_without_a_name_is_told():
    assert "'New folder (2)'" in no_classes(["New folder (2)", "cat"])[0]
    assert "'Neuer Ordner'" in no_classes(["Neuer Ordner", "cat"])[0]
    assert no_classes(["new folders", "cat"]) == []


def test_classes_that_training_has_not_are_named_for_each_split():
    rows = [
        ("cats", "train"),
        ("dogs", "train"),
        ("cat", "valid"),
        ("cats", "test"),
        (None, "test"),
    ]
    images = pd.DataFrame(rows, columns=["label", "split"])
    assert classes_apart(images) == [
        "1 class in valid, none of them in train: cat. Nothing can be learnt of what is not in "
        "train; where it is there under another name, give both one name."
    ]
    assert classes_apart(images[images["split"] != "train"]) == []
    assert classes_apart(images[images["split"] != "valid"]) == []


def test_plurals_between_folders_of_splits_are_told_on_opening(tree):
    dataset = open_dataset(tree("train/cats/1.jpg", "train/dogs/2.jpg", "test/cat/3.jpg"))
    assert "1 class in test, none of them in train: cat." in dataset.notes[-1]


@pytest.mark.parametrize("mark", ["\u200e", "\u00ad", "\ufeff", "\u2060", "\u200b"])
def test_marks_that_cannot_be_seen_make_no_class(mark):
    labels, notes = clean_labels(pd.Series(["cat", f"c{mark}at", "dog"], dtype="str"))
    assert labels.tolist() == ["cat", "cat", "dog"]
    assert "count as one class" in notes[0]


def test_joiners_that_scripts_need_stay_and_are_told():
    words = ["\u0645\u06cc\u200c\u0631\u0648\u062f", "\u0645\u06cc\u0631\u0648\u062f"]
    labels, _ = clean_labels(pd.Series(words, dtype="str"))
    assert labels.nunique() == 2
    assert "count as different classes" in odd_labels(labels)[0]
