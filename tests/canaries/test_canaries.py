import numpy as np
import pandas as pd
import pytest

from helpers import open_dataset
from helpers.audit import scan
from helpers.canaries import (
    COPIES,
    POOR,
    describe_canaries,
    plant_canaries,
    plant_labels,
)
from helpers.evaluation import accuracy_interval
from tests.balance.sets import table


@pytest.fixture
def dataset(photos):
    return open_dataset(photos, progress=False)


def told_apart(dataset, seed=0):
    """Features that know the class."""
    labels = dataset.images["label"]
    codes = np.tile(np.eye(3)[pd.factorize(labels, sort=True)[0]], 16)
    noise = np.random.default_rng(seed).normal(0, 0.3, codes.shape)
    return pd.DataFrame(codes + noise, labels.index).add_prefix("feature ")


def test_known_faults_are_planted_in_copies_and_those_found_are_counted(dataset, photos, work):
    before = {path: path.read_bytes() for path in photos.rglob("*.png")}
    scanned = scan(dataset, workers=0, progress=False)
    found = plant_canaries(dataset, scanned, told_apart(dataset))
    assert list(found["fault"][:1]) == ["files cut in half"]
    assert {*COPIES, *POOR} <= {*found["fault"]}
    assert (found["planted"] == 3).all()
    assert (found["found"] <= found["planted"]).all()
    by_fault = found.set_index("fault")["found"]
    assert by_fault["files cut in half"] == 3
    assert by_fault["saved again"] == 3
    for row in found.itertuples():
        expected = accuracy_interval(np.arange(row.planted) < row.found)
        assert (row.recall, row.low, row.high) == pytest.approx(expected)
    assert {path: path.read_bytes() for path in photos.rglob("*.png")} == before
    assert not [path for path in work.iterdir() if path.name.startswith("canaries")]
    again = plant_canaries(dataset, scanned, told_apart(dataset))
    pd.testing.assert_frame_equal(found, again)


@pytest.mark.parametrize("telling", [True, False])
def test_changed_labels_are_found_where_features_tell_the_class_and_else_not(telling):
    dataset = table(label=["a", "b", "c"] * 70)
    features = told_apart(dataset)
    if not telling:
        features[:] = np.random.default_rng(0).normal(size=features.shape)
    rows = plant_labels(dataset, features, None, np.random.default_rng(0))
    assert [row[1] for row in rows] == [
        "label of any other class",
        "label of the class most like it",
    ]
    assert all(row[2] == 10 for row in rows)
    assert all(row[3] >= 8 if telling else row[3] == 0 for row in rows)


def test_too_few_labels_are_not_changed():
    for labels in (["a"] * 30, ["a", "b"] * 9):
        few = table(label=labels)
        features = pd.DataFrame({"x": np.arange(len(few), dtype=float)}, few.images.index)
        assert plant_labels(few, features, None, np.random.default_rng(0)) == []


def test_without_features_no_label_is_changed_and_without_images_nothing_is_planted(tmp_path):
    (tmp_path / "none" / "a").mkdir(parents=True)
    (tmp_path / "none" / "a" / "x.png").write_bytes(b"nothing")
    dataset = open_dataset(tmp_path / "none", progress=False)
    found = plant_canaries(dataset, scan(dataset, workers=0, progress=False))
    assert found.empty
    assert describe_canaries(found) == ["No canary could be planted: no image can be read."]


def test_each_fault_is_told_with_its_interval_and_none_is_added_to_another():
    found = pd.DataFrame(
        {
            "kind": ["copies", "copies", "copies", "labels", "dark"],
            "fault": ["mirrored", "smaller", "saved again", "any other", "night"],
            "planted": [10, 10, 10, 20, 10],
            "found": [10, 4, 10, 1, 10],
            "recall": [1.0, 0.4, 1.0, 0.05, 1.0],
            "low": [0.72, 0.17, 0.72, 0.01, 0.72],
            "high": [1.0, 0.69, 1.0, 0.24, 1.0],
        }
    )
    assert describe_canaries(found) == [
        "Copies: smaller 4 of 10 (17% to 69%); mirrored, saved again 10 of 10 (72% to 100%) each.",
        "Labels: any other 1 of 20 (1% to 24%).",
        "Dark: night 10 of 10 (72% to 100%).",
    ]
