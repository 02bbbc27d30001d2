import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import NearestNeighbors

from helpers.audit import find_outliers
from helpers.audit.outliers import METHODS
from helpers.datasets import DatasetError


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
    assert table.columns.tolist() == ["score", "rank", "nearest"]
    assert table["score"].is_monotonic_decreasing
    assert table["score"].iloc[0] > 4 > table["score"].iloc[5]


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


@pytest.mark.parametrize("method", METHODS)
def test_infinite_and_missing_columns_count_as_unknown(features, method):
    odd = features.assign(gone=np.nan, endless=np.inf)
    odd.iloc[3, 0] = np.inf
    plain = features.copy()
    plain.iloc[3, 0] = np.nan
    pd.testing.assert_frame_equal(
        find_outliers(odd, method=method), find_outliers(plain, method=method)
    )


def test_one_value_cannot_lie_more_than_eight_deviations_away(features):
    table = find_outliers(features.iloc[:200].assign(wild=[1e9] + [0.0] * 199), components=1)
    values = features.iloc[:200].assign(wild=[1e9] + [0.0] * 199)
    values = ((values - values.median()) / values.std(ddof=0)).clip(-8, 8)
    centred = values - values.mean()
    first = np.linalg.svd(centred, full_matrices=False)[2][0]
    expected = (centred @ first).abs().sort_values(ascending=False)
    assert table.index[0] == expected.index[0]


@pytest.mark.parametrize("count", [0, 1, 4, 6])
@pytest.mark.parametrize("method", METHODS)
def test_too_few_images_are_refused(features, count, method):
    said = f"got {count} images with 5 numeric columns; expected at least 7"
    with pytest.raises(DatasetError, match=said):
        find_outliers(features.iloc[:count], method=method)


@pytest.mark.parametrize("method", METHODS)
def test_seven_images_are_ranked(features, method):
    table = find_outliers(features.iloc[-7:], method=method)
    assert table["rank"].tolist() == list(range(1, 8))
    assert table.index[0] == "far.jpg" or method == "mahalanobis"
    assert np.isfinite(table["score"]).all()
    assert len(find_outliers(features.iloc[:4], method=method, neighbours=2)) == 4


@pytest.mark.parametrize("value", [1.0, np.nan, np.inf])
def test_images_that_are_all_alike_are_refused_in_a_sentence(features, value):
    with pytest.raises(DatasetError, match="201 images that are alike in all 5 numeric columns"):
        find_outliers(features * 0 + value)


def test_an_unknown_method_is_refused_with_those_there_are(features):
    with pytest.raises(ValueError, match="no method 'deep'; expected one of mahalanobis, neigh"):
        find_outliers(features, method="deep")


@pytest.fixture
def many():
    """Ninety images of 30 columns, each in a unit of its own, with values far out on both sides.

    So many that a value can lie more than nine deviations away, and far from zero, all of them.
    """
    values = np.random.default_rng(4).standard_t(2, (90, 30)) + 20
    values[3, 5], values[7, 6] = -1e6, 1e6
    values *= np.geomspace(1e-3, 1e3, 30)
    return pd.DataFrame(values, index=pd.Index([f"{i:02d}.jpg" for i in range(90)]))


def scaled(features):
    values = (features - features.median()) / features.std(ddof=0)
    return values.clip(-8, 8).to_numpy()


def robust(distance):
    away = np.log(distance) - np.median(np.log(distance))
    return away / (1.4826 * np.median(np.abs(away)))


@pytest.mark.parametrize("neighbours", [1, 3, 5])
def test_scores_are_those_of_a_loop_over_all_pairs(many, neighbours):
    values, rows = scaled(many), []
    for number, one in enumerate(values):
        distance = np.sqrt(((values - one) ** 2).sum(axis=1))
        order = [i for i in np.argsort(distance) if i != number]
        rows.append((distance[order[:neighbours]].mean(), many.index[order[0]]))
    found = find_outliers(many, method="neighbours", neighbours=neighbours).loc[many.index]
    distance, nearest = zip(*rows, strict=True)
    assert found["score"].tolist() == pytest.approx(robust(np.array(distance)), abs=1e-6)
    assert found["nearest"].tolist() == [*nearest]


def test_sixteen_components_and_five_neighbours_are_used_unless_told(many):
    many = many[:60]
    for method in METHODS:
        told = find_outliers(many, method=method, components=16, neighbours=5)
        pd.testing.assert_frame_equal(find_outliers(many, method=method), told)
    fewer = find_outliers(many, components=15).loc[many.index, "score"]
    assert not np.allclose(fewer, find_outliers(many).loc[many.index, "score"])
    values = scaled(many) - scaled(many).mean(axis=0)
    u = np.linalg.svd(values, full_matrices=False)[0][:, :16]
    found = find_outliers(many).loc[many.index, "score"]
    np.testing.assert_allclose(found, robust(np.linalg.norm(u, axis=1)), atol=0.02)


@pytest.mark.parametrize("value", [1e100, 1.5e100, -1.5e100])
def test_a_value_too_large_to_be_one_counts_as_missing(features, value):
    odd, plain = features.copy(), features.copy()
    odd.iloc[3, 0], plain.iloc[3, 0] = value, np.nan
    pd.testing.assert_frame_equal(find_outliers(odd), find_outliers(plain))


def test_more_copies_than_neighbours_are_no_trouble(features):
    copies = features.iloc[[0] * 12].set_axis([f"copy {number:02d}.jpg" for number in range(12)])
    table = find_outliers(pd.concat([features, copies]), method="neighbours")
    assert (table["nearest"] != table.index).all() and len(table) == 213
    assert table.loc[[*copies.index, "000.jpg"], "rank"].min() == 213 - 12
