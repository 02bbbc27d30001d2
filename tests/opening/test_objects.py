"""Datasets of other libraries: torchvision's own, and a stand-in for Hugging Face's, which is held
to the real one where that is installed."""

import re
from types import SimpleNamespace

import pytest
from PIL import Image as Pillow
from torchvision.datasets import DatasetFolder, ImageFolder

from helpers.datasets import DatasetError, open_dataset


class Image:
    """A feature of images, as in Hugging Face's datasets: a path, or bytes without one."""

    def __init__(self, decode=True):
        self.decode = decode


class ClassLabel:
    def __init__(self, names):
        self.names = names

    def int2str(self, number):
        return self.names[number]


class Part:
    """A stand-in for ``datasets.Dataset``: columns by name, rows by iteration, images decoded
    unless cast."""

    def __init__(self, columns, features, split=None):
        self.columns, self.features, self.split = columns, features, split

    def cast_column(self, column, feature):
        return Part(self.columns, {**self.features, column: feature}, self.split)

    def _cell(self, column, cell):
        if isinstance(self.features[column], Image) and self.features[column].decode and cell:
            return Pillow.new("RGB", (4, 4)) if cell.get("bytes") else Pillow.open(cell["path"])
        return cell

    def __getitem__(self, column):
        return [self._cell(column, cell) for cell in self.columns[column]]

    def __iter__(self):
        for row in zip(*self.columns.values(), strict=True):
            yield {c: self._cell(c, v) for c, v in zip(self.columns, row, strict=True)}


@pytest.fixture
def photos(tmp_path, picture):
    for i, name in enumerate(("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png")):
        picture(tmp_path / "photos" / name, level=i)
    return tmp_path / "photos"


def part(photos, names=("cat/1.png", "dog/1.png"), split=None, **more):
    cells = [{"path": str(photos / name), "bytes": None} for name in names]
    labels = [0 if name.startswith("cat") else 1 for name in names]
    features = {"image": Image(), "label": ClassLabel(["cat", "dog"])} | dict.fromkeys(
        more, "value"
    )
    return Part({"image": cells, "label": labels, **more}, features, split)


def rows(dataset):
    images = dataset.images[["label", "split"]].astype(object)
    images = images.where(images.notna(), None)
    return {i: tuple(row) for i, row in zip(images.index, images.to_numpy(), strict=True)}


ALL = {
    "cat/1.png": ("cat", None), "cat/2.png": ("cat", None),
    "dog/1.png": ("dog", None), "dog/2.png": ("dog", None),
}  # fmt: skip


def test_an_image_folder_of_torchvision_opens_with_its_labels_and_files(photos):
    dataset = open_dataset(ImageFolder(photos))
    assert (rows(dataset), dataset.root, dataset.name) == (ALL, photos, "photos")
    assert dataset.images.dtypes.astype(str).tolist() == ["str", "str"]
    assert dataset.load("dog/2.png").getpixel((0, 0)) == (3, 3, 3)
    assert dataset.notes == ()


def test_a_dataset_folder_has_the_labels_of_its_first_level(photos, picture):
    picture(photos / "dog" / "puppies" / "3.png")
    dataset = open_dataset(DatasetFolder(photos, loader=open, extensions=(".png",)))
    assert rows(dataset) == {**ALL, "dog/puppies/3.png": ("dog", None)}
    assert dataset.work != open_dataset(photos).work


def test_a_relative_or_linked_root_opens(photos, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(photos)
    for source in ("photos", "link"):
        dataset = open_dataset(ImageFolder(source))
        assert rows(dataset) == ALL
        assert dataset.path("cat/1.png").exists()


def test_samples_elsewhere_repeated_or_of_one_class_are_kept_and_told(photos, tmp_path, picture):
    picture(tmp_path / "more" / "9.png")
    found = ImageFolder(photos)
    found.samples = [*found.samples[:1], found.samples[0], (str(tmp_path / "more" / "9.png"), 0)]
    dataset = open_dataset(found)
    assert rows(dataset) == {"more/9.png": ("cat", None), "photos/cat/1.png": ("cat", None)}
    assert dataset.root == tmp_path
    assert dataset.notes == (
        "1 samples name a file that an earlier one names; left out.",
        "All labels are 'cat': one class can be looked at and audited, not trained on.",
    )


def test_samples_that_are_no_images_or_none_at_all_are_refused(photos):
    (photos / "cat" / "x.npy").touch()
    arrays = DatasetFolder(photos, loader=open, extensions=(".npy", ".png"))
    with pytest.raises(DatasetError, match=r"1 of 5 samples of this DatasetFolder are no images"):
        open_dataset(arrays)
    arrays.samples = []
    with pytest.raises(DatasetError, match="This DatasetFolder holds no images"):
        open_dataset(arrays)


def test_columns_of_a_table_are_refused_for_torchvision(photos):
    with pytest.raises(DatasetError, match="^label: torchvision's ImageFolder has no table"):
        open_dataset(ImageFolder(photos), label="kind")


def test_a_hugging_face_dataset_opens_with_labels_by_name_and_metadata(photos):
    found = part(photos, ("dog/1.png", "cat/2.png"), patient=["b", "a"], age=[3, None])
    dataset = open_dataset(found)
    assert rows(dataset) == {"cat/2.png": ("cat", None), "dog/1.png": ("dog", None)}
    assert (dataset.root, dataset.name, dataset.source) == (photos, "photos", "Part, label")
    assert dataset.images["patient"].tolist() == ["a", "b"]
    assert (dataset.group, dataset.metadata) == ("patient", ["patient", "age"])
    assert dataset.load("dog/1.png").getpixel((0, 0)) == (2, 2, 2)


def test_a_dictionary_of_parts_gives_the_splits_by_their_names(photos):
    found = {
        "train": part(photos, ("cat/1.png", "dog/1.png")),
        "validation": part(photos, ("cat/2.png",)),
        "extra": part(photos, ("dog/2.png",)),
    }
    dataset = open_dataset(found)
    assert rows(dataset) == {
        "cat/1.png": ("cat", "train"), "cat/2.png": ("cat", "valid"),
        "dog/1.png": ("dog", "train"), "dog/2.png": ("dog", None),
    }  # fmt: skip
    assert "words that name no split: extra" in dataset.notes[0]
    assert (dataset.metadata, dataset.source) == ([], "dict, label")
    del found["extra"]
    dataset = open_dataset(found)
    assert list(rows(dataset).values()) == [("cat", "train"), ("cat", "valid"), ("dog", "train")]
    assert (dataset.metadata, dataset.notes) == ([], ())


@pytest.mark.parametrize("given", ["alone", "in a dictionary"])
def test_a_single_part_is_not_taken_for_a_split(photos, given):
    one = part(photos, split="train" if given == "alone" else None)
    dataset = open_dataset(one if given == "alone" else {"train": one})
    assert dataset.images["split"].isna().all()
    assert dataset.notes == (
        "All images are in one part, 'train', as Hugging Face calls what was never divided, so "
        "none has a split yet.",
    )


def test_a_class_that_is_unknown_is_missing(photos):
    found = part(photos)
    found.columns["label"] = [-1, 1]
    assert rows(open_dataset(found)) == {"cat/1.png": (None, None), "dog/1.png": ("dog", None)}


def test_a_class_column_of_another_name_is_the_label_and_one_can_be_chosen(photos):
    found = part(photos)
    found.columns["breed"] = found.columns.pop("label")
    found.features = {"image": Image(), "breed": ClassLabel(["tabby", "poodle"])}
    assert open_dataset(found).classes == ["poodle", "tabby"]
    found.columns["size"], found.features["size"] = ["big", "small"], "value"
    dataset = open_dataset(found, label="size")
    assert dataset.classes == ["big", "small"]


def classed(photos, **kinds):
    """A part of two images whose columns of these names hold classes, or a plain text if None."""
    cells = [{"path": str(photos / name), "bytes": None} for name in ("cat/1.png", "dog/1.png")]
    features = {name: ClassLabel(names) if names else "value" for name, names in kinds.items()}
    columns = {name: [0, 1] if names else ["x", "y"] for name, names in kinds.items()}
    return Part({"image": cells, **columns}, {"image": Image(), **features})


def test_a_lone_class_column_is_the_label_unless_another_is_called_so(photos):
    alone = open_dataset(classed(photos, coat=["long", "short"]))
    assert (alone.classes, alone.metadata) == (["long", "short"], [])
    beside = open_dataset(classed(photos, coat=["long", "short"], label=None))
    assert (beside.classes, beside.metadata) == (["x", "y"], ["coat"])
    assert beside.images["coat"].tolist() == ["long", "short"]
    both = open_dataset(classed(photos, coat=["long", "short"], tail=["curled", "straight"]))
    assert (both.labelled, both.metadata) == (False, ["coat", "tail"])
    assert both.images["tail"].tolist() == ["curled", "straight"]
    assert open_dataset(classed(photos, label=["long", "short"])).classes == ["long", "short"]


def test_images_without_files_are_refused_with_a_line_that_writes_them(
    photos, tmp_path, monkeypatch
):
    for names in ({"": None}, {"train": None, "test": None}):
        found = {}
        for name in names:
            found[name] = part(photos)
            found[name].columns["image"] = [
                {"path": name, "bytes": b"x"} for name in (None, "1.png")
            ]
        data = found.get("", found)
        with pytest.raises(
            DatasetError, match="2 of 2 images of column 'image' lie in no"
        ) as caught:
            open_dataset(data)
        line = re.search(r"from pathlib.*", str(caught.value))[0]
        monkeypatch.chdir(tmp_path)
        (tmp_path / "out").mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / "out")
        exec(line, {"data": data})
        assert rows(open_dataset("photos")) == {
            "cat/000000.png": ("cat", None), "dog/000001.png": ("dog", None)
        }  # fmt: skip


def test_images_without_files_or_labels_are_written_flat(photos, tmp_path, monkeypatch):
    found = Part({"image": [{"path": None, "bytes": b"x"}]}, {"image": Image()})
    with pytest.raises(DatasetError) as caught:
        open_dataset(found)
    monkeypatch.chdir(tmp_path / "photos")
    exec(re.search(r"from pathlib.*", str(caught.value))[0], {"data": found})
    assert (tmp_path / "photos" / "photos" / "000000.png").exists()


def test_no_column_or_several_columns_of_images_are_told(photos):
    with pytest.raises(DatasetError, match=r"No column holds images \(columns: text\)"):
        open_dataset(Part({"text": ["a"]}, {"text": "value"}))
    two = part(photos)
    two.columns["mask"] = two.columns["image"][::-1]
    two.features["mask"] = Image()
    with pytest.raises(DatasetError, match=r"\(image, mask\); choose one with files='image'"):
        open_dataset(two)
    assert rows(open_dataset(two, files="image"))["cat/1.png"] == ("cat", None)
    assert rows(open_dataset(two, files="mask"))["cat/1.png"] == ("dog", None)
    with pytest.raises(
        DatasetError, match="files='label' is no column of images; there are: image"
    ):
        open_dataset(two, files="label")


@pytest.mark.parametrize(
    "source", [5, ["a"], {}, {"a": 1}, SimpleNamespace(samples=1), SimpleNamespace(features={})]
)
def test_other_objects_are_refused_with_what_can_be_opened(source):
    with pytest.raises(DatasetError, match="is neither a name .* nor a path, nor torchvision's"):
        open_dataset(source)


def test_the_real_library_does_what_the_stand_in_does(photos):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])}
    )
    files = [str(path) for path in sorted(photos.rglob("*.png"))]
    one = datasets.Dataset.from_dict({"image": files, "label": [0, 0, 1, 1]}, features=features)
    assert rows(open_dataset(one)) == ALL
    assert list(rows(open_dataset(one.select([3, 1]).shuffle(seed=1)))) == [
        "cat/2.png",
        "dog/2.png",
    ]
    both = datasets.DatasetDict({"train": one.select([0, 2]), "test": one.select([1, 3])})
    assert [split for _, split in rows(open_dataset(both)).values()] == ["train", "test"] * 2
    bare = [{"bytes": (photos / "cat/1.png").read_bytes(), "path": None}]
    inside = datasets.Dataset.from_dict({"image": bare, "label": [0]}, features=features)
    with pytest.raises(DatasetError, match="1 of 1 images of column 'image' lie in no file"):
        open_dataset(inside)
