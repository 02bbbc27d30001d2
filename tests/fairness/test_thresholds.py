import numpy as np
import pandas as pd
import pytest

from helpers.evaluation import probabilities
from helpers.fairness import (
    add_offsets,
    answer,
    cross_fit,
    optimise_thresholds,
    values_at_use,
)
from helpers.training import train_head
from tests.fairness.sets import both, made
from tests.fairness.test_groups import FOUND

TRAIN, TEST, FEATURES = both()
LABELS, GROUNDS = TRAIN.images["label"], TRAIN.images["ground"]


def binary():
    """Two classes in training and test, the plain head's cross-fitted answers, and its answers."""
    cells = dict(zip(
        [("ash", "moss"), ("ash", "sand"), ("elm", "moss"), ("elm", "sand")], (120, 40, 40, 120),
        strict=True))  # fmt: skip
    (train, known), (test, asked) = made(cells), made(dict.fromkeys(cells, 150), 1, "test")
    features = pd.concat([known, asked])
    head = train_head(known, train.images["label"])
    plain = answer({"plain": head}, features, test)["plain"]
    return train, test, cross_fit(train, features), plain


def test_for_two_classes_fairlearns_thresholds_bring_recalls_together():
    train, test, unseen, plain = binary()
    grounds = train.images["ground"], test.images["ground"]
    mended = optimise_thresholds(unseen, grounds[0], plain, grounds[1])
    gaps = []
    for table in (plain, mended):
        own = table["label"] == "elm"
        recall = (table.loc[own, "prediction"] == "elm").groupby(grounds[1][own]).mean()
        gaps.append(abs(recall["moss"] - recall["sand"]))
    assert gaps[0] > 0.3
    assert gaps[1] < 0.2
    chances = probabilities(mended).to_numpy()
    at = (mended["prediction"] == "elm").to_numpy(int)
    assert mended["confidence"].tolist() == chances[np.arange(600), at].tolist()
    again = optimise_thresholds(unseen, grounds[0], plain, grounds[1])
    assert again["prediction"].equals(mended["prediction"])
    seeds = [optimise_thresholds(unseen, grounds[0], plain, grounds[1], seed=n) for n in (0, 1)]
    assert [one["prediction"].equals(mended["prediction"]) for one in seeds] == [True, False]


def test_a_group_that_was_not_seen_keeps_its_answers_and_three_classes_are_refused():
    train, test, unseen, plain = binary()
    elsewhere = pd.Series("rock", test.images.index)
    mended = optimise_thresholds(unseen, train.images["ground"], plain, elsewhere)
    assert mended.equals(plain)
    some = test.images["ground"].where(np.arange(600) % 2 == 0, "rock")
    mended = optimise_thresholds(unseen, train.images["ground"], plain, some)
    kept = mended["prediction"] == plain["prediction"]
    assert kept[some == "rock"].all() and not kept[some != "rock"].all()
    three = cross_fit(TRAIN, FEATURES)
    with pytest.raises(ValueError, match="two classes, not 3"):
        optimise_thresholds(three, GROUNDS, three, GROUNDS)


def test_offsets_for_another_constraint_are_one_more_model_and_none_without_groups():
    models = {"plain": train_head(FEATURES.loc[LABELS.index], LABELS)}
    more = add_offsets(models, TRAIN, FEATURES, FOUND, "demographic parity")
    assert [*more] == ["plain", "offsets for demographic parity"]
    told = answer(more, FEATURES, TEST, "ground")
    gaps = {}
    for name, table in told.items():
        named = (table["prediction"] == "ash").groupby(TEST.images["ground"]).mean()
        gaps[name] = abs(named["moss"] - named["sand"])
    assert gaps["offsets for demographic parity"] < gaps["plain"] / 2
    nobody = FOUND._replace(column=None)
    assert add_offsets(models, TRAIN, FEATURES, nobody, "demographic parity") is models
    assert values_at_use(TRAIN, FOUND).equals(GROUNDS.rename("ground"))
    assert set(values_at_use(TRAIN, nobody)) == {"all images"}
