"""The head against scikit-learn's logistic regression."""

import time

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.training import train_head


def made(images, columns, classes, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, images)
    centres = rng.normal(0, 0.4, (classes, columns))
    features = rng.normal(0, 1, (images, columns)) + centres[labels]
    features *= rng.uniform(0.1, 50, columns)
    index = pd.Index([f"{i}.jpg" for i in range(images)], name="image_id")
    names = [f"stage1 {i:03d}" for i in range(columns)]
    return (
        pd.DataFrame(features.astype(np.float32), index, names),
        pd.Series([f"class {label}" for label in labels], index),
    )


@pytest.mark.parametrize("C", [0.001, 0.01, 1.0])
def test_probabilities_are_those_of_scikit_learn(C):
    features, labels = made(400, 30, 4)
    head = train_head(features, labels, C=C)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=5000, tol=1e-8))
    model.fit(features.to_numpy(np.float64), labels)
    expected = model.predict_proba(features.to_numpy(np.float64))
    found = head.predict_proba(features)
    assert found.columns.tolist() == head.classes == list(model.classes_)
    assert found.index.equals(features.index)
    np.testing.assert_allclose(found.to_numpy(), expected, atol=0.005)
    assert (head.predict(features) == model.predict(features.to_numpy(np.float64))).mean() > 0.99


def test_weighted_images_count_as_in_scikit_learn_and_a_missing_weight_is_told():
    features, labels = made(300, 8, 3)
    weights = labels.map({"class 0": 0.2, "class 1": 1.0, "class 2": 1.8})
    head = train_head(features, labels, C=0.1, weights=weights)
    scaled = StandardScaler().fit_transform(features.to_numpy(np.float64))
    model = LogisticRegression(C=0.1, max_iter=5000, tol=1e-8).fit(scaled, labels, weights)
    np.testing.assert_allclose(
        head.predict_proba(features).to_numpy(), model.predict_proba(scaled), atol=0.005
    )
    with pytest.raises(ValueError, match="1 of 300 labelled images have no weight"):
        train_head(features, labels, weights=weights.iloc[1:])


def test_a_course_sized_head_takes_less_than_half_a_second():
    features, labels = made(2500, 768, 10)
    train_head(features, labels)
    seconds = []
    for _ in range(5):
        start = time.process_time()
        train_head(features, labels)
        seconds.append(time.process_time() - start)
    # Of one core, and the best of several, since the machine may be busy with other tests.
    assert min(seconds) < 0.5


def test_a_constant_feature_does_no_harm():
    features, labels = made(60, 5, 2)
    head = train_head(features.assign(**{"stage1 002": np.float32(7)}), labels)
    assert np.isfinite(head.predict_proba(features).to_numpy()).all()


def test_images_without_label_or_features_are_passed_over():
    features, labels = made(60, 5, 2)
    labels.iloc[:10] = None
    fewer = train_head(features.iloc[:50], labels)
    same = train_head(features.iloc[10:50], labels.iloc[10:50])
    pd.testing.assert_frame_equal(fewer.predict_proba(features), same.predict_proba(features))


def test_one_class_and_missing_features_are_told_plainly():
    features, labels = made(20, 5, 2)
    with pytest.raises(ValueError, match=r"20 labelled images .* 1 class \(x\)"):
        train_head(features, pd.Series("x", features.index))
    head = train_head(features, labels)
    with pytest.raises(ValueError, match="5 features, of which these are missing here: stage1 003"):
        head.predict_proba(features.drop(columns="stage1 003"))
