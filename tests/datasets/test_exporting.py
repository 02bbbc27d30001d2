"""An export holds the cleaned table, is read by others, and touches nothing that is the user's."""

import os
import unicodedata

import pandas as pd
import pytest

from helpers.datasets import DatasetError, DecisionLog, export, open_dataset
from helpers.datasets.exporting import DECIDED

PHOTOS = [
    *("train/elm/1.png", "train/elm/2.png", "train/oak/1.png", "train/oak/2.png"),
    *("valid/elm/3.png", "valid/oak/3.png", "test/elm/4.png", "test/oak/4.png"),
]


@pytest.fixture
def dataset(tmp_path, picture):
    for level, name in enumerate(PHOTOS):
        picture(tmp_path / "photos" / name, level=20 * level)
    rows = "".join(f"{name},{level % 3},p{level // 2}\n" for level, name in enumerate(PHOTOS))
    (tmp_path / "photos" / "facts.csv").write_text("file,site,patient\n" + rows)
    return open_dataset(tmp_path / "photos")


@pytest.fixture
def marked(dataset):
    log = DecisionLog(dataset)
    log.record("train/elm/1.png", "drop", "blurred")
    log.record("train/elm/2.png", "relabel", "is an oak", "oak")
    log.record("valid/oak/3.png", "keep")
    return dataset


def quiet(dataset, folder, images=None, **options):
    return export(dataset, folder, images, progress=False, **options)


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def cells(folder, table="images.csv"):
    return pd.read_csv(folder / table, dtype="str", keep_default_na=False)


def test_the_table_holds_every_image_and_every_decision(marked, tmp_path):
    done = quiet(marked, tmp_path / "out")
    assert files_in(done.folder) == ["README.md", "images.csv"]
    table = cells(done.folder).set_index("image_id")
    assert table.columns.tolist() == [
        "file_name", "label", "split", "group", "site", "patient",
        "decision", "decision_reason", "decision_when", "label_before",
    ]  # fmt: skip
    assert table.index.tolist() == sorted(PHOTOS)
    told = ["file_name", "label", "split", "decision", "decision_reason", "label_before"]
    assert table.loc["train/elm/1.png", told].tolist() == [
        "", "elm", "train", "drop", "blurred", "",
    ]  # fmt: skip
    assert table.loc["train/elm/2.png", told].tolist() == [
        "train/elm/2.png", "oak", "train", "relabel", "is an oak", "elm",
    ]  # fmt: skip
    assert table.loc["valid/oak/3.png", "decision"] == "keep"
    assert table.loc["test/oak/4.png", told].tolist() == [
        "test/oak/4.png", "oak", "test", "", "", "",
    ]  # fmt: skip
    assert table["group"].tolist() == table["patient"].tolist()
    when = DecisionLog(marked).current()["when"]
    assert pd.Timestamp(table.loc["train/elm/1.png", "decision_when"]) == when["train/elm/1.png"]
    assert repr(done) == f"Export to '{tmp_path / 'out'}': 7 images, 1 dropped, in 'images.csv'."


@pytest.mark.parametrize("way", ["copies", "links"])
def test_opening_an_export_gives_the_cleaned_table_back(marked, tmp_path, way):
    done = quiet(marked, tmp_path / "out", way)
    again = open_dataset(done.folder)
    images = again.images.set_index(again.images["image_id_in_table"].rename("image_id"))
    expected = marked.images.drop("train/elm/1.png")
    expected.loc["train/elm/2.png", "label"] = "oak"
    for column in ("label", "split", "site", "patient"):
        pd.testing.assert_series_equal(
            images.sort_index()[column], expected[column], check_index_type=False
        )
    assert again.group == "group"
    assert images["group"].to_dict() == expected["patient"].to_dict()
    for image_id, old in again.images["image_id_in_table"].items():
        assert again.path(image_id).read_bytes() == marked.path(old).read_bytes()


def test_links_take_no_space_and_copies_are_files_of_their_own(marked, tmp_path):
    for way, same in (("links", True), ("copies", False)):
        done = quiet(marked, tmp_path / way, way)
        file = done.folder / "train" / "oak" / "1.png"
        assert file.samefile(marked.path("train/oak/1.png")) is same
        assert not file.is_symlink()


def test_what_is_written_into_a_link_is_said_to_be_and_is_written_into_the_original(
    marked, tmp_path
):
    names = ["train/oak/1.png", "valid/elm/3.png"]
    before = [marked.path(name).read_bytes() for name in names]
    for way, told in (("copies", 0), ("links", 1)):
        done = quiet(marked, tmp_path / way, way)
        said = [note for note in done.notes if "written into the original" in note]
        assert len(said) == told
        assert ("written into the original" in (done.folder / "README.md").read_text()) is bool(
            told
        )
        (done.folder / names[0]).write_bytes(b"edited")
        (done.folder / names[1]).unlink()
        now = [marked.path(name).read_bytes() for name in names]
        assert now == ([b"edited", before[1]] if told else before)
    assert said[0].startswith("7 images are hard links: the same file as the original, so that")


def test_where_hard_links_are_impossible_symbolic_ones_are_made_and_told(
    marked, tmp_path, monkeypatch
):
    def refuse(*_):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    done = quiet(marked, tmp_path / "out", "links")
    file = done.folder / "train" / "oak" / "1.png"
    assert file.is_symlink() and file.samefile(marked.path("train/oak/1.png"))
    assert done.notes[0].startswith("7 images are symbolic links") and "copies" in done.notes[0]
    assert "written into the original" in done.notes[0]
    assert not any("hard link" in note for note in done.notes)


def test_torchvision_reads_each_split(marked, tmp_path):
    from torchvision.datasets import ImageFolder

    done = quiet(marked, tmp_path / "out", "links")
    found = {split: ImageFolder(done.folder / split) for split in ("train", "valid", "test")}
    assert [len(part) for part in found.values()] == [3, 2, 2]
    assert found["valid"].classes == ["elm", "oak"]
    assert [label for _, label in found["valid"].samples] == [0, 1]
    assert found["train"].classes == ["oak"]


def test_fastai_reads_folders_and_metadata(dataset, tmp_path):
    from fastai.vision.all import ImageDataLoaders

    done = quiet(dataset, tmp_path / "out", "copies")
    dls = ImageDataLoaders.from_folder(done.folder, train="train", valid="valid", bs=2)
    assert (len(dls.train_ds), len(dls.valid_ds), list(dls.vocab)) == (4, 2, ["elm", "oak"])
    columns = {"fn_col": "file_name", "label_col": "label", "csv_fname": "metadata.csv"}
    dls = ImageDataLoaders.from_csv(done.folder / "train", valid_pct=0.25, bs=1, **columns)
    assert sorted(dls.vocab) == ["elm", "oak"]
    assert len(dls.train_ds) + len(dls.valid_ds) == 4


def test_hugging_face_reads_splits_labels_and_columns(marked, tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets", reason="Hugging Face's datasets is not installed")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    done = quiet(marked, tmp_path / "out", "copies")
    found = datasets.load_dataset(str(done.folder), cache_dir=str(tmp_path / "cache"))
    assert {name: len(part) for name, part in found.items()} == {
        "train": 3, "validation": 2, "test": 2,
    }  # fmt: skip
    assert sorted(found["train"]["label"]) == ["oak", "oak", "oak"]
    assert found["test"][0]["image"].size == (8, 6)


def test_metadata_lies_beside_the_images_it_names(marked, tmp_path):
    done = quiet(marked, tmp_path / "out", "copies")
    for split in ("train", "valid", "test"):
        table = cells(done.folder / split, "metadata.csv")
        assert all((done.folder / split / name).is_file() for name in table["file_name"])
        assert set(table["split"]) == {split}
    assert len(cells(done.folder / "train", "metadata.csv")) == 3


def test_columns_that_splits_fill_differently_stay_out_of_metadata_alone(dataset, tmp_path):
    sizes = ["big", "", "", "", "3", "4", "5", "6"]
    images = dataset.images.assign(size=sizes, one=1).replace({"size": {"": None}})
    done = quiet(dataset.with_images(images), tmp_path / "out", "copies")
    assert "size" in cells(done.folder) and "one" in cells(done.folder)
    metadata = cells(done.folder / "valid", "metadata.csv")
    assert "size" not in metadata and "one" in metadata
    assert any("only images.csv has them" in note and "size" in note for note in done.notes)


def test_without_a_split_images_lie_in_one_folder(tmp_path, picture):
    for name in ("a/1.png", "b/2.png"):
        picture(tmp_path / "photos" / name)
    done = quiet(open_dataset(tmp_path / "photos"), tmp_path / "out", "copies")
    assert files_in(done.folder) == [
        "README.md", "images.csv", "images/a/1.png", "images/b/2.png", "images/metadata.csv",
    ]  # fmt: skip
    assert open_dataset(done.folder).classes == ["a", "b"]
    readme = (done.folder / "README.md").read_text()
    assert "  - split: train\n    path: images/**\n" in readme


def test_unlabelled_and_unsplit_images_have_folders_of_their_own(dataset, tmp_path):
    images = dataset.images.copy()
    images.loc["train/elm/1.png", "label"] = None
    images.loc["train/oak/1.png", "split"] = None
    done = quiet(dataset.with_images(images), tmp_path / "out", "copies")
    assert done.table["file_name"]["train/elm/1.png"] == "unlabelled/1.png"
    assert done.table["file_name"]["train/oak/1.png"] == "unsplit/oak/1.png"
    again = open_dataset(done.folder)
    assert again.images["label"].isna().sum() == 1
    assert again.images["split"].isna().sum() == 1


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("way", [None, "copies"])
def test_a_few_unlabelled_images_or_none_are_exported_too(tmp_path, picture, count, way):
    for number in range(3):
        picture(tmp_path / "photos" / f"{number}.png")
    dataset = open_dataset(tmp_path / "photos")
    done = quiet(dataset.with_images(dataset.images.iloc[:count]), tmp_path / "out", way)
    assert len(cells(done.folder)) == count
    if count and way:
        assert len(open_dataset(done.folder)) == count
        assert not open_dataset(done.folder).labelled


def test_all_images_may_be_dropped(tmp_path, picture):
    picture(tmp_path / "photos" / "a" / "1.png")
    dataset = open_dataset(tmp_path / "photos")
    DecisionLog(dataset).record("a/1.png", "drop")
    done = quiet(dataset, tmp_path / "out", "copies")
    assert cells(done.folder)[["file_name", "decision"]].to_numpy().tolist() == [["", "drop"]]


HOSTILE = [
    *("../x", "a/b", "a\\b", "CON", "con", "nul.txt", "COM1", "Oak", "oak", "oak.", " oak", ".git"),
    *("..", ".", "<b>x</b>", "$x$", 'a:"b|?*', "line\nbreak", "x" * 300, "橡" * 100, "🍁", "label"),
    *("train", "test", "unlabelled", "0", "nan", "_hidden", "images", "metadata.csv"),
]


def test_hostile_names_of_classes_get_folders_of_their_own(tmp_path, picture):
    for number in range(len(HOSTILE)):
        picture(tmp_path / "photos" / f"{number:02d}.png", level=number)
    dataset = open_dataset(tmp_path / "photos")
    dataset = dataset.with_images(dataset.images.assign(label=HOSTILE, split="train"))
    done = quiet(dataset, tmp_path / "out", "copies")
    folders = {path.parent for path in done.folder.rglob("*.png")}
    assert len(folders) == len(HOSTILE)
    assert {folder.parent for folder in folders} == {done.folder / "train"}
    assert len({folder.name.casefold() for folder in folders}) == len(HOSTILE)
    assert "Class folders that not every computer allows" in " ".join(done.notes)
    assert "../x as __x" in " ".join(done.notes)
    again = open_dataset(done.folder).images.set_index("image_id_in_table").sort_index()
    # Opening takes out spaces that cannot be seen, and makes one of a line break.
    assert again["label"].tolist() == [" ".join(name.split()) for name in HOSTILE]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "photos"]


def test_files_of_one_name_keep_the_names_of_their_folders(tmp_path, picture):
    for name in ("a/1.png", "b/1.png", "B/2.png", "b/c-1.png", "b/C/1.png", "b/x.png"):
        picture(tmp_path / "photos" / name)
    dataset = open_dataset(tmp_path / "photos")
    dataset = dataset.with_images(dataset.images.assign(label="oak"))
    done = quiet(dataset, tmp_path / "out", "copies")
    names = done.table["file_name"].str.removeprefix("images/oak/").to_dict()
    assert names["a/1.png"] == "a-1.png" and names["b/1.png"] == "b-1.png"
    assert names["B/2.png"] == "2.png" and names["b/x.png"] == "x.png"
    assert len({name.lower() for name in names.values()}) == 6


def test_metadata_columns_that_would_be_taken_for_others_are_renamed(dataset, tmp_path):
    facts = {"file_name": 1, "Class": "x", "decision": "y", "group": "z", "sub set": 3, "weight": 4}
    done = quiet(dataset.with_images(dataset.images.assign(**facts)), tmp_path / "out", "copies")
    columns = cells(done.folder).columns.tolist()
    assert len(set(columns)) == len(columns)
    assert columns[4:-5] == [
        "site", "patient", "file_name_in_table", "Class_in_table", "decision_in_table",
        "group_in_table", "sub set_in_table", "weight",
    ]  # fmt: skip
    assert "file_name as file_name_in_table, Class as Class_in_table" in done.notes[0]
    again = open_dataset(done.folder)
    assert again.classes == ["elm", "oak"]
    assert set(again.images["Class_in_table"]) == {"x"}


def test_a_column_called_group_is_the_group(dataset, tmp_path):
    images = dataset.images.rename(columns={"patient": "group"})
    done = quiet(dataset.with_images(images).with_group("group"), tmp_path / "out")
    assert done.table.columns.tolist() == [
        "file_name", "label", "split", "group", "site", *DECIDED[1:],
    ]  # fmt: skip
    assert done.notes == ()


def test_spaces_around_a_label_are_told(dataset, tmp_path):
    images = dataset.images.replace({"label": {"oak": "oak "}})
    assert quiet(dataset.with_images(images), tmp_path / "out").notes == (
        "Spaces around a label are lost where the table is opened again: 'oak '.",
    )


def test_a_file_that_is_gone_is_left_out_and_told(marked, tmp_path):
    marked.path("train/oak/1.png").unlink()
    done = quiet(marked, tmp_path / "out", "copies")
    assert "1 file could not be read and were left out" in done.notes[0]
    assert pd.isna(done.table["file_name"]["train/oak/1.png"])
    assert len(open_dataset(done.folder)) == 6


def test_formats_that_torchvision_passes_over_are_told(tmp_path, picture):
    picture(tmp_path / "photos" / "a" / "1.gif")
    picture(tmp_path / "photos" / "a" / "2.PNG")
    done = quiet(open_dataset(tmp_path / "photos"), tmp_path / "out", "copies")
    assert done.notes == ("torchvision's ImageFolder passes over files ending in .gif.",)


def test_what_is_told_stands_in_the_readme(dataset, tmp_path):
    images = dataset.images.replace({"label": {"oak": "a/b"}})
    done = quiet(dataset.with_images(images), tmp_path / "out", "copies")
    text = (done.folder / "README.md").read_text()
    assert "\n- Class folders that not every computer allows: a/b as a_b." in text
    assert text.startswith("---\nconfigs:\n- config_name: default\n")
    assert "# photos\n" in text


@pytest.mark.parametrize(
    "place", ["photos", "photos/new", "photos/train/x/y", "photos/../photos/z"]
)
def test_nothing_is_written_into_the_dataset_s_own_folder(dataset, tmp_path, place):
    before = files_in(tmp_path)
    with pytest.raises(DatasetError, match="lies in the dataset's own folder .* such as '(.*)'"):
        quiet(dataset, tmp_path / place)
    assert files_in(tmp_path) == before
    quiet(dataset, tmp_path / "photos-clean")


def test_a_link_into_the_dataset_s_own_folder_is_no_way_round(dataset, tmp_path):
    (tmp_path / "door").symlink_to(dataset.root)
    with pytest.raises(DatasetError, match="lies in the dataset's own folder"):
        quiet(dataset, tmp_path / "door" / "new")


def test_nothing_is_replaced(dataset, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full-2").mkdir()
    with pytest.raises(DatasetError, match="full' holds files already, and nothing is r.*full-3'"):
        quiet(dataset, tmp_path / "full")
    with pytest.raises(DatasetError, match="file' is a file, and nothing is replaced"):
        quiet(dataset, tmp_path / "file")
    assert files_in(tmp_path / "full") == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    assert "images.csv" in files_in(quiet(dataset, tmp_path / "empty").folder)


def test_an_export_that_fails_leaves_nothing_behind(dataset, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("helpers.datasets.exporting.shutil.copyfile", full)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(DatasetError, match="cannot be written .No space left on device., so noth"):
        quiet(dataset, tmp_path / "out", "copies")
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_folder_that_may_not_be_written_leads_to_one_sentence(ordinary_user, picture):
    picture(ordinary_user / "photos" / "a" / "1.png")
    dataset = open_dataset(ordinary_user / "photos")
    (ordinary_user / "shut").mkdir(mode=0o555)
    with pytest.raises(DatasetError, match="cannot be written .Permission denied., so nothing was"):
        quiet(dataset, ordinary_user / "shut" / "out", decisions=pd.DataFrame(
            columns=["action", "label"], index=pd.Index([], name="image_id")))  # fmt: skip


def test_another_way_than_links_or_copies_is_refused(dataset, tmp_path):
    with pytest.raises(DatasetError, match="images='move' is unknown; expected None, 'links' or"):
        quiet(dataset, tmp_path / "out", "move")


def test_decisions_may_be_given_as_a_table(marked, tmp_path):
    decisions = pd.DataFrame({"action": ["drop"], "label": [None]}, index=["test/oak/4.png"])
    table = quiet(marked, tmp_path / "out", decisions=decisions).table
    assert table["decision"].dropna().to_dict() == {"test/oak/4.png": "drop"}
    assert table["label"]["train/elm/2.png"] == "elm"


def test_names_with_decomposed_accents_are_found_on_disk(tmp_path, picture):
    picture(tmp_path / "photos" / unicodedata.normalize("NFD", "hêtre") / "1.png", level=7)
    dataset = open_dataset(tmp_path / "photos")
    done = quiet(dataset, tmp_path / "out", "copies")
    (file,) = done.folder.rglob("*.png")
    assert file.parent.name == unicodedata.normalize("NFC", "hêtre")
    assert file.read_bytes() == dataset.path(dataset.images.index[0]).read_bytes()


def test_the_dataset_itself_stays_as_it_was(marked, tmp_path):
    before = {name: (marked.root / name).stat().st_mtime_ns for name in files_in(marked.root)}
    quiet(marked, tmp_path / "a", "copies")
    quiet(marked, tmp_path / "b", "links")
    assert before == {n: (marked.root / n).stat().st_mtime_ns for n in files_in(marked.root)}
    assert marked.images["label"]["train/elm/2.png"] == "elm"


def test_an_export_shows_its_notes(marked, tmp_path):
    images = marked.images.replace({"label": {"oak": "oak "}})
    done = quiet(marked.with_images(images), tmp_path / "more")
    assert repr(done).endswith(" in 'images.csv'. " + done.notes[0])
