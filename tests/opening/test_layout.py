"""Layouts of real archives, each with the answer a careful reader would give."""

import pytest

from helpers.datasets import DatasetError
from helpers.opening.layout import read_layout


def read(*folders, **asked):
    """{folder: (label, split)} for one image in each folder, and the whole layout."""
    layout = read_layout([f"{folder}/1.jpg" if folder else "1.jpg" for folder in folders], asked)
    return {f: (layout.labels[f], layout.splits[f]) for f in layout.labels}, layout


def both(pattern, splits=("train", "test"), classes=("cat", "dog")):
    """{folder: (class, split)} for each class in each split; `pattern` has {s} and {c}."""
    return {pattern.format(s=s, c=c): (c, usual(s)) for s in splits for c in classes}


def usual(word):
    words = {"tr": "train", "va": "valid", "de": "valid", "te": "test", "ho": "test"}
    return words[word.lower().lstrip("0123456789_")[:2]]


SPLITS = {
    "repeated": both("{s}/{s}/{c}"),
    "repeated with _set": both("{s}_set/{s}_set/{c}", ("training", "test")),
    "repeated under another spelling": both("{s}/{s}_images/{c}"),
    "repeated flat": {"train/train": (None, "train"), "test1/test1": (None, "test")},
    "prefixed by the project": both("asl_alphabet_{s}/{c}"),
    "prefixed and repeated": both("asl_alphabet_{s}/asl_alphabet_{s}/{c}"),
    "prefixed, the test flat": {
        **both("asl_{s}/asl_{s}/{c}", ("train",)),
        "asl_test/asl_test": (None, "test"),
    },
    "seg_pred beside": {**both("seg_{s}/seg_{s}/{c}"), "seg_pred/seg_pred": (None, None)},
    "capitals": both("{s}/{c}", ("Train", "Validation", "Test")),
    "a size": both("{s}_256/{c}", ("TRAIN", "VAL")),
    "a size run together": both("{s}256/{c}"),
    "hyphen": both("{s}-images/{c}"),
    "numbered": both("{s}/{c}", ("1_train", "2_valid", "3_test")),
    "a year": both("{s}2017/{c}", ("train", "val")),
    "Testing": both("{s}/{c}", ("Training", "Testing")),
    "valid_set": both("{s}_set/{c}", ("train", "valid")),
    "trainset": both("{s}set/{c}"),
    "camel case": both("{s}Images/{c}"),
    "in a wrapper": both("dataset/{s}/{c}"),
    "in two wrappers": both("archive/DATA/{s}/{c}"),
    "in a repeated wrapper": both("archive/DATA/DATA/{s}/{c}"),
    "the root repeated": both("chest_xray/chest_xray/{s}/{c}", ("train", "val", "test")),
    "images below": both("{s}/images/{c}"),
    "images below the class": both("{s}/{c}/images"),
    "images below the class, called otherwise": {
        f"{s}/{c}/{w}": (c, s) for s, c, w in (
            ("train", "cat", "JPEGImages"), ("train", "dog", "frames"), ("test", "cat", "jpg"),
            ("test", "dog", "Data"))
    },
    "images above": both("images/{s}/{c}"),
    "Tiny ImageNet": {
        **both("{s}/{c}/images", ("train",)),
        "val/images": (None, "valid"),
        "test/images": (None, "test"),
    },
    "class folders that carry the split": both("{s}/{c}_{s}"),
    "class folders that begin with the split": both("{s}/{s}_{c}"),
    "class and split in one name": both("{c}_{s}"),
    "CycleGAN": {
        "trainA": ("A", "train"), "trainB": ("B", "train"),
        "testA": ("A", "test"), "testB": ("B", "test"),
    },
    "split below the class": both("{c}/{s}"),
    "split below the class, in a wrapper": both("data/{c}/{s}"),
    "a class called train within": both("{s}/{c}", classes=("bus", "car", "train")),
    "a class called test within": both("{s}/{c}", classes=("control", "test")),
    "only train": both("{s}/{c}", ("train",)),
    "only a prefixed train": both("seg_{s}/{c}", ("train",)),
    "test beside classes": {
        "cat": ("cat", None), "dog": ("dog", None), "test/cat": ("cat", "test"),
    },
    "test beside classes, in a wrapper": {
        "d/cat": ("cat", None), "d/dog": ("dog", None), "d/test/dog": ("dog", "test"),
    },
    "unlabelled beside": {**both("{s}/{c}"), "unlabeled": (None, None)},
    "unlabelled with classes of its own": {**both("{s}/{c}"), "unlabeled/x": ("x", None)},
    "more of the same classes beside": {**both("{s}/{c}"), "extra/cat": ("cat", None)},
    "a lone train with the same classes beside": {
        **both("{s}/{c}", ("train",)), "extra/cat": ("cat", None), "extra/dog": ("dog", None),
    },
    "flat": {"train": (None, "train"), "test": (None, "test")},
    "flat, with pictures to predict": {
        "train": (None, "train"), "test": (None, "test"), "pred": (None, None),
    },
    "flat test beside nested classes": {
        "animals/cat": ("animals/cat", None), "plants/oak": ("plants/oak", None),
        "test": (None, "test"),
    },
    "some split below the other": both("{s}/{c}", ("train", "dev", "holdout")),
    "fruits": {
        **both("fruits-360/{s}/{c}", ("Training", "Test")),
        "fruits-360/test-multiple_fruits": (None, None),
    },
    "grades": both("{s}/{c}", ("train", "val"), tuple("01234")),
    "two training folders": both("{s}/{c}", ("train_1", "train_2", "test")),
    "repeated with a space": both("{s}/{s} Set/{c}", ("Training", "Validation")),
    "only one repeated": {**both("{s}/{c}", ("train",)), **both("val/{s}/{c}", ("val",))},
    "a wrapper under two names": both("real_vs_fake/real-vs-fake/{s}/{c}"),
    "masks of the training images": {
        "train": (None, "train"), "test": (None, "test"), "train_masks": (None, None),
    },
    "nested classes": {
        "train/animals/cat": ("animals/cat", "train"), "train/plants/oak": ("plants/oak", "train"),
        "test/plants/oak": ("plants/oak", "test"),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", SPLITS)
def test_splits_are_read(name):
    assert read(*SPLITS[name])[0] == SPLITS[name]


def same(*names):
    return {name: (name, None) for name in names}


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


def product(pattern, **values):
    from itertools import product as every

    return [
        pattern.format(**dict(zip(values, row, strict=True))) for row in every(*values.values())
    ]


CD = ("cat", "dog")
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


def test_splits_above_patients_above_classes_are_all_told_apart():
    folders = product("{s}/{p}/{c}", s=("train", "test"), p=("P1", "P2", "P3"), c=CD)
    found, layout = read(*folders)
    assert found == {f: (f.split("/")[2], f.split("/")[0]) for f in folders}
    assert layout.columns == {"folder_2": {f: f.split("/")[1] for f in folders}}
    assert layout.group == "folder_2"


def test_several_datasets_with_splits_of_their_own_share_classes():
    folders = product("{d}/{s}/{c}", d=("web", "own"), s=("train", "val"), c=CD)
    found, layout = read(*folders)
    assert found == {f: (f.split("/")[2], usual(f.split("/")[1])) for f in folders}
    assert layout.columns == {"folder_1": {f: f.split("/")[0] for f in folders}}


def test_defects_below_objects_below_splits_keep_masks_without_a_split():
    folders = [
        f"{o}/{rest}" for o in ("bottle", "cable")
        for rest in ("train/good", "test/good", "test/broken", "ground_truth/broken")
    ]  # fmt: skip
    found, layout = read(*folders)
    assert found["bottle/train/good"] == ("good", "train")
    assert found["cable/test/broken"] == ("broken", "test")
    assert found["cable/ground_truth/broken"] == ("broken", None)
    assert "bottle/ground_truth/broken" in layout.notes[0]


def test_a_class_that_sounds_like_a_split_is_told_and_can_be_made_one():
    found, layout = read("bus", "car", "train")
    assert layout.notes == [
        "Folders that sound like a split (train) are taken as classes, as those beside them (bus, "
        "car) are; if they are splits, open with split='folder_1'."
    ]
    found, layout = read("bus", "car", "train", split="folder_1")
    assert found == {"bus": ("bus", None), "car": ("car", None), "train": (None, "train")}
    assert layout.notes == ["Folders at folder_1 that name no split, so without one: bus, car."]


def test_splits_beside_folders_that_may_be_classes_are_told_and_can_be_made_classes():
    found, layout = read("train", "test", "bus", "car")
    assert found == {
        "train": (None, "train"), "test": (None, "test"), "bus": (None, None), "car": (None, None)
    }  # fmt: skip
    assert layout.notes == [
        "Folders test, train are taken as splits, not as classes like those beside them (bus, "
        "car); if they are classes, open with label='folder_1'.",
        "Beside the split folders (test, train), so without a split: bus, car.",
    ]
    found, layout = read("train", "test", "bus", "car", label="folder_1")
    assert found == {name: (name, None) for name in ("train", "test", "bus", "car")}
    assert layout.notes == []


def test_one_split_beside_one_flat_folder_is_told_with_both_readings():
    found, layout = read("train/cat", "train/dog", "misc")
    assert found == {
        "misc": (None, None), "train/cat": ("cat", "train"), "train/dog": ("dog", "train")
    }  # fmt: skip
    assert layout.notes[0].startswith("Folders train are taken as splits, not as classes")
    found, layout = read("train/cat", "train/dog", "misc", "odd")
    assert {split for _, split in found.values()} == {None}
    assert "are taken as classes" in layout.notes[0]


@pytest.mark.parametrize("aside", ["pred", "extra", "unlabeled", "unknown", "seg_pred"])
def test_folders_that_are_beside_splits_by_their_name_need_no_doubt(aside):
    folders = ["seg_train", "seg_test"] if aside == "seg_pred" else ["train", "test"]
    found, layout = read(*folders, aside)
    assert found[aside] == (None, None)
    assert layout.notes == [
        f"Beside the split folders ({', '.join(sorted(folders))}), so without a split: {aside}."
    ]


def test_a_lone_split_below_the_first_level_is_no_split():
    folders = ("land/train", "land/bus", "sea/boat", "sea/ship")
    assert read(*folders)[0] == {f: (f, None) for f in folders}


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


def test_a_child_of_its_parents_name_is_the_parent_only_where_nothing_tells_them_apart():
    assert read("cat", "cat/cat", "dog")[0]["cat/cat"] == ("cat", None)
    found, _ = read("train/bus", "train/train", "test/bus", "test/train")
    assert found["train/train"] == ("train", "train")


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
    ("asked", "message"),
    [
        ({"label": "folder_3"}, r"label='folder_3': there is no such level .* folder_1, folder_2"),
        ({"split": "folder_0"}, "split='folder_0': there is no such level"),
        ({"group": "folders"}, "group='folders': there is no such level"),
    ],
)
def test_a_level_that_is_not_there_is_told_with_those_that_are(asked, message):
    with pytest.raises(DatasetError, match=message):
        read("a/b", "a/c", **asked)
