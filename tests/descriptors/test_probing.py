"""One linear model on one part of the columns at a time."""

import numpy as np
import pandas as pd
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.descriptors import name_parts, probe_parts


def made(images=120):
    rng = np.random.default_rng(0)
    labels = pd.Series(np.tile(["elm", "oak"], images // 2), [f"{i:03d}" for i in range(images)])
    known = (labels == "oak").to_numpy()[:, None]
    names = ["colour red", "form area", "stage1 000", "stage1 001", "stage2 000"]
    features = pd.DataFrame(rng.normal(size=(images, 5)), labels.index, names)
    features[["form area", "stage2 000"]] += 6.0 * known
    return features, labels


def test_columns_are_named_by_their_first_word_and_then_together():
    features, _ = made()
    parts = name_parts(features.columns)
    assert list(parts) == ["colour", "form", "all three", "stage1", "stage2", "all stages"]
    assert parts["all three"] == ["colour red", "form area"]
    assert parts["stage1"] == ["stage1 000", "stage1 001"]
    assert parts["all stages"] == ["stage1 000", "stage1 001", "stage2 000"]


def test_one_part_alone_is_not_named_together():
    assert list(name_parts(pd.Index(["form area", "form solidity"]))) == ["form"]


def test_parts_that_know_the_class_are_right_and_others_guess():
    features, labels = made()
    right = probe_parts(features, labels)
    shares = right.mean()
    assert right.index.equals(features.index)
    assert shares[["form", "stage2", "all three", "all stages"]].min() > 0.95
    assert 0.3 < shares["colour"] < 0.7


def test_images_without_a_label_are_left_out_and_named_parts_are_asked_alone():
    features, labels = made()
    labels = labels.where(labels.index != "000")
    right = probe_parts(features, labels, parts={"mine": ["form area"]})
    assert list(right) == ["mine"]
    assert "000" not in right.index


def test_a_model_never_learns_from_the_group_that_it_is_asked_about():
    rng = np.random.default_rng(0)
    groups = pd.Series(np.repeat(np.arange(20), 6), [f"{i:03d}" for i in range(120)])
    labels = pd.Series(np.repeat(rng.permutation(["elm", "oak"] * 10), 6), groups.index)
    own = pd.get_dummies(groups, dtype=float).add_prefix("form ")  # knows the specimen alone
    assert probe_parts(own, labels)["form"].mean() > 0.95
    assert probe_parts(own, labels, groups)["form"].mean() < 0.7


def test_with_one_class_or_one_group_nothing_is_asked():
    features, labels = made(20)
    assert probe_parts(features, labels.replace("oak", "elm")).columns.empty
    assert probe_parts(features, labels, pd.Series("all", labels.index)).columns.empty


def test_small_classes_are_asked_in_fewer_folds_and_no_label_at_all_in_none():
    features, labels = made(6)
    assert len(probe_parts(features, labels)) == 6
    assert probe_parts(features, labels.where(labels == "none")).empty


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("count", [2, 4, 30])
def test_answers_are_those_of_scikit_learn_in_five_folds_or_as_many_as_there_are_groups(
    classes, count
):
    features, _ = made()
    labels = pd.Series(np.array(["elm", "fir", "oak"])[np.arange(120) % classes], features.index)
    groups = pd.Series(np.arange(120) // classes % count, features.index)
    cut = StratifiedGroupKFold(min(5, count), shuffle=True, random_state=0)
    discriminant = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    model = make_pipeline(StandardScaler(), discriminant)
    expected = cross_val_predict(model, features, labels, groups=groups, cv=cut) == labels
    right = probe_parts(features, labels, groups, {"all": [*features]})
    assert right["all"].tolist() == expected.tolist()


@pytest.mark.parametrize("progress", [True, False])
def test_a_bar_counts_the_parts_unless_it_is_not_wanted(monkeypatch, progress):
    bars = []

    def tqdm(iterable, desc, **options):
        bars.append((desc, len(iterable), options["delay"], options["disable"]))
        return iterable

    monkeypatch.setattr("tqdm.auto.tqdm", tqdm)
    probe_parts(*made(), progress=progress)
    assert bars == [("probe", 6, 2, not progress)]
