import numpy as np
import pandas as pd
import pytest

from helpers.audit import find_label_issues
from helpers.audit.labels import _link
from helpers.datasets import Dataset, DatasetError

CLASSES = ("ash", "elm", "yew")
EACH, PHOTOS = 12, 4


def thing_of(image_id):
    return image_id[:6]


@pytest.fixture
def features():
    """Twelve things of each of three classes, four photos of each; a thing has its own look."""
    rng = np.random.default_rng(0)
    rows = {}
    for kind in range(len(CLASSES)):
        for number in range(EACH):
            look = np.r_[4 * np.eye(3)[kind], rng.normal(0, 1, 20)]
            for photo in range(PHOTOS):
                name = f"{CLASSES[kind]} {number:02d} {photo}.jpg"
                rows[name] = look + np.r_[rng.normal(0, 1, 3), rng.normal(0, 0.1, 20)]
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("image_id")
    return table.rename(columns=lambda number: f"stage1 {number:03d}")


def dataset_of(features, folder, **labels):
    index = pd.Index(sorted(features.index), name="image_id", dtype="str")
    images = pd.DataFrame({"label": index.str[:3], "split": None, "thing": index.map(thing_of)},
                          index=index).astype("str")  # fmt: skip
    for image_id, label in labels.items():
        images.loc[image_id, "label"] = label
    return Dataset("trees", folder, images, group="thing")


def test_a_label_that_differs_from_its_group_is_found_and_corrected(features, tmp_path):
    dataset = dataset_of(features, tmp_path, **{"ash 03 1.jpg": "yew", "elm 07 0.jpg": "ash"})
    table = find_label_issues(dataset, features)
    issues = table[table["evidence"] == "within group"]
    assert issues["suggested"].to_dict() == {"ash 03 1.jpg": "ash", "elm 07 0.jpg": "elm"}
    assert issues["given"].to_dict() == {"ash 03 1.jpg": "yew", "elm 07 0.jpg": "ash"}
    assert table["issue"].is_monotonic_decreasing
    assert table["rank"].tolist() == list(range(1, len(features) + 1))
    assert table["quality"].between(0, 1).all()
    assert issues["quality"].max() < table.loc[~table["issue"], "quality"].min()


def wrong_group(name, label):
    return {f"{name} {photo}.jpg": label for photo in range(PHOTOS)}


def test_a_group_that_is_wrong_as_a_whole_is_found(features, tmp_path):
    dataset = dataset_of(features, tmp_path, **wrong_group("elm 05", "yew"))
    table = find_label_issues(dataset, features)
    assert set(table.index[table["issue"]]) == {f"elm 05 {photo}.jpg" for photo in range(PHOTOS)}
    found = table[table["issue"]]
    assert set(found["evidence"]) == {"whole group"} and set(found["suggested"]) == {"elm"}


def test_folds_that_cut_through_groups_learn_a_wrong_group_by_heart(features, tmp_path):
    by_heart = features.copy()
    by_heart.iloc[:, :3] *= 0.2
    wrong = wrong_group("elm 05", "yew")
    dataset = dataset_of(features, tmp_path, **wrong)
    quality = {
        groups: find_label_issues(dataset, by_heart, groups, one_label=False)["quality"][[*wrong]]
        for groups in (None, False)
    }
    assert quality[None].mean() < 0.5 * quality[False].mean()


def test_a_copy_of_a_wrong_label_cannot_teach_it(features, tmp_path):
    stranger = features.loc[["elm 05 0.jpg"]].set_axis(["new 00 0.jpg"])
    both = pd.concat([features, stranger]).rename_axis("image_id")
    both.iloc[:, :3] *= 0.2
    wrong = {"elm 05 0.jpg": "yew", "new 00 0.jpg": "yew"}
    dataset = dataset_of(both, tmp_path, **wrong)
    pairs = pd.DataFrame({"image_id": ["elm 05 0.jpg"], "other_id": ["new 00 0.jpg"]})
    alone = find_label_issues(dataset, both, False).loc["new 00 0.jpg"]
    paired = find_label_issues(dataset, both, None, pairs).loc["new 00 0.jpg"]
    assert paired["quality"] < alone["quality"]
    assert paired["issue"] and paired["suggested"] == "elm"


def test_copies_are_grouped_that_only_a_test_image_links():
    groups = pd.Series({"a.jpg": "1", "b.jpg": "2", "c.jpg": "3"})
    pairs = pd.DataFrame({"image_id": ["a.jpg", "b.jpg"], "other_id": ["test.jpg", "test.jpg"]})
    a, b, c = _link(groups, pairs)
    assert a == b != c


def test_classes_of_fewer_images_than_folds_are_judged(features, tmp_path):
    few = features.groupby([features.index.str[:3], features.index.str[:6]]).head(1)
    few = few.groupby(few.index.str[:3]).head(3)
    table = find_label_issues(dataset_of(few, tmp_path), few, folds=5)
    assert sorted(table.index) == sorted(few.index)
    assert table["quality"].between(0, 1).all()


def test_groups_of_several_labels_are_not_held_against_their_images(features, tmp_path):
    images = dataset_of(features, tmp_path).images
    images["thing"] = images.index.str[4:6]
    mixed = Dataset("patients", tmp_path, images, group="thing")
    table = find_label_issues(mixed, features)
    assert "within group" not in set(table["evidence"]) and table["issue"].mean() < 0.02
    assert table["quality"].mean() > 0.6
    forced = find_label_issues(mixed, features, one_label=True)
    assert forced["quality"].mean() < 0.5


def test_images_of_the_test_split_and_those_without_label_or_features_are_left_out(
    features, tmp_path
):
    dataset = dataset_of(features, tmp_path)
    dataset.images.loc["ash 00 0.jpg", "split"] = "test"
    dataset.images.loc["ash 00 1.jpg", "label"] = None
    table = find_label_issues(dataset, features.drop("ash 00 2.jpg"))
    missing = set(features.index) - set(table.index)
    assert missing == {"ash 00 0.jpg", "ash 00 1.jpg", "ash 00 2.jpg"}


def test_a_class_in_one_group_alone_is_left_out(features, tmp_path):
    dataset = dataset_of(features, tmp_path, **wrong_group("elm 05", "oak"))
    table = find_label_issues(dataset, features)
    assert not set(wrong_group("elm 05", "oak")) & set(table.index)
    assert len(table) == len(features) - PHOTOS


def test_a_class_in_fewer_groups_than_folds_is_judged(features, tmp_path):
    rare = wrong_group("elm 05", "oak") | wrong_group("elm 06", "oak")
    table = find_label_issues(dataset_of(features, tmp_path, **rare), features)
    assert set(rare) <= set(table.index)


def test_the_same_seed_gives_the_same_table_in_any_order_of_rows(features, tmp_path):
    dataset = dataset_of(features, tmp_path, **{"ash 03 1.jpg": "yew"})
    first = find_label_issues(dataset, features, seed=3)
    again = find_label_issues(dataset, features.iloc[::-1], seed=3)
    pd.testing.assert_frame_equal(first, again)


def test_what_cannot_be_judged_is_refused_in_a_sentence(features, tmp_path):
    dataset = dataset_of(features, tmp_path)
    with pytest.raises(
        DatasetError, match="find_label_issues got a Dataset 'trees' where it needs"
    ):
        find_label_issues(dataset, dataset)
    with pytest.raises(DatasetError, match="1 classes of 'trees' have features"):
        find_label_issues(dataset, features[features.index.str.startswith("ash")])
    unlabelled = dataset.with_images(dataset.images.assign(label=pd.array([None] * 144, "str")))
    with pytest.raises(DatasetError, match="No image of 'trees' has a label"):
        find_label_issues(unlabelled, features)
