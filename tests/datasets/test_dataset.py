import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.datasets import (
    Dataset,
    DatasetError,
    TestSplitClosed,
    open_dataset,
    pixels,
    work_folder,
)


@pytest.fixture
def dataset(tmp_path, picture):
    for name in ("train/cat/1.png", "train/dog/2.png", "val/cat/3.png", "test/dog/4.png"):
        picture(tmp_path / "pets" / name)
    return open_dataset(tmp_path / "pets")


def test_importing_open_dataset_loads_nothing_heavy():
    code = (
        "import sys; from helpers import open_dataset, Dataset; "
        "print({'torch', 'matplotlib', 'sklearn', 'pandas', 'scipy'} & set(sys.modules) or 'none')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "none"


def test_parts_hold_their_rows_and_share_the_rest(dataset):
    assert list(dataset.part("train").images.index) == ["train/cat/1.png", "train/dog/2.png"]
    assert list(dataset.part("valid").images.index) == ["val/cat/3.png"]
    assert dataset.part("train").work == dataset.work
    assert list(dataset.development.images.index) == [
        "train/cat/1.png",
        "train/dog/2.png",
        "val/cat/3.png",
    ]


def test_development_holds_rows_whose_split_is_undecided(tree):
    dataset = open_dataset(tree("cat/1.jpg", "dog/2.jpg", "test/cat/3.jpg"))
    assert list(dataset.development.images.index) == ["cat/1.jpg", "dog/2.jpg"]


def test_the_test_split_is_closed_and_says_where_it_opens(dataset):
    with pytest.raises(
        TestSplitClosed, match=r"notebook 10 opens it, once, with dataset.open_test"
    ):
        dataset.part("test")


@pytest.mark.parametrize("chapter", [0, 5, 9, "09"])
def test_no_chapter_before_ten_opens_the_test_split(dataset, chapter):
    with pytest.raises(TestSplitClosed, match="stays closed in chapter"):
        dataset.open_test(chapter, reason="curious")
    assert dataset.test_openings().empty


def test_the_test_split_opens_only_with_a_reason(dataset):
    with pytest.raises(TestSplitClosed, match="only with a reason"):
        dataset.open_test(10, reason="  ")
    assert dataset.test_openings().empty


def test_every_opening_is_logged_with_time_and_reason(dataset):
    before = pd.Timestamp.now("UTC").floor("s")
    assert list(dataset.open_test(10, reason="final score").images.index) == ["test/dog/4.png"]
    open_dataset(dataset.root).open_test(12, reason="by group")
    log = dataset.test_openings()
    assert list(log["chapter"]) == [10, 12]
    assert list(log["reason"]) == ["final score", "by group"]
    assert log["opened"].between(before, pd.Timestamp.now("UTC")).all()


def test_an_opening_that_cannot_be_logged_does_not_happen(dataset):
    (dataset.work / "openings.sqlite").mkdir()
    with pytest.raises(
        DatasetError, match="openings.sqlite' cannot be written .*so nothing was done"
    ):
        dataset.open_test(reason="final score")


def test_a_dataset_without_test_images_has_nothing_to_open(tree):
    dataset = open_dataset(tree("cat/1.jpg", "dog/2.jpg"))
    for look in (lambda: dataset.part("test"), lambda: dataset.open_test(reason="score")):
        with pytest.raises(DatasetError, match="no '?test'? images") as caught:
            look()
        assert not isinstance(caught.value, TestSplitClosed)


def test_a_split_that_is_not_there_says_which_are(dataset, tree):
    with pytest.raises(
        DatasetError, match="no split 'holdout'; expected one of train, valid, test"
    ):
        dataset.part("holdout")
    with pytest.raises(DatasetError, match="not split yet"):
        open_dataset(tree("cat/1.jpg", "dog/2.jpg")).part("train")


def test_groups_fall_back_to_the_image_itself(dataset):
    assert list(dataset.groups) == list(dataset.images.index)
    assert dataset.groups.name == "group"
    patients = ["a", "a", None, "b"]
    grouped = dataset.with_images(dataset.images.assign(patient=patients[:4])).with_group("patient")
    by_position = dict(zip(grouped.images.index, patients, strict=True))
    alone = next(image_id for image_id, patient in by_position.items() if patient is None)
    assert grouped.groups[alone] == alone
    assert grouped.groups.nunique() == 3


@pytest.mark.parametrize(
    ("values", "grouped"),
    [(["a", "a", None, "b"], True), (["a", "b", None, None], False), ([None] * 4, False)],
)
def test_groups_are_there_where_two_images_share_one(dataset, values, grouped):
    with_column = dataset.with_images(dataset.images.assign(patient=values))
    assert with_column.has_groups is False
    assert with_column.with_group("patient").has_groups is grouped


def test_unlabelled_datasets_say_what_still_works(tree, dataset):
    flat = open_dataset(tree("1.jpg", "2.jpg"))
    assert (flat.labelled, flat.classes) == (False, [])
    with pytest.raises(DatasetError, match="has a label, so nothing can be trained"):
        flat.require_labels()
    with pytest.raises(DatasetError, match="label='COLUMN'"):
        flat.require_labels()
    dataset.require_labels(classes=2)
    assert dataset.classes == ["cat", "dog"]
    cats = dataset.with_images(dataset.images[dataset.images["label"] == "cat"])
    cats.require_labels()
    with pytest.raises(DatasetError, match="one class, 'cat', so there is nothing to tell apart"):
        cats.require_labels(classes=2)


def test_an_unknown_image_is_named_with_the_closest_one(dataset):
    with pytest.raises(DatasetError, match="did you mean 'val/cat/3.png'"):
        dataset.path("val/cat/3.jpg")


def test_load_turns_a_picture_upright(tmp_path, picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(tmp_path / "turned.jpg", exif=exif)
    assert open_dataset(tmp_path).load("turned.jpg").size == (6, 8)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"hello", "it is not an image: it is plain text"),
        (None, "it is missing"),
    ],
)
def test_a_file_that_cannot_be_decoded_is_one_sentence(tmp_path, picture, content, why):
    path = picture(tmp_path / "a.png")
    dataset = open_dataset(tmp_path)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DatasetError, match=f"^'a.png' cannot be read: .*{why}.*[.]$"):
        dataset.load("a.png")


def test_a_truncated_file_is_one_sentence(tmp_path, picture):
    path = picture(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DatasetError, match="'a.jpg' cannot be read: "):
        open_dataset(tmp_path).load("a.jpg")


def test_masks_are_read_and_their_absence_is_explained(tmp_path, picture, dataset):
    picture(tmp_path / "masks" / "train/cat/1.png.png", level=255, mode="L")
    masked = Dataset("x", dataset.root, dataset.images, masks=tmp_path / "masks")
    assert np.array_equal(masked.mask("train/cat/1.png"), np.full((6, 8), 255, np.uint8))
    with pytest.raises(DatasetError, match=r"no mask that can be read.*masks/val/cat/3\.png\.png"):
        masked.mask("val/cat/3.png")
    with pytest.raises(DatasetError, match=r"no masks .*FOLDER/train/cat/1\.png\.png"):
        dataset.mask("train/cat/1.png")


def test_repr_is_one_line_and_html_is_escaped_without_paths(tree):
    dataset = open_dataset(tree("<b>/1.jpg", "dog/2.jpg"))
    assert repr(dataset) == ("Dataset 'photos': images 2, classes 2 (<b>, dog), splits undecided 2")
    shown = dataset._repr_html_()
    assert "&lt;b&gt;" in shown and "<b>" not in shown
    assert str(dataset.root) not in shown and "0x" not in shown


def test_of_many_classes_and_columns_twelve_are_named(dataset):
    rows = pd.DataFrame(
        {"label": [f"c{i}" for i in range(10, 23)], "split": None},
        [f"{i}.png" for i in range(13)],
    )
    facts = {f"m{i}": 1 for i in range(10, 23)}
    many = Dataset("many", dataset.root, rows.assign(**facts), group="m11")
    assert "c21 and 1 more)" in repr(many)
    shown = many._repr_html_()
    assert "<tr><th>classes</th><td>13 (c10, c11, c12, " in shown
    assert ", c20, c21 and 1 more)" in shown and ", m20, m21 and 1 more" in shown
    assert "<tr><th>group</th><td>m11</td></tr>" in shown
    assert repr(many).endswith("splits undecided 13")  # three facts
    assert "<th>group</th>" not in many.with_group(None)._repr_html_()
    with pytest.raises(DatasetError, match="'site'; it has: m10, .*, m20, m21 and 1 more[.]$"):
        many.with_group("site")
    with pytest.raises(DatasetError, match="no metadata column 'label'; it has: none"):
        Dataset("few", dataset.root, rows).with_group("label")


def test_datasets_are_told_apart_though_their_tables_are_alike(dataset):
    copy = dataset.with_images(dataset.images)
    assert dataset == dataset and dataset != copy
    assert len({dataset, copy, dataset}) == 2


def test_what_is_white_is_looked_for_once_in_all_images_whatever_their_labels(
    tmp_path, monkeypatch
):
    for number, level in enumerate((900, 3000)):
        deep = Image.fromarray(np.full((4, 4), level, np.uint16))
        deep.save(tmp_path / f"{number}.png")
    asked, find = [], pixels.find_levels
    monkeypatch.setattr(pixels, "find_levels", lambda paths: find(asked.append(1) or paths))
    dataset = open_dataset(tmp_path)
    assert [dataset.levels, dataset.levels] == [4095, 4095] and asked == [1]
    again = open_dataset(tmp_path)
    relabelled = again.with_images(again.images.iloc[:1].assign(label="oak"))
    assert relabelled.levels == 4095 and asked == [1]
    assert len([*dataset.work.glob("levels-*.parquet")]) == 1


def test_results_go_to_one_folder_per_root(dataset, work, tree):
    assert work_folder() == work
    assert dataset.work.parent == work
    assert dataset.work.name.startswith("pets-") and len(dataset.work.name) == len("pets-") + 8
    assert open_dataset(dataset.root).work == dataset.work
    assert open_dataset(tree("cat/1.jpg", "dog/2.jpg")).work != dataset.work


def test_a_work_folder_that_cannot_be_made_says_what_to_set(dataset, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "file"))
    with pytest.raises(DatasetError, match="set WORKBOOK_WORK to a folder you may write to"):
        _ = dataset.work


def test_a_dataset_travels_to_another_process(dataset):
    copy = pickle.loads(pickle.dumps(dataset))
    assert repr(copy) == repr(dataset)
    assert copy.path("val/cat/3.png") == dataset.path("val/cat/3.png")


def test_a_user_folder_called_leaves_is_not_the_bundled_dataset(tree):
    root = tree("cat/1.jpg", "dog/2.jpg")
    assert not open_dataset(root.rename(root.parent / "leaves")).is_bundled
