import os
import unicodedata

import pytest

from helpers.datasets import DatasetError, open_dataset
from helpers.opening.folders import look_into, stable_ids
from helpers.tables.alike import classes_apart


def told(root):
    """What opening says about each image: {image_id: (label, split)}, None where missing."""
    images = open_dataset(root).images
    rows = images[["label", "split"]].astype(object).where(images[["label", "split"]].notna(), None)
    return {i: tuple(row) for i, row in zip(rows.index, rows.to_numpy(), strict=True)}


LAYOUTS = {
    "class folders": {"cat/1.jpg": ("cat", None), "dog/2.jpg": ("dog", None)},
    "splits above": {
        "Train/cat/1.jpg": ("cat", "train"),
        "VAL/cat/2.jpg": ("cat", "valid"),
        "testing/dog/3.jpg": ("dog", "test"),
    },
    "only a training split": {
        "train/cat/1.jpg": ("cat", "train"),
        "train/dog/2.jpg": ("dog", "train"),
    },
    "splits in a wrapper": {
        "data/images/train/cat/1.jpg": ("cat", "train"),
        "data/images/test/dog/1.jpg": ("dog", "test"),
    },
    "images below splits": {
        "train/images/cat/1.jpg": ("cat", "train"),
        "valid/images/dog/1.jpg": ("dog", "valid"),
    },
    "test beside classes": {
        "cat/1.jpg": ("cat", None),
        "dog/2.jpg": ("dog", None),
        "test/cat/3.jpg": ("cat", "test"),
    },
    "unlabelled test": {"train/cat/1.jpg": ("cat", "train"), "test/9.jpg": (None, "test")},
    "flat": {"1.jpg": (None, None), "2.jpg": (None, None)},
    "flat in a wrapper": {"images/1.jpg": (None, None), "images/2.jpg": (None, None)},
    "flat splits": {"train/1.jpg": (None, "train"), "test/2.jpg": (None, "test")},
    "classes in a wrapper": {"images/cat/1.jpg": ("cat", None), "images/dog/2.jpg": ("dog", None)},
    "nested classes": {
        "animals/cat/1.jpg": ("animals/cat", None),
        "animals/dog/2.jpg": ("animals/dog", None),
        "plants/oak/3.jpg": ("plants/oak", None),
    },
    "nested below splits": {
        "train/animals/cat/1.jpg": ("animals/cat", "train"),
        "test/plants/oak/2.jpg": ("plants/oak", "test"),
    },
    "a class called dev": {"dev/1.jpg": ("dev", None), "ops/2.jpg": ("ops", None)},
    "classes that sound like wrappers": {
        "photo/1.jpg": ("photo", None),
        "painting/2.jpg": ("painting", None),
    },
    "only a test split": {"test/cat/1.jpg": ("cat", "test"), "test/dog/2.jpg": ("dog", "test")},
    "unlabelled beside splits": {
        "train/cat/1.jpg": ("cat", "train"),
        "test/dog/2.jpg": ("dog", "test"),
        "unlabeled/3.jpg": (None, None),
    },
    "one class": {"cat/1.jpg": ("cat", None), "cat/2.jpg": ("cat", None)},
    "loose images": {"cat/1.jpg": ("cat", None), "dog/2.jpg": ("dog", None), "3.jpg": (None, None)},
    "spaces and accents": {
        "Érable à sucre/a b.jpg": ("Érable à sucre", None),
        "橡树/1.jpg": ("橡树", None),
    },
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layout_is_read(name, tree):
    assert told(tree(*LAYOUTS[name])) == LAYOUTS[name]


def test_unusual_and_upper_case_extensions_are_images(tree):
    names = "A.JPG B.Jpeg c.jpe d.jfif e.BMP f.webp g.gif h.TIF i.tiff j.ppm k.pgm l.avif m.HEIC"
    root = tree(*names.split(), "notes.txt", "model.pt")
    dataset = open_dataset(root)
    assert sorted(dataset.images.index) == sorted(names.split())
    assert dataset.notes == (
        "2 names ignored as neither image nor table by extension: model.pt, notes.txt.",
    )


def test_hidden_and_system_files_are_ignored_and_counted(tree):
    root = tree(
        "cat/1.jpg", "dog/2.jpg", "cat/._1.jpg", "__MACOSX/cat/1.jpg", "Thumbs.db", ".git/x.png"
    )
    dataset = open_dataset(root)
    assert list(dataset.images.index) == ["cat/1.jpg", "dog/2.jpg"]
    assert dataset.notes == (
        "4 names ignored as hidden or made by the system: .git, Thumbs.db, __MACOSX and 1 more.",
    )


def test_links_are_kept_inside_the_root_and_never_followed_out(tree, tmp_path):
    root = tree("cat/1.jpg", "dog/2.jpg")
    (tmp_path / "secret.jpg").touch()
    (tmp_path / "photos-too").mkdir()
    (tmp_path / "photos-too" / "near.jpg").touch()
    (root / "cat" / "inside.jpg").symlink_to("../dog/2.jpg")
    (root / "cat" / "outside.jpg").symlink_to(tmp_path / "secret.jpg")
    (root / "cat" / "sibling.jpg").symlink_to(tmp_path / "photos-too" / "near.jpg")
    (root / "cat" / "dangling.jpg").symlink_to("nowhere.jpg")
    (root / "cat" / "itself.jpg").symlink_to("itself.jpg")
    (root / "cat" / "loop").symlink_to(root)
    (root / "away").symlink_to(tmp_path / "photos-too")
    dataset = open_dataset(root)
    assert list(dataset.images.index) == ["cat/1.jpg", "cat/inside.jpg", "dog/2.jpg"]
    assert dataset.notes == (
        "6 links to a folder, to nothing or out of this one, never followed: "
        "away, cat/dangling.jpg, cat/itself.jpg and 3 more.",
    )


def test_root_may_itself_be_a_link(tree, tmp_path):
    (tmp_path / "link").symlink_to(tree("cat/1.jpg", "dog/2.jpg"))
    assert len(open_dataset(tmp_path / "link")) == 2


def test_a_pipe_called_jpg_is_no_image(tree):
    root = tree("cat/1.jpg", "dog/2.jpg")
    os.mkfifo(root / "cat" / "pipe.jpg")
    assert list(open_dataset(root).images.index) == ["cat/1.jpg", "dog/2.jpg"]


def test_decomposed_accents_get_the_same_id_everywhere_and_still_open(tmp_path, picture):
    composed = "été.png"
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    picture(tmp_path / "cat" / decomposed, level=7)
    picture(tmp_path / "dog" / composed)
    dataset = open_dataset(tmp_path)
    assert list(dataset.images.index) == ["cat/été.png", "dog/été.png"]
    assert dataset.load("cat/été.png").getpixel((0, 0)) == (7, 7, 7)


def test_two_names_that_only_their_unicode_form_tells_apart_stay_apart(tmp_path, picture):
    composed, decomposed = "é.png", unicodedata.normalize("NFD", "é.png")
    picture(tmp_path / composed, level=1)
    picture(tmp_path / decomposed, level=2)
    dataset = open_dataset(tmp_path)
    assert dataset.load(composed).getpixel((0, 0)) == (1, 1, 1)
    assert dataset.load(decomposed).getpixel((0, 0)) == (2, 2, 2)


def test_a_name_that_is_not_utf8_opens(tmp_path, picture):
    made = picture(tmp_path / "x.png", level=9)
    os.rename(made, os.fsencode(tmp_path) + b"/caf\xe9.png")
    dataset = open_dataset(tmp_path)
    assert list(dataset.images.index) == ["caf\\xe9.png"]
    assert dataset.load("caf\\xe9.png").getpixel((0, 0)) == (9, 9, 9)
    assert dataset.images.to_parquet() is not None


def test_ids_are_the_paths_themselves_where_nothing_is_odd():
    assert stable_ids(["a/b.jpg", "é.jpg"]) == {"a/b.jpg": "a/b.jpg", "é.jpg": "é.jpg"}


def test_ids_are_unique_even_where_several_spellings_mean_the_same_letter():
    spellings = ["e\u0323\u0301.jpg", "e\u0301\u0323.jpg", "\u1eb9\u0301.jpg"]
    assert len({unicodedata.normalize("NFC", spelling) for spelling in spellings}) == 1
    ids = stable_ids(spellings)
    assert len(set(ids.values())) == 3
    assert ids["\u1eb9\u0301.jpg"] == "\u1eb9\u0301.jpg"


def test_a_folder_beside_the_splits_is_noted(tree):
    dataset = open_dataset(tree("train/cat/1.jpg", "test/dog/2.jpg", "extra/cat/3.jpg"))
    assert dataset.images["split"].isna().tolist() == [True, False, False]
    assert dataset.images["label"].tolist() == ["cat", "dog", "cat"]
    assert dataset.notes == (
        "Beside the split folders (test, train), so without a split: extra/cat.",
        *classes_apart(dataset.images),
    )


def test_one_class_opens_with_a_note(tree):
    notes = open_dataset(tree("cat/1.jpg", "cat/2.jpg")).notes
    assert notes == (
        "All labels are 'cat': one class can be looked at and audited, not trained on.",
    )


def test_images_without_label_are_noted(tree):
    notes = open_dataset(tree("cat/1.jpg", "dog/2.jpg", "3.jpg")).notes
    assert notes == ("1 image without a label: 3.jpg.",)


def test_an_unreadable_subfolder_is_left_out_and_noted(ordinary_user):
    for name in ("cat", "dog", "shut"):
        (ordinary_user / name).mkdir()
        (ordinary_user / name / "1.jpg").touch()
    (ordinary_user / "shut").chmod(0)
    dataset = open_dataset(ordinary_user)
    assert list(dataset.images.index) == ["cat/1.jpg", "dog/1.jpg"]
    assert dataset.notes == ("1 folder could not be read (no permission): shut/.",)


def test_a_root_without_permission_says_so(ordinary_user):
    (ordinary_user / "shut").mkdir(mode=0)
    with pytest.raises(DatasetError, match=r"shut' cannot be listed \(Permission denied\)"):
        open_dataset(ordinary_user / "shut")
    with pytest.raises(DatasetError, match="Permission denied"):
        open_dataset(ordinary_user / "shut" / "inside")


def test_a_read_only_folder_opens_and_nothing_in_it_changes(ordinary_user, picture, monkeypatch):
    root, work = ordinary_user / "photos", ordinary_user / "work"
    monkeypatch.setenv("WORKBOOK_WORK", str(work))
    picture(root / "cat" / "1.png")
    picture(root / "test" / "cat" / "2.png")
    for folder, _, names in os.walk(root):
        os.chmod(folder, 0o555)
        for name in names:
            os.chmod(os.path.join(folder, name), 0o444)
    before = {path: path.stat().st_mtime_ns for path in [root, *root.rglob("*")]}
    dataset = open_dataset(root)
    dataset.load("cat/1.png")
    dataset.open_test(reason="a test of the test")
    assert {path: path.stat().st_mtime_ns for path in [root, *root.rglob("*")]} == before
    assert len(dataset.test_openings()) == 1


def test_looking_does_not_need_a_stat_for_each_file(tree, monkeypatch):
    root = tree(*(f"cat/{i}.jpg" for i in range(50)))
    calls, real = [], os.stat
    monkeypatch.setattr(os, "stat", lambda *a, **k: calls.append(a) or real(*a, **k))
    found, notes = look_into(root)
    assert (len(found["image"]), notes) == (50, [])
    assert len(calls) < 10
