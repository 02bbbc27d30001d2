"""Two datasets as one: names, things and files of both, and what cannot be joined."""

from dataclasses import replace
from pathlib import Path

import pytest

from helpers.datasets import DatasetError
from helpers.drift.joining import join_datasets
from tests.drift.sides import side


def test_images_of_both_have_their_path_below_the_folder_that_holds_both():
    first = side(["ash", "elm"], "a", root="/photos/old")
    second = side(["fir"], "b", root="/photos/new/more")
    joined = join_datasets(first, second)
    assert (joined.name, joined.root) == ("a and b", Path("/photos"))
    ids = ["new/more/b/000.jpg", "old/a/000.jpg", "old/a/001.jpg"]
    assert joined.images.index.tolist() == ids and joined.images.index.name == "image_id"
    assert [*joined.images] == ["label", "split", "side", "id", "thing"]
    assert joined.images["label"].tolist() == ["fir", "ash", "elm"]
    assert joined.images["split"].isna().all()
    assert joined.images["side"].tolist() == ["second", "first", "first"]
    assert joined.images["id"].tolist() == ["b/000.jpg", "a/000.jpg", "a/001.jpg"]
    # Without a column each image is a thing of its own, under its new name.
    assert (joined.group, joined.images["thing"].tolist()) == ("thing", ids)


def test_things_of_both_are_the_same_where_column_and_value_are():
    first, second = side(["ash"] * 3, "a", [1, 1, 2]), side(["ash"] * 2, "b", [2, 3])
    joined = join_datasets(first, second)
    things = joined.images["thing"]
    assert things["a/a/000.jpg"] == things["a/a/001.jpg"] != things["a/a/002.jpg"]
    assert things["a/a/002.jpg"] == things["b/b/000.jpg"] != things["b/b/001.jpg"]
    other = second.with_images(second.images.rename(columns={"thing": "leaf"}))
    other = replace(other, group="leaf")
    things = join_datasets(first, other).images["thing"]
    assert things["a/a/002.jpg"] != things["b/b/000.jpg"]


def test_files_that_are_called_otherwise_on_disk_are_found():
    first = replace(side(["ash", "elm"], "a"), files={"a/001.jpg": "odd/name.jpg"})
    joined = join_datasets(first, side(["fir"], "b"))
    assert joined.files == {"a/a/001.jpg": "a/odd/name.jpg"}


def test_what_was_read_is_told_by_table_or_folder():
    first, second = side(["ash"], "a"), replace(side(["fir"], "b"), source="labels.csv, label")
    assert join_datasets(first, second).source == "/nowhere/a\0labels.csv, label"
    assert join_datasets(second, first).source == "labels.csv, label\0/nowhere/a"


def test_images_of_both_are_refused_and_the_first_named_as_it_is_called_there():
    whole = side(["ash", "elm", "fir"], "x", root="/photos")
    part = side(["elm", "fir"], "y", root="/photos/x")
    part = part.with_images(part.images.set_axis(["001.jpg", "002.jpg"]).rename_axis("image_id"))
    with pytest.raises(DatasetError, match="^2 images of 'y' are images of 'x' .* as 'x/001.jpg':"):
        join_datasets(whole, part)


def test_two_drives_hold_nothing_in_common(monkeypatch):
    def fail(paths):
        raise ValueError("Paths don't have the same drive")

    monkeypatch.setattr("os.path.commonpath", fail)
    with pytest.raises(DatasetError, match="'/nowhere/a' and '/nowhere/b' lie on two drives"):
        join_datasets(side(["ash"], "a"), side(["fir"], "b"))
