import numpy as np
import pandas as pd
import pytest
from PIL import Image

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
    again = plant_canaries(dataset, scanned, told_apart(dataset), seed=0)
    pd.testing.assert_frame_equal(found, again)
    assert plant_canaries(dataset, scanned.iloc[:0]).empty  # nothing is known to be readable


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
            "kind": ["copies", "copies", "copies", "labels", "dark", "blur", "blur", "blur"],
            "fault": ["mirrored", "smaller", "saved again", "any other", "night", "a", "b", "c"],
            "planted": [10, 10, 10, 20, 10, 10, 10, 10],
            "found": [10, 4, 10, 1, 10, 0, 4, 0],
            "recall": [1.0, 0.4, 1.0, 0.05, 1.0, 0.0, 0.4, 0.0],
            "low": [0.72, 0.17, 0.72, 0.01, 0.72, 0.0, 0.17, 0.0],
            "high": [1.0, 0.69, 1.0, 0.24, 1.0, 0.28, 0.69, 0.28],
        }
    )
    assert describe_canaries(found) == [
        "Copies: smaller 4 of 10 (17% to 69%); mirrored, saved again 10 of 10 (72% to 100%) each.",
        "Labels: any other 1 of 20 (1% to 24%).",
        "Dark: night 10 of 10 (72% to 100%).",
        "Blur: a, c 0 of 10 (0% to 28%) each; b 4 of 10 (17% to 69%).",
    ]


LEVELS = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
"""256 × 64 px, each column of a level of its own."""


def edited(name):
    spoil = COPIES[name] if name in COPIES else POOR[name][1]
    return spoil(Image.fromarray(LEVELS).convert("RGB"))


@pytest.mark.parametrize(
    ("name", "light", "haze"),
    [
        ("brighter", 1.25, 0),
        ("a sixth of the light", 0.16, 0),
        ("a third of the light", 0.33, 0),
        ("washed out", 0.9, 153),
        ("a stop too bright", 2, 0),
        ("saved again", 1, 0),
    ],
)
def test_light_is_a_factor_and_haze_is_added_up_to_white(name, light, haze):
    expected = np.minimum(255, np.arange(256) * light + haze)
    found = np.asarray(edited(name))[5].astype(float)
    np.testing.assert_allclose(found, np.stack([expected] * 3, axis=1), atol=1)
    assert (found[0] == haze).all()


def test_copies_are_smaller_cropped_mirrored_or_turned_by_as_much_as_is_said():
    assert edited("smaller").size == (round(0.7 * 256), round(0.7 * 64))
    cropped = np.asarray(edited("cropped a little"))[..., 0]
    assert (cropped == LEVELS[2:-2, 8:-8]).all()
    assert (np.asarray(edited("mirrored"))[..., 0] == LEVELS[:, ::-1]).all()
    turned = np.asarray(edited("turned by 2 degrees"))
    assert {tuple(turned[y, x]) for y in (0, -1) for x in (0, -1)} == {(127, 127, 127)}
    # About the middle, a column has come from as far beside as the sine of two degrees says.
    top, bottom = int(turned[4, 128, 0]), int(turned[60, 128, 0])
    assert top - bottom == pytest.approx(56 * np.sin(np.pi / 90), abs=1.2)


@pytest.mark.parametrize(
    ("name", "share"), [("blurred strongly", 0.025), ("blurred a little", 0.01)]
)
def test_blur_is_a_share_of_the_long_side(name, share):
    line = np.zeros((200, 400), np.uint8)
    line[:, 200] = 255
    found = np.asarray(POOR[name][1](Image.fromarray(line)))[100].astype(float)
    spread = np.sqrt((found * (np.arange(400) - 200) ** 2).sum() / found.sum())
    assert spread == pytest.approx(400 * share, rel=0.12)


def test_labels_are_changed_to_any_other_class_and_then_to_the_nearest(monkeypatch):
    dataset = table(label=["a", "b", "c"] * 20)
    labels, changed = dataset.images["label"], []

    def note(made, features, **options):
        changed.append((made.images["label"], options))
        issue = made.images["label"].ne(labels)
        return pd.DataFrame({"issue": issue})

    monkeypatch.setattr("helpers.canaries.find_label_issues", note)
    features = pd.DataFrame({"x": labels.map({"a": 0.0, "b": 1.0, "c": 9.0}), "y": 0.0})
    rows = plant_labels(dataset, features, "known", np.random.default_rng(0))
    assert [row[2:] for row in rows] == [(3, 3)] * 2
    assert [options for _, options in changed] == [{"pairs": "known", "strict": False}] * 2
    for wrong, _ in changed:
        assert wrong.ne(labels).sum() == 3
    nearest = changed[1][0]
    moved = nearest.index[nearest.ne(labels)]
    assert nearest[moved].tolist() == labels[moved].map({"a": "b", "b": "a", "c": "b"}).tolist()
    assert plant_labels(dataset, features[:19], None, np.random.default_rng(0)) == []
    assert len(plant_labels(dataset, features[:20], None, np.random.default_rng(0))) == 2
