"""Probes find what was planted, keep silent where nothing was, and judge by shuffled labels."""

import numpy as np
import pandas as pd
import pytest
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import Ridge
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from helpers.balance import find_proxies, probe
from helpers.balance.probing import (
    FARTHEST,
    Probe,
    _above,
    _ask,
    _exceeds,
    _given,
    _scaled,
    _score,
    _sure,
)
from helpers.datasets import DatasetError
from tests.balance.sets import table


def made(tie=0.0, seed=0, groups=120, each=3):
    """Three classes of unequal size; a feature that is the class's with probability `tie`."""
    rng = np.random.default_rng(seed)
    label = np.repeat(rng.choice(3, groups, p=[0.6, 0.3, 0.1]), each)
    dataset = table("thing", label=label.astype(str), thing=np.repeat(np.arange(groups), each))
    shown = np.where(rng.random(len(label)) < tie, label, rng.integers(0, 3, len(label)))
    noise = rng.normal(size=(len(label), 2))
    features = pd.DataFrame(noise, dataset.images.index, ["n1", "n2"])
    return dataset, features.assign(shown=shown.astype(float))


def test_a_planted_shortcut_is_found_and_the_class_it_gives_away_is_named():
    dataset, features = made()
    rare = (dataset.images["label"] == "2").to_numpy()
    features["shown"] = np.where(rare, 5.0, np.random.default_rng(1).integers(0, 3, len(rare)))
    found = probe(dataset, features)
    assert found.shortcut and found.p < 0.001
    assert found.by_class.loc["2", "recall"] > 0.9
    assert found.by_class.loc["2", "auc"] > 0.95
    assert found.by_class["p"].idxmin() == "2"
    assert found.by_class["images"].to_dict() == dataset.images["label"].value_counts().to_dict()
    assert found.gives_away[0] == "2"
    assert repr(found).endswith("gives away " + ", ".join(found.gives_away))
    assert found.recall == pytest.approx(found.by_class["recall"].mean())
    shuffled = found.shuffled["recall"]
    assert (found.chance, found.highest) == pytest.approx((shuffled.mean(), shuffled.max()))
    assert found.p == pytest.approx(_exceeds(found.recall, shuffled.to_numpy()))
    assert len(shuffled) == 99
    chances = found.shuffled.drop(columns="recall").mean()
    assert found.by_class["chance"].to_dict() == pytest.approx(chances.to_dict())


def told_from(*told, classes, each=60, tie=1.0):
    """Classes of the same size; each group of `told` has a value of its own, all others share one.

    So what a feature tells is known: a class alone in its group is given away, and so is each of
    two that share a value only where nothing else would leave them.
    """
    rng = np.random.default_rng(3)
    label = np.repeat(np.arange(classes), each)
    value = np.full(len(label), -1.0)
    for place, group in enumerate(told):
        shown = np.isin(label, list(group)) & (rng.random(len(label)) < tie)
        value[shown] = 2.0 * place
    dataset = table(label=label.astype(str), thing=np.arange(len(label)))
    features = {"value": value, "noise": rng.normal(size=len(label))}
    return dataset, pd.DataFrame(features, dataset.images.index)


@pytest.mark.parametrize(
    ("told", "classes", "given"),
    [
        ([[0]], 3, ["0"]),  # 1 and 2 are told from 0, and from each other by nothing
        ([[0]], 2, ["0", "1"]),  # of two classes each is told by the other
        ([[0], [1]], 3, ["0", "1", "2"]),  # 2 is told from each of the others
        ([[0], [1]], 4, ["0", "1"]),
        ([[0], [1], [2]], 9, ["0", "1", "2"]),
        ([[0, 1]], 4, ["0", "1"]),  # each is told from both 2 and 3, and these not from each other
        ([], 3, []),
    ],
)
def test_a_class_that_is_told_only_because_others_are_is_not_given_away(told, classes, given):
    found = probe(*told_from(*told, classes=classes))
    assert sorted(found.gives_away) == given
    assert found.by_class["given"].sum() == len(given)


def test_the_others_of_a_class_told_are_told_in_the_table_and_not_called_given_away():
    found = probe(*told_from([0], classes=3))
    others = found.by_class.loc[["1", "2"]]
    assert (others["auc"] > others["chance"] + 0.15).all() and (others["p"] < 0.01).all()
    assert not others["given"].any()
    weaker = probe(*told_from([0], classes=3, tie=0.8))
    assert weaker.gives_away == ["0"]


def test_without_a_shortcut_probes_keep_silent():
    found = [probe(*made(0, seed), shuffles=9) for seed in range(12)]
    assert sum(one.shortcut for one in found) <= 1
    assert sum(one.p < 0.5 for one in found) in range(2, 11)
    assert repr(found[0]).endswith("no class given away") is not found[0].shortcut


def test_photos_of_one_thing_share_a_look_and_still_no_shortcut_is_seen():
    """Features that name the group, not the class: images alone would call that a shortcut."""
    dataset, features = made(groups=60, each=6)
    looks = np.random.default_rng(0).normal(size=(60, 8))[dataset.images["thing"].to_numpy()]
    features[[f"look {n}" for n in range(8)]] = looks
    assert not probe(dataset, features).shortcut
    alone = probe(dataset.with_group(None), features)
    assert alone.shortcut


def test_recalls_and_areas_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    codes, found = rng.integers(0, 3, 90), rng.normal(size=(90, 3)).round(1)
    recalls, pairs = _score(found, codes)
    assert recalls.mean() == pytest.approx(balanced_accuracy_score(codes, found.argmax(1)))
    images = np.bincount(codes)
    whole = _above([pairs], images)[0] / (images.sum() - images)
    for c in range(3):
        assert whole[c] == pytest.approx(roc_auc_score(codes == c, found[:, c]))
        for d in {0, 1, 2} - {c}:
            both = np.isin(codes, [c, d])
            assert pairs[c, d] == pytest.approx(roc_auc_score(codes[both] == c, found[both, c]))


def test_any_number_of_answers_gets_what_each_gets_alone(monkeypatch):
    dataset, features = made(0.5)
    codes = dataset.images["label"].astype(int).to_numpy()
    half = np.arange(len(codes)) % 2 == 0
    folds = [(np.flatnonzero(half), np.flatnonzero(~half))]
    folds += [folds[0][::-1]]
    answers = [codes, np.roll(codes, 7), codes[::-1]]
    values = _scaled(features.to_numpy())
    together = _ask(values, answers, folds, 3, 0)
    monkeypatch.setattr("helpers.balance.probing.MOST_COLUMNS", 6)
    in_blocks = _ask(values, answers, folds, 3, 0)
    for one, other, answer in zip(together, in_blocks, answers, strict=True):
        (alone,) = _ask(values, [answer], folds, 3, 0)
        for part, block, own in zip(one, other, alone, strict=True):
            assert part == pytest.approx(own) and block == pytest.approx(own)


def test_a_fold_is_answered_by_ridge_regression_on_nystroems_features():
    dataset, features = made(0.5)
    codes, values = dataset.images["label"].astype(int).to_numpy(), _scaled(features.to_numpy())
    half = np.arange(len(codes)) % 2 == 0
    expected = np.zeros((len(codes), 3))
    for train in (half, ~half):
        kernel = Nystroem(gamma=0.5 / 3, n_components=180, random_state=0)
        own = np.eye(3)[codes[train]]
        model = Ridge().fit(kernel.fit_transform(values[train]), own)
        off = model.predict(kernel.transform(values[~train])) - own.mean(axis=0)
        expected[~train] = off / own.std(axis=0)
    folds = [(np.flatnonzero(train), np.flatnonzero(~train)) for train in (half, ~half)]
    recalls, pairs = _ask(values, [codes], folds, 3, 0)[0]
    assert recalls.mean() == pytest.approx(balanced_accuracy_score(codes, expected.argmax(1)))
    images = np.bincount(codes)
    areas = _above([pairs], images)[0] / (images.sum() - images)
    for c in range(3):
        assert areas[c] == pytest.approx(roc_auc_score(codes == c, expected[:, c]))


def test_columns_are_scaled_and_one_odd_file_is_held_back():
    values = _scaled(np.array([[1.0, 5.0, 0.0]] * 50 + [[3.0, 5.0, 1e6]]))
    assert values.shape == (51, 2)
    assert values.max() == FARTHEST
    two = _scaled(np.array([[1.0], [3.0], [np.nan]]))
    assert two.ravel().tolist() == pytest.approx(
        ((np.array([1, 3, 0]) - 4 / 3) / np.array([1, 3, 0]).std()).tolist()
    )
    assert _scaled(np.ones((4, 2))).tolist() == [[0.0]] * 4


def test_text_columns_count_as_one_column_for_each_value():
    dataset, _ = made()
    words = dataset.images["label"].map({"0": "jpeg", "1": "png", "2": "tiff"}).to_frame("format")
    assert probe(dataset, words, shuffles=3).recall == 1


def test_p_is_students_for_one_more_draw():
    from scipy import stats

    others = np.array([0.1, 0.2, 0.3])
    t = (0.5 - 0.2) / (0.1 * np.sqrt(4 / 3))
    assert _exceeds(0.5, others) == pytest.approx(stats.t.sf(t, 2))
    assert _exceeds(0.5, np.full(3, 0.5)) == 1
    assert _exceeds(0.6, np.full(3, 0.5)) == 0


def test_test_images_are_not_asked():
    dataset, features = made(0.9)
    images = dataset.images.copy()
    images.iloc[:60, images.columns.get_loc("split")] = "test"
    found = probe(dataset.with_images(images), features, shuffles=2)
    assert found.by_class["images"].sum() == len(images) - 60


def test_one_class_is_told():
    dataset, features = made()
    images = dataset.images[dataset.images["label"] == "0"]
    with pytest.raises(DatasetError, match="1 classes of 'made' lie in two groups or more"):
        probe(dataset.with_images(images), features)


def test_what_was_dropped_is_told_from_its_proxies():
    rng = np.random.default_rng(0)
    site = rng.choice(["n", "s"], 200)
    made = table(label=["a", "b"] * 100, site=site, noise=rng.choice(list("xyz"), 200))
    camera = pd.DataFrame({"width": np.where(site == "n", 400, 300)}, made.images.index)
    found = find_proxies(made, {"file facts": camera}).set_index(["column", "source"])
    assert found["told"].to_dict() == {
        ("site", "other columns"): False, ("site", "file facts"): True,
        ("noise", "other columns"): False, ("noise", "file facts"): False,
    }  # fmt: skip
    assert found.loc[("site", "file facts"), ["values", "recall"]].tolist() == [2, 1]
    assert find_proxies(table(label=["a", "b"] * 3), {"file facts": camera}).empty


@pytest.mark.parametrize(
    ("p", "auc", "chance", "away"),
    [
        (0.009, 0.65, 0.5, True),
        (0.01, 0.65, 0.5, False),
        (0.015, 0.65, 0.5, False),
        (0.009, 0.59, 0.5, False),
        (0.009, 0.61, 0.5, True),
        (0.009, 0.65, 0.56, False),
    ],
)
def test_a_class_is_given_away_where_that_is_sure_and_leads_by_a_tenth(p, auc, chance, away):
    assert _sure(np.array([auc, 0.9]), chance, np.array([p, 0.001])).tolist() == [away, True]
    by_class = pd.DataFrame({"auc": [auc, 0.9], "given": [away, True]}, [*"ab"])
    found = Probe(0.5, 0.3, 0.4, 0.001, by_class, pd.DataFrame())
    assert found.gives_away == (["b", "a"] if away else ["b"]) and found.shortcut
    assert not found._replace(by_class=by_class.assign(given=False)).shortcut


def test_what_is_left_is_judged_against_shuffled_labels_too():
    """Of `c` and `d`, the area among themselves is .7, where shuffled labels reach .3 to .7."""
    sure, images = np.array([True, False, True, False]), np.full(4, 50)
    real = np.array([[0, 1, 1, 1], [0, 0, 0.5, 0.5], [1, 0.7, 0, 0.7], [0, 0.5, 0.3, 0]])
    even, wide = (np.tile(0.5 * (1 - np.eye(4)), (9, 1, 1)) for _ in range(2))
    off = np.linspace(-0.01, 0.01, 9)[:, None]
    even[:, 0, 1:] += off
    wide[:, 0, 1:] += off
    even[:, 2, [0, 1, 3]] += off
    wide[:, 2, [0, 1, 3]] += 20 * off
    for shuffled, given in ((even, [True, False, True, False]), (wide, [True, *[False] * 3])):
        pairs = [real, *shuffled]
        assert _given(pairs, _above(pairs, images), images, sure).tolist() == given


def test_many_classes_set_aside_one_by_one_leave_what_is_judged_anew():
    """The sums that are kept from step to step, against areas made from images that are left."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 6, 300)
    found = rng.normal(size=(300, 6)) + 3 * np.eye(6)[codes] * (np.arange(6) < 4)
    shuffled = [rng.permutation(codes) for _ in range(30)]
    pairs = [_score(found, one)[1] for one in (codes, *shuffled)]
    images, sure = np.bincount(codes), np.arange(6) < 5
    given = _given(pairs, _above(pairs, images), images, sure)
    left = np.isin(codes, [4, 5])
    assert given.tolist() == [True] * 4 + [False] * 2
    assert roc_auc_score(codes[left] == 4, found[left, 4]) < 0.6


def test_p_of_several_at_once_is_that_of_each():
    others = np.array([[0.1, 0.5, 0.2], [0.2, 0.5, 0.4], [0.3, 0.5, 0.1]])
    together = _exceeds(np.array([0.5, 0.6, 0.2]), others)
    alone = [_exceeds(v, others[:, n]) for n, v in enumerate((0.5, 0.6, 0.2))]
    assert together.tolist() == pytest.approx([float(one) for one in alone])


def test_a_class_of_one_group_is_not_asked_and_the_reason_names_those_that_could_be():
    dataset, features = made()
    images = dataset.images.copy()
    images["thing"] = images["thing"].where(images["label"] != "2", 999)
    found = probe(dataset.with_images(images), features, shuffles=2)
    assert found.by_class.index.tolist() == ["0", "1"]
    few = dataset.with_images(images.assign(site=np.where(images["label"] == "2", "s", "n")))
    with pytest.raises(DatasetError, match="^1 values of 'site' of 'made' lie .*more .n.; a probe"):
        probe(few, features, against="site")


def test_columns_of_little_spread_count_as_much_as_others():
    values = _scaled(np.array([[0.0, 0.0], [1e-3, 1e3], [2e-3, 2e3]]))
    assert values.shape == (3, 2) and values[:, 0] == pytest.approx(values[:, 1])
