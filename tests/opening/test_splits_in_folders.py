"""Which folders are splits, in layouts of real archives."""

import pytest

from tests.opening.layouts import CD, both, product, read, usual

SPLITS = {
    "prefixed by the project": both("asl_alphabet_{s}/{c}"),
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
    "class and split in one name": both("{c}_{s}"),
    "CycleGAN": {
        "trainA": ("A", "train"), "trainB": ("B", "train"),
        "testA": ("A", "test"), "testB": ("B", "test"),
    },
    "split below the class": both("{c}/{s}"),
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
    "masks of the training images": {
        "train": (None, "train"), "test": (None, "test"), "train_masks": (None, None),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", SPLITS)
def test_splits_are_read(name):
    assert read(*SPLITS[name])[0] == SPLITS[name]


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


def test_several_splits_count_at_any_depth_and_one_only_where_folders_first_differ():
    below = product("{d}/{s}/{c}", d=("web", "own"), s=("train",), c=CD)
    assert read(*below)[0] == {f: (f[-3:], None) for f in below}
    beside = ["land/train/red", "land/bus/red", "sea/train/red", "sea/boat/red"]
    found, layout = read(*beside)
    assert {split for _, split in found.values()} == {None} and layout.notes == []
    assert read("set/train/cat", "set/train/dog")[0]["set/train/cat"] == ("cat", "train")
    assert read("", "set/train/cat", "set/train/dog")[0]["set/train/cat"] == ("cat", None)


def test_names_that_differ_by_the_split_alone_make_one_class_and_others_several():
    found, _ = read("cat_train", "cat_test")
    assert found == {"cat_train": (None, "train"), "cat_test": (None, "test")}
    found, _ = read("Cat_train", "cat_test", "dog_train", "dog_test")
    assert [label for label, _ in found.values()] == ["Cat", "cat", "dog", "dog"]


def test_images_above_the_split_folders_have_neither_split_nor_class():
    found, layout = read("", "train/cat", "train/dog", "test/cat")
    assert found[""] == (None, None) and found["train/dog"] == ("dog", "train")
    assert layout.notes == []
    found, _ = read("set", "set/train/cat", "set/train/dog", "set/test/cat")
    assert found["set/test/cat"] == ("cat", "test") and found["set"][1] is None
