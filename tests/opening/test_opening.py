import unicodedata

import pandas as pd
import pytest

from helpers.datasets import DatasetError, open_dataset
from helpers.opening.downloads import DOWNLOADS


def refusal(source, **options):
    with pytest.raises(DatasetError) as caught:
        open_dataset(source, **options)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 500
    return message


def test_a_path_may_be_text_or_path_or_begin_with_a_tilde(tree, monkeypatch):
    root = tree("cat/1.jpg", "dog/2.jpg")
    monkeypatch.setenv("HOME", str(root.parent))
    for source in (root, str(root), f"{root}/", "~/photos"):
        assert open_dataset(source).root == root


def test_a_relative_path_becomes_absolute(tree, monkeypatch):
    root = tree("cat/1.jpg", "dog/2.jpg")
    monkeypatch.chdir(root)
    assert (open_dataset(".").root, open_dataset(".").name) == (root, "photos")


def test_the_environment_chooses_when_nothing_is_asked_for(tree, monkeypatch):
    monkeypatch.setenv("WORKBOOK_DATASET", str(tree("cat/1.jpg", "dog/2.jpg")))
    assert open_dataset().name == "photos"


def test_an_error_says_when_the_environment_chose(monkeypatch):
    monkeypatch.setenv("WORKBOOK_DATASET", "leafs")
    assert refusal(None).startswith("'leafs' (from WORKBOOK_DATASET): 'leafs' is neither")
    assert "WORKBOOK_DATASET" not in refusal("leafs")


def test_a_name_wins_over_a_folder_of_that_name(tree, monkeypatch):
    root = tree("digits/cat/1.jpg", "digits/dog/2.jpg")
    monkeypatch.chdir(root)
    assert len(open_dataset("digits")) == 1797
    assert open_dataset("./digits").classes == ["cat", "dog"]


def test_rows_are_sorted_and_ids_unique(tree):
    index = open_dataset(tree("b/2.jpg", "a/10.jpg", "a/9.jpg", "C/1.jpg")).images.index
    assert index.name == "image_id"
    assert index.is_unique and index.is_monotonic_increasing


def test_the_table_has_text_columns_even_when_all_is_missing(tree):
    images = open_dataset(tree("1.jpg", "2.jpg")).images
    assert images.dtypes.astype(str).to_dict() == {"label": "str", "split": "str"}


def test_missing_paths_say_where_the_path_ends_and_suggest(tree):
    root = tree("cat/1.jpg", "dog/2.jpg")
    assert "did you mean 'photos'?" in refusal(root.parent / "fotos")
    assert f"'{root}' is there, so check what follows it" in refusal(root / "x" / "y")
    assert "did you mean" not in refusal(root / "leafs")
    assert "web address" in refusal("https://example.org/pets.zip")


@pytest.mark.parametrize(
    ("name", "hint"), [("leafs", "leaves"), ("imagenete", "imagenette"), ("Digits", "digits")]
)
def test_unknown_names_list_the_known_and_suggest(name, hint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    message = refusal(name)
    assert f"did you mean '{hint}'?" in message
    assert "leaves, digits, imagenette, pets, clothing" in message


@pytest.mark.parametrize("source", ["", " ", 5, ["a"]])
def test_what_is_no_name_and_no_path_says_so(source):
    assert "is neither a name (leaves, digits, imagenette, pets, clothing) nor a path" in refusal(
        source
    )


def test_an_empty_folder_says_what_was_expected(tmp_path):
    (tmp_path / "photos" / "deep").mkdir(parents=True)
    message = refusal(tmp_path / "photos")
    assert "holds no images: it is empty; expected photos such as 'photos/CLASS/*.jpg'" in message


def test_a_folder_that_holds_only_a_table_is_not_called_empty(tree):
    root = tree("labels.csv")
    (root / "labels.csv").write_text("file,label\n1.jpg,cat\n")
    for source in (root, root / "labels.csv"):
        message = refusal(source)
        assert "no images: it has a table (labels.csv), but no file it lists; expected" in message


def test_a_folder_without_images_names_what_is_there(tree):
    message = refusal(tree("a.txt", "b.pdf", "sub/c.doc", "d.mov"))
    assert (
        "holds no images: 4 names ignored as neither image nor table by extension: a.txt" in message
    )


def test_a_folder_of_links_says_that_they_are_not_followed(tree, tmp_path):
    root = tree("photos/cat/1.jpg")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "cat").symlink_to(root)
    assert (
        "holds no images: 1 link to a folder, to nothing or out of this one, never followed: cat;"
        in refusal(tmp_path / "links")
    )


def test_a_single_image_or_another_file_points_to_its_folder(tree):
    root = tree("cat/1.jpg", "notes.txt", "all.zip")
    assert "is a single image; expected a folder" in refusal(root / "cat" / "1.jpg")
    assert f"open_dataset('{root}')" in refusal(root / "notes.txt")
    assert "unpack an archive first" in refusal(root / "all.zip")


def test_a_label_of_a_named_dataset_cannot_be_chosen_but_its_group_can():
    assert "label: only a folder with a table takes these" in refusal("digits", label="x")
    assert "no metadata column 'writer'" in refusal("digits", group="writer")


def test_a_download_has_the_labels_that_its_names_hold_else_those_of_its_folders(
    tree, monkeypatch, work
):
    root, asked = tree("Great_Dane_1.jpg", "pug_2.jpg"), []
    monkeypatch.setattr("helpers.opening.opening.fetch", lambda *call: asked.append(call) or root)
    assert open_dataset("pets").classes == ["Great Dane", "pug"]
    assert asked == [(DOWNLOADS["pets"], work / "data" / "pets", True)]
    clothing = open_dataset("clothing", progress=False)
    assert (clothing.name, clothing.labelled, asked[1][2]) == ("clothing", False, False)


def test_labels_of_a_table_make_notes_on_the_folders_labels_idle_and_name_the_source(tree):
    root = tree("oslo/cat/1.jpg", "oslo/dog/2.jpg", "rome/cat/3.jpg", "rome/dog/4.jpg")
    (folders,) = open_dataset(root).notes
    assert folders.startswith("The label is folder_2 (cat, dog)")
    text = "file,label\n1.jpg,x\n2.jpg,y\n3.jpg,x\n4.jpg,y\n"
    (root / "labels.csv").write_text(text)
    (root.parent / "beside.csv").write_text(text)
    dataset = open_dataset(root)
    assert (dataset.classes, dataset.source) == (["x", "y"], "labels.csv, label")
    assert dataset.notes == (
        "Labels come from 'labels.csv', not from the folders; they differ for 4 of 4 images.",
    )
    by_folder = open_dataset(root, label="folder_2")
    assert (by_folder.classes, by_folder.source) == (["cat", "dog"], "labels.csv, label, folder_2")
    (root / "labels.csv").unlink()
    assert open_dataset(root, label="folder_1").source == "folders, folder_1"
    assert "'beside.csv' beside this folder names 4 of its 4 images" in open_dataset(root).notes[1]


def test_only_files_whose_id_is_not_their_path_are_kept_with_it(tree):
    odd = unicodedata.normalize("NFD", "é.jpg")
    dataset = open_dataset(tree(f"cat/{odd}", "dog/1.jpg"))
    assert dataset.files == {"cat/é.jpg": f"cat/{odd}"}


def test_options_of_leaves_are_refused_elsewhere(tree):
    assert "only 'leaves' takes these" in refusal(tree("cat/1.jpg"), seed=3)


def test_leaves_come_with_truth_masks_and_specimens(monkeypatch):
    calls = []

    def build(folder, **options):
        calls.append((folder.name, options))
        index = pd.Index(["oak/1.jpg"], name="image_id")
        images = pd.DataFrame({"label": "oak", "split": None, "specimen": "a"}, index=index)
        return images, pd.DataFrame({"image_id": ["oak/1.jpg"], "kind": ["corrupt"]})

    monkeypatch.setattr("leaves.build", build, raising=False)
    leaves = open_dataset(progress=False)
    other = open_dataset("leaves", seed=3, test=60, workers=1)
    assert (leaves.name, leaves.group, leaves.is_bundled) == ("leaves", "specimen", True)
    assert leaves.planted["kind"].tolist() == ["corrupt"]
    assert leaves.masks == leaves.root.parent / "masks"
    assert (other.name, other.is_bundled) == ("leaves-seed3-test60", False)
    assert open_dataset("leaves", seed=0).is_bundled
    assert calls[0] == (
        "leaves",
        {"seed": 0, "development": 2400, "test": 1200, "workers": 2, "progress": False},
    )
    assert calls[1] == (
        "leaves-seed3-test60",
        {"seed": 3, "development": 2400, "test": 60, "workers": 1, "progress": True},
    )
    assert [name for name, _ in calls] == ["leaves", "leaves-seed3-test60", "leaves"]


def test_a_group_may_be_a_level_of_folders(tree):
    root = tree("oslo/cat/1.jpg", "oslo/dog/2.jpg", "rome/cat/3.jpg", "rome/dog/4.jpg")
    assert open_dataset(root).group is None
    dataset = open_dataset(root, group="folder_1")
    assert (dataset.group, dataset.classes) == ("folder_1", ["cat", "dog"])
    assert not any("is taken to say" in note for note in dataset.notes)
    assert list(dataset.groups) == ["folder_1 oslo"] * 2 + ["folder_1 rome"] * 2
    alone = open_dataset(tree("x/1.jpg").parent / "photos", group="folder_1")
    assert alone.images["folder_1"].tolist()[-1] == "x"


def test_a_label_taken_from_another_level_has_a_work_folder_of_its_own(tree):
    root = tree("oslo/cat/1.jpg", "oslo/dog/2.jpg", "rome/cat/3.jpg", "rome/dog/4.jpg")
    usual, by_city = open_dataset(root), open_dataset(root, label="folder_1")
    assert by_city.classes == ["oslo", "rome"]
    assert usual.work != by_city.work


def test_a_column_that_says_which_images_belong_together_is_told_unless_it_was_asked_for(tree):
    root = tree(*(f"{n}.jpg" for n in range(6)))
    rows = "".join(f"{n}.jpg,{'xy'[n % 2]},p{n // 2}\n" for n in range(6))
    (root / "labels.csv").write_text(f"file,label,patient\n{rows}")
    note = "Column 'patient' is taken to say which images show the same thing."
    dataset = open_dataset(root)
    assert (dataset.group, dataset.notes) == ("patient", (note,))
    asked = open_dataset(root, group="patient")
    assert (asked.group, asked.notes) == ("patient", ())


def test_names_that_begin_with_classes_are_told_of_where_nothing_else_labels_and_can_be_read(tree):
    root = tree("cat.1.jpg", "cat.2.jpg", "dog.1.jpg", "dog.2.jpg")
    (note,) = open_dataset(root).notes
    assert "begin with one of 2 words" in note
    named = open_dataset(root, pattern=r"(\D+)\.")
    assert (named.classes, named.source, named.notes) == (["cat", "dog"], "folders, names", ())
    assert refusal("digits", pattern="(.)") == "pattern: only a folder takes these, not 'digits'."
    both = refusal("digits", pattern="(.)", label="x")
    assert both == "label, pattern: only a folder with a table takes these, not 'digits'."


def test_folders_whose_names_differ_by_spaces_are_one_class_and_a_tree_within_is_told(tree):
    root = tree("red  fox/1.jpg", "red fox/2.jpg", "owl/3.jpg", "owl/owl/3.jpg")
    dataset = open_dataset(root)
    assert dataset.classes == ["owl", "red fox"]
    assert any("lie a second time there" in note for note in dataset.notes)
    assert any("red  fox" in note for note in dataset.notes)


def test_classes_that_are_known_are_not_looked_for_in_names_however_few_they_are(tree):
    root = tree("a/cat.1.jpg", "a/cat.2.jpg", "b/dog.1.jpg", "b/dog.2.jpg")
    assert open_dataset(root).notes == ()
    flat = tree("flat/cat.1.jpg", "flat/cat.2.jpg", "flat/dog.1.jpg", "flat/dog.2.jpg") / "flat"
    assert "begin with one of 2 words" in open_dataset(flat).notes[0]


def test_what_was_asked_for_is_kept_with_the_table_that_was_opened(tree):
    root = tree("a/1.jpg", "b/2.jpg")
    (root / "labels.CSV").write_text("file,kind,site\n1.jpg,x,n\n2.jpg,y,s\n")
    by_table = open_dataset(root / "labels.CSV", label="kind")
    assert by_table.opened["asked"] == {"table": "labels.CSV", "label": "kind"}
    assert open_dataset(root, label="kind").opened["asked"] == {"label": "kind"}
    assert open_dataset(root).opened["asked"] == {}


def test_a_table_that_was_asked_for_must_be_of_use_and_one_that_was_found_need_not(tree):
    root = tree("a/1.jpg", "b/2.jpg")
    (root / "labels.csv").write_text("file,kind\n8.jpg,x\n9.jpg,y\n")
    (note,) = open_dataset(root).notes
    assert note.endswith("; it was ignored.")
    assert refusal(root / "labels.csv") == f"{note.removesuffix('; it was ignored.')}."


@pytest.mark.parametrize(
    ("alone", "said"),
    [
        (["x.jpg"], "The pattern does not fit 1 name; that image stands alone: x.jpg."),
        (["x.jpg", "y.jpg"], "does not fit 2 names; those images stand alone: x.jpg, y.jpg."),
        ([], None),
    ],
)
def test_names_that_name_no_group_are_counted(tree, alone, said):
    root = tree(*(f"a/{name}" for name in ("7_1.jpg", "7_2.jpg", "8_1.jpg", *alone)))
    notes = [
        note for note in open_dataset(root, pattern=r"(?P<group>\d+)_").notes if "The " in note
    ]
    assert "The names put 3 images into 2 groups." in notes
    told = [note for note in notes if "does not fit" in note]
    assert len(told) == (said is not None)
    assert not told or told[0].endswith(said)
