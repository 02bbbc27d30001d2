"""Columns that tell the split without being called so."""

import re

import pandas as pd
import pytest

from helpers.datasets import open_dataset
from helpers.splits import split
from helpers.tables.reading import table_of
from helpers.tables.splits import columns_of_splits, split_in_name, splits_of_flags


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("is_train", "train"), ("isTrain", "train"), ("istest", "test"), ("val", "valid"),
        ("is_training_img", "train"), ("in_test", "test"), ("Training set", "train"),
        ("trains_well", None), ("is_contested", None), ("train_test", None), ("is", None),
        ("test_score", None), ("inside", None),
    ],
)  # fmt: skip
def test_a_split_in_the_name_of_a_column_of_marks(name, split):
    assert split_in_name(name) == split


def of_flags(without=(), **cells):
    columns, splits, notes = splits_of_flags(table_of("t", pd.DataFrame(cells)), without)
    return columns, [None if pd.isna(s) else s for s in splits], " ".join(notes)


def test_one_column_of_marks_for_each_split():
    found = of_flags(train=[1, 0, 0], val=[0, 1, 0], test=[0, 0, 1], x=[1, 0, 1])
    assert found == (
        ["train", "val", "test"], ["train", "valid", "test"],
        "The split is told by 'train', 'val', 'test'; another is named with split='…', and "
        "dataset.with_images(dataset.images.assign(split=None)) does without.",
    )  # fmt: skip


def test_of_many_columns_of_marks_four_are_named():
    names = ["train", "val", "test", "is_train", "is_test"]
    columns, splits, note = of_flags(
        **{name: [int(row == at) for row in range(5)] for at, name in enumerate(names)}
    )
    assert (columns, splits) == (names, ["train", "valid", "test", "train", "test"])
    assert note.startswith(
        "The split is told by 'train', 'val', 'test', 'is_train' and 1 more; another is named"
    )


def test_what_no_mark_says_is_taken_for_another_split_and_told():
    columns, splits, note = of_flags(is_train=["True", "False", "true"])
    assert (columns, splits) == (["is_train"], ["train", "test", "train"])
    assert "the 1 rows where none is set are taken as test (they may be valid as well)" in note
    for cells, expected in (
        ({"is_test": [0, 1]}, ["train", "test"]),
        ({"train": [1, 0, 0], "val": [0, 1, 0]}, ["train", "valid", "test"]),
    ):
        columns, splits, note = of_flags(**cells)
        assert (columns, splits) == ([*cells], expected)
        left = "train" if "is_test" in cells else "test"  # which cannot be valid as well
        assert f"the 1 rows where none is set are taken as {left}; another is named" in note
    assert of_flags(train=[1, 0, 0], test=[0, 0, 1])[1] == ["train", "valid", "test"]


@pytest.mark.parametrize(
    "cells",
    [
        {"train": [1, 1], "test": [0, 1]},  # both set in one row
        {"is_train": [0, 0]},
        {"is_train": [0.5, 1]},
        {"is_train": ["yes", None]},
        {"red": [1, 0]},
    ],
)
def test_marks_that_do_not_divide_say_nothing(cells):
    columns, splits, note = of_flags(**cells)
    assert (columns, splits, note) == ([], [None, None], "")


def test_a_column_that_means_something_else_is_not_taken():
    assert of_flags(without={"train"}, train=[1, 0])[0] == []


def test_columns_of_which_every_cell_is_a_split():
    cells = {
        "dataset": ["train", "test", "Test"], "x": ["train", "train", "train"],
        "y": ["train", "test", "other"], "z": ["train", "test", None], "n": [1, 2, 3],
        "few": ["train", None, None], "gone": ["train", "val", "test"],
    }  # fmt: skip
    assert columns_of_splits(table_of("t", pd.DataFrame(cells)), {"gone"}) == ["dataset", "z"]


@pytest.mark.parametrize(("rows", "taken"), [(4, True), (5, False)])
def test_a_column_of_splits_may_be_empty_for_half_of_the_rows_and_not_for_more(rows, taken):
    cells = ["train", "test"] + [None] * (rows - 2)
    assert bool(columns_of_splits(table_of("t", pd.DataFrame({"x": cells})), ())) is taken


@pytest.fixture
def opened(tree):
    def make(text, *names, **options):
        root = tree(*(names or ("0.jpg", "1.jpg", "2.jpg")))
        (root / "t.csv").write_text(text, encoding="utf-8")
        return open_dataset(root, **options)

    return make


def test_a_split_column_by_another_name_is_taken_and_told(opened):
    text = "image,dataset,label\n0.jpg,train,a\n1.jpg,train,b\n2.jpg,test,a\n"
    dataset = opened(text)
    assert dataset.images["split"].tolist() == ["train", "train", "test"]
    assert dataset.metadata == []
    assert "'dataset' was taken as the split, since each of its cells names one" in dataset.notes[0]


def test_a_column_called_split_wins_over_one_of_splits(opened):
    text = "image,mode,split,label\n0.jpg,train,test,a\n1.jpg,test,train,b\n2.jpg,test,train,a\n"
    dataset = opened(text)
    assert dataset.images["split"].tolist() == ["test", "train", "train"]
    assert dataset.metadata == ["mode"]


def test_classes_called_like_splits_stay_the_label(opened):
    dataset = opened("image,label\n0.jpg,train\n1.jpg,test\n2.jpg,train\n")
    assert dataset.images["label"].tolist() == ["train", "test", "train"]
    assert dataset.images["split"].isna().all()


def test_marks_of_the_split_are_not_the_label_of_images_in_class_folders(opened):
    names = ("a/0.jpg", "b/1.jpg", "a/2.jpg")
    text = "image,train,val,test\n0.jpg,1,0,0\n1.jpg,0,1,0\n2.jpg,0,0,1\n"
    dataset = opened(text, *names)
    assert dataset.images["label"].tolist() == ["a", "a", "b"]
    assert dataset.images["split"].tolist() == ["train", "test", "valid"]


def test_public_and_private_tests_are_tests(opened):
    text = "image,Usage,label\n0.jpg,Training,a\n1.jpg,PublicTest,b\n2.jpg,PrivateTest,a\n"
    assert opened(text).images["split"].tolist() == ["train", "test", "test"]


@pytest.mark.parametrize("header", ["image,label,is_test,site", "image,label,site,mode"])
def test_a_column_that_was_wrongly_taken_can_be_done_without_as_the_note_says(opened, header):
    rows = [f"{i}.jpg,{'ab'[i % 2]},{i // 8},{('train', 'test')[i % 2]}" for i in range(16)]
    dataset = opened("\n".join([header, *rows]), *(f"{i}.jpg" for i in range(16)))
    assert dataset.images["split"].eq("test").sum() == 8
    remedy = re.search(r"and (dataset\.with_images.+\)) does without", " ".join(dataset.notes))[1]
    without = eval(remedy, {"dataset": dataset})
    assert without.images["split"].isna().all()
    assert split(without, 0.25)["split"].value_counts().to_dict() == {"train": 12, "valid": 4}
    other = opened("\n".join([header, *rows]), *(f"{i}.jpg" for i in range(16)), split="site")
    assert other.images["split"].isna().sum() == (0 if "test" in header else 16)


@pytest.mark.parametrize(
    ("name", "others"), [("test", "train"), ("valid", "train"), ("Val", "train")]
)
def test_a_lone_column_that_may_mean_something_else_is_told_and_taken_when_asked(
    opened, name, others
):
    text = f"image,label,{name}\n0.jpg,a,0\n1.jpg,b,1\n2.jpg,a,0\n"
    dataset = opened(text)
    assert dataset.images["split"].isna().all() and dataset.metadata == [name]
    assert f"{name!r} may say the split or something else" in dataset.notes[0]
    asked = re.search(r"split='(\w+)' takes it", dataset.notes[0])[1]
    taken = open_dataset(dataset.root, split=asked)
    split_of_one = "test" if name == "test" else "valid"
    assert taken.images["split"].tolist() == [others, split_of_one, others]
    assert "the 2 rows where none is set are taken as train" in " ".join(taken.notes)


def test_a_lone_column_called_train_is_the_split(opened):
    dataset = opened("image,label,train\n0.jpg,a,0\n1.jpg,b,1\n2.jpg,a,0\n")
    assert dataset.images["split"].tolist() == ["test", "train", "test"]
