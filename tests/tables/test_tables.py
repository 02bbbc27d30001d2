import re

import pandas as pd
import pytest

from helpers.datasets import DatasetError, open_dataset


@pytest.fixture
def csv(tree):
    """Empty image files and a table beside them."""

    def make(text, *names, called="labels.csv", encoding="utf-8"):
        root = tree(*names)
        (root / called).parent.mkdir(exist_ok=True)
        (root / called).write_bytes(text.encode(encoding))
        return root

    return make


def column(dataset, name="label"):
    return {i: None if pd.isna(v) else v for i, v in dataset.images[name].items()}


@pytest.mark.parametrize(
    "header",
    [
        "path,label",
        "Filename,class",
        "image,Category",
        "image_id,dx",
        "Dateiname,Kategorie",
        "Datei,Klasse",
        "fichier,classe",
    ],
)
def test_usual_column_names_are_known(csv, header):
    dataset = open_dataset(csv(f"{header}\n1.jpg,cat\n2.jpg,dog\n", "1.jpg", "2.jpg"))
    assert column(dataset) == {"1.jpg": "cat", "2.jpg": "dog"}
    assert dataset.metadata == []


def test_the_path_column_is_found_by_what_it_holds_when_its_name_says_nothing(csv):
    dataset = open_dataset(csv("Foto,label\n1.jpg,cat\n2.jpg,dog\n", "1.jpg", "2.jpg"))
    assert column(dataset) == {"1.jpg": "cat", "2.jpg": "dog"}


def test_class_names_win_over_class_numbers(csv):
    dataset = open_dataset(
        csv("file,label,class_name\n1.jpg,0,cat\n2.jpg,1,dog\n", "1.jpg", "2.jpg")
    )
    assert dataset.classes == ["cat", "dog"]
    assert dataset.metadata == ["label_in_table"]
    taken = "Column 'class_name' was taken as the label, not 'label'; name another with label='…'."
    kept = "Kept under another name, as ours mean something else: 'label' as 'label_in_table'."
    assert dataset.notes == (taken, kept)
    assert open_dataset(dataset.root, label="label").notes == ()


def test_columns_named_on_opening_are_taken_as_text(csv):
    text = "file,label, Kategorie X ,round\n1.jpg,a,007,Training\n2.jpg,b,NA,odd\n"
    root = csv(text, "1.jpg", "2.jpg")
    for source in (root, root / "labels.csv"):
        dataset = open_dataset(source, label="Kategorie X", split="round")
        assert column(dataset) == {"1.jpg": "007", "2.jpg": "NA"}
        assert column(dataset, "split") == {"1.jpg": "train", "2.jpg": None}
        assert dataset.metadata == ["label_in_table"]
        assert dataset.notes == (
            "Column 'round' has words that name no split: odd.",
            "Kept under another name, as ours mean something else: 'label' as 'label_in_table'.",
            "'NA' may mean that no label is known, yet counts as a class here; leave such cells "
            "empty where it does.",
        )


@pytest.mark.parametrize("option", ["label", "split"])
def test_a_column_named_on_opening_that_is_not_there_is_told_with_those_that_are(csv, option):
    root = csv("file,Kategorie\n1.jpg,a\n2.jpg,b\n", "1.jpg", "2.jpg")
    for source in (root, root / "labels.csv"):
        with pytest.raises(DatasetError) as caught:
            open_dataset(source, **{option: "kategory"})
        there = "'labels.csv' has no column 'kategory' (columns: file, Kategorie)"
        assert str(caught.value).startswith(f"{there} (did you mean 'Kategorie'?)")


def test_a_column_named_on_opening_chooses_among_tables(csv):
    root = csv("file,art\n1.jpg,oak\n2.jpg,elm\n", "1.jpg", "2.jpg")
    (root / "more.csv").write_text("file,label\n1.jpg,x\n2.jpg,y\n")
    dataset = open_dataset(root, label="art")
    assert dataset.classes == ["elm", "oak"]
    assert "'more.csv' has no column 'art'" in dataset.notes[0]


def test_a_folder_without_a_table_has_no_column_to_name(tree):
    with pytest.raises(DatasetError, match="^label='art': .* has no table"):
        open_dataset(tree("cat/1.jpg", "dog/2.jpg"), label="art")
    with pytest.raises(
        DatasetError, match="^split: only a folder with a table takes these, not 'digits'"
    ):
        open_dataset("digits", split="round")


def test_a_table_without_a_label_column_says_which_columns_it_has(csv):
    dataset = open_dataset(csv("file,Art,n\n1.jpg,oak,1\n2.jpg,elm,2\n", "1.jpg", "2.jpg"))
    assert not dataset.labelled
    assert dataset.notes == (
        "No column of 'labels.csv' was taken as the label (columns: Art, n), so that labels are "
        "those of folders or names, if any; label='…' names a column.",
    )


def test_labels_that_look_the_same_are_noted(csv):
    rows = "".join(f"{i}.jpg,{name}\n" for i, name in enumerate(["Oak", "oak", "chêne", "chene"]))
    dataset = open_dataset(csv(f"file,label\n{rows}", *(f"{i}.jpg" for i in range(4))))
    assert len(dataset.classes) == 4
    assert dataset.notes == (
        "Labels that differ only in capitals, accents or spaces count as different classes: "
        "'chene', 'chêne', 'Oak', 'oak'.",
    )


def test_class_folders_that_only_spaces_tell_apart_are_one_class_and_noted(tree):
    dataset = open_dataset(tree("oak/1.jpg", "oak /2.jpg", "red  oak/3.jpg", "elm/4.jpg"))
    assert column(dataset) == {
        "oak/1.jpg": "oak",
        "oak /2.jpg": "oak",
        "red  oak/3.jpg": "red oak",
        "elm/4.jpg": "elm",
    }
    assert dataset.notes == (
        "Spaces that cannot be seen were taken out of the labels 'oak ', 'red  oak'; those alike "
        "without them count as one class.",
    )
    assert dataset.path("oak /2.jpg").exists()


@pytest.mark.parametrize(
    "name", ["person", "Customer ID", "user_id", "camera", "video", "sequence"]
)
def test_more_words_for_one_thing_are_recognised(csv, name):
    text = f"file,label,{name}\n1.jpg,cat,a\n2.jpg,dog,a\n"
    assert open_dataset(csv(text, "1.jpg", "2.jpg")).group == name


@pytest.mark.parametrize(
    "written",
    [
        "images/a 1.jpg",
        "./images/a 1.jpg",
        "images\\a 1.jpg",
        "a 1.jpg",
        "a 1",
        "A 1.JPG",
        "/home/someone/photos/images/a 1.jpg",
        "photos/images/a 1.jpg",
    ],
)
def test_file_names_are_found_however_they_are_written(csv, written):
    root = csv(f"path,label\n{written},cat\nb.jpg,dog\n", "images/a 1.jpg", "images/b.jpg")
    dataset = open_dataset(root)
    assert column(dataset) == {"images/a 1.jpg": "cat", "images/b.jpg": "dog"}
    assert dataset.notes == ()


def test_a_path_that_leads_out_of_the_root_is_never_used(csv, tmp_path):
    (tmp_path / "secret.jpg").touch()
    root = csv("path,label\n../secret.jpg,cat\n1.jpg,dog\n", "1.jpg")
    dataset = open_dataset(root)
    assert list(dataset.images.index) == ["1.jpg"]
    assert "1 row of 'labels.csv' without exactly one image file: ../secret.jpg." in dataset.notes


def test_a_name_that_fits_two_files_is_not_guessed(csv):
    root = csv("file,label\n1.jpg,cat\n2.jpg,dog\n", "a/1.jpg", "b/1.jpg", "a/2.jpg")
    dataset = open_dataset(root)
    assert column(dataset) == {"a/2.jpg": "dog"}
    assert "1 row of 'labels.csv' without exactly one image file: 1.jpg." in dataset.notes


def test_leading_zeros_and_words_that_look_missing_stay(csv):
    root = csv("image_id,label\n007,NA\n8,None\n9,1\n", "007.png", "8.png", "9.png")
    assert column(open_dataset(root)) == {"007.png": "NA", "8.png": "None", "9.png": "1"}


@pytest.mark.parametrize(
    ("header", "values", "splits"),
    [
        ("split", ["Training", "VAL", "test_set"], ["train", "valid", "test"]),
        ("subset", ["train", "dev", "Testing"], ["train", "valid", "test"]),
        ("is_valid", ["False", "True", "False"], ["train", "valid", "train"]),
        ("isValid", ["0", "1", "0"], ["train", "valid", "train"]),
    ],
)
def test_split_columns_are_read(csv, header, values, splits):
    rows = "".join(f"{i}.jpg,{'cat' if i else 'dog'},{v}\n" for i, v in enumerate(values))
    dataset = open_dataset(csv(f"file,label,{header}\n{rows}", "0.jpg", "1.jpg", "2.jpg"))
    assert list(column(dataset, "split").values()) == splits
    assert dataset.metadata == []


def test_words_that_name_no_split_are_noted(csv):
    text = "file,label,split\n1.jpg,cat,train\n2.jpg,dog,spare\n3.jpg,dog,\n"
    dataset = open_dataset(csv(text, "1.jpg", "2.jpg", "3.jpg"))
    assert list(column(dataset, "split").values()) == ["train", None, None]
    assert dataset.notes == ("Column 'split' has words that name no split: spare.",)


def test_an_empty_split_column_says_nothing(csv):
    dataset = open_dataset(csv("file,label,split\n1.jpg,cat,\n2.jpg,dog,\n", "1.jpg", "2.jpg"))
    assert dataset.images["split"].isna().all()
    assert (dataset.metadata, dataset.notes) == ([], ())


def test_a_numbered_fold_is_metadata_not_a_split(csv):
    dataset = open_dataset(csv("file,label,fold\n1.jpg,cat,0\n2.jpg,dog,1\n", "1.jpg", "2.jpg"))
    assert dataset.metadata == ["fold"]
    assert dataset.images["split"].isna().all()


def test_metadata_keep_their_types_and_a_group_is_recognised(csv):
    text = "file,label,age,Patient_ID,sex,fat,n\n1.jpg,cat,3,p1,f,True,1\n2.jpg,dog,,p1,,False,2\n"
    dataset = open_dataset(csv(text, "1.jpg", "2.jpg"))
    assert dataset.metadata == ["age", "Patient_ID", "sex", "fat", "n"]
    kinds = {"age": "float64", "Patient_ID": "str", "sex": "str", "fat": "bool", "n": "int64"}
    assert dataset.images.dtypes[2:].astype(str).to_dict() == kinds
    assert column(dataset, "sex") == {"1.jpg": "f", "2.jpg": None}
    assert dataset.group == "Patient_ID"
    assert dataset.notes == (
        "Column 'Patient_ID' is taken to say which images show the same thing.",
    )
    assert list(dataset.groups) == ["Patient_ID p1"] * 2
    assert open_dataset(dataset.root, group="sex").group == "sex"
    with pytest.raises(
        DatasetError, match="no metadata column 'owner'; it has: age, Patient_ID, sex, fat, n"
    ):
        open_dataset(dataset.root, group="owner")


def test_a_table_without_labels_adds_to_class_folders(csv):
    root = csv("file,site\n1.jpg,park\n", "cat/1.jpg", "dog/2.jpg")
    dataset = open_dataset(root)
    assert column(dataset) == {"cat/1.jpg": "cat", "dog/2.jpg": "dog"}
    assert column(dataset, "site") == {"cat/1.jpg": "park", "dog/2.jpg": None}
    assert "1 image without a row in 'labels.csv', kept without its columns" in dataset.notes[1]


def test_labels_of_a_table_win_over_folders_and_the_difference_is_noted(csv):
    root = csv("file,label\ncat/1.jpg,lynx\ndog/2.jpg,dog\n", "cat/1.jpg", "dog/2.jpg")
    dataset = open_dataset(root)
    assert dataset.classes == ["dog", "lynx"]
    assert "they differ for 1 of 2 images" in dataset.notes[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_encodings_and_separators(csv, encoding):
    root = csv("file;label\n1.jpg;chêne\n2.jpg; érable \n", "1.jpg", "2.jpg", encoding=encoding)
    assert column(open_dataset(root)) == {"1.jpg": "chêne", "2.jpg": "érable"}


def test_parquet_is_read_with_its_index(tree):
    root = tree("a/1.jpg", "a/2.jpg")
    index = pd.Index(["a/1.jpg", "a/2.jpg"], name="image_id")
    table = pd.DataFrame({"label": [3, 4], "site": ["x", "y"]}, index=index)
    table.to_parquet(root / "images.parquet")
    dataset = open_dataset(root / "images.parquet")
    assert column(dataset) == {"a/1.jpg": "3", "a/2.jpg": "4"}
    assert dataset.metadata == ["site"]


def test_odd_rows_are_noted_with_names_and_counts(csv):
    text = "file,label\n1.jpg,cat\n1.jpg,dog\n2.jpg,\n3.jpg,dog\n" + "".join(
        f"gone{i}.jpg,cat\n" for i in range(5)
    )
    dataset = open_dataset(csv(text, "1.jpg", "2.jpg", "3.jpg", "extra.jpg"))
    assert column(dataset) == {"1.jpg": "cat", "2.jpg": None, "3.jpg": "dog"}
    assert dataset.notes == (
        "5 rows of 'labels.csv' without exactly one image file: gone0.jpg, gone1.jpg, gone2.jpg "
        "and 2 more.",
        "'labels.csv' names 1 image more than once, 1 of them with different labels; the first "
        "row counts: 1.jpg.",
        "1 image without a row in 'labels.csv', left out: extra.jpg.",
        "1 image without a label: 2.jpg.",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a,b\n1,2\n",
            "no column whose cells name an image file each .columns: a, b; first row: 1, 2.; exp",
        ),
        (
            "file,label\nx.jpg,cat\n",
            "no column whose cells name an image file each .columns: file, label; first row: x.jpg",
        ),
        ("1.jpg,cat\n2.jpg,dog\n", "no header, its first line is already a row .1.jpg, cat."),
        ("file,label\n", "has no rows"),
        ("file,label\n1.jpg,cat,3,4\n", "is no table we can read"),
        ("", "is no table we can read"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(csv, text, message):
    root = csv(text, "1.jpg", "2.jpg")
    with pytest.raises(DatasetError, match=message):
        open_dataset(root / "labels.csv")
    beside = open_dataset(root)
    assert not beside.labelled
    assert re.search(message, beside.notes[0]) and beside.notes[0].endswith("it was ignored.")


def test_a_stray_table_beside_class_folders_is_only_a_note(csv):
    dataset = open_dataset(csv("epoch,loss\n1,0.5\n", "cat/1.jpg", "dog/2.jpg", called="log.csv"))
    assert dataset.classes == ["cat", "dog"]
    assert dataset.notes[0].endswith("it was ignored.")


def test_two_tables_that_both_name_labels_ask_which(csv):
    root = csv("file,label\n1.jpg,cat\n", "1.jpg", called="a.csv")
    (root / "b.csv").write_text("file,label\n1.jpg,dog\n")
    with pytest.raises(DatasetError, match=r"2 tables .*open_dataset\('.*/photos/a.csv'\)"):
        open_dataset(root)
    assert open_dataset(root / "b.csv").classes == ["dog"]


@pytest.mark.parametrize("place", ["photos", "."])
def test_bytes_in_a_parquet_table_are_no_reason_to_stop(tree, place):
    root = tree("a.jpg", "b.jpg")
    table = pd.DataFrame({"thumbnail": [b"\x83\xff", b"cat"], "label": [b"cat", b"dog"]})
    table.index = pd.Index(["a.jpg", "b.jpg"], name="image_id")
    table.to_parquet(root.parent / place / "scan.parquet")
    dataset = open_dataset(root)
    if place == "photos":
        assert dataset.images["label"].to_dict() == {"a.jpg": "cat", "b.jpg": "dog"}
    else:
        assert dataset.images["label"].isna().all()
