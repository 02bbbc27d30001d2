"""Folders that repeat, wrap or name what is in them, as real archives have them."""

import pytest

from helpers.datasets import DatasetError
from tests.opening.layouts import both, read

REPEATED = {
    "repeated": both("{s}/{s}/{c}"),
    "repeated with _set": both("{s}_set/{s}_set/{c}", ("training", "test")),
    "repeated under another spelling": both("{s}/{s}_images/{c}"),
    "repeated flat": {"train/train": (None, "train"), "test1/test1": (None, "test")},
    "prefixed and repeated": both("asl_alphabet_{s}/asl_alphabet_{s}/{c}"),
    "prefixed, the test flat": {
        **both("asl_{s}/asl_{s}/{c}", ("train",)),
        "asl_test/asl_test": (None, "test"),
    },
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
    "split below the class, in a wrapper": both("data/{c}/{s}"),
    "unlabelled beside": {**both("{s}/{c}"), "unlabeled": (None, None)},
    "unlabelled with classes of its own": {**both("{s}/{c}"), "unlabeled/x": ("x", None)},
    "repeated with a space": both("{s}/{s} Set/{c}", ("Training", "Validation")),
    "only one repeated": {**both("{s}/{c}", ("train",)), **both("val/{s}/{c}", ("val",))},
    "a wrapper under two names": both("real_vs_fake/real-vs-fake/{s}/{c}"),
    "nested classes": {
        "train/animals/cat": ("animals/cat", "train"), "train/plants/oak": ("plants/oak", "train"),
        "test/plants/oak": ("plants/oak", "test"),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", REPEATED)
def test_folders_that_only_repeat_or_wrap_are_no_classes(name):
    assert read(*REPEATED[name])[0] == REPEATED[name]


def test_a_child_of_its_parents_name_is_the_parent_only_where_nothing_tells_them_apart():
    assert read("cat", "cat/cat", "dog")[0]["cat/cat"] == ("cat", None)
    found, _ = read("train/bus", "train/train", "test/bus", "test/train")
    assert found["train/train"] == ("train", "train")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"label": "folder_3"}, r"label='folder_3': there is no such level .* folder_1, folder_2"),
        ({"split": "folder_0"}, "split='folder_0': there is no such level"),
        ({"group": "folders"}, "group='folders': there is no such level"),
        ({"split": "folders"}, "split='folders': there is no such level"),
    ],
)
def test_a_level_that_is_not_there_is_told_with_those_that_are(asked, message):
    with pytest.raises(DatasetError, match=message):
        read("a/b", "a/c", **asked)


def test_of_many_levels_nine_are_named_and_of_none_that_images_lie_flat():
    with pytest.raises(DatasetError) as caught:
        read("/".join("abcdefghijk"), label="folder_99")
    names = ", ".join(f"folder_{number}" for number in range(1, 10))
    assert f"there are: {names} and 2 more" in str(caught.value)
    with pytest.raises(DatasetError, match="there are: none, they lie flat"):
        read("", label="folder_1")


SITES = [f"{site}/{split}/{name}" for site in ("oslo", "rome") for split in ("train", "test")
         for name in ("cat", "dog")]  # fmt: skip


@pytest.mark.parametrize(("level", "place"), [("folder_1", 0), ("folder_3", 2)])
def test_a_level_asked_for_is_the_label_and_no_column(level, place):
    found, layout = read(*SITES, label=level)
    assert found == {folder: (folder.split("/")[place], folder.split("/")[1]) for folder in SITES}
    assert level not in layout.columns and layout.label_notes == []
    assert read(*SITES, "", label=level)[0][""] == (None, None)


def test_all_levels_joined_are_the_label_where_that_is_asked():
    assert {f: label for f, (label, _) in read(*SITES, label="folders")[0].items()} == {
        folder: folder for folder in SITES
    }


def test_a_level_asked_for_as_the_label_is_no_split():
    found, _ = read("train/cat", "test/cat", "bus/dog", label="folder_1")
    assert found == {
        "train/cat": ("train", None),
        "test/cat": ("test", None),
        "bus/dog": ("bus", None),
    }


@pytest.mark.parametrize("level", ["folder_1", "folder_2", "folder_3"])
def test_a_level_asked_for_as_the_group_is_a_column(level):
    place = int(level[-1]) - 1
    names = {folder: folder.split("/")[place] for folder in SITES}
    assert read(*SITES, group=level)[1].columns[level] == names
    assert read(*SITES, "", group=level)[1].columns[level] == names


def test_a_level_asked_for_as_the_split_names_it_and_words_that_name_none_are_told():
    folders = ["oslo/train/cat", "oslo/mine/dog", "rome/test/cat", "rome/test/dog"]
    found, layout = read(*folders, split="folder_2")
    assert [split for _, split in found.values()] == [None, "train", "test", "test"]
    assert layout.notes == ["Folders at folder_2 that name no split, so without one: mine."]
    found, layout = read("train/cat", "test/dog", "", split="folder_1")
    assert found == {"": (None, None), "test/dog": ("dog", "test"), "train/cat": ("cat", "train")}
    assert layout.notes == []


def test_a_word_of_the_split_stays_in_a_label_where_only_some_carry_it():
    assert read("train/cat_train", "train/dog", "test/cat_test", "test/dog")[0] == {
        "train/cat_train": ("cat_train", "train"), "train/dog": ("dog", "train"),
        "test/cat_test": ("cat_test", "test"), "test/dog": ("dog", "test"),
    }  # fmt: skip
    three = both("{s}/{c}_{s}", ("train", "val", "test"))
    assert read(*three)[0] == three
