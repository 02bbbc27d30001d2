"""What makes a training another one, and what leaves it the same."""

import os
import subprocess
import sys
from functools import partial

import pytest
import torch
from fastai.callback.core import Callback
from fastai.metrics import error_rate
from fastai.vision.augment import aug_transforms
from torch import nn
from torch.nn import functional as F

from helpers.course.notebooks import ROOT
from helpers.training import Augment, build_dataloaders, build_learner
from helpers.training.fingerprint import fingerprint


@pytest.fixture
def dls(dataset):
    return build_dataloaders(dataset, size=32, batch_size=16, augment=[Augment()])


def plain(logits, targets):
    return F.cross_entropy(logits, targets)


def smooth(logits, targets, share=0.1):
    return F.cross_entropy(logits, targets, label_smoothing=share)


@pytest.mark.parametrize(
    "changes",
    [
        [{"dropout": 0.1}, {"dropout": 0.2}],
        [{"moms": (0.95, 0.85, 0.95)}, {"moms": (0.9, 0.8, 0.9)}],
        [{"wd_bn_bias": False}, {"wd_bn_bias": True}],
        [{"train_bn": False}, {"train_bn": True}],
        [{"metrics": []}, {"metrics": error_rate}],
        [{"loss_func": plain}, {"loss_func": smooth}],
        [{"loss_func": partial(smooth, share=share)} for share in (0.1, 0.2)],
        [{"loss_func": kind()} for kind in (nn.CrossEntropyLoss, nn.NLLLoss)],
        [{"loss_func": nn.CrossEntropyLoss(weight=torch.rand(3))} for _ in range(2)],
    ],
)
def test_other_settings_of_the_learner_are_another_training(dls, changes):
    names = [fingerprint(build_learner(dls, **change)) for change in changes]
    assert names[0] != names[1]


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("size", [24, 32]),
        ("augment", [aug_transforms(max_rotate=5), aug_transforms(max_rotate=30)]),
        ("augment", [aug_transforms(max_lighting=0.1), aug_transforms(max_lighting=0.4)]),
        ("augment", [[Augment(light=0.1)], [Augment(light=0.4)]]),
    ],
)
def test_other_settings_of_the_data_are_another_training(dataset, option, values):
    dls = [build_dataloaders(dataset, **{"size": 32, option: value}) for value in values]
    names = [fingerprint(build_learner(one, pretrained=False)) for one in dls]
    assert names[0] != names[1]


def test_batches_that_were_looked_at_leave_it_the_same_training(dataset):
    dls = build_dataloaders(dataset, size=32, augment=[*aug_transforms(), Augment()])
    learner = build_learner(dls)
    before = fingerprint(learner)
    for _ in range(4):
        dls.train.one_batch()
    assert fingerprint(learner) == before


class Mine(Callback):
    pass


def change_a_weight(learner):
    with torch.no_grad():
        weights = next(learner.model.parameters())
        weights[(0,) * weights.dim()] += 1e-3


CHANGES = {
    "another seed": lambda learner: setattr(learner.repeatable, "seed", 1),
    "a fit before": lambda learner: setattr(learner.repeatable, "fits", 1),
    "another precision": lambda learner: setattr(learner.model, "bfloat16", None),
    "statistics of batches": lambda learner: setattr(learner.model, "keeps_statistics", None),
    "a frozen network": lambda learner: learner.freeze(),
    "another weight decay": lambda learner: setattr(learner, "wd", 0.5),
    "another optimiser": lambda learner: setattr(learner, "opt_func", torch.optim.SGD),
    "a callback": lambda learner: learner.add_cb(Mine()),
    "another label": lambda learner: learner.dls.rows.iloc.__setitem__((0, 0), "green"),
    "another order of classes": lambda learner: learner.dls.vocab.items.reverse(),
    "another method": lambda learner: setattr(learner.dls, "method", "pad"),
    "other batches": lambda learner: setattr(learner.dls.train, "bs", 8),
    "other files": lambda learner: setattr(learner.dls.images, "facts", "x"),
    "one weight": change_a_weight,
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_its_result_depends_on_makes_another_training(dls, what):
    learner = build_learner(dls)
    before = fingerprint(learner)
    assert fingerprint(learner) == before
    CHANGES[what](learner)
    assert fingerprint(learner) != before


def test_the_settings_of_training_count_too(dls):
    learner = build_learner(dls)
    settings = [(2, 0.1), (2, 0.2), (3, 0.1), (2, slice(0.1)), (2, slice(0.1, 0.2)), ()]
    assert len({fingerprint(learner, *one) for one in settings}) == len(settings)


SCRIPT = """
import sys
from helpers import open_dataset
from helpers.splits import split
from helpers.training import Augment, build_dataloaders, build_learner
from helpers.training.fingerprint import fingerprint
from fastai.vision.augment import aug_transforms

dataset = open_dataset(sys.argv[1], progress=False)
dataset = dataset.with_images(dataset.images.assign(split=split(dataset, valid=0.25)["split"]))
dls = build_dataloaders(dataset, size=32, batch_size=16, augment=[Augment(), *aug_transforms()])
print(fingerprint(build_learner(dls), 3, slice(0.1, 0.2)))
"""


def test_another_process_gives_it_the_same_name(dataset, photos):
    augment = [Augment(), *aug_transforms()]
    dls = build_dataloaders(dataset, size=32, batch_size=16, augment=augment)
    command = [sys.executable, "-c", SCRIPT, str(photos)]
    elsewhere = os.environ | {"PYTHONHASHSEED": "5"}
    printed = subprocess.check_output(command, cwd=ROOT, env=elsewhere, text=True)
    assert printed.strip() == fingerprint(build_learner(dls), 3, slice(0.1, 0.2))
    assert len(printed.strip()) == 12
