import pandas as pd
import pytest

from helpers.tables.alike import fold
from helpers.tables.labels import clean_labels, odd_labels, one_hot, read_labels
from helpers.tables.reading import table_of


def series(*cells):
    return pd.Series(cells, [f"{number}.jpg" for number in range(len(cells))], dtype="str")


def plain(found):
    return [None if pd.isna(one) else one for one in found]


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


def test_spaces_at_the_ends_and_doubled_within_make_no_class_and_are_told_only_where_changed():
    labels, notes = clean_labels(series("red  oak", "red oak ", "elm", None, " "))
    assert plain(labels) == ["red oak", "red oak", "elm", None, None]
    assert notes == [
        "Spaces that cannot be seen were taken out of the labels 'red  oak', 'red oak '; those "
        "alike without them count as one class."
    ]
    assert clean_labels(series("elm ", "oak"))[1] == [
        "Spaces that cannot be seen were taken out of the labels 'elm '."
    ]
    assert clean_labels(series("elm", "e\u0301lan", "el\u200bk"))[0].tolist() == [
        "elm", "\u00e9lan", "elk"
    ]  # fmt: skip
    assert clean_labels(series("elm", None))[1] == []


@pytest.mark.parametrize(
    ("cells", "classes", "told"),
    [
        (["1", "1.0", "2"], ["1", "1", "2"], "'1.0' count as '1'"),
        (["1.0", "2.00"], ["1", "2"], None),
        (["1.0", "1.5"], ["1.0", "1.5"], None),
        (["1", "1.0", "2.0", "x"], ["1", "1", "2.0", "x"], "'1.0' count as '1'"),
        (["-1", "-1.0"], ["-1", "-1"], "'-1.0' count as '-1'"),
        (["1.0", "cat"], ["1.0", "cat"], None),
        (["v1.0", "1"], ["v1.0", "1"], None),
        (["10", "1.0"], ["10", "1"], None),
    ],
)
def test_whole_numbers_written_as_floats_are_the_whole_numbers(cells, classes, told):
    labels, notes = read_labels(series(*cells), "grade")
    assert labels.tolist() == classes
    assert [note for note in notes if "same number" in note] == (
        [f"Column 'grade' writes the same number in two ways; {told}."] if told else []
    )


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (["['a', 'b']", "('b', 'a')", "{'a'}", "b"], ["('b', 'a')"] * 2 + ["{'a'}", "b"]),
        (["a|b", "b|a", "b|a", "c"], ["b|a"] * 3 + ["c"]),
        (["a, b", "b,a", "c", "d"], ["a, b"] * 2 + ["c", "d"]),
        (["a|b|c", "c|b|a", "a|b"], ["a|b|c"] * 2 + ["a|b"]),
    ],
)
def test_lists_of_the_same_members_are_one_class_by_their_commonest_spelling(cells, names):
    labels, notes = read_labels(series(*cells), "tags")
    assert labels.tolist() == names
    assert "holds several labels in one cell" in notes[0] and "in whatever order" in notes[0]


def test_the_note_on_several_labels_counts_rows_and_shows_them():
    labels, notes = read_labels(series("a;b", "a;b", "b;c", "a", "b", "c", None), "tags")
    assert plain(labels) == ["a;b", "a;b", "b;c", "a", "b", "c", None]
    assert notes == [
        "Column 'tags' holds several labels in one cell for 3 of 6 rows ('a;b', 'b;c'); this "
        "workbook gives each image one, so every combination counts as a class of its own."
    ]


def flags(text, used=("file",)):
    """What one column per class tells; `text` is "a b: 10 01 10"."""
    names, rows = text.split(":")
    names, rows = names.split(), rows.split()
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    return one_hot(table_of("t", pd.DataFrame({"file": [*map(str, range(len(rows)))], **columns})),
                   used)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "labels", "columns"),
    [
        ("a b: 10 01 10", "a b a", "a b"),
        ("a b c: 100 010 001", "a b c", "a b c"),
        ("hairy a b c: 1100 0010 1001", "a b c", "a b c"),
        ("a b c hairy: 1001 0100 0011", "a b c", "a b c"),
        ("x a b: 210 301 210", "a b a", "a b"),  # x holds more than flags
        ("a b never: 100 010 100", "a b a", "a b never"),
        ("a b x c d e: 10x100 01x010 10x001", "c d e", "c d e"),  # the longer run
    ],
)
def test_neighbouring_flags_of_which_one_is_set_in_each_row_are_the_label(text, labels, columns):
    found, used, notes = flags(text)
    assert (found.tolist(), used) == (labels.split(), columns.split())
    assert notes == [
        f"The label is the one of the columns {', '.join(columns.split())} that is 1 in each row; "
        "another is named with label='…'."
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a b: 11 10 01", "1 rows have more than one"),
        ("a b: 00 10 00", "2 rows have none of them set"),
        ("a b: 00 11 01", "1 rows have none of them set and 1 rows have more than one"),
        ("a b x c d: 10x10 01x01", "2 rows have more than one"),
    ],
)
def test_flags_of_which_not_one_is_set_in_each_row_are_told_and_not_taken(text, why):
    found, used, notes = flags(text)
    assert (found, used) == (None, [])
    names = ", ".join(name for name in text.split(":")[0].split() if name != "x")
    assert notes == [
        f"Columns {names} hold 0 and 1, one for each class as it seems, but {why}, so they were "
        "not taken as labels; one of them alone, 1 against 0, is taken with label='a'."
    ]


def test_a_dozen_flags_are_named_and_the_others_counted():
    names = " ".join("abcdefghijklm")
    one = "The label is the one of the columns"
    for cells, told in (("1" * 13, "Columns"), ("1" + "0" * 12, one)):
        (note,) = flags(f"{names}: {cells}")[2]
        assert note.startswith(f"{told} {names[:23].replace(' ', ', ')} and 1 more ")


@pytest.mark.parametrize("text", ["a: 1 0", "a x: 12 03", "x y: 12 23"])
def test_fewer_than_two_flags_say_nothing(text):
    assert flags(text) == (None, [], [])
    assert flags("a b: 10 01", used=("file", "b")) == (None, [], [])


def test_flags_may_be_words_or_decimal_but_never_missing():
    cells = {"a": ["True", "FALSE", "1.0"], "b": ["0", "true", "0.0"]}
    assert one_hot(table_of("t", pd.DataFrame(cells)), ())[0].tolist() == ["a", "b", "a"]
    cells["b"][0] = None
    assert one_hot(table_of("t", pd.DataFrame(cells)), ()) == (None, [], [])


def test_odd_labels_are_those_alike_all_the_same_one_each_or_missing_for_some():
    assert fold(" Chêne  Vert ") == fold("chene vert") == "chene vert"
    assert odd_labels(series("Oak", "oak", "elm", None)) == [
        "Labels that differ only in capitals, accents or spaces count as different classes: 'Oak', "
        "'oak'.",
        "1 image without a label: 3.jpg.",
    ]
    assert odd_labels(series("elm", "elm"))[0].startswith("All labels are 'elm': one class")
    assert odd_labels(series(None, None)) == []
    assert odd_labels(series("elm", "oak")) == []


@pytest.mark.parametrize(
    ("classes", "images", "told"), [(20, 39, True), (20, 40, False), (19, 19, False)]
)
def test_twenty_labels_for_fewer_than_twice_as_many_images_are_hardly_classes(
    classes, images, told
):
    notes = odd_labels(series(*(f"c{number % classes:02d}" for number in range(images))))
    assert bool(notes) is told
    if told:
        assert notes[0].startswith(f"{classes} different labels for {images} images (c00, c01, c02")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "-1"), ("1.0", "-1.0"), ("1", ""), ("x", ""), ("X", "nan"), ("yes", "no"), ("Y", "N"),
        ("WAHR", "FALSCH"), ("oui", "non"), ("\u2713", ""), ("1,0", "0,0"), ("да", "нет"),
    ],
)  # fmt: skip
def test_marks_of_one_column_per_class_in_many_spellings(one, other):
    cells = {"a": [one, other, other], "b": [other, one, other], "c": [other, other, one]}
    found, used, _ = one_hot(table_of("t", pd.DataFrame(cells)), ())
    assert (found.tolist(), used) == (["a", "b", "c"], ["a", "b", "c"])


@pytest.mark.parametrize(
    "cells",
    [
        {"a": ["1", "0", "-1"], "b": ["0", "1", "0"]},  # -1 beside 0 is uncertain
        {"a": ["1", "", "-1"], "b": ["", "1", "1"]},
        {"a": ["1", ""], "b": ["", "maybe"]},
        {"a": ["", ""], "b": ["", ""]},
    ],
)
def test_marks_of_several_kinds_are_no_classes(cells):
    assert one_hot(table_of("t", pd.DataFrame(cells)), ())[0] is None
