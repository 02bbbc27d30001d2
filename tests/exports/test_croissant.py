"""croissant.json: mlcroissant loads back, record by record, what was handed over."""

import hashlib
import json
import subprocess
from pathlib import Path

import mlcroissant
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers import open_dataset
from helpers.datasets import Dataset, DatasetError, export
from helpers.exports.croissant import croissant, field_ids, write_croissant

LABELS = ["007", 'a |b|\n"c", é葉', "NA", "true"]
COLUMNS = ["site", 'odd "na|me"\n', "image", "_x"]


def make(folder, labels, suffixes=("png", "jpg"), **columns):
    """A dataset of noisy pictures, one a label, in one folder per number modulo two."""
    rows = {}
    for number, label in enumerate(labels):
        name = f"f{number % 2}/{number:02d}.{suffixes[number % len(suffixes)]}"
        path = folder / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        values = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        Image.fromarray(values).save(path)
        rows[name] = label
    label = pd.Series(rows, dtype="str").sort_index().rename_axis("image_id")
    split = pd.Series([None] * len(label), label.index, dtype="str")
    images = pd.DataFrame({"label": label, "split": split}).assign(**columns)
    return Dataset("photos", folder / "photos", images)


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def load(path, record_set="images"):
    """The records by what mlcroissant calls their fields, bytes as text."""
    found = mlcroissant.Dataset(str(path))
    assert not found.metadata.ctx.issues.errors
    return [
        {name: text(value) for name, value in record.items()}
        for record in found.records(record_set)
    ]


def drop(image_id):
    """What a decision log says of one image that was left out."""
    row = {"action": "drop", "reason": "blurred", "label": None, "when": None}
    return pd.DataFrame([row], pd.Index([image_id], name="image_id"))


@pytest.fixture
def odd(tmp_path):
    """Eight images with labels, splits and columns that a careless reader takes for others."""
    made = make(tmp_path, LABELS * 2)
    return made.with_images(
        made.images.assign(
            split=["train", "valid", "test", "train"] * 2,
            site=["01", "02", None, "1e3"] * 2,
            **{COLUMNS[1]: ["=1+1", "x,y", None, "z"] * 2, "image": range(8)},
            _x=[0.5, 1.25, np.nan, 2.0] * 2,
            seen=[True, False] * 4,
        )
    )


def test_every_record_comes_back_with_its_picture_and_its_columns(odd, tmp_path):
    written = export(odd, tmp_path / "out", images="copies", progress=False)
    records = load(write_croissant(odd, tmp_path / "out"))
    assert len(records) == 8
    by_id = {record["images/image_id"]: record for record in records}
    for image_id, row in odd.images.iterrows():
        record = by_id[image_id]
        assert record["images/label"] == row["label"]
        assert record["images/split"] == row["split"]
        assert record["images/site"] == (None if pd.isna(row["site"]) else row["site"])
        strange = row[COLUMNS[1]]
        assert record["images/odd-na-me"] == (None if pd.isna(strange) else strange)
        assert record["images/image_in_table"] == row["image"]
        assert record["images/_x"] == (None if pd.isna(row["_x"]) else row["_x"])
        assert record["images/seen"] is row["seen"]
        assert record["images/file_name"] == written.table.loc[image_id, "file_name"]
        expected = odd.load(image_id)
        assert np.array_equal(np.asarray(record["images/image"]), np.asarray(expected))


def test_text_that_looks_like_something_else_is_handed_over_typed(odd, tmp_path):
    export(odd, tmp_path / "out", images="copies", progress=False)
    path = write_croissant(odd, tmp_path / "out")
    assert (tmp_path / "out" / "images.pq").exists()
    tables = [one["@id"] for one in json.loads(path.read_text())["distribution"]]
    assert tables == ["images.pq", "SHA256SUMS", "image-files"]
    again = open_dataset(tmp_path / "out", progress=False)
    # Opening takes a line break in a label for a space.
    assert {*again.images["label"]} == {label.replace("\n", " ") for label in LABELS}


@pytest.mark.parametrize(
    ("labels", "typed"),
    [
        (["a", "b"], False),
        (["0", "10"], False),
        (["cat", None], False),
        (["01", "10"], True),
        (["1.0", "2.0"], False),
        (["1.50", "2.0"], True),
        (["NA", "b"], True),
        (["null", "b"], True),
        (["True", "False"], False),
        (["TRUE", "FALSE"], True),
        (["1e3", "2e3"], True),
    ],
)
def test_a_second_table_is_written_only_where_guessing_changes_text(labels, typed, tmp_path):
    made = make(tmp_path, labels)
    export(made, tmp_path / "out", images="copies", progress=False)
    path = write_croissant(made, tmp_path / "out")
    assert (tmp_path / "out" / "images.pq").exists() == typed
    found = [record["images/label"] for record in load(path)]
    assert sorted(map(str, found)) == sorted(map(str, labels))


def test_sizes_and_checksums_are_those_of_the_files(odd, tmp_path):
    export(odd, tmp_path / "out", images="copies", progress=False)
    found = json.loads(write_croissant(odd, tmp_path / "out").read_text(encoding="utf-8"))
    objects = [one for one in found["distribution"] if one["@type"] == "cr:FileObject"]
    assert len(objects) == 2
    for one in objects:
        data = (tmp_path / "out" / one["contentUrl"]).read_bytes()
        assert one["sha256"] == hashlib.sha256(data).hexdigest()
        assert one["contentSize"] == f"{len(data)} B"
    lines = (tmp_path / "out" / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 8
    check = ["sha256sum", "-c", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=tmp_path / "out").returncode == 0


def test_a_changed_table_is_noticed_by_its_reader(odd, tmp_path):
    made = make(tmp_path, ["a", "b"])
    export(made, tmp_path / "out", images="copies", progress=False)
    path = write_croissant(made, tmp_path / "out")
    with open(tmp_path / "out" / "images.csv", "a") as file:
        file.write("\n")
    with pytest.raises(Exception, match=r"Download\(images.csv\)") as found:
        load(path)
    assert "Hash of downloaded file" in str(found.value.__cause__)


def test_names_of_files_that_are_no_patterns_are_found(tmp_path):
    made = make(tmp_path, ["[a]*?", "b"], suffixes=("PNG", "webp", "jpg"))
    export(made, tmp_path / "out", images="copies", progress=False)
    path = write_croissant(made, tmp_path / "out")
    found = json.loads(path.read_text(encoding="utf-8"))
    (files,) = [one for one in found["distribution"] if one["@type"] == "cr:FileSet"]
    assert files["encodingFormat"] == ["image/png", "image/webp"]
    assert files["includes"] == ["images/*.PNG", "images/*.webp"]
    assert len(load(path)) == 2


def test_without_images_the_records_are_the_rows(tmp_path):
    made = make(tmp_path, ["a", None, "b"])
    export(made, tmp_path / "out", progress=False)
    (tmp_path / "out" / "images.csv").write_text(
        "image_id,label,split\nf0/00.png,a,\nf1/01.jpg,,\nf0/02.png,b,\n"
    )
    path = write_croissant(made, tmp_path / "out")
    assert not (tmp_path / "out" / "SHA256SUMS").exists()
    assert [(one["images/image_id"], one["images/label"]) for one in load(path)] == [
        ("f0/00.png", "a"), ("f1/01.jpg", None), ("f0/02.png", "b"),
    ]  # fmt: skip
    found = json.loads(path.read_text())
    assert "their files are not handed over" in found["description"]
    assert "images/image" not in [field["@id"] for field in found["recordSet"][0]["field"]]


def test_a_table_with_more_columns_than_the_dataset_keeps_hashes_as_text(tmp_path):
    made = make(tmp_path, ["a", "b"])
    (tmp_path / "images.csv").write_text(
        "image_id,label,width,sharpness,phash,flags\n"
        "f0/00.png,a,8,0.10,0012,\nf1/01.jpg,b,9,1e3,12e4,dark; blurred\n"
    )
    records = load(write_croissant(made, tmp_path))
    assert [record["images/phash"] for record in records] == ["0012", "12e4"]
    assert [record["images/width"] for record in records] == [8, 9]
    assert [record["images/sharpness"] for record in records] == [0.1, 1000.0]
    assert [record["images/flags"] for record in records] == [None, "dark; blurred"]
    fields = croissant(made, tmp_path)["recordSet"][0]["field"]
    types = {field["name"]: field["dataType"] for field in fields}
    assert types == {
        "image_id": "sc:Text", "label": ["sc:Text", "cr:Label"], "width": "sc:Integer",
        "sharpness": "sc:Float", "phash": "sc:Text", "flags": "sc:Text",
    }  # fmt: skip


def test_dropped_images_are_not_counted_where_the_table_is_alone(tmp_path):
    made = make(tmp_path, ["a", "b", "c"])
    decisions = drop("f1/01.jpg")
    export(made, tmp_path / "out", decisions=decisions, progress=False)
    found = croissant(made, tmp_path / "out")
    assert found["description"].startswith("2 images (the table alone; their files are not")


def test_columns_that_are_alike_without_signs_have_fields_of_their_own():
    columns = ["a b", "a-b", "a|b", "image", "", "\u8449", "a.b_c"]
    assert [*field_ids(columns).values()] == [
        "images/a-b", "images/a-b-2", "images/a-b-3", "images/image-2", "images/column",
        "images/column-2", "images/a.b_c",
    ]  # fmt: skip


def test_dropped_images_have_no_record(tmp_path):
    made = make(tmp_path, ["a", "b", "c"])
    decisions = drop("f1/01.jpg")
    export(made, tmp_path / "out", images="copies", decisions=decisions, progress=False)
    path = write_croissant(made, tmp_path / "out")
    assert [record["images/label"] for record in load(path)] == ["a", "c"]
    found = json.loads(path.read_text())
    assert found["description"].startswith("2 images of 2 classes (a, c), by split: undecided 2.")
    assert [one["classes/name"] for one in load(path, "classes")] == ["a", "b", "c"]


def test_one_class_and_no_label_at_all_are_described(tmp_path):
    for number, labels in enumerate((["only"] * 2, [None, None])):
        made = make(tmp_path / str(number), labels)
        export(made, tmp_path / str(number) / "out", images="copies", progress=False)
        path = write_croissant(made, tmp_path / str(number) / "out")
        assert [record["images/label"] for record in load(path)] == labels
        sets = [one["@id"] for one in json.loads(path.read_text())["recordSet"]]
        assert sets == [["images", "classes"], ["images"]][number]


def test_what_a_person_knows_is_told_and_the_rest_is_named(tmp_path):
    made = make(tmp_path, ["a", "b"])
    export(made, tmp_path / "out", progress=False)
    bare = croissant(made, tmp_path / "out")
    assert bare["description"].endswith(
        "Not known, and to be filled in by who does: licence, who made it, where it is published."
    )
    assert not {"license", "creator", "url", "citeAs", "version", "datePublished"} & set(bare)
    full = croissant(
        made, tmp_path / "out", description="Leaves.", licence="https://example.org/licence",
        creator="A. Person", url="https://example.org", citation="@misc{x}", version="1.0.0",
        published="2026-01-31", limitations=["One camera only."],
    )  # fmt: skip
    assert full["description"] == "Leaves."
    assert full["creator"] == {"@type": "sc:Person", "name": "A. Person"}
    metadata = mlcroissant.Dataset(full).metadata
    assert not metadata.ctx.issues.errors and not metadata.ctx.issues.warnings
    assert metadata.data_limitations == ["One camera only."]
    assert str(metadata.version) == "1.0.0"
    team = {"@type": "sc:Organization", "name": "A team"}
    assert croissant(made, tmp_path / "out", creator=team)["creator"] == team


def test_nothing_of_this_computer_is_in_the_description(odd, tmp_path):
    export(odd, tmp_path / "out", images="copies", progress=False)
    content = write_croissant(odd, tmp_path / "out").read_bytes()
    assert bytes(tmp_path) not in content and b"/home" not in content


def test_what_is_not_there_is_said(odd, tmp_path):
    with pytest.raises(DatasetError, match=r"helpers.datasets.export\(dataset, folder\) writes it"):
        write_croissant(odd, tmp_path / "none")
    export(odd, tmp_path / "out", images="copies", progress=False)
    table = pd.read_csv(tmp_path / "out" / "images.csv", dtype=str, keep_default_na=False)
    (tmp_path / "out" / table["file_name"][3]).unlink()
    with pytest.raises(DatasetError, match="1 file that .* are not in"):
        write_croissant(odd, tmp_path / "out")


def test_a_table_of_somebody_elses_is_not_taken_for_ours(tmp_path):
    made = make(tmp_path, ["a", "b"])
    export(made, tmp_path / "out", images="copies", progress=False)
    (tmp_path / "out" / "images.pq").write_bytes(b"mine")
    with pytest.raises(DatasetError, match="is there already"):
        write_croissant(made, tmp_path / "out")
    assert (tmp_path / "out" / "images.pq").read_bytes() == b"mine"
    assert Path(tmp_path / "out" / "croissant.json").exists() is False
