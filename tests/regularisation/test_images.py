"""Frozen features of images in all positions, and labels that are planted wrong."""

import numpy as np
import pandas as pd
import pytest
import torch

from helpers.datasets import DatasetError
from helpers.regularisation.images import plant_wrong_labels, see, turn, turned_features
from helpers.training import embed
from helpers.training.caching import decode


def test_features_are_those_of_embed_standardised_by_the_training_images(planes):
    found = turned_features(planes, per_class="all", size=32)
    train, valid = (planes.part(name).images.index for name in ("train", "valid"))
    frozen = embed(planes, size=32, progress=False)
    assert list(found.labels.index) == list(train)
    assert found.train.shape == (48, 8, frozen.shape[1])
    mean, scale = frozen.loc[train].mean(), frozen.loc[train].std(ddof=0)
    # A feature that is the same everywhere stays as it is.
    expected = (frozen - mean) / scale.where(scale >= 1e-6, 1)
    assert np.allclose(found.train[:, 0], expected.loc[train], atol=5e-3)
    assert np.allclose(found.valid, expected.loc[valid], atol=5e-3)
    pixels = decode(planes, 32, progress=False).take(valid)
    assert torch.allclose(found.of(pixels), found.valid)


def test_the_eight_versions_are_the_image_mirrored_and_turned(planes):
    found = turned_features(planes, per_class="all", size=32)
    image = decode(planes, 32, progress=False).take(found.labels.index[:1])[0]
    shown = [np.rot90(each, k) for each in (image, image[:, ::-1]) for k in range(4)]
    raw = torch.from_numpy((see(np.stack(shown)) - found.mean) / found.scale)
    assert torch.allclose(found.train[0], raw, atol=1e-3)
    assert len({turn(image[None], number).tobytes() for number in range(8)}) == 8


def test_it_takes_about_as_many_images_a_class_as_asked_and_all_to_validate(planes):
    found = turned_features(planes, per_class=5, size=32)
    assert found.labels["right"].value_counts().to_dict() == {"ash": 5, "elm": 5, "oak": 5}
    assert len(found.valid) == len(found.truth) == 24
    assert found.classes == ["ash", "elm", "oak"]
    assert found.codes(pd.Series(["oak", "ash", "fir"])).tolist() == [2, 0, -1]


def test_wrong_labels_are_planted_in_training_alone(planes):
    found = turned_features(planes, per_class="all", wrong=0.25, size=32)
    assert (found.labels["label"] != found.labels["right"]).sum() == 12
    assert (found.labels["right"] == planes.images["label"][found.labels.index]).all()
    assert (found.truth == planes.images["label"][found.truth.index]).all()


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (0.2, 20), (0.999, 100), (1.0, 100)])
def test_exactly_that_share_of_labels_becomes_another_class(share, count):
    labels = pd.Series(["ash", "elm", "fir", "oak"] * 25, [f"{n}.jpg" for n in range(100)])
    planted = plant_wrong_labels(labels, share, seed=1)
    assert (planted != labels).sum() == count
    assert set(planted) <= set(labels)
    assert planted.equals(plant_wrong_labels(labels, share, seed=1))
    assert count == 0 or not planted.equals(plant_wrong_labels(labels, share, seed=2)) or share == 1
    assert list(labels[:4]) == ["ash", "elm", "fir", "oak"]  # what was given is left alone


def test_every_other_class_is_as_likely():
    labels = pd.Series(["ash"] * 900 + ["elm", "fir", "oak"], range(903))
    counts = plant_wrong_labels(labels, 1.0)[:900].value_counts()
    assert set(counts.index) == {"elm", "fir", "oak"}
    assert counts.between(250, 350).all()


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="expected a number from 0 to 1"):
        plant_wrong_labels(pd.Series(["ash", "elm"]), share)


def test_one_class_is_no_task(planes):
    only = planes.with_images(planes.images[planes.images["label"] == "ash"])
    with pytest.raises(DatasetError, match="1 class to train on and 8 images"):
        turned_features(only, size=32)
