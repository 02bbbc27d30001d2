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
    ],
)
def test_a_level_that_is_not_there_is_told_with_those_that_are(asked, message):
    with pytest.raises(DatasetError, match=message):
        read("a/b", "a/c", **asked)
