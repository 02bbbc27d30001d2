"""Training gives a table, stops in time, says what went wrong, and survives being killed."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from fastai.callback.core import Callback

from helpers.course.notebooks import ROOT
from helpers.training import (
    Augment,
    TrainingError,
    build_dataloaders,
    build_learner,
    hardware,
    predict,
    train,
)
from helpers.training.fitting import EpochTable


@pytest.fixture
def dls(dataset):
    return build_dataloaders(dataset, size=32, batch_size=16, augment=[Augment()])


def weights_of(learner):
    return {name: value.clone() for name, value in learner.model.state_dict().items()}


def same(a, b):
    return all(torch.equal(a[name], b[name]) for name in a)


def test_the_table_says_what_fastai_measured(dls):
    learner = build_learner(dls)
    table = train(learner, 3, progress=False)
    assert table.columns.tolist() == ["epoch", "train_loss", "valid_loss", "accuracy", "seconds"]
    assert table["epoch"].tolist() == [0, 1, 2]
    with learner.no_bar():
        loss, accuracy = learner.validate()
    assert table[["valid_loss", "accuracy"]].iloc[-1].tolist() == pytest.approx([loss, accuracy])
    assert (table["seconds"] > 0).all()


def test_colours_are_learned(dls, dataset):
    learner = build_learner(dls)
    assert train(learner, 10, progress=False)["accuracy"].iloc[-1] == 1
    assert (predict(learner, dataset)["prediction"] == dataset.images["label"]).all()


def test_training_loss_is_the_mean_over_the_epoch(dls):
    learner, losses = build_learner(dls), []

    class Note(Callback):
        def after_batch(self):
            if self.training:
                losses.extend([self.loss.item()] * len(self.yb[0]))

    learner.add_cb(Note())
    table = train(learner, 1, progress=False)
    assert table["train_loss"].iloc[0] == pytest.approx(sum(losses) / 27, rel=1e-5)


def test_equal_learners_repeat_exactly(dls):
    learners = [build_learner(dls, pretrained=False) for _ in range(2)]
    tables = [train(learner, 2, progress=False) for learner in learners]
    assert tables[0].drop(columns="seconds").equals(tables[1].drop(columns="seconds"))
    assert same(*map(weights_of, learners))


class Worsen(Callback):
    """From the second epoch on, makes each epoch worse than the one before."""

    order = 65

    def before_validate(self):
        if self.epoch:
            with torch.no_grad():
                self.model[1][-1].weight.mul_(-3)


def test_patience_stops_and_restores_the_best_epoch(dls):
    learner = build_learner(dls, cbs=[Worsen()])
    table = train(learner, 9, lr=1e-4, patience=2, progress=False)
    best = table["valid_loss"].idxmin()
    assert len(table) == best + 3
    with learner.no_bar():
        assert learner.validate()[0] == pytest.approx(table["valid_loss"].min())


def test_rates_may_differ_by_layer(dls):
    learner = build_learner(dls)
    train(learner, 1, lr=slice(1e-5, 1e-3), progress=False)
    rates = [hyper["lr"] for hyper in learner.opt.hypers]
    assert rates[0] < rates[1] < rates[2]
    assert rates[2] / rates[0] == pytest.approx(100)


def test_divergence_is_told_in_one_sentence(dls):
    learner = build_learner(dls, pretrained=False)
    with torch.no_grad():
        learner.model[1][-1].bias.fill_(float("inf"))
    with pytest.raises(TrainingError) as caught:
        train(learner, 1, progress=False)
    assert str(caught.value).startswith("The loss became nan in epoch 0 at a learning rate of")
    assert "smaller lr" in str(caught.value)


class Killed(BaseException):
    """Like a kernel that is stopped."""


class Kill(Callback):
    name = "ordinary"

    def __init__(self, epoch=None):
        self.at, self.trained = epoch, []

    def before_train(self):
        self.trained.append(self.epoch)

    def before_validate(self):
        if self.epoch == self.at:
            raise Killed


@pytest.mark.parametrize("optimizer", ["ours", "fastai"])
def test_interrupted_training_ends_as_if_it_had_not_been(dls, optimizer):
    from fastai.optimizer import Adam

    options = {"opt_func": Adam} if optimizer == "fastai" else {}

    def learner(killed_in=None):
        return build_learner(dls, dropout=0.2, cbs=[Kill(killed_in)], **options)

    whole = learner()
    expected = train(whole, 4, lr=1e-3, patience=4, progress=False)
    with pytest.raises(Killed):
        train(learner(killed_in=2), 4, lr=1e-3, patience=4, resume="run", progress=False)
    again = learner()
    table = train(again, 4, lr=1e-3, patience=4, resume="run", progress=False)
    assert table.drop(columns="seconds").equals(expected.drop(columns="seconds"))
    assert same(weights_of(again), weights_of(whole))


SCRIPT = """
import os, sys, torch
from fastai.callback.core import Callback
from helpers import open_dataset
from helpers.splits import split
from helpers.training import Augment, build_dataloaders, build_learner, train

class Kill(Callback):
    name = "ordinary"
    def before_validate(self):
        if self.epoch == 1:
            os.kill(os.getpid(), 9)

torch.set_num_threads(1)
dataset = open_dataset(sys.argv[1], progress=False)
splits = split(dataset, valid=0.25)["split"]
dataset = dataset.with_images(dataset.images.assign(split=splits))
dls = build_dataloaders(dataset, size=32, batch_size=16, augment=[Augment()])
train(build_learner(dls, cbs=[Kill()]), 3, resume="run", progress=False)
"""


def test_a_killed_process_is_continued_by_another(dls, photos):
    whole, again = (build_learner(dls, cbs=[Kill()]) for _ in range(2))
    expected = train(whole, 3, progress=False)
    killed = subprocess.run([sys.executable, "-c", SCRIPT, str(photos)], cwd=ROOT, env=os.environ)
    assert killed.returncode == -9
    table = train(again, 3, resume="run", progress=False)
    assert again.ordinary.trained == [1, 2]
    assert table.drop(columns="seconds").equals(expected.drop(columns="seconds"))
    assert same(weights_of(again), weights_of(whole))


def test_finished_training_is_loaded_and_other_settings_begin_anew(dls, monkeypatch):
    first = build_learner(dls)
    table = train(first, 2, resume="run", progress=False)
    batches = []
    monkeypatch.setattr(EpochTable, "after_batch", lambda self: batches.append(self.training))
    again = build_learner(dls)
    assert train(again, 2, resume="run", progress=False).equals(table)
    assert same(weights_of(again), weights_of(first))
    assert batches == []
    train(build_learner(dls), 2, lr=1e-4, resume="run", progress=False)
    assert batches


def test_changed_data_begin_anew(dataset):
    def trained(images):
        dls = build_dataloaders(dataset.with_images(images), size=32)
        return train(build_learner(dls), 1, resume="run", progress=False)["train_loss"].iloc[0]

    swapped = dataset.images.assign(
        label=dataset.images["label"].replace({"red": "blue", "blue": "red"})
    )
    assert trained(dataset.images) != trained(swapped)
    assert len(list((dataset.work / "trainings" / "run").glob("*.safetensors"))) == 2


def test_threads_are_counted_anew_in_every_epoch(dls, monkeypatch):
    free, seen = [1, 2, 1], []
    counted = SimpleNamespace(count=lambda: free.pop(0))
    monkeypatch.setattr(hardware, "FreeCores", lambda: counted)

    class Note(Callback):
        def before_train(self):
            seen.append(torch.get_num_threads())

    torch.set_num_threads(2)
    train(build_learner(dls, cbs=[Note()]), 2, progress=False)
    assert seen == [1, 2]
    assert torch.get_num_threads() == 2


def test_training_that_stopped_early_is_loaded_again(dls):
    def trained():
        learner = build_learner(dls, cbs=[Worsen()])
        table = train(learner, 9, lr=1e-4, patience=2, resume="run", progress=False)
        return table, weights_of(learner)

    (table, weights), (again, loaded) = trained(), trained()
    assert again.equals(table)
    assert len(table) < 9
    assert same(weights, loaded)


@pytest.mark.parametrize("killed_in", [0, 2])
def test_the_cell_of_an_interrupted_training_can_be_run_again(dls, killed_in):
    def learner(at=None):
        return build_learner(dls, cbs=[Kill(at)])

    expected = train(whole := learner(), 4, progress=False)
    stopped = learner(killed_in)
    with pytest.raises(Killed):
        train(stopped, 4, resume="run", progress=False)
    stopped.ordinary.at = None
    with stopped.no_bar():
        stopped.validate()
    table = train(stopped, 4, resume="run", progress=False)
    assert stopped.ordinary.trained == [*range(killed_in + 1), *range(killed_in, 4)]
    assert table.drop(columns="seconds").equals(expected.drop(columns="seconds"))
    assert same(weights_of(stopped), weights_of(whole))


def test_training_after_training_that_was_loaded_is_loaded_too(dls):
    def trained(learner):
        return [train(learner, 1, resume=name, progress=False) for name in ("first", "second")]

    first, again = (build_learner(dls, cbs=[Kill()]) for _ in range(2))
    assert all(map(lambda a, b: a.equals(b), trained(first), trained(again)))
    assert again.ordinary.trained == []


def test_validation_loss_that_is_no_number_is_told_in_one_sentence(dls):
    class Break(Callback):
        def before_validate(self):
            with torch.no_grad():
                self.model[1][-1].bias.fill_(float("nan"))

    with pytest.raises(TrainingError, match="The validation loss became nan in epoch 0: build the"):
        train(build_learner(dls, cbs=[Break()]), 1, progress=False)


def test_what_fails_before_the_first_batch_is_told_as_it_is(dls):
    class Fail(Callback):
        order = -30

        def __init__(self, error):
            self.error = error

        def before_fit(self):
            raise self.error

    with pytest.raises(KeyError, match="why"):
        train(build_learner(dls, cbs=[Fail(KeyError("why"))]), 1, progress=False)
    full = torch.OutOfMemoryError("CUDA out of memory.")
    with pytest.raises(TrainingError, match="do not fit into the memory"):
        train(build_learner(dls, cbs=[Fail(full)]), 1, progress=False)


def test_a_bar_is_drawn_only_when_asked_for_and_slow(dls, capsys, monkeypatch):
    train(build_learner(dls), 1, progress=True)
    train(build_learner(dls), 1, progress=False)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == ""
