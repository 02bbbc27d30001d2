"""Pictures made square, enhanced and brought to a scale; differences between ways of doing it."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageOps
from scipy import stats
from skimage.exposure import equalize_adapthist

from helpers.datasets import Dataset, DatasetError
from helpers.evaluation import compare_scores
from helpers.preparing import (
    channel_statistics,
    compare_arms,
    embed_prepared,
    enhance,
    frame_shapes,
    prepare,
    study_effects,
)


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """Five pictures of five shapes, one of them turned by EXIF, and a file that is none."""
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))
    rng, root = np.random.default_rng(0), tmp_path / "photos"
    root.mkdir()
    sizes = {"a": (60, 80), "b": (80, 60), "c": (160, 90), "d": (50, 50), "e": (80, 60)}
    for name, (width, height) in sizes.items():
        exif = Image.Exif()
        exif[274] = 6 if name == "e" else 1
        picture = Image.fromarray(rng.integers(40, 90, (height, width, 3), np.uint8))
        picture.save(root / f"{name}.png", exif=exif)
    (root / "f.png").write_bytes(b"no picture")
    ids = [f"{name}.png" for name in "abcdef"]
    images = pd.DataFrame({"label": "oak", "split": "train"}, pd.Index(ids, name="image_id"))
    return Dataset("photos", root, images.astype("str"))


@pytest.fixture
def grey():
    return np.random.default_rng(1).integers(60, 120, (40, 56, 3)).astype(np.uint8)


def test_each_enhancement_is_the_librarys_own(grey):
    image = Image.fromarray(grey)
    assert enhance(grey, "none") is grey
    assert (enhance(grey, "equalize") == np.asarray(ImageOps.equalize(image))).all()
    assert (enhance(grey, "autocontrast") == np.asarray(ImageOps.autocontrast(image, 1))).all()
    expected = 255 * equalize_adapthist(grey, (5, 7), 0.01)
    assert np.abs(enhance(grey, "CLAHE") - expected).max() <= 0.51


@pytest.mark.parametrize("name", ["autocontrast", "equalize", "CLAHE"])
def test_enhanced_pictures_have_more_contrast_and_their_old_shape(grey, name):
    found = enhance(grey, name)
    assert (found.dtype, found.shape) == (np.uint8, grey.shape)
    assert found.std() > 1.5 * grey.std()


@pytest.mark.parametrize("level", [0, 90, 255])
@pytest.mark.parametrize("name", ["autocontrast", "equalize", "CLAHE"])
@pytest.mark.parametrize("size", [(1, 1), (3, 70), (64, 64)])
def test_a_picture_of_one_level_is_no_error(level, name, size):
    assert enhance(np.full((*size, 3), level, np.uint8), name).shape == (*size, 3)


def test_an_unknown_enhancement_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"'equalise'.*CLAHE.*did you mean 'equalize'"):
        enhance(np.zeros((2, 2, 3), np.uint8), "equalise")


def test_statistics_are_those_of_all_pixels_of_a_channel():
    pictures = np.random.default_rng(0).integers(0, 256, (4, 5, 6, 3)).astype(np.uint8)
    found = channel_statistics(pictures)
    assert found.index.tolist() == ["red", "green", "blue"]
    assert np.allclose(found["mean"], (pictures / 255).mean(axis=(0, 1, 2)))
    assert np.allclose(found["std"], (pictures / 255).std(axis=(0, 1, 2)))
    assert channel_statistics(np.full((1, 2, 2, 3), 51, np.uint8))["std"].tolist() == [0, 0, 0]


@pytest.mark.parametrize("shape", [(0, 4, 4, 3), (4, 4, 3), (2, 4, 4, 1)])
def test_statistics_of_no_picture_or_another_shape_are_refused(shape):
    with pytest.raises(DatasetError, match="expected one or more as pictures"):
        channel_statistics(np.zeros(shape, np.uint8))


def test_frames_are_named_as_they_are_looked_at(photos):
    found = frame_shapes(photos)
    assert found.to_dict() == {
        "a.png": "tall", "b.png": "nearly square", "c.png": "wide", "d.png": "nearly square",
        "e.png": "tall",
    }  # fmt: skip


def test_pictures_are_prepared_in_order_and_without_what_cannot_be_read(photos):
    ids, plain = prepare(photos, 16)
    assert ids.tolist() == ["a.png", "b.png", "c.png", "d.png", "e.png"]
    assert (plain.shape, plain.dtype) == ((5, 16, 16, 3), np.uint8)
    _, stretched = prepare(photos, 16, enhancement="equalize")
    assert (stretched[2] == enhance(plain[2], "equalize")).all()
    _, padded = prepare(photos, 16, "pad")
    assert padded[2][0, 0].tolist() == [124, 116, 104]


def test_features_are_those_of_the_backbone_unless_its_input_is_changed(photos):
    from helpers.training import embed

    usual = embed(photos, size=32, progress=False)
    found = embed_prepared(photos, 32)
    assert found.index.tolist() == usual.index.tolist()
    assert np.allclose(found, usual, atol=0.05)
    facts = {"mean": [0.5, 0.4, 0.3], "std": [0.1, 0.2, 0.3]}
    for other in ({"enhancement": "equalize"}, {"method": "crop"}, facts):
        changed = embed_prepared(photos, 32, **other)
        assert np.abs(changed.to_numpy() - found.to_numpy()).max() > 0.05
    # What one call took for its mean, the next does not keep.
    photos.work.joinpath("x").touch()
    assert embed_prepared(photos, 48).shape == found.shape


@pytest.fixture
def answers():
    """Two ways that have 60 and 40 of 100 right, in ten groups, and a third that lacks images."""
    ids = [f"{n:02d}.jpg" for n in range(100)]
    first = pd.Series(np.arange(100) < 40, ids)
    second = pd.Series(np.arange(100) < 60, ids)
    return {"squish": first, "crop": second, "pad": first[::-1].iloc[:90]}


def test_ways_are_compared_on_the_images_that_all_have(answers):
    found = compare_arms(answers)
    assert found["arm"].tolist() == ["crop", "pad"]
    assert found["images"].tolist() == [90, 90]
    right = [answers[name].iloc[10:] for name in ("crop", "squish")]
    assert tuple(found.loc[0, ["difference", "low", "high"]]) == compare_scores(*right)
    assert found.loc[0, "accuracy"] == pytest.approx(50 / 90)
    assert found.loc[1, "difference"] == 0


def test_groups_widen_the_interval_and_parts_are_compared_by_themselves(answers):
    groups = pd.Series(np.arange(100) // 10, answers["crop"].index)
    parts = pd.Series(np.where(np.arange(100) < 50, "wide", "tall"), groups.index)[:95]
    some = {name: answers[name] for name in ("squish", "crop")}
    plain, found = compare_arms(some), compare_arms(some, groups, parts)
    assert found["where"].tolist() == ["all", "tall", "wide"]
    assert found["images"].tolist() == [100, 45, 50]
    assert found["difference"].tolist() == pytest.approx([0.2, 10 / 45, 0.2])
    assert found["high"][0] - found["low"][0] > plain["high"][0] - plain["low"][0]
    alike = parts.map(lambda part: "wide")  # of 95 of the 100 images
    found = compare_arms(some, groups, alike)
    assert found.set_index("where")["images"].to_dict() == {"all": 100, "wide": 95}
    whole = pd.Series("wide", groups.index)
    assert compare_arms(some, groups, whole)["where"].tolist() == ["all"]


def test_ways_without_a_common_image_are_refused(answers):
    with pytest.raises(DatasetError, match="No image was answered by all of squish, other"):
        compare_arms({"squish": answers["squish"], "other": answers["crop"].rename("x{}".format)})


def test_effects_of_a_study_are_paired_by_seed():
    rows = [
        (seed, "resize", arm, where, 100, 0.5 + 0.1 * seed + gain + 0.01 * seed * (gain > 0))
        for seed in range(3)
        for arm, gain in (("squish", 0.0), ("pad", 0.05), ("crop", -0.1))
        for where in ("all", "wide")
    ]
    rows += [(0, "select", "a", "all", 10, 0.3), (0, "resize", "crop", "cut", 10, 0.3)]
    table = pd.DataFrame(rows, columns=["seed", "lesson", "arm", "where", "images", "accuracy"])
    found = study_effects(table, "resize")
    assert found[["arm", "where"]].to_numpy().tolist() == [
        ["pad", "all"], ["pad", "wide"], ["crop", "all"], ["crop", "wide"]
    ]  # fmt: skip
    low, high = stats.t.interval(0.95, 2, 0.06, stats.sem([0.05, 0.06, 0.07]))
    assert tuple(found.loc[0, ["difference", "low", "high"]]) == pytest.approx((0.06, low, high))
    assert found["images"].tolist() == [300] * 4
    assert found.loc[2, ["difference", "low", "high"]].tolist() == pytest.approx([-0.1] * 3)
    assert found.loc[0, "accuracy"] == pytest.approx(0.66)
