"""The composer of votes, moved as a reader would."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from helpers.widgets import compose_ensemble

IDS = pd.Index([f"{n:03d}.jpg" for n in range(60)], name="image_id")
LABELS = pd.Series(np.array(["ash", "elm"])[np.arange(60) % 2], IDS)


def answer(skill, seed):
    logit = np.random.default_rng(seed).normal(size=60) + skill * np.where(LABELS == "ash", 1, -1)
    ash = 1 / (1 + np.exp(-logit))
    return pd.DataFrame({"ash": ash, "elm": 1 - ash}, IDS)


ANSWERS = {"good": answer(2, 0), "fair": answer(1, 1), "blind": answer(0, 2)}


@pytest.fixture
def composer():
    # Labels of other images, and unknown ones, are passed over.
    others = pd.Series(["ash", "yew", None], ["x.jpg", "y.jpg", "z.jpg"])
    groups = pd.Series(np.arange(60) // 3, IDS)
    return compose_ensemble(ANSWERS, pd.concat([LABELS, others]), groups)


def test_it_opens_with_all_alike(composer):
    assert repr(composer) == "Ensemble of 3 models"
    assert composer.weights == {"good": 1, "fair": 1, "blind": 1}
    together = sum(ANSWERS.values()) / 3
    accuracy = (together.idxmax(axis=1) == LABELS).mean()
    assert f"accuracy {accuracy:.3f}" in composer.details.value
    assert f"log loss {log_loss(LABELS, together):.3f}" in composer.details.value
    assert "<b>3 of 3 vote</b>" in composer.details.value
    assert 'alt="The vote is ' in composer.picture.value


def test_a_slider_changes_the_vote_and_the_picture(composer):
    before = composer.picture.value
    composer.sliders["blind"].value = 0
    together = (ANSWERS["good"] + ANSWERS["fair"]) / 2
    assert f"log loss {log_loss(LABELS, together):.3f}" in composer.details.value
    assert "2 of 3 vote" in composer.details.value
    assert composer.picture.value != before
    composer.alike.click()
    assert composer.picture.value == before
    assert composer.error is None


def test_where_nobody_votes_it_says_so_and_goes_on(composer):
    for slider in composer.sliders.values():
        slider.value = 0
    assert composer.answer_table is None
    assert "give one model a weight above 0" in composer.details.value
    composer.sliders["good"].value = 2
    assert "1 of 3 vote" in composer.details.value


def test_the_best_weights_lower_the_loss_and_come_with_a_warning(composer):
    def loss():
        return log_loss(LABELS, composer.answer_table)

    before = loss()
    composer.best.click()
    assert loss() < before
    assert max(composer.weights.values()) == 3
    assert composer.weights["good"] > composer.weights["blind"]
    assert "so the score flatters" in composer.status.value
