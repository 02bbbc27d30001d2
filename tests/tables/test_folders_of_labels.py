"""Tables that name files as 1.jpg, where the folder of each class has one of that name."""

import pytest

from helpers.datasets import DatasetError, open_dataset


@pytest.fixture
def lay(tree):
    """Empty images by name, and tables by name with the text given."""

    def make(images, **tables):
        root = tree(*images)
        for name, text in tables.items():
            (root / f"{name}.csv").write_text(text)
        return root

    return make


def labels(dataset):
    return dataset.images["label"].to_dict()


ALL = ["cat/1.jpg", "cat/2.jpg", "dog/1.jpg", "dog/2.jpg"]


@pytest.mark.parametrize("form", ["{}.jpg", "{}", "photos/{}.jpg", "https://x.org/a/{}.jpg?w=9"])
@pytest.mark.parametrize("words", [("cat", "dog"), ("Cat", " DOG")])
def test_the_file_in_the_folder_of_the_rows_label_is_meant(lay, form, words):
    rows = [f"{form.format(number)},{word}" for word in words for number in (2, 1)]
    dataset = open_dataset(lay(ALL, labels="\n".join(["file,class", *rows])))
    assert labels(dataset) == {one: words[one.startswith("dog")].strip() for one in ALL}
    assert any(
        note.startswith("4 rows of 'labels.csv' name a file that is in several folders; the one")
        for note in dataset.notes
    )
    assert not any("without" in note for note in dataset.notes)


def test_one_row_is_told_in_the_singular_beside_names_that_are_alone(lay):
    root = lay([*ALL, "dog/3.jpg"], labels="file,class\n3.jpg,dog\n2.jpg,cat\n")
    dataset = open_dataset(root)
    assert labels(dataset) == {"cat/2.jpg": "cat", "dog/3.jpg": "dog"}
    assert dataset.notes[0] == (
        "1 row of 'labels.csv' names a file that is in several folders; the one in the folder of "
        "the row's label was taken: 2.jpg."
    )


def test_splits_and_classes_decide_together(lay):
    images = [f"{split}/{one}" for split in ("train", "test") for one in ALL]
    text = "file,class\n1.jpg,dog\n2.jpg,cat\n"
    dataset = open_dataset(lay(images, train=text, test=text))
    assert dataset.images[["label", "split"]].T.to_dict("list") == {
        f"{split}/{one}": [one[:3], split]
        for split in ("test", "train")
        for one in ("cat/2.jpg", "dog/1.jpg")
    }


@pytest.mark.parametrize(
    ("images", "row"),
    [
        (["a/cat/1.jpg", "b/cat/1.jpg", "dog/3.jpg"], "1.jpg,cat"),  # two folders of one class
        (["cat/1.jpg", "dog/1.jpg", "dog/3.jpg"], "1.jpg,cow"),  # neither folder's
        (["cat/1.jpg", "dog/1.jpg", "dog/3.jpg"], "1.jpg,"),
        (["+/1.jpg", "-/1.jpg", "dog/3.jpg"], "1.jpg,?"),  # signs alone are no name
        (["cat.d/1.jpg", "Cat d/1.jpg", "dog/3.jpg"], "1.jpg,catd"),  # two that are alike
    ],
)
def test_what_folders_do_not_tell_is_not_guessed(lay, images, row):
    dataset = open_dataset(lay(images, labels=f"file,class\n3.jpg,dog\n{row}\n"))
    assert labels(dataset) == {"dog/3.jpg": "dog"}
    assert "1 row of 'labels.csv' without exactly one image file: 1.jpg." in dataset.notes


@pytest.mark.parametrize(
    ("word", "own"), [("+", "+/1.jpg"), ("c++", "c++/1.jpg"), ("C", "c/1.jpg")]
)
def test_a_folder_called_exactly_so_is_meant(lay, word, own):
    images = ["+/1.jpg", "-/1.jpg", "c++/1.jpg", "c/1.jpg", "dog/3.jpg"]
    dataset = open_dataset(lay(images, labels=f"file,class\n3.jpg,dog\n1.jpg,{word}\n"))
    assert labels(dataset) == {own: word, "dog/3.jpg": "dog"}


def test_a_column_asked_for_may_name_files_that_only_folders_tell_apart(lay):
    root = lay(ALL, labels="what,class\n1.jpg,cat\n2.jpg,dog\n")
    assert labels(open_dataset(root, files="what")) == {"cat/1.jpg": "cat", "dog/2.jpg": "dog"}
    none = lay(ALL, labels="what,class\n1.jpg,cow\n2.jpg,hen\n")
    with pytest.raises(DatasetError, match="no column whose cells name an image file each"):
        open_dataset(none / "labels.csv")


def test_images_that_a_table_leaves_out_stay_by_the_remedy_that_is_printed(lay):
    images = [f"{split}/{one}" for split in ("train", "valid") for one in ALL]
    dataset = open_dataset(lay(images, train="file,class\n1.jpg,dog\n2.jpg,cat\n"))
    assert len(dataset) == 2
    left = next(note for note in dataset.notes if "left out" in note)
    assert left.startswith("6 images without a row in 'train.csv', left out: train/cat/1.jpg, ")
    assert left.endswith("; with label='folder_2' their folders' labels count, and they stay.")
    kept = open_dataset(dataset.root, label="folder_2")
    assert labels(kept) == {one: one.split("/")[1] for one in images}


def test_without_a_class_in_each_folder_no_remedy_is_printed(lay):
    for images in (["a.jpg", "cat/1.jpg", "dog/1.jpg"], ["cat/1.jpg", "cat/2.jpg"]):
        dataset = open_dataset(lay(images, labels="file,class\ncat/1.jpg,x\n"))
        left = next(note for note in dataset.notes if "left out" in note)
        assert "label=" not in left
