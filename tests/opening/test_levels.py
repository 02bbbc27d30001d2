"""Which levels of folders are the class, and which tell when, where or of what."""

import pytest

from tests.opening.layouts import CD, product, read, same

CLASSES = {
    "the railway": same("bus", "car", "train"),
    "a control and a test group": same("control", "test"),
    "good or not": same("valid", "invalid"),
    "development and operations": same("dev", "ops"),
    "test tubes": same("test tube", "beaker"),
    "test tubes and train stations": same("test tube", "train station"),
    "latest and protest": same("latest", "protest", "crowd"),
    "pretrained and contest": same("pretrained", "contest"),
    "attest and detrain": same("attest", "detrain", "testimony"),
    "numbers": same("0", "1", "2"),
    "state farm": same("c0", "c1", "c9"),
    "a train of two kinds": {
        f"{a}/{b}": (f"{a}/{b}", None)
        for a, b in (("train", "steam"), ("train", "electric"), ("bus", "red"), ("car", "blue"))
    },
    "train and test in one name": same("train_test", "other"),
    "levels of disease": same("level 1", "level 2"),
    "years alone": same("2019", "2020"),
    "wrappers that are classes": same("photo", "painting"),
    "a class repeated": {"cat/cat": ("cat", None), "dog/dog": ("dog", None)},
    "one class": {"cat": ("cat", None)},
    "animals, nested": {
        f"{a}/{b}": (f"{a}/{b}", None)
        for a, b in (("animals", "cat"), ("animals", "dog"), ("plants", "oak"))
    },
    "one condition in several crops": {
        f"{a}/{b}": (f"{a}/{b}", None)
        for a, b in (("apple", "healthy"), ("apple", "scab"), ("corn", "rust"), ("fig", "healthy"))
    },
    "different depths": {"cat": ("cat", None), "dog/puppy": ("dog/puppy", None)},
}


@pytest.mark.parametrize("name", CLASSES)
def test_classes_are_read(name):
    assert read(*CLASSES[name])[0] == CLASSES[name]


# Folders; the place of the class in the path; metadata column by place; the group's place.
CROSSED = {
    "IDC": (product("{p}/{c}", p=("10253", "10254", "10255"), c="01"), 2, [1], 1),
    "patients by word": (product("patient_{p}/{c}", p="12", c=CD), 2, [1], 1),
    "patients with zeros": (product("P{p}/{c}", p=("01", "02", "03", "04"), c=CD), 2, [1], 1),
    "subject folders": (product("Subject {p}/{c}", p="12345", c=CD), 2, [1], 1),
    "patients below": (product("{c}/{c}{p}", p="123", c=CD), 1, [2], 2),
    "PlantVillage": (product("{v}/{c}", v=("color", "grayscale", "segmented"), c=CD), 2, [1], None),
    "years": (product("{y}/{c}", y=("2019", "2020"), c=CD), 2, [1], None),
    "years below": (product("{c}/{y}", y=("2019", "2020"), c=CD), 1, [2], None),
    "dates below": (product("{c}/{y}", y=("2019-05-01", "2020-06-02"), c=CD), 1, [2], None),
    "cameras": (product("cam{k}/{c}", k="12", c=CD), 2, [1], None),
    "camera below": (product("{c}/camera_{k}", k="12", c=CD), 1, [2], None),
    "sites": (product("{k}/{c}", k=("Oslo", "Bergen"), c=CD), 2, [1], None),
    "site letters below": (product("{c}/site {k}", k="AB", c=CD), 1, [2], None),
    "folds": (product("fold{k}/{c}", k="12345", c=CD), 2, [1], None),
    "years below, in a wrapper": (
        product("v1/{c}/{y}", y=("2019", "2020"), c=CD), 2, [3], None,
    ),
    "magnification": (product("{m}X/{c}", m=("40", "100", "200", "400"), c=CD), 2, [1], None),
    "magnification below": (product("{c}/{m}x", m=("40", "100"), c=CD), 1, [2], None),
    "sizes": (product("{m}/{c}", m=("64x64", "128x128"), c=CD), 2, [1], None),
    "BreakHis": (
        [f"{c}/SOB/{c[0]}{p}/{m}X" for c in ("benign", "malignant") for p in (1, 2, 3)
         for m in (40, 100)],
        1, [3, 4], 3,
    ),
    "BreakHis in its archive": (
        [f"v1/breast/{c}/{c[0]}{p}/{m}X" for c in ("benign", "malignant") for p in (1, 2, 3)
         for m in (40, 100)],
        3, [4, 5], 4,
    ),
    "sites above patients": (
        [f"site{s}/patient{s}{p}/{c}" for s in "12" for p in "12" for c in CD], 3, [1, 2], 2,
    ),
    "eyes below": (product("{c}/{e}", c=CD, e=("left", "right")), 1, [2], None),
    "eyes above": (product("{e}/{c}", c=CD, e=("OD", "OS")), 2, [1], None),
    "variants below": (product("{c}/{v}", c=CD, v=("color", "grayscale")), 1, [2], None),
    "masks below": (product("{c}/{v}", c=CD, v=("images", "masks")), 1, [2], None),
    "patients of two hospitals, one class each": (
        ["A01/cat", "A02/cat", "B01/dog", "A03/dog", "B02/cat"], 2, [1], 1,
    ),
    "cases": (product("case{p}/{c}", p=("1", "2", "12"), c=CD), 2, [1], 1),
    "patients below, numbered anew": (product("{c}/patient{p}", c=CD, p="123"), 1, [2], 2),
    "days below": (product("{c}/{d}", c=CD, d=("20190501", "20190602")), 1, [2], None),
    "months below years": (product("{y}/{m}/{c}", y=("2019", "2020"), m=("01", "02"), c=CD),
                           3, [1, 2], None),
    "sessions below": (product("{c}/session{k}", k="123", c=CD), 1, [2], None),
    "a constant level below": (["cat/original", "dog/original"], 1, [], None),
    "patients with one class each": (
        ["p1/cat", "p2/cat", "p3/dog", "p4/dog", "p5/cat"], 2, [1], 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CROSSED)
def test_the_level_that_repeats_is_the_class_and_the_others_are_metadata(name):
    folders, place, others, group = CROSSED[name]
    found, layout = read(*folders)
    assert found == {folder: (folder.split("/")[place - 1], None) for folder in folders}
    assert layout.columns == {
        f"folder_{i}": {folder: folder.split("/")[i - 1] for folder in folders} for i in others
    }
    assert layout.group == (group and f"folder_{group}")
    assert bool(layout.label_notes) == bool(others)


@pytest.mark.parametrize("name", [name for name in CROSSED if CROSSED[name][2]])
def test_each_level_can_be_taken_instead_by_the_argument_the_note_names(name):
    folders, place, others, _ = CROSSED[name]
    note = read(*folders)[1].label_notes[0]
    assert f"label='folder_{others[0]}'" in note and "label='folders'" in note
    found, layout = read(*folders, label=f"folder_{others[0]}")
    at = others[0] - 1
    assert found == {folder: (folder.split("/")[at], None) for folder in folders}
    assert f"folder_{others[0]}" not in layout.columns
    assert layout.label_notes == []
    assert read(*folders, label="folders")[0] == {folder: (folder, None) for folder in folders}


def test_half_of_the_names_repeated_is_enough_and_less_is_not():
    found, _ = read("apple/healthy", "apple/scab", "corn/healthy")
    assert [label for label, _ in found.values()] == ["healthy", "scab", "healthy"]
    found, _ = read("apple/healthy", "apple/scab", "corn/healthy", "corn/rust")
    assert [label for label, _ in found.values()][0] == "apple/healthy"


def test_the_note_says_why_a_level_was_taken():
    _, layout = read("oslo/cat", "oslo/dog", "rome/cat", "rome/dog")
    assert layout.label_notes == [
        "The label is folder_2 (cat, dog), whose names repeat below the others; kept as metadata: "
        "folder_1 (oslo, rome). If that is not so, open with label='folder_1', or label='folders' "
        "for all of them joined."
    ]
    _, layout = read("2019/cat", "2019/dog", "2020/cat", "2020/dog")
    assert layout.label_notes[0].startswith("The label is folder_2 (cat, dog); kept as metadata")


def test_joined_labels_are_told_with_the_levels_that_make_them():
    folders = ("animals/cat", "animals/dog", "plants/oak")
    _, layout = read(*folders)
    assert layout.label_notes == [
        "Labels join folder_1 and folder_2; to take one of them alone, open with label='folder_1' "
        "or label='folder_2'."
    ]
    assert [label for label, _ in read(*folders, label="folder_1")[0].values()] == [
        "animals", "animals", "plants"
    ]  # fmt: skip
    assert [label for label, _ in read(*folders, label="folder_2")[0].values()] == [
        "cat", "dog", "oak"
    ]  # fmt: skip


def test_folders_of_different_depths_take_the_class_they_share():
    found, layout = read("cat", "dog", "more/cat", "more/dog")
    assert [label for label, _ in found.values()] == ["cat", "dog", "cat", "dog"]
    assert layout.columns == {"folder_1": {"more/cat": "more", "more/dog": "more"}}
    assert layout.label_notes[0].endswith("as metadata: folder_1; label='folders' joins them.")


def test_levels_that_are_no_classes_at_all_give_no_label_and_say_so():
    folders = product("{y}/cam{k}", y=("2019", "2020"), k="12")
    found, layout = read(*folders)
    assert {label for label, _ in found.values()} == {None}
    assert sorted(layout.columns) == ["folder_1", "folder_2"]
    assert "open with label='folder_2'" in layout.label_notes[0]


@pytest.mark.parametrize("names", [("patient_1", "patient_2"), ("cam1", "cam2"), ("40X", "100X")])
def test_a_single_level_of_things_or_circumstances_is_a_class_with_a_warning(names):
    found, layout = read(*names)
    assert found == same(*names)
    assert "are taken as classes" in layout.label_notes[0]
    assert "group='folder_1'" in layout.label_notes[0]


@pytest.mark.parametrize(
    ("patients", "classes", "group"),
    [("123", CD, "folder_1"), ("12", CD, None), ("123", ("a", "b", "c"), None)],
)
def test_more_numbers_than_classes_say_which_images_belong_together(patients, classes, group):
    _, layout = read(*product("{p}/{c}", p=patients, c=classes))
    assert layout.group == group
    assert list(layout.columns) == ["folder_1"]


def test_years_are_no_group_however_many_there_are():
    _, layout = read(*product("{y}/{c}", y=range(2010, 2020), c=CD))
    assert (layout.group, list(layout.columns)) == (None, ["folder_1"])


def test_of_numbers_below_numbers_the_last_is_the_class_where_it_repeats_else_the_first():
    repeated = product("{a}/{b}", a=("10", "20", "30"), b="12")
    found, layout = read(*repeated)
    assert found == {folder: (folder[-1], None) for folder in repeated}
    assert layout.columns == {"folder_1": {folder: folder[:2] for folder in repeated}}
    apart = ["1/10", "1/11", "2/12", "2/13"]
    assert read(*apart)[0] == {folder: (folder[0], None) for folder in apart}


def test_levels_keep_the_number_that_most_folders_have_them_at():
    folders = [f"{city}/{kind}" for city in ("bonn", "rome") for kind in CD]
    folders += [f"oslo/images/{kind}" for kind in CD]
    found, layout = read(*folders)
    assert [label for label, _ in found.values()] == [*CD] * 3
    assert layout.label_notes[0].startswith("The label is folder_2 (cat, dog), whose names")
    assert layout.columns == {"folder_1": {f: f.split("/")[0] for f in folders}}


def test_joined_labels_beside_metadata_are_told_with_both():
    folders = [
        f"{y}/{c}" for y in (2019, 2020) for c in ("animals/cat", "animals/dog", "trees/oak")
    ]
    found, layout = read(*folders)
    assert found == {folder: (folder[5:], None) for folder in folders}
    assert layout.label_notes == [
        "Labels join folder_2 and folder_3, and folder_1 (2019, 2020) as metadata; to take one of "
        "them alone, open with label='folder_2' or label='folder_3'."
    ]


def test_three_levels_are_joined_from_the_first_that_does_not_repeat():
    folders = ["x/animals/cat", "x/animals/dog", "y/plants/oak", "y/plants/elm"]
    found, layout = read(*folders)
    assert found == {folder: (folder, None) for folder in folders}
    assert "Labels join folder_1 and folder_2 and folder_3;" in layout.label_notes[0]
    folders = product("{site}/{c}", site=("Oslo", "Rome"), c=("pets/cat", "pets/dog", "trees/oak"))
    found, layout = read(*folders)
    assert found == {folder: (folder[5:], None) for folder in folders}
    assert layout.columns == {"folder_1": {folder: folder[:4] for folder in folders}}


def test_one_folder_alone_is_a_class_whatever_it_is_called():
    for name in ("patient_1", "2019", "cat"):
        found, layout = read(name)
        assert (found, layout.label_notes) == ({name: (name, None)}, [])
    assert read("patient_1", "cat")[1].label_notes == []


def test_images_at_the_top_have_no_class_and_change_nothing():
    found, layout = read("", "oslo/cat", "oslo/dog", "rome/cat", "rome/dog")
    assert [label for label, _ in found.values()] == [None, "cat", "dog", "cat", "dog"]
    assert list(layout.columns) == ["folder_1"]
    assert read("")[0] == {"": (None, None)}


def test_folders_of_different_depths_that_share_no_class_are_joined_and_told():
    found, layout = read("cat", "dog", "more/cat", "more/elk")
    assert [label for label, _ in found.values()] == ["cat", "dog", "more/cat", "more/elk"]
    assert (layout.columns, layout.label_notes) == ({}, [
        "Folders lie at different depths, so labels join them (cat, dog, more/cat and 1 more); to "
        "take one level alone, open with label='folder_1'."
    ])  # fmt: skip
    deep = ["a/cat", "b/dog", "a/x/cat", "b/x/dog"]  # none lies directly below the root
    assert read(*deep)[0] == {folder: (folder, None) for folder in deep}
    _, layout = read("cat", "dog", "old/2019/cat", "new/dog")
    assert layout.columns == {
        "folder_1": {"old/2019/cat": "old", "new/dog": "new"}, "folder_2": {"old/2019/cat": "2019"}
    }  # fmt: skip
    assert "as metadata: folder_1, folder_2;" in layout.label_notes[0]


def test_albums_of_a_year_are_circumstances():
    assert "are taken as classes" in read("Photos from 2019", "Photos from 2020")[1].label_notes[0]
    folders = product("{c}/{m}", c=CD, m=("January", "February"))
    assert [label for label, _ in read(*folders)[0].values()] == [f.split("/")[0] for f in folders]
