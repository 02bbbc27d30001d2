"""A table given with a folder of images, wherever it lies, and what is said of one beside it."""

import ast
import os
import re
import shlex

import pytest

from helpers import command_line
from helpers.cards.markdown import scrub
from helpers.datasets import DatasetError, open_dataset
from helpers.findings.sections import opening_line

IMAGES = ("a/1.jpg", "a/2.jpg", "b/3.jpg", "b/4.jpg")
CELLS = ("{}", "photos/{}", "./photos/{}", "/data/photos/{}", "ROOT/{}", "..\\photos\\{}", "NAME",
         "STEM")  # fmt: skip
PLACES = ("", "a", "notes", "..", "../tables", "../..", "../far/away")


def write(path, cells, labels, column="file"):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{column},label", *(f"{c},{x}" for c, x in zip(cells, labels, strict=True))]
    path.write_text("\n".join(lines) + "\n")
    return path


def cell(shape, image_id, root):
    name = os.path.basename(image_id)
    shape = {"NAME": name, "STEM": name[:-4]}.get(shape, shape)
    return shape.replace("ROOT", str(root)).format(image_id)


def labels(dataset):
    return dataset.images["label"].to_dict()


@pytest.fixture
def photos(tree, monkeypatch):
    root = tree(*(f"deep/photos/{one}" for one in IMAGES)) / "deep" / "photos"
    monkeypatch.chdir(root.parent)
    return root


@pytest.mark.parametrize("shape", CELLS)
@pytest.mark.parametrize("place", PLACES)
def test_a_table_may_lie_anywhere_and_name_the_images_in_any_way(photos, place, shape):
    at = photos / place / "table.csv"
    write(at, [cell(shape, one, photos) for one in IMAGES[:3]], "xyx")
    dataset = open_dataset(photos, metadata=at)
    assert labels(dataset) == {"a/1.jpg": "x", "a/2.jpg": "y", "b/3.jpg": "x"}
    assert dataset.root == photos
    assert dataset.notes[0].startswith("1 image without a row in 'table.csv', left out: b/4.jpg")


def test_cells_are_read_from_where_the_table_lies_in_a_folder_of_images(photos):
    at = write(photos / "a" / "t.csv", ["1.jpg", "2.jpg", "../b/3.jpg"], "xyx")
    assert labels(open_dataset(photos, metadata=at)) == {
        "a/1.jpg": "x", "a/2.jpg": "y", "b/3.jpg": "x"
    }  # fmt: skip


@pytest.mark.parametrize("front", ["", "/mnt/somewhere/"])
@pytest.mark.parametrize("place", ["..", "../tables"])
def test_rows_about_other_folders_are_not_taken_for_images_of_the_one_given(tree, place, front):
    root = tree("1.jpg", "2.jpg")
    cells = [f"{front}{folder}/{n}.jpg" for folder in ("xray", "photos") for n in (1, 2)]
    at = write(root / place / "t.csv", cells, "xyuv")
    dataset = open_dataset(root, metadata=at)
    assert labels(dataset) == {"1.jpg": "u", "2.jpg": "v"}
    assert any("2 rows of 't.csv' without exactly one image file" in n for n in dataset.notes)


@pytest.mark.parametrize("place", ["..", "../tables"])
def test_a_cell_that_two_ways_of_reading_take_for_two_images_is_refused_and_both_are_offered(
    tree, place
):
    root = tree("1.jpg", "2.jpg", "photos/1.jpg", "photos/2.jpg")
    at = write(root / place / "t.csv", ["photos/1.jpg", "photos/2.jpg"], "xy")
    with pytest.raises(DatasetError) as caught:
        open_dataset(root, metadata=at)
    assert str(caught.value) == (
        f"'t.csv': 'photos/1.jpg' may mean 'photos/1.jpg' or '1.jpg' in '{root}', and both are "
        f"there, so that none was taken; to mean the first, open '{root}/photos' with this table; "
        "to mean the second, write '1.jpg', and the others in the same way."
    )
    assert labels(open_dataset(root / "photos", metadata=at)) == {"1.jpg": "x", "2.jpg": "y"}
    write(at, ["1.jpg", "2.jpg"], "xy")
    assert labels(open_dataset(root, metadata=at)) == {"1.jpg": "x", "2.jpg": "y"}


def test_a_cell_of_a_table_among_the_images_may_mean_two_of_them(tree):
    root = tree("1.jpg", "2.jpg", "a/1.jpg", "a/2.jpg")
    at = write(root / "a" / "t.csv", ["1.jpg", "2.jpg"], "xy")
    with pytest.raises(DatasetError) as caught:
        open_dataset(root, metadata=at)
    assert (
        f"to mean the first, copy the table to a place outside '{root}'; to mean the second, write "
        "'a/1.jpg', and the others in the same way."
    ) in str(caught.value)
    outside = write(root.parent / "t.csv", ["1.jpg", "2.jpg"], "xy")
    assert labels(open_dataset(root, metadata=outside)) == {"1.jpg": "x", "2.jpg": "y"}
    write(at, ["a/1.jpg", "a/2.jpg"], "xy")
    assert labels(open_dataset(root, metadata=at)) == {"a/1.jpg": "x", "a/2.jpg": "y"}


def test_one_way_that_explains_all_cells_wins_over_one_that_explains_a_few(tree):
    names = [f"{n}.jpg" for n in range(4)]
    root = tree(*names, *(f"photos/{name}" for name in names))
    cells = [*names, *(f"photos/{name}" for name in names)]
    at = write(root.parent / "t.csv", cells, "xyxyuvuv")
    assert labels(open_dataset(root, metadata=at)) == dict(zip(cells, "xyxyuvuv", strict=True))


@pytest.mark.parametrize("given", ["t.csv", "../t.csv", "photos/../t.csv", "PATH"])
def test_a_table_is_found_from_here_from_the_folder_and_beside_it(photos, given, monkeypatch):
    at = write(photos.parent / "t.csv", IMAGES, "xyxy")
    given = given.replace("PATH", str(at))
    for place in (photos.parent, "/"):
        if place == "/" and given.startswith("photos"):
            continue
        monkeypatch.chdir(place)
        assert labels(open_dataset(photos, metadata=given)) == dict(
            zip(IMAGES, "xyxy", strict=True)
        )


def test_a_name_that_several_tables_have_is_refused_with_the_paths_of_all(photos):
    here = write(photos.parent / "t.csv", IMAGES, "xyxy")
    inside = write(photos / "t.csv", IMAGES, "uvuv")
    with pytest.raises(DatasetError) as caught:
        open_dataset(photos, metadata="t.csv")
    assert str(caught.value) == (
        f"'t.csv' may be '{here}' or '{inside}'; give the whole path of the one that counts."
    )
    found = [open_dataset(photos, metadata=path) for path in (here, inside)]
    assert [one.classes for one in found] == [["x", "y"], ["u", "v"]]
    assert found[0].work != found[1].work
    assert found[1].work == open_dataset(inside).work


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("pupil.csv", r"neither here nor in '.*photos' nor beside it \(did you mean 'pupils.csv'"),
        ("photos", "'photos' is a folder; expected a table with a row per image, called .csv, "),
        ("t.xlsx", "'t.xlsx' is a file of another kind; expected a table with a row per image"),
        ("others.csv", "no column whose cells name an image file each .* Its cells should name "
         "images of '.*photos', which are called as 'a/1.jpg' is; give the table"),
        ("numbered.csv", "No cell|no column whose cells name"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_in_a_sentence(photos, given, words):
    write(photos.parent / "pupils.csv", IMAGES, "xyxy")
    write(photos.parent / "others.csv", ["zebra.jpg", "yak.jpg"], "xy")
    write(photos.parent / "numbered.csv", ["10", "11"], "xy", column="epoch")
    (photos.parent / "t.xlsx").write_bytes(b"PK")
    with pytest.raises(DatasetError, match=words):
        open_dataset(photos, metadata=given)


def test_a_home_folder_that_is_not_known_is_told_and_a_folder_called_so_opens(
    photos, tmp_path, monkeypatch
):
    with pytest.raises(DatasetError, match="'~nobody-here/a.csv' begins with '~nobody-here', the"):
        open_dataset(photos, metadata="~nobody-here/a.csv")
    with pytest.raises(DatasetError, match="write the whole path, also for"):
        open_dataset("~nobody-here/x")
    monkeypatch.chdir(tmp_path)
    photos.rename(tmp_path / "~nobody-here")
    for way in ("./~nobody-here", tmp_path / "~nobody-here"):
        assert len(open_dataset(way)) == len(IMAGES)


def test_only_a_folder_takes_a_table(photos):
    at = write(photos.parent / "t.csv", IMAGES, "xyxy")
    with pytest.raises(DatasetError, match="metadata: only a folder takes these, not 'digits'"):
        open_dataset("digits", metadata=at)
    with pytest.raises(DatasetError, match="is a table itself; give the folder of images"):
        open_dataset(at, metadata=at)
    with pytest.raises(DatasetError, match="only a folder takes this, not an object"):
        open_dataset(object(), metadata=at)


def test_the_folder_named_by_the_environment_takes_a_table(photos, monkeypatch):
    at = write(photos.parent / "t.csv", IMAGES, "xyxy")
    monkeypatch.setenv("WORKBOOK_DATASET", str(photos))
    assert open_dataset(metadata=at).classes == ["x", "y"]


@pytest.mark.parametrize("place", PLACES)
def test_the_line_that_opens_it_again_names_the_table_without_its_path(photos, place, monkeypatch):
    at = write(photos / place / "t.csv", IMAGES, "xyxy")
    line = opening_line(open_dataset(photos, metadata=at, label="label"))
    assert str(photos.parent) not in line
    if place.startswith(".."):
        line = line.replace("path/to/t.csv", str(at))
    line = line.replace("path/to/photos", str(photos))
    call = ast.parse(line, mode="eval").body
    named = {one.arg: one.value.value for one in call.keywords}
    again = open_dataset(call.args[0].value, **named)
    assert (again.classes, len(again), again.root) == (["x", "y"], 4, photos)


NAMES = {
    "labels.csv": True, "two words.tsv": True, "-dash.csv": True, "größe.CSV": True,
    "it's.csv": False, "$HOME.csv": False, 'so "called".csv': False, "a`b.csv": False,
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_what_is_printed_of_a_table_beside_the_folder_can_be_typed(photos, name, monkeypatch):
    at = write(photos.parent / name, IMAGES, "xyxy")
    if name.endswith("tsv"):
        at.write_text(at.read_text().replace(",", "\t"))
    monkeypatch.chdir("/")
    dataset = open_dataset(photos)
    (note,) = dataset.notes
    assert note.startswith(f"'{name}' beside this folder names 4 of its 4 images and was not used")
    assert scrub(note, dataset) == note  # as the page of the report shows it
    given = ast.literal_eval(re.search(r"metadata=(.+?)\)", note)[1])
    assert given == name
    assert open_dataset(photos, metadata=given).classes == ["x", "y"]
    typed = re.search("--metadata .* in a command", note)
    assert bool(typed) == NAMES[name]
    if typed:
        asked = ["scan", str(photos), *shlex.split(typed[0].removesuffix(" in a command"))]
        dataset = command_line.open_asked(command_line._parser([]).parse_args(asked))
        assert dataset.classes == ["x", "y"]


def test_where_the_name_alone_would_mean_another_table_the_path_is_printed(photos, monkeypatch):
    at = write(photos.parent / "labels.csv", IMAGES, "xyxy")
    write(photos.parent / "elsewhere" / "labels.csv", ["1.jpg"], "x")
    monkeypatch.chdir(photos.parent / "elsewhere")
    (note,) = open_dataset(photos).notes
    assert f'open_dataset(…, metadata={str(at)!r}), or --metadata "{at}" in a command' in note


PAIRS = "image_id,label,other_id,other_label,kind,chance,together,why\n"
PRODUCTS = {
    "pairs": PAIRS + "".join(f"{i},a,b/4.jpg,b,near copy,,yes,\n" for i in IMAGES[:3]),
    "images": "image_id,label,stays_with\n" + "".join(f"{i},x,a/1.jpg\n" for i in IMAGES),
    "sample": "number,image_id,given,action,label,reason\n"
    + "".join(f"{n},{i},a, Relabel ,b,\n" for n, i in enumerate(IMAGES)),
    "unanswered": "number,image_id,given,action,label,reason\n"
    + "".join(f"{n},{i},a,,,\n" for n, i in enumerate(IMAGES)),
    "log": "image_id,action,label,reason,when,content\n"
    + "".join(f"{i},drop,,dark,,\n" for i in IMAGES),
    "suspects": "image_id,label,other_id,other_label,issue,suggested_label\n"
    + "".join(f"{i},a,,,dark,\n" for i in IMAGES),
    "label_next": "image_id,suggested_label\n" + "".join(f"{i},a\n" for i in IMAGES),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_what_a_report_or_a_log_wrote_is_not_offered_as_metadata(photos, name):
    (photos.parent / "answers.csv").write_text(PRODUCTS[name])
    assert open_dataset(photos).notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "image_id,action\n" + "".join(f"{i},running\n" for i in IMAGES),
        "file,action\n" + "".join(f"{i},keep\n" for i in IMAGES),
        "image_id,together\n" + "".join(f"{i},yes\n" for i in IMAGES),
    ],
)
def test_metadata_with_some_of_the_columns_of_a_report_are_offered(photos, text):
    (photos.parent / "mine.csv").write_text(text)
    (note,) = open_dataset(photos).notes
    assert note.startswith("'mine.csv' beside this folder names 4 of its 4 images")
