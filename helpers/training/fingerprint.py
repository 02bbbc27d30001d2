"""A name for a training that no other training has."""

from __future__ import annotations

import hashlib
import re
from functools import partial
from typing import Any

import numpy as np
import torch
from fastai.basics import L
from fastai.learner import Learner


def fingerprint(learner: Learner, *settings: Any) -> str:
    """12 hexadecimal digits for all that the result of training `learner` depends on.

    Besides `settings`, such as epochs and rate, that is the images and how they are augmented, the
    network and its weights, how they are optimised, and what random numbers are drawn. Of your own
    functions and callbacks only names and attributes are known.
    """
    dls, model = learner.dls, learner.model
    trained = [weights.requires_grad for weights in model.parameters()]
    facts = {
        "images": [dls.images.facts, dls.rows.to_csv(), dls.vocab, dls.size, dls.method],
        "batches": [dls.train.bs, dls.train.after_batch.fs],
        "network": [learner.settings, model.bfloat16, model.keeps_statistics, trained],
        "weights": model.state_dict(),
        "optimising": [learner.loss_func, learner.opt_func, learner.wd, learner.moms],
        "normalising": [learner.wd_bn_bias, learner.train_bn],
        "random": [learner.repeatable.seed, learner.repeatable.fits],
        "watching": [[one.name for one in learner.metrics], sorted(cb.name for cb in learner.cbs)],
        "settings": settings,
    }
    return hashlib.sha256(repr(_spell_out(facts)).encode()).hexdigest()[:12]


def _spell_out(value: Any, depth: int = 6) -> Any:
    """`value` as nested lists of text: of a function its name, of an object its class and what its
    attributes hold, since the text that an object gives of itself says only some of that."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().float().numpy()
    if isinstance(value, np.ndarray):
        return [value.shape, hashlib.sha256(value.tobytes()).hexdigest()]
    if isinstance(value, partial):
        value = [value.func, value.args, value.keywords]
    if isinstance(value, dict):
        value = [*value.items()]
    if isinstance(value, (list, tuple, L)):
        return [_spell_out(one, depth) for one in value]
    if hasattr(value, "__qualname__"):
        return f"{getattr(value, '__module__', None)}.{value.__qualname__}"
    if not hasattr(value, "__dict__") or depth == 0:
        return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))
    attributes = {name: one for name, one in vars(value).items() if not name.startswith("__")}
    if hasattr(value, "before_call"):  # what a transform drew for its last batch is no setting
        drawn = {name for name, one in attributes.items() if one is None or torch.is_tensor(one)}
        attributes = {k: v for k, v in attributes.items() if k not in {*drawn, "do", "split_idx"}}
    return [type(value).__qualname__, _spell_out(attributes, depth - 1)]
