"""Nearest training images against a loop over all of them."""

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import Dataset, DatasetError
from helpers.explain.neighbours import nearest_images


def make(tmp_path):
    ids = pd.Index([f"{n:02d}.png" for n in range(30)], name="image_id")
    images = pd.DataFrame({"label": ["oak", "elm"] * 15, "split": ["train"] * 20 + ["valid"] * 10},
                          ids)  # fmt: skip
    images.loc["03.png", "label"] = None
    features = pd.DataFrame(np.random.default_rng(0).normal([5, 0, -3], [1, 9, 0.1], (30, 3)), ids)
    features[3] = 1.0
    return Dataset("photos", tmp_path, images), features


def test_neighbours_are_the_labelled_training_images_of_highest_cosine(tmp_path):
    dataset, features = make(tmp_path)
    found = nearest_images(features, features.index[25:27], dataset, count=4)
    train = [i for i in features.index[:20] if i != "03.png"]
    values = features.loc[train, [0, 1, 2]].to_numpy()
    mean, scale = values.mean(0), values.std(0, ddof=1)
    for asked in features.index[25:27]:
        own = (features.loc[asked, [0, 1, 2]].to_numpy() - mean) / scale
        cosines = {
            one: float(own @ other / np.linalg.norm(own) / np.linalg.norm(other))
            for one, other in zip(train, (values - mean) / scale, strict=True)
        }
        best = sorted(cosines, key=lambda i: -cosines[i])[:4]
        rows = found[found["image_id"] == asked]
        assert rows["neighbour"].to_list() == best
        assert rows["similarity"].to_list() == pytest.approx([cosines[i] for i in best])
        assert rows["rank"].to_list() == [1, 2, 3, 4]
        assert rows["label"].to_list() == dataset.images.loc[best, "label"].to_list()


def test_an_image_is_not_its_own_neighbour_and_few_images_give_few_neighbours(tmp_path):
    dataset, features = make(tmp_path)
    found = nearest_images(features, features.index[:2], dataset, count=50)
    assert (found["image_id"] != found["neighbour"]).all()
    assert found.groupby("image_id").size().to_list() == [18, 18]
    five = nearest_images(features, features.index[:1], dataset)
    assert five["rank"].to_list() == [1, 2, 3, 4, 5]


def test_images_without_features_are_named(tmp_path):
    dataset, features = make(tmp_path)
    with pytest.raises(DatasetError, match="'25.png' has no features"):
        nearest_images(features.drop("25.png"), ["24.png", "25.png"], dataset)
    with pytest.raises(DatasetError, match="training images have no features"):
        nearest_images(features.iloc[20:], features.index[25:26], dataset)
