import shutil

import pytest

from helpers.datasets import open_dataset
from helpers.opening.copies import leave_out_copies


@pytest.fixture
def archive(tmp_path, picture):
    """train/ and test/ with two classes of two pictures each, no two alike."""
    root = tmp_path / "photos"
    for i, split in enumerate(("train", "test")):
        for j, label in enumerate(("cat", "dog")):
            for k in (1, 2):
                picture(root / split / label / f"{k}.png", level=40 * i + 20 * j + k)
    return root


def told(root):
    dataset = open_dataset(root)
    rows = dataset.images[["label", "split"]].to_numpy().tolist()
    notes = [note for note in dataset.notes if "second time" in note]
    return dict(zip(dataset.images.index, rows, strict=True)), notes


def test_a_copy_of_a_split_inside_itself_is_left_out_and_told(archive):
    before, _ = told(archive)
    shutil.copytree(archive / "train", archive / "again")
    shutil.move(archive / "again", archive / "train" / "train")
    after, notes = told(archive)
    assert after == before and len(before) == 8
    assert notes == [
        "4 images in 'train/train' lie a second time there, with the names, sizes and bytes of "
        "those beside it; they were left out."
    ]


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_flat_folder_that_lies_inside_itself_however_often_counts_once(tmp_path, picture, times):
    for label in ("cat", "dog"):
        for i in (1, 2):
            for depth in range(times + 1):
                picture(tmp_path / "photos" / label / "/".join([label] * depth) / f"{i}.png", i)
    after, notes = told(tmp_path / "photos")
    assert [*after] == ["cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"]
    assert [note.split(" lie ")[0] for note in notes] == [
        f"{2 * times} images in 'cat/cat'", f"{2 * times} images in 'dog/dog'"
    ]  # fmt: skip


@pytest.mark.parametrize(("files", "compared"), [(99, 99), (100, 100), (200, 100), (300, 100)])
def test_the_bytes_of_a_hundred_files_spread_over_all_are_compared(
    tree, monkeypatch, files, compared
):
    names = [f"a/{number:03d}.jpg" for number in range(files)]
    paths, seen = [*names, *(f"a/{name}" for name in names)], []
    monkeypatch.setattr("helpers.opening.copies._same_bytes", lambda *two: seen.append(two) or True)
    left, _ = leave_out_copies(tree(*paths), paths)
    assert left == names
    assert [one.name for one, _ in seen] == [f"{files // compared * i:03d}.jpg"
                                             for i in range(compared)]  # fmt: skip
    assert all(one.parent.parent == other.parent and one.name == other.name for one, other in seen)


@pytest.mark.parametrize("name", ["photos", "DATA", "chest_xray"])
def test_the_whole_tree_a_second_time_inside_is_left_out_whatever_it_is_called(archive, name):
    before, _ = told(archive)
    shutil.copytree(archive, archive.parent / "copy")
    shutil.move(archive.parent / "copy", archive / name)
    after, notes = told(archive)
    assert after == before
    assert notes[0].startswith(f"8 images in '{name}' lie a second time there")


def test_a_tree_within_that_differs_in_one_byte_stays(archive, picture):
    shutil.copytree(archive / "train", archive / "again")
    shutil.move(archive / "again", archive / "train" / "train")
    path = archive / "train" / "train" / "dog" / "2.png"
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    after, notes = told(archive)
    assert (len(after), notes) == (12, [])
    assert after["train/train/dog/2.png"] == ["dog", "train"]


def test_a_tree_within_that_differs_in_size_or_has_more_stays(archive, picture):
    shutil.copytree(archive / "train", archive / "again")
    shutil.move(archive / "again", archive / "train" / "train")
    picture(archive / "train" / "train" / "dog" / "3.png", level=9)
    after, notes = told(archive)
    assert (len(after), notes) == (13, [])
    (archive / "train" / "train" / "dog" / "3.png").unlink()
    with open(archive / "train" / "train" / "cat" / "1.png", "ab") as file:
        file.write(b"more")
    after, notes = told(archive)
    assert (len(after), notes) == (12, [])


def test_test_images_that_are_copies_of_training_images_are_not_left_out(tmp_path, picture):
    for label in ("cat", "dog"):
        for i in (1, 2):
            picture(tmp_path / "photos" / label / f"{i}.png", level=i)
    shutil.copytree(tmp_path / "photos", tmp_path / "copy")
    shutil.move(tmp_path / "copy", tmp_path / "photos" / "test")
    after, notes = told(tmp_path / "photos")
    assert (len(after), notes) == (8, [])
    assert after["test/cat/1.png"] == ["cat", "test"]


def test_smaller_versions_in_a_folder_of_the_same_name_stay(tmp_path, picture):
    picture(tmp_path / "photos" / "cat" / "1.png", level=1)
    picture(tmp_path / "photos" / "cat" / "cat" / "1.png", level=1, compress_level=0)
    picture(tmp_path / "photos" / "dog" / "2.png", level=1)
    after, notes = told(tmp_path / "photos")
    assert notes == []
    assert [label for label, _ in after.values()] == ["cat", "cat", "dog"]
