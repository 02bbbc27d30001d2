import re

import pytest

from helpers.datasets import DatasetError
from helpers.opening import open_dataset
from helpers.opening.prefixes import tell_of_classes

ASKED = re.compile(r"open_dataset\('[^']+', pattern=r'[^']+'\)")


def numbered(*beginnings, each=3, start=1, end="jpg", width=1):
    return [
        f"{begins}{number:0{width}d}.{end}"
        for begins in beginnings
        for number in range(start, start + each)
    ]


def told(dataset):
    """The notes that say that names begin with classes."""
    return [note for note in dataset.notes if "begin with one of" in note]


def follow(note):
    """The dataset that the call printed in a note opens."""
    (call,) = ASKED.findall(note)
    return eval(call, {"open_dataset": open_dataset})


CLASSES = [
    (numbered("cat.", "dog."), {"cat": 3, "dog": 3}),
    (numbered("Abyssinian_", "great_pyrenees_", each=12), {"Abyssinian": 12, "great_pyrenees": 12}),
    (numbered("cat_", "dog_", width=4, end="png"), {"cat": 3, "dog": 3}),
    (numbered("cat", "dog", "horse", each=2), {"cat": 2, "dog": 2, "horse": 2}),
    ([f"{kind} ({n}).jpeg" for kind in ("OK", "NG") for n in range(4)], {"OK": 4, "NG": 4}),
    (numbered("benign-", "malignant-", each=5), {"benign": 5, "malignant": 5}),
    (numbered("猫_", "犬_"), {"猫": 3, "犬": 3}),
    (["rose_12_3.jpg", "rose_12_4.jpg", "tulip_1_1.jpg", "tulip_2_1.jpg"], {"rose": 2, "tulip": 2}),
    (numbered("n01440764_", "n02085620_", each=4), {"n01440764": 4, "n02085620": 4}),
    (numbered("photo_cat_", "photo_dog_"), {"photo_cat": 3, "photo_dog": 3}),
    ([*numbered("ant_", "bee_", each=20), "wasp_1.jpg"], {"ant": 20, "bee": 20, "wasp": 1}),
]


@pytest.mark.parametrize(("names", "counts"), CLASSES)
@pytest.mark.parametrize("folder", ["", "train/train/", "images/"])
def test_names_that_begin_with_classes_are_told_and_the_remedy_reads_them(
    tree, names, counts, folder
):
    root = tree(*(folder + name for name in names))
    dataset = open_dataset(root)
    assert dataset.images["label"].nunique() == 0
    (note,) = told(dataset)
    assert f"{len(counts)} words that may be" in note
    first, most = max(counts.items(), key=lambda item: item[1])
    assert f"{first} ({most})" in note
    labelled = follow(note)
    assert labelled.images["label"].value_counts().to_dict() == counts
    assert not told(labelled) and labelled.work != dataset.work


@pytest.mark.parametrize(
    "names",
    [
        numbered("img_", width=4),
        numbered("IMG_", "DSC", width=5),
        numbered("IMG_", "MVI_", "PXL_", start=20240501),
        numbered("IMG-20240501-WA", "VID-20240501-WA", width=4),
        numbered("WhatsApp Image ", "Screenshot ", start=2024),
        numbered("P", "S", width=3),
        numbered("left_", "right_"),
        numbered("front", "back"),
        numbered("train_", "test_"),
        numbered("patient_", "subject_"),
        numbered("frame_", each=9),
        numbered("cat.", each=9),
        numbered("", each=9),
        ["cat_a.jpg", "cat_b.jpg", "dog_a.jpg", "dog_b.jpg"],
        numbered("Ann_", "Bob_", "Cid_", "Dan_", "Eve_", each=1),
        [*numbered("Ann_", "Bob_"), *numbered("Cid_", "Dan_", "Eve_", each=1)],
        [f"{n * 7919 % 65536:04x}{n}.jpg" for n in range(40)],
        [*numbered("cat.", "dog."), "overview.jpg"],
        [*numbered("cat.", "dog."), *numbered("IMG_")],
        numbered("1_cat_", "2_dog_"),
    ],
)
def test_nothing_is_claimed_where_beginnings_say_nothing(tree, names):
    dataset = open_dataset(tree(*names))
    assert told(dataset) == [] and dataset.images["label"].isna().all()


def test_the_one_folder_of_which_all_names_begin_with_classes_is_the_one_to_open(tree):
    root = tree(
        *(f"train/{name}" for name in numbered("cat.", "dog.")), "test1/1.jpg", "test1/2.jpg"
    )
    (note,) = told(open_dataset(root))
    assert "all names in 'train' begin" in note
    assert follow(note).images["label"].to_dict() == {
        "cat.1.jpg": "cat", "cat.2.jpg": "cat", "cat.3.jpg": "cat",
        "dog.1.jpg": "dog", "dog.2.jpg": "dog", "dog.3.jpg": "dog",
    }  # fmt: skip


def test_of_two_folders_with_classes_beside_one_without_none_is_the_one_to_open(tree):
    names = numbered("cat.", "dog.")
    parts = [f"{part}/{name}" for part in ("train", "valid") for name in names]
    assert told(open_dataset(tree(*parts, "test/1.jpg", "test/2.jpg"))) == []
    assert len(tell_of_classes("photos", [*parts[:6], "test/1.jpg"])) == 1
    assert tell_of_classes("photos", [*parts, "test/1.jpg"]) == []


@pytest.mark.parametrize(("lone", "said"), [(2, 1), (3, 0)])
def test_nine_in_ten_names_must_begin_as_another_does(tree, lone, said):
    rare = [f"{word}.1.jpg" for word in ("fox", "owl", "elk")[:lone]]
    assert len(told(open_dataset(tree(*numbered("cat.", "dog.", each=9), *rare)))) == said


def test_labels_that_are_known_are_enough(tree):
    root = tree(*(f"{kind}/{name}" for kind in "ab" for name in numbered("cat.", "dog.")))
    assert told(open_dataset(root)) == []
    labels = open_dataset(root, pattern=r"([a-z]+)\.").images["label"]
    assert labels.to_dict()["a/dog.2.jpg"] == "dog"
    assert labels.value_counts().to_dict() == {"cat": 6, "dog": 6}
    flat = tree("beside/x.1.jpg", "beside/y.1.jpg")
    (flat / "beside" / "labels.csv").write_text("file,label\nx.1.jpg,one\ny.1.jpg,two\n")
    assert open_dataset(flat / "beside").images["label"].tolist() == ["one", "two"]
    assert open_dataset(flat / "beside", pattern="(.)").images["label"].tolist() == ["x", "y"]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"([a-z]+)_", "fits none of the 6 names; .*does not fit cat.1.jpg, cat.2.jpg, cat.3.jpg"),
        (r"(cat)", "fits 3 of the 6 names; .*does not fit dog.1.jpg, dog.2.jpg, dog.3.jpg"),
        (r"(x?)", "fits none of the 6 names"),
        (r"[a-z]+", "has no group; put parentheses"),
        (r"([a-z]+", "is no regular expression: missing \\)"),
        (7, "is no regular expression"),
    ],
)
def test_a_pattern_that_fits_nothing_or_a_part_is_refused(tree, pattern, words):
    with pytest.raises(DatasetError, match=words):
        open_dataset(tree(*numbered("cat.", "dog.")), pattern=pattern)


def test_a_pattern_is_asked_of_folders_alone_and_not_beside_a_label(tree, monkeypatch):
    root = tree(*numbered("cat.", "dog."))
    with pytest.raises(DatasetError, match=r"label='folder_1' and pattern='\(.\)': give one"):
        open_dataset(root, label="folder_1", pattern="(.)")
    with pytest.raises(DatasetError, match="^pattern: only a folder takes these, not 'leaves'"):
        open_dataset("leaves", pattern="(.)")
    with pytest.raises(DatasetError, match="only a folder takes this, not an object"):
        open_dataset(object(), pattern="(.)")
    monkeypatch.setenv("WORKBOOK_DATASET", str(root))
    assert open_dataset(pattern="(.)").images["label"].value_counts().to_dict() == {"c": 3, "d": 3}


def test_labels_read_from_names_are_tidied_as_others_are(tree):
    root = tree("red  fox 1.jpg", "red fox 2.jpg", "Owl.1.jpg", "owl.2.jpg")
    dataset = open_dataset(root, pattern=r"(\D+)\d")
    assert dataset.images["label"].to_dict() == {
        "red  fox 1.jpg": "red fox", "red fox 2.jpg": "red fox",
        "Owl.1.jpg": "Owl.", "owl.2.jpg": "owl.",
    }  # fmt: skip
    assert any("Owl." in note and "owl." in note for note in dataset.notes)


def test_what_a_pattern_names_a_group_is_kept_together_and_the_other_names_stand_alone(tree):
    names = ("7_a.jpg", "7_b.jpg", "8_a.jpg", "8_b.jpg", "lone.jpg", "7.jpg")
    root = tree(*(f"{kind}/{name}" for kind in ("cat", "dog") for name in names))
    dataset = open_dataset(root, pattern=r"(?P<group>\d+)_")
    assert dataset.group == "group in name"
    assert dataset.images["group in name"].dropna().to_dict() == {
        f"{kind}/{name}": name[0] for kind in ("cat", "dog") for name in names[:4]
    }
    assert dataset.images["label"].value_counts().to_dict() == {"cat": 6, "dog": 6}
    assert "The names put 8 images into 2 groups." in dataset.notes
    assert any(
        "does not fit 4 names; those images stand alone: 7.jpg, lone.jpg" in note
        for note in dataset.notes
    )
    assert dataset.groups.nunique() == 2 + 4


def test_a_pattern_may_name_the_label_and_the_group(tree):
    root = tree("cat_7_1.jpg", "cat_7_2.jpg", "dog_8_1.jpg", "dog_8_2.jpg")
    dataset = open_dataset(root, pattern=r"(?P<label>[a-z]+)_(?P<group>\d+)")
    assert dataset.images["label"].tolist() == ["cat", "cat", "dog", "dog"]
    assert dataset.images["group in name"].tolist() == ["7", "7", "8", "8"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"pattern": r"(?P<leaf>\d)"}, "names leaf; it may name 'label' and 'group'"),
        ({"pattern": r"(?P<group>.+)"}, "a group in 6 of the 6 names, and none of them twice"),
        ({"pattern": r"(?P<group>\d+)_"}, "a group in 0 of the 6 names"),
        ({"pattern": r"(?P<group>[a-z]+)", "group": "folder_1"}, "group='folder_1' and pattern="),
    ],
)
def test_a_pattern_that_puts_nothing_together_is_refused(tree, asked, words):
    with pytest.raises(DatasetError, match=words):
        open_dataset(tree(*numbered("cat.", "dog.")), **asked)


def test_a_column_that_is_called_as_the_groups_in_names_is_not_overwritten(tree):
    root = tree("7_a.jpg", "7_b.jpg", "8_a.jpg")
    table = "file,label,group in name\n7_a.jpg,x,1\n7_b.jpg,y,2\n8_a.jpg,x,1\n"
    (root / "labels.csv").write_text(table)
    with pytest.raises(DatasetError, match="There is a column 'group in name' already"):
        open_dataset(root, pattern=r"(?P<group>\d+)_")
