"""Neighbours are those that a loop finds, and a summary brings photos of one thing together."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from helpers.splits import neighbours
from helpers.splits.keypoints import Picture, rooted
from helpers.splits.neighbours import find_neighbours, standardise, summarise


def unit(count, seed=0):
    rng = np.random.default_rng(seed)
    return standardise(rng.normal(size=(count, 6)))


def by_hand(features, nearest, skip=0, allowed=lambda i, j: True):
    found = set()
    for i, one in enumerate(features):
        others = [j for j in range(len(features)) if j != i and allowed(i, j)]
        others.sort(key=lambda j: (-(features[j] @ one), j))
        found |= {tuple(sorted((i, j))) for j in others[skip : skip + nearest]}
    return sorted(found)


@pytest.mark.parametrize(("nearest", "skip"), [(1, 0), (3, 0), (2, 5), (50, 0), (2, 38)])
def test_neighbours_are_those_of_a_loop(nearest, skip):
    features = unit(40)
    found = find_neighbours(features, nearest, skip)
    assert [tuple(pair) for pair in found.tolist()] == by_hand(features, nearest, skip)


def test_of_many_rows_the_nearest_is_the_nearest():
    features = unit(600)
    likeness = features @ features.T
    np.fill_diagonal(likeness, -1)
    expected = {tuple(sorted(pair)) for pair in enumerate(likeness.argmax(axis=1).tolist())}
    assert {tuple(pair) for pair in find_neighbours(features, 1).tolist()} == expected


@pytest.mark.parametrize("same", [True, False])
def test_labels_say_who_may_be_a_neighbour(same):
    features, labels = unit(40), np.arange(40) % 3
    labels[:5] = -1
    found = find_neighbours(features, 2, 1, labels, same=same)

    def allowed(i, j):
        return min(i, j) >= 5 and (labels[i] == labels[j]) == same

    assert [tuple(pair) for pair in found.tolist()] == by_hand(features, 2, 1, allowed)


def test_there_may_be_too_few_for_a_neighbour():
    assert find_neighbours(unit(1), 3).shape == (0, 2)
    assert find_neighbours(unit(4), 2, 3).shape == (0, 2)
    assert find_neighbours(unit(4), 2, 0, np.zeros(4, int), same=False).shape == (0, 2)


def test_blocks_change_nothing(monkeypatch):
    features = unit(40)
    whole = find_neighbours(features, 3)
    monkeypatch.setattr("helpers.splits.neighbours._BLOCK", 7)
    np.testing.assert_array_equal(find_neighbours(features, 3), whole)


def test_columns_are_standardised_before_rows():
    values = np.array([[1.0, 1000, np.nan], [2, 3000, 0], [3, 5000, 0], [2, 3000, 0]])
    found = standardise(values)
    z = (np.nan_to_num(values) - np.nan_to_num(values).mean(0)) / (
        np.nan_to_num(values).std(0) + 1e-9
    )
    np.testing.assert_allclose(found[[0, 2]], (z / np.linalg.norm(z, axis=1)[:, None])[[0, 2]])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[1], 0)


def pictures_of(things, copies, seed=0):
    """`things` × `copies` pictures, each with most of the descriptors of its thing."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(things):
        own = rng.integers(0, 255, (30, 128))
        for _ in range(copies):
            noisy = own[rng.permutation(30)[:24]] + rng.integers(-25, 25, (24, 128))
            blank = np.zeros((24, 4), np.float32)
            found.append(Picture(blank, np.clip(noisy, 0, 255).astype(np.uint8), *[None] * 3))
    return found


def test_pictures_of_one_thing_have_like_summaries(monkeypatch):
    pictures = pictures_of(20, 3)
    summary = summarise(pictures)
    np.testing.assert_allclose(np.linalg.norm(summary, axis=1), 1, atol=1e-5)
    pairs = find_neighbours(summary, 2)
    right = pairs[:, 0] // 3 == pairs[:, 1] // 3
    assert right.sum() == 60 and right.mean() > 0.9
    monkeypatch.setattr("helpers.splits.neighbours._BLOCK", 7)
    np.testing.assert_allclose(summarise(pictures), summary, atol=1e-5)


def test_a_summary_adds_up_what_lies_beyond_the_nearest_word(monkeypatch):
    """Keypoint by keypoint, with the axes of scikit-learn; which way an axis points is free."""
    pictures = pictures_of(4, 2)
    rows = [rooted(one.descriptors) for one in pictures]
    axes = PCA(48).fit(np.concatenate(rows).astype(float))
    monkeypatch.setattr(neighbours, "_cluster", lambda sample, rng: sample[::3][:64])
    words, expected = axes.transform(np.concatenate(rows))[::3][:64], np.zeros((8, 64, 48))
    for thing, each in zip(expected, rows, strict=True):
        for keypoint in axes.transform(each.astype(float)):
            nearest = np.linalg.norm(words - keypoint, axis=1).argmin()
            thing[nearest] += keypoint - words[nearest]
    length = np.linalg.norm(expected, axis=2, keepdims=True)
    expected = np.divide(expected, length, where=length > 1e-6, out=np.zeros_like(expected))
    expected = expected.reshape(8, -1)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    found = summarise(pictures)
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-3)
    signs = np.sign((found * expected).reshape(-1, 48).sum(axis=0))
    np.testing.assert_allclose(found, np.tile(signs, 8 * 64).reshape(8, -1) * expected, atol=1e-3)


def test_too_few_keypoints_make_an_empty_summary_and_a_picture_may_have_none():
    few = pictures_of(1, 5)
    assert (summarise(few) == 0).all() and len(summarise(few)) == 5
    enough = pictures_of(2, 3)
    empty = Picture(np.empty((0, 4)), np.empty((0, 128), np.uint8), *[None] * 3)
    summary = summarise([*enough, empty])
    assert (summary[-1] == 0).all()
    np.testing.assert_allclose(np.linalg.norm(summary[:-1], axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("count", [1000, 150])  # with words of one keypoint, too
def test_words_are_those_of_eight_rounds_of_lloyd(count):
    sample = np.random.default_rng(1).normal(size=(count, 5)) * [5, 3, 1, 1, 1]
    start = sample[np.random.default_rng(0).choice(count, 64, replace=False)]
    found = neighbours._cluster(sample, np.random.default_rng(0))
    expected = KMeans(64, init=start, n_init=1, max_iter=8, tol=0, algorithm="lloyd").fit(sample)
    assert found.shape == (64, 5)
    np.testing.assert_allclose(found, expected.cluster_centers_, atol=1e-8)
    nearest = ((sample[:, None] - found) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(neighbours._nearest_word(sample, found), nearest)


@pytest.mark.parametrize(("keypoints", "told"), [(127, False), (128, True)])
def test_a_summary_has_48_numbers_of_each_of_64_words_and_needs_two_keypoints_a_word(
    keypoints, told
):
    descriptors = np.random.default_rng(0).integers(0, 255, (keypoints, 128)).astype(np.uint8)
    blank = np.zeros((keypoints, 4), np.float32)
    pictures = [
        Picture(blank[part], descriptors[part], *[None] * 3)
        for part in (slice(0, 60), slice(60, keypoints))
    ]
    summary = summarise(pictures)
    assert summary.shape == (2, 64 * 48) and (summary != 0).any() == told
