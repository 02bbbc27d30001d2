"""Shifts that are there, that are not, and things that must not be known by sight."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from helpers.datasets.dataset import Dataset
from helpers.evaluation import find_shift
from helpers.evaluation.shift import _areas, area_interval
from helpers.splits.joining import tie_copies


def thrown(tmp_path, prefix, things, photos, off=0.0, seed=0):
    """A dataset of things, several photos each, and features in which photos of one are alike."""
    rng = np.random.default_rng([seed, things])
    names = np.repeat([f"{prefix}{number}" for number in range(things)], photos)
    index = pd.Index([f"{prefix}/{number}.jpg" for number in range(len(names))], name="image_id")
    values = np.repeat(rng.normal(size=(things, 8)), photos, axis=0) + off
    features = pd.DataFrame(values + 0.1 * rng.normal(size=values.shape), index)
    images = pd.DataFrame({"label": None, "split": "valid", "thing": names}, index)
    return Dataset(prefix, tmp_path, images, group="thing"), features


def asked(tmp_path, off, photos=(3, 5), things=(60, 40), seed=0, **settings):
    old, first = thrown(tmp_path, "old", things[0], photos[0], seed=seed)
    new, second = thrown(tmp_path, "new", things[1], photos[1], off, seed)
    return find_shift(old, new, pd.concat([first, second]), **settings)


def test_a_shift_is_noticed_whatever_the_number_of_photos(tmp_path):
    for photos in ((3, 5), (5, 3), (4, 4)):
        found = asked(tmp_path, 0.8, photos)
        assert found.auc > 0.75
        assert found.p == pytest.approx(1 / 200)
        assert found.highest < found.auc
        assert repr(found).endswith("not alike")


def test_where_there_is_none_it_is_found_as_seldom_as_p_says(tmp_path):
    found = [asked(tmp_path, 0.0, seed=seed, shuffles=39) for seed in range(24)]
    p = np.array([one.p for one in found])
    assert (p <= 0.05).sum() <= 4
    assert 0.3 < p.mean() < 0.7
    assert np.mean([one.chance for one in found]) == pytest.approx(0.5, abs=0.02)
    assert {repr(one).rsplit(": ", 1)[1] for one in found} == {"no difference shown"}


def test_copies_that_lie_on_one_side_are_no_shift(tmp_path):
    """Twenty splits by chance, each picture there three times, copies on one side."""
    told = {"copies known": 0, "not known": 0}
    for seed in range(20):
        old, first = thrown(tmp_path, "old", 60, 3, seed=seed)
        new, second = thrown(tmp_path, "new", 40, 3, seed=seed)
        features = pd.concat([first, second])
        apart = [one.with_group(None) for one in (old, new)]
        pairs = [
            pd.DataFrame(
                {
                    "image_id": one.groupby(one).transform(lambda of: of.index[0]),
                    "other_id": one.index,
                }
            )
            for one in (old.groups, new.groups)
        ]
        tied = [tie_copies(*each) for each in zip(apart, pairs, strict=True)]
        told["copies known"] += find_shift(*tied, features, shuffles=39).p <= 0.05
        told["not known"] += find_shift(*apart, features, shuffles=39).p <= 0.05
    assert told["copies known"] <= 4
    assert told["not known"] >= 10


def test_things_on_both_sides_are_left_out_and_counted(tmp_path):
    old, first = thrown(tmp_path, "old", 40, 3)
    new, second = thrown(tmp_path, "new", 40, 3)
    again = new.images.assign(thing=[*["old1"] * 6, *new.images["thing"][6:]])
    mixed = new.with_images(again)
    features = pd.concat([first, second])
    found = find_shift(old, mixed, features)
    rest = find_shift(old, mixed.with_images(again[6:]), features)
    assert found.left_out == 6
    assert rest.left_out == 0
    assert found.auc == rest.auc
    same = find_shift(old, old, features)
    assert same.left_out == 120
    assert np.isnan(same.auc)


@pytest.mark.parametrize("things", [(9, 40), (40, 9)])
def test_with_few_things_nothing_is_asked(tmp_path, things):
    found = asked(tmp_path, 5.0, things=things)
    assert np.isnan([found.auc, found.p, found.chance]).all()
    assert repr(found) == "not asked: fewer than 10 groups on one side"
    assert not np.isnan(asked(tmp_path, 5.0, things=(10, 10)).auc)


def test_the_areas_are_those_of_scikit_learn_column_by_column():
    rng = np.random.default_rng(0)
    values, tags = rng.normal(size=(90, 6)), (rng.random((90, 3)) < 0.4).astype(float)
    values[:, 0] += tags[:, 0]
    folds = rng.integers(5, size=90)
    scaled = StandardScaler().fit_transform(values)
    for column in range(3):
        score = np.zeros(90)
        for fold in range(5):
            own = folds == fold
            known = tags[~own, column]
            model = Ridge(alpha=6).fit(scaled[~own], known)
            score[own] = model.predict(scaled[own]) - known.mean()
        expected = roc_auc_score(tags[:, column], score)
        assert _areas(values, tags, folds)[column] == pytest.approx(expected)


def test_images_without_features_are_passed_over(tmp_path):
    old, first = thrown(tmp_path, "old", 40, 3)
    new, second = thrown(tmp_path, "new", 40, 3, 0.5)
    features = pd.concat([first[6:], second[9:]])
    expected = find_shift(
        old.with_images(old.images[6:]), new.with_images(new.images[9:]), features
    )
    assert find_shift(old, new, features).auc == expected.auc


def numbers(values, prefix):
    return pd.Series(values, [f"{prefix}{n}" for n in range(len(values))])


def own(values):
    return pd.Series(values.index, values.index)


def test_an_area_has_the_error_of_delong_and_others_and_ties_count_half():
    rng = np.random.default_rng(3)
    old, new = numbers(rng.integers(0, 9, 23), "o"), numbers(rng.integers(2, 12, 17), "n")
    area, low, high, error = area_interval(old, new, own(old), own(new))
    above = (new.to_numpy()[:, None] > old.to_numpy()) + 0.5 * (
        new.to_numpy()[:, None] == old.to_numpy()
    )
    assert area == pytest.approx(above.mean())
    assert area == pytest.approx(roc_auc_score([0] * 23 + [1] * 17, [*old, *new]))
    expected = above.mean(axis=1).var(ddof=1) / 17 + above.mean(axis=0).var(ddof=1) / 23
    assert error == pytest.approx(expected**0.5)
    assert low < area < high


def test_intervals_of_an_area_hold_the_truth_where_images_come_in_groups_and_where_not():
    rng, truth, held = np.random.default_rng(0), 0.7602, {1: 0, 4: 0}
    for photos in held:
        for _ in range(150):
            sides = []
            for prefix, middle in (("o", 0.0), ("n", 1.0)):
                # All photos of a thing are alike, so that they count as one.
                values = numbers(np.repeat(rng.normal(middle, 1, 40), photos), prefix)
                things = pd.Series(np.repeat(np.arange(40), photos), values.index).astype(str)
                sides += [values, prefix + things]
            _, low, high, _ = area_interval(sides[0], sides[2], sides[1], sides[3])
            held[photos] += low <= truth <= high
    assert all(135 <= number <= 149 for number in held.values()), held


def test_sides_that_are_parted_cleanly_still_have_an_interval_and_one_group_says_nothing():
    old, new = numbers(np.arange(10), "o"), numbers(np.arange(20, 40), "n")
    area, low, high, _ = area_interval(old, new, own(old), own(new))
    assert (area, high) == (1, 1)
    assert low == pytest.approx(10 / (10 + 1.96**2))
    assert area_interval(new, old, own(new), own(old))[:3] == pytest.approx((0, 0, 1 - low))
    same = pd.Series("one", old.index)
    assert area_interval(old, new, same, own(new))[1:3] == (0, 1)


def test_a_shift_has_an_interval_and_a_score_for_each_image(tmp_path):
    found = asked(tmp_path, 0.8)
    assert found.low < found.auc < found.high
    assert len(found.scores) == 60 * 3 + 40 * 5
    is_new = found.scores.index.str.startswith("new")
    assert roc_auc_score(is_new, found.scores) == pytest.approx(found.auc)
