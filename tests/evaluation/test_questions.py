"""One class against the rest, dummies, marked images, and the images held out."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, balanced_accuracy_score, matthews_corrcoef

from helpers.datasets import DatasetError
from helpers.datasets.dataset import Dataset
from helpers.evaluation import (
    against_dummy,
    always,
    check_predictions,
    classes_of,
    one_against_rest,
    probabilities,
    select_marked,
)


@pytest.fixture
def predictions():
    rng = np.random.default_rng(0)
    labels = rng.choice([*"abc"], 60, p=[0.6, 0.3, 0.1])
    values = rng.dirichlet(np.ones(3), 60)
    index = pd.Index([f"{number:02d}.jpg" for number in range(60)], name="image_id")
    table = pd.DataFrame(values, index, [*"abc"]).assign(label=labels)
    return check_predictions(table)


@pytest.fixture
def dataset(predictions, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))
    images = pd.DataFrame({"label": predictions["label"], "split": "test"})
    images["common"] = pd.array([True, False, None] * 20, "boolean")
    return Dataset("photos", tmp_path, images)


def test_one_class_is_asked_against_the_rest(predictions):
    found = one_against_rest(predictions, "b")
    assert classes_of(found) == ["b", "not b"]
    own = predictions["label"] == "b"
    assert ((found["label"] == "b") == own).all()
    assert ((found["prediction"] == "b") == (predictions["prediction"] == "b")).all()
    assert probabilities(found)["b"].tolist() == pytest.approx(predictions["b"].tolist())
    # The most probable of three may have less than a half: it stays the answer.
    below = predictions["b"][predictions["prediction"] == "b"]
    assert below.min() < 0.5
    predictions.loc["00.jpg", "label"] = None
    assert one_against_rest(predictions, "b")["label"].isna().sum() == 1
    with pytest.raises(DatasetError, match="no column 'd'"):
        one_against_rest(predictions, "d")


def test_a_dummy_scores_as_that_of_scikit_learn(predictions):
    found = always(predictions, "a")
    dummy = DummyClassifier(strategy="constant", constant="a").fit([[0]] * 60, predictions["label"])
    assert found["prediction"].tolist() == dummy.predict([[0]] * 60).tolist()
    assert (found["label"] == predictions["label"]).all()
    assert classes_of(found) == [*"abc"]
    assert probabilities(found)["a"].eq(1).all()
    with pytest.raises(DatasetError, match="no column 'd'"):
        always(predictions, "d")


def test_the_rarest_class_is_asked_about_in_all_sets(predictions):
    asked = {"all": predictions, "half": predictions[:30]}
    groups = pd.Series(predictions.index, predictions.index)
    rare, answers, compared = against_dummy(asked, groups)
    assert rare == "c"
    row = compared["half"]["first"]
    own, said = (predictions[:30][name] == "c" for name in ("label", "prediction"))
    assert row["accuracy"] == pytest.approx(accuracy_score(own, said))
    assert row["balanced accuracy"] == pytest.approx(balanced_accuracy_score(own, said))
    assert row["MCC"] == pytest.approx(matthews_corrcoef(own, said))
    second = compared["half"]["second"]
    assert second["accuracy"] == pytest.approx((~own).mean())
    assert second["balanced accuracy"] == 0.5
    assert second["MCC"] == 0
    assert list(answers) == ["all", "half"]


def test_marked_images_are_selected_where_there_are_marks(predictions, dataset):
    found = select_marked(predictions, dataset, {"in life": "common", "other": "absent"})
    assert list(found) == ["in life"]
    assert found["in life"].index.tolist() == [f"{number:02d}.jpg" for number in range(0, 60, 3)]
    assert list(select_marked(predictions, dataset, {"other": "absent"})) == ["all images"]
    none = dataset.with_images(dataset.images.assign(common=False))
    assert len(select_marked(predictions, none, {"in life": "common"})["all images"]) == 60
