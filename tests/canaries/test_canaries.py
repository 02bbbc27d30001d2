import dataclasses
import io
import warnings

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers import canaries, open_dataset
from helpers.audit import scan
from helpers.canaries import (
    COPIES,
    POOR,
    describe_canaries,
    plant_canaries,
    plant_labels,
)
from helpers.copies.duplicates import find_duplicates
from helpers.evaluation import accuracy_interval
from tests.audit.awkward import photo
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


def test_of_two_classes_there_is_one_other_and_it_is_planted_once(monkeypatch):
    """How many are found is not asked: one wrong label in twenty makes a prediction unsure, too."""
    dataset, changed = table(label=["a", "b"] * 100), []
    labels = dataset.images["label"]

    def find(made, *_, **__):
        changed.append(made.images["label"])
        return pd.DataFrame({"issue": made.images["label"].ne(labels)})

    monkeypatch.setattr(canaries, "find_label_issues", find)
    rows = plant_labels(dataset, told_apart(dataset), None, np.random.default_rng(0))
    assert rows == [("labels", "label of the other class", 10, 10)]
    wrong = changed[0][changed[0].ne(labels)]
    assert len(wrong) == 10 and wrong.eq(labels[wrong.index].map({"a": "b", "b": "a"})).all()


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


def test_a_note_on_planted_copies_names_no_file_that_is_gone_a_moment_later(tmp_path):
    for picture, place in zip(range(4), ((20, 20), (150, 20), (20, 110), (150, 110)), strict=True):
        form = photo(200, 150, 5)  # as forms do, they differ in one place each
        form.paste((128, 128, 128), (*place, place[0] + 24, place[1] + 10))
        form.save(tmp_path / f"{picture}.png")
    dataset = open_dataset(tmp_path, progress=False)
    scanned = scan(dataset, workers=0, progress=False)
    with pytest.warns(UserWarning, match="such pairs are not listed as copies"):
        find_duplicates(dataset, scanned, workers=0, progress=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = plant_canaries(dataset, scanned, progress=False)
    assert (found["planted"] == 3).all()


def test_labels_of_whole_things_are_changed_to_the_class_most_like_theirs(monkeypatch):
    """Of 30 things of two images one in twenty, but no fewer than three; a single is no such."""
    dataset = table(label=["a", "a", "b", "b", "c", "c"] * 10 + ["a"])
    tree = [f"tree {number // 2}" for number in range(60)] + ["alone"]
    dataset = dataclasses.replace(dataset, images=dataset.images.assign(tree=tree), group="tree")
    labels, changed = dataset.images["label"], []

    def find(made, *_, **__):
        changed.append(made.images["label"])
        wrong = made.images["label"].ne(labels.reindex(made.images.index))
        # Of the first thing both are listed, of the second one (half), of the third none.
        wrong[wrong] = [True, True, True, False, False, False][: wrong.sum()]
        return pd.DataFrame({"issue": wrong})

    monkeypatch.setattr(canaries, "find_label_issues", find)
    features = pd.DataFrame({"x": labels.map({"a": 0.0, "b": 1.0, "c": 9.0}), "y": 0.0})
    rows = plant_labels(dataset, features, None, np.random.default_rng(0))
    assert rows[2] == ("labels", canaries.WHOLE, 3, 2)
    moved = changed[2].index[changed[2].ne(labels)]
    assert len(moved) == 6 and dataset.images["tree"][moved].value_counts().eq(2).all()
    assert [*changed[2][moved]] == [*labels[moved].map({"a": "b", "b": "a", "c": "b"})]
    few = dataset.with_images(dataset.images.iloc[: 2 * 19])
    assert len(plant_labels(few, features, None, np.random.default_rng(0))) == 2


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
            "found": [10, 4, 10, 1, 10, 4, 0, 4],
            "recall": [1.0, 0.4, 1.0, 0.05, 1.0, 0.4, 0.0, 0.4],
            "low": [0.72, 0.17, 0.72, 0.01, 0.72, 0.17, 0.0, 0.17],
            "high": [1.0, 0.69, 1.0, 0.24, 1.0, 0.69, 0.28, 0.69],
        }
    )
    assert describe_canaries(found) == [
        "Copies: smaller 4 of 10 (17% to 69%); mirrored, saved again 10 of 10 (72% to 100%) each.",
        "Labels: any other 1 of 20 (1% to 24%).",
        "Dark: night 10 of 10 (72% to 100%).",
        "Blur: a, c 4 of 10 (17% to 69%) each; b 0 of 10 (0% to 28%).",
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


@pytest.fixture
def planted(dataset, tmp_path):
    """Two images whose spoiled copies are kept in `written`, and of which no detector is asked."""
    (tmp_path / "copies").mkdir()
    made = canaries._Planted(dataset, tmp_path / "copies", list(dataset.images.index[[3, 20]]))
    made.written, make = {}, made._dataset
    made._dataset = lambda name, contents: (
        made.written.update({name: contents}) or make(name, contents)
    )
    return made


def encoded(image, quality):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def test_files_are_cut_after_half_of_their_bytes(planted):
    assert planted.damaged() == ("unreadable", "files cut in half", 2, 2)
    whole = [encoded(image, 90) for image in planted.pictures.values()]
    cut = planted.written["cut"]
    assert [cut[f"{n:04}.jpg"] for n in range(2)] == [one[: len(one) // 2] for one in whole]


def test_a_copy_counts_only_as_one_of_its_own_picture(planted, monkeypatch):
    asked, pairs = [], [("0000a", "0000b", "near"), ("0000a", "0001b", "near"),
                        ("0001a", "0001b", "probable")]  # fmt: skip
    pairs = pd.DataFrame(pairs, columns=["image_id", "other_id", "kind"])
    monkeypatch.setattr(
        canaries, "find_duplicates", lambda made, scanned, **how: asked.append(how) or pairs
    )
    assert [*planted.copied()] == [("copies", name, 2, 1) for name in COPIES]
    assert asked == [{"workers": 0, "progress": False}] * len(COPIES)
    first = next(iter(planted.pictures.values()))
    for name, spoil in COPIES.items():
        written = planted.written[name]
        assert written["0000b.jpg"] == encoded(spoil(first), 75)
        kept = Image.open(io.BytesIO(written["0000a.png"]))
        assert (np.asarray(kept) == np.asarray(first)).all()


def test_a_poor_picture_counts_where_its_own_issue_is_flagged_by_a_rule_that_is_used(
    planted, dataset, monkeypatch
):
    def flag(scanned):
        names = [one for one in scanned.index if one.startswith("planted ")]
        rows = [(names[0], "dark", "all"), (names[1], "dark", "not used"), (names[1], "odd", "all"),
                (dataset.images.index[0], "dark", "all")]  # fmt: skip
        assert len(scanned) == len(dataset) + 1 + 2  # all that was scanned, be the part smaller
        return pd.DataFrame(rows, columns=["image_id", "issue", "rule"])

    monkeypatch.setattr(canaries, "find_quality_issues", flag)
    scanned = scan(dataset, workers=0, progress=False)
    more = scanned.iloc[:1].set_axis(["of no image of the part"])
    rows = [*planted.poor(pd.concat([scanned, more.rename_axis("image_id")]))]
    assert rows == [("quality", name, 2, int(issue == "dark")) for name, (issue, _) in POOR.items()]


def test_no_label_is_drawn_twice_and_the_seed_is_0_unless_told(dataset, monkeypatch):
    changed, labels = [], table(label=["a", "b", "c"] * 10).images["label"]
    monkeypatch.setattr(canaries, "SHARE", 1.0)
    monkeypatch.setattr(
        canaries, "find_label_issues",
        lambda made, *_, **__: changed.append(made.images["label"])
        or pd.DataFrame({"issue": made.images["label"].ne(labels)}),
    )  # fmt: skip
    features = pd.DataFrame({"x": np.arange(30.0)}, labels.index)
    own = table(label=["a", "b", "c"] * 10)
    rows = plant_labels(own, features, None, np.random.default_rng(0))
    assert [row[2:] for row in rows] == [(30, 30)] * 2
    assert all(one.ne(labels).all() for one in changed)
    drawn = []
    monkeypatch.setattr(canaries, "SHARE", 0.05)
    monkeypatch.setattr(canaries, "_Planted", lambda *how: drawn.append(how[2]) or Nothing())
    scanned = scan(dataset, workers=0, progress=False)
    for more in ({}, {"seed": 0}, {"seed": 1}):
        plant_canaries(dataset, scanned, **more)
    assert drawn[0] == drawn[1] != drawn[2] and len(drawn[0]) == 3


class Nothing:
    """No picture could be planted."""

    pictures = ()

    def forget(self):
        pass


@pytest.mark.parametrize(
    ("size", "kept"),
    [((512, 300), (512, 300)), ((1023, 700), (1023, 700)), ((1024, 600), (512, 300)),
     ((600, 1540), (200, 514)), ((2000, 100), (667, 34))],
)  # fmt: skip
def test_faults_are_planted_in_copies_no_larger_than_any_detector_looks_at(tmp_path, size, kept):
    photo(*size, 3).save(tmp_path / "a.png")
    dataset = open_dataset(tmp_path, progress=False)
    planted = canaries._Planted(dataset, tmp_path, ["a.png"])
    (picture,) = planted.pictures.values()
    assert picture.size == kept
    factor = round(size[0] / kept[0])
    whole = np.asarray(dataset.load("a.png")).astype(float)[: factor * 5, : factor * 5]
    expected = whole.reshape(5, factor, 5, factor, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(np.asarray(picture)[:5, :5], expected, atol=1)
