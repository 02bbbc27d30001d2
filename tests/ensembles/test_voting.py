"""Votes against sklearn's, weights against a general optimiser, pairs against brute force."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from sklearn.metrics import brier_score_loss, log_loss

from helpers.datasets import DatasetError
from helpers.ensembles import choose_weights, disagreement, losses, score_pairs, vote

CLASSES = ["ash", "elm", "oak"]
IDS = pd.Index([f"{n:03d}.jpg" for n in range(90)], name="image_id")
LABELS = pd.Series(np.array(CLASSES)[np.arange(90) % 3], IDS)


def answer(skill, seed, ids=IDS, classes=CLASSES):
    """Probabilities that lean towards the label by `skill`."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(len(IDS), 3)) + skill * np.eye(3)[np.arange(90) % 3]
    chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return pd.DataFrame(chances, IDS, CLASSES).loc[ids, classes]


MODELS = {"good": answer(2, 0), "fair": answer(1.2, 1), "blind": answer(0, 2)}


def test_a_soft_vote_is_the_weighted_mean_by_image_and_class_whatever_their_order():
    turned = MODELS | {"fair": MODELS["fair"].iloc[::-1, ::-1]}
    found = vote(turned, {"good": 3, "fair": 1})
    expected = (3 * MODELS["good"] + MODELS["fair"]) / 4
    pd.testing.assert_frame_equal(found, expected)
    pd.testing.assert_frame_equal(vote(MODELS), sum(MODELS.values()) / 3)


def test_a_hard_vote_counts_heads():
    found = vote(MODELS, hard=True)
    said = pd.DataFrame({name: table.idxmax(axis=1) for name, table in MODELS.items()})
    for name in CLASSES:
        assert found[name].tolist() == pytest.approx((said == name).mean(axis=1).tolist())


@pytest.mark.parametrize(
    ("models", "weights", "said"),
    [
        ({}, None, "No model was given"),
        (MODELS, {"good": -1, "fair": 2}, "expected numbers of 0 or more"),
        (MODELS, {"good": 0}, "expected numbers of 0 or more"),
        ({"a": MODELS["good"], "b": answer(1, 1, IDS[:-1])}, None, "same images .089.jpg."),
        ({"a": MODELS["good"], "b": answer(1, 1, classes=CLASSES[:2])}, None, "same classes .oak."),
    ],
)
def test_what_cannot_vote_is_told(models, weights, said):
    with pytest.raises(DatasetError, match=said):
        vote(models, weights)


def test_losses_are_those_of_sklearn_and_pass_over_unknown_labels():
    found = losses(MODELS["good"], LABELS)
    assert found.mean() == pytest.approx(log_loss(LABELS, MODELS["good"], labels=CLASSES))
    some = LABELS.mask(np.arange(90) < 5).replace("oak", "yew")
    assert set(losses(MODELS["good"], some).index) == set(LABELS.index[5:][LABELS[5:] != "oak"])


def test_weights_are_the_best_there_are_on_these_images():
    found = choose_weights(MODELS, LABELS)
    assert sum(found.values()) == pytest.approx(1)

    def loss(weights):
        return losses(vote(MODELS, dict(zip(MODELS, weights, strict=True))), LABELS).mean()

    rule = {"type": "eq", "fun": lambda w: w.sum() - 1}
    oracle = minimize(loss, np.full(3, 1 / 3), bounds=[(0, 1)] * 3, constraints=rule, tol=1e-10)
    assert loss(list(found.values())) == pytest.approx(oracle.fun, abs=1e-6)
    assert list(found.values()) == pytest.approx(oracle.x, abs=0.01)


def test_weights_need_a_label_that_the_models_know():
    with pytest.raises(DatasetError, match="None of 90 images has a label among the classes ash"):
        choose_weights(MODELS, LABELS.map(lambda _: "yew"))


def test_disagreement_is_the_share_of_different_answers():
    found = disagreement(MODELS)
    apart = (MODELS["good"].idxmax(axis=1) != MODELS["blind"].idxmax(axis=1)).mean()
    assert found.loc["good", "blind"] == found.loc["blind", "good"] == apart
    assert np.diag(found).tolist() == [0, 0, 0]


def test_pairs_are_scored_as_their_two_members_and_their_vote():
    found = score_pairs(MODELS, LABELS).set_index(["first", "second"]).loc["good", "blind"]
    wrong = [MODELS[name].idxmax(axis=1) != LABELS for name in ("good", "blind")]
    assert found["errors"] == pytest.approx(wrong[0].astype(float).corr(wrong[1].astype(float)))
    alone = [log_loss(LABELS, MODELS[name], labels=CLASSES) for name in ("good", "blind")]
    both = log_loss(LABELS, (MODELS["good"] + MODELS["blind"]) / 2, labels=CLASSES)
    assert found["gain"] == pytest.approx(np.mean(alone) - both)
    assert len(score_pairs(MODELS, LABELS)) == 3
    assert score_pairs({"good": MODELS["good"]}, LABELS).empty


def test_models_that_are_never_wrong_have_no_correlation_of_errors():
    sure = pd.get_dummies(LABELS, dtype=float)[CLASSES]
    assert np.isnan(score_pairs({"a": sure, "b": sure}, LABELS)["errors"].item())


def test_the_brier_score_of_a_vote_is_that_of_its_members_less_their_spread():
    """What exercise 09.2 says, with sklearn's Brier score (it sums over classes)."""
    from helpers.course.exercises import solution

    words = {}
    exec(solution("09.2").replace('exercises.check("09.2", spread)', ""), words)
    scores = [
        brier_score_loss(LABELS, one, labels=CLASSES, scale_by_half=False)
        for one in [*MODELS.values(), vote(MODELS)]
    ]
    spread = words["spread"](np.stack([one.to_numpy() for one in MODELS.values()]))
    assert scores[-1] == pytest.approx(np.mean(scores[:-1]) - spread, abs=1e-12)
