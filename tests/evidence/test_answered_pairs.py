"""What a person has said of pairs settles them, and accuses no label."""

import numpy as np
import pandas as pd
import pytest

from helpers.audit import find_label_issues
from helpers.datasets import Dataset
from helpers.evidence.answered_pairs import of_two_labels, part_by_label, without_settled
from tests.audit.test_mixing import photos

IDS = [f"{number}.jpg" for number in range(6)]


@pytest.fixture
def masks(tmp_path):
    images = pd.DataFrame(
        {
            "label": ["with", "without", "with", "with", "without", None],
            "split": None,
            "stays_with": ["a", "a", "a", "b", "c", "c"],
        },
        pd.Index(IDS, name="image_id"),
    ).astype("str")
    return Dataset("masks", tmp_path, images, group="stays_with")


def judged(*rows):
    made = [(IDS[one], IDS[other], said) for one, other, said in rows]
    return pd.DataFrame(made, columns=["image_id", "other_id", "together"], dtype="str")


def test_what_was_said_of_probable_copies_asks_nobody_again():
    kinds = ["probable", "probable", "near", "probable"]
    pairs = judged((0, 1, ""), (2, 3, ""), (1, 2, ""), (4, 5, "")).assign(kind=kinds)
    said = judged((1, 0, "yes"), (1, 2, "yes"), (5, 4, "no"), (2, 3, ""))
    assert without_settled(pairs, said).index.to_list() == [1, 2]
    assert without_settled(pairs, None) is pairs


def test_pairs_of_two_labels_are_told_and_part_their_group_by_label(masks):
    said = judged((0, 1, "yes"), (0, 2, "yes"), (0, 3, "no"), (3, 4, ""), (4, 5, "yes"))
    assert of_two_labels(masks, said).index.to_list() == [0]
    groups = part_by_label(masks, said).images["stays_with"]
    assert groups.to_list() == ["a: with", "a: without", "a: with", "b", "c", "c"]
    assert part_by_label(masks, said.iloc[1:]) is masks
    assert part_by_label(masks, None) is masks and of_two_labels(masks, None).empty


def test_a_thing_of_two_classes_that_a_person_joined_accuses_neither_of_its_labels(tmp_path):
    images, features, _ = photos(0)
    lone = images.index[::4][:4]  # of four things, the first photo was taken for another class
    images.loc[lone, "label"] = "class 2"
    images.loc[lone[2], "label"] = "class 0"
    dataset = Dataset("things", tmp_path, images, group="thing")
    features.loc[lone] += 2.0 * (images.loc[lone, "label"].to_numpy() == "class 2")[:, None]
    accused = find_label_issues(dataset, features)
    assert {*accused.index[accused["issue"]]} & {*lone}
    others = images.index[1::4][:4]
    said = pd.DataFrame({"image_id": lone, "other_id": others, "together": "yes"}).astype("str")
    votes = part_by_label(dataset, said).groups
    parted = find_label_issues(dataset, features, votes=votes)
    assert not {*parted.index[parted["issue"]]} & {*lone}


@pytest.mark.parametrize("seed", range(3))
def test_a_thing_photographed_for_two_classes_is_not_asked_about_by_who_has_seen_it(tmp_path, seed):
    """300 scenes of which 20 stand in both classes: all labels are right, and a picture is more of
    its scene than of its class. Cut apart, each is judged by a head that learned its twin."""
    rng = np.random.default_rng(seed)
    scene = np.r_[np.arange(300), np.arange(20)]
    label = np.r_[np.arange(300) % 2, 1 - np.arange(20) % 2]
    scenes = rng.normal(size=(300, 100))[scene] + 0.05 * rng.normal(size=(320, 100))
    values = np.c_[scenes, 2 * label - 1 + rng.normal(size=320)]
    ids = pd.Index([f"{number:03}.jpg" for number in range(320)], name="image_id")
    images = pd.DataFrame({"label": [*map("ab".__getitem__, label)], "split": None,
                           "scene": [f"scene {one}" for one in scene]}, ids)  # fmt: skip
    dataset = Dataset("scenes", tmp_path, images.astype("str"), group="scene")
    features = pd.DataFrame(values, ids)
    said = pd.DataFrame({"image_id": ids[:20], "other_id": ids[300:], "together": "yes"})
    torn, votes = [*ids[:20], *ids[300:]], part_by_label(dataset, said.astype("str")).groups
    whole, cut = (
        find_label_issues(dataset, features, groups, votes=votes)["quality"]
        for groups in (None, votes)
    )
    rise = whole - cut.reindex(whole.index)
    # Other folds change the rest, too, and less.
    assert rise[torn].mean() > 0.04
    assert rise[torn].mean() - rise.drop(torn).mean() > 0.02
