import numpy as np
import pandas as pd
import pytest

from helpers.balance import image_weights
from helpers.balance.probing import folds_of
from helpers.evaluation import probabilities
from helpers.fairness import (
    REMEDIES,
    answer,
    change_by_chance,
    cross_fit,
    find_offsets,
    fit_remedies,
    group_dro,
    name_groups,
    retrain_last_layer,
    standing,
    who_pays,
)
from helpers.fairness import remedies as module
from helpers.training import train_head
from tests.fairness.sets import both
from tests.fairness.test_groups import FOUND

TRAIN, TEST, FEATURES = both()
LABELS, GROUNDS = TRAIN.images["label"], TRAIN.images["ground"]
AGAINST = "against the shortcut"


@pytest.fixture(scope="module")
def answers():
    models = fit_remedies(TRAIN, FEATURES, "ground")
    return answer(models, FEATURES, TEST, "ground")


def test_every_remedy_helps_those_against_the_shortcut_and_is_paid_by_those_with_it(answers):
    assert tuple(answers) == REMEDIES
    table = who_pays(answers, name_groups(TRAIN, TEST, FOUND)).set_index(["remedy", "of"])
    for remedy in REMEDIES[1:]:
        assert table.loc[(remedy, AGAINST), "low"] > 0.1
        assert table.loc[(remedy, "with the shortcut"), "difference"] < 0


def test_with_traded_groups_the_help_is_gone():
    named = name_groups(TRAIN, TEST, FOUND)
    table = change_by_chance(TRAIN, FEATURES, TEST, named, FOUND).set_index(["remedy", "of"])
    assert table.loc[("group balance", AGAINST), "difference"] < 0.1
    assert table.loc[("offsets by group", AGAINST), "difference"] < 0.1


def test_group_balance_is_a_head_with_these_weights(answers):
    known = FEATURES.loc[LABELS.index]
    head = train_head(known, LABELS, weights=image_weights(LABELS, GROUNDS))
    expected = head.predict_proba(FEATURES.loc[TEST.images.index])
    assert np.allclose(probabilities(answers["group balance"]), expected)


def test_last_layers_are_trained_on_as_many_of_each_class_in_each_group(monkeypatch):
    drawn = []
    monkeypatch.setattr(module, "train_head", lambda known, labels, C: drawn.append((labels, C)))
    retrain_last_layer(FEATURES, LABELS, GROUNDS, seed=3)
    assert len(drawn) == 10
    for labels, C in drawn:
        assert pd.crosstab(labels, GROUNDS[labels.index]).to_numpy().tolist() == [[12, 12]] * 3
        assert not labels.index.duplicated().any()
        assert pytest.approx(0.01 * 284) == C * 72
    assert not drawn[0][0].index.equals(drawn[1][0].index)
    drawn.clear()
    few = LABELS.drop(LABELS.index[(LABELS == "ash") & (GROUNDS == "sand")][2:])
    retrain_last_layer(FEATURES, few, GROUNDS)
    counts = pd.crosstab(drawn[0][0], GROUNDS[drawn[0][0].index])
    assert counts.to_numpy().tolist() == [[5, 2], [5, 5], [5, 5]]
    drawn.clear()
    retrain_last_layer(FEATURES, LABELS)
    assert drawn[0][0].value_counts().tolist() == [80] * 3


def test_group_dro_turns_to_the_group_with_the_greatest_loss(monkeypatch):
    weighed = []

    def record(known, labels, weights):
        weighed.append(weights)
        return train_head(known, labels, weights=weights)

    monkeypatch.setattr(module, "train_head", record)
    group_dro(FEATURES, LABELS, GROUNDS)
    cells = LABELS + " " + GROUNDS
    shares = [one.groupby(cells).sum() / len(LABELS) for one in weighed]
    assert len(shares) == 6
    assert shares[0].tolist() == pytest.approx([1 / 6] * 6)
    head = train_head(FEATURES.loc[LABELS.index], LABELS, weights=weighed[0])
    chances = head.predict_proba(FEATURES.loc[LABELS.index])
    own = [chances.loc[name, label] for name, label in LABELS.items()]
    loss = (-np.log(pd.Series(own, LABELS.index))).groupby(cells).mean()
    expected = np.exp(0.5 * loss) / np.exp(0.5 * loss).sum()
    assert shares[1].to_dict() == pytest.approx(expected.to_dict(), rel=1e-3)
    assert shares[5][loss.idxmax()] > shares[0][loss.idxmax()]


def test_a_mean_of_last_layers_is_the_mean_of_their_probabilities():
    asked = FEATURES.loc[TEST.images.index[:5]]
    model = retrain_last_layer(FEATURES, LABELS, GROUNDS)
    expected = sum(head.predict_proba(asked) for head in model.heads) / 10
    assert np.allclose(model.predict_proba(asked), expected)
    assert model.predict_proba(asked).sum(axis=1).tolist() == pytest.approx([1] * 5)


def test_a_class_that_a_head_has_not_seen_has_no_probability_from_it():
    class Head:
        def __init__(self, **chances):
            self.chances = pd.DataFrame(chances, ["1.jpg"])

        def predict_proba(self, features):
            return self.chances

    both = module.Average([Head(ash=[1.0]), Head(ash=[0.4], elm=[0.6])])
    assert both.predict_proba(None).iloc[0].to_dict() == pytest.approx({"ash": 0.7, "elm": 0.3})


def test_the_seed_is_0_unless_told(monkeypatch):
    drawn = []
    monkeypatch.setattr(module, "train_head", lambda known, labels, **_: drawn.append(labels.index))
    retrain_last_layer(FEATURES, LABELS, GROUNDS, seed=0)
    retrain_last_layer(FEATURES, LABELS, GROUNDS)
    module.fit_remedy("last layer retrained", FEATURES, LABELS, GROUNDS)
    retrain_last_layer(FEATURES, LABELS, GROUNDS, seed=1)
    first, *others = (drawn[at : at + 10] for at in range(0, 40, 10))
    same = [all(a.equals(b) for a, b in zip(first, other, strict=True)) for other in others]
    assert same == [True, True, False]
    asked = []
    monkeypatch.setattr(module, "fit_remedy", lambda name, *given: asked.append(given[-1]))
    fit_remedies(TRAIN, FEATURES)
    assert asked == [0] * 4


def test_offsets_by_group_keep_recalls_within_a_tenth_out_of_fold(answers):
    offsets = find_offsets(cross_fit(TRAIN, FEATURES), GROUNDS, "equal opportunity", 0.1)
    expected = offsets.apply(probabilities(answers["plain"]), TEST.images["ground"])
    assert np.allclose(probabilities(answers["offsets by group"]), expected)


def test_one_group_alone_is_not_offset(monkeypatch):
    monkeypatch.setattr(module, "fit_remedy", lambda name, *given: name)
    alike = TRAIN.with_images(TRAIN.images.assign(ground="moss"))
    assert tuple(fit_remedies(alike, FEATURES, "ground")) == REMEDIES[:-1]


def test_cross_fitted_answers_come_from_heads_that_never_saw_the_thing():
    found = cross_fit(TRAIN, FEATURES)
    assert found.index.equals(LABELS.index)
    assert found["label"].equals(LABELS.rename("label"))
    codes = pd.factorize(LABELS, sort=True)[0]
    for own, asked in folds_of(codes, TRAIN.groups, 0):
        head = train_head(FEATURES.loc[LABELS.index[own]], LABELS.iloc[own])
        expected = head.predict_proba(FEATURES.loc[LABELS.index[asked]])
        assert np.allclose(probabilities(found).loc[expected.index], expected, atol=1e-6)
        assert not {*TRAIN.images["thing"].iloc[own]} & {*TRAIN.images["thing"].iloc[asked]}


def test_without_a_column_classes_are_balanced_and_there_are_no_offsets():
    models = fit_remedies(TRAIN, FEATURES)
    assert tuple(models) == REMEDIES[:-1]
    told = answer(models, FEATURES, TEST)
    head = train_head(FEATURES.loc[LABELS.index], LABELS, weights=image_weights(LABELS))
    expected = head.predict_proba(FEATURES.loc[TEST.images.index])
    assert np.allclose(probabilities(told["group balance"]), expected)


def test_images_without_label_or_features_are_passed_over():
    models = {"plain": train_head(FEATURES.loc[LABELS.index], LABELS)}
    images = TEST.images.copy()
    images.iloc[0, images.columns.get_loc("label")] = None
    told = answer(models, FEATURES.drop(TEST.images.index[1]), TEST.with_images(images))
    assert told["plain"].index.equals(TEST.images.index[2:])


def test_where_the_model_stands_is_told_by_its_average_and_its_worst_group(answers):
    stands = standing({"plain": answers["plain"]}, name_groups(TRAIN, TEST, FOUND))
    right = answers["plain"]["prediction"] == answers["plain"]["label"]
    assert stands.loc["plain", "average"] == pytest.approx(right.mean())
    sides = name_groups(TRAIN, TEST, FOUND).images["shortcut"]
    assert stands.loc["plain", "group"] == AGAINST
    assert stands.loc["plain", "worst"] == pytest.approx(right[sides == "reversed"].mean())
    assert stands.loc["plain", "images"] == 120
