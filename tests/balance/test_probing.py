"""Probes find what was planted, keep silent where nothing was, and judge by shuffled labels."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from helpers.balance import probe
from helpers.balance.probing import _ask, _exceeds
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
    found = probe(dataset, features, progress=False)
    assert found.shortcut and found.p < 0.001
    assert found.by_class.loc["2", "recall"] > 0.9
    assert found.by_class.loc["2", "auc"] > 0.95
    assert found.by_class["p"].idxmin() == "2"
    assert found.by_class["images"].to_dict() == dataset.images["label"].value_counts().to_dict()
    assert found.gives_away[0] == "2"
    assert repr(found).endswith("gives away " + ", ".join(found.gives_away))


def test_without_a_shortcut_probes_keep_silent():
    found = [probe(*made(0, seed), shuffles=9, progress=False) for seed in range(12)]
    assert sum(one.shortcut for one in found) <= 1
    assert sum(one.p < 0.5 for one in found) in range(2, 11)
    assert repr(found[0]).endswith("no class given away") is not found[0].shortcut


def test_photos_of_one_thing_share_a_look_and_still_no_shortcut_is_seen():
    """Features that name the group, not the class: images alone would call that a shortcut."""
    dataset, features = made(groups=60, each=6)
    thing = dataset.images["thing"].to_numpy()
    features["look"] = np.random.default_rng(0).normal(size=60)[thing]
    assert not probe(dataset, features, progress=False).shortcut
    alone = probe(dataset.with_group(None), features, progress=False)
    assert alone.shortcut


def test_recalls_and_areas_are_those_of_scikit_learn():
    dataset, features = made(0.5)
    codes = dataset.images["label"].astype(int).to_numpy()
    half = np.arange(len(codes)) % 2 == 0
    folds = [
        (np.flatnonzero(half), np.flatnonzero(~half)),
        (np.flatnonzero(~half), np.flatnonzero(half)),
    ]
    values = features.to_numpy(np.float32)
    recalls, areas = _ask(values, codes, folds, 3, 0)
    from sklearn.ensemble import ExtraTreesClassifier

    chances = np.zeros((len(codes), 3))
    for train, asked in folds:
        forest = ExtraTreesClassifier(
            30, min_samples_leaf=3, class_weight="balanced", random_state=0
        ).fit(values[train], codes[train])
        chances[asked] = forest.predict_proba(values[asked])
    assert recalls.mean() == pytest.approx(balanced_accuracy_score(codes, chances.argmax(1)))
    for c in range(3):
        assert areas[c] == pytest.approx(roc_auc_score(codes == c, chances[:, c]))


def test_text_columns_count_as_one_column_for_each_value():
    dataset, _ = made()
    words = dataset.images["label"].map({"0": "jpeg", "1": "png", "2": "tiff"}).to_frame("format")
    assert probe(dataset, words, shuffles=3, progress=False).recall == 1


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
    found = probe(dataset.with_images(images), features, shuffles=2, progress=False)
    assert found.by_class["images"].sum() == len(images) - 60


def test_one_class_is_told():
    dataset, features = made()
    images = dataset.images[dataset.images["label"] == "0"]
    with pytest.raises(DatasetError, match="1 classes of 'made' lie in two groups or more"):
        probe(dataset.with_images(images), features, progress=False)
