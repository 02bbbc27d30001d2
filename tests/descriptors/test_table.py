"""Descriptors of whole datasets: every kind of file, any executor, the same numbers."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers import open_dataset
from helpers.datasets import read_rgb
from helpers.descriptors import describe, separability, table, texture


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two classes; a photo, a grey one, a tiny digit, a huge one, a broken one."""
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))
    rng = np.random.default_rng(0)
    photos = tmp_path / "photos"
    for name, size, mode in [
        ("a/photo.jpg", (200, 150), "RGB"),
        ("a/grey.png", (60, 90), "L"),
        ("b/digit.png", (8, 8), "L"),
        ("b/huge.jpg", (4000, 3000), "RGB"),
        ("b/broken.jpg", (50, 50), "RGB"),
    ]:
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        noise = Image.fromarray(rng.integers(0, 256, (6, 6, 3)).astype(np.uint8))
        noise.resize(size, Image.Resampling.BICUBIC).convert(mode).save(photos / name)
    (photos / "b/broken.jpg").write_bytes((photos / "b/broken.jpg").read_bytes()[:200])
    return open_dataset(photos, progress=False)


def test_every_readable_image_has_a_row_of_finite_numbers(folder):
    features = describe(folder, workers=1, progress=False)
    assert features.index.tolist() == ["a/grey.png", "a/photo.jpg", "b/digit.png", "b/huge.jpg"]
    assert features.index.name == "image_id"
    assert set(features.dtypes) == {np.dtype("float32")}
    assert np.isfinite(features.to_numpy()).all()
    assert {name.split(" ")[0] for name in features} == {"colour", "texture", "form"}
    assert features.filter(like="foreground hue").sum(axis=1)["a/grey.png"] == 0


def test_one_kind_may_be_named_alone(folder):
    alone = describe(folder, kinds="colour", workers=1, progress=False)
    assert {name.split(" ")[0] for name in alone} == {"colour"}
    with pytest.raises(ValueError, match="'color'"):
        describe(folder, kinds="color")


def test_images_are_described_at_the_size_that_is_asked_for(folder):
    usual, small = (
        describe(folder, "texture", workers=1, progress=False, **size)
        for size in ({}, {"largest": 64})
    )
    picture = read_rgb(folder.path("a/photo.jpg"), 64)
    picture.thumbnail((64, 64), Image.Resampling.BOX)
    expected = texture.local_binary_patterns(np.asarray(picture.convert("L")))
    found = small.loc["a/photo.jpg", [f"texture {name}" for name in expected]]
    assert found.to_numpy() == pytest.approx(list(expected.values()), abs=1e-6)
    assert not np.allclose(found, usual.loc["a/photo.jpg", found.index], atol=0.02)
    assert small.loc["b/digit.png"].equals(usual.loc["b/digit.png"])


def test_any_executor_gives_the_same_table(folder, monkeypatch, tmp_path):
    alone = describe(folder, workers=1, progress=False)
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(table, "CHUNK", 2)
    with ThreadPoolExecutor(3) as pool:
        threads = describe(folder, executor=pool, progress=False)
    pd.testing.assert_frame_equal(alone, threads, rtol=1e-5, atol=1e-6)


def test_spawned_processes_give_the_same_table(folder, monkeypatch, tmp_path):
    alone = describe(folder, workers=1, progress=False)
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(table, "CHUNK", 3)
    pd.testing.assert_frame_equal(alone, describe(folder, workers=2, progress=False), rtol=1e-5)


def test_a_second_call_computes_nothing(folder, monkeypatch):
    first = describe(folder, ["texture"], workers=1, progress=False)
    monkeypatch.setattr(table, "_run", lambda *_: pytest.fail("computed again"))
    pd.testing.assert_frame_equal(first, describe(folder, ["texture"], progress=False))
    assert all(name.startswith("texture ") for name in first)


def test_relabelled_images_are_not_described_again(folder, monkeypatch):
    first = describe(folder, workers=1, progress=False)
    monkeypatch.setattr(table, "_run", lambda *_: pytest.fail("computed again"))
    relabelled = folder.with_images(folder.images.assign(label="a"))
    pd.testing.assert_frame_equal(first, describe(relabelled, progress=False))


def test_an_unknown_kind_is_named(folder):
    with pytest.raises(ValueError, match="'smell'"):
        describe(folder, ["form", "smell"])


def test_separability_names_the_family_that_holds_the_difference():
    rng = np.random.default_rng(0)
    labels = pd.Series(np.repeat(["x", "y", "z"], 60), name="label")
    features = pd.DataFrame(rng.normal(size=(180, 4)), columns=list("abcd"))
    features["a"] += 3 * (labels == "y")
    features["c"] += 3 * (labels == "z")
    features.columns = ["colour one", "colour two", "form one", "form two"]
    found = separability(features, labels).set_index(["class_a", "class_b", "family"])["auc"]
    assert found["x", "y", "colour"] > 0.95 > found["x", "y", "form"] + 0.2
    assert found["x", "z", "form"] > 0.95 > found["x", "z", "colour"] + 0.2
    assert found["y", "z"].min() > 0.95


def test_separability_keeps_groups_together_and_leaves_out_rare_classes():
    rng = np.random.default_rng(0)
    labels = pd.Series(["x"] * 100 + ["y"] * 100 + ["rare"] * 3)
    specimen = pd.Series(np.arange(203) // 10)
    # Ten photos of one leaf look alike, and leaves differ for no reason of class.
    features = pd.DataFrame(rng.normal(size=(21, 15))[specimen], columns=range(15))
    features = features.add_prefix("form ") + rng.normal(0, 0.05, (203, 15))
    leaked = separability(features, labels)
    honest = separability(features, labels, groups=specimen)
    assert leaked[["class_a", "class_b"]].drop_duplicates().to_numpy().tolist() == [["x", "y"]]
    assert leaked["auc"].item() > 0.85
    assert honest["auc"].item() < 0.75


def test_colour_and_region_are_those_of_a_picture_of_96_pixels(folder):
    features = describe(folder, workers=1, progress=False)
    picture = read_rgb(folder.path("a/photo.jpg"), 160)
    for size in (160, 96):
        picture.thumbnail((size, size), Image.Resampling.BOX)
    expected = table.colour.colour_moments(np.asarray(picture))
    found = features.loc["a/photo.jpg", [f"colour {name}" for name in expected]]
    assert found.to_numpy() == pytest.approx(list(expected.values()), abs=1e-6)


@pytest.mark.parametrize(("chunk", "workers", "started"), [(1, 2, [2]), (1, 1, []), (3, 2, [2]),
                                                           (48, 2, [])])  # fmt: skip
def test_processes_are_started_where_there_is_more_than_one_part(
    folder, monkeypatch, chunk, workers, started
):
    told = []

    def start(count):
        told.append(count)
        return ThreadPoolExecutor(count)

    monkeypatch.setattr(table, "CHUNK", chunk)
    monkeypatch.setattr(table, "start_workers", start)
    assert len(describe(folder, "texture", workers=workers, progress=False)) == 4
    assert told == started


def test_five_folds_are_asked_unless_told_and_a_class_needs_as_many_groups():
    rng = np.random.default_rng(0)
    labels = pd.Series(np.repeat(["z", "y", "x"], [40, 40, 5]))
    features = pd.DataFrame(rng.normal(size=(85, 3)), columns=["form a", "form b", "colour c"])
    for function in (separability, table.score_families):
        found, told = function(features, labels), function(features, labels, folds=5)
        other = function(features, labels, folds=6)
        if function is separability:
            pd.testing.assert_frame_equal(found, told)
            assert len(found) == 6 and len(other) == 2
        else:
            assert (found[1], other[1]) == (["x", "y", "z"], ["y", "z"])
            assert found[0].tolist() == [2] * 40 + [1] * 40 + [0] * 5
            assert list(found[2]) == ["colour", "form"] and found[2]["form"].shape == (85, 3)
    alone = table.score_families(features[:40], labels[:40])
    assert alone[1:] == (["z"], {})
    assert table.hardest_pair(separability(features[:40], labels[:40])) is None
    pairs = pd.DataFrame({"class_a": list("aab"), "class_b": list("bbc"), "auc": [0.5, 0.9, 0.8]})
    assert table.hardest_pair(pairs) == ("b", "c")
