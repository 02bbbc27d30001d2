"""Leaves that nobody has seen: rendered once, of known classes only."""

from dataclasses import replace

import numpy as np

import leaves
from helpers.regularisation.fresh import fresh_leaves


def test_they_are_rendered_once_and_given_as_validation_images_are(planes, monkeypatch, tmp_path):
    from helpers.regularisation.images import turned_features

    features = turned_features(planes, per_class=2, size=32)
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path))
    calls = []
    generate = leaves.generate
    monkeypatch.setattr(
        leaves, "generate", lambda *a, **k: calls.append(a) or generate(*a, **k, workers=1)
    )
    known = replace(features, classes=["oak", "willow"])
    maps, labels = fresh_leaves(known, count=20, size=32)
    assert labels.value_counts().to_dict() == {"oak": 2, "willow": 2}
    assert maps.shape == (4, features.valid.shape[1])
    again, same = fresh_leaves(known, count=20, size=32)
    assert len(calls) == 1
    assert same.equals(labels)
    assert np.array_equal(again, maps)
