import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import NearestNeighbors

from helpers.audit import find_outliers
from helpers.audit.outliers import METHODS


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    values = np.r_[rng.normal(0, 1, (200, 5)), rng.normal(8, 0.1, (1, 5))]
    ids = [f"{number:03d}.jpg" for number in range(200)] + ["far.jpg"]
    return pd.DataFrame(values * [1, 10, 100, 1, 1], index=pd.Index(ids, name="image_id"))


@pytest.mark.parametrize("method", METHODS)
def test_the_far_image_comes_first_whatever_the_units(features, method):
    table = find_outliers(features, method=method)
    assert table.index[0] == "far.jpg"
    assert table["rank"].tolist() == list(range(1, 202))
    assert table.loc["far.jpg", "flag"]
    assert table["flag"].sum() <= 5


def test_order_is_that_of_mean_distance_to_neighbours(features):
    values = features - features.median()
    values = values / features.std(ddof=0)
    distance, _ = NearestNeighbors(n_neighbors=6).fit(values).kneighbors(values)
    expected = features.index[np.argsort(-distance[:, 1:].mean(axis=1))]
    assert find_outliers(features, method="neighbours").index.tolist() == expected.tolist()


def test_scores_follow_the_mahalanobis_distance(features):
    values = (features - features.median()) / features.std(ddof=0)
    centred = (values - values.mean()).to_numpy()
    precision = np.linalg.inv(np.cov(centred.T))
    distance = np.sqrt(np.einsum("ij,jk,ik->i", centred, precision, centred))
    expected = features.index[np.argsort(-distance)]
    assert find_outliers(features).index.tolist() == expected.tolist()


def test_an_outlier_that_occurs_several_times_is_still_one(features):
    copies = features.loc[["far.jpg"] * 3].set_axis([f"far {number}.jpg" for number in range(3)])
    both = pd.concat([features, copies]).rename_axis("image_id")
    far = [*copies.index, "far.jpg"]
    assert find_outliers(both).loc[far, "rank"].max() == 4
    assert find_outliers(both, method="neighbours", neighbours=2).loc[far, "rank"].min() > 100


def test_duplicates_are_each_others_nearest_and_never_themselves(features):
    copies = features.iloc[:8].set_axis([f"copy {number}.jpg" for number in range(8)])
    table = find_outliers(pd.concat([features, copies]).rename_axis("image_id"))
    assert (table["nearest"] != table.index).all()
    assert table.loc["copy 3.jpg", "nearest"] == "003.jpg"


def test_missing_values_constant_columns_and_words_do_no_harm(features):
    odd = features.assign(constant=1.0, word="x")
    odd.iloc[3, 0] = np.nan
    assert np.isfinite(find_outliers(odd)["score"]).all()


def test_too_few_images_are_refused(features):
    with pytest.raises(
        ValueError, match="got 4 images with 5 numeric columns; expected at least 7"
    ):
        find_outliers(features.iloc[:4])
    with pytest.raises(ValueError, match="no method 'deep'; expected one of mahalanobis, neigh"):
        find_outliers(features, method="deep")
