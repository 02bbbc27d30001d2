"""Splits: the shares asked for, every class on both sides, no specimen on two."""

import warnings

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.datasets import Dataset, DatasetError
from helpers.splits import ensure_split, split


@pytest.fixture
def dataset(tmp_path):
    """300 images of specimens with 1 to 6 photos, a long tail of five classes."""
    rng = np.random.default_rng(1)
    rows = []
    for label, specimens in zip("abcde", (40, 20, 15, 8, 4), strict=True):
        for number in range(specimens):
            rows += [(label, f"{label}{number}") for _ in range(rng.integers(1, 7))]
    index = pd.Index([f"{i:03d}.jpg" for i in range(len(rows))], name="image_id")
    images = pd.DataFrame(rows, index, ["label", "specimen"], dtype="str")
    images.insert(1, "split", pd.Series(None, index, dtype="str"))
    return Dataset("made", tmp_path, images, group="specimen")


def sides(splits, groups):
    """On how many sides groups are."""
    return set(splits.groupby(groups).agg(lambda side: len(set(side))))


@pytest.mark.parametrize("seed", range(5))
def test_shares_are_met_for_every_class_and_no_specimen_is_on_two_sides(dataset, seed):
    found = split(dataset, valid=0.2, seed=seed)
    assert found.index.equals(dataset.images.index)
    joined = dataset.images.drop(columns="split").join(found)
    assert sides(joined["split"], joined["specimen"]) == {1}
    counts = pd.crosstab(joined["label"], joined["split"])
    assert (counts > 0).all().all()
    wanted = 0.2 * counts.sum(axis=1)
    assert (counts["valid"] - wanted).abs().max() <= 4  # a specimen has up to six photos
    assert abs((joined["split"] == "valid").mean() - 0.2) < 0.03


def test_a_seed_repeats_and_another_one_differs(dataset):
    assert split(dataset, seed=3).equals(split(dataset, seed=3))
    assert not split(dataset, seed=3).equals(split(dataset, seed=4))


def test_without_groups_shares_are_exact(dataset):
    found = split(dataset.with_group(None), valid=0.25)
    counts = pd.crosstab(dataset.images["label"], found["split"])
    assert ((counts["valid"] - 0.25 * counts.sum(axis=1)).abs() <= 0.5).all()


def test_a_dataset_keeps_the_split_it_came_with(dataset, capsys):
    given = dataset.with_images(dataset.images.assign(split=split(dataset, seed=7)["split"]))
    assert ensure_split(given).images.equals(given.images)
    train, valid = (int((given.images["split"] == side).sum()) for side in ("train", "valid"))
    assert f"train {train}, valid {valid}" in capsys.readouterr().out


def test_without_a_split_whole_groups_are_divided_and_nothing_is_said(dataset, capsys):
    divided = ensure_split(dataset, valid=0.3, seed=2)
    assert divided.images["split"].equals(split(dataset, valid=0.3, seed=2)["split"])
    assert capsys.readouterr().out == ""


def test_without_groups_copies_stay_on_one_side(tmp_path, capsys):
    rng, rows = np.random.default_rng(0), {}
    for number in range(24):
        picture = Image.fromarray(rng.integers(0, 255, (12, 12, 3), np.uint8))
        picture = picture.resize((96, 96), Image.Resampling.BICUBIC)
        for copy in "ab":
            picture.save(tmp_path / f"{number}{copy}.png")
            rows[f"{number}{copy}.png"] = ("xy"[number % 2], str(number))
    images = pd.DataFrame.from_dict(rows, "index", dtype="str", columns=["label", "picture"])
    images.insert(1, "split", pd.Series(None, images.index, dtype="str"))
    plain = Dataset("copies", tmp_path, images.rename_axis("image_id"))
    assert sides(split(plain)["split"], images["picture"]) == {1, 2}
    assert sides(ensure_split(plain).images["split"], images["picture"]) == {1}
    assert "24 pairs of copies" in capsys.readouterr().out


def test_duplicates_bind_their_specimens_together(dataset):
    first = dataset.images.groupby("specimen").head(1)
    chain = first.index[first["label"] == "a"][:12]
    pairs = pd.DataFrame({"image_id": chain[:-1], "other_id": chain[1:]})
    beyond = pd.DataFrame({"image_id": ["gone.jpg"], "other_id": [chain[0]]})
    for seed in range(5):
        found = split(dataset, seed=seed, duplicates=pd.concat([pairs, beyond]))
        together = dataset.images["specimen"].isin(dataset.images.loc[chain, "specimen"])
        assert len(set(found.loc[together, "split"])) == 1


def test_copies_stay_together_that_only_an_image_not_split_links(dataset):
    images = dataset.images.assign(specimen=dataset.images.index)
    ends = images.index[images["label"] == "a"][:41]
    images.loc[ends[1::4], "label"] = None
    images.loc[ends[3::4], "split"] = "test"
    pairs = pd.DataFrame({"image_id": ends[:-1], "other_id": ends[1:]})
    for seed in range(5):
        found = split(dataset.with_images(images), seed=seed, duplicates=pairs)
        assert len(set(found.loc[ends[::2], "split"])) == 1


def test_no_pairs_are_no_duplicates(dataset):
    assert split(dataset, duplicates=pd.DataFrame()).equals(split(dataset))


def test_test_images_stay_and_unlabelled_ones_stay_undecided(dataset):
    images = dataset.images.copy()
    images.iloc[:30, images.columns.get_loc("split")] = "test"
    images.iloc[-5:, images.columns.get_loc("label")] = None
    found = split(dataset.with_images(images))
    assert (found["split"].iloc[:30] == "test").all()
    assert (found["split"].iloc[30:-5].isin(["train", "valid"])).all()
    assert found["split"].iloc[-5:].isna().all()
    with pytest.raises(DatasetError, match="30 test images already"):
        split(dataset.with_images(images), test=0.2)


def test_a_test_split_is_taken_first_when_asked_for(dataset):
    joined = dataset.images.drop(columns="split").join(split(dataset, valid=0.2, test=0.3))
    shares = joined["split"].value_counts(normalize=True)
    assert shares.to_dict() == pytest.approx({"train": 0.5, "test": 0.3, "valid": 0.2}, abs=0.04)
    assert sides(joined["split"], joined["specimen"]) == {1}
    assert sides(joined["split"], joined["label"]) == {3}


def test_groups_may_be_given(dataset):
    halves = pd.Series(np.arange(len(dataset.images)) // 10, dataset.images.index)
    found = split(dataset, groups=halves)
    assert sides(found["split"], halves) == {1}


def test_a_class_of_one_specimen_stays_in_train_and_is_named(dataset):
    images = dataset.images[dataset.images["label"] != "e"].copy()
    images.loc[images["label"] == "d", "specimen"] = "only"
    with pytest.warns(UserWarning, match="d: too few groups"):
        found = split(dataset.with_images(images))
    assert (found.loc[images["label"] == "d", "split"] == "train").all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        split(dataset)


@pytest.mark.parametrize("shares", [{"valid": 0}, {"valid": 1.5}, {"valid": 0.6, "test": 0.5}])
def test_impossible_shares_are_refused(dataset, shares):
    with pytest.raises(DatasetError, match="are no shares"):
        split(dataset, **shares)


def test_a_dataset_without_labels_is_refused(dataset):
    unlabelled = dataset.with_images(dataset.images.assign(label=None))
    with pytest.raises(DatasetError, match="No image of 'made' has a label"):
        split(unlabelled)
