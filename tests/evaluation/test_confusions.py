"""Metrics against those of scikit-learn, on random tables and on the edges."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as oracle

from helpers.datasets import DatasetError
from helpers.evaluation import (
    accuracy_interval,
    class_metrics,
    order_classes,
    overall_metrics,
    score_classes,
)

CLASSES = [*"abcdef"]


def made(labels, answers, classes=CLASSES):
    """A predictions table with these labels and answers."""
    index = pd.Index([f"{number}.jpg" for number in range(len(labels))], name="image_id")
    facts = pd.DataFrame({"label": labels, "prediction": answers}, index, dtype="str")
    facts["confidence"], facts["loss"] = 0.9, 0.1
    return facts.join(pd.DataFrame(0.1, index, classes))


def random_answers(seed):
    """Labels and answers with absent classes, classes of one image, and classes only answered."""
    rng = np.random.default_rng(seed)
    images, classes = rng.integers(1, 120), rng.integers(1, 7)
    labels = rng.choice(CLASSES[:classes], images, p=rng.dirichlet(np.full(classes, 0.4)))
    wrong = rng.random(images) < rng.choice([0, 0.3, 0.9, 1])
    return labels, np.where(wrong, rng.choice(CLASSES, images), labels)


def counted(labels, answers):
    return oracle.confusion_matrix(labels, answers, labels=CLASSES)


@pytest.mark.parametrize("seed", range(40))
def test_all_metrics_are_those_of_scikit_learn(seed):
    labels, answers = random_answers(seed)
    found = overall_metrics(counted(labels, answers))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {
            "accuracy": oracle.accuracy_score(labels, answers),
            "balanced accuracy": oracle.balanced_accuracy_score(labels, answers),
            "MCC": oracle.matthews_corrcoef(labels, answers),
        }
        for average in ("macro", "weighted"):
            parts = oracle.precision_recall_fscore_support(
                labels, answers, average=average, zero_division=0
            )
            for name, value in zip(("precision", "recall", "F1"), parts, strict=False):
                expected[f"{average} {name}"] = value
        by_class = oracle.precision_recall_fscore_support(
            labels, answers, labels=CLASSES, zero_division=0
        )
        micro = oracle.f1_score(labels, answers, average="micro")
    assert {name: float(value) for name, value in found.items()} == pytest.approx(
        expected, abs=1e-9, rel=1e-9
    )
    assert micro == pytest.approx(float(found["accuracy"]), abs=1e-9)
    each = class_metrics(counted(labels, answers))
    for name, values in zip(("precision", "recall", "F1"), by_class, strict=False):
        assert each[name] == pytest.approx(values, abs=1e-9)


def test_many_confusions_at_once_are_scored_one_by_one():
    stack = np.array([counted(*random_answers(seed)) for seed in range(6)])
    known = np.ones(len(CLASSES), bool)
    together = overall_metrics(stack, known)
    for place, one in enumerate(stack):
        alone = {name: float(value) for name, value in overall_metrics(one, known).items()}
        assert {n: v[place] for n, v in together.items()} == pytest.approx(alone)


def test_a_class_that_was_not_drawn_is_left_out_of_the_averages():
    drawn = np.array([[4, 0, 0], [0, 0, 0], [0, 0, 0]])
    known = np.array([True, True, False])
    assert overall_metrics(drawn, known)["macro recall"] == 1
    answered = np.array([[3, 1, 0], [0, 0, 0], [0, 0, 0]])
    assert overall_metrics(answered, known)["macro F1"] == pytest.approx(6 / 7)
    assert overall_metrics(answered)["macro F1"] == pytest.approx(3 / 7)


def test_each_class_has_its_scores_and_their_intervals():
    labels, answers = [*"aaaaaaaabbbbd"], [*"aaaaaabbbbbac"]
    groups = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]
    found = score_classes(made(labels, answers), groups)
    assert list(found.index) == ["a", "b", "c", "d"]
    assert found["images"].tolist() == [8, 4, 0, 1]
    assert found["groups"].tolist() == [4, 2, 0, 1]
    assert found.loc["a", ["precision", "recall", "F1"]].tolist() == pytest.approx(
        [6 / 7, 6 / 8, 12 / 15]
    )
    expected = accuracy_interval([1] * 6 + [0] * 2, groups[:8])
    assert found.loc["a", ["recall", "recall low", "recall high"]].tolist() == [*expected]
    expected = accuracy_interval([1] * 6 + [0], [*groups[:6], groups[11]])
    assert found.loc["a", ["precision", "precision low", "precision high"]].tolist() == [*expected]
    jaccard = accuracy_interval([1] * 6 + [0] * 3, [*groups[:8], groups[11]])
    ends = [2 * end / (1 + end) for end in jaccard]
    assert found.loc["a", ["F1", "F1 low", "F1 high"]].tolist() == pytest.approx(ends)
    assert found.loc["c", ["recall", "recall low", "recall high"]].tolist() == [0, 0, 1]
    assert found.loc["d", ["precision", "precision low", "precision high"]].tolist() == [0, 0, 1]


def test_images_without_a_label_are_passed_over_and_other_groups_too():
    table = made([*"aab"], [*"aba"])
    table.loc["3.jpg"] = table.loc["0.jpg"]
    table.loc["3.jpg", "label"] = None
    groups = pd.Series({f"{number}.jpg": str(number // 2) for number in range(9)})
    found = score_classes(table, groups)
    assert found["images"].tolist() == [2, 1]
    assert found["groups"].tolist() == [1, 1]
    with pytest.raises(DatasetError, match="No image .* has a label"):
        score_classes(table[3:])
    with pytest.raises(DatasetError, match=r"check_predictions\(table\) says which"):
        score_classes(made(["z"], ["a"]))
    with pytest.raises(DatasetError, match=r"check_predictions\(table\) says which"):
        score_classes(made(["a"], ["z"]))


def test_classes_that_are_confused_lie_together():
    names = [*"abcdef"]
    counts = np.eye(6) * 8
    for one, other in ((0, 3), (1, 5), (2, 4)):
        counts[one, other] = counts[other, one] = 5
    order = order_classes(pd.DataFrame(counts, names, names))
    assert sorted(order) == names
    apart = {pair: abs(order.index(pair[0]) - order.index(pair[1])) for pair in ("ad", "bf", "ce")}
    assert set(apart.values()) == {1}
    assert order_classes(pd.DataFrame([[1, 0], [0, 1]], [*"ba"], [*"ba"])) == [*"ba"]
    assert sorted(order_classes(pd.DataFrame(np.zeros((4, 4)), [*"dcba"], [*"dcba"]))) == [*"abcd"]
