"""Answers out of fold, recalls, and who gains and pays, against scikit-learn and simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, balanced_accuracy_score, recall_score

from helpers.balance import (
    accuracies,
    adjust_logits,
    answer_out_of_fold,
    compare_recalls,
    image_weights,
    over_seeds,
    recalls,
    tail_and_head,
    try_remedies,
    who_pays,
)
from helpers.balance.probing import folds_of
from helpers.datasets import DatasetError
from helpers.evaluation import compare_scores
from helpers.training import train_head
from tests.balance.sets import table


@pytest.fixture
def made(tmp_path, monkeypatch):
    """90 images of 45 things, two to one to one half, and features that tell classes poorly."""
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path))
    rng = np.random.default_rng(0)
    things = rng.permutation(np.repeat(["a", "b", "c"], [26, 13, 6]))
    label = np.repeat(things, 2)
    dataset = table("thing", label=label, thing=np.repeat(np.arange(45), 2))
    values = rng.normal(size=(90, 4))
    values[:, 0] += label == "a"
    values[:, 1] += 1.5 * (label == "c")
    return dataset, pd.DataFrame(values, dataset.images.index, list("wxyz"))


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_each_image_is_answered_by_a_head_that_saw_none_of_its_group(made, power):
    dataset, features = made
    labels, expected = dataset.images["label"], []
    codes = pd.factorize(labels, sort=True)[0]
    for train, asked in folds_of(codes, dataset.groups, 0):
        assert not {*dataset.groups.iloc[train]} & {*dataset.groups.iloc[asked]}
        own = labels.iloc[train]
        head = train_head(features, own, weights=image_weights(own, power=power))
        expected.append(head.predict_proba(features.iloc[asked]))
    expected = pd.concat(expected).sort_index()
    found = answer_out_of_fold(dataset, features, power)
    pd.testing.assert_frame_equal(found, expected, check_names=False, atol=1e-6)


def test_remedies_start_from_one_set_of_answers(made):
    dataset, features = made
    found = try_remedies(dataset, features)
    assert [*found] == ["nothing", "oversampling", "class weights", "logit adjustment"]
    shifted = adjust_logits(found["nothing"], dataset.images["label"])
    pd.testing.assert_frame_equal(found["logit adjustment"], shifted)
    named = {name: told.idxmax(axis=1).value_counts()["a"] for name, told in found.items()}
    assert max(named, key=named.get) == "nothing"
    assert not found["oversampling"].equals(found["class weights"])
    for name, options in (("nothing", {}), ("oversampling", {"oversampled": True})):
        again = answer_out_of_fold(dataset, features, **options, seed=0)
        pd.testing.assert_frame_equal(found[name], again)


def test_recalls_and_accuracies_are_those_of_scikit_learn(made):
    dataset, features = made
    answers = {"nothing": answer_out_of_fold(dataset, features)}
    labels, told = dataset.images["label"], answers["nothing"].idxmax(axis=1)
    found = recalls(answers, labels)
    assert found.index.tolist() == ["a", "b", "c"]
    assert found["images"].tolist() == [52, 26, 12]
    expected = recall_score(labels, told, average=None, labels=["a", "b", "c"])
    assert found["nothing"].tolist() == pytest.approx(expected.tolist())
    assert accuracies(answers, labels)["nothing"] == pytest.approx(accuracy_score(labels, told))


def test_a_column_can_be_balanced_with_the_classes(made):
    dataset, features = made
    ground = np.where(np.arange(90) % 9 == 0, "stone", "grass")
    on = dataset.with_images(dataset.images.assign(ground=ground))
    by_column = answer_out_of_fold(on, features, 1.0, column="ground")
    assert not np.allclose(by_column, answer_out_of_fold(on, features, 1.0))


@pytest.mark.parametrize(("classes", "tail", "head"), [(10, 4, 3), (3, 1, 1), (2, 1, 1), (5, 2, 2)])
def test_the_tail_is_four_tenths_of_the_classes_and_the_head_three(classes, tail, head):
    labels = pd.Series([f"{c:02}" for c in range(classes) for _ in range(c + 1)])
    rarest, commonest = tail_and_head(labels)
    assert rarest == [f"{c:02}" for c in range(tail)]
    assert commonest == [f"{classes - 1 - c:02}" for c in range(head)]


def test_one_class_is_compared_as_by_compare_scores():
    rng = np.random.default_rng(0)
    labels = pd.Series(np.repeat(["a", "b"], 40), [f"{i}.jpg" for i in range(80)])
    first, second = (pd.Series(rng.random(80) < p, labels.index) for p in (0.8, 0.5))
    own = labels.index[labels == "b"]
    found = compare_recalls(first, second, labels, classes=["b"])
    assert found == pytest.approx(compare_scores(first[own], second[own]))


def test_the_interval_of_macro_recall_covers_the_truth_in_about_95_of_100():
    sizes, gains, held = {"a": 200, "b": 60, "c": 30}, {"a": -0.05, "b": 0.1, "c": 0.2}, 0
    labels = pd.Series(np.repeat([*sizes], [*sizes.values()]))
    chance, rng = labels.map({"a": 0.8, "b": 0.5, "c": 0.3}), np.random.default_rng(1)
    for _ in range(300):
        draw = rng.random(len(labels))  # one draw for both: the same images are hard for both
        first, second = draw < chance + labels.map(gains), draw < chance
        found = compare_recalls(first, second, labels)
        held += found.low <= 0.25 / 3 <= found.high
    assert 0.91 < held / 300 <= 0.995


def test_who_pays_is_told_for_the_classes_by_their_number(made):
    dataset, features = made
    answers, labels = try_remedies(dataset, features), dataset.images["label"]
    found = who_pays(answers, labels, dataset.groups).set_index(["remedy", "of"])
    assert len(found) == 12
    whole = found.loc[("class weights", "all classes")]
    told = {name: answers[name].idxmax(axis=1) for name in ("class weights", "nothing")}
    macro = [balanced_accuracy_score(labels, one) for one in told.values()]
    assert whole["difference"] == pytest.approx(macro[0] - macro[1])
    assert whole["low"] < whole["difference"] < whole["high"]
    assert found.loc[("class weights", "rarest class, c"), "classes"] == "c"
    assert found.loc[("class weights", "commonest class, a"), "classes"] == "a"
    halves = labels + labels.index.to_series().str[-5].astype(int).mod(2).astype(str)
    named = {name: pd.DataFrame({one: halves == one for one in sorted({*halves})}, labels.index)
             for name in ("plain", "other")}  # fmt: skip
    asked = who_pays(named, halves)["of"].tolist()
    assert asked == ["rarest classes", "commonest classes", "worst class", "all classes"]


def test_over_seeds_the_differences_are_paired_with_students_interval():
    rows = [(seed, remedy, *[base + gain + 0.01 * seed * (remedy != "none")] * 5)
            for seed, base in enumerate([0.3, 0.5, 0.4])
            for remedy, gain in (("none", 0.0), ("weights", 0.1))]  # fmt: skip
    columns = ["seed", "remedy", "tail", "head", "worst", "macro", "reversed"]
    made = pd.DataFrame(rows, columns=columns).assign(usual=lambda t: t["tail"])
    found = over_seeds(made)
    low, high = stats.t.interval(0.95, 2, 0.11, stats.sem([0.1, 0.11, 0.12]))
    assert found["difference"].tolist() == pytest.approx([0.11] * 6)
    assert found.loc[0, ["low", "high"]].tolist() == pytest.approx([low, high])
    assert over_seeds(made, ["weights"])["of"].iloc[-1] == "usual grounds"


def test_without_two_classes_there_is_nothing_to_balance(made):
    dataset, features = made
    alone = dataset.with_images(dataset.images[dataset.images["label"] == "a"])
    with pytest.raises(DatasetError, match="one class"):
        answer_out_of_fold(alone, features)


def test_two_things_of_two_classes_still_get_answers(made):
    two = table("thing", label=list("aabb"), thing=["1", "1", "2", "2"])
    features = pd.DataFrame({"x": [0.0, 0, 1, 1]}, two.images.index)
    found = answer_out_of_fold(two, features)
    assert found.to_numpy().tolist() == [[0, 1], [0, 1], [1, 0], [1, 0]]


def test_two_classes_are_weighed_against_each_other_where_each_fold_learns_from_both(made):
    dataset, features = made
    two = dataset.with_images(dataset.images[dataset.images["label"] != "c"])
    found = answer_out_of_fold(two, features)
    assert list(found) == ["a", "b"] and len(found) == 78
    assert found.sum(axis=1).to_numpy() == pytest.approx(1)
    assert found.gt(0).all(axis=None) and found["a"].nunique() > 70
