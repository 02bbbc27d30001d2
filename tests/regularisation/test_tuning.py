"""Short fine-tunings: what they begin with, what they tell a trial, and when they end."""

import numpy as np
import optuna
import pytest
import torch

from helpers.datasets import DatasetError
from helpers.regularisation import tuning
from helpers.regularisation.tuning import split_stages, start_tuning, tuned_loss
from helpers.training import TrainingError, build_learner, embed, predict, train_head


class Trial:
    """Notes what it is told, and asks to stop after an epoch."""

    def __init__(self, last=None):
        self.told, self.last = [], last

    def report(self, value, step):
        self.told.append((step, value))

    def should_prune(self):
        return self.last is not None and self.told[-1][0] >= self.last


@pytest.fixture(scope="module")
def start(planes):
    return start_tuning(planes, per_class=4, size=32)


def weights(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_it_begins_with_some_images_of_each_class_and_all_of_validation(planes, start):
    split = start.dls.rows["split"]
    labels = start.dls.rows["label"][split == "train"].value_counts()
    assert len(labels) == 3 and labels.between(2, 6).all()
    assert (split == "valid").sum() == len(planes.part("valid"))
    images = start.dls.rows.index[split == "train"]
    features = embed(planes, size=32, progress=False)
    head = train_head(features, planes.images["label"][images])
    assert np.allclose(start.head.weights, head.weights, atol=1e-6)


def test_before_any_step_the_network_has_the_loss_of_its_head(planes, start):
    untrained = build_learner(start.dls, head=start.head, bfloat16=False)
    answers = predict(untrained, planes.part("valid"), progress=False)
    # Kept features are rounded, which the network's own are not.
    assert start.loss == pytest.approx(answers["loss"].mean(), abs=2e-3)


def test_a_trial_is_told_the_validation_loss_of_each_epoch_and_the_last_is_the_result(start):
    trial = Trial()
    found = tuned_loss(start, trial, rate=1e-3, frozen=3, epochs=2, seed=1)
    assert [step for step, _ in trial.told] == [0, 1]
    assert found == trial.told[-1][1]
    again = Trial()
    tuned_loss(start, again, rate=1e-3, frozen=3, epochs=2, seed=1)
    assert again.told == trial.told
    other = tuned_loss(start, Trial(), rate=1e-3, frozen=3, epochs=2, seed=2)
    assert other != found


def test_the_loss_is_that_of_the_tuned_network_on_the_validation_images(planes, start, monkeypatch):
    kept = []
    monkeypatch.setattr(
        tuning, "build_learner", lambda *a, **k: kept.append(build_learner(*a, **k)) or kept[-1]
    )
    found = tuned_loss(start, Trial(), rate=1e-3, frozen=0, epochs=1)
    answers = predict(kept[0], planes.part("valid"), progress=False)
    assert found == pytest.approx(answers["loss"].mean(), abs=1e-4)


@pytest.mark.parametrize("frozen", [0, 2, 5])
def test_frozen_stages_keep_their_weights_and_the_others_do_not(start, monkeypatch, frozen):
    kept = []
    monkeypatch.setattr(
        tuning, "build_learner", lambda *a, **k: kept.append(build_learner(*a, **k)) or kept[-1]
    )
    tuned_loss(start, Trial(), rate=1e-2, frozen=frozen, epochs=1)
    fresh = build_learner(start.dls, head=start.head)
    moved = [
        any(not torch.equal(a, b) for a, b in zip(old, new, strict=True))
        for old, new in zip(split_stages(fresh.model), split_stages(kept[0].model), strict=True)
    ]
    assert moved == [False] * frozen + [True] * (6 - frozen)


def test_all_parameters_are_in_a_stage_or_in_the_head(start):
    model = build_learner(start.dls, head=start.head).model
    groups = split_stages(model)
    assert len(groups) == 6
    assert sorted(map(id, sum(groups, []))) == sorted(map(id, model.parameters()))
    assert groups[-1][0].shape[0] == 3


def test_a_trial_without_hope_ends_at_once_and_the_next_begins_as_the_first(start):
    trial = Trial(last=0)
    with pytest.raises(optuna.TrialPruned, match="after epoch 0"):
        tuned_loss(start, trial, rate=1e-2, frozen=0, epochs=3)
    assert [step for step, _ in trial.told] == [0]
    whole = Trial()
    tuned_loss(start, whole, rate=1e-2, frozen=0, epochs=3)
    assert whole.told[0] == trial.told[0]


def test_a_training_that_diverges_is_pruned_so_that_the_search_goes_on(start, monkeypatch):
    def diverge(*_, **__):
        raise TrainingError("The loss became nan")

    monkeypatch.setattr(tuning, "train", diverge)
    with pytest.raises(optuna.TrialPruned, match="became nan"):
        tuned_loss(start, Trial(), rate=1, frozen=0)


def test_a_search_with_a_pruner_prunes_and_takes_its_best_from_whole_trials(start):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=1)
    sampler = optuna.samplers.RandomSampler(seed=0)
    search = optuna.create_study(sampler=sampler, pruner=pruner)
    for rate in (1e-4, 0.3, 1e-4):
        search.enqueue_trial({"rate": rate})
    search.optimize(
        lambda trial: tuned_loss(
            start, trial, trial.suggest_float("rate", 1e-5, 1, log=True), 5, epochs=2
        ),
        n_trials=3,
    )
    table = search.trials_dataframe()
    assert table["state"].tolist() == ["COMPLETE", "PRUNED", "COMPLETE"]
    assert table["value"][0] == table["value"][2] == search.best_value


def test_validation_images_of_a_class_that_nobody_learns_are_left_out(planes):
    labels = planes.images["label"].astype(object)
    valid = planes.images.index[planes.images["split"] == "valid"]
    labels[valid[0]], labels[valid[1]] = "yew", None
    found = start_tuning(planes.with_images(planes.images.assign(label=labels)), 4, 32)
    assert set(found.dls.vocab) == {"ash", "elm", "oak"}
    rows = found.dls.rows
    assert not {valid[0], valid[1]} & set(rows.index)
    assert (rows["split"] == "valid").sum() == len(valid) - 2


def test_images_without_labels_are_refused(planes):
    with pytest.raises(DatasetError, match="label"):
        start_tuning(planes.with_images(planes.images.assign(label=None)))
